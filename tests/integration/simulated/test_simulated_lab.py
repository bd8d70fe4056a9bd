"""``hntt lab`` without containers: the same command, names, keys and inventory, simulated devices behind real SSH."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CLI = [sys.executable, "-c", "from hntt.cli import main; main()"]


class SimulatedLab:
    """A simulated lab of its own, apart from the operator's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inventory = folder / "inventory"
        self.inventory.mkdir(parents=True)
        options = {
            "plugin": "hntt_register",
            "register": str(ROOT / "inventories/quang_binh/register"),
            "only": {"districts": ["quang-ninh"], "kinds": ["router", "noc"]},
            "overlay": str(folder / "overlay.yml"),
        }
        (self.inventory / "hntt.yml").write_text(yaml.safe_dump(options), encoding="utf-8")

    def hntt(self, *arguments: str, lang: str = "en", **more: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ, "HNTT_LAB_DIR": str(self.folder), "HNTT_LAB_NAME": "simtest", "HNTT_LANG": lang,
            "HNTT_LAB": "simulated", "COLUMNS": "200", **more,
        }  # fmt: skip
        done = subprocess.run(
            [*CLI, "lab", *arguments],
            capture_output=True, text=True, env=environment, cwd=ROOT, timeout=120, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr + done.stdout
        return done

    def up(self, *more: str) -> subprocess.CompletedProcess[str]:
        return self.hntt("up", "-i", str(self.inventory), "--communes", "1", *more)

    def ssh(self, host: str, *command: str) -> subprocess.CompletedProcess[str]:
        words = ["ssh", "-F", str(self.folder / "ssh_config"), "-o", "BatchMode=yes", host, *command]
        return subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)

    @property
    def pid(self) -> int:
        return int((self.folder / "simulators.pid").read_text())


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[SimulatedLab]:
    found = SimulatedLab(tmp_path / "lab")
    yield found
    assert found.hntt("down").returncode == 0


def test_up_says_in_words_what_is_not_shown(lab: SimulatedLab) -> None:
    done = lab.up()
    assert done.returncode == 0, done.stderr
    assert "Not shown: packets on the lines, OSPF converging, QoS" in " ".join(done.stderr.split())
    assert "3 routers, started" in done.stderr
    status = lab.hntt("status", lang="vi")
    assert status.returncode == 0
    assert "Không thấy được: gói tin đi qua đường truyền, OSPF hội tụ, QoS" in status.stdout


def test_up_twice_changes_nothing(lab: SimulatedLab) -> None:
    lab.up()
    before = {path: path.read_bytes() for path in lab.folder.rglob("*") if path.is_file()}
    pid = lab.pid
    done = lab.up()
    assert "running already" in done.stderr
    assert lab.pid == pid
    assert {path: path.read_bytes() for path in lab.folder.rglob("*") if path.is_file()} == before


def test_devices_are_reached_with_the_operator_s_key_and_their_pinned_host_keys(lab: SimulatedLab) -> None:
    lab.up()
    document = json.loads(lab.hntt("status", "--format", "json").stdout)
    assert document["mode"] == "simulated"
    assert document["hosts"] == {"rt.tinh": True, "rt.quang-ninh": True, "rt.quan-hau.quang-ninh": True}
    assert "hostname rt.quang-ninh" in lab.ssh("rt.quang-ninh", "sudo -n vtysh -c 'show running-config'").stdout


def test_a_host_key_that_is_not_the_pinned_one_is_refused(lab: SimulatedLab) -> None:
    lab.up()
    known_hosts = lab.folder / "known_hosts"
    lines = known_hosts.read_text(encoding="utf-8").splitlines()
    places = [line.split()[0] for line in lines]
    keys = [line.split(maxsplit=1)[1] for line in lines]
    known_hosts.write_text("".join(f"{p} {k}\n" for p, k in zip(places, keys[1:] + keys[:1], strict=True)))
    assert lab.ssh("rt.tinh", "true").returncode == 255
    assert lab.hntt("status").returncode == 1


