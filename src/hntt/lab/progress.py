"""Telling the operator how far a long command is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_LINE_EVERY_SECONDS = 5.0


class Reporter:
    """Says nothing; what library callers get when they ask for no progress."""

    def say(self, text: str) -> None:
        """One line about something that happened."""

    def begin(self, title: str, total: int) -> None:
        """A phase of ``total`` steps begins, and with it the one before ends."""

    def advance(self) -> None:
        """One step of the phase is done; may be called from any thread."""

    def close(self) -> None:
        """The last phase ends."""


class PlainReporter(Reporter):
    """Lines for logs: at each phase's begin and end and every five seconds between."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()
        self._title, self._total, self._done = "", 0, 0
        self._printed_at = 0.0

    def say(self, text: str) -> None:
        """One line about something that happened."""
        print(text, file=self._stream, flush=True)

    def begin(self, title: str, total: int) -> None:
        """A phase of ``total`` steps begins."""
        self._title, self._total, self._done = title, total, 0
        self._printed_at = time.monotonic()
        self.say(f"{title}: 0/{total}")

    def advance(self) -> None:
        """One step of the phase is done."""
        with self._lock:
            self._done += 1
            due = time.monotonic() - self._printed_at >= _LINE_EVERY_SECONDS
            if due or self._done == self._total:
                self._printed_at = time.monotonic()
                self.say(f"{self._title}: {self._done}/{self._total}")


class BarReporter(Reporter):
    """Bars on a terminal, one per phase."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
        )
        self._task: TaskID | None = None
        self._progress.start()

    def say(self, text: str) -> None:
        """One line above the bars."""
        self._progress.console.print(text, markup=False, highlight=False)

    def begin(self, title: str, total: int) -> None:
        """A phase of ``total`` steps begins."""
        self._task = self._progress.add_task(title, total=total)

    def advance(self) -> None:
        """One step of the phase is done."""
        if self._task is not None:
            self._progress.advance(self._task)

    def close(self) -> None:
        """The last phase ends."""
        self._progress.stop()


def reporter_for(console: Console) -> Reporter:
    """The reporter that suits where the console writes to."""
    return BarReporter(console) if console.is_terminal else PlainReporter(console.file if console.stderr else None)
