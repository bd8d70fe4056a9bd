"""Every acceptance check over recorded and altered outputs; the cases are tests/cases/checks/cases.yml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from hntt.audit.checks import AFTERWARDS, IN_ROOMS, ON_DEVICES, Status, Subject, verdict
from hntt.audit.verify import ask_rooms
from hntt.i18n import set_language
from hntt.intent.hostvars import host_vars
from hntt.inventory.source import read_source

PROJECT = Path(__file__).resolve().parents[3]
CASES_DIR = PROJECT / "tests/cases/checks"
CASES: list[dict[str, Any]] = yaml.safe_load((CASES_DIR / "cases.yml").read_text(encoding="utf-8"))
CHECKS = {check.name: check for check in (*ON_DEVICES, *AFTERWARDS, *IN_ROOMS)}
SOURCE = read_source(PROJECT / "inventories/quang_binh/register")


@pytest.fixture(autouse=True)
def english() -> Any:
    set_language("en")
    yield
    set_language(None)


def subject(host: str, present: list[str]) -> Subject:
    facts = host_vars(SOURCE.register, SOURCE.network, host)
    return Subject(SOURCE.network.devices[host], facts, SOURCE.network, frozenset([*present, host]), "token")


def recorded(host: str, source: dict[str, Any]) -> str:
    text = source.get("text", "") or ""
    if "file" in source:
        text = (CASES_DIR / "recorded" / host / source["file"]).read_text(encoding="utf-8")
    for old, new in source.get("replace", {}).items():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    about = subject(case["host"], case.get("present", []))
    found = verdict(CHECKS[case["check"]], about, [recorded(case["host"], item) for item in case["outputs"]])
    if case.get("status") == "unknown":
        assert found.status is Status.UNKNOWN
        assert found.detail
        return
    assert [str(finding) for finding in found.findings] == case["findings"]
    assert found.status is (Status.FAIL if case["findings"] else Status.PASS)


def test_every_check_has_a_case_that_passes_and_one_that_does_not() -> None:
    passing = {case["check"] for case in CASES if case.get("findings") == []}
    failing = {case["check"] for case in CASES if case.get("findings")}
    judged = set(CHECKS) - {"syslog_send"}
    assert judged - {"syslog"} == passing
    assert judged == failing


def test_the_dns_question_is_a_program_that_python_takes() -> None:
    command = CHECKS["dns"].commands(subject("rt.tinh", []))[0]
    program = command.partition("-c '")[2].rpartition("' 10.44.32.10")[0]
    compile(program, "ask", "exec")


def test_where_no_server_is_looked_at_no_door_is() -> None:
    about = subject("rt.quan-hau.quang-ninh", ["rt.quang-ninh"])
    assert CHECKS["mcu_doors"].commands(about) == []
    assert len(CHECKS["mcu_doors"].commands(subject("rt.quan-hau.quang-ninh", ["mcu-1.tinh"]))) == 1


def test_what_is_asked_from_a_room_is_asked_of_its_router_once_and_not_of_its_pc_again() -> None:
    hosts = ["rt.tinh", "rt.le-thuy", "rt.an-thuy.le-thuy", "pc.an-thuy.le-thuy", "mcu-3.tinh"]
    asked: list[str] = []

    def rooms(programs: Mapping[str, str]) -> dict[str, str]:
        asked.extend(programs)
        return dict.fromkeys(programs, "own")

    found = ask_rooms({host: subject(host, hosts) for host in hosts}, rooms)
    assert {item.host for item in found} == set(asked) == {"rt.an-thuy.le-thuy"}
    assert [item.check.name for item in found] == [check.name for check in IN_ROOMS]
