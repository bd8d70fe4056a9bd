"""Each fault again with the step of the guard taken out that is meant for it: the router is then left wrong.

Without these, a fault test could pass because the fault does no harm.
"""

from __future__ import annotations

from pathlib import Path

import paramiko
import pytest
from device_bench import MIDDLE, TIME_IS_UP, Bench, ignore_pending, unguard, wait_for

from hntt.devices.change import Change
from hntt.devices.guard import _Guarded, guard_status
from hntt.devices.guard_frr import KEPT, FrrGuard
from hntt.devices.mechanism import Link
from hntt.devices.settle import _Settling


def test_rejected_line(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    unguard(monkeypatch, bench.platform.name)
    bench.faults.reject = MIDDLE[bench.platform.name]
    assert bench.apply().outcome == "left_changed"
    assert not bench.is_as_before()


def test_cut_session(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    unguard(monkeypatch, bench.platform.name)
    bench.faults.drop_after_line = 4
    assert bench.apply().outcome == "left_changed"
    assert not bench.is_as_before()


def test_cut_management_path(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    unguard(monkeypatch, bench.platform.name)
    bench.faults.path_lost_after = MIDDLE[bench.platform.name]
    assert bench.apply(timing=TIME_IS_UP).outcome == "unknown"
    assert not bench.is_as_before()


@pytest.mark.parametrize("platform", ["cisco_ios", "frr"])
def test_lines_after_the_timer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the look at the clock, lines change a router that has already gone back; RouterOS is restarting then."""
    bench.let_the_timer_run_out_while_sending(monkeypatch)
    monkeypatch.setattr(_Guarded, "_before_line", lambda self, line: self._change.sent.append(line))
    monkeypatch.setattr(_Settling, "_restore", lambda self, running: None)
    assert bench.apply().outcome == "left_changed"
    assert not bench.is_as_before()


def test_late_confirmation(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without reading after it, a confirmation is believed though the router went back meanwhile."""
    bench.go_back_while_confirming(monkeypatch)
    monkeypatch.setattr(Change, "is_intended", lambda self, running: True)
    assert bench.apply().outcome == "confirmed"
    assert bench.is_as_before()


def test_killed_controller(bench: Bench, tmp_path: Path) -> None:
    controller, marker = bench.start_controller(tmp_path, guarded=False)
    assert wait_for(marker.exists)
    controller.kill()
    controller.wait()
    bench.fleet.let_time_pass(bench.name)
    assert not wait_for(bench.is_as_before, 1)


def test_pending_change(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the look, a second change confirms the first one, which nobody has verified."""
    commands = bench.platform.remediate(bench.before, bench.intended).commands
    bench.arm_for_somebody_else(*commands)
    ignore_pending(monkeypatch, bench.platform.name)
    bench.intended = bench.before.replace("wan to rt", "WAN to rt").replace("line to rt.tinh", "LINE to rt.tinh")
    bench.apply()
    assert not guard_status(bench.target).pending
    bench.fleet.let_time_pass(bench.name)
    assert not wait_for(bench.is_as_before, 1), "the unverified change went away, as it should have"


def test_changed_host_key(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pinning, another device behind the same address takes the configuration and its secrets."""
    monkeypatch.setattr(paramiko.SSHClient, "load_host_keys", lambda self, path: None)
    monkeypatch.setattr(paramiko, "RejectPolicy", paramiko.MissingHostKeyPolicy)
    bench.fleet.change_host_key(bench.name)
    assert bench.apply().outcome == "confirmed"


@pytest.mark.parametrize("platform", ["frr"])
def test_full_disk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without proof that the old configuration was kept, the way back leads to half of it."""

    def keep_unseen(self: FrrGuard, link: Link, text: str) -> None:
        link.shell.run(f"sudo -n dd of={KEPT} conv=fsync status=none", stdin=text)

    monkeypatch.setattr(FrrGuard, "_keep", keep_unseen)
    monkeypatch.setattr(_Settling, "_restore", lambda self, running: None)
    bench.let_time_pass_after_asking_back(monkeypatch)
    bench.faults.disk_full = True
    bench.faults.reject = MIDDLE["frr"]
    assert bench.apply().outcome == "left_changed"
    assert not bench.is_as_before()


@pytest.mark.parametrize("platform", ["frr"])
def test_new_interface_in_the_kept_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the empty section, frr-reload.py cannot take the lines of a new interface away."""
    monkeypatch.setattr("hntt.devices.guard_frr.kept_file", lambda running, commands: running.split("\n", 3)[3])
    monkeypatch.setattr(_Settling, "_restore", lambda self, running: None)
    bench.let_time_pass_after_asking_back(monkeypatch)
    bench.faults.reject = "^no ip route 192"
    assert bench.apply().outcome == "left_changed"
    assert not bench.is_as_before()
