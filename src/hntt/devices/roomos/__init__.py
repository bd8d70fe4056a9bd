"""Video units with the RoomOS/CE xAPI over SSH: read, compare, bring to what is wanted."""

from __future__ import annotations

from hntt.devices.roomos.apply import Patience, apply_unit
from hntt.devices.roomos.compare import Comparison, Difference, compare
from hntt.devices.roomos.fleet import UnitError, UnitReading, read_units
from hntt.devices.roomos.session import RefusedError, UnitSession, open_unit
from hntt.devices.roomos.state import Registration, UnitState, look

__all__ = [
    "Comparison",
    "Difference",
    "Patience",
    "RefusedError",
    "Registration",
    "UnitError",
    "UnitReading",
    "UnitSession",
    "UnitState",
    "apply_unit",
    "compare",
    "look",
    "open_unit",
    "read_units",
]
