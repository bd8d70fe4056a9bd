"""What is going on in the rooms: as data, and in words for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from hntt.i18n import tr
from hntt.intent.mcu.contract import Room
from hntt.meetings.layout import Layout, Place, kind_label
from hntt.meetings.live import Leg, Meeting, Member, ServerView
from hntt.meetings.reach import NoView, Views, not_asked

_NAMES = 6


@dataclass(frozen=True)
class RoomStatus:
    """One room with somebody in it, or with an open meeting.

    ``missing`` are sites in operation that are not there, or connected ones; ``not_built`` the others. ``strangers``:
    callers that do not belong there. ``legs``: for the province's room, the districts whose leg it has, as often as
    it has it.
    """

    room: Room
    title: str
    meeting: Meeting | None
    present: tuple[tuple[Place, Member], ...]
    missing: tuple[Place, ...]
    not_built: tuple[Place, ...]
    strangers: tuple[Member, ...]
    legs: tuple[str, ...]
    leg: Leg | None
    connected: frozenset[str]

    @property
    def has_chair(self) -> bool:
        """Whether the one who leads the room is in it."""
        return any(place.number == self.room.chair for place, _ in self.present)

    @property
    def doubled(self) -> list[str]:
        """Districts with more than one leg."""
        return [name for name in dict.fromkeys(self.legs) if self.legs.count(name) > 1]

    @property
    def talking(self) -> list[str]:
        """Who speaks, by name."""
        return [place.name for place, member in self.present if member.talking and not member.muted]

    @property
    def muted(self) -> list[str]:
        """Who is muted, by name."""
        return [place.name for place, member in self.present if member.muted]


@dataclass(frozen=True)
class ServerStatus:
    """One server: what is taken of what it may hold; ``problem`` when it could not be asked."""

    host: str
    rooms: int
    licences: int
    taken: int
    seats: int
    keeper: bool
    problem: str = ""


@dataclass(frozen=True)
class Status:
    """All rooms that are in use, and all servers."""

    rooms: tuple[RoomStatus, ...]
    servers: tuple[ServerStatus, ...]

    @property
    def is_well(self) -> bool:
        """Whether every server answered, every leg that belongs to a meeting is up, and nobody strange is in a room."""
        broken = any(
            item.doubled or item.strangers or (item.leg is not None and not item.leg.up) for item in self.rooms
        )
        return not broken and all(not server.problem and server.keeper for server in self.servers)


def status_of(layout: Layout, views: Views) -> Status:
    """What the servers' answers mean for the rooms of the register."""
    seen = {host: view for host, view in views.items() if isinstance(view, ServerView)}
    connected = frozenset(name for view in seen.values() for name in view.registered or ())
    rooms = [_room(layout, room, seen[room.host], connected) for room in layout.rooms.values() if room.host in seen]
    return Status(
        rooms=tuple(item for item in rooms if item.meeting or item.present or item.strangers or item.legs),
        servers=tuple(_server(layout, host, views.get(host)) for host in layout.servers),
    )


def _room(layout: Layout, room: Room, view: ServerView, connected: frozenset[str]) -> RoomStatus:
    members = view.rooms.get(room.number, ())
    meeting = view.meetings.get(room.number)
    expected = layout.expected(room, meeting.kind if meeting else None)
    by_number = {member.number: member for member in members if member.district is None}
    present = [(place, by_number[place.number]) for place in layout.places.values() if place.number in by_number]
    absent = [place for place in expected if place.number not in by_number] if meeting else []
    legs = [member.district for member in members if member.district is not None]
    return RoomStatus(
        room=room,
        title=layout.title(room),
        meeting=meeting,
        present=tuple(present),
        missing=tuple(place for place in absent if place.is_live or place.number in connected),
        not_built=tuple(place for place in absent if not place.is_live and place.number not in connected),
        strangers=tuple(member for number, member in by_number.items() if number not in layout.places),
        legs=tuple(legs) if room.district is None else (),
        leg=_leg(room, meeting, view, legs),
        connected=connected,
    )


def _leg(room: Room, meeting: Meeting | None, view: ServerView, legs: list[str]) -> Leg | None:
    if meeting is None or not meeting.leg:
        return None
    known = view.legs.get(room.number, Leg())
    return Leg(room.district in legs, known.dials, known.failures, known.next_try, known.up_since, known.error)


def _server(layout: Layout, host: str, view: ServerView | NoView | None) -> ServerStatus:
    server = layout.servers[host]
    if not isinstance(view, ServerView):
        text = view.text if view is not None else not_asked()
        return ServerStatus(host, 0, server.licences, 0, server.seats, keeper=False, problem=text)
    used = {*view.gates, *(room for room, members in view.rooms.items() if members)}
    taken = sum(map(len, view.rooms.values()))
    return ServerStatus(host, len(used), server.licences, taken, server.seats, view.keeper)


def status_record(status: Status) -> dict[str, Any]:
    """The status as JSON data; sites by their device's name."""
    return {
        "rooms": [
            {
                "room": item.room.number,
                "server": item.room.host,
                "district": item.room.district,
                "kind": item.meeting.kind if item.meeting else None,
                "since": item.meeting.since if item.meeting else None,
                "until": item.meeting.until if item.meeting else None,
                "chair": item.has_chair,
                "present": [
                    {"host": place.host, "name": place.name, "muted": who.muted, "talking": who.talking}
                    for place, who in item.present
                ],
                "missing": [
                    {"host": place.host, "name": place.name, "connected": place.number in item.connected}
                    for place in item.missing
                ],
                "not_built": [place.host for place in item.not_built],
                "strangers": [{"number": who.number, "channel": who.channel} for who in item.strangers],
                "legs": list(item.legs),
                "leg": None
                if item.leg is None
                else {"up": item.leg.up, "redials": item.leg.redials, "error": item.leg.error},
            }
            for item in status.rooms
        ],
        "servers": {
            server.host: {
                "rooms": server.rooms,
                "licences": server.licences,
                "taken": server.taken,
                "seats": server.seats,
                "keeper": server.keeper,
                "problem": server.problem,
            }
            for server in status.servers
        },
    }


