"""Makes what the scenarios share importable; every test begins with the room's page on the screen."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared"))

import pc_bench


@pytest.fixture(autouse=True)
def _page_is_shown() -> None:
    pc_bench.until(pc_bench.shows_the_room, "the room's page")
