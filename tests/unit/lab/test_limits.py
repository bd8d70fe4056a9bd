"""Kernel limits are raised while a lab is up and put back after the last one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hntt.lab.limits import NEEDED, raise_limits, restore_limits


@pytest.fixture
def machine(tmp_path: Path) -> tuple[Path, Path]:
    settings, runtime = tmp_path / "sys", tmp_path / "run"
    for name in NEEDED:
        (settings / name).parent.mkdir(parents=True, exist_ok=True)
        (settings / name).write_text("128\n")
    return settings, runtime


def values(settings: Path) -> dict[str, int]:
    return {name: int((settings / name).read_text()) for name in NEEDED}


def test_raised_and_put_back(machine: tuple[Path, Path]) -> None:
    raise_limits(*machine)
    assert values(machine[0]) == NEEDED
    raise_limits(*machine)
    restore_limits(*machine)
    assert set(values(machine[0]).values()) == {128}
    assert list(machine[1].iterdir()) == []


def test_another_lab_keeps_them(machine: tuple[Path, Path]) -> None:
    raise_limits(*machine)
    (machine[1] / "otherlab").mkdir()
    restore_limits(*machine)
    assert values(machine[0]) == NEEDED


def test_higher_ones_stay(machine: tuple[Path, Path]) -> None:
    for name in NEEDED:
        (machine[0] / name).write_text("99999999")
    raise_limits(*machine)
    restore_limits(*machine)
    assert set(values(machine[0]).values()) == {99999999}


def test_a_missing_one_is_no_error(machine: tuple[Path, Path]) -> None:
    (machine[0] / "fs/inotify/max_user_instances").unlink()
    raise_limits(*machine)
    restore_limits(*machine)
    assert not (machine[0] / "fs/inotify/max_user_instances").exists()
