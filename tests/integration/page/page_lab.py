"""A district's MCU server, its video unit and two of its communes' PCs on one LAN, with real browsers in the PCs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mcu_lab import INTERFACE, McuLab

from hntt.intent.mcu.facts import rooms
from hntt.lab.browser import Browser
from hntt.lab.capability import capability
from hntt.lab.containers import pid_of
from hntt.lab.engine import Engine
from hntt.lab.shell import run

SERVER = "mcu-3.tinh"
CHAIR = "vcs.le-thuy"
AN_THUY, CAM_THUY = "pc.an-thuy.le-thuy", "pc.cam-thuy.le-thuy"


@dataclass(frozen=True)
class PageLab(McuLab):
    """The meetings' lab with one server."""

    @property
    def servers(self) -> list[str]:
        return [SERVER]

    def converge(self) -> None:
        done = self.ansible(Path(__file__).parents[1] / "meetings/converge.yml", "--limit", SERVER)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]

    @property
    def room(self) -> str:
        """The district's room."""
        found = rooms(self.source.register, self.source.network).values()
        return next(room.number for room in found if room.district == "le-thuy")

    def browser(self, host: str, colour: str, tone_hz: int, *, noisy: bool = False) -> Browser:
        """The browser of a commune's PC."""
        return self.clients.browser(host, SERVER, colour=colour, tone_hz=tone_hz, noisy=noisy)

    def on_server(self, *command: str) -> str:
        """What a command on the server prints."""
        pid = pid_of(SERVER, Engine(self.lab, capability()))
        return run(["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", *command]).stdout

    def asterisk(self, command: str) -> str:
        """What a command of Asterisk's own prints."""
        return self.on_server("asterisk", "-rx", command)

    def in_room(self, host: str) -> bool:
        """Whether an endpoint holds a place in the room, by the server's account."""
        extension = self.source.network.devices[host].extension
        return f"PJSIP/{extension}-" in self.asterisk(f"confbridge list {self.room}")

    @contextmanager
    def without_media(self, host: str) -> Iterator[None]:
        """No sound and no picture passes a host, as behind a firewall that has been set wrongly; all else does."""
        inside = ["ip", "netns", "exec", self.lab.namespace(host), "nft"]
        chain = "chain output {\ntype filter hook output priority 0; udp dport 10000-10999 drop;\n}"
        run([*inside, "-f", "-"], stdin=f"table inet hntt_deaf {{\n{chain}\n}}\n")
        try:
            yield
        finally:
            run([*inside, "delete", "table", "inet", "hntt_deaf"])

    @contextmanager
    def line_cut(self, host: str) -> Iterator[None]:
        """Nothing passes to and from a host, and nobody is told: its own carrier stays."""
        lines = self.lab.lines_namespace
        own = json.loads(run(["ip", "-n", self.lab.namespace(host), "-j", "link", "show", INTERFACE]).stdout)[0]
        ports = json.loads(run(["ip", "-n", lines, "-j", "link"]).stdout)
        port = next(item for item in ports if item["ifindex"] == own["link_index"])
        run(["ip", "-n", lines, "link", "set", port["ifname"], "nomaster"])
        try:
            yield
        finally:
            run(["ip", "-n", lines, "link", "set", port["ifname"], "master", port["master"]])
