"""The colour of a picture, read from a PNG file with 8 bits per channel and no interlacing, as baresip writes it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

COLOURS: dict[str, tuple[int, int, int]] = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "lime": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "magenta": (255, 0, 255),
    "cyan": (0, 255, 255),
    "orange": (255, 140, 0),
}
"""Colours that stay apart however a codec bends them; names that baresip's picture source knows too."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}


def colour_of(path: Path) -> str:
    """The name of the colour in the middle of the picture; ValueError when the file is no such picture."""
    return nearest(middle_pixel(path.read_bytes()))


def nearest(pixel: tuple[int, int, int]) -> str:
    """The name of the colour that is nearest to a pixel."""
    return min(COLOURS, key=lambda name: _distance(COLOURS[name], pixel))


def middle_pixel(data: bytes) -> tuple[int, int, int]:
    """Red, green and blue (0-255) in the middle. ValueError for anything but a whole RGB or RGBA picture."""
    return Picture(data).at(0.5, 0.5)


class Picture:
    """A picture whose colours are asked for. ValueError for anything but a whole RGB or RGBA one."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_SIGNATURE):
            raise ValueError("not a PNG")
        try:
            chunks = list(_chunks(data))
            self.width, self.height, depth, kind, _, _, interlaced = struct.unpack("!IIBBBBB", chunks[0][1])
            if depth != 8 or kind not in _CHANNELS or interlaced:
                raise ValueError("a kind of PNG that is not expected here")
            self._raw = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
        except (struct.error, zlib.error, IndexError) as error:
            raise ValueError(f"a damaged PNG: {error}") from error
        self._step = _CHANNELS[kind]
        if len(self._raw) < self.height * (self.width * self._step + 1):
            raise ValueError("a damaged PNG: it ends too early")
        self._rows: list[bytearray] = []

    def at(self, across: float, down: float) -> tuple[int, int, int]:
        """Red, green and blue (0-255) at a place, as parts of width and height from the upper left."""
        place = int(self.width * across) * self._step
        try:
            red, green, blue = self._row(int(self.height * down))[place : place + 3]
        except KeyError as error:
            raise ValueError(f"a damaged PNG: filter {error}") from error
        return red, green, blue

    def _row(self, wanted: int) -> bytearray:
        """One row as it was before the format's filters, which tell every row from the one above it."""
        length = self.width * self._step
        while len(self._rows) <= wanted:
            begin = len(self._rows) * (length + 1)
            row, above = bytearray(self._raw[begin + 1 : begin + 1 + length]), bytearray(length)
            _unfilter(self._raw[begin], row, self._rows[-1] if self._rows else above, self._step)
            self._rows.append(row)
        return self._rows[wanted]


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_SIGNATURE)
    while place < len(data):
        length, name = struct.unpack_from("!I4s", data, place)
        yield name, data[place + 8 : place + 8 + length]
        place += length + 12


def _unfilter(kind: int, row: bytearray, above: bytearray, step: int) -> None:
    if kind == 0:
        return
    if kind == 1:
        for channel in range(step):
            row[channel::step] = bytes(value & 0xFF for value in accumulate(row[channel::step]))
        return
    if kind == 2:
        row[:] = bytes((value + up) & 0xFF for value, up in zip(row, above, strict=True))
        return
    predict = {3: _mean, 4: _paeth}[kind]
    for place in range(len(row)):
        left, up_left = (row[place - step], above[place - step]) if place >= step else (0, 0)
        up = above[place]
        # All the same is what most of a screen is, and costs no call.
        guess = up if left == up == up_left else predict(left, up, up_left)
        row[place] = (row[place] + guess) & 0xFF


def _mean(left: int, up: int, _up_left: int) -> int:
    return (left + up) // 2


def _paeth(left: int, up: int, up_left: int) -> int:
    near = left + up - up_left
    to_left, to_up, to_up_left = abs(near - left), abs(near - up), abs(near - up_left)
    if to_left <= to_up and to_left <= to_up_left:
        return left
    return up if to_up <= to_up_left else up_left
