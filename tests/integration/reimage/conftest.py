"""One small image for all tests of reimaging, and what is made of it. Takes root, QEMU and Debian's mirror."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from reimage_bench import KEPT, Keys, make_image, make_seed, stick
from reimage_pc import VERSION, World


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


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder for a test's disks; gone after it, since they are large."""
    yield tmp_path
    for path in tmp_path.glob("*.img"):
        path.unlink()
