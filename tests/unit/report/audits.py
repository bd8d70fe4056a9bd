"""Audits out of the rows of a case file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from hntt.audit.changes import changes_from_diff
from hntt.audit.model import Audit, Host, HostAudit, Outcome


def host(name: str, kind: str = "router") -> Host:
    parts = name.split(".")
    district = None if parts[-1] == "tinh" else parts[-1]
    tier = "province" if district is None else "commune" if len(parts) == 3 else "district"
    return Host(name, kind, "frr", tier, district, name.partition(".")[2], f"điểm {name}", None, "live")


def audit(rows: Sequence[Sequence[str]]) -> Audit:
    return Audit(tuple(_item(*row) for row in rows), datetime(2026, 11, 24, 8, 30, tzinfo=UTC), 3.2)


def _item(name: str, kind: str, outcome: str, detail: str = "", diff: str = "") -> HostAudit:
    return HostAudit(host(name, kind), Outcome(outcome), changes_from_diff(diff), detail, bool(diff))
