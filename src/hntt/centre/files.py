"""Files that are there whole or not at all, also after a power cut or on a full disk. Standard library only."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace the file at once. OSError leaves what was there."""
    scratch = _scratch(path, content, mode)
    try:
        scratch.replace(path)
    except OSError:
        scratch.unlink()
        raise
    _sync_folder(path.parent)


def create_whole(path: Path, content: bytes, mode: int = 0o600) -> bool:
    """Make the file unless there is one; whether it was made. Of many at once exactly one makes it."""
    scratch = _scratch(path, content, mode)
    try:
        os.link(scratch, path)
    except FileExistsError:
        return False
    finally:
        scratch.unlink()
    _sync_folder(path.parent)
    return True


def append_line(path: Path, line: bytes) -> None:
    """Add one line, or leave the file as it was (OSError). What a crash has cut off at its end is dropped first.

    The caller sees to it that nobody else writes at the same time.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        end = _whole_end(descriptor)
        os.ftruncate(descriptor, end)
        try:
            if os.pwrite(descriptor, line + b"\n", end) != len(line) + 1:
                raise OSError(28, os.strerror(28))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, end)
            raise
    finally:
        os.close(descriptor)


def _whole_end(descriptor: int) -> int:
    size = os.fstat(descriptor).st_size
    back = min(size, 65536)
    tail = os.pread(descriptor, back, size - back)
    return size - back + tail.rfind(b"\n") + 1


def _scratch(path: Path, content: bytes, mode: int) -> Path:
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            os.fchmod(handle.fileno(), mode)
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
    except OSError:
        with suppress(OSError):
            scratch.unlink()
        raise
    return scratch


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
