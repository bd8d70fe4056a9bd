"""`up` killed at any step: `down` then leaves nothing, and another `up` finishes the work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import small_lab

from hntt.lab.down import down
from hntt.lab.limits import NEEDED
from hntt.lab.names import Lab
from hntt.lab.up import up

pytestmark = [pytest.mark.lab, pytest.mark.slow]

UP = """
import sys
from pathlib import Path
from hntt.lab.names import Lab
from hntt.lab.state import load_topology
from hntt.lab.up import up
lab = Lab(sys.argv[1], Path(sys.argv[2]))
up(lab, load_topology(Lab(sys.argv[1], Path(sys.argv[3]))))
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab("hnttcr", tmp_path / ".lab")
    lab.state_dir.mkdir()
    down(lab)
    yield lab
    down(lab)


def left_of(lab: Lab) -> list[str]:
    """Whatever carries the lab's name on this machine: containers, their monitors, namespaces, links, mounts."""
    containers = json.loads(_out("podman", "ps", "--all", "--external", "--format", "json") or "[]")
    found = [f"container {c['Names']}" for c in containers if any(n.startswith(lab.prefix) for n in c["Names"])]
    found += [f"namespace {line}" for line in _out("ip", "netns").splitlines() if line.startswith(lab.prefix)]
    found += [f"mount {line}" for line in _out("cat", "/proc/self/mounts").splitlines() if lab.name in line]
    links = json.loads(_out("ip", "-j", "link"))
    found += [f"link {x['ifname']}" for x in links if lab.name in str(x) or ":" in x.get("ifalias", "")]
    found += [f"process {line}" for line in _out("ps", "-eo", "stat,args").splitlines() if _is_ours(line, lab)]
    return found + [str(path) for path in (lab.runtime_dir, lab.state_file, lab.ssh_config) if path.exists()]


def _is_ours(line: str, lab: Lab) -> bool:
    return lab.prefix in line and not line.startswith("Z") and "pytest" not in line


def _out(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def limits() -> list[int]:
    return [int(Path("/proc/sys", name).read_text()) for name in NEEDED]


def namespaces(lab: Lab) -> int:
    return _out("ip", "netns").count(lab.prefix)


def containers(lab: Lab) -> int:
    return _out("podman", "ps", "-a", "--format", "{{.Names}}").count(lab.prefix)


POINTS: dict[str, Callable[[Lab], bool]] = {
    "the first key": lambda lab: any(lab.state_dir.glob("hostkeys/*")),
    "the first namespace": lambda lab: namespaces(lab) >= 1,
    "some namespaces": lambda lab: namespaces(lab) >= 4,
    "the mount namespace": lambda lab: lab.mount_namespace.exists(),
    "the first container": lambda lab: containers(lab) >= 1,
    "some containers": lambda lab: containers(lab) >= 2,
}
DELAYS = (0.2, 0.35, 0.5, 0.65, 0.8, 1.0, 1.3, 1.8)


def kill_up(lab: Lab, tmp_path: Path, due: Callable[[Lab], bool]) -> None:
    """Start ``up`` in a process and kill it, and nothing it started, when ``due``."""
    from hntt.lab.state import save_topology

    wanted = Lab(lab.name, tmp_path / "wanted")
    save_topology(wanted, small_lab.build(lab, with_noc=False))
    words = [sys.executable, "-c", UP, lab.name, str(lab.state_dir), str(wanted.state_dir)]
    with subprocess.Popen(words, env={**os.environ, "HNTT_LANG": "en"}) as process:
        deadline = time.monotonic() + 60
        while process.poll() is None and not due(lab):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        assert process.wait() in (-signal.SIGKILL, 0)


@pytest.mark.parametrize("point", POINTS)
def test_down_after_a_crash_at(point: str, lab: Lab, tmp_path: Path) -> None:
    before = limits()
    kill_up(lab, tmp_path, POINTS[point])
    down(lab)
    assert left_of(lab) == []
    assert limits() == before


@pytest.mark.parametrize("delay", DELAYS)
def test_down_after_a_crash_in(delay: float, lab: Lab, tmp_path: Path) -> None:
    due_at = time.monotonic() + delay
    kill_up(lab, tmp_path, lambda _lab: time.monotonic() >= due_at)
    down(lab)
    assert left_of(lab) == []


@pytest.mark.parametrize("point", ["some namespaces", "the first container"])
def test_up_finishes_what_a_crash_left(point: str, lab: Lab, tmp_path: Path) -> None:
    kill_up(lab, tmp_path, POINTS[point])
    topology = small_lab.build(lab, with_noc=False)
    assert up(lab, topology).not_ready == {}
    assert up(lab, topology).actions == ()


def test_down_ends_what_still_runs_in_the_lab(lab: Lab) -> None:
    up(lab, small_lab.build(lab, spokes=1, with_noc=False))
    words = ["nsenter", f"--net=/run/netns/{lab.namespace('pc.last')}", "sleep", "300"]
    with subprocess.Popen(words) as visitor:
        down(lab)
        assert visitor.wait(timeout=5) == -signal.SIGKILL
    assert left_of(lab) == []


def half_make(container: str, tmp_path: Path) -> None:
    """Kill podman itself, as the end of a whole session does, when it has a name and no container yet."""
    (tmp_path / "root").mkdir(exist_ok=True)
    words = ["podman", "create", "--name", container, "--network=none", "--rootfs", str(tmp_path / "root"), "/init"]
    storage = Path(_out("podman", "info", "--format", "{{.Store.GraphRoot}}").strip())
    for _ in range(30):
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and not _named_in(storage, container):
                time.sleep(0.0005)
            process.kill()
        if any("storage" in found for found in _states(container)):
            return
        subprocess.run(["podman", "rm", "--force", "--ignore", container], check=True, stdout=subprocess.DEVNULL)
    pytest.fail("podman was never caught half-way")


def _named_in(storage: Path, container: str) -> bool:
    """Whether podman's storage, which comes before its own list of containers, knows the name already."""
    return any(f'"{container}"' in path.read_text("utf-8") for path in storage.glob("*-containers/*containers.json"))


def _states(container: str) -> list[str]:
    listed = json.loads(_out("podman", "ps", "--all", "--external", "--format", "json") or "[]")
    return [c["State"] for c in listed if container in (c["Names"] or [])]


def test_down_removes_a_container_that_podman_only_half_made(lab: Lab, tmp_path: Path) -> None:
    half_make(lab.container("rt.x1"), tmp_path)
    assert left_of(lab) != []
    down(lab)
    assert left_of(lab) == []


def test_up_makes_a_container_that_podman_only_half_made(lab: Lab, tmp_path: Path) -> None:
    half_make(lab.container("rt.x1"), tmp_path)
    assert up(lab, small_lab.build(lab, spokes=1, with_noc=False)).not_ready == {}
