"""``./run bench``: ``hntt --help`` answers at once."""

from __future__ import annotations

import os
import subprocess
import sys

LIMIT_S = 0.35


def test_help_is_quick() -> None:
    seconds = min(_processor_seconds() for _ in range(5))
    print(f"\nhntt --help      {seconds:6.3f} s of a processor")
    assert seconds < LIMIT_S


def _processor_seconds() -> float:
    """Processor time of the child: unlike the clock it does not depend on what else the machine does."""
    before = os.times()
    program = [sys.executable, "-c", "from hntt.cli import main; main()", "--help"]
    subprocess.run(program, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
