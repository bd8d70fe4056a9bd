"""The three kinds of meeting on real servers with real clients: what the playbook opens, who sees and hears whom."""

from __future__ import annotations

import time

import pytest
from rooms import COLOURS, ENDPOINTS, TONES_HZ, Join, Rooms

pytestmark = [pytest.mark.lab, pytest.mark.slow]

PROVINCE, LE_THUY, DONG_HOI = "vcs.tinh", "vcs.le-thuy", "vcs.dong-hoi"
AN_THUY, PHONG_THUY = "pc.an-thuy.le-thuy", "pc.phong-thuy.le-thuy"
COLOUR = dict(zip(ENDPOINTS, COLOURS, strict=True))
TONE_HZ = dict(zip(ENDPOINTS, TONES_HZ, strict=True))
NOT_OPEN = 480


def test_a_district_meeting_is_opened_and_closed(rooms: Rooms, join: Join) -> None:
    early = join(AN_THUY)
    assert early.dial("2007").status == NOT_OPEN

    told = rooms.open("district_commune", district="le-thuy")
    assert "open rooms 2007" in told
    assert "nothing to do" in rooms.open("district_commune", district="le-thuy")

    chair = join(LE_THUY, "2007")
    assert early.dial("2007").answered
    assert early.sees(COLOUR[LE_THUY])
    assert early.hears(TONE_HZ[LE_THUY])
    text = rooms.text()
    assert "Room 2007 Lệ Thủy: district with communes" in text
    assert "chair present" in text
    assert "2 of 3 present; speaking: UBND huyện Lệ Thủy; muted: 1" in text

    assert "2007" in rooms.close("district_commune", district="le-thuy")
    assert chair.out_of_call(5)
    assert early.out_of_call(5)
    assert rooms.text().startswith("No meeting is going on.")
    assert "nothing to do" in rooms.close("district_commune", district="le-thuy")
    assert early.dial("2007").status == NOT_OPEN


def test_communes_come_muted_and_are_given_the_floor(rooms: Rooms, join: Join) -> None:
    rooms.open("district_commune", district="le-thuy")
    chair, commune = join(LE_THUY, "2007"), join(AN_THUY, "2007")
    chair.muted(True)
    assert not chair.hears(TONE_HZ[AN_THUY], 4)

    chair.press("*1")
    assert chair.hears(TONE_HZ[AN_THUY])
    assert chair.sees(COLOUR[AN_THUY])
    chair.press("*0")
    rooms.until(lambda: not chair.hears(TONE_HZ[AN_THUY], 1), 10)

    given = rooms.command("unmute", AN_THUY)
    assert (given.returncode, given.stdout) == (0, "pc.an-thuy.le-thuy (An Thủy), 2007: may speak\n")
    assert chair.hears(TONE_HZ[AN_THUY])
    assert "speaking: An Thủy; muted: 0" in rooms.text()
    assert rooms.command("mute", "*.le-thuy").stdout == "pc.an-thuy.le-thuy (An Thủy), 2007: muted\n"
    rooms.until(lambda: not chair.hears(TONE_HZ[AN_THUY], 1), 10)
    chair.muted(False)
    assert commune.hears(TONE_HZ[LE_THUY])


def test_a_province_meeting_has_districts_of_several_servers(rooms: Rooms, join: Join) -> None:
    rooms.open("province_district")
    units = {host: join(host, "1000") for host in (PROVINCE, LE_THUY, DONG_HOI)}
    for host in (LE_THUY, DONG_HOI):
        assert units[host].sees(COLOUR[PROVINCE]), host
        assert units[host].hears(TONE_HZ[PROVINCE]), host
    assert "3 of 3 present; speaking: Trung tâm hội nghị" in rooms.text()

    rooms.command("unmute", LE_THUY)
    units[PROVINCE].muted(True)
    for host in (PROVINCE, DONG_HOI):
        assert units[host].hears(TONE_HZ[LE_THUY]), host
        assert units[host].sees(COLOUR[LE_THUY]), host

    rooms.close("province_district")
    assert all(unit.out_of_call(5) for unit in units.values())


def test_three_tiers_are_joined_by_one_leg_for_each_district(rooms: Rooms, join: Join) -> None:
    told = rooms.open("three_tier", district="le-thuy,dong-hoi")
    assert rooms.legs() == {
        ("mcu-1.tinh", "le-thuy"): 1, ("mcu-1.tinh", "dong-hoi"): 1,
        ("mcu-3.tinh", "le-thuy"): 1, ("mcu-2.tinh", "dong-hoi"): 1,
    }, told  # fmt: skip
    province, district, commune = join(PROVINCE, "1000"), join(LE_THUY, "2007"), join(AN_THUY, "2007")
    district.muted(True)
    for client in (district, commune):
        assert client.sees(COLOUR[PROVINCE])
        assert client.hears(TONE_HZ[PROVINCE])

    rooms.command("unmute", AN_THUY)
    province.muted(True)
    assert province.hears(TONE_HZ[AN_THUY])
    assert province.sees(COLOUR[AN_THUY])
    assert district.hears(TONE_HZ[AN_THUY])

    text = rooms.text()
    assert "joined to 2 districts: " in text
    assert text.count("leg to the province: up, redialled 0 times") == 2

    rooms.close("three_tier", district="dong-hoi")
    assert rooms.legs() == {("mcu-1.tinh", "le-thuy"): 1, ("mcu-3.tinh", "le-thuy"): 1}
    assert commune.in_call()
    assert province.in_call()
    rooms.close("three_tier")
    assert all(client.out_of_call(5) for client in (province, district, commune))
    assert rooms.legs() == {}


