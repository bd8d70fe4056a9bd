"""The service that keeps meetings, on each MCU server. Standard library only.

    hntt-meetings run                                   the service
    hntt-meetings show                                  this server's rooms as JSON
    hntt-meetings open ROOM KIND SECONDS [--leg]        open a meeting here; the service does the rest
    hntt-meetings close ROOM                            end it
    hntt-meetings mic ROOM on|off NUMBER...             let sites speak, or have them silent

Open meetings lie in Asterisk's own database: they outlive the operator's computer, this service and Asterisk itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from hntt.meetings.ami import Ami, AmiError, AmiLostError, AmiRefusedError, Message
from hntt.meetings.greeting import Greeter, Tell
from hntt.meetings.legs import (
    Action,
    Chair,
    Dial,
    Drop,
    End,
    RoomPlan,
    dead_calls,
    doubled,
    failed_leg,
    ghosts,
    mute_legs,
    next_leg,
    room_actions,
    superseded,
)
from hntt.meetings.live import (
    CASCADE_PREFIX,
    MEETING_FAMILY,
    OPEN,
    ROOM_FAMILY,
    Leg,
    Meeting,
    ServerView,
    database,
    district_of,
    read_server,
)

CONFIG, STATE = Path("/etc/hntt/meetings.json"), Path("/run/hntt-meetings/state.json")
LOOK_S, RETRY_S = 2.0, 2.0
STATE_STALE_S = 15
RING_MS = 15_000
SETTLE_S = 5.0
NORMAL, FULL, NOT_OPEN = 16, 17, 19
"""Q.850 causes: somebody hung up; no seat is free; the room is not open. See ``hntt.intent.mcu.contract``."""
_REASONS = {"0": "refused or not reachable", "1": "no answer", "3": "no answer", "5": "busy", "8": "congested"}
_log = logging.getLogger("hntt-meetings")


@dataclass(frozen=True)
class Config:
    """The file of this server: how Asterisk is asked, and its rooms."""

    address: str
    port: int
    user: str
    secret: str
    rooms: Mapping[str, RoomPlan]
    context: str
    codecs: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """KeyError, OSError or ValueError when it is not as the role writes it."""
        data = json.loads(path.read_text(encoding="utf-8"))
        rooms = {item["number"]: RoomPlan(**item) for item in data["rooms"]}
        return cls(data["address"], data["port"], data["user"], data["secret"], rooms, data["context"], data["codecs"])


async def connect(config: Config, keeper: Keeper | None = None) -> Ami:
    """A session with this server's Asterisk."""
    on_event = keeper.on_event if keeper else None
    return await Ami.connect(config.address, config.port, config.user, config.secret, on_event)


