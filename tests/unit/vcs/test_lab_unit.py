"""A unit of the lab used as its people would, and what is noted of a meeting."""

from __future__ import annotations

import pytest
from unit_bench import NAME, Bench, source

from hntt.devices.roomos.session import RefusedError
from hntt.i18n import set_language
from hntt.lab.meet.cli import line
from hntt.lab.meet.looks import COMMUNES, DISTRICT_UNIT, PROVINCE_UNIT, look_of_unit, unit_media
from hntt.lab.meet.scenes import Notes, Seen
from hntt.lab.meet.unit import LabUnit
from hntt.lab.picture import COLOURS


@pytest.fixture
def people(converged: Bench) -> LabUnit:
    return LabUnit(converged.target, "404481", DISTRICT_UNIT)


def test_a_call_is_made_muted_and_ended(people: LabUnit, converged: Bench) -> None:
    assert people.out_of_call()
    people.dial("2007")
    assert people.in_call(5)
    assert [call.number for call in converged.sip.calls] == ["2007"]
    people.mute(True)
    assert converged.sip.microphone_muted
    people.press("*1")
    assert converged.sip.pressed == ["*", "1"]
    people.hang_up()
    people.hang_up()
    assert people.out_of_call()
    assert not converged.sip.calls


def test_keys_without_a_call_are_refused(people: LabUnit, converged: Bench) -> None:
    with pytest.raises(RefusedError):
        people.press("*1")
    assert converged.sip.pressed == []


def test_pictures_arrive_when_more_of_them_have_come(people: LabUnit, converged: Bench) -> None:
    people.dial("2007")
    call = converged.sip.calls[0]
    assert people.packets() == {"audio": 0, "video": 0}
    assert not people.receives_picture(0)
    call.packets |= {"audio": 250, "video": 40}
    assert people.packets() == {"audio": 250, "video": 40}


def test_looks_are_told_apart() -> None:
    looks = [PROVINCE_UNIT, DISTRICT_UNIT, *COMMUNES]
    assert len({look.colour for look in looks}) == len({look.tone_hz for look in looks}) == len(looks)
    assert {look.colour for look in looks} <= set(COLOURS)
    unit = source().network.devices[NAME]
    assert look_of_unit(unit) == DISTRICT_UNIT
    assert look_of_unit(source().network.devices["vcs.tinh"]) == PROVINCE_UNIT
    assert "c=yellow" in unit_media(unit)["video_source"]


def test_a_meeting_is_well_when_all_that_was_looked_at_was_so() -> None:
    told: list[Seen] = []
    notes = Notes(told.append)
    assert not notes.is_well, "nothing was looked at"
    assert notes.see("one", lambda: True)
    assert notes.is_well
    assert not notes.see("two", lambda: False)
    assert not notes.is_well
    assert [item.text for item in told] == ["one", "two"]


@pytest.mark.parametrize(
    ("is_so", "vi", "en"),
    [(True, "✓ x (1.2 s)", "✓ x (1.2 s)"), (False, "✗ KHÔNG: x (1.2 s)", "✗ NOT SO: x (1.2 s)")],
)
def test_what_was_seen_is_told_in_both_languages(is_so: bool, vi: str, en: str) -> None:
    for language, words in (("vi", vi), ("en", en)):
        set_language(language)
        try:
            assert line(Seen("x", is_so, 1.23)) == words
        finally:
            set_language(None)
