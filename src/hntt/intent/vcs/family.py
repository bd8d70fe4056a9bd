"""Software families of video units: where each managed setting stands, as data (``families/*.yml``).

Paths moved between generations of the software, so nothing above this module knows one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

DEFAULT_FAMILY = "roomos11"
"""What a unit is rendered for offline: which software it really runs is read from it."""


class UnknownFamilyError(KeyError):
    """A software version that no family covers; the argument is the version."""


@dataclass(frozen=True)
class Place:
    """Where a setting stands. ``text``: the value is quoted; ``secret``: it can be written and never read back.

    ``restart``: the unit takes the new value into use when it starts again.
    """

    path: str
    text: bool = False
    secret: bool = False
    restart: bool = False


@dataclass(frozen=True)
class Family:
    """One generation of the software. ``absent`` names settings that it does not have on purpose."""

    key: str
    name: str
    version: re.Pattern[str]
    places: Mapping[str, Place] = field(repr=False)
    absent: frozenset[str] = field(repr=False)
    words: Mapping[str, Mapping[str, str]] = field(repr=False)

    def word(self, setting: str, value: str) -> str:
        """The unit's own word for a value."""
        return self.words.get(setting, {}).get(value, value)


@lru_cache
def families() -> Mapping[str, Family]:
    """All families by key (the file's name)."""
    folder = resources.files(__package__) / "families"
    texts = {
        item.name.removesuffix(".yml"): item.read_text(encoding="utf-8")
        for item in folder.iterdir()
        if item.name.endswith(".yml")
    }
    raw: dict[str, dict[str, Any]] = {key: yaml.safe_load(text) for key, text in sorted(texts.items())}
    return {key: _family(key, raw) for key in raw}


def family_of(version: str) -> Family:
    """The family of a software version as the unit prints it (``ce9.15.0.11 …``); UnknownFamilyError when none fits."""
    for family in families().values():
        if family.version.search(version.strip()):
            return family
    raise UnknownFamilyError(version)


def _family(key: str, raw: Mapping[str, Mapping[str, Any]]) -> Family:
    own = raw[key]
    absent = frozenset(own.get("without", ()))
    places, words = _inherited(key, raw)
    return Family(
        key=key,
        name=own["name"],
        version=re.compile(own["version"], re.IGNORECASE),
        places={name: place for name, place in places.items() if name not in absent},
        absent=absent,
        words=words,
    )


def _inherited(key: str, raw: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Place], dict[str, dict[str, str]]]:
    own = raw[key]
    places, words = _inherited(own["like"], raw) if "like" in own else ({}, {})
    places |= {name: Place(**place) for name, place in own["paths"].items()}
    words |= own["words"]
    return places, words
