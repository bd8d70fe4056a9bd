"""A file that was written is on the disk with its name: the folder is flushed as well as the file."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from hntt.centre import files as centre_files
from hntt.image import files as image_files
from hntt.image.target import reports


@pytest.mark.parametrize(
    "write", [image_files.write_whole, centre_files.write_whole, reports.write_whole, centre_files.create_whole]
)
def test_file_and_folder_are_flushed(
    write: Callable[[Path, bytes, int], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        flushed.append("folder" if is_folder else "file")
        assert is_folder == (tmp_path / "seed").exists(), "the name is there before the content, or the other way round"

    monkeypatch.setattr(os, "fsync", fsync)
    write(tmp_path / "seed", b"content", 0o600)
    assert flushed == ["file", "folder"]
    assert [path.name for path in tmp_path.iterdir()] == ["seed"]
    assert (tmp_path / "seed").stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    image_files.write_whole(tmp_path / "seed", b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        image_files.write_whole(tmp_path / "seed", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["seed"]
    assert (tmp_path / "seed").read_bytes() == b"old"
