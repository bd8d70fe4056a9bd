"""Opens or closes a meeting on the MCU servers."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from hntt.errors import HnttError
from hntt.i18n import tr
from hntt.meetings.layout import Layout, MeetingKind
from hntt.meetings.plan import Request
from hntt.play.actions import scope_of
from hntt.play.meetings import action_result, hold_meeting, server_targets
from hntt.play.progress import Progress

DOCUMENTATION = """
module: hntt_meeting
short_description: Opens or closes a meeting of one of the three kinds
description:
  - Runs once, whatever the hosts of the play. Asks the MCU servers, refuses what licences, seats or other meetings
    do not allow, opens the rooms and waits until the legs between them are up.
  - A meeting that is as asked for already is left alone. In check mode nothing is opened or closed.
  - With C(--limit), servers outside of it are neither asked nor touched; a meeting that needs one is refused.
options:
  kind:
    description: Which meeting.
    type: str
    required: true
    choices: [province_district, district_commune, three_tier]
  state:
    description: Whether it shall be open.
    type: str
    choices: [open, closed]
    default: open
  district:
    description: Slugs of districts; all of them when empty, where the kind allows it.
    type: list
    elements: str
    default: []
  hours:
    description:
      - After how many hours from now a meeting that nobody closed ends by itself; 6 when not given.
      - For a meeting that is open already its new end; without it the end stays.
    type: float
  patience_s:
    description: Seconds to wait for the legs.
    type: int
    default: 45
"""

_LONGEST_H = 48
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
                "kind": {"type": "str", "required": True, "choices": [str(kind) for kind in MeetingKind]},
                "state": {"type": "str", "default": "open", "choices": ["open", "closed"]},
                "district": {"type": "list", "elements": "str", "default": []},
                "hours": {"type": "float"},
                "patience_s": {"type": "int", "default": 45},
            }
        )
        check = bool(self._task.check_mode)
        try:
            request = _request(args)
            run = self._held(request, args["patience_s"], variables, check=check)
        except HnttError as error:
            raise AnsibleActionFail(str(error)) from error
        return action_result(run, check=check)

    def _held(self, request: Request, patience_s: int, variables: dict[str, Any], *, check: bool) -> Any:
        servers = list(variables["groups"].get("mcu", []))
        if not servers:
            raise AnsibleActionFail(
                tr(
                    vi="inventory này không có máy chủ MCU nào, nên không mở được cuộc họp",
                    en="this inventory has no MCU server, so no meeting can be held",
                )
            )
        scope = scope_of(servers, variables, self._loader)
        layout = Layout.of(scope.register, scope.network, frozenset(variables["groups"]["all"]))
        limited = frozenset(variables["ansible_play_hosts_all"])
        return hold_meeting(
            request,
            layout,
            {host: target for host, target in server_targets(scope, scope.network).items() if host in limited},
            Progress(display.display),
            check=check,
            patience_s=patience_s,
        )


def _request(args: dict[str, Any]) -> Request:
    hours = args["hours"]
    if hours is not None and not 0 < hours <= _LONGEST_H:
        raise AnsibleActionFail(
            tr(
                vi=f"hours: từ trên 0 đến {_LONGEST_H}, không phải {hours}",
                en=f"hours: up to {_LONGEST_H}, not {hours}",
            )
        )
    districts = tuple(name for name in args["district"] if name)
    seconds = None if hours is None else int(hours * 3600)
    return Request(MeetingKind(args["kind"]), args["state"] == "open", districts, seconds)
