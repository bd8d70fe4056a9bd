"""Each case folder: the expected commands, and the three laws played on a simulated device.

HNTT_REGEN=1 rewrites remediation.txt and rollback.txt; review the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from device_cases import PLATFORMS, case_id, device_with, play, remediation_cases

from hntt.devices import get_platform
from hntt.devices.platform import same_configuration

REGEN = os.environ.get("HNTT_REGEN") == "1"


@pytest.mark.parametrize("folder", remediation_cases(), ids=case_id)
def test_the_commands_are_the_expected_ones(folder: Path) -> None:
    result = get_platform(folder.parts[-3]).remediate(*_texts(folder))
    for name, commands in (("remediation.txt", result.commands), ("rollback.txt", result.rollback)):
        text = "".join(f"{line}\n" for line in commands)
        if REGEN:
            (folder / name).write_text(text, encoding="utf-8")
        assert text == (folder / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", remediation_cases(), ids=case_id)
def test_running_and_remediation_make_the_intended(folder: Path) -> None:
    platform = get_platform(folder.parts[-3])
    running, intended = _texts(folder)
    device = device_with(platform.name, running)
    play(device, platform.remediate(running, intended).commands)
    assert not platform.remediate(device.running(), intended).commands, "a second remediation has something to do"


@pytest.mark.parametrize("folder", remediation_cases(), ids=case_id)
def test_intended_and_rollback_make_the_running(folder: Path) -> None:
    platform = get_platform(folder.parts[-3])
    running, intended = _texts(folder)
    device = device_with(platform.name, running)
    before = device.running()
    result = platform.remediate(running, intended)
    play(device, result.commands)
    play(device, result.rollback)
    assert same_configuration(platform, device.running(), before)


@pytest.mark.parametrize("folder", remediation_cases(), ids=case_id)
def test_the_difference_is_empty_exactly_when_there_is_nothing_to_do(folder: Path) -> None:
    platform = get_platform(folder.parts[-3])
    running, intended = _texts(folder)
    result = platform.remediate(running, intended)
    assert bool(result.diff) == bool(result.commands)
    assert not platform.remediate(running, running).commands
    assert platform.normalise(platform.normalise(intended)) == platform.normalise(intended)


def test_every_platform_has_at_least_eight_cases() -> None:
    platforms = [folder.parts[-3] for folder in remediation_cases()]
    assert all(platforms.count(platform) >= 8 for platform in PLATFORMS)


def _texts(folder: Path) -> tuple[str, str]:
    return tuple((folder / f"{name}.txt").read_text(encoding="utf-8") for name in ("running", "intended"))  # type: ignore[return-value]
