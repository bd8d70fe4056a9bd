"""Which disk the installer may erase: each folder is the disks of a PC, and the choice or the words of the refusal.

``HNTT_REGEN=1`` writes what comes out; a person must be able to say why each is right.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from hntt.image.target.disks import GIB, Disk, choose
from hntt.image.target.stop import StopError

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/case.yml"))
NEEDED = 12 * GIB


def disk(fields: dict[str, Any]) -> Disk:
    size = int(fields.pop("size").removesuffix(" GB")) * 10**9
    return Disk(size=size, **fields)


def outcome(case: dict[str, Any]) -> str:
    try:
        return f"erases {choose([disk(one) for one in case['disks']], case.get('serial'), NEEDED).path}\n"
    except StopError as stop:
        return f"stops {stop.code}\n{stop.vi}\n{stop.en}\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_disks(case: Path) -> None:
    done = outcome(yaml.safe_load((case / "case.yml").read_text(encoding="utf-8")))
    expected = case / "expected.txt"
    if os.environ.get("HNTT_REGEN") == "1":
        expected.write_text(done, encoding="utf-8")
    assert done == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_order_of_the_disks_decides_nothing(case: Path) -> None:
    content = yaml.safe_load((case / "case.yml").read_text(encoding="utf-8"))
    turned = yaml.safe_load((case / "case.yml").read_text(encoding="utf-8"))
    turned["disks"].reverse()
    assert outcome(content).splitlines()[0] == outcome(turned).splitlines()[0]
