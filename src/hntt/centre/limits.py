"""How often one address may ask: a PC needs a handful of requests, somebody who guesses needs millions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_FORGET_ABOVE = 4096


@dataclass
class _Bucket:
    left: float
    at: float


class RateLimit:
    """``burst`` requests at once, ``per_minute`` in the long run, for each address by itself."""

    def __init__(self, burst: int, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = float(burst)
        self._per_s = per_minute / 60
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, address: str) -> float:
        """Count one request: 0 when it may be served, else the seconds until the next one may."""
        now = self._clock()
        with self._lock:
            if len(self._buckets) > _FORGET_ABOVE:
                self._forget(now)
            bucket = self._buckets.setdefault(address, _Bucket(self._burst, now))
            bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._per_s)
            bucket.at = now
            if bucket.left < 1:
                return (1 - bucket.left) / self._per_s
            bucket.left -= 1
            return 0.0

    def _forget(self, now: float) -> None:
        full = [
            name for name, item in self._buckets.items() if item.left + (now - item.at) * self._per_s >= self._burst
        ]
        for name in full:
            del self._buckets[name]
