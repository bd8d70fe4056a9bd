"""Where every value of the register stands: file, line and column, and how it was written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hntt.register.findings import Position

KeyPath = tuple[str | int, ...]


@dataclass
class SourceFile:
    """One file as read: its values as plain data, their places, and the written form of unquoted scalars."""

    file: Path
    data: Any = None
    places: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    keys: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    written: dict[KeyPath, str] = field(default_factory=dict)

    def at(self, path: KeyPath = ()) -> Position:
        """Where the entry with this path begins: its key, else the value itself, else the nearest one around it."""
        for length in range(len(path), -1, -1):
            place = self.keys.get(path[:length]) or self.places.get(path[:length])
            if place:
                return Position(self.file, *place)
        return Position(self.file)

    def value_at(self, path: KeyPath) -> Position:
        """Where the value itself begins; the entry's place when there is none."""
        place = self.places.get(path)
        return Position(self.file, *place) if place else self.at(path)

    def shown(self, path: KeyPath) -> str:
        """The path for people: ``district.communes[Quán Hàu].code``; a list entry by its name where it has one."""
        text, here = "", self.data
        for step in path:
            here = _step(here, step)
            if isinstance(step, int):
                text += f"[{_label(here, step)}]"
            else:
                text += f".{step}" if text else step
        return text


@dataclass
class Sources:
    """The files of one register."""

    base: Path
    province: SourceFile
    districts: dict[str, SourceFile] = field(default_factory=dict)

    def files(self) -> Iterable[SourceFile]:
        """The province's file, then the districts'."""
        return (self.province, *self.districts.values())


def _step(data: Any, step: str | int) -> Any:
    try:
        return data[step]
    except (KeyError, IndexError, TypeError):
        return None


def _label(entry: Any, index: int) -> str:
    for key in ("name", "id", "path", "district"):
        if isinstance(entry, dict) and isinstance(entry.get(key), str):
            return str(entry[key])[:40].strip()
    return str(index)
