"""The image onto a slot: checked on the stick first, hashed while it is written, read back from the disk."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from .disks import forget_cache
from .seed import Manifest, stick_lost
from .stop import StopError

PIECE = 4 << 20
Progress = Callable[[int, int], None]  # bytes done, bytes in all


class _Seen:
    """What went by so far, of so many bytes in all."""

    def __init__(self, total: int, progress: Progress) -> None:
        self.total, self.done = total, 0
        self._progress, self._digest = progress, hashlib.sha256()

    def add(self, piece: bytes) -> None:
        self._digest.update(piece)
        self.done += len(piece)
        self._progress(self.done, self.total)

    def is_all(self, sha256: str) -> bool:
        return self.done == self.total and self._digest.hexdigest() == sha256


def check_source(source: Path, manifest: Manifest, progress: Progress) -> None:
    """Read the whole compressed image from the stick. StopError unless it is the one that was signed."""
    seen = _Seen(manifest.compressed_size, progress)
    try:
        with source.open("rb") as handle:
            while piece := handle.read(PIECE):
                seen.add(piece)
    except FileNotFoundError as error:
        raise _tampered("missing") from error
    except OSError as error:
        raise stick_lost() from error
    if not seen.is_all(manifest.compressed_sha256):
        raise _tampered("hash")


def write(source: Path, device: Path, manifest: Manifest, progress: Progress) -> None:
    """Decompress the image onto a slot. StopError when the stick or the disk fails, or the content is another."""
    seen = _Seen(manifest.size, progress)
    target = os.open(device, os.O_WRONLY)
    try:
        with subprocess.Popen(
            ["zstd", "-dcq", str(source)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as unpacker:
            assert unpacker.stdout is not None  # noqa: S101 - for the type checker
            while piece := unpacker.stdout.read(PIECE):
                if seen.done + len(piece) > manifest.size:
                    unpacker.kill()
                    raise _tampered("too long")
                _write_all(target, piece)
                seen.add(piece)
        if unpacker.returncode != 0:
            raise stick_lost()
        _flush(target)
    finally:
        os.close(target)
    if not seen.is_all(manifest.sha256):
        raise _tampered("content")


def read_back(device: Path, manifest: Manifest, progress: Progress) -> None:
    """Read the slot from the disk itself. StopError unless every byte is as it was signed."""
    seen = _Seen(manifest.size, progress)
    descriptor = os.open(device, os.O_RDONLY)
    try:
        forget_cache(descriptor)
        while piece := os.read(descriptor, min(PIECE, manifest.size - seen.done)):
            seen.add(piece)
    except OSError as error:
        raise disk_failed(error) from error
    finally:
        os.close(descriptor)
    if not seen.is_all(manifest.sha256):
        raise StopError(
            "DIA-DOC",
            vi="Đọc lại từ ổ đĩa thấy khác với bản đã ghi: ổ đĩa hỏng. Hãy gọi tỉnh và đọc mã DIA-DOC.",
            en="what was read back differs from what was written",
        )


def disk_failed(error: OSError) -> StopError:
    """The disk refused to write or read."""
    return StopError(
        "DIA-GHI",
        vi=f"Ổ đĩa báo lỗi khi ghi ({error.strerror}). Ổ có thể đã hỏng. Hãy gọi tỉnh và đọc mã DIA-GHI.",
        en=f"the disk failed: {error}",
    )


def _write_all(target: int, piece: bytes) -> None:
    view = memoryview(piece)
    try:
        while view:
            view = view[os.write(target, view) :]
    except OSError as error:
        raise disk_failed(error) from error


def _flush(target: int) -> None:
    try:
        os.fsync(target)
    except OSError as error:
        raise disk_failed(error) from error


def _tampered(what: str) -> StopError:
    return StopError(
        "ANH-HONG",
        vi="Image trên USB hỏng hoặc đã bị sửa đổi (mã kiểm tra sai). Không dùng USB này; hãy gọi tỉnh.",
        en=f"the image on the stick is damaged or changed ({what})",
    )
