"""What becomes of legs when lines and servers fail: they come back by themselves, and never twice."""

from __future__ import annotations

import time

import pytest
from rooms import COLOURS, ENDPOINTS, TONES_HZ, Join, MostLegs, Rooms

pytestmark = [pytest.mark.lab, pytest.mark.slow]

PROVINCE, AN_THUY, LE_THUY = "vcs.tinh", "pc.an-thuy.le-thuy", "vcs.le-thuy"
COLOUR = dict(zip(ENDPOINTS, COLOURS, strict=True))
TONE_HZ = dict(zip(ENDPOINTS, TONES_HZ, strict=True))
HEALED_S = 60


@pytest.fixture
def joined(rooms: Rooms) -> Rooms:
    rooms.open("three_tier", district="le-thuy")
    assert rooms.is_joined("le-thuy", "mcu-3.tinh")
    return rooms


def heals(rooms: Rooms, what: str) -> float:
    """The seconds until the leg is up at both ends and stays so."""
    seconds = rooms.until(lambda: rooms.is_joined("le-thuy", "mcu-3.tinh"), HEALED_S, what)
    print(f"{what}: the leg was back after {seconds:.0f} s")
    return seconds


@pytest.mark.parametrize("cut_s", [3, 45])
def test_a_cut_leg_is_dialled_again(joined: Rooms, join: Join, cut_s: int) -> None:
    province, commune = join(PROVINCE, "1000"), join(AN_THUY, "2007")
    chair = join(LE_THUY, "2007")
    chair.muted(True)
    assert commune.hears(TONE_HZ[PROVINCE])
    with MostLegs(joined) as watched:
        joined.cut("mcu-1.tinh", "mcu-3.tinh")
        try:
            if cut_s > 30:
                seconds = joined.until(lambda: not joined.legs(), 40, "both ends notice")
                print(f"both ends had given the cut leg up after {seconds:.0f} s")
                assert "leg to the province: DOWN, being redialled" in joined.text()
                assert joined.command("status").returncode == 1
            time.sleep(cut_s if cut_s < 30 else 10)
        finally:
            joined.mend("mcu-1.tinh")
        heals(joined, f"cut for {cut_s} s")
        assert commune.hears(TONE_HZ[PROVINCE], 20)
        assert commune.sees(COLOUR[PROVINCE])
        assert province.in_call()
    assert watched.most == 1
    assert watched.looks > 3


@pytest.mark.parametrize("server", ["mcu-1.tinh", "mcu-3.tinh"])
def test_a_killed_keeper_finds_its_leg_again(joined: Rooms, server: str) -> None:
    with MostLegs(joined) as watched:
        for _ in range(3):
            joined.on(server, "sudo systemctl kill -s KILL hntt-meetings")
            time.sleep(2)
        heals(joined, f"keeper of {server} killed")
        time.sleep(5)
        assert joined.is_joined("le-thuy", "mcu-3.tinh")
    assert watched.most == 1
    assert watched.looks > 3


@pytest.mark.parametrize("server", ["mcu-1.tinh", "mcu-3.tinh"])
def test_a_killed_asterisk_gets_its_leg_back(joined: Rooms, join: Join, server: str) -> None:
    join(PROVINCE, "1000")
    with MostLegs(joined) as watched:
        joined.on(server, "sudo systemctl kill -s KILL asterisk")
        joined.until(lambda: not joined.is_joined("le-thuy", "mcu-3.tinh"), 30, "the leg is gone")
        heals(joined, f"Asterisk of {server} killed")
        time.sleep(12)
        assert joined.is_joined("le-thuy", "mcu-3.tinh")
    assert watched.most == 1
    assert watched.looks > 3


def test_a_meeting_closed_while_the_servers_were_apart_is_over_everywhere(joined: Rooms) -> None:
    joined.cut("mcu-1.tinh", "mcu-3.tinh")
    try:
        joined.on("mcu-1.tinh", "sudo hntt-meetings close 1000")
        time.sleep(5)
        assert "2007" in joined.view("mcu-3.tinh").meetings
    finally:
        joined.mend("mcu-1.tinh")
    seconds = joined.until(lambda: not joined.view("mcu-3.tinh").meetings, 90, "the district's room is over")
    print(f"the district's room was over {seconds:.0f} s after the line was back")
    assert joined.legs() == {}
