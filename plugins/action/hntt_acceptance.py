"""Compares and verifies a district and the centre, and writes the acceptance record."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from hntt.errors import HnttError
from hntt.play.acceptance import accept, action_result, write_acceptance
from hntt.play.actions import reports_folder, scope_of_play
from hntt.play.progress import Progress

DOCUMENTATION = """
module: hntt_acceptance
short_description: The acceptance record of a district
description:
  - Fails when a covered device differs from what is declared, could not be read, or a check did not pass.
options:
  district:
    description: Slug of the district.
    type: str
    required: true
  patience_s:
    description: Seconds to wait for routing to settle.
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
            argument_spec={"district": {"type": "str", "required": True}, "patience_s": {"type": "int", "default": 0}}
        )
        try:
            scope = scope_of_play(variables, self._loader)
            found = accept(scope, args["district"], Progress(display.display), args["patience_s"])
        except HnttError as error:
            raise AnsibleActionFail(str(error)) from error
        return action_result(found, write_acceptance(found, reports_folder(variables)))
