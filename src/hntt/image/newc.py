"""An initramfs archive (cpio, "newc"), the same bytes for the same content."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import BinaryIO

_MAGIC = b"070701"


@dataclass(frozen=True)
class Entry:
    """One name in the archive. ``mode`` has the file type; ``content`` is a link's target for a link."""

    name: str
    mode: int
    content: bytes = b""
    device: tuple[int, int] = (0, 0)


def folder(name: str, mode: int = 0o755) -> Entry:
    """A folder."""
    return Entry(name, stat.S_IFDIR | mode)


def link(name: str, target: str) -> Entry:
    """A symbolic link."""
    return Entry(name, stat.S_IFLNK | 0o777, target.encode())


def file(name: str, content: bytes, mode: int = 0o644) -> Entry:
    """A regular file."""
    return Entry(name, stat.S_IFREG | mode, content)


def character(name: str, major: int, minor: int) -> Entry:
    """A character device."""
    return Entry(name, stat.S_IFCHR | 0o600, device=(major, minor))


def write(out: BinaryIO, entries: list[Entry]) -> None:
    """Write the archive: sorted by name, of no time and of root."""
    for number, entry in enumerate(sorted(entries, key=lambda one: one.name), start=1):
        _write(out, number, entry)
    _write(out, 0, Entry("TRAILER!!!", 0))


def _write(out: BinaryIO, number: int, entry: Entry) -> None:
    name = entry.name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (number, entry.mode, 0, 0, links, 0, len(entry.content), 0, 0, *entry.device, len(name), 0)
    header = _MAGIC + b"".join(b"%08X" % field for field in fields) + name
    out.write(header + b"\0" * (-len(header) % 4))
    out.write(entry.content + b"\0" * (-len(entry.content) % 4))
