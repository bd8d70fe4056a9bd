"""What is wrong with a register, where, and what to do next.

A finding is a fact with a source position and a text in both languages; nothing here prints or exits.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hntt.i18n import tr


class Severity(enum.StrEnum):
    """How much a finding matters: an error stops every play, a warning is shown, a note is for the record."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def label(self) -> str:
        """The word shown to people."""
        return {
            Severity.ERROR: tr(vi="LỖI", en="ERROR"),
            Severity.WARNING: tr(vi="CẢNH BÁO", en="WARNING"),
            Severity.NOTE: tr(vi="GHI CHÚ", en="NOTE"),
        }[self]


@dataclass(frozen=True, order=True)
class Position:
    """A place in a register file. Lines and columns count from 1; line 0 means the file as a whole."""

    file: Path
    line: int = 0
    column: int = 0

    def shown(self, base: Path | None = None) -> str:
        """``file:line``, relative to ``base`` where it lies below it."""
        name = self.file
        if base is not None and self.file.is_relative_to(base):
            name = self.file.relative_to(base)
        return f"{name}:{self.line}" if self.line else str(name)


@dataclass(frozen=True)
class Text:
    """One sentence in both languages."""

    vi: str
    en: str

    def __str__(self) -> str:
        return tr(vi=self.vi, en=self.en)


@dataclass(frozen=True)
class Finding:
    """One fault or remark: code (its page is docs/errors/CODE.md), place, what was found, expected, and to be done."""

    code: str
    severity: Severity
    position: Position
    message: Text
    hint: Text
    path: str = ""
    value: Any = None
    expected: Text | None = None
    related: tuple[Position, ...] = field(default=())

    @property
    def sort_key(self) -> tuple[int, str, int, int, str, str]:
        """Errors first, then by place."""
        rank = list(Severity).index(self.severity)
        return (rank, str(self.position.file), self.position.line, self.position.column, self.code, self.path)
