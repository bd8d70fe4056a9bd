"""Which slot starts, over several starts and verdicts; and that GRUB's own script decides the same.

``HNTT_REGEN=1`` writes what comes out; a person must be able to say for every line why it is right.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from hntt.image.target import slots

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/case.yml"))
GRUB = Path(slots.__file__).parent / "grub/disk.cfg"


def played(case: dict[str, Any]) -> str:
    variables = case.get("start", slots.first_variables())
    booted, lines = "", []
    for step in case["steps"]:
        verb, _, slot = step.partition(" ")
        if verb == "boot":
            before = variables
            booted, variables = slots.chosen(variables)
            lost = slots.fell_back(before, booted)
            note = f"starts {booted}" + (f", {lost} was lost" if lost else "")
        elif verb == "cut":
            note = "the power goes"
        else:
            change = {"good": slots.marked_good, "bad": slots.marked_bad, "trial": slots.marked_for_trial}[verb]
            variables = change(variables, slot or booted)
            note = ""
        shown = " ".join(f"{name}={variables[name]!r}" for name in sorted(variables)).replace("'", "")
        lines.append(f"{step:8} {note:22} {shown}".rstrip())
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_slots(case: Path) -> None:
    done = played(yaml.safe_load((case / "case.yml").read_text(encoding="utf-8")))
    expected = case / "expected.txt"
    if os.environ.get("HNTT_REGEN") == "1":
        expected.write_text(done, encoding="utf-8")
    assert done == expected.read_text(encoding="utf-8")


def test_grubs_script_decides_the_same() -> None:
    """GRUB's language is the shell's but for assignments, so its decision can be run by a shell."""
    text = GRUB.read_text(encoding="utf-8")
    decision = text[text.index('set fresh=""') : text.index('if [ "$slot" = "B" ]')]
    script = re.sub(r"\bset (\w+)=", r"\1=", decision)
    values = ("", "0", "1")
    asked, wanted = [], []
    for order, *flags in itertools.product(("A B", "B A", "", "B"), values, values, values, values):
        variables = {"ORDER": order, **dict(zip(("A_OK", "A_TRY", "B_OK", "B_TRY"), flags, strict=True))}
        asked.append(" ".join(f"{name}='{value}';" for name, value in variables.items()) + f"\n{script}\necho $slot\n")
        wanted.append(slots.chosen(variables)[0])
    done = subprocess.run(["sh"], input="".join(asked), capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.split() == wanted


def test_a_block_comes_back_as_it_was_written() -> None:
    variables = {**slots.first_variables(), "odd": r"back\slash = sign"}
    block = slots.encode(variables)
    assert len(block) == 1024
    assert slots.decode(block) == variables
    assert slots.decode(b"\0" * 1024) == {}


def test_writing_keeps_the_files_place(tmp_path: Path) -> None:
    path = tmp_path / "grubenv"
    slots.write(slots.first_variables(), path)
    place = path.stat().st_ino
    slots.write(slots.marked_for_trial(slots.read(path), "B"), path)
    assert (path.stat().st_ino, path.stat().st_size, slots.read(path)["ORDER"]) == (place, 1024, "B A")
