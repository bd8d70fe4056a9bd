"""Writes an update into the idle slot and starts it: ``python3 -m target.update URL``. Standard library only.

A line that breaks, or a device that is not ready at once, is tried again; what RAUC refuses is not. Either way the
centre hears how it ended, so nobody waits for a PC that has given up.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .first_boot import own_reports

PAUSES_S = (60, 120, 240, 480, 960)
REFUSED = re.compile(r"signature|mismatch|compatible", re.IGNORECASE)
"""In RAUC's words: not signed by us, older, or not for these PCs. Asking again would not change it."""
MEETING_S = 60
Run = Callable[[list[str]], "subprocess.CompletedProcess[str]"]


def main(
    arguments: list[str], root: Path = Path("/"), run: Run | None = None, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Write, wait for the end of a meeting, restart; the exit code."""
    (url,) = arguments
    run = run or _run
    for pause in (*PAUSES_S, None):
        done = run(["rauc", "install", url])
        if done.returncode == 0:
            break
        if pause is None or REFUSED.search(done.stdout):
            _report(root, _why(done.stdout))
            return 1
        sleep(pause)
    # The download takes long: a meeting may have begun meanwhile, and nobody's picture goes for a restart.
    while run(["hntt-pc", "idle"]).returncode != 0:
        sleep(MEETING_S)
    return run(["systemctl", "reboot"]).returncode


def _run(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program whose lines are in the journal as they come: the operator looks there while it writes."""
    said = []
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            said.append(line)
    return subprocess.CompletedProcess(words, process.returncode, "".join(said))


def _why(said: str) -> str:
    """RAUC's own last word."""
    errors = [line.partition("LastError: ")[2] for line in said.splitlines() if "LastError: " in line]
    return (errors or said.splitlines() or ["?"])[-1].strip()


def _report(root: Path, why: str) -> None:
    own_reports(root).add(
        "failed", {"code": "GHI", "vi": f"Không ghi được bản mới: {why}", "en": f"the update was not written: {why}"}
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
