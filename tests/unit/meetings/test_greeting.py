"""What somebody who enters a room is told of those who speak there."""

from __future__ import annotations

import json

from hntt.meetings.greeting import EVENT_TYPE, Greeter, talking
from hntt.meetings.live import Member

CHAIR = "404481"


def site(number: str, *, talking: bool = False, muted: bool = False) -> Member:
    return Member(f"PJSIP/{number}-1", number, f"Xã {number}", talking=talking, muted=muted, uid=f"17.{number}")


def test_the_message_is_as_asterisk_writes_it_and_one_line() -> None:
    text = talking("2007", site("404552"), on=True)
    assert "\n" not in text
    assert json.loads(text) == {
        "type": "ConfbridgeTalking",
        "bridge": {"name": "2007"},
        "channels": [
            {
                "id": "17.404552",
                "name": "PJSIP/404552-1",
                "caller": {"name": "Xã 404552", "number": "404552"},
                "talking_status": "on",
            }
        ],
    }


def test_it_goes_to_the_channel_with_the_type_that_pages_read() -> None:
    (tell,) = Greeter().looked("2007", CHAIR, [site("404552", talking=True), site("404562")])
    assert tell.headers == {"Channel": "PJSIP/404562-1", "Message": tell.message, "Content-Type": EVENT_TYPE}


def test_chairs_and_legs_have_no_page_to_tell() -> None:
    leg = Member("PJSIP/peer-mcu-1-1", "2007", "CASCADE-le-thuy")
    assert Greeter().looked("2007", CHAIR, [site("404552", talking=True), site(CHAIR), leg]) == []


def test_nobody_is_told_of_himself_or_of_who_is_muted() -> None:
    assert Greeter().looked("2007", CHAIR, [site("404552", talking=True)]) == []
    assert Greeter().looked("2007", CHAIR, [site("404552", talking=True, muted=True), site("404562")]) == []


def test_who_is_muted_before_the_second_look_is_taken_back_once() -> None:
    greeter = Greeter()
    greeter.looked("2007", CHAIR, [site("404552", talking=True), site("404562")])
    later = [site("404552", talking=True, muted=True), site("404562")]
    (tell,) = greeter.looked("2007", CHAIR, later)
    assert json.loads(tell.message)["channels"][0]["talking_status"] == "off"
    assert greeter.looked("2007", CHAIR, later) == []


def test_who_comes_back_is_new() -> None:
    greeter = Greeter()
    both = [site("404552", talking=True), site("404562")]
    assert len(greeter.looked("2007", CHAIR, both)) == 1
    assert greeter.looked("2007", CHAIR, both) == []
    assert greeter.looked("2007", CHAIR, both[:1]) == []
    assert len(greeter.looked("2007", CHAIR, both)) == 1
