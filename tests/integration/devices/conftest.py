"""Simulated routers behind real SSH, one per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from device_bench import PLATFORMS, Bench, make_fleet


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(platform: str, tmp_path: Path) -> Iterator[Bench]:
    """A router under test; parametrise ``platform`` to choose which."""
    with make_fleet(platform) as fleet:
        yield Bench(platform, fleet, tmp_path)
