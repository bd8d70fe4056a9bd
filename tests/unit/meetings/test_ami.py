"""The client of the manager interface against a server that says what a real one said, and fails as real ones do."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "cases" / "meetings"))

from scripted_asterisk import SECRET, Faults, ScriptedAsterisk, recording

from hntt.meetings import ami as ami_module
from hntt.meetings.ami import Ami, AmiError, AmiLostError, AmiRefusedError, Message, messages, parse, serialise
from hntt.meetings.live import ServerView, read_server


async def view_of(name: str, faults: Faults | None = None, secret: str = SECRET) -> ServerView:
    async with ScriptedAsterisk(recording(name), faults or Faults()).serving() as server:
        ami = await Ami.connect("127.0.0.1", server.port, "hntt-meetings", secret)
        try:
            return await read_server(ami, contacts=True)
        finally:
            await ami.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_module, "TIMEOUT_S", 0.3)
    monkeypatch.setattr(Ami._next, "__defaults__", (0.3,))


def test_a_room_with_its_leg() -> None:
    view = asyncio.run(view_of("three-tier-mcu-3"))
    members = {member.number: member for member in view.rooms["2007"]}
    assert [member.district for member in view.rooms["2007"]].count("le-thuy") == 1
    assert members["404481"].admin
    assert members["404552"].talking
    assert members["404562"].muted
    assert view.meetings["2007"].leg
    assert view.gates == {"2007"}
    assert view.registered is not None
    assert "404552" in view.registered
    assert "404592" not in view.registered
    assert ServerView.from_json(view.to_json()) == view


def test_nobody_anywhere() -> None:
    view = asyncio.run(view_of("idle-mcu-3"))
    assert not view.rooms
    assert not view.meetings
    assert not view.gates


def test_a_wrong_password_is_told_as_such() -> None:
    with pytest.raises(AmiRefusedError, match="Authentication failed"):
        asyncio.run(view_of("idle-mcu-3", secret="wrong"))


@pytest.mark.parametrize("cut", [0, 1, 40])
@pytest.mark.parametrize("action", ["Login", "ConfbridgeListRooms", "ConfbridgeList", "PJSIPShowEndpoints"])
def test_a_connection_that_is_lost_in_the_middle(action: str, cut: int) -> None:
    with pytest.raises(AmiLostError):
        asyncio.run(view_of("three-tier-mcu-3", Faults(at=action, cut_after=cut)))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("action", ["greeting", "Login", "ConfbridgeList"])
def test_an_asterisk_that_says_nothing(action: str) -> None:
    with pytest.raises(AmiLostError):
        asyncio.run(view_of("three-tier-mcu-3", Faults(at=action, silent=True)))


def test_a_refused_action_is_not_an_empty_list() -> None:
    with pytest.raises(AmiRefusedError, match="Permission denied"):
        asyncio.run(view_of("three-tier-mcu-3", Faults(at="ConfbridgeListRooms", refused="Permission denied")))


def test_nobody_listens() -> None:
    with pytest.raises(AmiLostError):
        asyncio.run(Ami.connect("127.0.0.1", 1, "x", "y"))


def test_something_else_listens() -> None:
    async def work() -> None:
        async with ScriptedAsterisk({"greeting": "SSH-2.0-OpenSSH_9.2"}).serving() as server:
            await Ami.connect("127.0.0.1", server.port, "x", "y")

    with pytest.raises(AmiLostError, match="not a manager interface"):
        asyncio.run(work())


def test_a_line_break_cannot_smuggle_a_header_in() -> None:
    with pytest.raises(ValueError, match="line break"):
        serialise("DBPut", {"Val": "x\r\nAction: Originate"})


def test_a_session_that_is_lost_says_so_to_whoever_asks_next() -> None:
    async def work() -> None:
        async with ScriptedAsterisk(recording("idle-mcu-3"), Faults(at="Ping", cut_after=0)).serving() as server:
            ami = await Ami.connect("127.0.0.1", server.port, "x", SECRET)
            with pytest.raises(AmiLostError):
                await ami.ask("Ping")
            await asyncio.wait_for(ami.lost.wait(), 2)
            with pytest.raises(AmiLostError, match="gone"):
                await ami.ask("Ping")
            await ami.close()

    asyncio.run(work())


def test_events_go_to_whoever_listens_and_answers_to_whoever_asked() -> None:
    events: list[Message] = []

    async def work() -> Message:
        told = "Event: Hangup\nChannel: A\n\nResponse: Success\nActionID: @ID\nPing: Pong"
        async with ScriptedAsterisk({"Ping": told}).serving() as server:
            ami = await Ami.connect("127.0.0.1", server.port, "x", SECRET, events.append)
            answer = await ami.ask("Ping")
            await ami.close()
            return answer

    assert asyncio.run(work())["ping"] == "Pong"
    assert [event["channel"] for event in events] == ["A"]


def test_an_originate_tells_how_it_ended() -> None:
    async def work(told: str) -> Message:
        answer = f"Response: Success\nActionID: @ID\nMessage: Originate successfully queued\n\n{told}\nActionID: @ID"
        async with ScriptedAsterisk({"Originate": answer}).serving() as server:
            ami = await Ami.connect("127.0.0.1", server.port, "x", SECRET)
            try:
                return await ami.originate({"Channel": "PJSIP/1000@peer"}, 2)
            finally:
                await ami.close()

    failed = asyncio.run(work("Event: OriginateResponse\nResponse: Failure\nReason: 5"))
    assert (failed["response"], failed["reason"]) == ("Failure", "5")


def test_pieces_of_messages() -> None:
    async def work() -> list[dict[str, str]]:
        reader = asyncio.StreamReader()
        for byte in b"Event: A\r\nX: 1\r\nX: 2\r\n\r\n\r\nEvent: B\r\n\r\nEvent: ha":
            reader.feed_data(bytes([byte]))
        reader.feed_eof()
        return [message async for message in messages(reader)]

    assert asyncio.run(work()) == [{"event": "A", "x": "1\n2"}, {"event": "B"}]
    assert parse(["Output: a", "b"]) == {"output": "a\nb"}


def test_all_errors_are_of_one_kind() -> None:
    assert issubclass(AmiLostError, AmiError)
    assert issubclass(AmiRefusedError, AmiError)
