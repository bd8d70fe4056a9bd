"""A running configuration that a restart would lose: seen by the next run, saved by it, and proved by a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from device_bench import CANARY, Bench, make_fleet

from hntt.devices import type7
from hntt.devices.fleet import read_fleet
from hntt.devices.guard import guard_status
from hntt.devices.guard_frr import FrrGuard
from hntt.devices.guards import mechanism_for
from hntt.devices.mechanism import Link
from hntt.devices.startup import unsaved
from hntt.lab.simulators.frr import STARTUP

with_a_startup_configuration = pytest.mark.parametrize("platform", ["cisco_ios", "frr"])


def confirm_without_saving(bench: Bench) -> None:
    """A change that is confirmed while the router can't save."""
    bench.faults.unsaveable = True
    result = bench.apply()
    assert (result.outcome, result.saved, result.ok) == ("confirmed", False, False)
    bench.faults.unsaveable = False


def fleet_sees_it_saved(bench: Bench) -> bool:
    reading = read_fleet([bench.target])[bench.name]
    assert reading.status == "ok", reading.detail
    return unsaved(bench.platform, reading.text, reading.startup) is None


@with_a_startup_configuration
def test_what_was_not_saved_is_saved_by_the_next_run_and_survives_a_restart(bench: Bench) -> None:
    confirm_without_saving(bench)
    assert not fleet_sees_it_saved(bench)
    accepted = bench.device.accepted_lines
    result = bench.apply()
    assert (result.outcome, result.saved, result.ok, result.changed) == ("confirmed", True, True, True)
    assert result.commands_sent == ()
    assert "is saved now" in result.message.en
    assert bench.device.accepted_lines == accepted
    assert fleet_sees_it_saved(bench)
    assert bench.apply().outcome == "unchanged"
    bench.restart()
    assert bench.is_as_intended()


@with_a_startup_configuration
def test_without_the_next_run_a_restart_loses_it(bench: Bench) -> None:
    confirm_without_saving(bench)
    bench.restart()
    assert bench.is_as_before()


@with_a_startup_configuration
def test_check_mode_shows_what_would_be_saved_and_saves_nothing(bench: Bench) -> None:
    confirm_without_saving(bench)
    checked = bench.apply(check=True)
    assert (checked.outcome, checked.ok) == ("would_change", True)
    assert "a restart would lose" in checked.message.en
    assert bench.starts_as_before()
    assert checked.diff == bench.apply().diff
    assert "<masked:" in checked.diff
    assert CANARY not in checked.diff
    assert type7.encode(CANARY) not in checked.diff


@with_a_startup_configuration
def test_a_router_that_says_ok_is_not_believed(bench: Bench) -> None:
    bench.faults.forgets_save = True
    result = bench.apply()
    assert (result.outcome, result.saved, result.ok) == ("confirmed", False, False)
    assert "NOT SAVED (it reads back differently" in result.message.en
    assert result.evidence["not_saved"]
    assert CANARY not in repr(result)
    bench.faults.forgets_save = False
    again = bench.apply()
    assert (again.outcome, again.saved) == ("confirmed", True)
    assert "not_saved" not in again.evidence


@with_a_startup_configuration
def test_a_session_cut_while_saving_is_followed_by_another_try(bench: Bench) -> None:
    bench.faults.drop_on = "write memory"
    result = bench.apply()
    assert (result.outcome, result.saved) == ("confirmed", True)
    bench.restart()
    assert bench.is_as_intended()


@pytest.mark.parametrize(("platform", "read"), [("cisco_ios", "show startup-config"), ("frr", STARTUP)])
def test_a_startup_configuration_that_cannot_be_read_is_a_failure(bench: Bench, read: str) -> None:
    confirm_without_saving(bench)
    bench.faults.drop_on = read
    result = bench.apply()
    assert (result.outcome, result.ok) == ("failed_untouched", False)
    assert bench.starts_as_before()
    assert bench.apply().saved


@with_a_startup_configuration
def test_a_router_that_starts_with_nothing_is_saved(bench: Bench) -> None:
    assert bench.apply().saved
    if bench.platform.name == "frr":
        del bench.device.files[STARTUP]  # type: ignore[attr-defined]
    else:
        bench.device.saved = None  # type: ignore[attr-defined]
    reading = read_fleet([bench.target])[bench.name]
    assert (reading.status, reading.startup) == ("ok", "")
    assert "lose all" in bench.apply(check=True).message.en
    assert bench.apply().saved
    bench.restart()
    assert bench.is_as_intended()


@with_a_startup_configuration
def test_nothing_is_saved_while_somebody_elses_change_is_pending(bench: Bench) -> None:
    """The right configuration may run and not be confirmed yet; saving it would outlive the return of it."""
    commands = bench.platform.remediate(bench.before, bench.intended).commands
    bench.arm_for_somebody_else(*commands)
    assert bench.is_as_intended()
    assert bench.apply().outcome == "refused"
    assert bench.starts_as_before()
    assert guard_status(bench.target).pending


@pytest.mark.parametrize("platform", ["frr"])
def test_a_full_disk_leaves_the_startup_file_whole(bench: Bench) -> None:
    confirm_without_saving(bench)
    bench.faults.disk_full = True
    result = bench.apply()
    assert (result.outcome, result.saved, result.ok) == ("confirmed", False, False)
    assert "nothing was written" in result.message.en
    assert "No space left" in result.message.en
    assert bench.starts_as_before()


@pytest.mark.parametrize("platform", ["frr"])
def test_without_proof_of_room_half_a_file_is_left_and_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What FRR does on a full disk while it says [OK]; only reading back shows it."""
    confirm_without_saving(bench)
    monkeypatch.setattr(FrrGuard, "_prove_room", lambda self, link: None)
    bench.faults.disk_full = True
    result = bench.apply()
    assert (result.outcome, result.saved) == ("confirmed", False)
    assert "reads back differently" in result.message.en
    assert not bench.starts_as_before()
    bench.restart()
    assert not bench.is_as_intended()


@pytest.mark.parametrize("platform", ["mikrotik_routeros"])
def test_routeros_has_nothing_to_save(bench: Bench) -> None:
    assert bench.apply().saved
    assert read_fleet([bench.target])[bench.name].startup is None
    assert mechanism_for("mikrotik_routeros").startup(Link(bench.target, bench.platform)) is None
    bench.restart()
    assert bench.is_as_intended()
    assert bench.apply().outcome == "unchanged"


def test_both_configurations_are_read_in_one_session(platform: str, tmp_path: Path) -> None:
    with make_fleet({"rt.one": platform}) as fleet:
        bench = Bench(platform, fleet, tmp_path, "rt.one")
        reading = read_fleet([bench.target])["rt.one"]
        assert reading.status == "ok", reading.detail
        assert bench.device.let_in == 1
        assert (reading.startup is None) == (platform == "mikrotik_routeros")
        assert "hntt: startup" not in reading.text + (reading.startup or "")
