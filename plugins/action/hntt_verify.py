"""Acceptance checks of what is built, on all hosts of the play at once."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from hntt.errors import HnttError
from hntt.play.actions import reports_folder, scope_of_play
from hntt.play.progress import Progress
from hntt.play.verify import action_result, verify, write_record

DOCUMENTATION = """
module: hntt_verify
short_description: Routes, paths, QoS, clocks, names, logs and segmentation as they are, against the register
description:
  - Runs once for all hosts of the play. Changes nothing but the logs, which get one test message per device.
  - Fails when a check does not pass or could not be made.
options:
  record:
    description: Write a JSON record of its own.
    type: bool
    default: true
  patience_s:
    description: Seconds to try again while a check fails; routing needs some after a change.
    type: int
    default: 0
"""

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
            argument_spec={"record": {"type": "bool", "default": True}, "patience_s": {"type": "int", "default": 0}}
        )
        try:
            scope = scope_of_play(variables, self._loader)
            found = verify(scope, Progress(display.display), args["patience_s"])
        except HnttError as error:
            raise AnsibleActionFail(str(error)) from error
        record = write_record(found, reports_folder(variables)) if args["record"] else None
        return action_result(found, record)
