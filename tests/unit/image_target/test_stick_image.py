"""A stick's image and the installer's archive, read back with other programs than those that wrote them."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hntt.image import elf, newc, stick
from hntt.image.errors import ImageError

NAMES = ("manifest.json", "manifest.json.sig", "root.ext4.zst", "installer/BOOTX64.EFI", "installer/vmlinuz",
         "installer/installer.img")  # fmt: skip


@pytest.fixture
def image(tmp_path: Path) -> Path:
    folder = tmp_path / "image"
    (folder / "installer").mkdir(parents=True)
    for name in NAMES:
        (folder / name).write_bytes(f"{name}\n".encode() * 3000)
    (folder / "19132.seed.json").write_text("{}")
    (folder / "19132.seed.json.sig").write_text("s")
    return folder


def test_a_stick_that_lacks_something_is_not_begun(image: Path, tmp_path: Path) -> None:
    (image / "installer/vmlinuz").unlink()
    with pytest.raises(ImageError, match="installer/vmlinuz"):
        stick.make_stick(image, [image / "19132.seed.json"], tmp_path / "stick.img")
    with pytest.raises(ImageError):
        stick.make_stick(image, [], tmp_path / "stick.img")
    assert not list(tmp_path.glob("*stick*"))


def test_a_disk_that_is_no_stick_is_not_written(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Any name that is no whole removable disk will do; the file is not opened.
    monkeypatch.setattr(Path, "is_block_device", lambda _: True)
    with pytest.raises(ImageError, match="not a whole USB stick"):
        stick.make_stick(image, [image / "19132.seed.json"], Path("/dev/no-such-stick"))


def test_libraries_of_a_program_are_those_that_its_loader_names() -> None:
    program = Path(shutil.which("openssl") or sys.executable).resolve()
    listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    found = elf.needed(program.read_bytes())
    assert "libc.so.6" in found
    assert [name for name in found if Path(name).name not in listed] == []
    assert elf.needed(b"#!/bin/sh\n") == []


def test_the_archive_is_what_the_kernel_reads() -> None:
    out = io.BytesIO()
    entries = [newc.file("init", b"hello", 0o755), newc.folder("etc"), newc.link("bin", "usr/bin")]
    newc.write(out, entries)
    content = out.getvalue()
    found, at = {}, 0
    while True:
        assert content[at : at + 6] == b"070701"
        fields = [int(content[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        name = content[at + 110 : at + 110 + fields[11] - 1].decode()
        at += 110 + fields[11] + -(110 + fields[11]) % 4
        if name == "TRAILER!!!":
            break
        found[name] = (oct(fields[1]), content[at : at + fields[6]])
        at += fields[6] + -fields[6] % 4
    assert found == {"bin": ("0o120777", b"usr/bin"), "etc": ("0o40755", b""), "init": ("0o100755", b"hello")}
    again = io.BytesIO()
    newc.write(again, entries[::-1])
    assert again.getvalue() == content
