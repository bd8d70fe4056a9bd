"""Fixtures of the video units' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit_bench import Bench, bench


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Bench]:
    """A unit as from the factory."""
    with bench(tmp_path) as made:
        yield made


@pytest.fixture
def converged(unit: Bench) -> Bench:
    """A unit that has been brought to its intended settings and is registered."""
    assert unit.apply().outcome == "confirmed"
    unit.unit.sets = 0
    unit.unit.requests.clear()
    return unit
