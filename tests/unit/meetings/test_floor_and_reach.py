"""Who is meant when the operator gives the floor, and what servers' answers over SSH mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from hntt.audit.shells import Said
from hntt.i18n import set_language
from hntt.meetings import floor, reach
from hntt.meetings.floor import Seated, matching, speak, unknown
from hntt.meetings.layout import Layout, Place, Room, Server
from hntt.meetings.live import Member, ServerView
from hntt.meetings.reach import NoView, view_of

ROOM = Room("2007", "mcu-3.tinh", "le-thuy", "Lệ Thủy", "404481", 29, 1)
CHAIR = Place("404481", "vcs.le-thuy", "UBND huyện Lệ Thủy", "le-thuy", True)
SITES = [Place(f"4045{n}2", f"pc.{name}.le-thuy", name, "le-thuy", True) for n, name in enumerate(["a", "b", "c"])]
LAYOUT = Layout(
    {"2007": ROOM}, {"mcu-3.tinh": Server("mcu-3.tinh", 4, 100)}, {place.number: place for place in (CHAIR, *SITES)}
)
MEMBERS = tuple(Member(f"PJSIP/{place.number}-1", place.number, place.name) for place in (CHAIR, *SITES[:2]))
LEG = Member("PJSIP/peer-mcu-1-1", "2007", "CASCADE-le-thuy")
VIEWS = {"mcu-3.tinh": ServerView({"2007": (*MEMBERS, LEG)}), "mcu-2.tinh": NoView("away")}


@pytest.fixture(autouse=True)
def english() -> Any:
    set_language("en")
    yield
    set_language(None)


def meant(*patterns: str, silence: bool) -> list[str]:
    return [item.place.host for item in matching(LAYOUT, VIEWS, patterns, silence=silence)]


def test_only_sites_in_a_room_are_meant() -> None:
    assert meant("pc.a.le-thuy", silence=False) == ["pc.a.le-thuy"]
    assert meant("pc.c.le-thuy", silence=False) == []
    assert meant("pc.*", silence=True) == ["pc.a.le-thuy", "pc.b.le-thuy"]


def test_a_chair_is_silenced_only_by_its_name() -> None:
    assert meant("*.le-thuy", silence=True) == ["pc.a.le-thuy", "pc.b.le-thuy"]
    assert meant("vcs.le-thuy", silence=True) == ["vcs.le-thuy"]
    assert meant("*.le-thuy", silence=False) == ["vcs.le-thuy", "pc.a.le-thuy", "pc.b.le-thuy"]


def test_a_pattern_that_fits_nobody_is_named() -> None:
    assert unknown(LAYOUT, ["pc.a.le-thuy", "pc.x.*", "vcs.*"]) == ["pc.x.*"]


def test_each_server_is_told_once_for_each_room(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Sequence[str]] = {}
    monkeypatch.setattr(floor, "command", lambda targets, lines: told.update(lines) or {})
    sites = [Seated(place, "2007", "mcu-3.tinh") for place in SITES[:2]] + [Seated(CHAIR, "1000", "mcu-1.tinh")]
    assert speak({}, sites, on=True) == {}
    assert told == {"mcu-3.tinh": ["mic 2007 on 404502 404512"], "mcu-1.tinh": ["mic 1000 on 404481"]}


@pytest.mark.parametrize(
    ("printed", "text", "is_idle"),
    [
        ("hntt-idle", "no Asterisk runs on it yet", True),
        ("hntt-absent", "Asterisk runs, but not the service", False),
        ("AmiLostError: no answer\nhntt-rc 4", "AmiLostError: no answer", False),
        ("nonsense\nhntt-rc 0", "makes no sense", False),
        ("hntt-rc 1", "no answer", False),
    ],
)
def test_what_a_server_may_say_instead_of_its_rooms(printed: str, text: str, is_idle: bool) -> None:
    view = view_of(Said((printed,)))
    assert isinstance(view, NoView)
    assert text in view.text
    assert view.is_idle is is_idle


def test_a_view_comes_back_whole() -> None:
    printed = f"{json.dumps(VIEWS['mcu-3.tinh'].to_json())}\nhntt-rc 0"  # type: ignore[union-attr]
    assert view_of(Said((printed,))) == VIEWS["mcu-3.tinh"]


def test_a_server_that_cannot_be_reached_says_why() -> None:
    view = view_of(Said((), TimeoutError("slow")))
    assert isinstance(view, NoView)
    assert view.text


def test_a_command_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"a": Said(("done\nhntt-rc 0",)), "b": Said(("ValueError: not in room\nhntt-rc 3",))}
    monkeypatch.setattr(reach, "run_everywhere", lambda wanted: said)
    assert reach.command({"a": None, "b": None}, {"a": ["x"], "b": ["y"]}) == {"b": "ValueError: not in room"}  # type: ignore[dict-item]
