"""The audit's text, page, table and records."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from audits import audit, host

from hntt.audit.model import Audit, Cause, Change, HostAudit, Outcome, host_from_facts
from hntt.i18n import set_language
from hntt.intent.hostvars import host_vars
from hntt.inventory.source import read_source
from hntt.report.audit_data import audit_csv, audit_junit, audit_record
from hntt.report.audit_html import audit_html
from hntt.report.audit_text import audit_lines
from hntt.report.files import report_path, write_report
from hntt.report.map import read_map

PROJECT = Path(__file__).resolve().parents[3]
DATA = PROJECT / "inventories/quang_binh/data"
CASES: list[dict[str, Any]] = yaml.safe_load((PROJECT / "tests/cases/audit_text/cases.yml").read_text(encoding="utf-8"))
ROWS = CASES[2]["hosts"]


@pytest.fixture(autouse=True)
def own_language() -> Any:
    set_language("en")
    yield
    set_language(None)


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_text(case: dict[str, Any], lang: Any) -> None:
    set_language(lang)
    assert "".join(f"{line}\n" for line in audit_lines(audit(case["hosts"]))) == case[lang]


def test_record_holds_equal_differences_once_with_all_hosts() -> None:
    record = audit_record(audit(ROWS))
    assert record["differences"] == [
        {
            "topic": "routing",
            "subject": "ip route 192.0.2.0/24 Null0",
            "cause": "unexpected",
            "lines": ["- ip route 192.0.2.0/24 Null0"],
            "districts": {"le-thuy": 2},
            "hosts": ["rt.le-thuy", "rt.an-thuy.le-thuy"],
        }
    ]
    assert record["by_district"]["quang-ninh"] == {"unreachable": 1}
    assert json.loads(json.dumps(record)) == record


def test_junit_tells_drift_from_what_could_not_be_read() -> None:
    suite = ET.fromstring(audit_junit(audit(ROWS))).find("testsuite")
    assert suite is not None
    assert {key: suite.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "5",
        "failures": "2",
        "errors": "2",
    }


def test_junit_survives_control_characters_from_a_device() -> None:
    items = (HostAudit(host("rt.tinh"), Outcome.FAILED, detail="\x1b[31mbad\x00"),)
    ET.fromstring(audit_junit(Audit(items, audit(ROWS).started, 1.0)))


def test_csv_opens_in_a_spreadsheet_and_runs_nothing() -> None:
    text = audit_csv(audit(ROWS))
    assert text.startswith("\ufeff")
    cells = [cell for row in csv.reader(io.StringIO(text[1:])) for cell in row]
    assert "'- ip route 192.0.2.0/24 Null0" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_page_escapes_what_a_device_says() -> None:
    change = Change("other", "<script>alert(1)</script>", Cause.UNEXPECTED, ("- <img src=x onerror=alert(2)>",))
    items = (HostAudit(host("rt.tinh"), Outcome.DRIFT, (change,), "<b>bold</b>"),)
    page = audit_html(Audit(items, audit(ROWS).started, 1.0), DATA)
    assert not [text for text in ("<script", "<img", "<b>bold") if text in page]


def test_page_is_one_file_without_links_outwards() -> None:
    page = audit_html(audit(ROWS), DATA)
    assert not re.search(r"""(src|href)\s*=|url\(|@import|https?://""", page)


def test_page_of_the_whole_province_colours_every_commune_and_is_made_at_once() -> None:
    source = read_source(PROJECT / "inventories/quang_binh/register")
    hosts = [host_from_facts(name, host_vars(source.register, source.network, name)) for name in source.network.devices]
    items = tuple(
        HostAudit(item, Outcome.CLEAN if item.kind in ("router", "noc") else Outcome.NOT_COVERED) for item in hosts
    )
    begun = time.monotonic()
    page = audit_html(Audit(items, audit(ROWS).started, 1.0), DATA)
    assert time.monotonic() - begun < 1.0
    assert page.count('<path class="clean"') == 159


def test_page_without_boundaries_has_no_map() -> None:
    assert "<svg" not in audit_html(audit(ROWS), None)


def test_map_keeps_north_up_and_the_shape() -> None:
    province = read_map(DATA)
    assert province is not None
    assert len(province.communes) == 159
    assert len(province.districts) == 8
    assert 0.6 < province.height / province.width < 1.2


def test_reports_never_overwrite_and_the_latest_is_found(tmp_path: Path) -> None:
    moment = audit(ROWS).started
    first = write_report(report_path(tmp_path, "audit", moment, "json"), "1", "audit")
    second = write_report(report_path(tmp_path, "audit", moment, "json"), "2", "audit")
    assert first != second
    assert first.read_text() == "1"
    assert (tmp_path / "audit-latest.json").read_text() == "2"


def test_rules_that_are_not_kept_are_in_the_reports() -> None:
    kept = read_source(PROJECT / "inventories/quang_binh/register").register.province.exceptions
    assert kept, "the shipped register has that of the kiosks"
    page, record = audit_html(audit(ROWS), DATA, kept), audit_record(audit(ROWS), kept)
    for item in kept:
        assert item.rule in page
        assert all(control in page for control in item.controls)
        assert item.until in page
    assert [item["owner"] for item in record["exceptions"]] == [item.owner for item in kept]
    assert kept[0].rule not in audit_html(audit(ROWS), DATA)
