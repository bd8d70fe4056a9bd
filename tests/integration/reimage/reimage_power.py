"""Power cuts out of a recording: QEMU logs what a PC writes to its disk, and a moment's disk is made from the log.

So one installation serves for any number of cuts, and a cut is worse than killing QEMU would be: what the PC had
written and not flushed yet was in the disk's own cache, of which the cut leaves nothing, some or all.
"""

from __future__ import annotations

import random
import struct
import subprocess
import threading
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SECTOR = 512
_FLUSH, _DISCARD = 1, 4
_WATCH_S = 0.05
_EFI_TYPE = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b").bytes_le


@dataclass(frozen=True)
class Write:
    """One entry of the log: where its bytes are in the log and on the disk; a flush has none."""

    offset: int
    size: int
    place: int
    flush: bool

    @property
    def end(self) -> int:
        """How long the log is with it."""
        return self.place + self.size


class Recording:
    """The log of one PC's disk, with when each byte came to it. ``with`` begins and ends the watch."""

    def __init__(self, base: Path, log: Path) -> None:
        """``base``: the disk as it was before. The log must be there when the PC is switched on."""
        self.base, self.log = base, log
        log.touch()
        self.marks: list[tuple[float, str]] = []
        self._sizes: list[tuple[float, int]] = []
        self._end = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Recording:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._end.wait(_WATCH_S):
            self._sizes.append((time.monotonic(), self.log.stat().st_size))

    def mark(self, phase: str) -> None:
        """From now on the PC is doing this."""
        self.marks.append((time.monotonic(), phase))

    def writes(self) -> list[Write]:
        """All entries from the first mark to the last, and those before it."""
        end = self._size_at(self.marks[-1][0])
        found, place = [], _SECTOR
        with self.log.open("rb") as log:
            while place < end:
                log.seek(place)
                sector, count, flags, _ = struct.unpack("<4Q", log.read(32))
                place += _SECTOR
                if flags & _DISCARD:
                    continue
                assert count or flags & _FLUSH, f"a hole in QEMU's log at {place}"
                found.append(Write(sector * _SECTOR, count * _SECTOR, place, bool(flags & _FLUSH)))
                place += count * _SECTOR
        return found

    def _size_at(self, moment: float) -> int:
        return max((size for at, size in self._sizes if at <= moment), default=0)

    def _moment_of(self, write: Write) -> float:
        return next((at for at, size in self._sizes if size >= write.end), self.marks[-1][0])

    def cut(self, chance: random.Random, part: int, parts: int) -> Cut:
        """A moment in the ``part``-th of ``parts`` equal parts of what was recorded from the first mark to the last.

        Half of them are parts of the time, most of which goes into writing the image; the other half parts of the
        number of flushes, most of which belong to tables, file systems, boot files and first starts.
        """
        writes = self.writes()
        began, ended = self.marks[0][0], self.marks[-1][0]
        by_time = parts - parts // 2
        if part < by_time:
            moment = began + (ended - began) * (part + chance.random()) / by_time
            size = self._size_at(moment)
            count = sum(1 for write in writes if write.end <= size)
        else:
            before = self._size_at(began)
            first = sum(1 for write in writes if write.end <= before)
            after = [number + 1 for number in range(first, len(writes)) if writes[number].flush]
            bounds = [first, *after, len(writes)]
            epoch = int((len(bounds) - 1) * (part - by_time + chance.random()) / (parts - by_time))
            count = chance.randint(bounds[epoch], bounds[epoch + 1])
            moment = self._moment_of(writes[count - 1])
        phase = [name for at, name in self.marks if at <= moment][-1:] or ["?"]
        kept = chance.choice((0.0, 0.5, 1.0))
        return Cut(self, writes[:count], kept, chance.getrandbits(32), moment - began, phase[0])

    def every(self, chance: random.Random) -> Iterator[Cut]:
        """A cut after each write; of what was not flushed by then the disk has kept nothing, some and all."""
        writes = self.writes()
        for count in range(len(writes) + 1):
            for kept in (0.0, 0.5, 1.0):
                yield Cut(self, writes[:count], kept, chance.getrandbits(32), 0, "")


@dataclass(frozen=True)
class Cut:
    """One moment: what was written by then, and how much of the unflushed part the disk still had written down."""

    recording: Recording
    writes: Sequence[Write]
    kept: float
    luck: int
    seconds: float
    phase: str

    def __str__(self) -> str:
        lost = len(self.writes) - self._flushed()
        moment = f"{self.phase}, after {self.seconds:.1f} s and {len(self.writes)} writes"
        return f"{moment}; of {lost} unflushed {self.kept:.0%} stay"

    def _flushed(self) -> int:
        return max((number + 1 for number, write in enumerate(self.writes) if write.flush), default=0)

    def make(self, disk: Path) -> Path:
        """The disk as the cut leaves it, in a new file."""
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", str(self.recording.base), str(disk)], check=True)
        with disk.open("r+b") as target, self.recording.log.open("rb") as log:
            for write in self._on_disk():
                log.seek(write.place)
                target.seek(write.offset)
                target.write(log.read(write.size))
        return disk

    def _on_disk(self) -> Iterator[Write]:
        chance, flushed = random.Random(self.luck), self._flushed()
        for number, write in enumerate(self.writes):
            if number < flushed or chance.random() < self.kept:
                yield write

    def has_boot_partition(self) -> bool:
        """Whether either table of the disk, each of them whole, has a partition that the firmware looks into."""
        size = self.recording.base.stat().st_size
        last = size - size % _SECTOR - _SECTOR
        return any(_EFI_TYPE in self._entries(place) for place in (_SECTOR, last))

    def _entries(self, place: int) -> bytes:
        """The entries of the table whose header is there; none when it is damaged."""
        header = bytearray(self.read(place, _SECTOR))
        if header[:8] != b"EFI PART":
            return b""
        said, header[16:20] = struct.unpack_from("<I", header, 16)[0], bytes(4)
        start, count, each, checksum = struct.unpack_from("<QIII", header, 72)
        entries = self.read(start * _SECTOR, min(count * each, 1 << 20))
        return entries if (said, checksum) == (zlib.crc32(header[:92]), zlib.crc32(entries)) else b""

    def read(self, place: int, size: int) -> bytes:
        """Bytes of the disk as the cut leaves it."""
        with self.recording.base.open("rb") as base, self.recording.log.open("rb") as log:
            base.seek(place)
            content = bytearray(base.read(size))
            for write in self._on_disk():
                first, last = max(place, write.offset), min(place + size, write.offset + write.size)
                if first < last:
                    log.seek(write.place + first - write.offset)
                    content[first - place : last - place] = log.read(last - first)
        return bytes(content)
