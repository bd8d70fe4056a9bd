"""What a client of the lab says it hears and sees is what is in the file."""

from __future__ import annotations

import math
import struct
import wave
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from hntt.lab.heard import tail_of
from hntt.lab.picture import COLOURS, Picture, colour_of, middle_pixel

RATE = 16000


def write_wav(path: Path, tones: Sequence[Sequence[float]], channels: int = 1) -> Path:
    """One second for each entry, of the tones in it."""
    with wave.open(str(path), "wb") as handle:
        handle.setnchannels(channels)
        handle.setsampwidth(2)
        handle.setframerate(RATE)
        for hertz in tones:
            for n in range(RATE):
                value = sum(math.sin(2 * math.pi * tone * n / RATE) for tone in hertz) * 8000
                handle.writeframesraw(struct.pack("<h", int(value)) * channels)
    return path


@pytest.mark.parametrize("channels", [1, 2])
def test_the_end_of_a_recording_counts(tmp_path: Path, channels: int) -> None:
    sound = tail_of(write_wav(tmp_path / "x.wav", [[400], [900]], channels), 1.0)
    assert sound.rate == RATE
    assert sound.tone(900) > 0.99
    assert sound.tone(400) < 0.01


def test_two_tones_are_heard_side_by_side_and_silence_is_none(tmp_path: Path) -> None:
    both = tail_of(write_wav(tmp_path / "x.wav", [[400, 1300]]), 1.0)
    assert both.tone(400) == pytest.approx(0.5, abs=0.02)
    assert both.tone(1300) == pytest.approx(0.5, abs=0.02)
    silence = tail_of(write_wav(tmp_path / "y.wav", [[]]), 1.0)
    assert (silence.level, silence.tone(400)) == (0.0, 0.0)


def test_a_recording_that_is_still_written_has_half_a_sample(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", [[900]])
    with path.open("ab") as handle:
        handle.write(b"\x01")
    assert tail_of(path, 0.5).tone(900) > 0.99


def test_no_recording(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    with pytest.raises(ValueError, match="not a WAV"):
        tail_of(tmp_path / "x.wav", 1.0)


def png(rows: Sequence[bytes], width: int, filters: Sequence[int], kind: int = 2) -> bytes:
    """A PNG whose rows are filtered as told; ``rows`` are what is seen."""
    step, raw, above = {2: 3, 6: 4}[kind], b"", bytes(width * {2: 3, 6: 4}[kind])
    for row, how in zip(rows, filters, strict=True):
        raw += bytes([how]) + bytes(
            (value - guess(how, row, above, place, step)) & 0xFF for place, value in enumerate(row)
        )
        above = row
    chunks = [(b"IHDR", struct.pack("!IIBBBBB", width, len(rows), 8, kind, 0, 0, 0)), (b"IDAT", zlib.compress(raw))]
    body = b"".join(struct.pack("!I", len(data)) + name + data + bytes(4) for name, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def guess(how: int, row: bytes, above: bytes, place: int, step: int) -> int:
    left = row[place - step] if place >= step else 0
    corner = above[place - step] if place >= step else 0
    up = above[place]
    near = left + up - corner
    paeth = min((left, up, corner), key=lambda value: abs(near - value))
    return (0, left, up, (left + up) // 2, paeth)[how]


@pytest.mark.parametrize("kind", [2, 6])
@pytest.mark.parametrize("how", range(5))
def test_every_filter_of_the_format_is_undone(how: int, kind: int) -> None:
    step = {2: 3, 6: 4}[kind]
    rows = [bytes((7 * x + 31 * y) % 256 for x in range(5 * step)) for y in range(5)]
    assert middle_pixel(png(rows, 5, [how] * 5, kind)) == tuple(rows[2][2 * step : 2 * step + 3])


def test_colours_are_asked_for_in_any_order() -> None:
    rows = [bytes((7 * x + 31 * y) % 256 for x in range(15)) for y in range(5)]
    picture = Picture(png(rows, 5, [4, 2, 0, 1, 3]))
    assert (picture.width, picture.height) == (5, 5)
    for x, y in ((0, 4), (4, 0), (2, 3), (0, 4)):
        assert picture.at(x / 5 + 0.01, y / 5 + 0.01) == tuple(rows[y][3 * x : 3 * x + 3])


def test_a_filter_that_there_is_not_is_damage() -> None:
    with pytest.raises(ValueError, match="damaged PNG"):
        middle_pixel(png([bytes(12)] * 4, 4, [0] * 4).replace(zlib.compress(bytes(52)), zlib.compress(b"\7" * 52)))


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_bent_by_a_codec_keeps_its_name(tmp_path: Path, colour: str) -> None:
    bent = bytes(min(255, max(0, value + 18 - 36 * (value > 128))) for value in COLOURS[colour])
    (tmp_path / "x.png").write_bytes(png([bent * 4] * 4, 4, [0] * 4))
    assert colour_of(tmp_path / "x.png") == colour


@pytest.mark.parametrize("length", [0, 7, 20, 40, 60])
def test_half_a_picture_is_no_picture(length: int) -> None:
    whole = png([bytes(range(30))] * 10, 10, [0] * 10)
    with pytest.raises(ValueError, match="PNG"):
        middle_pixel(whole[:length])
