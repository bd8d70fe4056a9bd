"""Writes the day-0 files of the play's hosts, for the technician at the bench."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from hntt.errors import HnttError
from hntt.play.actions import project_folder, scope_of_play
from hntt.play.day0 import action_result, prepare
from hntt.report.files import shown_path

DOCUMENTATION = """
module: hntt_day0
short_description: What a technician loads at the bench before a device is shipped
description:
  - Connects to nothing. Writes one folder per device, a checklist beside it, and an index page.
options:
  dest:
    description: Folder; made where it is missing. Default is C(build/day0) of the project.
    type: path
  handoff:
    description: How lines arrive at a Linux hub, C(ports) of their own or C(vlan) on one trunk port.
    type: str
    default: ports
"""


class ActionModule(ActionBase):
    """See DOCUMENTATION."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        super().run(tmp, variables)
        _, args = self.validate_argument_spec(
            argument_spec={"dest": {"type": "path"}, "handoff": {"type": "str", "default": "ports"}}
        )
        folder = Path(args["dest"]) if args["dest"] else project_folder(variables) / "build" / "day0"
        try:
            prepared = prepare(scope_of_play(variables, self._loader), folder, args["handoff"])
        except HnttError as error:
            raise AnsibleActionFail(str(error)) from error
        return action_result(prepared, Path(shown_path(folder)))
