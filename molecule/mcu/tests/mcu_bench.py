"""What the scenario's tests share: SIP clients in the places of endpoints, and what the servers know of them."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from cryptography import x509
from lab import lab_of
from testinfra_hosts import PROJECT, host, scenario_dir, state_dir

from hntt.intent.mcu.contract import WEB_PORT
from hntt.intent.secrets import SecretValues
from hntt.inventory.source import Source, read_source
from hntt.lab.endpoints import Endpoints
from hntt.lab.netns import enter
from hntt.lab.sip_client import SipClient

PROVINCE, DISTRICTS = "mcu-1.tinh", "mcu-3.tinh"
ADDRESSES = {PROVINCE: "10.44.32.21", DISTRICTS: "10.44.32.23"}
ROOM = "2007"
CHAIR = "vcs.le-thuy"
SITES = ("pc.kien-giang.le-thuy", "pc.hong-thuy.le-thuy", "pc.ngu-thuy-bac.le-thuy", "pc.an-thuy.le-thuy")
STRANGER = "pc.quan-hau.quang-ninh"
_T = TypeVar("_T")


@cache
def source() -> Source:
    """The province's register."""
    return read_source(PROJECT / "inventories/quang_binh/register")


@cache
def secrets() -> SecretValues:
    """The scenario's secrets."""
    return SecretValues(yaml.safe_load((state_dir() / "secrets.yml").read_text(encoding="utf-8")))


@cache
def server(name: str) -> Any:
    """A server over SSH."""
    return host(name)


@cache
def endpoints() -> Endpoints:
    """Makes clients of the register's endpoints."""
    return Endpoints(lab_of(scenario_dir()), source().network, secrets())


def extension(endpoint: str) -> str:
    """An endpoint's own number."""
    return str(source().network.devices[endpoint].extension)


def namespace(place: str) -> str:
    """The network of a place of the lab."""
    return endpoints().lab.namespace(place)


def authority() -> Path:
    """The certificate that the clients trust."""
    return endpoints().authority


def client(endpoint: str, at: str = DISTRICTS, *, place: str | None = None, **options: Any) -> SipClient:
    """A client with an endpoint's account, not started yet; ``place`` is where it calls from, else its own."""
    return endpoints().sip_client(endpoint, at, place=place, **options)


def inside(place: str, work: Callable[[], _T]) -> _T:
    """What ``work`` gives when it is done in the network of a place."""
    with ThreadPoolExecutor(max_workers=1, initializer=enter, initargs=(namespace(place),)) as pool:
        return pool.submit(work).result()


def fetch(place: str, path: str, at: str = DISTRICTS) -> tuple[int, bytes]:
    """Status and content of a page, from a place that trusts the authority and nobody else."""
    context = ssl.create_default_context(cafile=str(authority()))

    def work() -> tuple[int, bytes]:
        link = http.client.HTTPSConnection(ADDRESSES[at], WEB_PORT, timeout=10, context=context)
        with contextlib.closing(link):
            link.request("GET", path)
            answer = link.getresponse()
            return answer.status, answer.read()

    return inside(place, work)


def certificate(place: str, port: int, at: str = DISTRICTS) -> x509.Certificate:
    """The certificate that a port shows; an error unless the authority has issued it for that address."""
    context = ssl.create_default_context(cafile=str(authority()))

    def work() -> bytes:
        with (
            socket.create_connection((ADDRESSES[at], port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=ADDRESSES[at]) as link,
        ):
            shown = link.getpeercert(binary_form=True)
            assert shown is not None
            return shown

    return x509.load_der_x509_certificate(inside(place, work))


def asterisk(command: str, at: str = DISTRICTS) -> str:
    """What Asterisk's console answers."""
    return str(server(at).check_output("asterisk -rx %s", command))


def counted(at: str = DISTRICTS) -> dict[str, int]:
    """How many channels each group has: ``2007@seat``, ``2007@licence``, ``all@server`` …"""
    found: dict[str, int] = {}
    for line in asterisk("group show channels", at).splitlines():
        if match := re.fullmatch(r"(?:PJSIP|Local)/\S+\s+(\S+)\s+(\S+)\s*", line):
            name = f"{match.group(1)}@{match.group(2)}"
            found[name] = found.get(name, 0) + 1
    return found


def open_room(room: str = ROOM, at: str = DISTRICTS, kind: str = "district_commune") -> None:
    """Open a meeting, as the operator's computer does."""
    server(at).check_output("hntt-meetings open %s %s 3600", room, kind)


def close_room(room: str = ROOM, at: str = DISTRICTS) -> None:
    """End it."""
    server(at).check_output("hntt-meetings close %s", room)


def until(value: Callable[[], _T], wanted: Callable[[_T], bool], seconds: float = 10) -> float:
    """Wait until ``value`` is as wanted; how many seconds that took."""
    begin = time.monotonic()
    while not wanted(found := value()):
        assert time.monotonic() - begin < seconds, f"still {found!r} after {seconds} s"
        time.sleep(0.3)
    return time.monotonic() - begin


def start_of_log(at: str = DISTRICTS) -> list[str]:
    """What Asterisk said when it started last, until it was ready; the log may have been rotated since."""
    lines = str(server(at).check_output("cat $(ls -tr /var/log/asterisk/messages.log* | grep -v gz)")).splitlines()
    begun = max(number for number, line in enumerate(lines) if "Asterisk PBX Core Initializing" in line)
    ready = next(number for number, line in enumerate(lines) if number > begun and "Asterisk Ready" in line)
    return lines[begun:ready]