def status_lines(status: Status, zone: tzinfo | None = None) -> list[str]:
    """The status in words; times in ``zone``, None for this computer's."""
    rooms = [line for item in status.rooms for line in _room_lines(item, zone)]
    if not rooms and not any(server.problem for server in status.servers):
        rooms = [tr(vi="Không có cuộc họp nào.", en="No meeting is going on.")]
    return [*rooms, *map(server_line, status.servers)]


def _room_lines(item: RoomStatus, zone: tzinfo | None) -> Iterator[str]:
    yield _headline(item, zone)
    yield _present_line(item)
    if item.missing:
        away = [place.name for place in item.missing if place.number not in item.connected]
        idle = [place.name for place in item.missing if place.number in item.connected]
        if away:
            yield tr(vi=f"  thiếu, mất kết nối: {names(away)}", en=f"  missing, not connected: {names(away)}")
        if idle:
            yield tr(vi=f"  thiếu, đã kết nối: {names(idle)}", en=f"  missing, though connected: {names(idle)}")
    if item.not_built:
        count = len(item.not_built)
        yield tr(vi=f"  chưa vận hành: {count} điểm", en=f"  not in operation yet: {count} sites")
    if item.strangers:
        who = names([member.number for member in item.strangers])
        yield tr(vi=f"  số lạ: {who}", en=f"  callers that do not belong here: {who}")
    yield from _leg_lines(item)


def _headline(item: RoomStatus, zone: tzinfo | None) -> str:
    room = tr(vi=f"Phòng {item.room.number} {item.title}", en=f"Room {item.room.number} {item.title}")
    if item.meeting is None:
        return room + tr(vi=": có người, chưa mở cuộc họp", en=": occupied, no meeting was opened")
    since, until = (_clock(moment, zone) for moment in (item.meeting.since, item.meeting.until))
    chair = tr(vi="có mặt", en="present") if item.has_chair else tr(vi="VẮNG", en="ABSENT")
    kind = kind_label(item.meeting.kind)
    return room + tr(
        vi=f": {kind}, từ {since}, chậm nhất {until}, chủ tọa {chair}",
        en=f": {kind}, since {since}, until {until} at the latest, chair {chair}",
    )


def _present_line(item: RoomStatus) -> str:
    count, expected = len(item.present), len(item.present) + len(item.missing) + len(item.not_built)
    speak = names(item.talking) or tr(vi="không ai", en="nobody")
    if item.meeting is None:
        expected = count
    return tr(
        vi=f"  có mặt {count}/{expected}; đang nói: {speak}; tắt mic: {len(item.muted)}",
        en=f"  {count} of {expected} present; speaking: {speak}; muted: {len(item.muted)}",
    )


def _leg_lines(item: RoomStatus) -> Iterator[str]:
    if item.legs:
        joined = list(dict.fromkeys(item.legs))
        yield tr(
            vi=f"  nối với {len(joined)} huyện: {', '.join(joined)}",
            en=f"  joined to {len(joined)} districts: {', '.join(joined)}",
        )
    if item.doubled:
        twice = ", ".join(item.doubled)
        yield tr(vi=f"  CHÂN NỐI ĐÔI: {twice}", en=f"  JOINED TWICE: {twice}")
    if item.leg is None:
        return
    again = tr(vi=f", gọi lại {item.leg.redials} lần", en=f", redialled {item.leg.redials} times")
    state = tr(vi="đang nối", en="up") if item.leg.up else tr(vi="MẤT, đang gọi lại", en="DOWN, being redialled")
    error = f" ({item.leg.error})" if item.leg.error and not item.leg.up else ""
    yield tr(vi="  chân nối với tỉnh: ", en="  leg to the province: ") + state + again + error


def server_line(server: ServerStatus) -> str:
    """One server in one line."""
    if server.problem:
        return f"{server.host}: {server.problem}"
    keeper = "" if server.keeper else tr(vi="; DỊCH VỤ hntt-meetings KHÔNG CHẠY", en="; SERVICE hntt-meetings IS DOWN")
    used = tr(
        vi=f"{server.rooms}/{server.licences} license, {server.taken}/{server.seats} chỗ",
        en=f"{server.rooms} of {server.licences} licences, {server.taken} of {server.seats} seats",
    )
    return f"{server.host}: {used}{keeper}"


def names(items: list[str]) -> str:
    """Some names in words; the rest as a number."""
    rest = len(items) - _NAMES
    more = tr(vi=f" và {rest} điểm nữa", en=f" and {rest} more") if rest > 0 else ""
    return ", ".join(items[:_NAMES]) + more


def _clock(moment: int, zone: tzinfo | None) -> str:
    return f"{datetime.fromtimestamp(moment, zone).astimezone(zone):%H:%M}"


def problems(views: Mapping[str, ServerView | NoView]) -> dict[str, NoView]:
    """The servers that could not be asked and may have meetings on them."""
    return {host: view for host, view in views.items() if isinstance(view, NoView) and not view.is_idle}
