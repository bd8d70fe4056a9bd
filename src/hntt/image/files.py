"""Files that are either whole or not there, and texts that have one form."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from hntt.centre import files

_PIECE = 1 << 20


def canonical(document: Any) -> bytes:
    """The one form of a document that is signed: sorted keys, no spaces, UTF-8, a newline at the end."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{text}\n".encode()


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace the file at once, also for a power cut: there is the old one or the new one. Parents are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_whole(path, content, mode)


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that must not be there yet; FileExistsError when it is."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while piece := handle.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
