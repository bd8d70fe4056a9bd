"""Reports of the stages, queued as files until somebody with a line sends them.

A report in the queue has no ``auth``: whoever sends it signs it with the key of that moment.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

QUEUE = Path("/data/hntt/reports")
MOST = 500
_RUN = "run.json"


class Queue:
    """The reports of one run (an installation, an update), numbered from 0."""

    def __init__(self, host: str, version: str, folder: Path | None = None) -> None:
        """Begin a run, kept in memory until there is a folder. With one, the run of its last report goes on."""
        self.host, self.version, self.folder = host, version, folder
        self.run, self.next = secrets.token_hex(8), 0
        self._place = 0  # among all reports that this PC has ever queued
        self._waiting: list[dict[str, Any]] = []
        if folder is not None:
            self._resume(folder)

    def _resume(self, folder: Path) -> None:
        try:
            last = json.loads((folder / _RUN).read_text())
            self.run, self.next, self._place = str(last["run"]), int(last["next"]), int(last["place"])
        except (OSError, ValueError, KeyError, TypeError):
            # The first report of this folder, or its file is damaged: what waits there is older all the same.
            self._place = max((int(path.name.split("-")[0]) + 1 for path in pending(folder)), default=0)

    def add(self, stage: str, detail: dict[str, str] | None = None) -> None:
        """Queue a report of now."""
        report: dict[str, Any] = {
            "host": self.host,
            "run": self.run,
            "seq": self.next,
            "stage": stage,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "version": self.version,
        }
        if detail is not None:
            report["detail"] = {name: text[:500] for name, text in detail.items()}
        self.next += 1
        self._waiting.append(report)
        if self.folder is not None:
            self.keep(self.folder)

    def keep(self, folder: Path) -> None:
        """Write what waits into the queue's folder, and everything that follows."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        while self._waiting:
            report, place = self._waiting[0], self._place
            self._place += 1
            # First: after a power cut a number may be missing, but none is given twice.
            counted = {"run": self.run, "next": report["seq"] + 1, "place": self._place}
            write_whole(folder / _RUN, json.dumps(counted).encode())
            name = f"{place:010d}-{report['run']}-{report['seq']:06d}.report.json"
            write_whole(folder / name, json.dumps(report, ensure_ascii=False).encode())
            self._waiting.pop(0)
        for old in pending(folder)[:-MOST]:
            old.unlink(missing_ok=True)


def pending(folder: Path = QUEUE) -> list[Path]:
    """The queued reports, oldest first. Delete a file when the centre has it."""
    return sorted(folder.glob("*.report.json"))


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write beside ``path``, flush and swap in: after a power cut there is the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.new")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as handle:
        os.fchmod(handle.fileno(), mode)
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    scratch.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
