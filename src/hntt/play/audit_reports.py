"""Reports of an audit on disk, and what its action tells Ansible."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hntt.audit.model import Audit, HostAudit, Outcome
from hntt.play.by_hand import by_hand_ending, left_over
from hntt.play.endings import ending
from hntt.play.meeting_guard import Guard, will_change
from hntt.register.models import SecurityException
from hntt.report.audit_data import audit_csv, audit_junit, audit_record
from hntt.report.audit_html import audit_html
from hntt.report.audit_text import audit_lines
from hntt.report.files import report_path, shown_path, write_report

BODY_LINES = 8
"""Lines of the summary that belong to the audit; the headline and the reports come on top."""


def write_audit_reports(
    audit: Audit,
    folder: Path,
    data_dir: Path | None,
    name: str = "audit",
    exceptions: Sequence[SecurityException] = (),
) -> dict[str, str]:
    """Write HTML, CSV, JUnit XML and JSON below ``folder``; returns their paths, relative where that is shorter.

    ``exceptions`` are the register's: security rules that are knowingly not kept.
    """
    texts = {
        "html": audit_html(audit, data_dir, exceptions),
        "csv": audit_csv(audit),
        "xml": audit_junit(audit),
        "json": json.dumps(audit_record(audit, exceptions), ensure_ascii=False, indent=1) + "\n",
    }
    return {
        kind: shown_path(write_report(report_path(folder, name, audit.started, kind), text, name))
        for kind, text in texts.items()
    }


def action_result(
    audit: Audit,
    reports: Mapping[str, str],
    *,
    converging: bool = False,
    fail_on_drift: bool = False,
    guard: Guard | None = None,
) -> dict[str, Any]:
    """The action's result: who is converged when, who is not well, what is left to people, and the report for the
    summary callback.

    Devices that ``guard`` leaves alone are in no wave and not well; a reason to touch them anyway is recorded.
    """
    guard = guard or Guard()
    left = {item.host.name: by_hand_ending(item) for item in left_over(audit, guard.left_alone)} if converging else {}
    differs = [item for item in audit.hosts if item.outcome is Outcome.DRIFT]
    trouble = [item for item in audit.hosts if item.outcome.is_trouble]
    return {
        "changed": False,
        "waves": {**waves(audit, guard.left_alone), "hntt_by_hand": list(left)},
        "not_well": {
            **{item.host.name: ending(item) for item in [*trouble, *(differs if fail_on_drift else [])]},
            **guard.endings(),
        },
        "by_hand": left,
        "counts": {str(outcome): count for outcome, count in audit.counts.items()},
        "hntt_report": {
            "converging": converging,
            "lines": [] if converging else audit_lines(audit, room=BODY_LINES),
            "reports": dict(reports),
            "extra": {"during_meeting": {"reason": guard.reason, "hosts": dict(guard.busy)}} if guard.busy else {},
            "by_hand": {name: item["todo"] for name, item in left.items() if not item["changed"]},
            "hosts": {item.host.name: _host(item) for item in audit.hosts},
        },
    }


def waves(audit: Audit, left_alone: Collection[str] = ()) -> dict[str, list[str]]:
    """Who is converged when, by group; nobody of ``left_alone``.

    ``hntt_first`` is the canary commune with all that its service rests on.
    """
    to_change = [item for item in audit.hosts if will_change(item) and item.host.name not in left_alone]
    communes = [item.host.name for item in to_change if _is_router(item, "commune")]
    trunk = [
        item.host.name
        for item in audit.hosts
        if item.outcome in (Outcome.CLEAN, Outcome.DRIFT)
        and not _is_router(item, "commune")
        and item.host.kind != "commune_pc"
    ]
    return {
        "hntt_noc": [item.host.name for item in to_change if item.host.kind == "noc"],
        "hntt_mcu": [item.host.name for item in to_change if item.host.kind == "mcu"],
        "hntt_pcs": _pcs(to_change, communes[:1]),
        "hntt_units": [item.host.name for item in to_change if item.host.kind == "vcs"],
        "hntt_centre": [item.host.name for item in to_change if _is_router(item, "province")],
        "hntt_districts": [item.host.name for item in to_change if _is_router(item, "district")],
        "hntt_canary": communes[:1],
        "hntt_communes": communes[1:],
        "hntt_first": trunk + communes[:1] if communes else [],
    }


def _pcs(to_change: Iterable[HostAudit], canary: Sequence[str]) -> list[str]:
    """The communes' PCs, that of the canary commune first: a bad change meets one screen and not all."""
    pcs = [item.host.name for item in to_change if item.host.kind == "commune_pc"]
    first = {f"pc.{name.removeprefix('rt.')}" for name in canary}
    return sorted(pcs, key=lambda name: name not in first)


def _is_router(item: HostAudit, tier: str) -> bool:
    return item.host.kind == "router" and item.host.tier == tier


def _host(item: HostAudit) -> dict[str, Any]:
    host = item.host
    return {
        "kind": host.kind,
        "platform": host.platform,
        "tier": host.tier,
        "site": {"label": host.site, "name": host.site_name, "district": host.district, "code": host.code},
        "outcome": str(item.outcome),
    }
