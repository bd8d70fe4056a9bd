"""What lines must carry and how their rate is divided."""

from __future__ import annotations

from pathlib import Path

import pytest

from hntt.network.bandwidth import classes, demand
from hntt.network.build import build
from hntt.register.loader import load

REGISTER = load(Path(__file__).parents[3] / "inventories/quang_binh/register")
QOS = REGISTER.province.qos
NETWORK = build(REGISTER)


@pytest.mark.parametrize(
    ("calls", "line", "voice", "video", "signalling"),
    [
        ([768], 2000, 100, 821, 40),
        ([768], 1000, 100, 821, 32),
        ([1920], 50_000, 100, 2204, 1000),
        ([768] * 20, 50_000, 2000, 16_420, 1000),
        ([64], 2000, 100, 0, 40),
    ],
)
def test_demand(calls: list[int], line: int, voice: int, video: int, signalling: int) -> None:
    load_ = demand(calls, line, QOS)
    assert (load_.voice_kbps, load_.video_kbps, load_.signalling_kbps) == (voice, video, signalling)


def test_a_districts_line_carries_every_commune_behind_it_and_its_own_room() -> None:
    for line in NETWORK.spokes_of("rt.tinh"):
        behind = NETWORK.spokes_of(line.spoke)
        own = demand([NETWORK.devices[line.spoke].site.call_rate_kbps], line.rate_kbps, QOS)
        assert line.demand.calls == len(behind) + 1
        assert line.demand.video_kbps == own.video_kbps + sum(spoke.demand.video_kbps for spoke in behind)


def test_the_guarantees_of_a_line_never_exceed_its_rate() -> None:
    for line in NETWORK.lines.values():
        assert sum(c.rate_kbps for c in line.classes) <= line.rate_kbps, line.spoke


def test_media_may_not_borrow_and_the_rest_may() -> None:
    made = {c.name: c for c in classes(demand([768], 4000, QOS), 4000, QOS)}
    assert made["voice"].ceil_kbps == made["voice"].rate_kbps
    assert made["video"].ceil_kbps == made["video"].rate_kbps
    assert made["default"].ceil_kbps == 4000
    assert min(made.values(), key=lambda c: c.priority).name == "voice"


def test_a_mark_belongs_to_one_class() -> None:
    marks = [mark for c in NETWORK.lines["rt.le-thuy"].classes for mark in c.dscp]
    assert len(marks) == len(set(marks))
    assert {QOS.dscp.voice, QOS.dscp.video, QOS.dscp.signalling} <= set(marks)
