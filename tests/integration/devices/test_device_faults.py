"""Faults during a guarded change: the router ends confirmed or as it was, and the result says which."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest
from device_bench import (
    BEFORE_MORE,
    CANARY,
    MIDDLE,
    QUICK,
    SHORT_S,
    TIME_IS_UP,
    Bench,
    blind_once,
    every_line,
    wait_for,
)

from hntt.devices import type7
from hntt.devices.guard import Timing, guard_status, wait_for_revert
from hntt.devices.guards import mechanism_for
from hntt.devices.mechanism import Link, RejectedError
from hntt.devices.results import ApplyResult, ProbeResult
from hntt.play.apply import action_result


def assert_reverted(bench: Bench, result: ApplyResult) -> None:
    assert result.outcome == "reverted", result.message.en
    assert not result.ok
    assert "read back" in result.message.en
    assert bench.is_as_before()
    assert bench.starts_as_before()
    assert not guard_status(bench.target).pending


def assert_untouched(bench: Bench, result: ApplyResult) -> None:
    assert result.commands_sent == ()
    assert bench.device.accepted_lines == 0
    assert bench.is_as_before()


def test_a_good_change_is_confirmed_saved_and_not_repeated(bench: Bench) -> None:
    result = bench.apply(reason="issue 1")
    assert (result.outcome, result.saved, result.ok, result.reason) == ("confirmed", True, True, "issue 1")
    assert bench.is_as_intended()
    assert not bench.starts_as_before() or bench.platform.name == "mikrotik_routeros"
    assert bench.apply().outcome == "unchanged"


def test_check_mode_shows_the_same_and_touches_nothing(bench: Bench) -> None:
    checked = bench.apply(check=True)
    assert checked.outcome == "would_change"
    assert_untouched(bench, checked)
    assert checked.diff == bench.apply().diff


def test_no_secret_in_what_is_reported(bench: Bench) -> None:
    bench.faults.reject = f"{CANARY}|^ip ospf message-digest-key"
    result = bench.apply()
    assert result.outcome == "reverted"
    assert CANARY not in repr(result)
    assert type7.encode(CANARY) not in repr(result)
    assert "<masked:" in result.evidence["rejected_line"]


def test_a_rejected_line_in_the_middle(bench: Bench) -> None:
    bench.faults.reject = MIDDLE[bench.platform.name]
    result = bench.apply()
    assert 0 < bench.device.accepted_lines < len(result.commands_sent)
    assert result.evidence["answer"]
    assert_reverted(bench, result)


@pytest.mark.parametrize("case", every_line(), ids=lambda case: f"{case[0]}-{case[1]}")
def test_the_session_is_cut_after_each_line_in_turn(
    cut: dict[tuple[str, int], tuple[Bench, ApplyResult]], case: tuple[str, int]
) -> None:
    bench, result = cut[case]
    assert bench.device.accepted_lines == case[1]
    assert_reverted(bench, result)


def test_a_cut_is_noticed_through_a_proxy_command_too(bench: Bench, tmp_path: Path) -> None:
    bench.through_a_proxy(tmp_path)
    bench.faults.drop_after_line = 4
    result = bench.apply()
    assert "was cut" in result.evidence["failure"]
    assert_reverted(bench, result)


def test_the_management_path_is_cut(bench: Bench) -> None:
    bench.faults.path_lost_after = MIDDLE[bench.platform.name]
    result = bench.apply_while_time_passes()
    assert any("cannot reach" in text for text in result.evidence.values()), "nobody noticed that the path was gone"
    assert_reverted(bench, result)


def test_a_wrong_password_changes_and_arms_nothing(bench: Bench) -> None:
    right = bench.target
    result = bench.with_password("wrong").apply()
    assert result.outcome == "failed_untouched"
    assert "wrong password" in result.message.en
    assert_untouched(bench, result)
    assert not guard_status(right).pending


def test_a_changed_host_key_changes_and_arms_nothing(bench: Bench) -> None:
    bench.fleet.change_host_key(bench.name)
    result = bench.apply()
    assert result.outcome == "failed_untouched"
    assert "host key" in result.message.en
    assert_untouched(bench, result)


def test_the_controller_is_killed_between_arming_and_confirming(bench: Bench, tmp_path: Path) -> None:
    """The next change is refused while the dead one is pending; then the router has gone back by itself."""
    controller, marker = bench.start_controller(tmp_path)
    assert wait_for(marker.exists)
    assert bench.is_as_intended()
    controller.send_signal(signal.SIGKILL)
    assert controller.wait() == -signal.SIGKILL

    refused = bench.apply()
    assert (refused.outcome, refused.commands_sent) == ("refused", ())
    assert "wait" in refused.message.en
    assert refused.evidence["pending"]

    assert wait_for_revert(bench.target, timeout_s=0.0).pending
    bench.fleet.let_time_pass(bench.name)
    assert not wait_for_revert(bench.target, timeout_s=60.0, poll_s=0.1).pending
    assert bench.is_as_before()
    assert bench.starts_as_before()
    assert bench.apply().outcome == "confirmed"


def test_another_guarded_change_is_pending(bench: Bench) -> None:
    bench.arm_for_somebody_else()
    result = bench.apply()
    assert result.outcome == "refused"
    assert_untouched(bench, result)
    assert guard_status(bench.target).pending


def test_another_change_is_armed_just_after_the_look(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps its way back: what this change would have kept is the other one's half-done configuration."""
    commands = bench.platform.remediate(bench.before, bench.intended).commands
    bench.arm_for_somebody_else(*commands[:-1])
    accepted = bench.device.accepted_lines
    blind_once(monkeypatch, bench.platform.name)
    result = bench.apply()
    assert (result.outcome, result.commands_sent) == ("refused", ())
    assert bench.device.accepted_lines == accepted
    bench.fleet.let_time_pass(bench.name)
    assert wait_for(bench.is_as_before)


