"""The keeper as a program of its own: what it may import, what it shares with the contract, what it answers."""

from __future__ import annotations

import ast
import asyncio
import json
import sys
from pathlib import Path

import pytest

import hntt.meetings
from hntt.intent.mcu import contract
from hntt.meetings import keeper, legs, live
from hntt.meetings.ami import AmiRefusedError, Message
from hntt.meetings.keeper import Config, close_room, main, open_room, originate_headers, show, switch
from hntt.meetings.legs import RoomPlan
from hntt.meetings.live import Meeting

ON_THE_SERVER = ("__init__", "ami", "greeting", "legs", "live", "keeper")
FOLDER = Path(hntt.meetings.__file__).parent


@pytest.mark.parametrize("name", ON_THE_SERVER)
def test_what_runs_on_the_servers_needs_nothing_but_python(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    ours = {f"hntt.meetings.{part}" for part in ON_THE_SERVER}
    assert {module for module in imported if module.partition(".")[0] not in sys.stdlib_module_names} <= ours


def test_the_names_are_those_of_the_contract() -> None:
    assert (live.ROOM_FAMILY, live.OPEN) == (contract.ROOM_FAMILY, contract.OPEN)
    assert live.CASCADE_PREFIX == contract.CASCADE_PREFIX
    assert contract.peer_name("mcu-2.tinh").startswith(legs.PEER_PREFIX)
    assert contract.Refusal.NOT_OPEN.cause == keeper.NOT_OPEN
    assert contract.Refusal.FULL.cause == keeper.FULL


def test_a_meeting_is_a_short_text() -> None:
    meeting = Meeting("three_tier", 10, 20, leg=True)
    assert Meeting.decode(meeting.encode()) == meeting
    assert Meeting.decode("open") is None
    assert Meeting.decode("kind=x since=soon until=1") is None


def test_a_leg_is_called_with_its_picture() -> None:
    config = Config("", 0, "", "", {}, "leg", "g722,h264")
    room = RoomPlan("2007", "404481", "le-thuy", "PJSIP/1000@peer-mcu-1")
    assert originate_headers(config, room) == {
        "Channel": "PJSIP/1000@peer-mcu-1",
        "Context": "leg",
        "Exten": "2007",
        "Priority": "1",
        "CallerID": '"CASCADE-le-thuy" <2007>',
        "Codecs": "g722,h264",
        "Timeout": "15000",
    }


class Answering:
    """A session that answers from what it is given, and remembers what it was asked."""

    def __init__(self, members: list[Message], database: dict[str, str], *, refuses: tuple[str, ...] = ()) -> None:
        self._members, self._database, self._refuses = members, database, refuses
        self.asked: list[tuple[str, str]] = []

    async def list(self, action: str, headers: dict[str, str] | None = None) -> list[Message]:
        if action == "ConfbridgeListRooms":
            return [{"conference": "2007"}] if self._members else []
        if action == "ConfbridgeList":
            return self._members
        if action == "DBGetTree" and headers == {"Family": "hntt-meeting"}:
            return [{"key": f"/hntt-meeting/{key}", "val": val} for key, val in self._database.items()]
        return []

    async def ask(self, action: str, headers: dict[str, str]) -> Message:
        self.asked.append((action, " ".join(headers.values())))
        if action in self._refuses:
            raise AmiRefusedError("there is none")
        return {}


MEMBERS: list[Message] = [
    {"channel": "PJSIP/404552-1", "calleridnum": "404552", "calleridname": "An Thủy"},
    {"channel": "PJSIP/peer-mcu-1-1", "calleridnum": "2007", "calleridname": "CASCADE-le-thuy"},
]


def test_a_microphone_is_switched_for_sites_in_the_room_only() -> None:
    session = Answering(MEMBERS, {})
    asyncio.run(switch(session, "2007", ["404552"], on=True))  # type: ignore[arg-type]
    assert session.asked == [("ConfbridgeUnmute", "2007 PJSIP/404552-1")]
    for absent in ("404562", "2007"):
        with pytest.raises(ValueError, match=f"not in room 2007: {absent}"):
            asyncio.run(switch(session, "2007", ["404552", absent], on=False))  # type: ignore[arg-type]
    assert len(session.asked) == 1


def test_a_prolonged_meeting_keeps_its_beginning() -> None:
    session = Answering([], {"2007": Meeting("three_tier", 5, 50).encode()})
    asyncio.run(open_room(session, "2007", Meeting("three_tier", 40, 400)))  # type: ignore[arg-type]
    assert session.asked[0] == ("DBPut", "hntt-meeting 2007 kind=three_tier since=5 until=400 leg=0")
    asyncio.run(open_room(session, "2007", Meeting("district_commune", 40, 400)))  # type: ignore[arg-type]
    assert "since=40" in session.asked[2][1]


def test_only_the_contracts_word_opens_a_gate() -> None:
    class Gates(Answering):
        async def list(self, action: str, headers: dict[str, str] | None = None) -> list[Message]:
            if headers == {"Family": "hntt-room"}:
                return [{"key": "/hntt-room/2007", "val": "open"}, {"key": "/hntt-room/2006", "val": "closed"}]
            return []

    assert asyncio.run(live.read_server(Gates([], {}))).gates == {"2007"}  # type: ignore[arg-type]


def test_closing_what_is_closed_is_no_fault() -> None:
    session = Answering([], {}, refuses=("DBDel", "ConfbridgeKick"))
    asyncio.run(close_room(session, "2007"))  # type: ignore[arg-type]
    assert [action for action, _ in session.asked] == ["DBDel", "DBDel", "ConfbridgeKick"]


@pytest.mark.parametrize(("age_s", "runs"), [(0, True), (15, True), (16, False)])
def test_a_keeper_that_writes_nothing_is_down(tmp_path: Path, age_s: int, runs: bool) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"time": 1000, "legs": {"2007": {"dials": 2}}}), encoding="utf-8")
    said = asyncio.run(show(Answering([], {}), state, 1000 + age_s))  # type: ignore[arg-type]
    assert said["keeper"] is runs
    assert bool(said["legs"]) is runs


def test_a_damaged_state_is_no_state(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("{", encoding="utf-8")
    assert asyncio.run(show(Answering([], {}), state, 1000))["keeper"] is False  # type: ignore[arg-type]


def test_exit_codes_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "meetings.json"
    monkeypatch.setenv("HNTT_MEETINGS_CONFIG", str(config))
    assert main(["show"]) == 3
    nobody = {"address": "127.0.0.1", "port": 1, "user": "u", "secret": "s", "context": "leg", "codecs": "g722"}
    config.write_text(json.dumps({**nobody, "rooms": [{"number": "2007", "chair": "404481"}]}), encoding="utf-8")
    assert main(["show"]) == 4
    assert main(["close", "2008"]) == 3
    assert "room 2008 is not on this server" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["mic", "2007", "loud", "404552"])
