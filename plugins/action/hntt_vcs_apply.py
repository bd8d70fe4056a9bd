"""Brings one video unit to its intended settings and says what state it was left in."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from hntt.errors import HnttError
from hntt.intent.linux import SettingsError
from hntt.play.actions import scope_of
from hntt.play.units import apply_video_unit

DOCUMENTATION = """
module: hntt_vcs_apply
short_description: Settings of a room video unit over its xAPI
description:
  - Reads all settings at once, sends only those that differ, reads back, and waits for the SIP registration.
  - When a value is refused, the registration lost or the session cut, the old values of this run are put back.
  - In check mode nothing is sent; with C(--diff) the difference is shown, secrets left out.
options:
  reason:
    description: Why the change is made; needed for a unit in a call, and recorded.
    type: str
    default: ""
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
        _, args = self.validate_argument_spec(argument_spec={"reason": {"type": "str", "default": ""}})
        try:
            scope = scope_of([variables["inventory_hostname"]], variables, self._loader)
            return apply_video_unit(
                scope,
                variables["inventory_hostname"],
                check=bool(self._task.check_mode),
                reason=args["reason"],
                say=display.display,
            )
        except (HnttError, SettingsError) as error:
            raise AnsibleActionFail(str(error)) from error
