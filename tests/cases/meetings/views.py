"""What servers say, out of a case: recordings of a real Asterisk, or views written down; and the register's layout."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from scripted_asterisk import SECRET, ScriptedAsterisk, recording

from hntt.inventory.source import Source, read_source
from hntt.meetings.ami import Ami
from hntt.meetings.layout import Layout
from hntt.meetings.live import Leg, Meeting, Member, ServerView, read_server
from hntt.meetings.reach import NoView, Views

REGISTER = Path(__file__).resolve().parents[3] / "inventories/quang_binh/register"
CENTRE = ("mcu-1.tinh", "mcu-2.tinh", "mcu-3.tinh", "vcs.tinh")


@cache
def register() -> Source:
    """The province's register."""
    return read_source(REGISTER)


def layout_of(hosts: Collection[str], live: Collection[str] = ()) -> Layout:
    """The layout of the centre and these endpoints; those in ``live`` are in operation."""
    source = register()
    made = Layout.of(source.register, source.network, frozenset((*CENTRE, *hosts)))
    places = {number: replace(place, is_live=place.host in live) for number, place in made.places.items()}
    return replace(made, places=places)


def views_of(case: Mapping[str, Any]) -> Views:
    """The views of a case, by server: ``recording: NAME``, ``problem: TEXT``, or rooms and meetings written down."""
    return {f"{name}.tinh": _view(said) for name, said in case["servers"].items()}


def _view(said: Mapping[str, Any]) -> ServerView | NoView:
    if "problem" in said:
        return NoView(said["problem"])
    if "recording" in said:
        view = asyncio.run(_recorded(said["recording"]))
    else:
        meetings = {
            room: Meeting(**{"since": 0, "until": 21600, **meeting})
            for room, meeting in said.get("meetings", {}).items()
        }
        view = ServerView(
            rooms={
                room: tuple(Member(**member) for member in members) for room, members in said.get("rooms", {}).items()
            },
            meetings=meetings,
            gates=frozenset(meetings),
            registered=frozenset(said.get("registered", [])),
        )
    legs = {room: Leg(**leg) for room, leg in said.get("legs", {}).items()}
    return replace(view, legs=legs, keeper=said.get("keeper", True))


async def _recorded(name: str) -> ServerView:
    async with ScriptedAsterisk(recording(name)).serving() as server:
        ami = await Ami.connect("127.0.0.1", server.port, "hntt-meetings", SECRET)
        try:
            return await read_server(ami, contacts=True)
        finally:
            await ami.close()
