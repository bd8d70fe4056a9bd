"""Progress of a long action: a line with the elapsed time, at most every two seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hntt.i18n import tr

INTERVAL_S = 2.0


class Progress:
    """Says what is going on. ``say`` prints one line; nothing is printed for work that is done within the interval."""

    def __init__(self, say: Callable[[str], object], interval_s: float = INTERVAL_S) -> None:
        self._say = say
        self._interval_s = interval_s
        self._begun = time.monotonic()
        self._doing = ""
        self._done = 0
        self._total = 0

    def step(self, done: int = 1) -> None:
        """Some of the work that is going on is finished."""
        self._done += done

    @contextmanager
    def doing(self, what: str, total: int = 0) -> Iterator[Progress]:
        """Report on the work inside the block while it lasts; ``total`` gives ``step`` a meaning."""
        self._doing, self._done, self._total = what, 0, total
        stop = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(stop,), name="progress", daemon=True)
        ticker.start()
        try:
            yield self
        finally:
            stop.set()
            ticker.join()

    def _tick(self, stop: threading.Event) -> None:
        while not stop.wait(self._interval_s):
            seconds = time.monotonic() - self._begun
            count = f" {self._done}/{self._total}" if self._total else ""
            unit = tr(vi="giây", en="s")
            self._say(f"  … {self._doing}{count}, {seconds:.0f} {unit}")
