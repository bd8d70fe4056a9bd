"""A unit with a real SIP client behind it: what xStatus shows is what the server saw on the wire."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from certificates import write_certificates
from sip_server import SipServer

from hntt.devices.results import ApplyResult
from hntt.devices.roomos import Patience, apply_unit, open_unit, read_units
from hntt.devices.target import Target
from hntt.intent.secrets import SecretValues
from hntt.intent.vcs import UnitIntent, render_unit, unit_facts, unit_settings
from hntt.inventory.source import read_source
from hntt.lab.simulators.xapi.baresip import BaresipClient
from hntt.lab.simulators.xapi.baresip_files import Media
from hntt.lab.simulators.xapi.fleet import UnitFleet
from hntt.lab.simulators.xapi.server import Access
from hntt.lab.simulators.xapi.unit import Unit

pytestmark = pytest.mark.lab

PROJECT = Path(__file__).resolve().parents[3]
NAME = "vcs.le-thuy"
USER = "404481"
PASSWORD = "Sip-S3cret"
PATIENCE = Patience(registration_s=8.0, settle_s=0.5, poll_s=0.1)


@dataclass
class Room:
    """A unit, the server it shall register with, and the intent that says so."""

    unit: Unit
    fleet: UnitFleet
    target: Target
    server: SipServer
    intent: UnitIntent

    def apply(self, **options: object) -> ApplyResult:
        return apply_unit(self.target, self.intent, patience=PATIENCE, **options)  # type: ignore[arg-type]

    def status(self, path: str) -> dict[str, str]:
        return self.fleet.run(_status(self.target, path))

    def command(self, words: str, arguments: str = "") -> dict[str, str]:
        return self.fleet.run(_command(self.target, words, arguments))


async def _status(target: Target, path: str) -> dict[str, str]:
    async with open_unit(target) as session:
        return await session.status(path)


async def _command(target: Target, words: str, arguments: str) -> dict[str, str]:
    async with open_unit(target) as session:
        return dict((await session.command(words, arguments)).fields)


def until(true: Callable[[], bool], seconds: float = 8.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    authority, certificate = write_certificates(tmp_path)
    with SipServer({USER: PASSWORD}, certificate) as server:
        media = Media(
            rtp_ports=(22000, 22099),
            sip_listen=f"127.0.0.1:{_free_port()}",
            ca_file=str(tmp_path / "authorities.pem"),
        )
        unit = Unit(
            "roomos11",
            sip=BaresipClient(tmp_path / "baresip", _free_port(), media),
            authorities=tmp_path / "authorities.pem",
        )
        with UnitFleet({NAME: unit}, Access("hntt", "login")) as fleet:
            target = Target(
                NAME,
                "cisco_roomos",
                fleet.address,
                "hntt",
                fleet.write_known_hosts(tmp_path / "known_hosts"),
                port=fleet.port(NAME),
                password="login",
            )
            yield Room(unit, fleet, target, server, _intent(authority, f"127.0.0.1:{server.port}"))


def _intent(authority: str, server: str) -> UnitIntent:
    """What the register says of this unit, but for the server's name, which nobody resolves here."""
    source = read_source(PROJECT / "inventories/quang_binh/register")
    settings = unit_settings(PROJECT / "roles", {"vcs_authority": authority})
    facts = unit_facts(source.register, source.network, NAME, settings)
    intent = render_unit(facts, SecretValues({facts.sip_secret: PASSWORD}))
    return replace(intent, values={**intent.values, "sip_proxy_1": server})


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_unit_registers_over_tls_and_a_second_run_changes_nothing(room: Room) -> None:
    result = room.apply()
    assert (result.outcome, result.evidence["registration"]) == ("confirmed", "Registered")
    assert USER in room.server.registered
    assert room.apply().outcome == "unchanged"


def test_the_server_s_word_on_a_password_is_what_the_unit_shows(room: Room) -> None:
    room.server.passwords[USER] = "another"
    result = room.apply()
    assert result.evidence["registration"] == "Failed (401 Unauthorized)"
    assert room.server.refused
    assert PASSWORD not in repr(result)
    room.server.passwords[USER] = PASSWORD
    assert room.apply().outcome == "confirmed"


def test_a_server_with_a_certificate_of_somebody_else_is_not_registered_with(room: Room, tmp_path: Path) -> None:
    stranger, _ = write_certificates(tmp_path)
    room.intent = replace(room.intent, authority=stranger)
    result = room.apply()
    assert result.evidence["registration"].startswith("Failed (TLS: ")
    assert room.server.registered == {}


def test_a_call_is_shown_from_dialling_to_the_end(room: Room) -> None:
    room.apply()
    dialled = room.command("Dial", "Number: 1000")
    until(lambda: room.status("Call").get(f"Call {dialled['CallId']} Status") == "Connected")
    assert len(room.server.calls) == 1
    call = room.status(f"Call {dialled['CallId']}")
    assert call[f"Call {dialled['CallId']} RemoteNumber"] == "1000@hntt.quangbinh.example"
    assert call[f"Call {dialled['CallId']} Encryption Type"] == "Aes-128"
    room.command("Call Disconnect", f"CallId: {dialled['CallId']}")
    assert room.status("Call") == {}
    until(lambda: not room.server.calls)


def test_a_call_offers_encrypted_h264_and_nothing_else_for_the_picture(room: Room) -> None:
    room.apply()
    room.command("Dial", "Number: 1000")
    until(lambda: bool(room.server.offers))
    picture = room.server.offers[0].partition("m=video")[2]
    assert picture.split()[1] == "RTP/SAVP"
    assert [line.split()[1] for line in picture.splitlines() if line.startswith("a=rtpmap:")] == ["H264/90000"]


def test_a_call_that_the_other_side_ends_is_gone(room: Room) -> None:
    room.apply()
    room.command("Dial", "Number: 1000")
    until(lambda: len(room.server.calls) == 1)
    until(lambda: "Connected" in room.status("Call").values())
    room.server.end_calls()
    until(lambda: room.status("Call") == {})


def test_a_unit_in_a_real_call_is_left_alone(room: Room) -> None:
    room.apply()
    room.command("Dial", "Number: 1000")
    until(lambda: len(room.server.calls) == 1)
    room.unit.store.set("SystemUnit Name", "Somebody's")
    assert room.apply().outcome == "refused"
    assert len(room.server.calls) == 1


def test_a_client_that_dies_is_told_and_comes_back(room: Room) -> None:
    room.apply()
    process = room.unit.sip._process  # type: ignore[attr-defined]
    process.kill()
    until(lambda: room.status("SIP Registration 1 Status")["SIP Registration 1 Status"] == "Failed")
    until(lambda: room.status("SIP Registration 1 Status")["SIP Registration 1 Status"] == "Registered", 15)


def test_the_audit_s_look_sees_the_call(room: Room) -> None:
    room.apply()
    room.command("Dial", "Number: 1000")
    until(lambda: len(room.server.calls) == 1)
    state = read_units([room.target])[NAME].state
    assert state is not None
    assert (len(state.calls), state.registration.ok) == (1, True)


def test_a_unit_comes_back_by_itself_after_its_server_was_away(room: Room) -> None:
    """As after a power cut at the centre: nobody touches the unit."""
    room.server.answering = False
    assert not room.apply().evidence["registration"].startswith("Registered")
    room.server.answering = True
    until(lambda: room.status("SIP Registration 1 Status")["SIP Registration 1 Status"] == "Registered", 60)
