"""What can go wrong on a simulated router, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any


@dataclass
class Faults:
    """Faults of one simulated router; all off by default. They can be changed while it runs.

    - ``drop_after_line``: the session breaks after the N-th accepted configuration line (once).
    - ``reject``: configuration lines matching this pattern are refused.
    - ``path_lost_after``: after a line matching this pattern every session dies and no new one is let in until
      the device has gone back to its old configuration by itself.
    - ``slow_s``: seconds before each answer.
    - ``refuse_auth``: no credential is accepted.
    - ``disk_full``: nothing can be written to the device's storage.
    - ``no_archive``: IOS without the archive feature, so without `configure terminal revert timer`.
    - ``drop_on``: the session breaks instead of answering a command that matches this pattern (once).
    - ``unsaveable``: saving the startup configuration fails.
    - ``forgets_save``: saving says that it worked, and the startup configuration stays what it was.
    """

    drop_after_line: int | None = None
    reject: str | None = None
    path_lost_after: str | None = None
    slow_s: float = 0.0
    refuse_auth: bool = False
    disk_full: bool = False
    no_archive: bool = False
    drop_on: str | None = None
    unsaveable: bool = False
    forgets_save: bool = False

    @classmethod
    def from_mapping(cls, data: dict[str, Any]) -> Faults:
        """From a fleet file's ``faults:``; ``ValueError`` names an unknown key."""
        unknown = set(data) - {item.name for item in fields(cls)}
        if unknown:
            raise ValueError(f"unknown fault: {', '.join(sorted(unknown))}")
        return cls(**data)

    def rejects(self, line: str) -> bool:
        """Whether this configuration line is to be refused."""
        return self.reject is not None and re.search(self.reject, line) is not None

    def loses_path(self, line: str) -> bool:
        """Whether this configuration line cuts the management path."""
        return self.path_lost_after is not None and re.search(self.path_lost_after, line) is not None

    def drops_on(self, line: str) -> bool:
        """Whether the session breaks at this command; true once."""
        if self.drop_on is None or re.search(self.drop_on, line) is None:
            return False
        self.drop_on = None
        return True
