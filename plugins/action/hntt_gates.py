"""Prints the state gates of a district; stops where a state is required that its sites have not reached."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from hntt.errors import HnttError
from hntt.i18n import tr
from hntt.play.actions import scope_of_play
from hntt.play.gates import gates_of

DOCUMENTATION = """
module: hntt_gates
short_description: The states of a district's sites, and what they lack
options:
  district:
    description: Slug of the district.
    type: str
    required: true
  require_state:
    description: State that every site must have reached.
    type: str
    default: planned
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
            argument_spec={
                "district": {"type": "str", "required": True},
                "require_state": {"type": "str", "default": "planned"},
            }
        )
        try:
            gates = gates_of(scope_of_play(variables, self._loader), args["district"], args["require_state"])
        except HnttError as error:
            raise AnsibleActionFail(str(error)) from error
        result: dict[str, Any] = {"changed": False, "msg": "\n".join(gates.lines()), "_ansible_verbose_always": True}
        if gates.blocked:
            todo = tr(vi="khảo sát cho đủ rồi đổi trạng thái", en="complete the survey, then raise the state")
            result |= {"failed": True, "hntt_next": todo}
        return result
