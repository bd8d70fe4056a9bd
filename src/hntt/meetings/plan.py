"""From a wish (a kind of meeting, open or closed) and what is live to what is done, or why it is not. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hntt.i18n import tr
from hntt.intent.mcu.contract import Room
from hntt.meetings.layout import Layout, MeetingKind, kind_label
from hntt.meetings.live import Meeting, ServerView
from hntt.meetings.reach import NoView, Views, not_asked, words
from hntt.network.dialplan import PROVINCE_ROOM

USUAL_S = 6 * 3600
SAME_END_S = 300
"""Ends that lie so near to each other are the same: asking twice for three hours prolongs nothing."""


@dataclass(frozen=True)
class Request:
    """What the operator asks for. ``districts`` empty: all of them, where the kind allows it.

    ``seconds``: how long from now it may last; None for the usual time, and for an open meeting the time it has.
    """

    kind: MeetingKind
    is_open: bool
    districts: tuple[str, ...] = ()
    seconds: int | None = None


@dataclass(frozen=True)
class Step:
    """One command on one server: ``open`` or ``close`` for ``room``; ``leg`` joins it to the province's."""

    host: str
    room: str
    verb: str
    leg: bool = False

    def line(self, request: Request) -> str:
        """The arguments of the server's program."""
        if self.verb == "close":
            return words("close", self.room)
        seconds = USUAL_S if request.seconds is None else request.seconds
        return words("open", self.room, str(request.kind), str(seconds), *(["--leg"] if self.leg else []))


@dataclass(frozen=True)
class Plan:
    """What is done in ``rooms``. ``refusals`` are sentences for the operator; with one of them there are no steps."""

    rooms: tuple[Room, ...] = ()
    steps: tuple[Step, ...] = ()
    refusals: tuple[str, ...] = field(default=())


def plan(request: Request, layout: Layout, views: Views, now: float) -> Plan:
    """What to do so that the meeting is as asked for; nothing when it is already. ``now`` in Unix time."""
    wrong = list(_unknown(request, layout))
    if wrong:
        return Plan(refusals=tuple(wrong))
    wanted = _rooms(request, layout)
    wrong = [*_not_seen(wanted, layout, views)]
    if not wrong:
        wrong = [*_other_kind(request, wanted, views)]
    if not wrong and request.is_open:
        wrong = [*_over_licence(wanted, layout, views), *_over_seats(request, wanted, layout, views)]
    if wrong:
        return Plan(tuple(wanted), refusals=tuple(wrong))
    return Plan(tuple(wanted), tuple(_steps(request, wanted, views, now)))


def legs_missing(request: Request, rooms: Sequence[Room], views: Views) -> list[Room]:
    """The districts whose leg is not up yet, of a meeting of three tiers."""
    if request.kind is not MeetingKind.THREE_TIER:
        return []
    return [
        room
        for room in rooms
        if room.district and not any(m.district == room.district for m in _view(views, room).rooms.get(room.number, ()))
    ]


def _rooms(request: Request, layout: Layout) -> list[Room]:
    province = [layout.rooms[PROVINCE_ROOM]] if request.kind is not MeetingKind.DISTRICT_COMMUNE else []
    if request.kind is MeetingKind.PROVINCE_DISTRICT:
        return province
    names = request.districts or tuple(layout.districts)
    if request.districts and not request.is_open:
        # One district leaves; the meeting of the others goes on.
        province = []
    return [*province, *(layout.districts[name] for name in dict.fromkeys(names))]


def _unknown(request: Request, layout: Layout) -> Iterator[str]:
    if request.kind is MeetingKind.PROVINCE_DISTRICT and request.districts:
        yield tr(
            vi="cuộc họp tỉnh – huyện có mọi huyện: bỏ district, hoặc dùng kind=three_tier",
            en="a meeting of province and districts has all of them: leave district out, or use kind=three_tier",
        )
    if request.kind is MeetingKind.DISTRICT_COMMUNE and not request.districts:
        yield tr(vi="thiếu huyện: thêm -e district=le-thuy", en="which district? Add -e district=le-thuy")
    if request.kind is not MeetingKind.DISTRICT_COMMUNE and PROVINCE_ROOM not in layout.rooms:
        yield tr(
            vi="inventory này không có máy chủ MCU của tỉnh",
            en="this inventory does not have the province's MCU server",
        )
    for name in request.districts:
        if name not in layout.districts:
            close = difflib.get_close_matches(name, list(layout.districts), 1)
            hint = tr(vi=f"; có phải {close[0]}?", en=f"; did you mean {close[0]}?") if close else ""
            known = ", ".join(layout.districts) or "-"
            yield tr(
                vi=f"không có huyện “{name}”{hint} Có: {known}", en=f"no district '{name}'{hint} There are: {known}"
            )


