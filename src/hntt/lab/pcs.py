"""How many communes' PCs a lab has: each of them is a whole system with a browser on its screen."""

from __future__ import annotations

import os
from dataclasses import replace

from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.lab.content import LabRequest

AUTO, ALL, NONE = "auto", "all", "none"
MB_PER_PC = 600
"""Memory that one PC takes, in MiB: 420 were measured in a meeting (its page's processes), the rest is its system's."""
PCS_PER_CORE = 4
"""How many PCs one core carries: each took 6 % of a core with an idle page and 13 % in a meeting, measured, and half of
the machine is the rest of the lab's."""
MB_KEPT = 4096
"""Memory left to the rest of the lab and to the machine, in MiB."""


def with_pcs(request: LabRequest, asked: str) -> LabRequest:
    """The request with as many PCs of each district as the operator asked for: ``auto``, ``all``, ``none`` or a number.

    ``auto`` shares what the machine can carry among the districts. UsageError for anything else.
    """
    if asked == AUTO:
        return replace(request, pcs_together=machine_room())
    return replace(request, pcs=_number(asked))


def machine_room() -> int:
    """How many PCs this machine can carry. The same at any time, or a second ``hntt lab up`` would take PCs away."""
    return pcs_at_most((os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) >> 20, os.cpu_count() or 1)


def pcs_at_most(memory_mb: int, cores: int) -> int:
    """How many PCs a machine of so much memory and so many cores can carry beside the rest of a lab."""
    return max(0, min((memory_mb - MB_KEPT) // MB_PER_PC, cores * PCS_PER_CORE))


def _number(asked: str) -> int | None:
    if asked == ALL:
        return None
    if asked == NONE:
        return 0
    if asked.isascii() and asked.isdigit():
        return int(asked)
    raise UsageError(
        tr(
            vi=f"--pcs {asked}: chỉ nhận auto, all, none hoặc một số",
            en=f"--pcs {asked}: takes auto, all, none or a number",
        )
    )