class Keeper:
    """What is remembered between two looks."""

    def __init__(self, config: Config, state_file: Path = STATE, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._state_file = state_file
        self._legs: dict[str, Leg] = {}
        self._greeters = {number: Greeter() for number in config.rooms}
        self._chairs: dict[str, Chair] = {}
        self._doubled: dict[str, float] = {}
        self._calls: dict[str, asyncio.Task[None]] = {}
        self._refused: set[str] = set()
        self._again: set[str] = set()
        self._silent: dict[str, float] = {}
        self._reports: dict[str, float] = {}
        self._meetings: Mapping[str, Meeting] = {}
        self._look_now = asyncio.Event()

    async def run(self) -> None:
        """Keep the meetings until cancelled; Asterisk may come and go."""
        while True:
            try:
                await self.session()
            except AmiError as error:
                _log.warning("asterisk: %s", error)
            await asyncio.sleep(RETRY_S)

    async def session(self) -> None:
        """Look after the rooms while the connection lasts."""
        ami = await connect(self._config, self)
        # What was heard before the connection was lost says nothing about now.
        self._silent.clear()
        self._reports.clear()
        try:
            while not ami.lost.is_set():
                self._look_now.clear()
                await self.look(ami, self._clock())
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._look_now.wait(), LOOK_S)
        finally:
            for call in self._calls.values():
                call.cancel()
            self._calls.clear()
            await ami.close()

    def on_event(self, event: Message) -> None:
        """Remember how calls ended, and look at once when somebody came or went."""
        name = event["event"]
        if name in ("HangupRequest", "Hangup"):
            self._ended(event)
        if name == "ContactStatus":
            self._heard(event)
        if name == "RTCPReceived" and district_of(event.get("calleridname", "")):
            self._reports[event.get("channel", "")] = self._clock()
        if name == "Hangup":
            self._reports.pop(event.get("channel", ""), None)
        if name in ("ConfbridgeJoin", "ConfbridgeLeave", "Hangup"):
            self._look_now.set()

    async def look(self, ami: Ami, now: float) -> None:
        """See what there is, do what is to be done, write it down."""
        view = await read_server(ami)
        self._meetings = view.meetings
        for action in self._decide(view, now):
            await self._act(ami, action)
        self._write(now)

    def _decide(self, view: ServerView, now: float) -> list[Action | Tell]:
        actions: list[Action | Tell] = []
        for number, room in self._config.rooms.items():
            members = view.rooms.get(number, ())
            actions += self._greeters[number].looked(number, room.chair, members)
            meeting = view.meetings.get(number)
            chair = self._chairs.get(number, Chair()) if meeting else Chair()
            self._chairs[number] = chair.looked(any(m.number == room.chair for m in members), now)
            if number in self._refused and meeting is not None:
                actions.append(End(number, "the province's room is closed"))
                continue
            leg = self._looked_at_leg(room, meeting, view, now)
            actions += room_actions(
                room,
                meeting,
                members,
                leg,
                self._chairs[number],
                dialling=number in self._calls,
                now=now,
            )
            actions += [*dead_calls(members, self._silent, now), *mute_legs(members, self._reports, now)]
            if room.district is None:
                self._doubled = doubled(members, self._doubled, now)
                actions += [*ghosts(members, self._doubled, now), *superseded(members, self._again)]
        self._refused.clear()
        self._again.clear()
        return actions

    def _looked_at_leg(self, room: RoomPlan, meeting: Meeting | None, view: ServerView, now: float) -> Leg:
        if meeting is None or not meeting.leg:
            self._legs.pop(room.number, None)
            return Leg()
        members = view.rooms.get(room.number, ())
        is_up = any(member.district == room.district for member in members)
        before = self._legs.get(room.number, Leg())
        leg = self._legs[room.number] = next_leg(before, is_up, now)
        if leg.up != before.up:
            _log.info("room %s: leg is %s", room.number, "up" if leg.up else "lost")
        return leg

    async def _act(self, ami: Ami, action: Action | Tell) -> None:
        if isinstance(action, Tell):
            # Refused where the call has just ended.
            with suppress(AmiRefusedError):
                await ami.ask("SendText", action.headers)
        elif isinstance(action, Dial):
            self._dial(ami, action.room)
        elif isinstance(action, Drop):
            _log.info("hanging up %s: %s", action.channel, action.why)
            with suppress(AmiRefusedError):
                await ami.ask("Hangup", {"Channel": action.channel, "Cause": str(NORMAL)})
        elif isinstance(action, End):
            _log.info("room %s is over: %s", action.room, action.why)
            await close_room(ami, action.room)

    def _dial(self, ami: Ami, room: RoomPlan) -> None:
        leg = self._legs.get(room.number, Leg())
        self._legs[room.number] = replace(leg, dials=leg.dials + 1)
        _log.info("room %s: calling %s", room.number, room.leg_channel)
        self._calls[room.number] = asyncio.create_task(self._call(ami, room))

    async def _call(self, ami: Ami, room: RoomPlan) -> None:
        try:
            answer = await ami.originate(originate_headers(self._config, room), RING_MS / 1000 + 5)
            error = "" if answer.get("response") == "Success" else _REASONS.get(answer.get("reason", ""), "failed")
        except AmiError as lost:
            error = str(lost)
        if error:
            _log.warning("room %s: leg: %s", room.number, error)
            self._legs[room.number] = failed_leg(self._legs.get(room.number, Leg()), error, self._clock())
        elif room.number in self._legs:
            # Answered, but perhaps not in the room yet: it is not to be called again meanwhile.
            self._legs[room.number] = replace(self._legs[room.number], next_try=self._clock() + SETTLE_S)
        self._calls.pop(room.number, None)
        self._look_now.set()

    def _ended(self, event: Message) -> None:
        cause, number = event.get("cause", ""), event.get("calleridnum", "")
        district = district_of(event.get("calleridname", ""))
        for room in self._config.rooms.values():
            if event["event"] == "Hangup" and number == room.chair and room.number in self._chairs:
                self._chairs[room.number] = replace(self._chairs[room.number], hung_up=cause == str(NORMAL))
            # HangupRequest comes from the far end only, never from a call that we gave up ourselves.
            if event["event"] == "HangupRequest" and room.district == district and room.leg_channel:
                self._refused |= {room.number} if cause == str(NOT_OPEN) else set()
            if event["event"] == "Hangup" and room.district is None and district and cause == str(FULL):
                self._again.add(district)

    def _heard(self, event: Message) -> None:
        """Asterisk asks the other servers every few seconds whether they are there."""
        name, status = event.get("endpointname", ""), event.get("contactstatus", "").lower()
        if status in ("unreachable", "removed"):
            self._silent.setdefault(name, self._clock())
        elif status == "reachable":
            self._silent.pop(name, None)

    def _write(self, now: float) -> None:
        text = json.dumps({"time": now, "legs": {room: asdict(leg) for room, leg in self._legs.items()}})
        scratch = self._state_file.with_suffix(".new")
        try:
            scratch.write_text(text, encoding="utf-8")
            scratch.replace(self._state_file)
        except OSError as error:
            _log.warning("%s: %s", self._state_file, error)


