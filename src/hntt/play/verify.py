"""The verification as an action's work: make the checks, write the record, tell what Ansible needs."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any

from hntt.audit.scope import Scope
from hntt.audit.verify import Verification, verify_fleet
from hntt.i18n import tr
from hntt.play.progress import Progress
from hntt.play.rooms import room_shell
from hntt.report.files import report_path, shown_path, write_report
from hntt.report.verify_text import verify_lines, verify_record, wrong_text

BODY_LINES = 8
_PAUSE_S = 3


def verify(scope: Scope, progress: Progress, patience_s: float = 0) -> Verification:
    """Make all checks on the scope's hosts; while some fail, again for up to ``patience_s``: routing takes its time."""
    give_up = time.monotonic() + patience_s
    while True:
        with progress.doing(tr(vi="nghiệm thu", en="verifying"), total=len(scope.hosts)):
            found = verify_fleet(scope, secrets.token_hex(6), progress.step, room_shell(scope))
        if not found.failed or time.monotonic() >= give_up:
            return found
        time.sleep(_PAUSE_S)


def write_record(found: Verification, folder: Path) -> str:
    """Write the JSON record; its path."""
    text = json.dumps({"verification": verify_record(found)}, ensure_ascii=False, indent=1) + "\n"
    return shown_path(write_report(report_path(folder, "verify", found.started, "json"), text, "verify"))


def action_result(found: Verification, record: str | None) -> dict[str, Any]:
    """The action's result: failed when a check did not pass."""
    told: dict[str, Any] = {
        "changed": False,
        "passed": not found.failed,
        "hntt_report": {
            "lines": verify_lines(found, BODY_LINES),
            "reports": {"json": record} if record else {},
            "extra": {"verification": verify_record(found)},
        },
    }
    if found.failed:
        told |= {
            "failed": True,
            "msg": "\n".join(map(wrong_text, found.failed)),
            "hntt_told": True,
            "hntt_next": tr(vi="xem báo cáo", en="see the report"),
        }
    return told
