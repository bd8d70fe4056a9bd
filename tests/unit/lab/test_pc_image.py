"""The lab's PC: its image's own packages and content, without what needs a machine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from hntt.image.packages import Locked, read_lock, wanted_packages
from hntt.lab import images
from hntt.lab.pc_image import DPKG_STATUS, MACHINE_ONLY, PROJECT, InContainer, in_a_container, preferences


@pytest.fixture(scope="module")
def made() -> InContainer:
    return in_a_container()


def test_it_has_the_image_s_packages_but_what_needs_a_machine(made: InContainer) -> None:
    wanted = set(wanted_packages(PROJECT / "roles").names)
    assert wanted - set(made.packages) == MACHINE_ONLY, "and nothing is called so that the image has not"
    assert {"chromium", "cage", "rsyslog", "usbguard"} <= set(made.packages) <= wanted


def test_every_package_is_taken_in_the_locked_version_where_there_is_one(made: InContainer) -> None:
    locked = {item.name: item.version for item in read_lock()}
    assert set(made.packages) <= set(locked)
    entries = [entry.splitlines() for entry in made.preferences.split("\n\n")]
    pinned = {entry[0].removeprefix("Package: "): entry[1].removeprefix("Pin: version ") for entry in entries}
    assert pinned == locked


def test_preferences_are_apt_s() -> None:
    two = [Locked("a", "1:2", "all", "0" * 64), Locked("b", "3", "amd64", "1" * 64)]
    assert preferences(two) == (
        "Package: a\nPin: version 1:2\nPin-Priority: 1001\n\nPackage: b\nPin: version 3\nPin-Priority: 1001\n"
    )


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The list of packages in a lab's image that was made before."""
    status = tmp_path / DPKG_STATUS
    status.parent.mkdir(parents=True)
    monkeypatch.setattr(images, "image_exists", lambda _tag: True)
    monkeypatch.setattr(images, "image_root", lambda _tag: tmp_path)
    return status


def installed(packages: Iterable[tuple[str, str]]) -> str:
    entry = "Package: {}\nStatus: install ok installed\nVersion: {}\nDescription: x\n Version: of a long text\n"
    return "\n".join(entry.format(*package) for package in packages)


def test_what_the_mirror_no_longer_has_as_locked_is_named_each_time(kept: Path) -> None:
    locked = {item.name: item.version for item in read_lock()}
    kept.write_text(installed({**locked, "chromium": "999.1", "grim": "1.4"}.items()))
    for _ in range(2):
        said: list[str] = []
        images.ensure_image("hntt-pc", said.append)
        assert len(said) == 1
        assert said[0].endswith(": chromium 999.1")
        assert "\n" not in said[0]
    kept.write_text(installed((name, "0") for name in locked))
    images.ensure_image("hntt-pc", said.append)
    assert f" {len(locked)} " in said[-1]
    assert len(said[-1]) < 500, "one line also where all are others"


def test_nothing_is_said_of_an_image_that_is_as_locked(kept: Path) -> None:
    removed = "\nPackage: usbguard\nStatus: deinstall ok config-files\nVersion: 0\n"
    locked = ((item.name, item.version) for item in read_lock() if item.name != "usbguard")
    kept.write_text(installed(locked) + removed)
    said: list[str] = []
    images.ensure_image("hntt-pc", said.append)
    assert said == []


def test_it_has_what_the_roles_want_on_every_pc_and_nothing_of_one_site_or_of_a_slot(made: InContainer) -> None:
    paths = {path: (mode, text) for path, mode, text in made.files}
    assert paths["/usr/local/lib/hntt-pc/browser"][0] == 0o755
    assert "/etc/hntt-pc/page.js" not in paths
    assert not [path for path in paths if "rauc" in path or path.startswith("/usr/lib/hntt/")]
    assert "systemctl -q enable hntt-kiosk.service" in made.script


def test_the_lab_s_image_is_made_of_it_and_keeps_no_preferences(made: InContainer) -> None:
    definition = images.definition_of("hntt-pc")
    assert set(made.packages) <= set(definition.packages)
    assert set(made.files) <= set(definition.files)
    assert made.script in definition.script
    assert definition.script.endswith("rm /etc/apt/preferences.d/hntt-lock\n")
