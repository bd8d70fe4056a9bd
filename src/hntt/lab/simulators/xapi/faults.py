"""What can go wrong on a simulated unit, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any


@dataclass
class UnitFaults:
    """Faults of one unit; all off by default. They can be changed while it runs.

    - ``drop_after_set``: the session breaks after the N-th accepted value (once).
    - ``drop_before_set``: it breaks instead of taking the N-th value (once).
    - ``reject``: values for paths that match this pattern are refused.
    - ``forgets``: values for paths that match this pattern are taken and not kept.
    - ``refuse_auth``: no credential is accepted.
    - ``silent``: nothing is answered any more.
    - ``unreachable``: connections are cut at once.
    - ``slow_s``: seconds before each answer.
    - ``tells_late``: while the account changes, the old registration is still shown.
    - ``sends_late``: before each answer, the rest of one that nobody waits for any more.
    """

    drop_after_set: int | None = None
    drop_before_set: int | None = None
    reject: str | None = None
    forgets: str | None = None
    refuse_auth: bool = False
    silent: bool = False
    unreachable: bool = False
    slow_s: float = 0.0
    sends_late: bool = False
    tells_late: bool = False

    @classmethod
    def from_mapping(cls, data: dict[str, Any]) -> UnitFaults:
        """From a file's ``faults:``; ValueError names an unknown key."""
        unknown = set(data) - {item.name for item in fields(cls)}
        if unknown:
            raise ValueError(f"unknown fault: {', '.join(sorted(unknown))}")
        return cls(**data)

    def rejects(self, path: str) -> bool:
        """Whether a value for this path is to be refused."""
        return self.reject is not None and re.search(self.reject, path) is not None

    def forgets_value(self, path: str) -> bool:
        """Whether a value for this path is to be lost."""
        return self.forgets is not None and re.search(self.forgets, path) is not None
