"""Lets the tests of this folder use the lab of the meetings' tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "meetings"))
