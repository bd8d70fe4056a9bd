"""Keeps a slot that works, and leaves one that does not.

An image is on trial in a slot until it has been healthy there once. Every later boot of it is called good at once:
a camera that is unplugged months later is no reason to change the slot.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import reports, slots
from .first_boot import own_reports, version

CHECK = ("hntt-pc", "check")
DEADLINE_S = 600
LOOK_S = 15
LATE_LOOK_S = 60  # nothing else can be started, and somebody has to converge the PC: that may be tomorrow
GOOD = "data/hntt/good.json"
DONE = Path("/run/hntt/trial-done")  # without it hntt-trial-end restarts the PC


@dataclass(frozen=True)
class Verdict:
    """What is done with the running slot: variables to write, a stage to report, whether to restart."""

    variables: slots.Variables
    stage: str | None = None
    restart: bool = False
    good: bool = False


def judge(variables: Mapping[str, str], booted: str, *, settled: bool, healthy: bool, late: bool) -> Verdict | None:
    """The verdict on the running slot; None while there is still time: with no other slot to start, for ever."""
    lost = slots.fell_back(variables, booted)
    if settled or healthy:
        kept = slots.marked_good(variables, booted)
        if lost is not None:
            return Verdict(slots.marked_bad(kept, lost), "fell_back", good=True)
        return Verdict(kept, None if settled else "healthy", good=True)
    left = slots.marked_bad(variables, booted)
    if not late or left == dict(variables):
        return None
    return Verdict(left, "failed", restart=True)


def main(root: Path = Path("/")) -> int:
    """Watch the running slot until it is kept or left."""
    booted = slots.booted_slot(Path("/proc/cmdline").read_text())
    if booted is None:
        print("hntt-trial: not started from a slot", file=sys.stderr)
        return 0
    running = version(root)
    settled = _settled(root).get(booted) == running
    deadline = float(os.environ.get("HNTT_TRIAL_DEADLINE_S", DEADLINE_S))
    end = time.monotonic() + deadline
    while True:
        healthy = not settled and _healthy()
        verdict = judge(slots.read(), booted, settled=settled, healthy=healthy, late=time.monotonic() >= end)
        if verdict is not None:
            break
        if time.monotonic() >= end:
            _judged()
        time.sleep(LATE_LOOK_S if time.monotonic() >= end else min(LOOK_S, deadline / 4))
    if verdict.stage:
        _report(root, running, booted, verdict.stage)  # first: said twice after a power cut is better than never
    if verdict.good:
        reports.write_whole(root / GOOD, json.dumps({**_settled(root), booted: running}).encode(), 0o644)
    slots.write(verdict.variables)
    _judged()
    print(f"hntt-trial: slot {booted} {running}: {'good' if verdict.good else 'bad'}", flush=True)
    if verdict.restart:
        subprocess.run(["systemctl", "--no-block", "reboot"], check=False)
    return 0


def _judged() -> None:
    DONE.parent.mkdir(parents=True, exist_ok=True)
    DONE.touch()


def _settled(root: Path) -> dict[str, str]:
    try:
        return dict(json.loads((root / GOOD).read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def _healthy(run: Callable[..., subprocess.CompletedProcess[bytes]] = subprocess.run) -> bool:
    try:
        return run(CHECK, capture_output=True, timeout=120).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _report(root: Path, running: str, booted: str, stage: str) -> None:
    texts = {
        "healthy": (f"Bản {running} chạy tốt (khe {booted})", f"version {running} is healthy in slot {booted}"),
        "fell_back": (f"Bản mới không chạy được; máy đã quay về bản {running}", f"fell back to {running}"),
        "failed": (f"Bản {running} không đạt kiểm tra (khe {booted})", f"version {running} is not healthy"),
    }
    try:
        vi, en = texts[stage]
        own_reports(root).add(stage, {"code": f"KHE-{booted}", "vi": vi, "en": en})
    except Exception as error:  # a report must not keep a PC in a bad slot
        print(f"hntt-trial: no report: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
