"""Opening and closing as the playbook does it: what servers are told, in which order, and what people read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "cases" / "meetings"))

from views import layout_of

from hntt.i18n import set_language
from hntt.meetings.layout import MeetingKind
from hntt.meetings.live import Meeting, Member, ServerView
from hntt.meetings.plan import Request
from hntt.meetings.reach import NoView, Views
from hntt.play import meetings
from hntt.play.meetings import MeetingRun, action_result, hold_meeting
from hntt.play.progress import Progress

LAYOUT = layout_of(["vcs.le-thuy", "pc.an-thuy.le-thuy", "vcs.dong-hoi", "vcs.quang-ninh"])
OPEN = Request(MeetingKind.THREE_TIER, is_open=True)
Hold = Callable[..., MeetingRun]


class Servers:
    """Servers in memory that do as they are told; legs come up ``legs_after`` looks later."""

    def __init__(self) -> None:
        self.views: dict[str, ServerView | NoView] = {
            f"mcu-{n}.tinh": ServerView(registered=frozenset(), keeper=True) for n in (1, 2, 3)
        }
        self.told: list[dict[str, Sequence[str]]] = []
        self.fails: dict[str, str] = {}
        self.legs_after = 1
        self.looks = 0

    def look(self, targets: object) -> Views:
        self.looks += 1
        if self.looks > self.legs_after:
            self.views = {host: self._joined(view) for host, view in self.views.items()}
        return dict(self.views)

    def _joined(self, view: ServerView | NoView) -> ServerView | NoView:
        if not isinstance(view, ServerView):
            return view
        wanted = [room for room, meeting in view.meetings.items() if meeting.leg]
        rooms = {room: (_leg(LAYOUT.rooms[room].district or ""),) for room in wanted}
        return replace(view, rooms={**view.rooms, **rooms})

    def command(self, targets: object, lines: dict[str, Sequence[str]]) -> dict[str, str]:
        self.told.append(lines)
        for host, words in lines.items():
            view = self.views[host]
            assert isinstance(view, ServerView)
            for line in words if host not in self.fails else ():
                self.views[host] = view = _after(view, line.split())
        return {host: text for host, text in self.fails.items() if host in lines}


def _leg(district: str) -> Member:
    return Member("PJSIP/peer-mcu-1-1", "2000", f"CASCADE-{district}")


def _after(view: ServerView, words: list[str]) -> ServerView:
    others = {room: meeting for room, meeting in view.meetings.items() if room != words[1]}
    gates = view.gates - {words[1]}
    if words[0] == "open":
        others[words[1]] = Meeting(words[2], 0, int(words[3]), "--leg" in words)
        gates |= {words[1]}
    rooms = {room: members for room, members in view.rooms.items() if room in others}
    return replace(view, meetings=others, gates=gates, rooms=rooms)


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    made = Servers()
    monkeypatch.setattr(meetings, "look", made.look)
    monkeypatch.setattr(meetings, "command", made.command)
    monkeypatch.setattr(meetings, "_PAUSE_S", 0.01)
    set_language("en")
    yield made
    set_language(None)


def hold(request: Request, *, check: bool = False, patience_s: float = 1) -> dict[str, Any]:
    run = hold_meeting(request, LAYOUT, {}, Progress(lambda *_: None), check=check, patience_s=patience_s)
    return action_result(run, check=check)


def lines(result: dict[str, Any]) -> list[str]:
    found: list[str] = result["hntt_report"]["lines"]
    assert len(found) <= 8
    return found


def test_the_province_is_opened_before_the_districts_and_closed_after_them(servers: Servers) -> None:
    opened = hold(OPEN)
    assert [sorted(batch) for batch in servers.told] == [["mcu-1.tinh"], ["mcu-2.tinh", "mcu-3.tinh"]]
    assert servers.told[1]["mcu-3.tinh"] == ["open 2006 three_tier 21600 --leg", "open 2007 three_tier 21600 --leg"]
    assert opened["changed"]
    assert "failed" not in opened
    assert lines(opened)[0] == "  three tiers: open rooms 1000, 2001, 2006, 2007"

    servers.told.clear()
    hold(Request(MeetingKind.THREE_TIER, is_open=False))
    assert [sorted(batch) for batch in servers.told] == [["mcu-2.tinh", "mcu-3.tinh"], ["mcu-1.tinh"]]


def test_a_second_run_changes_nothing(servers: Servers) -> None:
    hold(OPEN)
    again = hold(OPEN)
    assert not again["changed"]
    assert lines(again)[0] == "  three tiers: open already, nothing to do"
    assert len(servers.told) == 2


def test_check_tells_and_touches_nothing(servers: Servers) -> None:
    looked = hold(OPEN, check=True)
    assert servers.told == []
    assert looked["changed"]
    assert "+ mcu-3.tinh: 2007 + leg 1000\n" in looked["diff"][0]["prepared"]
    assert lines(looked)[0] == "  three tiers: would open rooms 1000, 2001, 2006, 2007"


def test_a_leg_that_does_not_come_up_is_told(servers: Servers) -> None:
    servers.legs_after = 1000
    result = hold(OPEN, patience_s=0.05)
    assert result["failed"]
    assert "room 2007 Lệ Thủy: its leg to the province is not up" in result["msg"]
    assert any("goes on trying" in line for line in lines(result))
    assert any("legs down: dong-hoi, quang-ninh, le-thuy" in line for line in lines(result))


def test_a_leg_that_takes_a_while_is_waited_for(servers: Servers) -> None:
    servers.legs_after = 5
    assert "failed" not in hold(OPEN)
    assert servers.looks > 5


def test_a_server_that_refuses_ends_the_wait(servers: Servers) -> None:
    servers.fails["mcu-3.tinh"] = "AmiLostError: no answer"
    servers.legs_after = 1000
    result = hold(OPEN, patience_s=60)
    assert result["msg"].splitlines()[0] == "mcu-3.tinh: AmiLostError: no answer"


def test_a_refusal_changes_nothing(servers: Servers) -> None:
    servers.views["mcu-2.tinh"] = NoView("ssh timed out")
    result = hold(OPEN)
    assert result["failed"]
    assert not result["changed"]
    assert servers.told == []
    assert lines(result) == ["  ! refused, nothing was changed: mcu-2.tinh: ssh timed out"]


def test_the_record_says_who_was_told_what(servers: Servers) -> None:
    record = hold(Request(MeetingKind.DISTRICT_COMMUNE, True, ("le-thuy",), 7200))["hntt_report"]["extra"]["meeting"]
    assert record["steps"] == [{"host": "mcu-3.tinh", "room": "2007", "verb": "open", "leg": False}]
    assert record["status"]["rooms"][0]["until"] == 7200