def originate_headers(config: Config, room: RoomPlan) -> dict[str, str]:
    """The call of a leg. Without ``Codecs`` it would have no picture, and nothing would say so."""
    return {
        "Channel": room.leg_channel or "",
        "Context": config.context,
        "Exten": room.number,
        "Priority": "1",
        "CallerID": f'"{CASCADE_PREFIX}{room.district}" <{room.number}>',
        "Codecs": config.codecs,
        "Timeout": str(RING_MS),
    }


async def open_room(ami: Ami, room: str, meeting: Meeting) -> None:
    """Write the meeting down, then open the gate. One that is open keeps its beginning."""
    known = Meeting.decode((await database(ami, MEETING_FAMILY)).get(room, ""))
    if known is not None and known.kind == meeting.kind:
        meeting = replace(meeting, since=known.since)
    await ami.ask("DBPut", {"Family": MEETING_FAMILY, "Key": room, "Val": meeting.encode()})
    await ami.ask("DBPut", {"Family": ROOM_FAMILY, "Key": room, "Val": OPEN})


async def close_room(ami: Ami, room: str) -> None:
    """Close the gate first, so that nobody comes back; then hang up everybody and forget the meeting."""
    for action, headers in (
        ("DBDel", {"Family": ROOM_FAMILY, "Key": room}),
        ("DBDel", {"Family": MEETING_FAMILY, "Key": room}),
        ("ConfbridgeKick", {"Conference": room, "Channel": "all"}),
    ):
        # Refused where there is nothing to delete and nobody to hang up.
        with suppress(AmiRefusedError):
            await ami.ask(action, headers)


async def switch(ami: Ami, room: str, numbers: Collection[str], *, on: bool) -> None:
    """Switch the microphones of sites in the room, as the room hears them. ValueError when one is not there."""
    members = (await read_server(ami)).rooms.get(room, ())
    absent = set(numbers) - {member.number for member in members if member.district is None}
    if absent:
        raise ValueError(f"not in room {room}: {', '.join(sorted(absent))}")
    action = "ConfbridgeUnmute" if on else "ConfbridgeMute"
    for member in members:
        if member.number in numbers and member.district is None:
            await ami.ask(action, {"Conference": room, "Channel": member.channel})


async def show(ami: Ami, state_file: Path, now: float) -> dict[str, Any]:
    """This server's rooms, with what the service knows of its legs."""
    view = await read_server(ami, contacts=True)
    try:
        state = json.loads(state_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        state = {}
    fresh = now - float(state.get("time", 0)) <= STATE_STALE_S
    legs = {room: Leg(**leg) for room, leg in state.get("legs", {}).items()} if fresh else {}
    return replace(view, legs=legs, keeper=fresh).to_json()


def main(arguments: list[str]) -> int:
    """Entry point on the server; the exit code."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        config = Config.read(Path(os.environ.get("HNTT_MEETINGS_CONFIG", CONFIG)))
        state_file = Path(os.environ.get("HNTT_MEETINGS_STATE", STATE))
        asyncio.run(Keeper(config, state_file).run() if asked.verb == "run" else _once(config, asked, state_file))
    except KeyboardInterrupt:
        return 0
    except (AmiError, OSError, KeyError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 4 if isinstance(error, AmiLostError) else 3
    return 0


def _once(config: Config, asked: argparse.Namespace, state_file: Path) -> Coroutine[Any, Any, None]:
    async def work() -> None:
        ami = await connect(config)
        try:
            if asked.verb == "open":
                now = int(time.time())
                await open_room(ami, asked.room, Meeting(asked.kind, now, now + asked.seconds, asked.leg))
            elif asked.verb == "close":
                await close_room(ami, asked.room)
            elif asked.verb == "mic":
                await switch(ami, asked.room, asked.numbers, on=asked.state == "on")
            else:
                print(json.dumps(await show(ami, state_file, time.time())))
        finally:
            await ami.close()

    if asked.verb != "show" and asked.room not in config.rooms:
        raise ValueError(f"room {asked.room} is not on this server")
    return work()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hntt-meetings")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("run")
    verbs.add_parser("show")
    opening = verbs.add_parser("open")
    opening.add_argument("room")
    opening.add_argument("kind")
    opening.add_argument("seconds", type=int)
    opening.add_argument("--leg", action="store_true")
    verbs.add_parser("close").add_argument("room")
    microphones = verbs.add_parser("mic")
    microphones.add_argument("room")
    microphones.add_argument("state", choices=["on", "off"])
    microphones.add_argument("numbers", nargs="+")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
