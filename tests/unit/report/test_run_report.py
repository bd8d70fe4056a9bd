"""The closing lines of a playbook run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from audits import host

from hntt.audit.model import Outcome
from hntt.i18n import set_language
from hntt.report.run import Ending, Failure, Run, run_lines, run_record


@pytest.fixture(autouse=True)
def english() -> Any:
    set_language("en")
    yield
    set_language(None)


def run(**outcomes: Outcome) -> Run:
    names = {key.replace("__", ".").replace("_", "-"): outcome for key, outcome in outcomes.items()}
    return Run(
        "site",
        datetime(2026, 11, 24, tzinfo=UTC),
        hosts={name: host(name) for name in names},
        collected=names,
        converging=True,
    )


def test_endings_follow_what_was_found_and_what_was_done() -> None:
    made = run(
        rt__tinh=Outcome.CLEAN,
        rt__le_thuy=Outcome.DRIFT,
        rt__ba_don=Outcome.DRIFT,
        rt__dong_hoi=Outcome.DRIFT,
        rt__bo_trach=Outcome.UNREACHABLE,
        rt__minh_hoa=Outcome.NOT_BUILT,
        rt__tuyen_hoa=Outcome.AUTH_FAILED,
        rt__quang_trach=Outcome.DRIFT,
    )
    made.changed, made.failed = {"rt.le-thuy"}, {"rt.ba-don"}
    made.worked_on = {"rt.le-thuy", "rt.quang-trach"}
    assert made.endings == {
        "rt.tinh": Ending.OK,
        "rt.le-thuy": Ending.CHANGED,
        "rt.ba-don": Ending.FAILED,
        "rt.dong-hoi": Ending.NOT_REACHED,
        "rt.bo-trach": Ending.UNREACHABLE,
        "rt.minh-hoa": Ending.NOT_BUILT,
        "rt.tuyen-hoa": Ending.FAILED,
        "rt.quang-trach": Ending.OK,
    }
    assert made.exit_code == 2


def test_what_is_left_to_people_is_an_ending_of_its_own() -> None:
    made = run(rt__tinh=Outcome.DRIFT, rt__le_thuy=Outcome.DRIFT, rt__ba_don=Outcome.DRIFT)
    made.worked_on = made.changed = {"rt.le-thuy"}
    made.by_hand = {"rt.tinh": ["lan: userdel lan"], "rt.le-thuy": ["nc.service: systemctl disable --now nc.service"]}
    made.failed = set(made.by_hand)
    record = run_record(made, 1.0)
    assert record["hosts"] == {"rt.tinh": "by_hand", "rt.le-thuy": "by_hand", "rt.ba-don": "not_reached"}
    assert (record["exit_code"], record["by_hand"]) == (2, made.by_hand)
    assert run_lines(made, 1.0)[:2] == [
        "site.yml: SOME LEFT TO PEOPLE, 1.0 s, exit code 2",
        "  router: 2 to be put right by hand, 1 not attempted, the run stopped before",
    ]
    made.failed.add("rt.ba-don")
    assert run_lines(made, 1.0)[0].startswith("site.yml: FAILED")


def test_lines_name_the_first_failures_and_what_to_do() -> None:
    made = run(rt__le_thuy=Outcome.DRIFT, rt__ba_don=Outcome.DRIFT)
    made.failed = {"rt.le-thuy", "rt.ba-don"}
    made.failures = [Failure(name, "t", "the router is back\nmore", "run again") for name in sorted(made.failed)]
    made.reports = {"json": "build/reports/site-1.json"}
    assert run_lines(made, 12.34) == [
        "site.yml: FAILED, 12.3 s, exit code 2",
        "  router: 2 failed",
        "  failed: le-thuy 1, ba-don 1",
        "  ! rt.ba-don, rt.le-thuy: the router is back -> run again",
        "  reports: build/reports/site-1.json",
    ]


def test_never_more_than_ten_lines() -> None:
    made = run(rt__tinh=Outcome.CLEAN)
    made.lines = [f"  line {number}" for number in range(30)]
    made.failures = [Failure("rt.tinh", "t", f"reason {number}") for number in range(30)]
    made.reports = {"html": "a.html", "json": "a.json"}
    assert len(run_lines(made, 1.0)) == 10


def test_check_mode_says_that_nothing_was_sent() -> None:
    made = run(rt__tinh=Outcome.DRIFT)
    made.check, made.changed = True, {"rt.tinh"}
    assert run_lines(made, 1.0)[:2] == [
        "site.yml (check mode, nothing sent): DONE, 1.0 s, exit code 0",
        "  router: 1 would change",
    ]


def test_unreachable_has_its_own_exit_code_in_the_record() -> None:
    made = run(rt__tinh=Outcome.UNREACHABLE)
    made.dark = {"rt.tinh"}
    assert run_record(made, 1.0)["exit_code"] == 4
    assert run_record(made, 1.0)["counts"] == {"unreachable": 1}
