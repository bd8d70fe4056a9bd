"""Brings one router to its intended configuration, guarded, and says what state it was left in."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from hntt.errors import HnttError
from hntt.play.actions import scope_of
from hntt.play.apply import apply_router

DOCUMENTATION = """
module: hntt_router_apply
short_description: Guarded change of a router's configuration
description:
  - Reads, arms the router's own way back, sends the remediation, looks again in a new session from both ends, and only
    then confirms and saves. Whatever fails, the router ends confirmed or as it was.
  - In check mode nothing is sent; with C(--diff) the masked difference is shown, the same that would be sent.
options:
  reason:
    description: Why the change is made; recorded.
    type: str
    default: ""
  confirm_timeout_s:
    description: Seconds after which the router goes back by itself unless confirmed.
    type: int
    default: 120
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
            argument_spec={
                "reason": {"type": "str", "default": ""},
                "confirm_timeout_s": {"type": "int", "default": 120},
            }
        )
        try:
            scope = scope_of([variables["inventory_hostname"]], variables, self._loader)
            return apply_router(
                scope,
                variables["inventory_hostname"],
                variables["hostvars"],
                check=bool(self._task.check_mode),
                reason=args["reason"],
                confirm_timeout_s=args["confirm_timeout_s"],
                say=display.display,
            )
        except HnttError as error:
            raise AnsibleActionFail(str(error)) from error
