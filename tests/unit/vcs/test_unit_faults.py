"""What goes wrong while a unit is being changed: it ends as wanted or as it was, and the result says which."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit_bench import CANARY, QUICK, Bench, intent, with_values

from hntt.devices.results import Step
from hntt.devices.roomos import read_units
from hntt.devices.session import SessionError
from hntt.devices.target import Target


def drifted(unit: Bench) -> dict[str, str]:
    """A converged unit that somebody has changed in four places."""
    for path, value in (
        ("SystemUnit Name", "Somebody's"),
        ("NTP Mode", "Auto"),
        ("Conference DefaultCall Rate", "6000"),
        ("SIP DisplayName", "Somebody"),
    ):
        unit.unit.store.set(path, value)
    return unit.values()


def test_a_refused_value_puts_the_others_of_this_run_back(converged: Bench) -> None:
    before = drifted(converged)
    converged.unit.faults.reject = "^Conference DefaultCall Rate$"
    result = converged.apply()
    assert result.outcome == "reverted"
    assert converged.values() == before
    assert "Conference DefaultCall Rate" in result.message.en
    assert "Invalid or missing parameters" in result.message.en


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_session_cut_after_a_value_puts_all_back(converged: Bench, number: int) -> None:
    before = drifted(converged)
    converged.unit.faults.drop_after_set = number
    result = converged.apply()
    assert result.outcome == "reverted"
    assert converged.values() == before
    assert result.message.en.startswith("the session with vcs.le-thuy")


def test_a_session_cut_before_a_value_is_taken_puts_all_back(converged: Bench) -> None:
    before = drifted(converged)
    converged.unit.faults.drop_before_set = 3
    assert converged.apply().outcome == "reverted"
    assert converged.values() == before


def test_after_a_cut_the_next_run_goes_through(converged: Bench) -> None:
    drifted(converged)
    converged.unit.faults.drop_after_set = 2
    converged.apply()
    assert converged.apply().outcome == "confirmed"
    assert converged.apply().outcome == "unchanged"


def test_a_unit_that_is_gone_after_the_cut_is_told_as_unknown(converged: Bench) -> None:
    drifted(converged)
    converged.unit.faults.drop_after_set = 2
    result = converged.apply(on_step=lambda step: setattr(converged.unit.faults, "unreachable", True))
    assert result.outcome == "unknown"
    assert "checked on site" in result.message.en


def test_a_value_that_can_not_be_put_back_is_named(converged: Bench) -> None:
    drifted(converged)
    converged.unit.faults.drop_after_set = 2

    def refuse_from_now_on(step: Step) -> None:
        if step.name == "send":
            converged.unit.faults.reject = "^SystemUnit Name$"

    result = converged.apply(on_step=refuse_from_now_on)
    assert result.outcome == "left_changed"
    assert result.evidence["left"] == "SystemUnit Name"


def test_a_value_that_is_taken_and_not_kept_is_noticed(converged: Bench) -> None:
    before = drifted(converged)
    converged.unit.faults.forgets = "^NTP Mode$"
    result = converged.apply()
    assert result.outcome == "reverted"
    assert "NTP Mode" in result.message.en
    assert converged.values() == before


def test_a_change_that_costs_the_registration_is_put_back(converged: Bench) -> None:
    before = converged.values()
    wanted = with_values(intent(), sip_user="nobody", name="another")
    result = converged.apply(wanted)
    assert result.outcome == "reverted"
    assert "lost its registration" in result.message.en
    assert converged.values() == before


def test_a_registration_of_the_old_account_is_not_taken_for_the_new_one(converged: Bench) -> None:
    converged.unit.faults.tells_late = True
    result = converged.apply(with_values(intent(), sip_user="nobody"))
    assert result.outcome == "reverted"


def test_a_wrong_login_is_told_apart(unit: Bench) -> None:
    target = replace(unit.target, password="wrong")
    assert _problem(target) == "auth_failed"


def test_a_swapped_unit_is_sent_nothing(unit: Bench) -> None:
    unit.fleet.change_host_key("vcs.le-thuy")
    result = unit.apply()
    assert result.outcome == "failed_untouched"
    assert "host key" in result.message.en
    assert unit.unit.requests == []


def test_a_unit_that_is_not_there_is_told_apart(unit: Bench) -> None:
    unit.unit.faults.unreachable = True
    assert _problem(unit.target) == "unreachable"
    assert unit.apply().outcome == "failed_untouched"


def test_a_unit_that_says_nothing_ends_in_time(unit: Bench) -> None:
    unit.unit.faults.silent = True
    assert _problem(replace(unit.target, read_timeout_s=0.3)) == "timeout"


def test_the_rest_of_an_older_answer_is_not_taken_for_ours(converged: Bench) -> None:
    converged.unit.faults.sends_late = True
    assert converged.apply().outcome == "unchanged"
    drifted(converged)
    assert converged.apply().outcome == "confirmed"
    assert converged.apply().outcome == "unchanged"


def test_a_slow_unit_is_waited_for(converged: Bench) -> None:
    drifted(converged)
    converged.unit.faults.slow_s = 0.05
    assert converged.apply().outcome == "confirmed"


def test_software_that_nobody_knows_is_sent_nothing(unit: Bench) -> None:
    unit.unit.software = replace(unit.unit.software, version="TC7.3.21.e6c2b2d 2018-02-19")
    result = unit.apply()
    assert result.outcome == "failed_untouched"
    assert "TC7.3.21" in result.message.en
    assert unit.sets == 0


def test_a_secret_is_in_no_failure(unit: Bench) -> None:
    unit.unit.faults.reject = "Password"
    result = unit.apply(patience=QUICK)
    assert result.outcome == "reverted"
    assert CANARY not in repr(result)


def _problem(target: Target) -> str:
    error = read_units([target])[target.name].error
    assert isinstance(error, SessionError)
    return error.problem
