"""Gives a host the ending that the audit found, so that Ansible counts it: failed, unreachable, or left to people."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

DOCUMENTATION = """
module: hntt_outcome
short_description: End a host as failed, unreachable or left to people, with the reason the audit found
options:
  endings:
    description: The C(not_well) of M(hntt_audit), or the C(endings) of M(hntt_by_hand).
    type: dict
    required: true
"""


class ActionModule(ActionBase):
    """See DOCUMENTATION."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        super().run(tmp, variables)
        _, args = self.validate_argument_spec(argument_spec={"endings": {"type": "dict", "required": True}})
        ending = args["endings"].get(variables["inventory_hostname"])
        if ending is None:
            return {"changed": False}
        # Ansible knows no third ending: what is left to people is failed for it, and its own for the project.
        by_hand = {"failed": True, "hntt_by_hand": ending["todo"]} if ending["kind"] == "by_hand" else {}
        return {
            "changed": False,
            **(by_hand or {ending["kind"]: True}),
            "msg": ending["msg"],
            "hntt_next": ending["next"],
            "hntt_told": True,
        }