@pytest.mark.parametrize("platform", ["mikrotik_routeros"])
def test_both_schedulers_are_armed_or_none(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """One alone would restart a router to which nothing was sent."""
    demand = Link.demand

    def without_second(link: Link, command: str, **options: Any) -> str:
        if "name=hntt-revert-boot" in command:
            raise RejectedError(command, "failure: too many schedulers")
        return demand(link, command, **options)

    monkeypatch.setattr(Link, "demand", without_second)
    result = bench.apply()
    assert result.outcome == "refused"
    assert "too many schedulers" in result.message.en
    assert_untouched(bench, result)
    assert not guard_status(bench.target).pending


def test_the_timer_of_a_router_counts_seconds(bench: Bench) -> None:
    begun = time.monotonic()
    bench.device.settings.minute_s = SHORT_S
    bench.arm_for_somebody_else(window_s=SHORT_S)
    assert not wait_for_revert(bench.target, timeout_s=60.0, poll_s=0.1).pending
    assert time.monotonic() - begun >= SHORT_S


@pytest.mark.parametrize("platform", ["frr", "mikrotik_routeros"])
def test_the_disk_is_full_when_the_old_configuration_is_to_be_kept(bench: Bench) -> None:
    bench.faults.disk_full = True
    result = bench.apply()
    assert result.outcome == "refused"
    assert "space" in result.message.en
    assert_untouched(bench, result)
    assert not guard_status(bench.target).pending


def test_lines_are_not_sent_once_the_timer_has_run_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.let_the_timer_run_out_while_sending(monkeypatch)
    result = bench.apply()
    assert "ran out" in result.message.en
    assert bench.device.accepted_lines == BEFORE_MORE[bench.platform.name]
    assert_reverted(bench, result)


def test_a_change_is_not_confirmed_when_the_router_went_back_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way back may begin and end between two looks of the controller; then nothing is pending either."""
    bench.go_back_while_confirming(monkeypatch)
    assert_reverted(bench, bench.apply())


@pytest.mark.parametrize("timing", [QUICK, TIME_IS_UP], ids=["in time", "late"])
def test_when_the_way_back_is_gone_the_old_lines_are_sent(bench: Bench, timing: Timing) -> None:
    def somebody_confirms() -> ProbeResult:
        bench.confirm_for_somebody_else()
        return ProbeResult(False, "no route to the MCU")

    result = bench.apply(somebody_confirms, timing=timing)
    assert result.evidence["restored_by"] == "lines"
    assert_reverted(bench, result)


def test_a_revert_that_cannot_be_disarmed_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old configuration is there, but the router will go back once more; the operator has to know."""
    bench.faults.reject = "."
    monkeypatch.setattr(mechanism_for(bench.platform.name), "confirm", lambda link: None)
    monkeypatch.setattr(mechanism_for(bench.platform.name), "revert_now", lambda link: False)
    result = bench.apply(timing=TIME_IS_UP)
    assert result.outcome == "reverted"
    assert "STILL armed" in result.message.en
    assert guard_status(bench.target).pending


def test_a_failed_probe_puts_the_old_configuration_back(bench: Bench) -> None:
    result = bench.apply(probe=lambda: ProbeResult(False, "no route to the MCU"))
    assert "no route to the MCU" in result.message.en
    assert_reverted(bench, result)


def test_a_probe_that_raises_is_a_failed_probe(bench: Bench) -> None:
    def broken() -> ProbeResult:
        raise OSError("probe host is down")

    assert_reverted(bench, bench.apply(probe=broken))


@pytest.mark.parametrize(
    ("platform", "command"),
    [("cisco_ios", "configure confirm"), ("frr", "systemctl stop"), ("mikrotik_routeros", "scheduler remove")],
)
def test_the_session_is_cut_while_confirming(bench: Bench, command: str) -> None:
    bench.faults.drop_on = command
    result = bench.apply()
    assert (result.outcome, result.saved) == ("confirmed", True)
    assert bench.is_as_intended()
    assert not guard_status(bench.target).pending


@pytest.mark.parametrize("platform", ["cisco_ios", "frr"])
def test_a_change_that_cannot_be_saved_says_so(bench: Bench) -> None:
    bench.faults.unsaveable = True
    result = bench.apply()
    assert (result.outcome, result.saved, result.ok) == ("confirmed", False, False)
    assert "NOT SAVED" in result.message.en
    assert "run again" in result.message.en
    assert bench.starts_as_before()
    told = action_result(result)
    assert (told["failed"], told["changed"], bool(told["hntt_next"])) == (True, True, True)


@pytest.mark.parametrize("platform", ["cisco_ios"])
def test_without_the_archive_ios_is_guarded_by_a_reload(bench: Bench) -> None:
    bench.faults.no_archive = True
    bench.faults.path_lost_after = MIDDLE["cisco_ios"]
    result = bench.apply_while_time_passes()
    assert_reverted(bench, result)
    bench.faults.path_lost_after = None
    assert bench.apply().outcome == "confirmed"


@pytest.mark.parametrize("platform", ["mikrotik_routeros"])
def test_routeros_also_reverts_when_it_loses_power(bench: Bench, tmp_path: Path) -> None:
    controller, marker = bench.start_controller(tmp_path)
    assert wait_for(marker.exists)
    controller.kill()
    controller.wait()
    bench.restart()
    assert wait_for(bench.is_as_before)
