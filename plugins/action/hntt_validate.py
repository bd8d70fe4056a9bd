"""Checks the register behind the inventory; with an error nothing connects anywhere."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from hntt.errors import HnttError
from hntt.i18n import tr
from hntt.play.inputs import Variables
from hntt.play.validate import validate

DOCUMENTATION = """
module: hntt_validate
short_description: Stop the run while the register has findings of severity error
description:
  - Shows every error with file, line and what to do next; not only the first.
options: {}
"""


class ActionModule(ActionBase):
    """See DOCUMENTATION."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        super().run(tmp, variables)
        host = variables["inventory_hostname"]
        try:
            found = validate({host: Variables(variables["hostvars"], host)})
        except HnttError as error:
            raise AnsibleActionFail(str(error)) from error
        result: dict[str, Any] = {"changed": False, "msg": found.text, "findings": len(found.findings)}
        if found.errors:
            todo = tr(vi="sửa sổ đăng ký rồi chạy lại", en="mend the register, then run again")
            result |= {"failed": True, "hntt_next": todo}
        return result
