"""The image onto a slot: files stand in for the stick and the disk."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from hntt.image.target import writer
from hntt.image.target.seed import Manifest
from hntt.image.target.stop import StopError

CONTENT = os.urandom(300_000) + bytes(5_000_000)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "root").write_bytes(CONTENT)
    subprocess.run(["zstd", "-q", str(tmp_path / "root"), "-o", str(tmp_path / "root.zst")], check=True)
    return tmp_path / "root.zst"


@pytest.fixture
def slot(tmp_path: Path) -> Path:
    path = tmp_path / "slot"
    path.write_bytes(b"\xff" * (len(CONTENT) + 4096))
    return path


def manifest_of(source: Path, content: bytes = CONTENT) -> Manifest:
    packed = source.read_bytes()
    return Manifest(
        "1", len(content), source.name, len(content), hashlib.sha256(content).hexdigest(), len(packed),
        hashlib.sha256(packed).hexdigest(),
    )  # fmt: skip


def nothing(done: int, total: int) -> None:
    assert 0 <= done <= total


def test_it_is_written_as_it_was_signed(source: Path, slot: Path) -> None:
    manifest = manifest_of(source)
    writer.check_source(source, manifest, nothing)
    writer.write(source, slot, manifest, nothing)
    assert slot.read_bytes()[: len(CONTENT)] == CONTENT


@pytest.mark.parametrize("change", ["bit", "short", "gone"])
def test_a_damaged_source_is_found_before_anything_is_written(source: Path, change: str) -> None:
    manifest = manifest_of(source)
    packed = bytearray(source.read_bytes())
    if change == "bit":
        packed[1000] ^= 1
        source.write_bytes(packed)
    elif change == "short":
        source.write_bytes(packed[:-1])
    else:
        source.unlink()
    with pytest.raises(StopError) as stop:
        writer.check_source(source, manifest, lambda *_: None)
    assert stop.value.code == "ANH-HONG"


def test_a_source_that_ends_early_is_a_lost_stick(source: Path, slot: Path) -> None:
    manifest = manifest_of(source)
    source.write_bytes(source.read_bytes()[:-1000])
    with pytest.raises(StopError) as stop:
        writer.write(source, slot, manifest, nothing)
    assert stop.value.code == "USB-MAT"


def test_what_is_longer_than_signed_does_not_run_over_the_slot(source: Path, slot: Path) -> None:
    manifest = manifest_of(source, CONTENT[:1_000_000])
    with pytest.raises(StopError) as stop:
        writer.write(source, slot, manifest, lambda *_: None)
    assert stop.value.code == "ANH-HONG"
    assert slot.read_bytes()[-4096:] == b"\xff" * 4096


def test_a_disk_that_reads_back_differently(source: Path, slot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "forget_cache", lambda _: None)
    manifest = manifest_of(source)
    writer.write(source, slot, manifest, nothing)
    writer.read_back(slot, manifest, nothing)
    with slot.open("r+b") as handle:
        handle.seek(200_000)
        handle.write(b"\0\0\0\0")
    with pytest.raises(StopError) as stop:
        writer.read_back(slot, manifest, nothing)
    assert stop.value.code == "DIA-DOC"
