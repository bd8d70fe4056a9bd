"""What the probe says of things of a moment: ports that a browser opens and closes, units that start anew."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hntt.audit.linux import probe

Socket = tuple[str, dict[str, object]]


def on(port: int, inode: str) -> Socket:
    return inode, {"proto": "udp", "address": "10.0.0.9", "port": port}


def answers(*each: object) -> Callable[[], object]:
    left: Iterator[object] = iter(each)
    return lambda: next(left)


def seen(monkeypatch: pytest.MonkeyPatch, sockets: list[list[Socket]], owners: list[dict[str, str]]) -> list[object]:
    monkeypatch.setattr(probe, "waiting_sockets", answers(*sockets))
    monkeypatch.setattr(probe, "socket_owners", answers(*owners))
    return [(found["port"], found["process"]) for found in probe.listening()]


def test_a_socket_that_is_gone_before_its_process_is_found_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(monkeypatch, [[on(514, "1"), on(50000, "2")], [on(514, "1")]], [{"1": "rsyslogd"}, {"1": "rsyslogd"}])
    assert found == [(514, "rsyslogd")]


def test_a_process_that_was_missed_is_found_the_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(monkeypatch, [[on(50000, "2")], [on(50000, "2")]], [{}, {"2": "chromium"}])
    assert found == [(50000, "chromium")]


def test_a_socket_that_stays_without_a_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(monkeypatch, [[on(4789, "3")], [on(4789, "3")]], [{}, {}]) == [(4789, "")]


def test_this_process_s_own_socket_is_found() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        mine = [found for found in probe.listening() if found["port"] == bound.getsockname()[1]]
    name = Path("/proc/self/comm").read_text(encoding="ascii").strip()
    assert [(found["proto"], found["address"], found["process"]) for found in mine] == [("udp", "127.0.0.1", name)]


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (["active"], "active"),
        (["deactivating", "deactivating", "active"], "active"),
        (["deactivating"] * 9, "deactivating"),
    ],
)
def test_a_unit_that_is_stopping_is_given_time(monkeypatch: pytest.MonkeyPatch, states: list[str], said: str) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(probe.time, "monotonic", lambda: 2 * next(clock))
    monkeypatch.setattr(probe.time, "sleep", lambda _seconds: None)
    each = iter(states)
    monkeypatch.setattr(probe, "units_now", lambda names: {names[0]: {"active": next(each)}})
    assert probe.units(["hntt-kiosk.service"]) == {"hntt-kiosk.service": {"active": said}}
