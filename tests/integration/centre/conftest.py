"""A centre that runs, and a PC that was installed and has not enrolled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from centre_service import Pc, Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """The service, running."""
    made = Service(tmp_path / "centre")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def pc(tmp_path: Path, service: Service) -> Pc:
    """A PC with a token that is good."""
    return Pc(tmp_path / "pc", service)
