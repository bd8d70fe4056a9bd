"""Opening and closing a meeting as an action's work: look, plan, do, look again, tell."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hntt.audit.scope import Scope
from hntt.devices.target import Target
from hntt.i18n import tr
from hntt.meetings.layout import Layout, is_province
from hntt.meetings.live import ServerView
from hntt.meetings.plan import Plan, Request, Step, legs_missing, plan
from hntt.meetings.reach import Views, command, look, with_patience
from hntt.meetings.status import Status, names, server_line, status_lines, status_of, status_record
from hntt.network.model import Kind, Network
from hntt.play.progress import Progress

BODY_LINES = 8
_PAUSE_S = 1.0


@dataclass(frozen=True)
class MeetingRun:
    """What one run did. ``problems``: what is not as asked for although it was tried."""

    request: Request
    planned: Plan
    status: Status
    problems: tuple[str, ...] = field(default=())

    @property
    def is_well(self) -> bool:
        """Whether all is as asked for, or would be."""
        return not self.problems and not self.planned.refusals


def server_targets(scope: Scope, network: Network) -> dict[str, Target]:
    """How the MCU servers among the scope's hosts are reached."""
    hosts = [host for host in scope.variables if network.devices[host].kind is Kind.MCU]
    return {host: with_patience(scope.target(host)) for host in hosts}


def hold_meeting(
    request: Request,
    layout: Layout,
    targets: Mapping[str, Target],
    progress: Progress,
    *,
    check: bool,
    patience_s: float,
) -> MeetingRun:
    """Bring the meeting about, or end it; with ``check`` only say what would be done.

    Waits up to ``patience_s`` seconds for the legs. Raises nothing for what a server does.
    """
    with progress.doing(tr(vi="hỏi các máy chủ MCU", en="asking the MCU servers")):
        views: Views = look(targets)
    planned = plan(request, layout, views, time.time())
    if planned.refusals or check:
        return MeetingRun(request, planned, status_of(layout, views))
    wrong = _do(request, planned.steps, targets)
    with progress.doing(tr(vi="chờ các chân nối", en="waiting for the legs")):
        views, late = _settled(request, planned, targets, 0 if wrong else patience_s)
    return MeetingRun(request, planned, status_of(layout, views), (*wrong, *late))


def _do(request: Request, steps: Sequence[Step], targets: Mapping[str, Target]) -> list[str]:
    """The steps in their order: the province's by itself, the districts' servers side by side."""
    wrong: list[str] = []
    for batch in _batches(steps):
        lines = {step.host: [other.line(request) for other in batch if other.host == step.host] for step in batch}
        wrong += [f"{host}: {text}" for host, text in command(targets, lines).items()]
    return wrong


def _batches(steps: Sequence[Step]) -> list[list[Step]]:
    found: list[list[Step]] = []
    for step in steps:
        if not found or is_province(found[-1][-1].room) != is_province(step.room):
            found.append([])
        found[-1].append(step)
    return found


def _settled(
    request: Request, planned: Plan, targets: Mapping[str, Target], patience_s: float
) -> tuple[Views, list[str]]:
    give_up = time.monotonic() + patience_s
    while True:
        views = look(targets)
        late = list(_late(request, planned, views))
        if not late or time.monotonic() >= give_up:
            return views, late
        time.sleep(_PAUSE_S)


def _late(request: Request, planned: Plan, views: Views) -> list[str]:
    if not request.is_open:
        return [
            tr(
                vi=f"phòng {room.number} {room.name}: chưa hết người",
                en=f"room {room.number} {room.name}: not empty yet",
            )
            for room in planned.rooms
            if isinstance(view := views.get(room.host), ServerView) and view.rooms.get(room.number)
        ]
    return [
        tr(
            vi=f"phòng {room.number} {room.name}: chân nối với tỉnh chưa lên",
            en=f"room {room.number} {room.name}: its leg to the province is not up",
        )
        for room in legs_missing(request, planned.rooms, views)
    ]


