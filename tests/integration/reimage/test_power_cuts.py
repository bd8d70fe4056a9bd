"""The power goes at random moments: what starts next works, or is the installer while none is installed.

HNTT_REIMAGE_CUTS says how many moments (10), HNTT_REIMAGE_SEED repeats those of another run.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

import pytest
from reimage_bench import CODE, make_bundle, make_disk, next_image
from reimage_machine import Machine
from reimage_pc import (
    ASK,
    BOOT_S,
    DONE,
    PLAN,
    PROMPT,
    SERIAL,
    VERSION,
    World,
    installed,
    judged,
    logged_in,
    slot_and_version,
)

pytestmark = pytest.mark.reimage
CUTS = int(os.environ.get("HNTT_REIMAGE_CUTS", "10"))
SEED = int(os.environ.get("HNTT_REIMAGE_SEED", "20261128"))
NEXT = "2026.12.1.1"


@pytest.fixture(scope="session")
def write_seconds(world: World, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long the installer takes here from the confirmation to its end."""
    place = tmp_path_factory.mktemp("measure")
    disk = make_disk(place / "disk.img")
    with Machine(place, [(disk, SERIAL)], world.stick) as pc:
        pc.expect(ASK, timeout=BOOT_S)
        pc.type(CODE)
        pc.expect(PLAN)
        began = time.monotonic()
        pc.type(CODE)
        pc.expect(DONE, timeout=900)
        seconds = time.monotonic() - began
    disk.unlink()
    return seconds


@pytest.mark.parametrize("number", range(CUTS))
def test_during_an_installation(world: World, place: Path, write_seconds: float, number: int) -> None:
    # Beyond the end too: the last writes are those that make the disk start.
    moment = random.Random(f"{SEED}-install-{number}").uniform(0.0, 1.05) * write_seconds
    print(f"HNTT_REIMAGE_SEED={SEED}: cut {number} after {moment:.1f} of {write_seconds:.1f} s")
    disk = make_disk(place / "disk.img")
    with Machine(place, [(disk, SERIAL)], world.stick, name="cut") as pc:
        pc.expect(ASK, timeout=BOOT_S)
        pc.type(CODE)
        pc.expect(PLAN)
        pc.type(CODE)
        time.sleep(moment)
    with Machine(place, [(disk, SERIAL)], world.stick, name="next") as pc:
        if pc.expect(ASK, PROMPT, timeout=BOOT_S).group(0).startswith("root@"):
            judged(pc)
            assert slot_and_version(pc) == ("A", VERSION)


@pytest.fixture(scope="session")
def before_the_update(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installed PC that has called its first slot good, and the bundle of the next version."""
    place = tmp_path_factory.mktemp("installed")
    disk = make_disk(place / "disk.img")
    installed(world, place, disk)
    with Machine(place, [(disk, SERIAL)]) as pc:
        logged_in(pc)
        judged(pc)
        pc.shell("sync")
    make_bundle(next_image(world.image, place / "next", NEXT), world.keys, NEXT)
    return place


@pytest.mark.parametrize("number", range(CUTS))
def test_during_an_update(before_the_update: Path, place: Path, number: int) -> None:
    moment = random.Random(f"{SEED}-update-{number}").uniform(0, 240)
    print(f"HNTT_REIMAGE_SEED={SEED}: cut {number} after {moment:.1f} s")
    disk = place / "disk.img"
    shutil.copy(before_the_update / "disk.img", disk)
    disks = [(disk, SERIAL), (before_the_update / "next/bundle.img", "BUNDLE")]
    with Machine(place, disks, name="cut") as pc:
        logged_in(pc)
        judged(pc)
        pc.type("mount -o ro /dev/vdb /mnt; rauc install /mnt/root.raucb && reboot")
        time.sleep(moment)
    with Machine(place, disks, name="next") as pc:
        logged_in(pc)
        judged(pc)
        assert slot_and_version(pc) in (("A", VERSION), ("B", NEXT))
        assert pc.shell("hostname") == "pc-an-thuy"
        assert pc.shell("systemctl --failed --no-legend --plain | grep hntt") == ""
