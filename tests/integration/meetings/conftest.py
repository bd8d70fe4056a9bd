"""One lab for all tests of this folder; every test begins and ends without meetings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcu_lab import McuLab
from rooms import COLOURS, ENDPOINTS, TONES_HZ, Join, Rooms

from hntt.i18n import set_language
from hntt.lab.down import down
from hntt.lab.names import Lab
from hntt.lab.sip_client import SipClient


@pytest.fixture(scope="session")
def mcus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[McuLab]:
    """The servers, converged. ``HNTT_TEST_LAB_NAME`` and ``HNTT_TEST_LAB_DIR`` choose a lab that is left up."""
    set_language("en")
    kept = os.environ.get("HNTT_TEST_LAB_DIR")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("mcus") / ".lab"
    made = McuLab.of(Lab(os.environ.get("HNTT_TEST_LAB_NAME", "hnttme"), folder), ENDPOINTS)
    if not kept:
        down(made.lab)
    try:
        made.up()
        made.converge()
        yield made
    finally:
        if not kept:
            down(made.lab)
        set_language(None)


@pytest.fixture
def rooms(mcus: McuLab) -> Iterator[Rooms]:
    """No meeting is open, whatever a test before has left."""
    found = Rooms(mcus)
    found.close_all()
    yield found
    found.close_all()


@pytest.fixture
def join(mcus: McuLab) -> Iterator[Join]:
    """Starts a registered client of an endpoint; each has a colour and a tone of its own."""
    started: list[SipClient] = []

    def start(host: str, room: str | None = None) -> SipClient:
        place = ENDPOINTS.index(host)
        client = mcus.client(host, COLOURS[place], TONES_HZ[place])
        started.append(client)
        client.start()
        assert client.registered(), f"{host}: {client.registration}"
        if room is not None:
            assert client.dial(room).answered, f"{host} is not let into {room}: {client.ended}"
        return client

    yield start
    for client in started:
        client.close()
