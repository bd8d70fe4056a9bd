"""Reads every host of the play at once, compares with the intent and writes the reports."""

from __future__ import annotations

DOCUMENTATION = """
module: hntt_audit
short_description: Read the whole fleet in one process and compare it with the intended state
description:
  - Runs once for all hosts of the play, so C(--limit) narrows it. Nothing is changed anywhere.
  - Hosts that could not be read are told apart from those that differ.
options:
  reports:
    description: Write HTML, CSV, JUnit XML and JSON reports.
    type: bool
    default: false
  reports_dir:
    description: Folder of the reports.
    type: path
  converging:
    description: Whether hosts that differ are going to be changed in this run.
    type: bool
    default: false
  fail_on_drift:
    description: Whether a difference makes the run fail.
    type: bool
    default: false
"""

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from hntt.audit.collect import audit_fleet
from hntt.errors import HnttError
from hntt.play.audit_reports import action_result, write_audit_reports
from hntt.play.inputs import scope_for
from hntt.play.progress import Progress

display = Display()


class ActionModule(ActionBase):
    """See DOCUMENTATION."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        super().run(tmp, variables)
        _, args = self.validate_argument_spec(
            argument_spec={
                "reports": {"type": "bool", "default": False},
                "reports_dir": {"type": "path"},
                "converging": {"type": "bool", "default": False},
                "fail_on_drift": {"type": "bool", "default": False},
            }
        )
        try:
            scope = scope_for(
                variables["ansible_play_hosts_all"],
                variables["hostvars"],
                lambda path: self._loader.load_from_file(path, cache="none", trusted_as_template=False),
                Path(variables["playbook_dir"]).parent / "roles",
            )
            audit = audit_fleet(scope, Progress(display.display))
        except HnttError as error:
            raise AnsibleActionFail(str(error)) from error
        folder = Path(args["reports_dir"] or os.environ.get("HNTT_REPORTS_DIR") or _default_folder(variables))
        reports = write_audit_reports(audit, folder, scope.data_dir) if args["reports"] else {}
        return action_result(audit, reports, converging=args["converging"], fail_on_drift=args["fail_on_drift"])


def _default_folder(variables: dict[str, Any]) -> Path:
    return Path(variables["playbook_dir"]).parent / "build" / "reports"
