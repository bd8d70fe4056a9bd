"""An audit for machines: JSON record, CSV for a spreadsheet, JUnit XML for CI."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from hntt.audit.grouping import by_district, by_kind, by_topic, fold
from hntt.audit.model import Audit, Host, HostAudit, Outcome
from hntt.i18n import tr
from hntt.register.models import SecurityException

SCHEMA = 1


def audit_record(audit: Audit, exceptions: Sequence[SecurityException] = ()) -> dict[str, Any]:
    """The whole audit as JSON data, with the register's exceptions to security rules.

    Outcomes, topics and causes are keys that do not change with the language."""
    groups = fold(audit.hosts)
    return {
        "schema": SCHEMA,
        "started": audit.started.isoformat(timespec="seconds"),
        "seconds": round(audit.seconds, 3),
        "verdict": str(audit.verdict),
        "counts": _counts(audit.counts),
        "by_kind": {row.name: _counts(row.counts) for row in by_kind(audit)},
        "by_district": {row.name: _counts(row.counts) for row in by_district(audit)},
        "by_topic": [
            {"topic": topic, "cause": cause, "hosts": count} for (topic, cause), count in by_topic(groups).items()
        ],
        "differences": [
            {
                "topic": group.change.topic,
                "subject": group.change.subject,
                "cause": str(group.change.cause),
                "lines": list(group.change.lines),
                "districts": group.districts,
                "hosts": [host.name for host in group.hosts],
            }
            for group in groups
        ],
        "exceptions": [item.model_dump() for item in exceptions],
        "hosts": {item.host.name: _host(item) for item in audit.hosts},
    }


def audit_csv(audit: Audit) -> str:
    """One row per difference (or per host without one), with a byte-order mark so that spreadsheets read UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        tr(
            vi="thiết bị,loại,huyện,điểm,kết quả,nhóm,mục,nguyên nhân,khác biệt,ghi chú",
            en="host,kind,district,site,outcome,topic,subject,cause,difference,detail",
        ).split(",")
    )
    for item in audit.hosts:
        for row in _rows(item):
            writer.writerow([_harmless(cell) for cell in row])
    return "\ufeff" + out.getvalue()


def audit_junit(audit: Audit) -> str:
    """One test case per host, one suite per kind: drift is a failure, what could not be read an error."""
    root = ET.Element("testsuites", name="hntt audit", time=f"{audit.seconds:.3f}")
    kinds = list(dict.fromkeys(item.host.kind for item in audit.hosts))
    for kind in kinds:
        members = [item for item in audit.hosts if item.host.kind == kind]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=kind,
            tests=str(len(members)),
            failures=str(sum(item.outcome is Outcome.DRIFT for item in members)),
            errors=str(sum(item.outcome.is_trouble for item in members)),
            skipped=str(sum(item.outcome in _SKIPPED for item in members)),
            timestamp=audit.started.isoformat(timespec="seconds"),
        )
        for item in members:
            _case(suite, item)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


_SKIPPED = frozenset({Outcome.NOT_BUILT, Outcome.NOT_COVERED})


def _counts(counts: dict[Outcome, int]) -> dict[str, int]:
    return {str(outcome): counts[outcome] for outcome in Outcome if counts.get(outcome)}


def _host(item: HostAudit) -> dict[str, Any]:
    host: Host = item.host
    return {
        "kind": host.kind,
        "district": host.district,
        "site": host.site,
        "outcome": str(item.outcome),
        "detail": item.detail,
        "differences": len(item.changes),
    }


def _rows(item: HostAudit) -> list[list[str]]:
    host = item.host
    start = [host.name, host.kind, host.district or "", host.site_name, item.outcome.label]
    if not item.changes:
        return [[*start, "", "", "", "", item.detail]]
    return [
        [*start, change.topic, change.subject, change.cause.label, "\n".join(change.lines), item.detail]
        for change in item.changes
    ]


def _harmless(cell: str) -> str:
    # Spreadsheets run what begins so as a formula; differences begin with + and -.
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell


def _case(suite: ET.Element, item: HostAudit) -> None:
    case = ET.SubElement(suite, "testcase", classname=f"hntt.{item.host.district or 'tinh'}", name=item.host.name)
    if item.outcome is Outcome.DRIFT:
        text = "\n".join(line for change in item.changes for line in change.lines or (change.subject,))
        ET.SubElement(case, "failure", message=item.outcome.label).text = _xml_text(text)
    elif item.outcome.is_trouble:
        ET.SubElement(case, "error", message=item.outcome.label).text = _xml_text(item.detail)
    elif item.outcome in _SKIPPED:
        ET.SubElement(case, "skipped", message=item.outcome.label)


def _xml_text(text: str) -> str:
    # XML has no way to write control characters, and device output may hold some.
    return "".join(char if char in "\n\t" or ord(char) >= 32 else "\ufffd" for char in text)
