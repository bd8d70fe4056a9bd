"""An update on the PC: tried again where that can help, told to the centre where it can't, no restart in a meeting."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from signing_pair import Pair

from hntt.image.target import update

URL = "http://10.0.0.1:8080/images/2026.12.1.1/root.raucb"
BROKEN = "LastError: Failed mounting bundle: Failed to load dm table: Argument list too long\nidle\n"
REFUSED = "LastError: Bundle version is lower than the minimum: Version mismatch\n"


class Pc:
    """Programs that answer as told; what was run, and how long was waited."""

    def __init__(self, root: Path, installs: list[str], idle: list[int]) -> None:
        (root / "usr/lib/hntt").mkdir(parents=True)
        (root / "usr/lib/hntt/image.json").write_text('{"version": "2026.11.28.1"}')
        Pair(root / "usr/lib/hntt").signed(root / "data/hntt/identity/seed.json", {"host": "pc.a.b", "files": []})
        self.root, self.installs, self.idle = root, iter(installs), iter(idle)
        self.ran: list[str] = []
        self.waited: list[float] = []

    def run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        self.ran.append(" ".join(words))
        if words[0] == "rauc":
            said = next(self.installs)
            return subprocess.CompletedProcess(words, 1 if said else 0, said or "succeeded\n")
        return subprocess.CompletedProcess(words, next(self.idle) if words[0] == "hntt-pc" else 0, "")

    def updated(self) -> int:
        return update.main([URL], self.root, self.run, self.waited.append)

    def told(self) -> list[tuple[str, str]]:
        queued = sorted((self.root / "data/hntt/reports").glob("*.json"))
        reports = [json.loads(path.read_text()) for path in queued]
        return [(report["stage"], report["detail"]["en"]) for report in reports if "stage" in report]


def test_it_is_written_and_started_after_the_meeting(tmp_path: Path) -> None:
    pc = Pc(tmp_path, [""], [1, 1, 0])
    assert pc.updated() == 0
    assert pc.ran == [f"rauc install {URL}", *["hntt-pc idle"] * 3, "systemctl reboot"]
    assert pc.waited == [60, 60]
    assert pc.told() == []


def test_a_line_that_broke_is_tried_again(tmp_path: Path) -> None:
    pc = Pc(tmp_path, [BROKEN, BROKEN, ""], [0])
    assert pc.updated() == 0
    assert pc.waited == [60, 120]
    assert pc.ran[-1] == "systemctl reboot"


@pytest.mark.parametrize(
    ("installs", "tries", "why"),
    [
        ([BROKEN] * 6, 6, "Failed mounting bundle: Failed to load dm table: Argument list too long"),
        ([REFUSED], 1, "Bundle version is lower than the minimum: Version mismatch"),
    ],
)
def test_who_gives_up_tells_the_centre_and_does_not_restart(
    tmp_path: Path, installs: list[str], tries: int, why: str
) -> None:
    pc = Pc(tmp_path, installs, [])
    assert pc.updated() == 1
    assert pc.ran == [f"rauc install {URL}"] * tries
    assert pc.told() == [("failed", f"the update was not written: {why}")]


def test_the_journal_has_its_lines_as_they_come(tmp_path: Path) -> None:
    """A slow line takes an hour, and whoever looks wants to see how far it is."""
    (tmp_path / "rauc").write_text("#!/bin/sh\necho '40% Updating slots'\nsleep 5\ntouch ended\n")
    (tmp_path / "rauc").chmod(0o755)
    begun = subprocess.Popen(
        [sys.executable, "-s", "-B", "-m", "hntt.image.target.update", URL],
        stdout=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}, start_new_session=True,
    )  # fmt: skip
    try:
        assert begun.stdout is not None
        assert begun.stdout.readline() == "40% Updating slots\n"
        assert not (tmp_path / "ended").exists()
    finally:
        os.killpg(begun.pid, signal.SIGKILL)
        begun.wait()
