"""The partitions of a PC's disk and the file systems on them.

The disk becomes bootable last: until ``make_bootable`` no firmware finds anything on it, so an installation that was
cut ends in the installer again.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from .disks import Disk
from .stop import StopError

MIB = 1 << 20
EFI_SIZE = 256 * MIB
DATA_LEAST = 512 * MIB
_FRAME = 4 * MIB  # both tables, and alignment
ESP, LINUX = "U", "L"
EFI, SLOT_A, SLOT_B, DATA = 1, 2, 3, 4
NAMES = {EFI: "hntt-efi", SLOT_A: "hntt-a", SLOT_B: "hntt-b", DATA: "hntt-data"}
# Debian 12's GRUB reads neither of these.
EXT4_FEATURES = "^metadata_csum_seed,^orphan_file"


def needed(slot_size: int) -> int:
    """How large a disk has to be, in bytes, for slots of ``slot_size`` bytes."""
    return _FRAME + EFI_SIZE + 2 * _aligned(slot_size) + DATA_LEAST


def _aligned(size: int) -> int:
    return -(-size // MIB) * MIB


def table(slot_size: int) -> str:
    """The input of sfdisk. The first partition is no EFI system partition yet."""
    slot = _aligned(slot_size) // MIB
    return (
        "label: gpt\n"
        f'size={EFI_SIZE // MIB}MiB, type={LINUX}, name="{NAMES[EFI]}"\n'
        f'size={slot}MiB, type={LINUX}, name="{NAMES[SLOT_A]}"\n'
        f'size={slot}MiB, type={LINUX}, name="{NAMES[SLOT_B]}"\n'
        f'type={LINUX}, name="{NAMES[DATA]}"\n'
    )


def partition(disk: Disk, slot_size: int) -> None:
    """Write a new table; nothing of the old one boots any more. StopError when the disk refuses."""
    # What lies where the boot files will be must not look like a file system before they are whole.
    _run("DIA-GHI", "wipefs", "--all", "--force", disk.path)
    _run("DIA-GHI", "sfdisk", "--wipe=always", "--wipe-partitions=always", disk.path, text=table(slot_size))
    _await(disk)
    for number in (EFI, SLOT_A, SLOT_B, DATA):
        _blank(disk.part(number))


def _await(disk: Disk) -> None:
    for _ in range(100):
        if all(Path(disk.part(number)).exists() for number in NAMES):
            return
        time.sleep(0.1)
    raise _refused("sfdisk", "the partitions do not appear")


def _blank(device: str) -> None:
    with Path(device).open("r+b", buffering=0) as handle:
        handle.write(bytes(MIB))


def make_data(disk: Disk) -> None:
    """The file system that outlives updates."""
    device = disk.part(DATA)
    _run("DIA-GHI", "mkfs.ext4", "-q", "-F", "-m", "1", "-L", NAMES[DATA], "-O", EXT4_FEATURES, device)


def make_efi(disk: Disk) -> None:
    """The file system for the boot files."""
    _run("DIA-GHI", "mkfs.vfat", "-F", "32", "-n", "HNTT-EFI", disk.part(EFI))


def make_bootable(disk: Disk) -> None:
    """Tell the firmware that the first partition has boot files: the last write of an installation."""
    _run("DIA-GHI", "sfdisk", "--no-reread", "--part-type", disk.path, str(EFI), ESP)


def partition_uuid(disk: Disk, number: int) -> str:
    """PARTUUID of the n-th partition, lower case."""
    return _run("DIA-GHI", "sfdisk", "--part-uuid", disk.path, str(number)).strip().lower()


def boot_variables(disk: Disk, machine_id: str) -> Mapping[str, str]:
    """What GRUB has to know of this disk."""
    return {
        "part_a": partition_uuid(disk, SLOT_A),
        "part_b": partition_uuid(disk, SLOT_B),
        "machine_id": machine_id,
    }


def _run(code: str, *command: str, text: str | None = None) -> str:
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired as error:
        raise _refused(command[0], "no answer", code) from error
    if done.returncode != 0:
        raise _refused(command[0], (done.stderr or done.stdout).strip()[-300:], code)
    return done.stdout


def _refused(program: str, why: str, code: str = "DIA-GHI") -> StopError:
    return StopError(
        code,
        vi=f"Không ghi được lên ổ đĩa ({program}: {why}). Ổ có thể đã hỏng. Hãy gọi tỉnh và đọc mã {code}.",
        en=f"the disk can't be written ({program}: {why})",
    )
