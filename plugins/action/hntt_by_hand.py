"""Looks again, after the changes, at hosts where something was left to people, and says how each of them ends."""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from hntt.audit.collect import audit_fleet
from hntt.audit.model import Cause, HostAudit
from hntt.errors import HnttError
from hntt.i18n import tr
from hntt.play.actions import scope_of
from hntt.play.by_hand import endings_at_the_end
from hntt.play.progress import Progress

DOCUMENTATION = """
module: hntt_by_hand
short_description: How hosts end on which something differs that nobody declared how to undo
description:
  - Runs once for all hosts of the play. Hosts that were changed in this run are read again, since a change may also
    have put right what was left to people; the others end as they were found.
  - Returns C(endings) for M(hntt_outcome). In check mode nothing was changed, so nothing is read again.
options:
  found:
    description: The C(by_hand) of M(hntt_audit).
    type: dict
    required: true
  patience_s:
    description: Seconds to wait, after a change, for services to come up.
    type: int
    default: 30
"""

PAUSE_S = 3
display = Display()


class ActionModule(ActionBase):
    """See DOCUMENTATION."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        self._vars = task_vars or {}
        super().run(tmp, self._vars)
        _, args = self.validate_argument_spec(
            argument_spec={
                "found": {"type": "dict", "required": True},
                "patience_s": {"type": "int", "default": 30},
            }
        )
        # Who failed meanwhile has its ending.
        there = self._vars["ansible_play_hosts"]
        found = {name: item for name, item in args["found"].items() if name in there}
        changed = [name for name, item in found.items() if item["changed"] and not self._task.check_mode]
        again = self._look_again(changed, args["patience_s"]) if changed else ()
        return {"changed": False, "endings": endings_at_the_end(found, again)}

    def _look_again(self, names: list[str], patience_s: float) -> tuple[HostAudit, ...]:
        give_up = time.monotonic() + patience_s
        try:
            scope = scope_of(names, self._vars, self._loader)
            while True:
                progress = Progress(display.display)
                with progress.doing(tr(vi="đọc lại thiết bị", en="reading devices again"), total=len(names)):
                    hosts = audit_fleet(scope, progress).hosts
                left = [change for item in hosts for change in item.left_to_people]
                if not any(change.cause is Cause.RUNTIME for change in left) or time.monotonic() >= give_up:
                    return hosts
                time.sleep(PAUSE_S)
        except HnttError as error:
            raise AnsibleActionFail(str(error)) from error
