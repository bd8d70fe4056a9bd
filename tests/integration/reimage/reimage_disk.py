"""An installed PC's disk in seconds: written on the host with the installer's own table, boot files and slots.

For tests that are about what comes after an installation; the installer itself has tests of its own.
"""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path

from reimage_bench import run

from hntt.image.target import layout, slots

_SECTOR = 512


def written_disk(root: Path, slot_size: int, seed: Path, loader: Path, disk: Path) -> Path:
    """``disk`` with ``root`` in slot A, nothing in B, the signed seed and empty reports; ``loader`` starts it."""
    work = disk.with_suffix(".parts")
    work.mkdir()
    with disk.open("wb") as handle:
        handle.truncate(layout.needed(slot_size) + layout.DATA_LEAST)
    run("sfdisk", "-q", str(disk), input=layout.table(slot_size))
    parts = json.loads(run("sfdisk", "-J", str(disk)))["partitiontable"]["partitions"]
    sizes = {number: part["size"] * _SECTOR for number, part in enumerate(parts, start=1)}
    uuids = {number: part["uuid"].lower() for number, part in enumerate(parts, start=1)}
    machine_id = uuid.uuid4().hex
    made = {
        layout.SLOT_A: root,
        layout.DATA: _data(work, sizes[layout.DATA], seed, machine_id),
        layout.EFI: _efi(work, sizes[layout.EFI], uuids, machine_id, loader),
    }
    for number, content in made.items():
        at = parts[number - 1]["start"] * _SECTOR // layout.MIB
        run("dd", f"if={content}", f"of={disk}", "bs=1M", f"seek={at}", "conv=notrunc,sparse")
    run("sfdisk", "--no-reread", "--part-type", str(disk), str(layout.EFI), layout.ESP)
    shutil.rmtree(work)
    return disk


def _data(work: Path, size: int, seed: Path, machine_id: str) -> Path:
    tree, image = work / "data", work / "data.img"
    identity = tree / "hntt/identity"
    for folder in (identity, tree / "hntt/reports", tree / "journal"):
        folder.mkdir(parents=True)
    identity.chmod(0o700)
    shutil.copy(seed, identity / "seed.json")
    shutil.copy(f"{seed}.sig", identity / "seed.json.sig")
    (identity / "machine-id").write_text(f"{machine_id}\n")
    run("mkfs.ext4", "-q", "-F", "-m", "1", "-L", layout.NAMES[layout.DATA], "-O", layout.EXT4_FEATURES, "-d",
        str(tree), str(image), f"{size // 1024}k")  # fmt: skip
    return image


def _efi(work: Path, size: int, uuids: dict[int, str], machine_id: str, loader: Path) -> Path:
    tree, image = work / "efi", work / "efi.img"
    for folder in ("EFI/debian", "EFI/BOOT"):
        (tree / folder).mkdir(parents=True)
    variables = {"part_a": uuids[layout.SLOT_A], "part_b": uuids[layout.SLOT_B], "machine_id": machine_id}
    settings = "".join(f'set {name}="{value}"\n' for name, value in variables.items())
    (tree / "EFI/debian/disk-variables.cfg").write_text(settings)
    (tree / "EFI/debian/grubenv").write_bytes(slots.encode(slots.first_variables()))
    shutil.copy(Path(layout.__file__).with_name("grub") / "disk.cfg", tree / "EFI/debian/grub.cfg")
    shutil.copy(loader, tree / "EFI/BOOT/BOOTX64.EFI")
    with image.open("wb") as handle:
        handle.truncate(size)
    run("mkfs.vfat", "-F", "32", "-n", "HNTT-EFI", str(image))
    run("mcopy", "-s", "-i", str(image), str(tree / "EFI"), "::")
    return image