def action_result(run: MeetingRun, *, check: bool) -> dict[str, Any]:
    """The task result (changed, failed, diff, msg) and the lines and the record of the run."""
    told: dict[str, Any] = {
        "changed": bool(run.planned.steps),
        "diff": [{"prepared": "".join(f"{_step_text(step)}\n" for step in run.planned.steps)}],
        "hntt_report": {"lines": result_lines(run, check=check), "extra": {"meeting": meeting_record(run)}},
    }
    wrong = (*run.planned.refusals, *run.problems)
    if wrong:
        told |= {"failed": True, "msg": "\n".join(wrong), "hntt_told": True}
    return told


def result_lines(run: MeetingRun, *, check: bool) -> list[str]:
    """At most eight lines: what was refused or done, then what is going on."""
    if run.planned.refusals:
        refused = tr(vi="  ! từ chối, chưa thay đổi gì: ", en="  ! refused, nothing was changed: ")
        return [refused + text for text in run.planned.refusals][:BODY_LINES]
    head = [_done_line(run, check=check), *(f"  ! {text}" for text in run.problems[:2])]
    if run.problems:
        again = "hntt-meetings"
        head.append(
            tr(
                vi=f"  dịch vụ {again} trên máy chủ vẫn tiếp tục gọi lại; xem: hntt meeting status",
                en=f"  the service {again} on the server goes on trying; see: hntt meeting status",
            )
        )
    rest = status_lines(run.status)
    if len(head) + len(rest) > BODY_LINES:
        rest = [*_short(run), *map(server_line, run.status.servers)]
    return [*head, *(f"  {line}" for line in rest)][:BODY_LINES]


def _done_line(run: MeetingRun, *, check: bool) -> str:
    count = len(run.planned.steps)
    kind = run.request.kind.label
    if not count:
        state = tr(vi="đang mở", en="open") if run.request.is_open else tr(vi="đang đóng", en="closed")
        return tr(
            vi=f"  cuộc họp {kind}: đã {state}, không phải làm gì", en=f"  {kind}: {state} already, nothing to do"
        )
    verb = tr(vi="mở", en="open") if run.request.is_open else tr(vi="đóng", en="close")
    rooms = names([step.room for step in run.planned.steps])
    would = tr(vi="sẽ ", en="would ") if check else ""
    return tr(vi=f"  cuộc họp {kind}: {would}{verb} phòng {rooms}", en=f"  {kind}: {would}{verb} rooms {rooms}")


def _short(run: MeetingRun) -> list[str]:
    """All rooms in one line each, when there are many."""
    up = [item.room.district or "" for item in run.status.rooms if item.leg is not None and item.leg.up]
    down = [item.room.district or "" for item in run.status.rooms if item.leg is not None and not item.leg.up]
    present = sum(len(item.present) for item in run.status.rooms)
    lines = [
        tr(
            vi=f"{len(run.status.rooms)} phòng, {present} điểm có mặt; chân nối: {len(up)} đang nối",
            en=f"{len(run.status.rooms)} rooms, {present} sites present; legs: {len(up)} up",
        )
    ]
    if down:
        lines.append(tr(vi=f"chân nối mất: {names(down)}", en=f"legs down: {names(down)}"))
    return lines


def meeting_record(run: MeetingRun) -> dict[str, Any]:
    """The run as JSON data."""
    return {
        "kind": str(run.request.kind),
        "state": "open" if run.request.is_open else "closed",
        "districts": list(run.request.districts),
        "steps": [
            {"host": step.host, "room": step.room, "verb": step.verb, "leg": step.leg} for step in run.planned.steps
        ],
        "refusals": list(run.planned.refusals),
        "problems": list(run.problems),
        "status": status_record(run.status),
    }


def _step_text(step: Step) -> str:
    sign = "+" if step.verb == "open" else "-"
    leg = " + leg 1000" if step.leg and step.verb == "open" else ""
    return f"{sign} {step.host}: {step.room}{leg}"
