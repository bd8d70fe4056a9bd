"""What the scenario's tests share: the PC's screen as a picture, its keyboard, and what its server knows of it."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import yaml
from testinfra_hosts import host, state_dir

from hntt.intent.secrets import SecretValues
from hntt.lab import pc as lab_pc
from hntt.lab.picture import Picture

PC, SERVER, OTHER_SERVER = "pc.an-thuy.le-thuy", "mcu-3.tinh", "mcu-1.tinh"
SERVER_NAME = f"{SERVER}.hntt.quangbinh.example"
NUMBER, ROOM = "404552", "2007"
HEADER, BODY, FAKE_CAMERA = (20, 39, 57), (11, 23, 34), (0, 139, 0)
"""Colours of the room's page at the places of ``shows_the_room``, and of the picture that Chromium makes itself."""
SECONDS = 60


@cache
def pc() -> Any:
    """The PC over SSH."""
    return host(PC)


@cache
def secrets() -> SecretValues:
    """The scenario's secrets."""
    return SecretValues(yaml.safe_load((state_dir() / "secrets.yml").read_text(encoding="utf-8")))


def as_kiosk(command: str, display: str = "wayland-0") -> Any:
    """A command with the screen and the rights of the page's user."""
    return pc().run(lab_pc.as_kiosk(command, display))


def screen(display: str = "wayland-0") -> bytes:
    """What a person in the room sees, as PNG; nothing while there is no screen."""
    return base64.b64decode(as_kiosk(f"{lab_pc.SCREENSHOT} | base64 -w0", display).stdout)


def shows_the_room() -> bool:
    """Whether the room's page is on the screen, its own picture in the corner."""
    shot = screen()
    if not shot:
        return False
    picture = Picture(shot)
    seen = (picture.at(0.5, 0.04), picture.at(0.5, 0.2), picture.at(0.82, 0.6))
    return all(_near(a, b) for a, b in zip(seen, (HEADER, BODY, FAKE_CAMERA), strict=True))


def registered() -> list[str]:
    """The contacts that the room's server has of this PC."""
    said = host(SERVER).check_output("asterisk -rx 'pjsip show contacts'")
    return re.findall(rf"Contact:\s+{NUMBER}/(\S+)", said)


def browser() -> int:
    """The process that is the browser; 0 while there is none."""
    found = pc().run("pgrep -u kiosk -o -f '^/usr/lib/chromium/chromium .*--kiosk'").stdout.split()
    return int(found[0]) if found else 0


def until(holds: Callable[[], object], what: str, seconds: float = SECONDS) -> float:
    """Wait until something holds; how many seconds that took."""
    begin = time.monotonic()
    while not holds():
        assert time.monotonic() - begin < seconds, f"{what}: not after {seconds} s"
        time.sleep(0.5)
    return time.monotonic() - begin


def _near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= 12
