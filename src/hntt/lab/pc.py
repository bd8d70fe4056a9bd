"""A commune's own PC in the lab, looked at from outside: by the server of its room, and by what is on its screen."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hntt.lab.engine import Engine
from hntt.lab.picture import Picture, nearest
from hntt.lab.waiting import until

KIOSK = "hntt-kiosk.service"
PICTURE_AT = (0.34, 0.5)
"""Where the room's picture is on the page, across and down."""
_POLL_S = 2.0
_COMMAND_S = 30
SCREENSHOT = "grim -t png -"


def as_kiosk(command: str, display: str = "wayland-0") -> str:
    """The shell's words for a command of root's with the screen and the rights of the page's user."""
    return (
        "setpriv --reuid kiosk --regid kiosk --init-groups env HOME=/run/hntt-kiosk "
        f"XDG_RUNTIME_DIR=/run/user/$(id -u kiosk) WAYLAND_DISPLAY={display} {command}"
    )


class LabPc:
    """One PC. ``server`` has the room; ``extension`` is the PC's own number."""

    def __init__(self, engine: Engine, host: str, extension: str, server: str) -> None:
        self.host, self.extension = host, extension
        self._engine, self._server = engine, server

    def in_room(self, room: str, timeout_s: float = 0) -> bool:
        """Whether its server has it in that room, waiting so long for it."""
        return until(lambda: self.extension in self._members(room), timeout_s, _POLL_S)

    def out_of_room(self, room: str, timeout_s: float = 0) -> bool:
        """Whether its server has it there no more, waiting so long for that."""
        return until(lambda: self.extension not in self._members(room), timeout_s, _POLL_S)

    def shows(self, colour: str, timeout_s: float = 0) -> bool:
        """Whether the room's picture on its screen has that colour, waiting so long for it."""
        return until(lambda: self._colour() == colour, timeout_s, _POLL_S)

    def screenshot(self, path: Path) -> None:
        """Write what is on its screen as a PNG file; an empty one while there is no screen."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.screen())

    def screen(self) -> bytes:
        """What is on its screen as PNG; nothing while there is none."""
        return self._run(self.host, "sh", "-c", as_kiosk(SCREENSHOT))

    def leave_place(self, room: str, timeout_s: float) -> bool:
        """Close its page, so that somebody else can use its number; whether the room has lost it, waiting so long."""
        self._run(self.host, "systemctl", "stop", KIOSK)
        return self.out_of_room(room, timeout_s)

    def take_place(self) -> None:
        """Open its page again."""
        self._run(self.host, "systemctl", "start", KIOSK)

    def _colour(self) -> str:
        try:
            return nearest(Picture(self.screen()).at(*PICTURE_AT))
        except ValueError:
            return ""

    def _members(self, room: str) -> set[str]:
        listed = self._run(self._server, "asterisk", "-rx", f"confbridge list {room}").decode(errors="replace")
        channels = [line.split()[0] for line in listed.splitlines() if line.startswith("PJSIP/")]
        return {channel.removeprefix("PJSIP/").rpartition("-")[0] for channel in channels}

    def _run(self, host: str, *command: str) -> bytes:
        words = self._engine.exec_command(self._engine.lab.container(host), list(command))
        return subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_S, check=False
        ).stdout
