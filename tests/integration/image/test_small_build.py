"""A whole build with the smallest set of packages: twice the same bytes, and nothing of this machine in them."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from hntt.i18n import set_language
from hntt.image.apt import Apt
from hntt.image.build import Plan, build
from hntt.image.bundle import check_bundle
from hntt.image.content import Content, ContentFile
from hntt.image.errors import ImageError
from hntt.image.manifest import BUNDLE, ROOT, Manifest, verify
from hntt.image.packages import Wanted
from hntt.image.signing import KeyFolder, make_keys
from hntt.image.tokens import Ledger

pytestmark = [pytest.mark.lab, pytest.mark.slow]

VERSION = "2026.11.28.1"
CANARY = "canary-of-the-build-machine"
CONTENT = Content(
    files=(ContentFile("/etc/hntt-test", b"x\n", "0640", "root", "shadow"),), links=(("/etc/link", "hntt-test"),)
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    set_language("en")
    return tmp_path_factory.mktemp("image")


@pytest.fixture(scope="module")
def keys(place: Path) -> KeyFolder:
    return make_keys(place / "keys", "HNTT test")


@pytest.fixture(scope="module")
def built(place: Path, keys: KeyFolder) -> tuple[Manifest, Manifest]:
    """Two builds of one plan, in different folders and years apart as far as files can tell."""
    wanted = Wanted("trixie", "amd64", ("e2fsprogs",))
    apt = Apt.prepare(place / "apt", wanted.suite, wanted.architecture)
    packages = apt.resolve(wanted)
    apt.fetch(packages, place / "cache")
    os.environ["HNTT_CANARY"] = CANARY
    Ledger(place / "keys" / "tokens.json").issue([f"pc.{CANARY}.huyen"], 30)
    plan = Plan(wanted.suite, wanted.architecture, packages, CONTENT, VERSION, bootable=False)
    first = build(plan, place / "cache", keys, place / "one", print)
    for deb in (place / "cache").iterdir():
        os.utime(deb, (1, 1))
    return first, build(plan, place / "cache", keys, place / "another-folder" / "two", print)


def test_two_builds_are_the_same_bytes(built: tuple[Manifest, Manifest], place: Path) -> None:
    first, second = built
    assert first == second
    assert (place / "one" / ROOT).read_bytes() == (place / "another-folder/two" / ROOT).read_bytes()


def test_the_image_is_good_and_its_bundle_is_signed(
    built: tuple[Manifest, Manifest], place: Path, keys: KeyFolder
) -> None:
    assert verify(place / "one", keys.image_public, min_version=VERSION) == built[0]
    said = check_bundle(place / "one" / BUNDLE, keys.bundle_certificate)
    assert "hntt-pc" in said
    assert "block-hash-index" in said
    assert built[0].root.sha256 in said, "the bundle holds the same file system"
    with pytest.raises(ImageError, match="rauc"):
        check_bundle(place / "one" / BUNDLE, make_keys(place / "other", "Somebody").bundle_certificate)


@pytest.fixture(scope="module")
def plain(built: tuple[Manifest, Manifest], place: Path) -> Path:
    path = place / "root.ext4"
    subprocess.run(["zstd", "-dq", str(place / "one" / ROOT), "-o", str(path)], check=True)
    return path


def test_nothing_of_the_machine_or_of_a_secret_is_in_it(plain: Path, place: Path, keys: KeyFolder) -> None:
    content = plain.read_bytes()
    secrets = [line for key in (keys.image_key, keys.bundle_key) for line in key.read_bytes().splitlines()[1:-1]]
    for mark in (*secrets, CANARY.encode(), str(place).encode()):
        assert mark not in content, mark
    name = socket.gethostname().encode()
    assert b"\n" + name + b"\n" not in content


def test_the_file_system_is_whole_and_has_what_was_asked_for(plain: Path) -> None:
    done = subprocess.run(["e2fsck", "-fn", str(plain)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    said = _debugfs(plain, "stat /etc/hntt-test")
    assert "Mode:  0640" in said
    assert "Group:    42" in said
    assert "692cda80" in said, "the one time of all images"
    assert _debugfs(plain, "cat /etc/hostname") == "hntt-pc\n"
    assert _debugfs(plain, "cat /etc/machine-id") == ""


def test_a_build_takes_the_place_of_nothing(built: tuple[Manifest, Manifest], place: Path, keys: KeyFolder) -> None:
    plan = Plan("trixie", "amd64", [], CONTENT, VERSION, bootable=False)
    with pytest.raises(ImageError, match="is there"):
        build(plan, place / "cache", keys, place / "one", print)


def _debugfs(image: Path, request: str) -> str:
    return subprocess.run(["debugfs", "-R", request, str(image)], capture_output=True, text=True, check=True).stdout
