"""``hntt lab up`` on the province's own register: devices start with day-0 only and are managed through the network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from register_lab import RegisterLab

ROUTERS = {"rt.tinh", "rt.quang-ninh", "rt.quan-hau.quang-ninh"}

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegisterLab]:
    found = RegisterLab(tmp_path_factory.mktemp("register"), "hnttreg", communes=1)
    found.hntt("down")
    done = found.up()
    try:
        assert done.returncode == 0, done.stderr
        yield found
    finally:
        assert found.hntt("down").returncode == 0
        assert not (found.folder / "overlay.yml").exists()


def test_ansible_reaches_every_router_and_the_controller_by_its_inventory_name(lab: RegisterLab) -> None:
    done = lab.ansible("all", "-m", "ansible.builtin.raw", "-a", "hostname")
    assert done.returncode == 0, done.stdout + done.stderr
    for host in {*ROUTERS, "noc.tinh"}:
        assert f"{host} | CHANGED" in done.stdout


def test_ssh_reaches_a_device_by_name_with_its_pinned_key(lab: RegisterLab) -> None:
    assert lab.ssh("rt.quan-hau.quang-ninh", "hostname").stdout.strip() == "rt.quan-hau.quang-ninh"


def test_a_device_whose_key_is_not_the_pinned_one_is_refused(lab: RegisterLab) -> None:
    known_hosts = lab.folder / "known_hosts"
    right = known_hosts.read_text(encoding="utf-8")
    lines = [line.split(maxsplit=1) for line in right.splitlines()]
    keys = [key for _, key in lines]
    known_hosts.write_text(
        "".join(f"{name} {key}\n" for (name, _), key in zip(lines, keys[1:] + keys[:1], strict=True))
    )
    try:
        assert lab.ssh("rt.tinh", "true").returncode == 255
        assert "UNREACHABLE" in lab.ansible("rt.tinh", "-m", "ansible.builtin.raw", "-a", "true").stdout
    finally:
        known_hosts.write_text(right)


def test_lines_are_shaped_to_the_register_s_rates(lab: RegisterLab) -> None:
    shown = yaml.safe_load(lab.hntt("status", "--format", "json").stdout)
    assert {line["name"]: (line["rate_kbps"], line["shaped"]) for line in shown["lines"]} == {
        "quang-ninh": (50_000, True),
        "quan-hau.quang-ninh": (4_000, True),
    }


def test_day_0_carries_packets_from_room_to_room(lab: RegisterLab) -> None:
    done = lab.hntt("exec", "pc.quan-hau.quang-ninh", "--", "ping", "-c", "2", "-W", "3", "10.44.64.3")
    assert done.returncode == 0, done.stdout + done.stderr


def test_up_twice_changes_nothing(lab: RegisterLab) -> None:
    done = lab.up()
    assert done.returncode == 0
    assert "0 changes" in done.stderr
