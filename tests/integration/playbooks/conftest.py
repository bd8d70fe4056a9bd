"""Fixtures of the playbook tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simulated_site import MakeSite, Site, build_site


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[MakeSite]:
    """Builds inventories of simulated routers; they stop when the test ends."""
    made: list[Site] = []

    def make(**options: Any) -> Site:
        folder = tmp_path / f"site{len(made)}"
        folder.mkdir()
        made.append(build_site(folder, **options))
        return made[-1]

    yield make
    for site in made:
        site.fleet.__exit__(None, None, None)
