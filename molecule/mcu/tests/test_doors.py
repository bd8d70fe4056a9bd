"""Who gets in, and who does not."""

from __future__ import annotations

import pytest
from mcu_bench import (
    ADDRESSES,
    CHAIR,
    DISTRICTS,
    PROVINCE,
    ROOM,
    SITES,
    STRANGER,
    asterisk,
    client,
    extension,
    secrets,
)
from sip_wire import NOTHING, Transport, invite
from testinfra_hosts import station

from hntt.intent.mcu.contract import AMI_PORT, SIP_TLS_PORT, WEB_PORT, sip_secret

SERVER = ADDRESSES[DISTRICTS]


@pytest.mark.parametrize("endpoint", [CHAIR, SITES[0]], ids=["unit", "pc"])
def test_an_endpoint_registers_over_tls_with_its_own_password(connect, endpoint: str) -> None:
    connect(endpoint)
    assert f"{extension(endpoint)}/sip:" in asterisk("pjsip show contacts")


@pytest.mark.parametrize("endpoint", [CHAIR, SITES[0]], ids=["unit", "pc"])
def test_a_wrong_password_is_refused(guesser: str, endpoint: str) -> None:
    with client(endpoint, password="wrong", place=guesser) as guesser:
        assert not guesser.registered(4)
        assert "401" in guesser.registration


def test_another_endpoint_s_password_is_refused(guesser: str) -> None:
    password = secrets().get(sip_secret(SITES[1]))
    with client(SITES[0], password=password, place=guesser) as impostor:
        assert not impostor.registered(4)


def test_an_endpoint_of_another_server_is_refused(guesser: str) -> None:
    with client("vcs.tinh", DISTRICTS, place=guesser) as lost:
        assert not lost.registered(4)


@pytest.mark.parametrize("caller", [extension(SITES[0]), "999999", "peer-mcu-1", "anonymous"])
def test_a_caller_without_credentials_is_refused(open_room: str, caller: str) -> None:
    said = invite(SITES[0], SERVER, SIP_TLS_PORT, caller, open_room)
    assert said == "SIP/2.0 401 Unauthorized"
    assert "0 active channels" in asterisk("core show channels count")


@pytest.mark.parametrize(("transport", "port"), [("udp", 5060), ("tcp", 5060), ("udp", 5061), ("tcp", 5061)])
def test_sip_without_tls_gets_no_answer(transport: Transport, port: int) -> None:
    assert invite(SITES[0], SERVER, port, extension(SITES[0]), ROOM, transport).startswith(NOTHING)


@pytest.mark.parametrize(("endpoint", "encryption"), [(CHAIR, "Off"), (SITES[0], "Off"), (SITES[0], "On")])
def test_media_in_the_clear_or_with_keys_that_browsers_do_not_use_are_refused(
    connect, open_room: str, endpoint: str, encryption: str
) -> None:
    answer = connect(endpoint, encryption=encryption).dial(open_room)
    assert (answer.answered, answer.status) == (False, 488)


def test_a_commune_of_another_district_cannot_come_in(connect, open_room: str) -> None:
    answer = connect(STRANGER).dial(open_room)
    assert (answer.answered, answer.status) == (False, 403)


@pytest.mark.parametrize("number", ["1000", extension(SITES[1]), "110", "CASCADE-le-thuy"])
def test_a_commune_reaches_its_own_room_and_nothing_else(connect, open_room: str, number: str) -> None:
    answer = connect(SITES[0]).dial(number)
    assert not answer.answered
    assert answer.status in (403, 404)


@pytest.mark.parametrize("port", [AMI_PORT, 8088, 5060, 22])
def test_a_commune_s_network_reaches_nothing_but_the_web_port_and_sip(port: int) -> None:
    said = invite(SITES[0], SERVER, port, "x", "y", "tcp")
    assert said == (f"{NOTHING}: TimeoutError")


@pytest.mark.parametrize("server", [PROVINCE, DISTRICTS])
def test_from_the_management_network_only_ssh_and_the_page_are_open(server: str) -> None:
    ports = {}
    for port in (22, WEB_PORT, AMI_PORT, SIP_TLS_PORT, 8088):
        done = station(f"timeout 2 bash -c '</dev/tcp/{ADDRESSES[server]}/{port}'")
        ports[port] = done.returncode == 0
    assert ports == {22: True, WEB_PORT: True, AMI_PORT: False, SIP_TLS_PORT: False, 8088: False}
