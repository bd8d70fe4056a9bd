"""What this PC was told: ``pc.json`` (everybody may read it) and ``page.js`` (its secret; root and the kiosk)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hntt.i18n import tr

FOLDER = Path("/etc/hntt-pc")
_TOLD = re.compile(r"^const hntt = (\{.*\});$", re.MULTILINE | re.DOTALL)


class FactsError(ValueError):
    """A file that is missing or that cannot be read; the text says which."""


@dataclass(frozen=True)
class Facts:
    """``host`` is this PC; ``camera`` whether one belongs to it; ``media`` its first and last port of a call."""

    host: str
    user: str
    unit: str
    extension: str
    room: str
    server: str
    web_port: int
    sip_port: int
    media: tuple[int, int]
    camera: bool
    usb_guard: bool

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Facts:
        """Out of ``pc.json``; FactsError when it is not as the role wrote it."""
        path = folder / "pc.json"
        try:
            told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            first, last = told["media"]
            names = [name for name in cls.__dataclass_fields__ if name != "media"]
            return cls(**{name: told[name] for name in names}, media=(int(first), int(last)))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FactsError(tr(vi=f"{path}: không đọc được: {error}", en=f"{path}: can't be read: {error}")) from error


def secret(folder: Path = FOLDER) -> str:
    """The password of this PC's own number; FactsError when it cannot be had."""
    path = folder / "page.js"
    try:
        found = _TOLD.search(path.read_text(encoding="utf-8"))
        if found is None:
            raise ValueError("const hntt = {…};")  # noqa: TRY301 - one way out for all that may be wrong
        return str(json.loads(found.group(1))["secret"])
    except (OSError, ValueError, KeyError) as error:
        raise FactsError(tr(vi=f"{path}: không đọc được: {error}", en=f"{path}: can't be read: {error}")) from error
