"""Waiting for something to come to hold."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(holds: Callable[[], bool], timeout_s: float, every_s: float) -> bool:
    """Whether something comes to hold, waiting so long; it is looked at once at least, then every so many seconds."""
    give_up = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() >= give_up:
            return False
        time.sleep(every_s)
    return True
