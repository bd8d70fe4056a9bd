"""One small lab for all tests of this folder; it is taken down at the end, whatever happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import small_lab
from running_lab import Running

from hntt.i18n import set_language
from hntt.lab.down import down
from hntt.lab.up import up


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    set_language("en")
    state_dir: Path = tmp_path_factory.mktemp("lab") / ".lab"
    state_dir.mkdir()
    lab = small_lab.lab_for_tests(state_dir)
    down(lab)
    topology = small_lab.build(lab)
    try:
        made = Running(lab, topology, up(lab, topology))
        made.await_routes()
        yield made
    finally:
        down(lab)
        set_language(None)


@pytest.fixture
def whole(running: Running) -> Iterator[Running]:
    """The lab in order, and put in order again afterwards."""
    yield running
    running.up()
