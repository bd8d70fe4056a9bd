"""A text in both languages, for results that are stored and read by others later."""

from __future__ import annotations

from dataclasses import dataclass

from hntt.i18n import tr


@dataclass(frozen=True)
class Text:
    """A text in Vietnamese and English; ``str`` gives the one in force."""

    vi: str
    en: str

    def __str__(self) -> str:
        return tr(vi=self.vi, en=self.en)
