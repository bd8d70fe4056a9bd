"""The colour of a picture, read from a PNG file with 8 bits per channel and no interlacing, as baresip writes it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
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
    return pixel_at(data, 0.5, 0.5)


def pixel_at(data: bytes, across: float, down: float) -> tuple[int, int, int]:
    """Red, green and blue (0-255) at a place, as parts of width and height; ValueError as for the middle."""
    if not data.startswith(_SIGNATURE):
        raise ValueError("not a PNG")
    try:
        chunks = list(_chunks(data))
        width, height, depth, kind, _, _, interlaced = struct.unpack("!IIBBBBB", chunks[0][1])
        if depth != 8 or kind not in _CHANNELS or interlaced:
            raise ValueError("a kind of PNG that is not expected here")
        raw = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
        row = _row(raw, width * _CHANNELS[kind], _CHANNELS[kind], int(height * down))
        place = int(width * across) * _CHANNELS[kind]
        return row[place], row[place + 1], row[place + 2]
    except (struct.error, zlib.error, IndexError) as error:
        raise ValueError(f"a damaged PNG: {error}") from error


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_SIGNATURE)
    while place < len(data):
        length, name = struct.unpack_from("!I4s", data, place)
        yield name, data[place + 8 : place + 8 + length]
        place += length + 12


def _row(raw: bytes, length: int, step: int, wanted: int) -> bytearray:
    """One row as it was before the format's filters, which tell every row from the one above it."""
    above = bytearray(length)
    for number in range(wanted + 1):
        begin = number * (length + 1)
        row = bytearray(raw[begin + 1 : begin + 1 + length])
        _unfilter(raw[begin], row, above, step)
        above = row
    return above


def _unfilter(kind: int, row: bytearray, above: bytearray, step: int) -> None:
    for place in range(len(row)):
        left = row[place - step] if place >= step else 0
        up_left = above[place - step] if place >= step else 0
        guess = (0, left, above[place], (left + above[place]) // 2, _paeth(left, above[place], up_left))[kind]
        row[place] = (row[place] + guess) & 0xFF


def _paeth(left: int, up: int, up_left: int) -> int:
    near = left + up - up_left
    return min((left, up, up_left), key=lambda value: abs(near - value))
