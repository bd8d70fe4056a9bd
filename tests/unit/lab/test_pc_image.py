"""The lab's PC: its image's own packages and content, without what needs a machine."""

from __future__ import annotations

import pytest

from hntt.image.packages import Locked, read_lock, wanted_packages
from hntt.lab import images
from hntt.lab.pc_image import MACHINE_ONLY, PROJECT, InContainer, in_a_container, preferences


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
