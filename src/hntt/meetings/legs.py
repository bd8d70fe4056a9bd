"""What the keeper of one server does next, decided from what it sees. Pure; standard library only.

A district's server keeps the leg between its room and the province's; either server ends a room when its meeting is
over. The province's server says that a meeting is over by refusing the leg's next call, so no server has to be told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from hntt.meetings.live import Leg, Meeting, Member

BACK_OFF_S = (1, 2, 4, 8, 15, 30)
PROVEN_S = 30
"""A leg that was up for so long starts again at the shortest wait when it is lost."""
GHOST_S = 10
"""The far server drops its second leg at once; what is doubled for longer is a leg whose server was restarted."""
SILENT_S = 5
"""How long a server may have been found silent before calls with it are given up."""
MUTE_S = 16
"""How long nothing may be reported of a leg by its far end, which does so every five seconds. Silence of its media says
nothing: a leg without a picture is healthy too."""
PEER_PREFIX = "peer-"
"""What the endpoints of the other servers begin with, see ``hntt.intent.mcu.contract``."""
HUNG_UP_S, LOST_S = 10, 300
"""How long a room waits for its chair: after it hung up, and after its call was lost in another way."""


@dataclass(frozen=True)
class RoomPlan:
    """One room of this server. ``leg_channel``: what is dialled for its leg, None for the province's room."""

    number: str
    chair: str
    district: str | None = None
    leg_channel: str | None = None


@dataclass(frozen=True)
class Dial:
    """Call the province's room and put the call into ``room``."""

    room: RoomPlan


@dataclass(frozen=True)
class Drop:
    """Hang up one channel."""

    channel: str
    why: str


@dataclass(frozen=True)
class End:
    """The room's meeting is over: forget it, close the gate, hang up everybody."""

    room: str
    why: str


Action = Dial | Drop | End


@dataclass(frozen=True)
class Chair:
    """What was seen of a room's chair. ``left``: Unix time it was missed first, None while it is there."""

    seen: bool = False
    left: float | None = None
    hung_up: bool = False

    def looked(self, present: bool, now: float) -> Chair:
        """After another look into the room."""
        if present:
            return Chair(seen=True)
        return replace(self, left=now) if self.seen and self.left is None else self

    def is_over(self, now: float) -> bool:
        """Whether the meeting ends because its chair has left it."""
        if not self.seen or self.left is None:
            return False
        return now - self.left >= (HUNG_UP_S if self.hung_up else LOST_S)


def legs_of(members: Sequence[Member], district: str) -> list[Member]:
    """The legs of one district in a room, the oldest first."""
    found = [member for member in members if member.district == district]
    return sorted(found, key=lambda member: -member.seconds)


def next_leg(leg: Leg, is_up: bool, now: float) -> Leg:
    """The leg after another look."""
    if is_up:
        since = leg.up_since if leg.up else now
        proven = now - since >= PROVEN_S
        return replace(leg, up=True, up_since=since, failures=0 if proven else leg.failures, error="", next_try=0.0)
    if not leg.up:
        return leg
    return replace(leg, up=False, failures=leg.failures + 1, next_try=now + wait_s(leg.failures))


def failed_leg(leg: Leg, error: str, now: float) -> Leg:
    """The leg after a call that was not answered."""
    return replace(leg, up=False, failures=leg.failures + 1, error=error, next_try=now + wait_s(leg.failures))


def wait_s(failures: int) -> float:
    """Seconds to the next call after so many failures in a row."""
    return BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]


def room_actions(
    room: RoomPlan,
    meeting: Meeting | None,
    members: Sequence[Member],
    leg: Leg,
    chair: Chair,
    *,
    dialling: bool,
    now: float,
) -> list[Action]:
    """What is to be done about one room. ``dialling``: a call of ours is on its way, so no other one is placed."""
    if meeting is not None and (why := over(meeting, chair, now)):
        return [End(room.number, why)]
    if room.district is None:
        return []
    legs = legs_of(members, room.district)
    wanted = 1 if meeting is not None and meeting.leg and room.leg_channel else 0
    drops: list[Action] = [
        Drop(member.channel, "second leg" if wanted else "no meeting with a leg") for member in legs[wanted:]
    ]
    if wanted and not legs and not dialling and now >= leg.next_try:
        return [*drops, Dial(room)]
    return drops


def over(meeting: Meeting, chair: Chair, now: float) -> str:
    """Why the meeting is over; empty while it is not. A room joined to the province's ends with the province's."""
    if now >= meeting.until:
        return "its time is over"
    return "the chair left" if not meeting.leg and chair.is_over(now) else ""


def dead_calls(members: Sequence[Member], silent: Mapping[str, float], now: float) -> list[Drop]:
    """Calls with servers that have been silent for too long: legs, and sites that come through them.

    ``silent``: PJSIP endpoint to Unix time. A call that was answered later proves that its server is back.
    """
    given_up = {
        name: since for name, since in silent.items() if name.startswith(PEER_PREFIX) and now - since >= SILENT_S
    }
    return [
        Drop(member.channel, "the far server does not answer")
        for member in members
        if member.endpoint in given_up and now - member.seconds <= given_up[member.endpoint]
    ]


def mute_legs(members: Sequence[Member], reports: Mapping[str, float], now: float) -> list[Drop]:
    """Legs of which the far end reports nothing any more. ``reports``: channel to Unix time of the last report.

    A leg that has never been reported of is left alone: it has only just come, or we have.
    """
    return [
        Drop(member.channel, "nothing is heard of its far end")
        for member in members
        if member.district is not None and now - reports.get(member.channel, now) >= MUTE_S
    ]


def ghosts(members: Sequence[Member], first_seen: Mapping[str, float], now: float) -> list[Drop]:
    """Legs of the province's room that are there twice for too long: the older ones, whose server was restarted.

    ``first_seen``: per district when it was first seen twice, in Unix time.
    """
    return [
        Drop(member.channel, "left over from before its server was restarted")
        for district, since in first_seen.items()
        if now - since >= GHOST_S
        for member in legs_of(members, district)[:-1]
    ]


def superseded(members: Sequence[Member], refused: Collection[str]) -> list[Drop]:
    """Legs whose district has called again and was refused: its server would not, had it not lost the leg."""
    return [Drop(member.channel, "its district calls again") for name in refused for member in legs_of(members, name)]


def doubled(members: Sequence[Member], before: Mapping[str, float], now: float) -> dict[str, float]:
    """Districts with more than one leg in the room, and since when."""
    districts = [member.district for member in members if member.district]
    return {name: before.get(name, now) for name in dict.fromkeys(districts) if districts.count(name) > 1}
