"""Giving and taking the floor: whose microphone the rooms hear, by the operator's word. Pure, but for ``speak``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hntt.devices.target import Target
from hntt.meetings.layout import Layout, Place
from hntt.meetings.live import ServerView
from hntt.meetings.reach import Views, command, words


@dataclass(frozen=True)
class Seated:
    """A site that is in a room now."""

    place: Place
    room: str
    server: str


def matching(layout: Layout, views: Views, patterns: Sequence[str], *, silence: bool) -> list[Seated]:
    """The sites in the rooms whose host name fits one of the patterns (``pc.*.le-thuy``).

    With ``silence`` a room's chair is meant only where it is named in full.
    """
    return [
        item
        for item in _seated(layout, views)
        if item.place.host in patterns
        or (
            any(fnmatchcase(item.place.host, pattern) for pattern in patterns)
            and not (silence and _leads(layout, item))
        )
    ]


def unknown(layout: Layout, patterns: Sequence[str]) -> list[str]:
    """Patterns that fit no endpoint of the inventory."""
    hosts = [place.host for place in layout.places.values()]
    return [pattern for pattern in patterns if not any(fnmatchcase(host, pattern) for host in hosts)]


def speak(targets: Mapping[str, Target], sites: Sequence[Seated], *, on: bool) -> dict[str, str]:
    """Switch the sites' microphones; what went wrong, by server."""
    lines: dict[str, list[str]] = {}
    for server, room in dict.fromkeys((item.server, item.room) for item in sites):
        numbers = [item.place.number for item in sites if (item.server, item.room) == (server, room)]
        lines.setdefault(server, []).append(words("mic", room, "on" if on else "off", *numbers))
    return command(targets, lines)


def _seated(layout: Layout, views: Views) -> list[Seated]:
    found = []
    for server, view in views.items():
        for room, members in view.rooms.items() if isinstance(view, ServerView) else ():
            for member in members:
                place = layout.places.get(member.number)
                if place is not None and member.district is None:
                    found.append(Seated(place, room, server))
    return found


def _leads(layout: Layout, item: Seated) -> bool:
    room = layout.rooms.get(item.room)
    return room is not None and room.chair == item.place.number
