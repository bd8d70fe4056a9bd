"""Updates through RAUC: a good one is kept; what is unsigned or older is not taken; an unhealthy one is left."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from reimage_bench import MIB, Keys, copied, disk_of, make_bundle, next_image, pack_bundle
from reimage_machine import Machine
from reimage_pc import (
    PROMPT,
    SERIAL,
    VERSION,
    World,
    identity,
    judged,
    logged_in,
    slot_and_version,
    stages,
    update,
)

pytestmark = pytest.mark.reimage
NEXT, OLDER = "2026.12.1.1", "2026.11.27.9"


def test_a_good_update_is_kept(world: World, pc_disk: Path, place: Path) -> None:
    disk = place / "disk.img"
    copied(pc_disk, disk)
    bundle = make_bundle(next_image(world.image, place / "next", NEXT), world.keys, NEXT)
    with Machine(place, [(disk, SERIAL), (bundle, "BUNDLE")]) as pc:
        logged_in(pc)
        judged(pc)
        before = identity(pc)
        assert "succeeded" in update(pc)
        pc.type("reboot")
        pc.expect("khe B", timeout=300)
        logged_in(pc)
        judged(pc)
        assert slot_and_version(pc) == ("B", NEXT)
        assert stages(pc)[-2:] == ["first_boot", "healthy"]
        assert identity(pc) == before
        assert pc.shell("hostname") == "pc-an-thuy"
        pc.type("reboot")
        pc.expect("khe B", timeout=300)
        logged_in(pc)
        assert slot_and_version(pc) == ("B", NEXT)


def refused_bundles(world: World, place: Path) -> dict[str, str]:
    """Bundles that no PC may take, in the folder ``bundles``, and what RAUC says of each. One more is changed."""
    root, kept = place / "root.ext4", place / "bundles"
    root.write_bytes(os.urandom(MIB))
    for folder in (kept, place / "others"):
        folder.mkdir()
    pack_bundle(root, Keys.make(place / "others"), NEXT, kept / "anothers.raucb")
    pack_bundle(root, world.keys, OLDER, kept / "older.raucb")
    good = pack_bundle(root, world.keys, NEXT, kept / "changed.raucb")
    content = bytearray(good.read_bytes())
    (kept / "unsigned.raucb").write_bytes(content[: -8 - int.from_bytes(content[-8:], "big")])
    content[MIB // 64] ^= 1
    good.write_bytes(content)
    return {"anothers": "(?i)signature", "unsigned": "(?i)signature", "older": "Version mismatch"}


def test_what_is_unsigned_changed_or_older_is_not_taken(world: World, pc_disk: Path, place: Path) -> None:
    disk = place / "disk.img"
    copied(pc_disk, disk)
    wanted = refused_bundles(world, place)
    bundles = disk_of(place / "bundles", place / "bundle.img")
    with Machine(place, [(disk, SERIAL), (bundles, "BUNDLE")]) as pc:
        logged_in(pc)
        judged(pc)
        state = "sha256sum </dev/vda3; grep -ao 'ORDER=.*' /efi/EFI/debian/grubenv"
        before = pc.shell(state, timeout=240)
        for name, said in wanted.items():
            answer = update(pc, f"/mnt/{name}.raucb")
            assert "succeeded" not in answer, name
            assert re.search(said, answer), answer
        assert pc.shell(state, timeout=240) == before
        # This one is found while it is read: the idle slot is spoilt then, and never started.
        assert "succeeded" not in update(pc, "/mnt/changed.raucb")
        order = "grep -ao 'ORDER=.*' /efi/EFI/debian/grubenv"
        assert pc.shell(order) == before.splitlines()[-1]


def test_an_unhealthy_version_is_left(world: World, pc_disk: Path, place: Path) -> None:
    disk = place / "disk.img"
    copied(pc_disk, disk)
    bad = next_image(world.image, place / "bad", NEXT, healthy=False, deadline=10)
    bundle = make_bundle(bad, world.keys, NEXT)
    with Machine(place, [(disk, SERIAL), (bundle, "BUNDLE")]) as pc:
        logged_in(pc)
        judged(pc)
        before = identity(pc)
        assert "succeeded" in update(pc)
        pc.type("reboot")
        # Nobody types anything from here: the bad version is started, found unhealthy, and left.
        pc.expect("khe B", timeout=300)
        pc.expect("khe A", timeout=600)
        pc.expect(PROMPT, timeout=420)
        judged(pc)
        assert slot_and_version(pc) == ("A", VERSION)
        assert identity(pc) == before
        assert stages(pc)[6:] == ["first_boot", "failed"]
        assert pc.shell("grep -ao '[AB]_OK=.' /efi/EFI/debian/grubenv") == "A_OK=1\nB_OK=0"
        assert int(pc.shell("journalctl --list-boots --no-pager -q | grep -c .")) >= 3
