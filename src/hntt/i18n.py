"""Texts in two languages, chosen once per process.

The operator's language is Vietnamese; developers and CI often read English. A text is written where it
is used, in both languages, so that neither can be forgotten: ``tr(vi="…", en="…")``.
"""

from __future__ import annotations

import os
from typing import Literal, cast

Language = Literal["vi", "en"]

_forced: Language | None = None


def language() -> Language:
    """The language in force: ``set_language``, else ``HNTT_LANG``, else vi when the locale is Vietnamese, else en."""
    if _forced is not None:
        return _forced
    wanted = os.environ.get("HNTT_LANG", "").lower()
    if wanted in ("vi", "en"):
        return cast("Language", wanted)
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "vi" if locale.lower().startswith("vi") else "en"


def set_language(lang: Language | None) -> None:
    """Force a language for this process (``--lang``); ``None`` returns to the environment's choice."""
    global _forced
    _forced = lang


def tr(*, vi: str, en: str) -> str:
    """The text in the language in force."""
    return vi if language() == "vi" else en
