"""One server's rooms in memory, for the keeper: calls come and go as a case says, and what the keeper does is noted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hntt.meetings.ami import AmiRefusedError, Message
from hntt.meetings.keeper import Config, Keeper
from hntt.meetings.legs import RoomPlan
from hntt.meetings.live import CASCADE_PREFIX, MEETING_FAMILY, OPEN, ROOM_FAMILY, Meeting, Member

BEGIN = 1_800_000_000.0
"""Unix time of second 0 of every case."""
LOOK_S = 2


@dataclass
class World:
    """Asterisk as the keeper sees it. ``calls`` is how a call of a leg ends: ``answered`` or a Q.850 cause."""

    plan: RoomPlan
    now: float = BEGIN
    calls: str = "answered"
    members: dict[str, Member] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    database: dict[tuple[str, str], str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    keeper: Keeper | None = None
    dialled: int = 0

    def note(self, text: str) -> None:
        """Write down what the keeper did."""
        self.done.append(f"{self.now - BEGIN:5.0f} s  {text}")

    # --- what the keeper asks ---
    async def list(self, action: str, headers: Mapping[str, str] | None = None) -> list[Message]:
        """Answers of actions that list something."""
        asked = headers or {}
        if action == "ConfbridgeListRooms":
            return [{"conference": self.plan.number}] if self.members else []
        if action == "ConfbridgeList":
            return [self._listed(member) for member in self.members.values()]
        family = asked["Family"]
        return [{"key": f"/{family}/{key}", "val": val} for (of, key), val in self.database.items() if of == family]

    def _listed(self, member: Member) -> Message:
        return {
            "channel": member.channel,
            "calleridnum": member.number,
            "calleridname": member.name,
            "answeredtime": str(int(self.now - self.answered[member.channel])),
            "talking": "Yes" if member.talking else "No",
            "uniqueid": f"1.{member.channel}",
        }

    async def ask(self, action: str, headers: Mapping[str, str] | None = None) -> Message:
        """Actions that do something."""
        asked = headers or {}
        if action == "SendText":
            told = json.loads(asked["Message"])["channels"][0]
            self.note(f"tells {asked['Channel']}: {told['caller']['name']} speaks {told['talking_status']}")
        elif action == "Hangup":
            self.note(f"hangs up {asked['Channel']}")
            self.leave(asked["Channel"], "16")
        elif action == "DBDel":
            self.note(f"forgets {asked['Family']}/{asked['Key']}")
            self.database.pop((asked["Family"], asked["Key"]), None)
        elif action == "ConfbridgeKick":
            if not self.members:
                raise AmiRefusedError("No Conference by that name found.")
            self.note(f"sends everybody out of {asked['Conference']}")
            for channel in list(self.members):
                self.leave(channel, "16")
        return {"response": "Success"}

    async def originate(self, headers: Mapping[str, str], timeout_s: float) -> Message:
        """A call of a leg, as ``calls`` says."""
        self.note(f"dials {headers['Channel']}")
        self.dialled += 1
        channel = f"PJSIP/peer-mcu-1-{self.dialled:08x}"
        name = f"{CASCADE_PREFIX}{self.plan.district}"
        if self.calls == "answered":
            self.join(channel, self.plan.number, name)
            return {"response": "Success"}
        self.tell({"event": "HangupRequest", "channel": channel, "calleridname": name, "cause": self.calls})
        return {"response": "Failure", "reason": "5" if self.calls == "17" else "0"}

    # --- what happens ---
    def join(self, channel: str, number: str, name: str) -> None:
        """Somebody enters the room."""
        self.members[channel] = Member(channel, number, name)
        self.answered[channel] = self.now
        self.tell({"event": "ConfbridgeJoin", "channel": channel})

    def leave(self, channel: str, cause: str) -> None:
        """Somebody's call ends."""
        member = self.members.pop(channel)
        self.tell({"event": "ConfbridgeLeave", "channel": channel})
        about = {"channel": channel, "calleridnum": member.number, "calleridname": member.name}
        self.tell({"event": "Hangup", "cause": cause, **about})

    def tell(self, event: Message) -> None:
        """The keeper hears an event."""
        if self.keeper is not None:
            self.keeper.on_event(event)

    def happen(self, what: Mapping[str, Any]) -> None:
        """One thing of a case."""
        if "open" in what:
            meeting = Meeting(**{"since": int(self.now), "until": int(self.now) + 21600, **what["open"]})
            if "seconds" in what:
                meeting = replace(meeting, until=int(self.now) + int(what["seconds"]))
            self.database[MEETING_FAMILY, self.plan.number] = meeting.encode()
            self.database[ROOM_FAMILY, self.plan.number] = OPEN
        if "calls" in what:
            self.calls = str(what["calls"])
        if "join" in what:
            self.join(what["join"], str(what.get("number", "")), str(what.get("name", "")))
        if "leave" in what:
            self.leave(what["leave"], str(what.get("cause", 16)))
        if "speaks" in what:
            self.members[what["speaks"]] = replace(self.members[what["speaks"]], talking=bool(what["aloud"]))
        if "event" in what:
            self.tell({name: str(value) for name, value in what["event"].items()})
        if what.get("restart"):
            self.keeper = self.new_keeper()

    def new_keeper(self) -> Keeper:
        """A keeper that remembers nothing."""
        config = Config("", 0, "", "", {self.plan.number: self.plan}, "leg", "g722,h264")
        return Keeper(config, Path("/nonexistent/state.json"), lambda: self.now)


def played(case: Mapping[str, Any]) -> str:
    """What the keeper did in a case, a line each."""
    world = World(RoomPlan(**case["room"]))
    world.keeper = world.new_keeper()
    asyncio.run(_play(world, case))
    return "".join(f"{line}\n" for line in world.done)


async def _play(world: World, case: Mapping[str, Any]) -> None:
    due = sorted(case["line"].items())
    for second in range(int(case["until"]) + 1):
        world.now = BEGIN + second
        while due and due[0][0] <= second:
            for what in due.pop(0)[1]:
                world.happen(what)
        if second % LOOK_S == 0 and world.keeper is not None:
            await world.keeper.look(world, world.now)  # type: ignore[arg-type]
            for _ in range(5):
                await asyncio.sleep(0)
