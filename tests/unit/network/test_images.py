"""What images may take of a line: they have a class of their own, and no other class pays for it but the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from hntt.network import images
from hntt.network.bandwidth import TrafficClass
from hntt.network.build import build
from hntt.network.model import Line
from hntt.register.loader import load

REGISTER = Path(__file__).parents[3] / "inventories/quang_binh/register"
LINES = list(build(load(REGISTER)).lines.values())


def by_name(classes: tuple[TrafficClass, ...]) -> dict[str, TrafficClass]:
    return {item.name: item for item in classes}


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line.number))
def test_no_class_of_a_meeting_pays_for_the_images(line: Line) -> None:
    before, after = by_name(line.classes), by_name(images.classes_towards(line))
    assert {name: after[name] for name in before if name != "default"} == {
        name: item for name, item in before.items() if name != "default"
    }
    assert sum(item.rate_kbps for item in after.values()) <= max(
        sum(item.rate_kbps for item in before.values()), images.FLOOR_KBPS + 1
    )


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line.number))
def test_images_may_not_borrow_more_than_their_share_of_what_meetings_leave(line: Line) -> None:
    before, after = by_name(line.classes), by_name(images.classes_towards(line))
    left = line.rate_kbps - sum(item.rate_kbps for name, item in before.items() if name != "default")
    assert after[images.CLASS].ceil_kbps == max(left * 8 // 10, 64)
    assert after[images.CLASS].priority == after["default"].priority
