"""The acceptance of a district: everything compared and verified once more, and the record that people sign."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hntt.audit.collect import audit_fleet
from hntt.audit.model import Audit, Outcome
from hntt.audit.scope import Scope
from hntt.audit.verify import Verification
from hntt.i18n import tr
from hntt.play.endings import ending
from hntt.play.inputs import PROJECT
from hntt.play.progress import Progress
from hntt.play.verify import verify
from hntt.report.audit_data import audit_record
from hntt.report.audit_text import count_words
from hntt.report.files import report_path, shown_path, write_report
from hntt.report.templates import render_report
from hntt.report.verify_text import verify_lines, verify_record, wrong_text


@dataclass(frozen=True)
class Acceptance:
    """What was found of one district and the centre."""

    district: str
    title: str
    audit: Audit
    verification: Verification
    revision: str

    @property
    def accepted(self) -> bool:
        """Every covered device as declared, every check passed."""
        bad = [item for item in self.audit.hosts if item.outcome not in (Outcome.CLEAN, Outcome.NOT_COVERED)]
        return not bad and not self.verification.failed


def accept(scope: Scope, district: str, progress: Progress, patience_s: float) -> Acceptance:
    """Read and verify everything; waits for up to ``patience_s`` until routing has settled."""
    verification = verify(scope, progress, patience_s)
    with progress.doing(tr(vi="đối chiếu lần cuối", en="comparing once more"), total=len(scope.hosts)):
        audit = audit_fleet(scope, progress)
    found = next(item for item in scope.register.districts if item.slug == district)
    return Acceptance(district, f"{found.type} {found.name}", audit, verification, revision(PROJECT))


def revision(project: Path) -> str:
    """The register's revision in git, with a mark when it has changes that are not committed; empty without git."""
    command = ["git", "-C", str(project), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def write_acceptance(found: Acceptance, folder: Path) -> dict[str, str]:
    """Write the record as HTML and JSON; their paths by kind."""
    name = f"acceptance-{found.district}"
    texts = {
        "html": acceptance_html(found),
        "json": json.dumps(acceptance_record(found), ensure_ascii=False, indent=1) + "\n",
    }
    return {
        kind: shown_path(write_report(report_path(folder, name, found.audit.started, kind), text, name))
        for kind, text in texts.items()
    }


def acceptance_html(found: Acceptance) -> str:
    """The page to print and sign."""
    return render_report(
        "acceptance.html.j2",
        {
            "found": found,
            "shown": [item for item in found.audit.hosts if item.outcome is not Outcome.NOT_COVERED],
            "counts": count_words(found.audit.counts),
            "wrong": [wrong_text(item) for item in found.verification.failed],
            "passed": _passed(found.verification),
        },
    )


def acceptance_record(found: Acceptance) -> dict[str, Any]:
    """The record as JSON data."""
    return {
        "schema": 1,
        "district": found.district,
        "accepted": found.accepted,
        "revision": found.revision,
        "audit": audit_record(found.audit),
        "verification": verify_record(found.verification),
    }


def action_result(found: Acceptance, reports: dict[str, str]) -> dict[str, Any]:
    """The action's result: failed when the district is not accepted."""
    verdict = (
        tr(vi=f"  ĐẠT nghiệm thu: {found.title}", en=f"  ACCEPTED: {found.title}")
        if found.accepted
        else tr(vi=f"  CHƯA ĐẠT nghiệm thu: {found.title}", en=f"  NOT ACCEPTED: {found.title}")
    )
    told: dict[str, Any] = {
        "changed": False,
        "accepted": found.accepted,
        "hntt_report": {
            "lines": [f"{verdict}; {count_words(found.audit.counts)}", *verify_lines(found.verification, 6)],
            "reports": reports,
            "extra": {"accepted": found.accepted},
        },
    }
    if not found.accepted:
        reasons = [wrong_text(item) for item in found.verification.failed]
        reasons += [
            f"{item.host.name}: {ending(item)['msg']}"
            for item in found.audit.hosts
            if item.outcome is Outcome.DRIFT or item.outcome.is_trouble or item.outcome is Outcome.NOT_BUILT
        ]
        told |= {
            "failed": True,
            "msg": "\n".join(reasons),
            "hntt_told": True,
            "hntt_next": tr(
                vi="sửa rồi chạy lại, sẽ tiếp từ chỗ dừng", en="mend it and run again, it goes on from here"
            ),
        }
    return told


def _passed(found: Verification) -> list[tuple[str, int, int]]:
    return [
        (check.title, sum(item not in found.failed for item in found.of(check)), len(found.of(check)))
        for check in found.checks
    ]
