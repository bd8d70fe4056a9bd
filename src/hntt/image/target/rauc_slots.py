"""RAUC's questions and wishes about the slots, answered out of grubenv: its custom boot loader backend.

RAUC's own backend lets grub-editenv empty the file before it writes, and a power cut then leaves no choice of a slot.
Here the block keeps its place.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from . import slots


def main(arguments: Sequence[str], grubenv: Path = slots.GRUBENV, command_line: Path = Path("/proc/cmdline")) -> int:
    """``get-primary``, ``get-current``, ``get-state SLOT``, ``set-primary SLOT``, ``set-state SLOT good|bad``.

    Answers go to standard output. Exit code 2 for anything else.
    """
    variables, booted = slots.read(grubenv), slots.booted_slot(command_line.read_text())
    match list(arguments):
        case ["get-primary"]:
            print(slots.primary(variables))
        case ["get-current"] if booted is not None:
            print(booted)
        case ["get-state", ("A" | "B") as slot]:
            print("good" if slots.may_start(variables, slot) else "bad")
        case ["set-primary", ("A" | "B") as slot]:
            slots.write(slots.marked_for_trial(_with_running(variables, booted), slot), grubenv)
        case ["set-state", ("A" | "B") as slot, ("good" | "bad") as state]:
            slots.write({**_with_running(variables, booted), **slots.state(slot, good=state == "good")}, grubenv)
        case _:
            print(f"hntt-rauc-slots: {' '.join(arguments)}?", file=sys.stderr)
            return 2
    return 0


def _with_running(variables: slots.Variables, booted: str | None) -> slots.Variables:
    """A block that was damaged says nothing of the slot that runs; it can be started, as one sees."""
    return variables if booted is None else {f"{booted}_OK": "1", **variables}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