def _not_seen(rooms: Sequence[Room], layout: Layout, views: Views) -> Iterator[str]:
    for host in dict.fromkeys(room.host for room in rooms):
        view = views.get(host)
        if not isinstance(view, ServerView):
            text = view.text if isinstance(view, NoView) else not_asked()
            yield f"{host}: {text}"
        elif not view.keeper:
            yield tr(
                vi=f"{host}: dịch vụ hntt-meetings không chạy; chân nối sẽ không được giữ. Xem: "
                f"ssh {host} systemctl status hntt-meetings",
                en=f"{host}: the service hntt-meetings does not run, so legs would not be kept. See: "
                f"ssh {host} systemctl status hntt-meetings",
            )


def _other_kind(request: Request, rooms: Sequence[Room], views: Views) -> Iterator[str]:
    for room in rooms:
        meeting = _view(views, room).meetings.get(room.number)
        if meeting is not None and meeting.kind != request.kind:
            yield tr(
                vi=f"phòng {room.number} ({room.name}) đang họp {kind_label(meeting.kind)} (kind={meeting.kind}): "
                "đóng cuộc họp đó trước",
                en=f"room {room.number} ({room.name}) is in a meeting of {kind_label(meeting.kind)} "
                f"(kind={meeting.kind}): close that one first",
            )


def _over_licence(rooms: Sequence[Room], layout: Layout, views: Views) -> Iterator[str]:
    for host, taken in _rooms_after(rooms, layout, views).items():
        licences = layout.servers[host].licences
        if len(taken) > licences:
            names = ", ".join(sorted(f"{room.number} {room.name}" for room in taken))
            yield tr(
                vi=f"{host} có {licences} license, cần {len(taken)}: {names}. Đóng bớt một phòng",
                en=f"{host} has {licences} licences and would need {len(taken)}: {names}. Close one of the rooms",
            )


def _over_seats(request: Request, rooms: Sequence[Room], layout: Layout, views: Views) -> Iterator[str]:
    """Every site of every open room is counted: a place promised to a site that is late is still taken."""
    for host, taken in _rooms_after(rooms, layout, views).items():
        need = sum(_seats_of(room, request, rooms, layout, views) for room in taken)
        seats = layout.servers[host].seats
        if need > seats:
            yield tr(
                vi=f"{host} có {seats} chỗ, các phòng mở cần {need}. Đóng bớt một phòng, hoặc chọn ít huyện hơn",
                en=f"{host} has {seats} seats, the open rooms need {need}. Close a room, or choose fewer districts",
            )


def _seats_of(room: Room, request: Request, wanted: Sequence[Room], layout: Layout, views: Views) -> int:
    meeting = _view(views, room).meetings.get(room.number)
    kind = str(request.kind) if room in wanted else meeting.kind if meeting else None
    joined = kind == MeetingKind.THREE_TIER
    legs = (len(layout.districts) if room.district is None else 1) if joined else 0
    return len(layout.expected(room, kind)) + room.reserved + legs


def _rooms_after(rooms: Sequence[Room], layout: Layout, views: Views) -> dict[str, list[Room]]:
    """Per server the rooms that take a licence once these are open: open ones, and those somebody is in."""
    found: dict[str, list[Room]] = {}
    for room in rooms:
        view = _view(views, room)
        busy = {*view.gates, *view.meetings, *(name for name, members in view.rooms.items() if members)}
        found[room.host] = [other for other in layout.rooms_on(room.host) if other in rooms or other.number in busy]
    return found


def _steps(request: Request, rooms: Sequence[Room], views: Views, now: float) -> Iterator[Step]:
    """Opening begins with the province, so that the legs find it open; closing ends with it."""
    for room in rooms if request.is_open else reversed(rooms):
        view = _view(views, room)
        meeting = view.meetings.get(room.number)
        leg = request.kind is MeetingKind.THREE_TIER and room.district is not None
        is_right = meeting is not None and meeting.leg == leg and room.number in view.gates
        if request.is_open and not (is_right and _ends_as_asked(request, meeting, now)):
            yield Step(room.host, room.number, "open", leg)
        if not request.is_open and (meeting is not None or room.number in view.gates):
            yield Step(room.host, room.number, "close")


def _ends_as_asked(request: Request, meeting: Meeting | None, now: float) -> bool:
    if meeting is None or request.seconds is None:
        return meeting is not None
    return abs(now + request.seconds - meeting.until) <= SAME_END_S


def _view(views: Views, room: Room) -> ServerView:
    view = views.get(room.host)
    return view if isinstance(view, ServerView) else ServerView()
