"""Makes what the scenarios share importable, and gives every test quiet servers and clients that end with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared"))

import mcu_bench

from hntt.lab.sip_client import SipClient

Connect = Callable[..., SipClient]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """``connect(endpoint, …)``: a registered client; all of them leave at the end of the test."""
    started: list[SipClient] = []

    def start(endpoint: str, *args: Any, **options: Any) -> SipClient:
        made = mcu_bench.client(endpoint, *args, **options)
        started.append(made)
        made.start()
        assert made.registered(), f"{endpoint}: {made.registration}"
        return made

    yield start
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(SipClient.close, started))


@pytest.fixture
def open_room() -> Iterator[str]:
    """The district's room, open, and empty afterwards: nothing may be counted that is not there."""
    mcu_bench.open_room()
    yield mcu_bench.ROOM
    mcu_bench.close_room()
    mcu_bench.until(mcu_bench.counted, lambda groups: groups == {}, 15)


@pytest.fixture
def guesser() -> Iterator[str]:
    """A place from which passwords are guessed; nobody is shut out before or afterwards."""
    pardon = "fail2ban-client unban --all"
    mcu_bench.server(mcu_bench.DISTRICTS).check_output(pardon)
    yield "guesser"
    mcu_bench.server(mcu_bench.DISTRICTS).check_output(pardon)
