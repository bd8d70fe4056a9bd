"""Which slot GRUB boots: RAUC's variables in grubenv, changed by pure functions.

ORDER="A B"   the slots, the wanted one first
A_OK, B_OK    1 when the slot may be booted
A_TRY, B_TRY  1 when GRUB has started it and nobody has called it good since
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

GRUBENV = Path("/efi/EFI/debian/grubenv")
SLOTS = ("A", "B")
_SIZE = 1024
_HEADER = "# GRUB Environment Block\n"

Variables = dict[str, str]


def first_variables() -> Variables:
    """After an installation: A holds the image, B is empty."""
    return {"ORDER": "A B", "A_OK": "1", "A_TRY": "0", "B_OK": "0", "B_TRY": "0"}


def order(variables: Mapping[str, str]) -> list[str]:
    """The slots in the order of GRUB; one that ORDER does not name is tried last."""
    named = [name for name in variables.get("ORDER", "").split() if name in SLOTS]
    return list(dict.fromkeys([*named, *SLOTS]))


def chosen(variables: Mapping[str, str]) -> tuple[str, Variables]:
    """What GRUB does at a boot: the slot it starts and the variables it leaves behind.

    A slot that may be booted and was not tried comes first. When there is none, a tried one is better than a PC that
    does not start; a slot marked bad is started only when no other is left.
    """
    names = order(variables)
    ok = [name for name in names if variables.get(f"{name}_OK") == "1"]
    fresh = [name for name in ok if may_start(variables, name)]
    slot = (fresh or ok[::-1] or names)[0]
    return slot, {**variables, f"{slot}_TRY": "1"}


def marked_good(variables: Mapping[str, str], slot: str) -> Variables:
    """The slot has shown that it works: it stays first."""
    return {**variables, **_first(variables, slot), f"{slot}_OK": "1", f"{slot}_TRY": "0"}


def marked_bad(variables: Mapping[str, str], slot: str) -> Variables:
    """The slot is not booted again. The last one that may be booted is never taken away: then nothing changes."""
    other = _other(slot)
    if variables.get(f"{other}_OK") != "1":
        return dict(variables)
    return {**variables, **_first(variables, other), f"{slot}_OK": "0", f"{slot}_TRY": "0", f"{other}_TRY": "0"}


def marked_for_trial(variables: Mapping[str, str], slot: str) -> Variables:
    """The next boot tries the slot once; as RAUC does after an installation."""
    return {**variables, **_first(variables, slot), f"{slot}_OK": "1", f"{slot}_TRY": "0"}


def may_start(variables: Mapping[str, str], slot: str) -> bool:
    """Whether the slot may be booted and has not used up its try."""
    return variables.get(f"{slot}_OK") == "1" and variables.get(f"{slot}_TRY") != "1"


def primary(variables: Mapping[str, str]) -> str:
    """The slot that the next boot starts, without the try that it takes."""
    return chosen(variables)[0]


def state(slot: str, *, good: bool) -> Variables:
    """What says that a slot may be booted, or that it may not while it is being written."""
    return {f"{slot}_OK": "1" if good else "0", f"{slot}_TRY": "0"}


def fell_back(variables: Mapping[str, str], booted: str) -> str | None:
    """The slot that was to be booted and was not, because it had its try; None when the wanted one runs."""
    wanted = order(variables)[0]
    tried = variables.get(f"{wanted}_OK") == "1" and variables.get(f"{wanted}_TRY") == "1"
    return wanted if wanted != booted and tried else None


def _other(slot: str) -> str:
    return SLOTS[1 - SLOTS.index(slot)]


def _first(variables: Mapping[str, str], slot: str) -> Variables:
    return {"ORDER": " ".join([slot, *(name for name in order(variables) if name != slot)])}


def booted_slot(command_line: str) -> str | None:
    """The slot on the kernel's command line."""
    found = re.search(r"(?:^|\s)rauc\.slot=([AB])(?:\s|$)", command_line)
    return found.group(1) if found else None


def encode(variables: Mapping[str, str]) -> bytes:
    """An environment block of GRUB: 1024 bytes. ValueError when it does not fit or a value has several lines."""
    if any("\n" in value for value in variables.values()):
        raise ValueError("a value of several lines")
    text = _HEADER + "".join(
        f"{name}={value.replace(chr(92), chr(92) * 2)}\n" for name, value in sorted(variables.items())
    )
    block = text.encode()
    if len(block) > _SIZE:
        raise ValueError("too many variables")
    return block.ljust(_SIZE, b"#")


def decode(block: bytes) -> Variables:
    """The variables of an environment block; none when it is damaged, since a PC has to start with any."""
    text = block.decode(errors="replace")
    if not text.startswith(_HEADER):
        return {}
    lines = text[len(_HEADER) :].split("\n")
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    return {name: value.replace(chr(92) * 2, chr(92)) for name, value in pairs}


def read(path: Path = GRUBENV) -> Variables:
    """The variables on the disk; none when the block is missing or damaged."""
    try:
        return decode(path.read_bytes())
    except FileNotFoundError:
        return {}


def write(variables: Mapping[str, str], path: Path = GRUBENV) -> None:
    """Put the variables onto the disk. The block keeps its place, so a power cut leaves the old ones or the new ones.

    grub-editenv empties the file first, which a power cut can leave behind.
    """
    block = encode(variables)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(descriptor, block, 0)
        if os.fstat(descriptor).st_size != _SIZE:
            os.ftruncate(descriptor, _SIZE)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
