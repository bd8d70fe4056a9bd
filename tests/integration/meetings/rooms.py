"""What the rooms of the lab look like, asked as the operator's computer asks; and what is done to the servers."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mcu_lab import PROJECT, McuLab

from hntt.lab.sip_client import SipClient
from hntt.meetings.cli import LiveMeetings, live_meetings
from hntt.meetings.live import ServerView
from hntt.meetings.status import status_lines, status_of

ENDPOINTS = (
    "vcs.tinh",
    "vcs.le-thuy",
    "vcs.dong-hoi",
    "pc.an-thuy.le-thuy",
    "pc.phong-thuy.le-thuy",
)
COLOURS = ("red", "blue", "yellow", "magenta", "cyan")
TONES_HZ = (400, 900, 1300, 1700, 2100)
Join = Callable[..., SipClient]

PLAYBOOK = PROJECT / "playbooks/meeting.yml"
_POLL_S = 0.5
_TABLE = "hntt_test_cut"


class Rooms:
    """The rooms of one lab."""

    def __init__(self, mcus: McuLab) -> None:
        self.mcus = mcus

    def play(self, state: str, kind: str, *words: str, district: str = "") -> subprocess.CompletedProcess[str]:
        """Run playbooks/meeting.yml."""
        extra = ["-e", f"kind={kind}", "-e", f"state={state}", *(["-e", f"district={district}"] if district else [])]
        return self.mcus.ansible(PLAYBOOK, *extra, *words)

    def open(self, kind: str, *words: str, district: str = "") -> str:
        """Open a meeting with the playbook; what it printed."""
        done = self.play("open", kind, *words, district=district)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def close(self, kind: str, district: str = "") -> str:
        """Close a meeting with the playbook; what it printed."""
        done = self.play("closed", kind, district=district)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def close_all(self) -> None:
        """Whatever is open, and whoever is in a room."""
        for server, view in self.look().views.items():
            assert isinstance(view, ServerView), view
            for room in view.meetings.keys() | view.gates | view.rooms.keys():
                self.on(server, f"sudo hntt-meetings close {room}")
        self.until(self._are_empty, 30, "everybody has left")

    def _are_empty(self) -> bool:
        views = self.look().views.values()
        return not any(isinstance(view, ServerView) and (view.rooms or view.meetings) for view in views)

    def look(self) -> LiveMeetings:
        """What all servers say now."""
        return live_meetings(self.mcus.inventory)

    def view(self, server: str) -> ServerView:
        """What one server says now."""
        found = self.look().views[server]
        assert isinstance(found, ServerView), found
        return found

    def text(self) -> str:
        """The words of ``hntt meeting status``."""
        seen = self.look()
        return "\n".join(status_lines(status_of(seen.layout, seen.views), seen.zone))

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``hntt meeting …`` as a person would."""
        program = Path(sys.executable).with_name("hntt")
        return subprocess.run(
            [program, "meeting", *words, "-i", self.mcus.inventory, "--lang", "en"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def record(self) -> dict[str, Any]:
        """``hntt meeting status --format json``."""
        found: dict[str, Any] = json.loads(self.command("status", "--format", "json").stdout)
        return found

    def legs(self) -> dict[tuple[str, str], int]:
        """How often each district is joined, at either end: (server, district) to number."""
        found: dict[tuple[str, str], int] = {}
        for server, view in self.look().views.items():
            for members in view.rooms.values() if isinstance(view, ServerView) else ():
                for member in members:
                    if member.district is not None:
                        found[server, member.district] = found.get((server, member.district), 0) + 1
        return found

    def is_joined(self, district: str, server: str) -> bool:
        """Whether the district's leg is up, once, at both ends."""
        legs = self.legs()
        return legs.get((server, district)) == 1 and legs.get(("mcu-1.tinh", district)) == 1

    def until(self, true: Callable[[], bool], seconds: float, what: str = "") -> float:
        """Wait until it is true; the seconds it took."""
        began = time.monotonic()
        while not true():
            assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}\n{self.text()}"
            time.sleep(_POLL_S)
        return time.monotonic() - began

    def on(self, server: str, command: str) -> str:
        """Run a command on a server."""
        done = subprocess.run(
            ["ssh", "-F", self.mcus.lab.ssh_config, server, command],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    def cut(self, one: str, other: str) -> None:
        """Let nothing pass between two servers, in either direction; nobody is told."""
        far = self.mcus.address(other)
        rules = (
            f"table ip {_TABLE} {{\n"
            f"chain arriving {{ type filter hook prerouting priority -400; ip saddr {far} drop; }}\n"
            f"chain leaving {{ type filter hook output priority -400; ip daddr {far} drop; }}\n}}\n"
        )
        said = self.on(one, f"printf %s {shlex.quote(rules)} | sudo nft -f -")
        assert not said, said

    def mend(self, one: str) -> None:
        """Let everything pass again."""
        said = self.on(one, f"sudo nft delete table ip {_TABLE}")
        assert not said, said


class MostLegs:
    """Looks again and again while it is entered, and remembers the most legs one district had at one end."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.most = 0
        self.looks = 0

    def __enter__(self) -> MostLegs:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=60)

    def _watch(self) -> None:
        while not self._over.is_set():
            self.most = max([self.most, *self._rooms.legs().values()])
            self.looks += 1
            time.sleep(_POLL_S)
