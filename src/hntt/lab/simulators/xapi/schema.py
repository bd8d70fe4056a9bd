"""A software's configuration tree as data: which leaves there are, and what they take (``software/*.yml``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

_RANGE = re.compile(r"\b(\d+)\.\.(\d+)\b")


@dataclass(frozen=True)
class LeafType:
    """What one leaf takes: a text of at most ``longest`` characters, a number within ``between``, or one of the words.

    ``bare``: a text that is printed without quotes.
    """

    path: str
    default: str
    longest: int | None = None
    words: tuple[str, ...] = ()
    between: tuple[int, int] | None = None
    bare: bool = False
    secret: bool = False
    restart: bool = False

    def accept(self, value: str) -> str | None:
        """The value as the unit keeps it; None when it does not take it."""
        if self.words:
            return next((word for word in self.words if word.casefold() == value.casefold()), None)
        if self.between is not None:
            number = int(value) if re.fullmatch(r"-?\d{1,9}", value) else None
            return str(number) if number is not None and self.between[0] <= number <= self.between[1] else None
        return value if self.longest is not None and len(value) <= self.longest else None

    @property
    def is_quoted(self) -> bool:
        """Whether its value is printed in quotes."""
        return self.longest is not None and not self.bare


@dataclass(frozen=True)
class Software:
    """One software: how it calls itself, and its leaves by path in lower case."""

    key: str
    version: str
    display_name: str
    product: str
    leaves: Mapping[str, LeafType]


@lru_cache
def software(key: str) -> Software:
    """The software of ``software/<key>.yml``; FileNotFoundError when there is none."""
    data = _data(key)
    return Software(
        key,
        data["version"],
        data["display_name"],
        data["product"],
        {leaf.path.casefold(): leaf for leaf in _leaves(key)},
    )


def _data(key: str) -> dict[str, Any]:
    text = (resources.files(__package__) / "software" / f"{key}.yml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


def _leaves(key: str) -> list[LeafType]:
    data = _data(key)
    inherited = _leaves(data["like"]) if "like" in data else []
    gone = tuple(f"{path} ".casefold() for path in data.get("without", ()))
    own = [_leaf(path, spec) for name, spec in data["leaves"].items() for path in _expanded(name)]
    renewed = {leaf.path.casefold() for leaf in own}
    kept = [
        leaf
        for leaf in inherited
        if not f"{leaf.path} ".casefold().startswith(gone) and leaf.path.casefold() not in renewed
    ]
    return sorted([*kept, *own], key=lambda leaf: _order(leaf.path))


def _order(path: str) -> list[tuple[int, str]]:
    """Words by letter, indexes by value."""
    return [(int(word), "") if word.isdigit() else (0, word.casefold()) for word in path.split()]


def _expanded(path: str) -> Iterator[str]:
    found = _RANGE.search(path)
    if found is None:
        yield path
        return
    for index in range(int(found[1]), int(found[2]) + 1):
        yield from _expanded(f"{path[: found.start()]}{index}{path[found.end() :]}")


def _leaf(path: str, spec: Mapping[str, Any]) -> LeafType:
    words = tuple(str(word) for word in spec.get("one_of", ()))
    between = tuple(spec["between"]) if "between" in spec else None
    fallback = words[0] if words else str(between[0]) if between else ""
    return LeafType(
        path=path,
        default=str(spec.get("default", fallback)),
        longest=spec.get("text"),
        words=words,
        between=between,
        bare=bool(spec.get("bare")),
        secret=bool(spec.get("secret")),
        restart=bool(spec.get("restart")),
    )
