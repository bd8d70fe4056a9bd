"""The installer's screen: Vietnamese text on every console that the PC has, answers from whichever gets them."""

from __future__ import annotations

import os
import select
from collections.abc import Sequence
from pathlib import Path

CONSOLES = ("/dev/tty1", "/dev/ttyS0")
_CLEAR = "\033[2J\033[H"
_WIDTH = 76


class Screen:
    """Several consoles as one. A console that goes away is left out."""

    def __init__(self, consoles: Sequence[str] = CONSOLES) -> None:
        """Open those that are there."""
        self._open: dict[int, bytes] = {}
        self._shown: tuple[str, int] = ("", -1)
        for name in consoles:
            if name.startswith("/dev/ttyS") and not _has_uart(name):
                continue
            try:
                self._open[os.open(name, os.O_RDWR | os.O_NOCTTY)] = b""
            except OSError:
                continue

    def page(self, title: str, *paragraphs: str) -> None:
        """A fresh screen: a title and paragraphs."""
        body = "\n\n".join(wrapped(text) for text in paragraphs)
        self.write(f"{_CLEAR}{'=' * _WIDTH}\n  {title}\n{'=' * _WIDTH}\n\n{body}\n\n")

    def write(self, text: str) -> None:
        """Text as it is, to every console."""
        content = text.replace("\n", "\r\n").encode()
        for descriptor in list(self._open):
            try:
                os.write(descriptor, content)
            except OSError:
                del self._open[descriptor]

    def ask(self, question: str) -> str:
        """Ask for a line; what was typed, without blanks at its ends."""
        self.write(f"{question} ")
        for descriptor in self._open:
            self._open[descriptor] = b""
        while True:
            ready, _, _ = select.select(list(self._open), [], [], 60)
            for descriptor in ready:
                try:
                    self._open[descriptor] += os.read(descriptor, 256)
                except OSError:
                    del self._open[descriptor]
                    continue
                if b"\n" in self._open[descriptor]:
                    line = self._open[descriptor].split(b"\n")[0]
                    return line.decode(errors="replace").strip()

    def progress(self, label: str, done: int, total: int) -> None:
        """One line that counts up to 100 %."""
        percent = 100 if total <= 0 else min(100, done * 100 // total)
        if (label, percent) == self._shown:
            return
        self._shown = (label, percent)
        filled = percent * 30 // 100
        self.write(f"\r  {label:<34} [{'#' * filled}{'.' * (30 - filled)}] {percent:3d} %" + "\n" * (percent == 100))


def wrapped(text: str, width: int = _WIDTH) -> str:
    """The text in lines of at most ``width`` letters; lines that it has stay."""
    lines: list[str] = []
    for line in text.split("\n"):
        current = ""
        for word in line.split(" "):
            if current and len(current) + 1 + len(word) > width:
                lines.append(current)
                current = word
            else:
                current = f"{current} {word}" if current else (word or " ")
        lines.append(current.rstrip())
    return "\n".join(lines)


def _has_uart(name: str) -> bool:
    number = name.removeprefix("/dev/ttyS")
    try:
        return Path(f"/sys/class/tty/ttyS{number}/type").read_text().strip() != "0"
    except OSError:
        return False
