"""The lock names exactly what is installed, and the roles decide what has to be in it."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from hntt.image.apt import repository, require_whole
from hntt.image.errors import ImageError
from hntt.image.packages import LOCK_PATH, Locked, missing, read_lock, wanted_packages, write_lock

ROOT = Path(__file__).parents[3]
ZEROS = "0" * 64


def test_the_lock_has_all_that_the_roles_want() -> None:
    """When this fails: hntt image lock."""
    assert missing(wanted_packages(ROOT / "roles"), read_lock()) == []


def test_every_package_of_the_roles_is_wanted() -> None:
    names = set(wanted_packages(ROOT / "roles").names)
    for role in ("linux_base", "commune_pc"):
        declared = yaml.safe_load((ROOT / "roles" / role / "state.yml").read_text())["packages"]
        assert {item["name"] for item in declared if item.get("state") != "absent"} <= names


def test_the_lock_is_written_in_one_form(tmp_path: Path) -> None:
    write_lock(reversed(read_lock()), tmp_path / "lock")
    assert (tmp_path / "lock").read_text() == LOCK_PATH.read_text()


@pytest.mark.parametrize(
    "line",
    ["bash 5.2", f"bash 5.2 amd64 {ZEROS[1:]}", f"Bash 5.2 amd64 {ZEROS}", f"a;b 1 all {ZEROS}"],
)
def test_a_line_that_is_none_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(f"# head\nbash 5.2 amd64 {ZEROS}\n{line}\n")
    with pytest.raises(ImageError, match="lock:3"):
        read_lock(tmp_path / "lock")


def test_without_a_lock_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="hntt image lock"):
        read_lock(tmp_path / "lock")


def package(folder: Path) -> Locked:
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    fields = "Package: hntt-small\nVersion: 1:1.0\nArchitecture: all\nMaintainer: nobody\nDescription: small\n"
    (tree / "DEBIAN/control").write_text(fields)
    path = folder / "hntt-small_1%3a1.0_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(tree), str(path)], check=True)
    return Locked("hntt-small", "1:1.0", "all", sha256(path.read_bytes()).hexdigest())


def test_a_repository_offers_the_locked_files_and_no_other(tmp_path: Path) -> None:
    item = package(tmp_path)
    repository([item], tmp_path, tmp_path / "repo")
    text = (tmp_path / "repo/Packages").read_text()
    assert f"Filename: ./{item.file_name}\n" in text
    assert f"SHA256: {item.sha256}\n" in text
    assert sorted(path.name for path in (tmp_path / "repo").iterdir()) == ["Packages", item.file_name]


def test_a_package_that_is_not_the_locked_one_is_removed_and_nothing_is_built(tmp_path: Path) -> None:
    item = package(tmp_path)
    path = tmp_path / item.file_name
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ImageError, match="not the SHA-256"):
        repository([item], tmp_path, tmp_path / "repo")
    assert not path.exists()
    assert not (tmp_path / "repo").exists()
    with pytest.raises(ImageError, match="not the SHA-256"):
        require_whole([item], tmp_path)
