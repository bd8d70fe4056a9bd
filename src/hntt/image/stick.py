"""A stick that installs: one FAT32 partition with the installer, the image and the seeds. No mount, no root needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hntt.i18n import tr
from hntt.image import initramfs
from hntt.image.errors import ImageError
from hntt.image.manifest import INSTALLER

LABEL = "HNTT-STICK"
_MIB = 1 << 20
_FAT_MOST = (4 << 30) - 1
_PIECE = 4 * _MIB
_GRUB = initramfs.TARGET / "grub/stick.cfg"


def make_stick(image: Path, seeds: Sequence[Path], out: Path) -> int:
    """Write a stick with ``image`` and ``seeds`` to a new file or to a whole removable disk; bytes written.

    The signatures of image and seeds are not looked at here; ``hntt image verify`` does. ImageError when something is
    missing, too large, or ``out`` is not a disk that may be overwritten.
    """
    contents = _contents(image, seeds)
    for source, name in contents:
        if source.stat().st_size > _FAT_MOST:
            raise ImageError(
                tr(vi=f"{name}: lớn hơn 4 GiB, FAT32 không chứa được", en=f"{name}: larger than FAT32's 4 GiB")
            )
    if out.is_block_device():
        _require_stick(out)
        with tempfile.NamedTemporaryFile(dir=image, prefix=".stick-") as scratch:
            _write_image(contents, Path(scratch.name))
            return _copy(Path(scratch.name), out)
    part = out.with_name(f".{out.name}.part")
    try:
        _write_image(contents, part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return out.stat().st_size


def _contents(image: Path, seeds: Sequence[Path]) -> list[tuple[Path, str]]:
    """Files and their names on the stick."""
    if not seeds:
        raise ImageError(tr(vi="không có seed nào cho USB này", en="there is no seed for this stick"))
    boot = image / INSTALLER
    found = [
        (boot / initramfs.LOADER, "EFI/BOOT/BOOTX64.EFI"),
        (_GRUB, "EFI/debian/grub.cfg"),
        (boot / initramfs.KERNEL, "vmlinuz"),
        (boot / initramfs.INSTALLER, "installer.img"),
        *((image / name, f"image/{name}") for name in ("manifest.json", "manifest.json.sig", "root.ext4.zst")),
    ]
    for seed in seeds:
        found += [(seed, f"seeds/{seed.name}"), (seed.with_name(f"{seed.name}.sig"), f"seeds/{seed.name}.sig")]
    for source, _ in found:
        if not source.is_file():
            raise ImageError(tr(vi=f"{source}: thiếu tệp này", en=f"{source}: this file is missing"))
    return found


def _write_image(contents: Sequence[tuple[Path, str]], out: Path) -> None:
    clusters = sum(-(-source.stat().st_size // 32768) * 32768 for source, _ in contents)
    size = -(-clusters * 102 // 100 // _MIB) + 40  # the FAT itself; FAT32 wants at least 33 MiB
    with out.open("wb") as handle:
        handle.truncate((size + 2) * _MIB)
    _run("sfdisk", "-q", str(out), text=f'label: gpt\nstart=1MiB, size={size}MiB, type=U, name="{LABEL}"\n')
    drive = f"{out}@@{_MIB}"
    _run("mformat", "-i", drive, "-F", "-v", LABEL, "-T", str(size * _MIB // 512), "-h", "64", "-s", "32", "::")
    for folder in sorted({str(parent) for _, name in contents for parent in Path(name).parents} - {"."}):
        _run("mmd", "-i", drive, f"::{folder}")
    for source, name in contents:
        _run("mcopy", "-i", drive, str(source), f"::{name}")


def _require_stick(device: Path) -> None:
    """A whole disk that is on USB or removable, and of which nothing is mounted."""
    name = device.resolve().name
    folder = Path("/sys/block") / name
    mounted = [line.split()[0] for line in Path("/proc/self/mounts").read_text().splitlines()]
    removable = folder.is_dir() and (
        (folder / "removable").read_text().strip() == "1" or "/usb" in str(folder.resolve())
    )
    if not removable:
        raise ImageError(
            tr(
                vi=f"{device}: không phải cả một USB; không ghi lên ổ khác",
                en=f"{device}: not a whole USB stick; nothing else is written to",
            )
        )
    if any(one.startswith(str(device.resolve())) for one in mounted):
        raise ImageError(
            tr(vi=f"{device}: đang được gắn (mount); hãy tháo ra trước", en=f"{device}: mounted; unmount it first")
        )


def _copy(source: Path, device: Path) -> int:
    """Copy onto the device, flush, read back."""
    size = source.stat().st_size
    descriptor = os.open(device, os.O_RDWR | os.O_EXCL)
    with os.fdopen(descriptor, "r+b", buffering=0) as target, source.open("rb") as content:
        if target.seek(0, os.SEEK_END) < size:
            raise ImageError(
                tr(vi=f"{device}: nhỏ quá, cần {size // _MIB} MiB", en=f"{device}: too small for {size // _MIB} MiB")
            )
        target.seek(0)
        shutil.copyfileobj(content, target, _PIECE)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        target.seek(0)
        content.seek(0)
        while piece := content.read(_PIECE):
            if _read_all(target.fileno(), len(piece)) != piece:
                raise ImageError(
                    tr(vi=f"{device}: đọc lại thấy khác; USB hỏng", en=f"{device}: reads back differently; a bad stick")
                )
    return size


def _read_all(descriptor: int, count: int) -> bytes:
    pieces = b""
    while len(pieces) < count and (piece := os.read(descriptor, count - len(pieces))):
        pieces += piece
    return pieces


def _run(*command: str, text: str | None = None) -> None:
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise ImageError(
            tr(
                vi=f"thiếu chương trình {command[0]} (gói mtools, fdisk)",
                en=f"the program {command[0]} is missing (packages mtools, fdisk)",
            )
        ) from error
    if done.returncode != 0:
        raise ImageError(f"{command[0]}: {(done.stderr or done.stdout).strip()[-400:]}")
