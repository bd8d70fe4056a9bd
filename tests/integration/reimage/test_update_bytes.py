"""What an update of one package costs the line: RAUC streams from a store that counts, beside a PC that has nothing.

The images are made as the real one is; the package is Debian's own, rebuilt so that every block of its files differs.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from reimage_bench import (
    KEPT,
    MIB,
    base_tree,
    furnish,
    make_disk,
    run,
)
from reimage_machine import Machine
from reimage_pc import SERIAL, VERSION, World, installed, judged, logged_in
from reimage_store import GUEST_NETWORK, Store

from hntt.image import ext4
from hntt.image.bundle import make_bundle
from hntt.image.signing import KeyFolder

pytestmark = pytest.mark.reimage
NEXT = "2026.12.1.1"
PACKAGE = "openssh-client"
SLOT_A_AT = 257 * MIB
UP = (
    "systemctl unmask -q systemd-networkd.service systemd-networkd.socket; mkdir -p /run/systemd/network; "
    "printf '[Match]\\nName=en* eth*\\n[Network]\\nDHCP=ipv4\\n' >/run/systemd/network/05.network; "
    "systemctl start systemd-networkd; until grep -q . /run/systemd/netif/leases/*; do sleep 1; done"
)


@dataclass(frozen=True)
class Update:
    """The two root file systems and the bundle of the second."""

    before: Path
    after: Path
    store: Path
    bundle: Path


@pytest.fixture(scope="session")
def update(world: World) -> Iterator[Update]:
    folder = KEPT / "bytes"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "store").mkdir(parents=True)
    tree = folder / "tree"
    run("cp", "-a", "--reflink=auto", str(base_tree()), str(tree))
    made = Update(folder / "before.ext4", folder / "after.ext4", folder / "store", folder / "store/root.raucb")
    furnish(tree, world.keys, VERSION, healthy=True, deadline=600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ext4, "SPARE", 64 * MIB)  # the tests' slots are small
        ext4.make_ext4(tree, made.before)
        (tree / "usr/lib/hntt/image.json").write_text(json.dumps({"version": NEXT}))
        rebuild(tree, PACKAGE, folder / "deb")
        ext4.make_ext4(tree, made.after)
    shutil.rmtree(tree)
    make_bundle(made.after, NEXT, KeyFolder(world.folder), made.bundle)
    yield made
    shutil.rmtree(folder)


def rebuild(tree: Path, package: str, scratch: Path) -> None:
    """Install a newer version of an installed package: its programs and libraries are other bytes of the same kind."""
    database = f"--admindir={tree}/var/lib/dpkg"
    fields = run("dpkg-query", database, "-W", "-f", "${Version}\\n${Architecture}\\n${Depends}\\n", package).split(
        "\n"
    )
    (scratch / "DEBIAN").mkdir(parents=True)
    (scratch / "DEBIAN/control").write_text(
        f"Package: {package}\nVersion: {fields[0]}+hntt1\nArchitecture: {fields[1]}\nDepends: {fields[2]}\n"
        "Maintainer: tests <tests@invalid>\nDescription: rebuilt\n"
    )
    for name in run("dpkg-query", database, "-L", package).split():
        source, target = tree / name.lstrip("/"), scratch / name.lstrip("/")
        if source.is_symlink() or not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        if source.stat().st_mode & 0o111 or ".so" in source.name:
            target.write_bytes(b"\0" + source.read_bytes())
    run("dpkg-deb", "--root-owner-group", "-b", str(scratch), str(tree / "new.deb"))
    run("chroot", str(tree), "dpkg", "--force-confold", "-i", "/new.deb")
    (tree / "new.deb").unlink()
    for path in (tree / "var/lib/dpkg").glob("*-old"):
        path.unlink()


@pytest.fixture(scope="session")
def pc_disk(world: World, update: Update, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An installed PC with the first of the two in its slot A."""
    place = tmp_path_factory.mktemp("bytes")
    disk = make_disk(place / "disk.img")
    installed(world, place, disk)
    run("dd", f"if={update.before}", f"of={disk}", "bs=1M", f"seek={SLOT_A_AT // MIB}", "conv=notrunc")
    with Machine(place, [(disk, SERIAL)]) as pc:
        logged_in(pc)
        judged(pc)
        pc.shell("sync")
    yield disk
    disk.unlink()


def streamed(update: Update, disk: Path, place: Path, before: str = "true") -> Store:
    """Let the PC take the bundle from the store; what was given."""
    with (
        Store(update.store) as store,
        Machine(place, [(disk, SERIAL)], network=GUEST_NETWORK) as pc,
    ):
        logged_in(pc)
        judged(pc)
        pc.shell(UP, timeout=120)
        pc.shell(before, timeout=120)
        store.forget()
        said = pc.shell(f"rauc install {store.url('root.raucb')} 2>&1 | tail -n 5", timeout=900)
        assert "succeeded" in said, said
    return store


def test_a_package_is_fetched_and_not_the_image(update: Update, pc_disk: Path, place: Path) -> None:
    disk = place / "disk.img"
    shutil.copy(pc_disk, disk)
    store = streamed(update, disk, place)
    size = update.bundle.stat().st_size
    print(f"{PACKAGE}: {store.content_bytes} bytes in {len(store.given)} answers, of {size}")
    assert store.content_bytes < size * 0.2, store.content_bytes
