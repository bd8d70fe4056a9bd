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
from reimage_bench import MIB, SLOT_SIZE, Keys, base_tree, furnish, make_seed, run
from reimage_disk import written_disk
from reimage_machine import Machine
from reimage_pc import SERIAL, VERSION, judged, logged_in
from reimage_store import GUEST_NETWORK, Store

from hntt.image import ext4, initramfs
from hntt.image.bundle import make_bundle
from hntt.image.signing import KeyFolder

pytestmark = pytest.mark.reimage
NEXT = "2026.12.1.1"
PACKAGE = "openssh-client"
UP = (
    "systemctl unmask -q systemd-networkd.service systemd-networkd.socket; mkdir -p /run/systemd/network; "
    "printf '[Match]\\nName=en* eth*\\n[Network]\\nDHCP=ipv4\\n' >/run/systemd/network/05.network; "
    "systemctl start systemd-networkd; until grep -q . /run/systemd/netif/leases/*; do sleep 1; done"
)


@dataclass(frozen=True)
class Update:
    """The bundle of the second image in a store, and the disk of a PC that has the first."""

    store: Path
    bundle: Path
    disk: Path


@pytest.fixture
def update(tmp_path: Path) -> Iterator[Update]:
    keys, tree = Keys.make(tmp_path), tmp_path / "tree"
    before, after, store = tmp_path / "before.ext4", tmp_path / "after.ext4", tmp_path / "store"
    store.mkdir()
    run("cp", "-a", "--reflink=auto", str(base_tree()), str(tree))
    furnish(tree, keys, VERSION, healthy=True, deadline=600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ext4, "SPARE", 64 * MIB)  # the tests' slots are small
        ext4.make_ext4(tree, before)
        initramfs.build_installer(tree, keys.public, tmp_path / "installer")
        (tree / "usr/lib/hntt/image.json").write_text(json.dumps({"version": NEXT}))
        rebuild(tree, PACKAGE, tmp_path / "deb")
        ext4.make_ext4(tree, after)
    shutil.rmtree(tree)
    make_bundle(after, NEXT, KeyFolder(tmp_path), store / "root.raucb")
    seed = make_seed(tmp_path / "seeds", keys, VERSION)
    disk = written_disk(before, SLOT_SIZE, seed, tmp_path / "installer/BOOTX64.EFI", tmp_path / "disk.img")
    yield Update(store, store / "root.raucb", disk)
    for path in (before, after, disk, store / "root.raucb"):
        path.unlink(missing_ok=True)  # the disk is made out of the first


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


def given(pc: Machine, store: Store) -> int:
    """Let the PC take the bundle from the store; the bytes that were given."""
    store.forget()
    said = pc.shell(f"rauc install {store.url('root.raucb')} 2>&1 | tail -n 5", timeout=1200)
    assert "succeeded" in said, said
    print(f"{store.content_bytes} bytes, {len(store.given)} answers, {store.most_at_once} at once at most")
    return store.content_bytes


def test_a_package_is_fetched_and_not_the_image(update: Update, place: Path) -> None:
    size = update.bundle.stat().st_size
    with (
        Store(update.store) as store,
        Machine(place, [(update.disk, SERIAL)], network=GUEST_NETWORK) as pc,
    ):
        logged_in(pc)
        judged(pc)
        pc.shell(UP, timeout=240)
        package = given(pc, store)
        # Without a place for its own lists RAUC compares nothing, as it would with slots that hold something else.
        pc.shell("sed -i /^data-directory/d /etc/rauc/system.conf; systemctl restart rauc", timeout=120)
        whole = given(pc, store)
    print(f"{PACKAGE}: {package} bytes of a bundle of {size}, {package / size:.1%}; the whole: {whole}")
    assert size * 0.9 < whole < size * 1.1
    assert package < size * 0.1
