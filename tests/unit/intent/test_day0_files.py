"""What a technician is given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests_province import AUTHORITY, CENTRE, COMMUNE, DISTRICT, OPERATOR_KEY, ROOT, network, register
from tests_province import SECRETS as ROUTER_SECRETS

from hntt.devices import get_platform
from hntt.errors import UsageError
from hntt.intent.day0 import PC_FROM_ROLE, Day0Files, write_day0
from hntt.intent.hostvars import host_vars
from hntt.intent.linux import File, render_host
from hntt.intent.linux.secrets import reveal
from hntt.intent.router import render_router, router_facts
from hntt.intent.secrets import SecretValues
from hntt.lab.day0 import install_tree

PC = "pc.xa-mot.huyen"
SECRETS = {**ROUTER_SECRETS, "authority": AUTHORITY}


def role_files(host: str) -> list[File]:
    facts = {"hntt": host_vars(register(), network(), host), "linux_base_admin_keys": [OPERATOR_KEY]}
    return [file for file in render_host(ROOT / "roles", ("commune_pc",), facts).files if file.dest in PC_FROM_ROLE]


def intended_files(host: str) -> dict[str, str]:
    return {file.dest: reveal(file.content, SecretValues(SECRETS)) for file in role_files(host)}


def written(host: str, folder: Path, platform: str = "frr", **options: object) -> Day0Files:
    return write_day0(
        register(platform),
        network(platform),
        host,
        folder / host,
        SecretValues(SECRETS),
        [OPERATOR_KEY],
        **options,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("host", [CENTRE, DISTRICT, COMMUNE])
def test_converging_an_frr_router_only_adds_to_its_day0(host: str, tmp_path: Path) -> None:
    day0 = (written(host, tmp_path).folder / "etc/frr/frr.conf").read_text()
    intended = render_router(router_facts(register(), network(), host), SecretValues(SECRETS))
    removed = [c for c in get_platform("frr").remediate(day0, intended).commands if c.strip().startswith("no ")]
    assert [c.strip() for c in removed if c.strip() != "no ip ospf passive"] == []


def test_the_daemons_file_is_the_one_the_role_wants(tmp_path: Path) -> None:
    # Otherwise the first converge would restart FRR and cut every router below.
    day0 = (written(DISTRICT, tmp_path).folder / "etc/frr/daemons").read_text()
    assert day0 == (ROOT / "roles/router/templates/frr-daemons.j2").read_text()


def test_an_frr_router_holds_no_secret(tmp_path: Path) -> None:
    files = written(DISTRICT, tmp_path)
    for name in files.files:
        assert not [v for v in SECRETS.values() if v in (files.folder / name).read_text()], name


def test_the_operators_keys_are_those_of_both_accounts(tmp_path: Path) -> None:
    folder = written(COMMUNE, tmp_path).folder
    for user in ("hntt", "hntt-net"):
        assert (folder / f"home/{user}/.ssh/authorized_keys").read_text() == f"{OPERATOR_KEY}\n"


def test_lines_handed_over_as_vlans_are_numbered_like_their_sites(tmp_path: Path) -> None:
    files = written(DISTRICT, tmp_path, handoff="vlan")
    assert "Id=385\n" in (files.folder / "etc/systemd/network/20-ln385.netdev").read_text()
    trunk = (files.folder / "etc/systemd/network/20-hntt-trunk.network").read_text()
    assert "VLAN=ln385\nVLAN=ln386\n" in trunk
    assert not [n for n in written(COMMUNE, tmp_path, handoff="vlan").files if n.endswith(".netdev")]


def test_host_keys_are_copied_and_private(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "ssh_host_ed25519_key").write_text("private")
    (keys / "ssh_host_ed25519_key.pub").write_text("public")
    folder = written(COMMUNE, tmp_path, host_key_dir=keys).folder
    assert (folder / "etc/ssh/ssh_host_ed25519_key").stat().st_mode & 0o777 == 0o600
    assert (folder / "etc/ssh/ssh_host_ed25519_key.pub").stat().st_mode & 0o777 == 0o644


def test_a_server_gets_its_address_and_the_way_out(tmp_path: Path) -> None:
    text = (written("noc.tinh", tmp_path).folder / "etc/systemd/network/10-hntt.network").read_text()
    assert "Address=10.44.32.10/24\nGateway=10.44.32.1\n" in text


def test_the_folder_is_made_anew(tmp_path: Path) -> None:
    left_over = tmp_path / COMMUNE / "etc/frr/left-over"
    left_over.parent.mkdir(parents=True)
    left_over.write_text("x")
    written(COMMUNE, tmp_path)
    assert not left_over.exists()


@pytest.mark.parametrize(("platform", "name"), [("cisco_ios", "day0.cfg"), ("mikrotik_routeros", "day0.rsc")])
def test_a_pasted_text_lies_where_only_its_owner_looks(platform: str, name: str, tmp_path: Path) -> None:
    files = written(COMMUNE, tmp_path, platform)
    assert files.files == (name,)
    assert not files.is_tree
    assert files.folder.stat().st_mode & 0o077 == 0
    assert SECRETS["local_password"] in (files.folder / name).read_text()
    assert "10.44.1.129" in files.checklist.read_text()


def test_nobody_gets_a_device_nobody_can_enter(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=COMMUNE):
        write_day0(register(), network(), COMMUNE, tmp_path / "x", SecretValues(SECRETS), [])


def test_a_commune_pc_gets_its_own_place_and_what_the_role_wants_of_it(tmp_path: Path) -> None:
    files = written(PC, tmp_path)
    text = {name: (files.folder / name).read_text() for name in files.files}
    assert "Address=10.44.88.19/28\nGateway=10.44.88.17\n" in text["etc/systemd/network/10-hntt.network"]
    assert text["etc/hostname"] == f"{PC}\n"
    assert text["etc/ssh/authorized_keys.d/hntt"].endswith(f"\n{OPERATOR_KEY}\n")
    assert text["etc/hntt/authority.pem"] == SECRETS["authority"]
    wanted = intended_files(PC)
    same = [name for name in files.files if text[name] == wanted.get(f"/{name}")]
    assert len(same) == len(files.files) - 2, "all but the address and the authority are the role's own files"
    assert files.is_tree


def test_a_commune_pc_s_files_have_the_modes_of_the_role_also_in_the_lab(tmp_path: Path) -> None:
    folder, root = written(PC, tmp_path).folder, tmp_path / "root"
    wanted = {file.dest: int(file.mode, 8) for file in role_files(PC)}
    assert set(wanted.values()) > {0o644}, "else nothing is shown"
    put_table(root)
    install_tree(folder, root)
    for where in (folder, root):
        assert {path: (where / path[1:]).stat().st_mode & 0o7777 for path in wanted} == wanted


def put_table(root: Path) -> None:
    (root / "etc").mkdir(parents=True)
    # All root's files are those of whoever runs the test, so that no privilege is needed.
    (root / "etc/passwd").write_text(f"root:x:{os.getuid()}:{os.getgid()}:root:/root:/bin/sh\n")
    (root / "etc/group").write_text(f"root:x:{os.getgid()}:\n")


def test_a_commune_pc_holds_nothing_that_is_secret(tmp_path: Path) -> None:
    files = written(PC, tmp_path)
    secret = [value for name, value in SECRETS.items() if name != "authority"]
    for name in files.files:
        assert not [value for value in secret if value in (files.folder / name).read_text()], name
