"""Faults do to the lab what they say, are seen, and are mended."""

from __future__ import annotations

import subprocess
import time

import pytest
from running_lab import Running

from hntt.lab import faults
from hntt.lab.errors import LabError
from hntt.lab.faults import Fault
from hntt.lab.reach import await_reachable
from hntt.lab.status import status

pytestmark = pytest.mark.lab


def test_cut_line(whole: Running) -> None:
    faults.cut_line(whole.topology, whole.engine, "line-2")
    assert "NO-CARRIER" in whole.inside("rt.x2", "ip", "link", "show", "wan")
    assert "NO-CARRIER" in whole.inside("rt.tinh", "ip", "link", "show", "ln2")
    assert "100% packet loss" in whole.at("pc.last", "ping", "-c", "1", "-W", "1", "10.44.32.10", check=False)
    seen = status(whole.topology, whole.engine)
    assert seen.faults == (Fault("cut-line", "line-2"),)
    assert [line.name for line in seen.lines if not line.up] == ["line-2"]
    assert [host.name for host in seen.hosts if host.ssh is False] == ["rt.x2"]
    faults.restore_line(whole.topology, whole.engine, "line-2")
    assert await_reachable(whole.lab, whole.topology, [whole.topology.host("rt.x2")], 30) == []


def test_stop_is_a_power_cut(whole: Running) -> None:
    faults.stop_host(whole.topology, whole.engine, "rt.x1")
    assert faults.present_faults(whole.topology, whole.engine) == [Fault("stop", "rt.x1")]
    with pytest.raises(LabError, match="not running"):
        faults.stop_host(whole.topology, whole.engine, "rt.x1")
    assert faults.start_host(whole.topology, whole.engine, "rt.x1") == "running"
    assert faults.present_faults(whole.topology, whole.engine) == []


def test_kill_session_breaks_those_of_the_user_only(whole: Running) -> None:
    assert await_reachable(whole.lab, whole.topology, [whole.topology.host("rt.x1")], 30) == []
    # A session of each user that would last for a minute.
    others = subprocess.Popen(whole.ssh_words("rt.x1", "sleep", "60"), stderr=subprocess.DEVNULL)
    router = subprocess.Popen(
        whole.ssh_words("rt.x1", user="hntt-net"),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_sessions(whole, 2)
        began = time.monotonic()
        assert faults.kill_sessions(whole.topology, whole.engine, "rt.x1", "hntt-net") == 1
        assert router.wait(timeout=5) == 255
        assert time.monotonic() - began < 5
        assert others.poll() is None
        assert faults.kill_sessions(whole.topology, whole.engine, "rt.x1") == 1
        assert others.wait(timeout=5) == 255
    finally:
        others.kill()
        router.kill()
    assert whole.ssh("rt.x1", "hostname") == "rt.x1\n"


def _await_sessions(running: Running, count: int) -> None:
    deadline = time.monotonic() + 30
    # By title while a user is logged in: "sshd-session: hntt [priv]".
    while int(running.inside("rt.x1", "pgrep", "-c", "-f", r"sshd-session: .*\[priv\]", check=False) or 0) < count:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(0.5)


def test_a_full_disk_is_full_for_frr(whole: Running) -> None:
    assert faults.fill_disk(whole.topology, whole.engine, "rt.x1") > 1 << 20
    assert faults.present_faults(whole.topology, whole.engine) == [Fault("fill-disk", "rt.x1")]
    # As a guarded change does it: the old configuration kept beside, the new one written over it.
    for path in ("/etc/frr/frr.conf.guard", "/var/lib/hntt-guard", "/usr/local/guard"):
        said = whole.inside("rt.x1", "sh", "-c", f"echo text 2>&1 > {path} || true; stat -c %s {path}")
        assert said.endswith("0\n"), said
        assert "No space left" in whole.inside("rt.x1", "sh", "-c", f"cp /etc/frr/daemons {path} 2>&1 || true")
    whole.inside("rt.x1", "vtysh", "-c", "write memory", check=False)
    assert whole.inside("rt.x1", "stat", "-c", "%s", "/etc/frr/frr.conf") == "0\n"

    faults.free_disk(whole.topology, whole.engine, "rt.x1")
    whole.inside("rt.x1", "vtysh", "-c", "write memory")
    assert int(whole.inside("rt.x1", "stat", "-c", "%s", "/etc/frr/frr.conf")) > 100


def test_clear_mends_everything(whole: Running) -> None:
    faults.cut_line(whole.topology, whole.engine, "line-1")
    faults.stop_host(whole.topology, whole.engine, "rt.x2")
    faults.fill_disk(whole.topology, whole.engine, "rt.tinh")
    assert len(faults.clear(whole.topology, whole.engine)) == 3
    assert faults.present_faults(whole.topology, whole.engine) == []
    assert await_reachable(whole.lab, whole.topology, whole.topology.containers, 60) == []


def test_what_is_not_there_cannot_be_broken(running: Running) -> None:
    with pytest.raises(LabError, match="no line named"):
        faults.cut_line(running.topology, running.engine, "line-9")
    with pytest.raises(LabError, match="not a device"):
        faults.fill_disk(running.topology, running.engine, "pc.last")
    with pytest.raises(LabError, match="no host named"):
        faults.stop_host(running.topology, running.engine, "rt.x9")
