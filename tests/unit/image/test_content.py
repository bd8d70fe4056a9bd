"""What goes into the one image of all PCs: alike everywhere, secret nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests_province import AUTHORITY, OPERATOR_KEY

from hntt.image.content import (
    TARGET,
    UNITS,
    Content,
    _states,
    common_content,
    image_content,
    program_files,
    role_content,
    write_tree,
)
from hntt.image.errors import ImageError
from hntt.image.signing import KeyFolder
from hntt.intent.day0 import PC_ROLES, pc_files
from hntt.intent.hostvars import host_vars
from hntt.intent.linux import DeclaredState, render_host, role_defaults, settings_for
from hntt.intent.linux.model import File, Service, User
from hntt.intent.linux.secrets import reveal
from hntt.intent.secrets import SecretValues
from hntt.inventory.offline import read_offline
from hntt.network.model import Tier

ROOT = Path(__file__).parents[3]
VERSION = "2026.11.28.1"


def state(**lists: object) -> DeclaredState:
    return DeclaredState.model_validate(lists)


def test_only_what_is_alike_on_all_is_in() -> None:
    same = File(dest="/etc/same", content="x")
    one, two = File(dest="/etc/own", content="1"), File(dest="/etc/own", content="2")
    only = File(dest="/etc/only", content="x")
    content = common_content([state(files=(same, one, only)), state(files=(same, two))])
    assert [file.path for file in content.files] == ["/etc/same"]


@pytest.mark.parametrize(
    "file",
    [
        File(dest="/etc/x", content="x", secret=True),
        File(dest="/etc/x", content="key = <secret:sip/pc.xa-mot.huyen>"),
        File(dest="/etc/x", content="<built:web/room/dist/index.html>"),
        File(dest="/etc/ssh/authorized_keys.d/hntt", content="ssh-ed25519 AAAA operator"),
    ],
)
def test_what_is_secret_unfinished_or_somebodys_key_is_out(file: File) -> None:
    assert common_content([state(files=(file,)), state(files=(file,))]).files == ()


def test_a_unit_whose_file_the_seed_brings_is_enabled_before_it_is_there() -> None:
    unit = "/etc/systemd/system/own.timer"
    service = Service(unit="own.timer")
    texts = [f"[Timer]\nOnCalendar={day}\n[Install]\nWantedBy=timers.target\n" for day in ("Mon", "Tue")]
    states = [state(files=(File(dest=unit, content=text),), services=(service,)) for text in texts]
    content = common_content(states)
    assert (content.files, content.enabled) == ((), ())
    assert content.links == (("/etc/systemd/system/timers.target.wants/own.timer", unit),)
    assert common_content([states[0], states[0]]).enabled == ("own.timer",)


def test_image_and_seed_are_together_all_that_the_roles_want_but_for_the_password() -> None:
    offline = read_offline(ROOT / "inventories/quang_binh")
    source = offline.source
    host = "pc.an-thuy.le-thuy"
    known = role_defaults(ROOT / "roles", PC_ROLES)
    inventory = settings_for(offline.config.directory, offline.groups[host], host, {})
    settings = {name: value for name, value in inventory.items() if name in known}
    settings["linux_base_admin_keys"] = [OPERATOR_KEY]
    facts = {"hntt": host_vars(source.register, source.network, host)}
    wanted = {file.dest: file for file in render_host(ROOT / "roles", PC_ROLES, {**settings, **facts}).files}
    secrets = SecretValues({"authority": AUTHORITY})
    device = source.network.devices[host]
    seed = pc_files(source.register, source.network, device, secrets, [OPERATOR_KEY], settings)
    has = {file.path: file.content.decode() for file in common_content(list(_states(offline, ROOT))).files}
    has |= {file.dest: file.content for file in seed}
    assert set(wanted) - set(has) == {"/etc/hntt-pc/page.js"}
    for path in set(wanted) & set(has):
        assert has[path] == reveal(wanted[path].content, secrets), path
    for file in seed:
        owner = wanted.get(file.dest, file)
        assert (owner.owner, owner.group, owner.mode) == ("root", "root", file.mode), "a seed has no owners"


def test_users_come_before_what_they_own() -> None:
    file = File(dest="/etc/x", content="", owner="kiosk")
    script = common_content([state(users=(User(name="kiosk", groups=("audio",)),), files=(file,))]).script()
    assert script.index("useradd") < script.index("chown kiosk:root '/etc/x'")


def test_every_field_counts_for_the_digest() -> None:
    base = Content()
    others = [
        Content(links=(("/a", "/b"),)),
        Content(enabled=("a.service",)),
        Content(disabled=("a.service",)),
        Content(directories=(("/a", "0755", "root", "root"),)),
        Content(users=(User(name="kiosk"),)),
    ]
    assert len({item.digest() for item in [base, *others]}) == 6


def test_nothing_of_any_site_is_in_the_image(keys: KeyFolder) -> None:
    offline = read_offline(ROOT / "inventories/quang_binh")
    content = image_content(offline, ROOT, keys, VERSION)
    text = b"\n".join(file.content for file in content.files).decode()
    communes = [device for device in offline.source.network.devices.values() if device.tier is Tier.COMMUNE]
    assert len(communes) > 300
    for device in communes:
        for mark in (device.host, str(device.address), device.extension):
            assert mark is None or mark not in text, device.host
    for private in (keys.image_key, keys.bundle_key):
        assert private.read_text() not in text
    assert "PRIVATE KEY" not in text


def test_the_image_brings_the_program_its_units_and_both_public_keys(keys: KeyFolder) -> None:
    content = image_content(read_offline(ROOT / "inventories/quang_binh"), ROOT, keys, VERSION)
    files = {file.path: file.content for file in content.files}
    assert files["/usr/lib/hntt/image-key.pem"] == keys.image_public.read_bytes()
    assert files["/etc/rauc/keyring.pem"] == keys.bundle_certificate.read_bytes()
    assert b'"version": "2026.11.28.1"' in files["/usr/lib/hntt/image.json"]
    for path in TARGET.glob("*.py"):
        assert files[f"/usr/lib/hntt/target/{path.name}"] == path.read_bytes()
    for unit in ("data.mount", "efi.mount", "var-log-journal.mount", "hntt-first-boot.service"):
        assert f"{UNITS}/{unit}" in files
        assert unit in content.enabled


def test_an_image_without_the_pcs_program_is_none(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="program is missing"):
        program_files(tmp_path)


def test_files_are_written_for_nobody_else_until_they_have_their_owner(tmp_path: Path) -> None:
    write_tree(common_content([state(files=(File(dest="/etc/a/x", content="x", mode="0644"),))]), tmp_path / "tree")
    assert (tmp_path / "tree/etc/a/x").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "tree/etc/a").stat().st_mode & 0o777 == 0o755


def test_an_inventory_narrowed_to_some_communes_makes_the_same_image(tmp_path: Path) -> None:
    whole = read_offline(ROOT / "inventories/quang_binh")
    narrowed = tmp_path / "narrowed"
    narrowed.mkdir()
    (narrowed / "group_vars").symlink_to(whole.config.directory / "group_vars")
    (narrowed / "hntt.yml").write_text(
        f"plugin: hntt_register\nregister: {whole.config.register_dir}\nonly: {{communes: [an-thuy.le-thuy]}}\n"
    )
    assert role_content(read_offline(narrowed), ROOT) == role_content(whole, ROOT)