def test_the_inventory_points_at_the_simulated_devices(lab: SimulatedLab) -> None:
    lab.up()
    program = Path(sys.executable).with_name("ansible-inventory")
    done = subprocess.run(
        [str(program), "-i", str(lab.inventory), "--list"],
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    hosts = json.loads(done.stdout)["_meta"]["hostvars"]
    assert set(hosts) == {"rt.tinh", "rt.quang-ninh", "rt.quan-hau.quang-ninh"}
    assert {facts["ansible_host"] for facts in hosts.values()} == {"127.0.0.1"}
    assert len({facts["ansible_port"] for facts in hosts.values()}) == 3


def test_exec_types_into_the_command_line(lab: SimulatedLab) -> None:
    lab.up()
    lines = ("configure terminal", "ip route 192.0.2.0 255.255.255.0 Null0", "end")
    assert lab.hntt("exec", "rt.quan-hau.quang-ninh", "--", *lines).returncode == 0
    shown = lab.hntt("exec", "rt.quan-hau.quang-ninh", "--", "show running-config").stdout
    assert "ip route 192.0.2.0" in shown
    assert lab.hntt("exec", "rt.nowhere", "--", "show version").returncode == 3


def test_simulators_that_were_killed_are_started_again(lab: SimulatedLab) -> None:
    lab.up()
    old = lab.pid
    os.kill(old, signal.SIGKILL)
    _await_end(old)
    assert lab.hntt("status").returncode == 3
    done = lab.up()
    assert "3 routers, started" in done.stderr
    assert lab.pid != old
    assert lab.hntt("status").returncode == 0


def _await_end(pid: int) -> None:
    for _ in range(100):
        if not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes():
            return
        time.sleep(0.05)
    raise AssertionError("it does not end")


def test_a_recorded_pid_of_another_program_is_left_alone(lab: SimulatedLab) -> None:
    lab.up()
    assert lab.hntt("down").returncode == 0
    with subprocess.Popen(["sleep", "60"]) as other:
        (lab.folder / "simulators.pid").write_text(f"{other.pid}\n")
        assert lab.hntt("down").returncode == 0
        assert other.poll() is None
        other.kill()


def test_another_part_of_the_register_starts_other_routers(lab: SimulatedLab) -> None:
    lab.up()
    done = lab.hntt("up", "-i", str(lab.inventory), "--communes", "0")
    assert "2 routers, started" in done.stderr
    assert list(json.loads(lab.hntt("status", "--format", "json").stdout)["hosts"]) == ["rt.tinh", "rt.quang-ninh"]


def test_down_leaves_no_process_and_the_inventory_says_that_the_lab_is_not_up(lab: SimulatedLab) -> None:
    lab.up()
    pid = lab.pid
    done = lab.hntt("down", lang="vi")
    assert done.returncode == 0
    assert "đã dừng 3 router mô phỏng" in done.stderr
    _await_end(pid)
    assert {path.name for path in lab.folder.iterdir() if path.is_file()} == {
        "id_ed25519", "id_ed25519.pub", "secrets.yml", "simulators.log",
    }  # fmt: skip
    assert lab.hntt("down").returncode == 0


def test_what_takes_containers_is_refused_in_words(lab: SimulatedLab) -> None:
    lab.up()
    done = lab.hntt("fault", "cut-line", "quang-ninh")
    assert done.returncode == 3
    assert "the lab is simulated" in done.stderr


def test_a_register_with_errors_starts_nothing(lab: SimulatedLab, tmp_path: Path) -> None:
    options = yaml.safe_load((lab.inventory / "hntt.yml").read_text())
    (tmp_path / "register").mkdir()
    (lab.inventory / "hntt.yml").write_text(yaml.safe_dump({**options, "register": str(tmp_path / "register")}))
    done = lab.up()
    assert done.returncode == 1
    assert "nothing was connected to or written" in done.stderr
    assert not (lab.folder / "simulators.pid").exists()
