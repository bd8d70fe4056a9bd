"""What a server says of its rooms, as data: members, open meetings, who is registered.

Standard library only: it also runs on the MCU servers themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from hntt.meetings.ami import Ami, AmiRefusedError, Message

ROOM_FAMILY, OPEN = "hntt-room", "open"
"""The gate of the dialplan, see ``hntt.intent.mcu.contract``: a test compares them."""
MEETING_FAMILY = "hntt-meeting"
CASCADE_PREFIX = "CASCADE-"
_ANNOUNCER = "CBAnn/"


@dataclass(frozen=True)
class Meeting:
    """An open meeting as the server of one of its rooms remembers it. ``since`` and ``until`` in seconds of Unix time.

    ``leg``: whether this room is joined to the province's.
    """

    kind: str
    since: int
    until: int
    leg: bool = False

    def encode(self) -> str:
        """As kept in Asterisk's database, whose values are short texts."""
        return f"kind={self.kind} since={self.since} until={self.until} leg={int(self.leg)}"

    @classmethod
    def decode(cls, text: str) -> Self | None:
        """From the database; None for what this program did not write."""
        found = dict(word.partition("=")[::2] for word in text.split())
        try:
            return cls(found["kind"], int(found["since"]), int(found["until"]), found.get("leg") == "1")
        except (KeyError, ValueError):
            return None


def district_of(name: str) -> str | None:
    """The district whose leg has this caller's name; None for another caller."""
    return name.removeprefix(CASCADE_PREFIX) if name.startswith(CASCADE_PREFIX) else None


@dataclass(frozen=True)
class Member:
    """One channel in a room. ``number`` and ``name`` are the caller's; ``seconds`` since it was answered.

    ``uid``: by which Asterisk's messages to the pages name it.
    """

    channel: str
    number: str
    name: str
    muted: bool = False
    talking: bool = False
    admin: bool = False
    seconds: int = 0
    uid: str = ""

    @property
    def district(self) -> str | None:
        """The district whose leg this is; None for a site."""
        return district_of(self.name)

    @property
    def endpoint(self) -> str:
        """The PJSIP endpoint that the channel belongs to."""
        return self.channel.partition("/")[2].rpartition("-")[0]


@dataclass(frozen=True)
class Leg:
    """What the keeper knows of one leg. Times in Unix seconds; ``error`` is why the last try failed.

    ``dials``: tries since the meeting was opened; ``failures``: those since the leg was last up for good.
    """

    up: bool = False
    dials: int = 0
    failures: int = 0
    next_try: float = 0.0
    up_since: float = 0.0
    error: str = ""

    @property
    def redials(self) -> int:
        """Tries after the first."""
        return max(0, self.dials - 1)


@dataclass(frozen=True)
class ServerView:
    """One server's rooms. ``registered``: numbers of the endpoints that are connected, None when not asked.

    ``keeper``: whether the service that keeps meetings runs.
    """

    rooms: Mapping[str, tuple[Member, ...]] = field(default_factory=dict)
    meetings: Mapping[str, Meeting] = field(default_factory=dict)
    gates: frozenset[str] = frozenset()
    registered: frozenset[str] | None = None
    legs: Mapping[str, Leg] = field(default_factory=dict)
    keeper: bool = False

    def to_json(self) -> dict[str, Any]:
        """As the program on the server prints it."""
        return {
            "rooms": {room: [asdict(member) for member in members] for room, members in self.rooms.items()},
            "meetings": {room: asdict(meeting) for room, meeting in self.meetings.items()},
            "gates": sorted(self.gates),
            "registered": None if self.registered is None else sorted(self.registered),
            "legs": {room: asdict(leg) for room, leg in self.legs.items()},
            "keeper": self.keeper,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What ``to_json`` gave. KeyError, TypeError or ValueError for anything else."""
        registered = data["registered"]
        return cls(
            rooms={room: tuple(Member(**item) for item in members) for room, members in data["rooms"].items()},
            meetings={room: Meeting(**item) for room, item in data["meetings"].items()},
            gates=frozenset(data["gates"]),
            registered=None if registered is None else frozenset(registered),
            legs={room: Leg(**item) for room, item in data["legs"].items()},
            keeper=bool(data["keeper"]),
        )


async def read_server(ami: Ami, *, contacts: bool = False) -> ServerView:
    """Ask for rooms, members and meetings; with ``contacts`` also for who is registered."""
    names = [item["conference"] for item in await _listed(ami, "ConfbridgeListRooms", {})]
    rooms = {name: await _listed(ami, "ConfbridgeList", {"Conference": name}) for name in names}
    meetings = {key: Meeting.decode(value) for key, value in (await database(ami, MEETING_FAMILY)).items()}
    gates = await database(ami, ROOM_FAMILY)
    return ServerView(
        rooms={name: tuple(map(member, _people(items))) for name, items in rooms.items()},
        meetings={room: meeting for room, meeting in meetings.items() if meeting is not None},
        gates=frozenset(room for room, value in gates.items() if value == OPEN),
        registered=await _registered(ami) if contacts else None,
    )


async def database(ami: Ami, family: str) -> dict[str, str]:
    """The entries of one family of Asterisk's database."""
    found = await _listed(ami, "DBGetTree", {"Family": family})
    return {item["key"].rpartition("/")[2]: item.get("val", "") for item in found if "key" in item}


def member(message: Message) -> Member:
    """One ``ConfbridgeList`` event."""
    return Member(
        channel=message["channel"],
        number=message.get("calleridnum", ""),
        name=message.get("calleridname", ""),
        muted=_yes(message, "muted"),
        talking=_yes(message, "talking"),
        admin=_yes(message, "admin"),
        seconds=int(message.get("answeredtime") or 0),
        uid=message.get("uniqueid", ""),
    )


def _people(items: list[Message]) -> list[Message]:
    return [item for item in items if "channel" in item and not item["channel"].startswith(_ANNOUNCER)]


async def _registered(ami: Ami) -> frozenset[str]:
    # Not PJSIPShowContacts: it knows nothing of contacts that are written in the configuration.
    endpoints = await _listed(ami, "PJSIPShowEndpoints", {})
    return frozenset(item["objectname"] for item in endpoints if item.get("devicestate", "").lower() not in _AWAY)


async def _listed(ami: Ami, action: str, headers: Mapping[str, str]) -> list[Message]:
    """The list; empty when Asterisk says there is none, which it does with an error."""
    try:
        return await ami.list(action, headers)
    except AmiRefusedError as refused:
        if str(refused).lower().startswith(_NOTHING):
            return []
        raise


_NOTHING = ("no active conferences", "no conference by that name", "database entry not found", "no endpoints found")
_AWAY = ("unavailable", "invalid", "unknown", "")


def _yes(message: Message, name: str) -> bool:
    return message.get(name, "").lower() == "yes"
