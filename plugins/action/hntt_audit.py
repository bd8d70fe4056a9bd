"""Reads every host of the play at once, compares with the intent and writes the reports."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from hntt.audit.collect import audit_fleet
from hntt.audit.model import Audit
from hntt.errors import HnttError
from hntt.i18n import tr
from hntt.intent.linux import MissingSecretError, SettingsError, StateConflictError, StateError
from hntt.play.actions import reports_folder, scope_of, scope_of_play
from hntt.play.audit_reports import action_result, write_audit_reports
from hntt.play.meeting_guard import Guard, guard_of
from hntt.play.progress import Progress

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
  converging:
    description: Whether hosts that differ are going to be changed in this run.
    type: bool
    default: false
  fail_on_drift:
    description: Whether a difference makes the run fail.
    type: bool
    default: false
  reason:
    description: Why devices on the path of a running meeting are changed all the same. Without one they are left alone.
    type: str
    default: ""
"""

RENDER_ERRORS = (StateError, StateConflictError, SettingsError, MissingSecretError)
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
                "converging": {"type": "bool", "default": False},
                "fail_on_drift": {"type": "bool", "default": False},
                "reason": {"type": "str", "default": ""},
            }
        )
        try:
            scope = scope_of_play(variables, self._loader)
            progress = Progress(display.display)
            with progress.doing(tr(vi="đọc thiết bị", en="reading devices"), total=len(scope.hosts)):
                audit = audit_fleet(scope, progress)
            guard = self._guard(audit, args["reason"], variables) if args["converging"] else Guard()
        except (HnttError, *RENDER_ERRORS) as error:
            raise AnsibleActionFail(str(error)) from error
        reports = {}
        if args["reports"]:
            exceptions = scope.register.province.exceptions
            reports = write_audit_reports(audit, reports_folder(variables), scope.data_dir, exceptions=exceptions)
        return action_result(
            audit, reports, converging=args["converging"], fail_on_drift=args["fail_on_drift"], guard=guard
        )

    def _guard(self, audit: Audit, reason: str, variables: dict[str, Any]) -> Guard:
        """A check touches nothing, so it may look at what a meeting runs over."""
        names = list(variables["groups"].get("mcu", []))
        if self._task.check_mode or not names:
            return Guard()
        servers = scope_of(names, variables, self._loader)
        return guard_of(audit, servers, reason)
