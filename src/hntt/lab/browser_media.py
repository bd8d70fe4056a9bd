"""What a browser without camera and microphone sees and hears instead: files that it plays over and over."""

from __future__ import annotations

import math
import random
import struct
import wave
from array import array
from pathlib import Path

from hntt.lab.picture import COLOURS

WIDTH, HEIGHT, FRAMES_PER_S = 640, 360, 15
SAMPLES_PER_S = 48_000
_MARK = 24
_AMPLITUDE = 12_000
# Pieces of a tone, as long as syllables: a steady one would be taken for a noise and filtered out.
_SOUND_S, _PAUSE_S = 0.3, 0.1
_NOISE = 40


def write_picture(path: Path, colour: str, *, noisy: bool = False, frames_per_s: int = FRAMES_PER_S) -> None:
    """One second of a picture of ``colour`` (of ``picture.COLOURS``) with a mark that moves, as a Y4M file.

    ``noisy``: with grain that no encoder can foretell, so it takes whatever rate it is allowed.
    """
    luma, blue, red = _yuv(COLOURS[colour])
    chance = random.Random(0)  # noqa: S311 - a picture, not a secret
    chroma = bytes([blue]) * (WIDTH * HEIGHT // 4) + bytes([red]) * (WIDTH * HEIGHT // 4)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{frames_per_s}:1 Ip A1:1 C420mpeg2\n".encode())
        for number in range(frames_per_s):
            left = number * (WIDTH - _MARK) // frames_per_s
            file.write(b"FRAME\n" + _grain(luma, chance, left, noisy=noisy) + chroma)


def _grain(luma: int, chance: random.Random, mark: int, *, noisy: bool) -> bytes:
    """The brightness of one frame: even or grainy, with ``mark`` pixels left of the mark at its top."""
    if noisy:
        low, high = max(16, luma - _NOISE), min(235, luma + _NOISE)
        frame = bytearray(low + value * (high - low) // 255 for value in chance.randbytes(WIDTH * HEIGHT))
    else:
        frame = bytearray([luma]) * (WIDTH * HEIGHT)
    for line in range(_MARK):
        begin = line * WIDTH + mark
        frame[begin : begin + _MARK] = bytes([235 if luma < 126 else 16]) * _MARK
    return bytes(frame)


def _yuv(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """BT.601 with the range of television, as cameras give it."""
    red, green, blue = (value / 255 for value in colour)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return round(16 + 219 * luma), round(128 + 224 * (blue - luma) / 1.772), round(128 + 224 * (red - luma) / 1.402)


def write_silence(path: Path) -> None:
    """Two seconds of nothing, as a WAV file."""
    _write_sound(path, array("h", bytes(2 * 2 * SAMPLES_PER_S)))


def write_tone(path: Path, hertz: int) -> None:
    """Two seconds of a tone in pieces, as a WAV file of 16-bit samples."""
    period = round((_SOUND_S + _PAUSE_S) * SAMPLES_PER_S)
    sounding = round(_SOUND_S * SAMPLES_PER_S)
    samples = array("h", bytes(2 * period * 5))
    for place in range(len(samples)):
        within = place % period
        if within < sounding:
            swell = math.sin(math.pi * within / sounding)
            samples[place] = round(_AMPLITUDE * swell * math.sin(2 * math.pi * hertz * place / SAMPLES_PER_S))
    _write_sound(path, samples)


def _write_sound(path: Path, samples: array[int]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES_PER_S)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
