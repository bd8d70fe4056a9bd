"""DNS-shaped names from Vietnamese ones, and comparison that ignores where a tone mark is written."""

from __future__ import annotations

import re
import unicodedata


def slugify(name: str) -> str:
    """``Lệ Thủy`` -> ``le-thuy``: lower-case ASCII letters, digits and single hyphens."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "-", letters.lower()).strip("-")


_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


def fold_tones(name: str) -> str:
    """A form equal for both spellings of a tone (Hoá/Hóa, Thuỷ/Thủy): tones moved to the word's end, lower case."""
    words = []
    for word in unicodedata.normalize("NFD", name.casefold()).split():
        tones = "".join(char for char in word if char in _TONES)
        words.append("".join(char for char in word if char not in _TONES) + tones)
    return unicodedata.normalize("NFC", " ".join(words))
