"""RAUC's boot loader backend: what it is asked for and what GRUB then reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hntt.image.target import slots
from hntt.image.target.rauc_slots import main

A_RUNS = {"ORDER": "A B", "A_OK": "1", "A_TRY": "0", "B_OK": "0", "B_TRY": "0"}


class Pc:
    """A PC that was started from a slot."""

    def __init__(self, folder: Path) -> None:
        self.grubenv, self.command_line = folder / "grubenv", folder / "cmdline"
        self.started("A")
        slots.write(A_RUNS, self.grubenv)

    def started(self, slot: str) -> None:
        self.command_line.write_text(f"quiet rauc.slot={slot} panic=30\n")

    def __call__(self, *arguments: str) -> int:
        return main(arguments, self.grubenv, self.command_line)

    @property
    def next(self) -> str:
        return slots.chosen(slots.read(self.grubenv))[0]


@pytest.fixture
def pc(tmp_path: Path) -> Pc:
    return Pc(tmp_path)


def test_an_update_from_its_beginning_to_its_trial(pc: Pc) -> None:
    assert pc("set-state", "B", "bad") == 0
    assert pc.next == "A"
    assert pc("set-primary", "B") == 0
    assert pc.next == "B"
    assert slots.read(pc.grubenv) == {"ORDER": "B A", "A_OK": "1", "A_TRY": "0", "B_OK": "1", "B_TRY": "0"}


def test_what_rauc_asks(pc: Pc, capsys: pytest.CaptureFixture[str]) -> None:
    for question in (["get-primary"], ["get-current"], ["get-state", "A"], ["get-state", "B"]):
        assert pc(*question) == 0
    assert capsys.readouterr().out.split() == ["A", "A", "good", "bad"]
    slots.write(slots.chosen(slots.read(pc.grubenv))[1], pc.grubenv)
    pc("get-state", "A")
    assert capsys.readouterr().out == "bad\n"  # it has its try, and nobody has called it good yet


@pytest.mark.parametrize("words", [[], ["get-state"], ["get-state", "C"], ["set-state", "A", "fine"], ["set-primary"]])
def test_anything_else_changes_nothing(pc: Pc, words: list[str]) -> None:
    assert pc(*words) == 2
    assert slots.read(pc.grubenv) == A_RUNS


def test_the_block_is_never_emptied(pc: Pc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "ftruncate", lambda *_: pytest.fail("the block was truncated"))
    before = pc.grubenv.stat().st_ino
    pc("set-state", "B", "bad")
    pc("set-primary", "B")
    assert (pc.grubenv.stat().st_ino, pc.grubenv.stat().st_size) == (before, 1024)


def test_after_a_damaged_block_an_update_can_still_be_left(pc: Pc) -> None:
    pc.started("B")
    pc.grubenv.write_bytes(b"")
    pc("set-state", "A", "bad")
    assert pc.next == "B"
    pc("set-primary", "A")
    tried = slots.chosen(slots.read(pc.grubenv))[1]
    assert slots.chosen(tried)[0] == "B"
    assert slots.chosen(slots.marked_bad(tried, "A"))[0] == "B"
