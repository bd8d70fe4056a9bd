"""Tells whoever enters a room who speaks there: Asterisk tells only when somebody begins or stops.

The words are those of Asterisk's own messages, which the page reads (``web/room/src/room_events.js``). Pure; standard
library only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hntt.meetings.live import Member

EVENT_TYPE = "application/x-asterisk-confbridge-event+json"


@dataclass(frozen=True)
class Tell:
    """Send a message to one channel, inside its call."""

    channel: str
    message: str

    @property
    def headers(self) -> dict[str, str]:
        """Those of AMI's ``SendText``."""
        return {"Channel": self.channel, "Message": self.message, "Content-Type": EVENT_TYPE}


class Greeter:
    """Remembers who of one room has been greeted, and what was said."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._told: dict[str, list[str]] = {}

    def looked(self, room: str, chair: str, members: Sequence[Member]) -> list[Tell]:
        """What to tell after another look into the room.

        Only sites are told, as Asterisk does; legs and chairs have no page. Who stopped while the message was on its
        way may have been told of before it: so a second look takes back what is no longer true.
        """
        speaking = [member for member in members if member.talking and not member.muted]
        silent = [member for member in members if member not in speaking]
        tells: list[Tell] = []
        told: dict[str, list[str]] = {}
        for site in (member for member in members if member.district is None and member.number != chair):
            if site.channel not in self._known:
                others = [member for member in speaking if member.channel != site.channel]
                tells += [Tell(site.channel, talking(room, member, on=True)) for member in others]
                told[site.channel] = [member.channel for member in others]
                continue
            taken_back = [member for member in silent if member.channel in self._told.get(site.channel, ())]
            tells += [Tell(site.channel, talking(room, member, on=False)) for member in taken_back]
        self._known = frozenset(member.channel for member in members)
        self._told = told
        return tells


def talking(room: str, member: Member, *, on: bool) -> str:
    """The message that somebody begins or stops to speak, on one line."""
    caller = {"name": member.name, "number": member.number}
    channel = {"id": member.uid, "name": member.channel, "caller": caller, "talking_status": "on" if on else "off"}
    told = {"type": "ConfbridgeTalking", "bridge": {"name": room}, "channels": [channel]}
    return json.dumps(told, ensure_ascii=False)
