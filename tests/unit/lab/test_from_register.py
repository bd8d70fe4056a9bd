"""From the register to a lab: topology, the part that is asked for, overlay and secrets."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from hntt.errors import UsageError
from hntt.intent.router import Role, all_router_facts
from hntt.inventory.config import read_config
from hntt.inventory.view import inventory_of
from hntt.lab.content import LabContent, LabRequest, content_of
from hntt.lab.from_network import topology_from_network
from hntt.lab.names import Lab
from hntt.lab.records import overlay_data, write_overlay
from hntt.lab.secrets import HOST_PAIR, LENGTHS, PAIR, ensure_secrets
from hntt.lab.topology import Topology, problems

LAB_INVENTORY = Path(__file__).parents[3] / "inventories" / "lab"


def content(**narrowed: object) -> LabContent:
    return content_of(LabRequest(LAB_INVENTORY, **narrowed))  # type: ignore[arg-type]


def topology(of: LabContent) -> Topology:
    return topology_from_network(of.source.register, of.source.network, of.devices, {})


def test_the_default_lab_is_the_centre_and_one_district() -> None:
    found = topology(content())
    assert problems(found) == []
    kinds = [host.kind for host in found.hosts]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "router": 17, "noc": 1, "mcu": 3, "vcs": 2, "probe": 17, "admin": 1,
    }  # fmt: skip
    assert len(found.lines) == 16


def test_lines_have_the_register_s_rates_and_the_routers_own_ports() -> None:
    found = topology(content())
    assert {line.name: line.rate_kbps for line in found.lines}["quang-ninh"] == 50_000
    line = found.line("quan-hau.quang-ninh")
    assert (line.a, line.b, line.rate_kbps) == (
        ("rt.quang-ninh", "ln385"), ("rt.quan-hau.quang-ninh", "wan"), 4_000,
    )  # fmt: skip


def test_a_router_has_all_its_ports_also_those_that_lead_out_of_the_lab() -> None:
    chosen = content()
    facts = all_router_facts(chosen.source.register, chosen.source.network)["rt.tinh"]
    wanted = {port.name for port in facts.having(Role.WAN, Role.LINE, Role.LAN, Role.SERVICES)}
    assert set(topology(chosen).host("rt.tinh").interfaces) == wanted
    assert len([name for name in wanted if name.startswith("ln")]) == 8


def test_the_station_and_the_probes_have_their_place_in_the_address_plan() -> None:
    found = topology(content())
    admin, probe = found.host("admin"), found.host("pc.quan-hau.quang-ninh")
    assert (admin.address, admin.prefix_length, admin.gateway) == ("10.44.32.254", 24, "10.44.32.1")
    assert (probe.address, probe.prefix_length, probe.gateway) == ("10.44.88.19", 28, "10.44.88.17")


@pytest.mark.parametrize(("communes", "routers"), [(0, 2), (1, 3), (4, 6), (99, 17)])
def test_the_first_communes_only(communes: int, routers: int) -> None:
    names = [device.host for device in content(communes=communes).devices]
    assert len([name for name in names if name.startswith("rt.")]) == routers
    assert "noc.tinh" in names


def test_other_districts() -> None:
    found = topology(content(districts=("le-thuy", "minh-hoa"), communes=1))
    assert problems(found) == []
    assert [line.name for line in found.lines] == [
        "minh-hoa", "quy-dat.minh-hoa", "le-thuy", "nong-truong-le-ninh.le-thuy",
    ]  # fmt: skip


def test_a_district_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="quang-ninh"):
        content(districts=("quang-nin",))


def test_the_overlay_makes_the_lab_s_inventory_load_narrowed_as_the_lab_is(tmp_path: Path) -> None:
    chosen = content(communes=1)
    lab = Lab("unit", tmp_path)
    write_overlay(
        lab,
        overlay_data(
            lab, chosen.devices, chosen.selection, "ssh-ed25519 AAAA operator", mode="simulated",
            host_facts={"rt.tinh": {"ansible_host": "127.0.0.1", "ansible_port": 2222}},
        ),
    )  # fmt: skip
    (tmp_path / "hntt.yml").write_text(
        yaml.safe_dump({"plugin": "hntt_register", "register": str(chosen.register_dir), "overlay": str(lab.overlay)}),
        encoding="utf-8",
    )
    inventory = inventory_of(read_config(tmp_path), chosen.source)
    assert list(inventory.hosts) == [device.host for device in chosen.devices]
    tinh, other = inventory.hosts["rt.tinh"], inventory.hosts["rt.quang-ninh"]
    assert (tinh["ansible_host"], tinh["ansible_port"]) == ("127.0.0.1", 2222)
    assert other["ansible_host"] == "rt.quang-ninh"
    assert other["hntt_lab_mode"] == "simulated"
    assert other["linux_base_admin_keys"] == ["ssh-ed25519 AAAA operator"]
    assert other["ansible_ssh_common_args"] == f"-F {lab.ssh_config}"


def test_secrets_are_made_once_and_are_the_owner_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "lab" / "secrets.yml"
    first = ensure_secrets(file)
    assert ensure_secrets(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    texts = {name: value for name, value in first.items() if name not in (*PAIR, *HOST_PAIR)}
    assert {name: len(value) for name, value in texts.items()} == LENGTHS
    assert len(set(first.values())) == len(first)
    assert all(value.isalnum() and value[0].isalpha() for value in texts.values())
    assert len(first["ospf_key"]) <= 16, "OSPF's MD5 authentication takes no more"


def test_a_secret_that_is_new_in_the_program_is_added_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "secrets.yml"
    file.write_text("ospf_key: kept\n", encoding="utf-8")
    found = ensure_secrets(file)
    assert found["ospf_key"] == "kept"
    assert set(found) == {*LENGTHS, *PAIR, *HOST_PAIR}
