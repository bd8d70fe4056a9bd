from __future__ import annotations

import pytest
from tests_province import CENTRE, COMMUNE, DISTRICT, network

from hntt.network import ospf


@pytest.mark.parametrize(
    ("rate_kbps", "expected"), [(500_000, 20), (50_000, 200), (4_000, 2500), (64, 65_535), (40_000_000, 1)]
)
def test_cost_falls_with_the_rate_and_stays_in_range(rate_kbps: int, expected: int) -> None:
    assert ospf.cost(rate_kbps) == expected


def test_the_line_of_a_district_is_backbone_and_those_of_its_communes_are_its_area() -> None:
    lines = network().lines
    assert ospf.area_of_line(network(), lines[DISTRICT]) == 0
    assert ospf.area_of_line(network(), lines[COMMUNE]) == 6


def test_only_the_district_summarises_and_only_its_own_block() -> None:
    assert [area.number for area in ospf.areas(network(), CENTRE)] == [0]
    backbone, own = ospf.areas(network(), DISTRICT)
    assert (backbone.number, backbone.ranges) == (0, ())
    assert [str(prefix) for prefix in own.ranges] == ["10.44.1.128/26", "10.44.22.0/24", "10.44.88.0/22"]
    (commune,) = ospf.areas(network(), COMMUNE)
    assert commune.totally_stubby
    assert commune.ranges == ()
