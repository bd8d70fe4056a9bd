"""``hntt lab up`` on the province's own register: devices start with day-0 only and are managed through the network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CLI = [sys.executable, "-c", "from hntt.cli import main; main()"]
ROUTERS = {"rt.tinh", "rt.quang-ninh", "rt.quan-hau.quang-ninh"}

pytestmark = pytest.mark.lab


class RegisterLab:
    """The centre, a district and its first commune, as a lab apart from the operator's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inventory = folder / "inventory"
        self.inventory.mkdir()
        options = {
            "plugin": "hntt_register",
            "register": str(ROOT / "inventories/quang_binh/register"),
            "only": {"districts": ["quang-ninh"], "kinds": ["router", "noc"]},
            "overlay": str(folder / "overlay.yml"),
            "known_hosts": str(folder / "known_hosts"),
            "secrets_file": str(folder / "secrets.yml"),
        }
        (self.inventory / "hntt.yml").write_text(yaml.safe_dump(options), encoding="utf-8")

    def hntt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ, "HNTT_LAB_DIR": str(self.folder), "HNTT_LAB_NAME": "hnttreg", "HNTT_LAB": "",
            "HNTT_LANG": "en",
        }  # fmt: skip
        return subprocess.run(
            [*CLI, "lab", *arguments],
            capture_output=True, text=True, env=environment, cwd=ROOT, timeout=400, check=False,
        )  # fmt: skip

    def up(self) -> subprocess.CompletedProcess[str]:
        return self.hntt("up", "-i", str(self.inventory), "--communes", "1")

    def ansible(self, pattern: str, *more: str) -> subprocess.CompletedProcess[str]:
        """Without a connection kept from an earlier call: it would answer although keys have changed since."""
        program = Path(sys.executable).with_name("ansible")
        environment = {**os.environ, "ANSIBLE_SSH_ARGS": "-o ControlMaster=no -o ControlPath=none"}
        return subprocess.run(
            [str(program), "-i", str(self.inventory), pattern, *more],
            capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120, check=False,
        )  # fmt: skip

    def ssh(self, host: str, *command: str) -> subprocess.CompletedProcess[str]:
        words = ["ssh", "-F", str(self.folder / "ssh_config"), "-o", "BatchMode=yes", host, *command]
        return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegisterLab]:
    found = RegisterLab(tmp_path_factory.mktemp("register"))
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
