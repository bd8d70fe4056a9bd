"""Whatever is wrong stops with its own message before anything is written: the disk's hash stays what it was."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from reimage_bench import CODE, MIB, make_disk, make_seed, sha256
from reimage_machine import Machine
from reimage_pc import ASK, BOOT_S, DONE, PLAN, SERIAL, STOPPED, VERSION, WRITE_S, World, install

from hntt.image.stick import make_stick

pytestmark = pytest.mark.reimage
TAMPERED, EXPIRED, OLD, NAMED = "19135", "19138", "19141", "19144"


def stopped(pc: Machine, code: str) -> str:
    """Type a code, expect a refusal, go back to the beginning; the refusal's code."""
    pc.expect(ASK, timeout=BOOT_S)
    pc.type(code)
    found = pc.expect(STOPPED, PLAN)
    assert found.lastindex, f"the installer was ready to erase the disk for {code}"
    pc.type("")
    return found.group(1)


def test_codes_and_seeds(world: World, place: Path) -> None:
    now = datetime.now(UTC)
    folder = place / "seeds"
    token = {"id": "t", "secret": "s", "expires": (now - timedelta(days=1)).isoformat()}
    seeds = [
        make_seed(folder, world.keys, VERSION),
        make_seed(folder, world.keys, VERSION, code=TAMPERED),
        make_seed(folder, world.keys, VERSION, code=EXPIRED, token=token),
        make_seed(folder, world.keys, VERSION, code=OLD, min_version="2026.12.1.1"),
        make_seed(folder, world.keys, VERSION, code=NAMED, disk_serial="ANOTHER"),
    ]
    seeds[1].write_text(seeds[1].read_text().replace("/etc/hntt/room", "/etc/hntt/mood"))
    make_stick(world.image, seeds, place / "stick.img")
    disk = make_disk(place / "disk.img")
    before = sha256(disk)
    with Machine(place, [(disk, SERIAL)], place / "stick.img") as pc:
        assert stopped(pc, "99999") == "MA-LA"
        assert stopped(pc, "abc") == "MA-SAI"
        assert stopped(pc, TAMPERED) == "SEED-KY"
        assert stopped(pc, EXPIRED) == "SEED-HAN"
        assert stopped(pc, OLD) == "ANH-CU"
        assert stopped(pc, NAMED) == "DIA-SERI"
        pc.expect(ASK)
        pc.type(CODE)
        pc.expect(PLAN)
        assert SERIAL in pc.text
        pc.type("19133")
        pc.expect("chưa xoá gì")
    assert sha256(disk) == before


def damage_manifest(stick_folder: Path) -> None:
    path = stick_folder / "manifest.json"
    path.write_text(path.read_text().replace(VERSION, "2027.01.01.1"))


def damage_root(stick_folder: Path) -> None:
    path = stick_folder / "root.ext4.zst"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(("damage", "code"), [(damage_manifest, "ANH-KY"), (damage_root, "ANH-HONG")])
def test_tampered_image(world: World, place: Path, damage: Callable[[Path], None], code: str) -> None:
    image = place / "image"
    shutil.copytree(world.image, image, ignore=shutil.ignore_patterns("root.ext4"))
    damage(image)
    make_stick(image, [world.seed], place / "stick.img")
    shutil.rmtree(image)
    disk = make_disk(place / "disk.img")
    before = sha256(disk)
    with Machine(place, [(disk, SERIAL)], place / "stick.img") as pc:
        if pc.expect(ASK, STOPPED, timeout=BOOT_S).lastindex is None:
            pc.type(CODE)
            pc.expect(PLAN)
            pc.type(CODE)
            pc.expect(STOPPED)
        assert f"mã {code}" in pc.text
    assert sha256(disk) == before


@pytest.mark.parametrize(("sizes", "code"), [((1900, 1900), "DIA-2"), ((900,), "DIA-NHO"), ((), "DIA-0")])
def test_disks(world: World, place: Path, sizes: tuple[int, ...], code: str) -> None:
    disks = [make_disk(place / f"disk{number}.img", size * MIB) for number, size in enumerate(sizes)]
    before = [sha256(disk) for disk in disks]
    with Machine(place, [(disk, f"DISK-{number}") for number, disk in enumerate(disks)], world.stick) as pc:
        assert stopped(pc, CODE) == code
    assert [sha256(disk) for disk in disks] == before


def test_the_stick_is_pulled_before_the_first_write(world: World, place: Path) -> None:
    disk = make_disk(place / "disk.img")
    before = sha256(disk)
    with Machine(place, [(disk, SERIAL)], world.stick) as pc:
        pc.expect(ASK, timeout=BOOT_S)
        pc.type(CODE)
        pc.expect(PLAN)
        pc.monitor("device_del", id="theStick")
        time.sleep(3)
        pc.type(CODE)
        assert pc.expect(STOPPED, DONE, timeout=WRITE_S).group(1) == "USB-MAT"
    assert sha256(disk) == before


def test_the_stick_is_pulled_while_the_disk_is_written(world: World, place: Path) -> None:
    disk = make_disk(place / "disk.img")
    with Machine(place, [(disk, SERIAL)], world.stick) as pc:
        pc.expect(ASK, timeout=BOOT_S)
        pc.type(CODE)
        pc.expect(PLAN)
        pc.type(CODE)
        pc.expect(r"Ghi lên ổ đĩa .* 20 %", timeout=WRITE_S)
        pc.monitor("device_del", id="theStick")
        assert pc.expect(STOPPED, DONE, timeout=WRITE_S).group(1) == "USB-MAT"
    # The disk is half written: it does not start, the stick does.
    with Machine(place, [(disk, SERIAL)], world.stick, name="again") as pc:
        install(pc)
