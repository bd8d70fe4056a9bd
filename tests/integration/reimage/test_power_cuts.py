"""The power goes at random moments: what starts next works, or is the installer while none is installed.

HNTT_REIMAGE_CUTS says how many moments (10) of an installation, and as many of an update; HNTT_REIMAGE_SEED repeats
those of another run. Both cover everything up to the verdict on the new system's first start.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import random
import subprocess
from pathlib import Path

import pytest
from reimage_bench import MIB, SLOT_SIZE, copied, make_bundle, next_image, run
from reimage_machine import Machine
from reimage_pc import (
    ASK,
    BOOT_S,
    PROMPT,
    SERIAL,
    VERSION,
    WRITE_S,
    World,
    judged,
    logged_in,
    slot_and_version,
)
from reimage_power import Recording

from hntt.image.target import slots
from hntt.image.target.layout import EFI_SIZE

pytestmark = pytest.mark.reimage
CUTS = int(os.environ.get("HNTT_REIMAGE_CUTS", "10"))
SEED = os.environ.get("HNTT_REIMAGE_SEED") or str(random.SystemRandom().randrange(10**6))
NEXT = "2026.12.1.1"
SLOT_A = MIB + EFI_SIZE


@pytest.mark.parametrize("number", range(CUTS))
def test_during_an_installation(world: World, place: Path, installation: Recording, number: int) -> None:
    cut = installation.cut(random.Random(f"{SEED}-install-{number}"), number, CUTS)
    print(f"HNTT_REIMAGE_SEED={SEED}, cut {number}: {cut}")
    disk = cut.make(place / "disk.img")
    with Machine(place, [(disk, SERIAL)], world.stick, name="next") as pc:
        if pc.expect(ASK, PROMPT, timeout=BOOT_S).group(0).startswith("root@"):
            judged(pc)
            assert slot_and_version(pc) == ("A", VERSION)
            assert pc.shell("hostname; cat /etc/hntt/room") == "pc-an-thuy\n2007"
            assert pc.shell("systemctl --failed --no-legend --plain | grep hntt") == ""


def test_no_moment_of_an_installation_starts_what_is_not_whole(
    world: World, place: Path, installation: Recording
) -> None:
    # The firmware decides by the table: nothing is started before everything is there. So these need no QEMU.
    loader = (world.image / "installer/BOOTX64.EFI").read_bytes()
    root = json.loads((world.image / "manifest.json").read_text())["root"]
    cuts = list(installation.every(random.Random(SEED)))
    starts = [cut for cut in cuts if cut.has_boot_partition()]
    assert len(cuts) > 100
    assert 0 < len(starts) < len(cuts)
    for cut in starts[:4]:
        disk = cut.make(place / "disk.img")
        found = subprocess.run(["mtype", "-i", f"{disk}@@1M", "::EFI/BOOT/BOOTX64.EFI"], capture_output=True)
        assert found.stdout == loader, cut
        with disk.open("rb") as handle:
            handle.seek(SLOT_A)
            assert hashlib.sha256(handle.read(root["size"])).hexdigest() == root["sha256"], cut


@pytest.fixture(scope="session")
def update(world: World, pc_disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """What is written from the beginning of an update to the verdict on the new slot."""
    place = tmp_path_factory.mktemp("update")
    disk, base = place / "disk.img", place / "before.img"
    for copy in (disk, base):
        copied(pc_disk, copy)
    bundle = make_bundle(next_image(world.image, place / "next", NEXT), world.keys, NEXT)
    recording = Recording(base, place / "log")
    with Machine(place, [(disk, SERIAL), (bundle, "BUNDLE")], record=recording.log) as pc, recording:
        logged_in(pc)
        judged(pc)
        recording.mark("update")
        pc.shell("mount -o ro /dev/vdb /mnt; rauc install /mnt/root.raucb && umount /mnt", timeout=WRITE_S)
        recording.mark("restart")
        pc.type("reboot")
        pc.expect("khe B", timeout=BOOT_S)
        recording.mark("trial")
        logged_in(pc)
        judged(pc)
        assert slot_and_version(pc) == ("B", NEXT)
        recording.mark("end")
    disk.unlink()
    return recording


def test_no_moment_of_an_update_chooses_what_is_not_whole(place: Path, update: Recording) -> None:
    with update.base.open("rb") as handle, mmap.mmap(handle.fileno(), SLOT_A, prot=mmap.PROT_READ) as boot_files:
        block = boot_files.find(b"# GRUB Environment Block")
    blocks = [(cut, slots.decode(cut.read(block, 1024))) for cut in update.every(random.Random(SEED))]
    assert all("ORDER" in variables for _, variables in blocks)
    chosen = [(cut, slots.chosen(variables)[0]) for cut, variables in blocks]
    assert (chosen[0][1], chosen[-1][1]) == ("A", "B")
    root = (update.base.parent / "next/root.ext4").read_bytes()
    for cut in [cut for cut, slot in chosen if slot == "B"][:4]:
        with cut.make(place / "disk.img").open("rb") as handle:
            handle.seek(SLOT_A + SLOT_SIZE)
            assert handle.read(len(root)) == root, cut


@pytest.mark.parametrize("number", range(CUTS))
def test_during_an_update(place: Path, update: Recording, number: int) -> None:
    cut = update.cut(random.Random(f"{SEED}-update-{number}"), number, CUTS)
    print(f"HNTT_REIMAGE_SEED={SEED}, cut {number}: {cut}")
    disk = cut.make(place / "disk.img")
    with Machine(place, [(disk, SERIAL)], name="next") as pc:
        logged_in(pc)
        judged(pc)
        assert slot_and_version(pc) in (("A", VERSION), ("B", NEXT))
        assert pc.shell("hostname; cat /etc/hntt/room") == "pc-an-thuy\n2007"
        assert pc.shell("systemctl --failed --no-legend --plain | grep hntt") == ""


def test_a_file_system_that_needs_answers_is_repaired(place: Path, pc_disk: Path) -> None:
    # What a cut can leave behind, and what fsck does not repair without being told to: a file that has lost its name.
    disk, slot = copied(pc_disk, place / "disk.img"), place / "slot"
    with disk.open("r+b") as handle:
        handle.seek(SLOT_A)
        slot.write_bytes(handle.read(SLOT_SIZE))
        assert subprocess.run(["e2fsck", "-fp", str(slot)], capture_output=True).returncode in (0, 1)
        run("debugfs", "-w", "-f", "-", str(slot), input="unlink /etc/issue.net\nset_super_value state 2\n")
        handle.seek(SLOT_A)
        handle.write(slot.read_bytes())
    assert subprocess.run(["e2fsck", "-p", str(slot)], capture_output=True).returncode == 4
    with Machine(place, [(disk, SERIAL)]) as pc:
        logged_in(pc)
        judged(pc)
        assert slot_and_version(pc) == ("A", VERSION)
        assert pc.shell("ls /lost+found")
