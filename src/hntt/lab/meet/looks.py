"""What each endpoint of the lab shows and sounds like, so that its picture and voice are known wherever they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hntt.network.model import Device, Tier


@dataclass(frozen=True)
class Look:
    """A picture of one colour (of ``hntt.lab.picture.COLOURS``) and a tone."""

    colour: str
    tone_hz: int


PROVINCE_UNIT = Look("lime", 330)
DISTRICT_UNIT = Look("yellow", 440)
COMMUNES = (Look("red", 550), Look("blue", 660), Look("magenta", 880), Look("cyan", 990))
"""One for each commune of a meeting, in turn; more communes than looks would be mistaken for each other."""

OWN_PC = "orange"
"""The picture of every commune's own PC that is in the lab. They are silent: nobody speaks at them."""

_SIZE, _FRAMES_PER_S = "320x180", 10


def look_of_unit(unit: Device) -> Look:
    """The look of a site's video unit."""
    return PROVINCE_UNIT if unit.site.tier is Tier.PROVINCE else DISTRICT_UNIT


def unit_media(unit: Device) -> dict[str, Any]:
    """The fields of the simulated unit's ``Media`` that make it look so."""
    look = look_of_unit(unit)
    return {
        "audio_source": f"ausine,{look.tone_hz}",
        "video_source": f"avformat,lavfi,color=c={look.colour}:s={_SIZE}:r={_FRAMES_PER_S}",
        "size": _SIZE,
        "frames_per_s": _FRAMES_PER_S,
    }
