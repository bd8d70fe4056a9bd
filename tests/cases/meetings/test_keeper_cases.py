"""The keeper's actions over time: each folder of ``keeper`` is what happens by the second, and what the keeper does.

``HNTT_REGEN=1`` writes what it does; see ../README.md for how to review that.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from keeper_world import played

CASES = sorted(path.parent for path in (Path(__file__).parent / "keeper").glob("*/case.yml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_keeper(case: Path) -> None:
    done = played(yaml.safe_load((case / "case.yml").read_text(encoding="utf-8")))
    expected = case / "expected.txt"
    if os.environ.get("HNTT_REGEN") == "1":
        expected.write_text(done, encoding="utf-8")
    assert done == expected.read_text(encoding="utf-8")
