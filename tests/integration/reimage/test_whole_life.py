"""A blank disk and a stick become a PC; an update that is not well is left again. Every CI run does this."""

from __future__ import annotations

from pathlib import Path

import pytest
from reimage_bench import make_bundle, make_disk, next_image
from reimage_machine import Machine
from reimage_pc import PROMPT, SERIAL, VERSION, World, install, judged, logged_in, slot_and_version, stages, update

pytestmark = pytest.mark.reimage
BAD = "2026.12.1.1"


def test_a_pc_is_installed_and_leaves_a_bad_update(world: World, place: Path) -> None:
    disk = make_disk(place / "disk.img")
    with Machine(place, [(disk, SERIAL)], world.stick, name="install") as pc:
        install(pc)

    bad = next_image(world.image, place / "bad", BAD, healthy=False, deadline=10)
    bundle = make_bundle(bad, world.keys, BAD)
    with Machine(place, [(disk, SERIAL), (bundle, "BUNDLE")]) as pc:
        logged_in(pc)
        judged(pc)
        assert pc.shell("hostname; cat /etc/hntt/room; stat -c %a /etc/hntt/room") == "pc-an-thuy\n2007\n640"
        assert slot_and_version(pc) == ("A", VERSION)
        assert stages(pc) == ["booted", "disk", "written", "verified", "first_boot", "healthy"]
        machine, key = _identity(pc)
        assert "succeeded" in update(pc)
        pc.type("reboot")
        # Nobody types anything from here: the bad version is started, found unhealthy, and left.
        pc.expect("khe B")
        pc.expect("khe A", timeout=600)
        pc.expect(PROMPT, timeout=420)
        judged(pc)
        assert slot_and_version(pc) == ("A", VERSION)
        assert _identity(pc) == (machine, key)
        assert stages(pc)[6:] == ["first_boot", "failed"]
        assert pc.shell("grep -ao '[AB]_OK=.' /efi/EFI/debian/grubenv") == "A_OK=1\nB_OK=0"
        assert int(pc.shell("journalctl --list-boots --no-pager -q | grep -c .")) >= 3


def _identity(pc: Machine) -> tuple[str, str]:
    return pc.shell("cat /etc/machine-id"), pc.shell("cat /etc/ssh/ssh_host_ed25519_key.pub")
