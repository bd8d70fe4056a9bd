"""What a recording sounds like: how loud it is, and how much of it is a certain tone."""

from __future__ import annotations

import math
import struct
from array import array
from dataclasses import dataclass
from pathlib import Path

_FULL = 32768
_AUDIBLE, _SHARE = 0.01, 0.1


@dataclass(frozen=True)
class Sound:
    """Samples between -1 and 1 of one channel, at ``rate`` per second."""

    rate: int
    samples: tuple[float, ...]

    @property
    def level(self) -> float:
        """Root mean square: 0 silence, 0.7 a tone as loud as can be."""
        if not self.samples:
            return 0.0
        return math.sqrt(sum(value * value for value in self.samples) / len(self.samples))

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to hear."""
        return self.level <= _AUDIBLE

    def carries(self, hertz: float) -> bool:
        """Whether that tone is a good part of what is heard."""
        return not self.is_silent and self.tone(hertz) > _SHARE

    def tone(self, hertz: float) -> float:
        """How much of the sound's power is that tone: 0 none of it, 1 nothing else. By Goertzel's algorithm."""
        power = sum(value * value for value in self.samples)
        if not power:
            return 0.0
        turn = 2 * math.cos(2 * math.pi * hertz / self.rate)
        before = last = 0.0
        for value in self.samples:
            before, last = last, value + turn * last - before
        at_tone = last * last + before * before - turn * last * before
        return min(1.0, 2 * at_tone / (len(self.samples) * power))


def tail_of(path: Path, seconds: float) -> Sound:
    """The end of a WAV file of 16-bit samples that may still be written to; its first channel. ValueError: no WAV."""
    with path.open("rb") as handle:
        head = handle.read(4096)
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            raise ValueError("not a WAV")
        channels, rate, begin = _format(head)
        size = handle.seek(0, 2)
        frame = 2 * channels
        frames = min(int(seconds * rate), max(0, size - begin) // frame)
        handle.seek(size - (size - begin) % frame - frames * frame)
        samples = array("h", handle.read(frames * frame))
    return Sound(rate, tuple(value / _FULL for value in samples[::channels]))


def _format(head: bytes) -> tuple[int, int, int]:
    """Channels, samples per second, and where the samples begin."""
    channels = rate = 0
    place = 12
    while place + 8 <= len(head):
        name, length = struct.unpack_from("<4sI", head, place)
        if name == b"fmt ":
            _, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", head, place + 8)
            if bits != 16:
                raise ValueError("not 16 bits a sample")
        if name == b"data":
            return channels, rate, place + 8
        place += 8 + length + length % 2
    raise ValueError("a WAV without samples")
