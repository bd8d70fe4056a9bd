"""One small image for all tests of reimaging, and what is made of it. Takes root, QEMU and Debian's mirror."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from reimage_bench import CODE, KEPT, Keys, make_disk, make_image, make_seed, stick
from reimage_machine import Machine
from reimage_pc import ASK, BOOT_S, DONE, PLAN, SERIAL, STOPPED, VERSION, WRITE_S, World, judged, logged_in
from reimage_power import Recording


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    for old in KEPT.glob("world-*"):
        if not Path(f"/proc/{old.name.partition('-')[2]}").exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = KEPT / f"world-{os.getpid()}"
    folder.mkdir(parents=True)
    keys = Keys.make(folder)
    image = make_image(folder / "image", keys, VERSION)
    seed = make_seed(folder / "seeds", keys, VERSION)
    yield World(folder, keys, image, seed, stick(image, seed, folder / "stick.img"))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def installation(world: World, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """What is written from the confirmation to the verdict on the first start."""
    place = tmp_path_factory.mktemp("installation")
    base = make_disk(place / "before.img")
    disk = make_disk(place / "disk.img")
    recording = Recording(base, place / "log")
    with Machine(place, [(disk, SERIAL)], world.stick, record=recording.log) as pc, recording:
        pc.expect(ASK, timeout=BOOT_S)
        pc.type(CODE)
        pc.expect(PLAN)
        pc.type(CODE)
        for phase, seen in (("check and tables", "3/4"), ("write", "4/4"), ("read back and boot files", DONE)):
            recording.mark(phase)
            assert pc.expect(seen, STOPPED, timeout=WRITE_S).lastindex is None
        recording.mark("first start")
        pc.type("")
        logged_in(pc)
        judged(pc)
        recording.mark("end")
        pc.shell("sync")
    return recording


@pytest.fixture(scope="session")
def pc_disk(installation: Recording) -> Path:
    """The disk of an installed PC that has called its first slot good."""
    return installation.base.with_name("disk.img")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder for a test's disks; gone after it, since they are large. What the consoles said stays."""
    yield tmp_path
    for path in tmp_path.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix != ".txt":
            path.unlink()
