"""Kernel limits that many hosts on one machine would run into: raised while a lab is up, put back after the last.

Each systemd holds a handful of inotify instances and all containers' root users count as one; the kernel's default
of 128 instances is spent by some twenty hosts, whose units then fail at random. The neighbour table is one for all
network namespaces, and its default of 1024 entries is less than the province's lines need.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from hntt.lab.names import RUNTIME_ROOT

NEEDED: Mapping[str, int] = {
    "fs/inotify/max_user_instances": 16384,
    "fs/inotify/max_user_watches": 524288,
    "net/ipv4/neigh/default/gc_thresh1": 2048,
    "net/ipv4/neigh/default/gc_thresh2": 8192,
    "net/ipv4/neigh/default/gc_thresh3": 16384,
}
_SETTINGS = Path("/proc/sys")
_RECORD = "limits.json"


def raise_limits(settings: Path = _SETTINGS, runtime: Path = RUNTIME_ROOT) -> None:
    """Raise the limits that are lower than needed, and record what they were.

    A limit that this machine does not have or does not let be changed is left as it is: a small lab runs anyway.
    """
    runtime.mkdir(parents=True, exist_ok=True)
    before = _recorded(runtime)
    for name, needed in NEEDED.items():
        with contextlib.suppress(OSError):
            present = int((settings / name).read_text())
            if present < needed:
                before.setdefault(name, present)
                # Recorded first: a crash in between must not lose what it was.
                (runtime / _RECORD).write_text(json.dumps(before))
                (settings / name).write_text(str(needed))


def restore_limits(settings: Path = _SETTINGS, runtime: Path = RUNTIME_ROOT) -> None:
    """Put the limits back to what they were, unless another lab is still up."""
    if not (runtime / _RECORD).exists() or any(entry.name != _RECORD for entry in runtime.iterdir()):
        return
    for name, value in _recorded(runtime).items():
        with contextlib.suppress(OSError):
            (settings / name).write_text(str(value))
    (runtime / _RECORD).unlink()


def _recorded(runtime: Path) -> dict[str, int]:
    try:
        recorded: dict[str, int] = json.loads((runtime / _RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return recorded
