"""What a PC's programs ask of the system below them, in one place so that tests can stand in for it."""

from __future__ import annotations

import pwd
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_WAIT_S = 30
CAPTURE = "Video Capture"


@dataclass(frozen=True)
class Ran:
    """A program's exit code and output."""

    code: int
    text: str


class System:
    """The PC as it is."""

    def run(self, *words: str) -> Ran:
        """Run a program; one that is not there or hangs has failed, its text says so."""
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=_WAIT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return Ran(127, str(error))
        return Ran(done.returncode, (done.stdout + (done.stderr if done.returncode else "")).strip())

    def uid(self, user: str) -> int:
        """The number of a user; KeyError for nobody."""
        return pwd.getpwnam(user).pw_uid

    def is_active(self, unit: str) -> bool:
        """Whether a unit runs."""
        return self.run("systemctl", "is-active", "--quiet", unit).code == 0

    def connections(self, uid: int, port: int) -> int:
        """How many TCP connections a user has to somebody's ``port``."""
        rows = self._sockets("state", "established", "dport", "=", f":{port}", kind="t")
        return sum(f"uid:{uid}" in row.split() for row in rows)

    def media_ports(self, first: int, last: int) -> int:
        """How many UDP ports from ``first`` to ``last`` are in use: a call has some, and nothing else has."""
        places = [row.split()[3].rpartition(":")[2] for row in self._sockets("-a", kind="u") if len(row.split()) > 3]
        return sum(place.isdigit() and first <= int(place) <= last for place in places)

    def cameras(self) -> Iterator[str]:
        """The devices that pictures can be taken from. None of them is opened for pictures: it may be in a call."""
        for device in sorted(Path("/dev").glob("video*")):
            told = self.run("v4l2-ctl", "--info", "--device", str(device)).text
            if CAPTURE in told.partition("Device Caps")[2]:
                yield str(device)

    def _sockets(self, *what: str, kind: str) -> Sequence[str]:
        return self.run("ss", f"-Hn{kind}e", *what).text.splitlines()
