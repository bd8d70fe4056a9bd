"""Which disk may be erased: the one of the register's serial, or the only internal one that is big enough.

The medium that the installer was started from is never a candidate, whatever its serial.
"""

from __future__ import annotations

import fcntl
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .stop import StopError

SECTOR = 512
GIB = 1 << 30
# No disks, though the kernel lists them beside disks.
_OTHER = ("loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "mtdblock")
_BLKFLSBUF = 0x1261


@dataclass(frozen=True)
class Partition:
    """A partition as the screen shows it; ``size`` in bytes."""

    name: str
    size: int
    label: str = ""


@dataclass(frozen=True)
class Disk:
    """A whole disk; ``size`` in bytes. ``boot`` is the medium that the installer was started from."""

    name: str
    size: int
    model: str = ""
    serial: str = ""
    removable: bool = False
    usb: bool = False
    read_only: bool = False
    boot: bool = False
    partitions: tuple[Partition, ...] = ()

    @property
    def path(self) -> str:
        """Its device file."""
        return f"/dev/{self.name}"

    @property
    def internal(self) -> bool:
        """Whether it is built into the PC, as far as the kernel can tell."""
        return not (self.removable or self.usb or self.boot)

    def part(self, number: int) -> str:
        """The device file of its n-th partition."""
        separator = "p" if self.name[-1].isdigit() else ""
        return f"/dev/{self.name}{separator}{number}"


def in_gib(size: int) -> str:
    """A size in bytes the way people say it."""
    return f"{size / GIB:.1f} GB"


def choose(disks: Sequence[Disk], serial: str | None, needed: int) -> Disk:
    """The one disk that may be erased, ``needed`` bytes or more. StopError when it is not exactly one."""
    internal = [disk for disk in disks if disk.internal and not disk.read_only and disk.size > 0]
    if serial is not None:
        named = [disk for disk in internal if disk.serial.strip() == serial.strip()]
        if len(named) != 1:
            raise _not_the_named(internal, serial, len(named))
        internal = named
    large = [disk for disk in internal if disk.size >= needed]
    if len(large) == 1:
        return large[0]
    if not internal:
        raise StopError(
            "DIA-0",
            vi="Không thấy ổ đĩa nào trong máy (không tính USB). Hãy tắt máy, gọi tỉnh và đọc mã DIA-0.",
            en="no internal disk",
        )
    if not large:
        raise StopError(
            "DIA-NHO",
            vi=f"Ổ đĩa trong máy quá nhỏ: {_listed(internal)}; cần ít nhất {in_gib(needed)}. "
            "Hãy gọi tỉnh và đọc dòng này.",
            en=f"disk too small: {_listed(internal)}; {needed} bytes are needed",
        )
    raise StopError(
        "DIA-2",
        vi=f"Máy có {len(large)} ổ đĩa dùng được, không rõ phải xoá ổ nào: {_listed(large)}. "
        "Hãy gọi tỉnh và đọc dòng này; tỉnh sẽ ghi số sê-ri của ổ đúng vào USB mới.",
        en=f"{len(large)} disks could be meant: {_listed(large)}",
    )


def _not_the_named(internal: Sequence[Disk], serial: str, count: int) -> StopError:
    seen = _listed(internal) if internal else "không có ổ nào"
    return StopError(
        "DIA-SERI",
        vi=f"Sổ của tỉnh ghi ổ đĩa số sê-ri {serial}; trong máy này có {count} ổ như thế (thấy: {seen}). "
        "Có thể đây là máy khác, hoặc ổ đã thay. Hãy gọi tỉnh và đọc dòng này.",
        en=f"{count} disks with the register's serial {serial}; seen: {seen}",
    )


def _listed(disks: Iterable[Disk]) -> str:
    return "; ".join(
        f"{disk.model or disk.name}, sê-ri {disk.serial or 'không có'}, {in_gib(disk.size)}" for disk in disks
    )


def scan(boot: str | None, sys_block: Path = Path("/sys/block")) -> list[Disk]:
    """The disks that the kernel has now. ``boot`` is the name of the boot medium's disk, such as ``sda``."""
    found = []
    for folder in sorted(sys_block.iterdir()):
        if folder.name.startswith(_OTHER):
            continue
        found.append(
            Disk(
                name=folder.name,
                size=int(_text(folder / "size") or 0) * SECTOR,
                model=_model(folder),
                serial=_serial(folder),
                removable=_text(folder / "removable") == "1",
                usb="/usb" in str(folder.resolve()),
                read_only=_text(folder / "ro") == "1",
                boot=folder.name == boot,
                partitions=tuple(_partitions(folder)),
            )
        )
    return found


def _partitions(folder: Path) -> Iterable[Partition]:
    for part in sorted(folder.glob(f"{folder.name}*")):
        if (part / "partition").exists():
            label = next((line[9:] for line in _text(part / "uevent").splitlines() if line.startswith("PARTNAME=")), "")
            yield Partition(part.name, int(_text(part / "size") or 0) * SECTOR, label)


def _model(folder: Path) -> str:
    """Maker and model; a maker that is only a number (virtio) says nothing to people."""
    maker, model = _text(folder / "device/vendor"), _text(folder / "device/model")
    return " ".join(f"{'' if maker.startswith('0x') else maker} {model}".split())


def _serial(folder: Path) -> str:
    """The serial as the kernel has it: virtio, NVMe, SCSI's page 0x80 (SATA too), or the USB device's."""
    for name in ("serial", "device/serial"):
        if text := _text(folder / name):
            return text
    try:
        page = (folder / "device/vpd_pg80").read_bytes()
    except OSError:
        return ""
    length = struct.unpack(">H", page[2:4])[0] if len(page) >= 4 else 0
    return page[4 : 4 + length].decode(errors="replace").strip(" \0")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def disk_of(device: str, sys_class: Path = Path("/sys/class/block")) -> str:
    """The name of the disk that a partition such as ``/dev/sda1`` is on; of a whole disk, its own."""
    name = device.removeprefix("/dev/")
    place = (sys_class / name).resolve()
    return place.parent.name if (place / "partition").exists() else name


def forget_cache(descriptor: int) -> None:
    """Drop what the kernel has cached of an open block device, so that the next read comes from the medium."""
    fcntl.ioctl(descriptor, _BLKFLSBUF)
