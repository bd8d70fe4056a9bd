"""A blank disk and a stick become a PC; an update that can't start is left again. Every CI run does this."""

from __future__ import annotations

from pathlib import Path

import pytest
from reimage_bench import make_bundle, make_disk, next_image, run
from reimage_machine import Machine
from reimage_pc import (
    PROMPT,
    SERIAL,
    VERSION,
    World,
    identity,
    install,
    judged,
    logged_in,
    slot_and_version,
    stages,
    update,
)

pytestmark = pytest.mark.reimage
DEAD = "2026.12.1.1"


def test_a_pc_is_installed_and_leaves_an_update_that_cannot_start(world: World, place: Path) -> None:
    disk = make_disk(place / "disk.img")
    with Machine(place, [(disk, SERIAL)], world.stick, name="install") as pc:
        install(pc)

    dead = next_image(world.image, place / "dead", DEAD)
    run("debugfs", "-w", "-R", "rm /vmlinuz", str(dead / "root.ext4"))
    bundle = make_bundle(dead, world.keys, DEAD)
    with Machine(place, [(disk, SERIAL), (bundle, "BUNDLE")]) as pc:
        logged_in(pc)
        judged(pc)
        assert pc.shell("hostname; cat /etc/hntt/room; stat -c %a /etc/hntt/room") == "pc-an-thuy\n2007\n640"
        assert slot_and_version(pc) == ("A", VERSION)
        assert stages(pc) == ["booted", "disk", "written", "verified", "first_boot", "healthy"]
        before = identity(pc)
        assert "succeeded" in update(pc)
        pc.type("reboot")
        # Nobody types anything from here.
        pc.expect("khe B khong khoi dong duoc", timeout=300)
        pc.expect("khe A", timeout=120)
        pc.expect(PROMPT, timeout=420)
        judged(pc)
        assert slot_and_version(pc) == ("A", VERSION)
        assert identity(pc) == before
        assert stages(pc)[6:] == ["fell_back"]
        assert pc.shell("grep -ao '[AB]_OK=.' /efi/EFI/debian/grubenv") == "A_OK=1\nB_OK=0"
        assert int(pc.shell("journalctl --list-boots --no-pager -q | grep -c .")) >= 2
