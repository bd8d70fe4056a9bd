"""Seats of a room: nobody too many, the chair always, and none lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from mcu_bench import CHAIR, ROOM, SITES, counted, until

from hntt.lab.sip_client import Dialled

A_SEAT = f"{ROOM}@seat"


def seats() -> int:
    return counted().get(A_SEAT, 0)


def test_a_room_that_is_not_open_lets_no_site_in(connect) -> None:
    answer = connect(SITES[0]).dial(ROOM)
    assert (answer.answered, answer.status) == (False, 480)


def test_a_chair_opens_its_room_by_coming(connect) -> None:
    chair, site = connect(CHAIR), connect(SITES[0])
    assert chair.dial(ROOM).answered
    assert site.dial(ROOM).answered
    assert counted() == {A_SEAT: 2, f"{ROOM}@licence": 2, f"{ROOM}@chair": 1, "all@server": 2}
    chair.hangup()
    # The meeting is over when its chair leaves.
    assert site.out_of_call(10)
    until(counted, lambda groups: groups == {})


def test_one_too_many_is_refused_and_the_chair_still_gets_in(connect, open_room: str) -> None:
    sites = [connect(endpoint) for endpoint in SITES[:3]]
    assert [site.dial(open_room) for site in sites[:2]] == [Dialled(answered=True)] * 2
    refused = sites[2].dial(open_room)
    assert (refused.answered, refused.status) == (False, 486)
    assert connect(CHAIR).dial(open_room).answered
    assert seats() == 3
    again = sites[2].dial(open_room)
    assert (again.answered, again.status) == (False, 486)
    sites[0].hangup()
    until(seats, lambda number: number == 2)
    # The chair's own place is not given to others.
    assert sites[2].dial(open_room).status == 486
    sites[1].hangup()
    until(seats, lambda number: number == 1)
    assert sites[2].dial(open_room).answered


@pytest.mark.parametrize("attempt", range(5))
def test_of_two_who_race_for_the_last_seat_one_gets_it(connect, open_room: str, attempt: int) -> None:
    first, *others = [connect(endpoint) for endpoint in SITES]
    assert first.dial(open_room).answered
    with ThreadPoolExecutor(max_workers=len(others)) as pool:
        answers = list(pool.map(lambda site: site.dial(open_room), others))
    assert sorted(answer.status for answer in answers if not answer.answered) == [486] * (len(others) - 1)
    assert seats() == 2


def test_the_seat_of_a_dead_endpoint_is_free_again_within_30_seconds(connect, open_room: str, record_property) -> None:
    dead, other, third = (connect(endpoint) for endpoint in SITES[:3])
    assert dead.dial(open_room).answered
    assert other.dial(open_room).answered
    assert third.dial(open_room).status == 486
    dead.kill()
    seconds = until(seats, lambda number: number == 1, 30)
    record_property("seconds_until_free", round(seconds, 1))
    assert third.dial(open_room).answered
    assert other.in_call()
