"""Random edits of an access list, played on the simulated IOS: the order comes out right, whatever moves."""

from __future__ import annotations

import random

import pytest
from device_cases import device_with, play

from hntt.devices import get_platform, type7

POOL = [f" permit tcp host 192.0.2.{number} any eq 22" for number in range(1, 30)]


def config(entries: list[str]) -> str:
    return "\n".join(["hostname rt-x", "ip access-list extended HNTT", *entries, " deny ip any any", ""])


@pytest.mark.parametrize("seed", range(60))
def test_any_list_becomes_any_other(seed: int) -> None:
    chance = random.Random(seed)
    old, new = (chance.sample(POOL, chance.randint(0, 25)) for _ in range(2))
    if seed % 2:  # half of them small edits: shuffle a slice, drop and add a few
        new = [*old]
        chance.shuffle(new)
        new = old[:3] + [entry for entry in new if entry not in old[:3]][: chance.randint(0, 20)]
    platform = get_platform("cisco_ios")
    device = device_with("cisco_ios", config(old))
    result = platform.remediate(config(old), config(new))
    play(device, result.commands)
    assert platform.normalise(device.running()) == platform.normalise(config(new))
    play(device, result.rollback)
    assert platform.normalise(device.running()) == platform.normalise(config(old))


def test_an_insertion_never_removes_a_permit() -> None:
    result = get_platform("cisco_ios").remediate(config(POOL[:5]), config([*POOL[:2], POOL[9], *POOL[2:5]]))
    assert not any(line.strip().startswith("no ") for line in result.commands)


def test_a_list_never_goes_through_a_state_without_its_other_entries() -> None:
    result = get_platform("cisco_ios").remediate(config(POOL[:5]), config(POOL[3:9]))
    assert "no ip access-list extended HNTT" not in result.commands


def test_type_7_against_a_published_pair() -> None:
    assert type7.decode("02050D480809") == "cisco"
    assert type7.decode(type7.encode("Một khoá dài hơn")) == "Một khoá dài hơn"
    assert type7.decode("zz") is None
    assert type7.canonical("5", "$1$x") == "5 $1$x"