def test_a_leg_without_anybody_in_the_rooms_stays(rooms: Rooms) -> None:
    """Nobody sends a picture yet, and that is no reason to take a leg for dead."""
    rooms.open("three_tier", district="le-thuy")
    time.sleep(30)
    assert rooms.is_joined("le-thuy", "mcu-3.tinh")
    assert "redialled 0 times" in rooms.text()


def test_the_districts_chair_does_not_silence_the_province(rooms: Rooms, join: Join) -> None:
    rooms.open("three_tier", district="le-thuy")
    join(PROVINCE, "1000")
    chair, commune = join(LE_THUY, "2007"), join(AN_THUY, "2007")
    chair.muted(True)
    assert commune.hears(TONE_HZ[PROVINCE])
    chair.press("*0")
    time.sleep(3)
    assert commune.hears(TONE_HZ[PROVINCE], 2)


def test_the_meeting_ends_with_its_chair(rooms: Rooms, join: Join) -> None:
    rooms.open("three_tier", district="le-thuy")
    province, district, commune = join(PROVINCE, "1000"), join(LE_THUY, "2007"), join(AN_THUY, "2007")

    district.hangup()
    time.sleep(15)
    assert commune.in_call(), "the province chairs; the district's chair may leave"

    province.hangup()
    seconds = rooms.until(lambda: not any(rooms.view(name).meetings for name in rooms.mcus.servers), 60)
    print(f"both rooms were over {seconds:.0f} s after the chair had hung up")
    assert rooms.legs() == {}
    assert commune.out_of_call(5)
    assert commune.dial("2007").status == NOT_OPEN


def test_a_chair_that_lost_its_line_may_come_back(rooms: Rooms, join: Join) -> None:
    rooms.open("district_commune", district="le-thuy")
    chair, commune = join(LE_THUY, "2007"), join(AN_THUY, "2007")
    chair.kill()
    seconds = rooms.until(lambda: "chair ABSENT" in rooms.text(), 40)
    print(f"the lost chair's seat was free after {seconds:.0f} s")
    time.sleep(15)
    assert "2007" in rooms.view("mcu-3.tinh").meetings
    chair.close()
    again = join(LE_THUY, "2007")
    # A page dials again by itself; this client has to be told.
    if not commune.in_call():
        assert commune.dial("2007").answered
    assert commune.hears(TONE_HZ[LE_THUY])
    again.hangup()
    rooms.until(lambda: not rooms.view("mcu-3.tinh").meetings, 30)


def test_a_meeting_ends_by_itself_and_can_be_prolonged(rooms: Rooms, join: Join) -> None:
    rooms.open("district_commune", "-e", f"hours={20 / 3600}", district="le-thuy")
    chair = join(LE_THUY, "2007")
    rooms.until(lambda: not rooms.view("mcu-3.tinh").meetings, 30)
    assert chair.out_of_call(5)

    rooms.open("district_commune", "-e", "hours=1", district="le-thuy")
    before = rooms.view("mcu-3.tinh").meetings["2007"]
    assert "nothing to do" in rooms.open("district_commune", "-e", "hours=1", district="le-thuy")
    rooms.open("district_commune", "-e", "hours=2", district="le-thuy")
    after = rooms.view("mcu-3.tinh").meetings["2007"]
    assert after.since == before.since
    assert 3500 < after.until - before.until < 3700


def test_check_and_limit_touch_nothing(rooms: Rooms) -> None:
    looked = rooms.play("open", "three_tier", "--check", district="le-thuy")
    assert looked.returncode == 0, looked.stdout
    assert "would open rooms 1000, 2007" in looked.stdout, looked.stdout
    limited = rooms.play("open", "three_tier", "--limit", "mcu-3.tinh", district="le-thuy")
    assert limited.returncode == 2, limited.stdout
    assert "mcu-1.tinh: outside --limit" in limited.stdout, limited.stdout
    assert rooms.text().startswith("No meeting is going on.")
    alone = rooms.play("open", "district_commune", "--limit", "mcu-3.tinh", district="le-thuy")
    assert alone.returncode == 0, alone.stdout


def test_the_record_is_what_is_there(rooms: Rooms, join: Join) -> None:
    rooms.open("three_tier", district="le-thuy")
    join(PROVINCE, "1000")
    join(PHONG_THUY)
    record = rooms.record()
    by_room = {item["room"]: item for item in record["rooms"]}
    assert by_room["1000"]["legs"] == ["le-thuy"]
    assert [item["host"] for item in by_room["1000"]["present"]] == [PROVINCE]
    assert by_room["2007"]["leg"] == {"up": True, "redials": 0, "error": ""}
    assert by_room["2007"]["missing"] == [{"host": PHONG_THUY, "name": "Phong Thủy", "connected": True}]
    assert record["servers"]["mcu-1.tinh"]["taken"] == 2
    assert rooms.command("status").returncode == 0
