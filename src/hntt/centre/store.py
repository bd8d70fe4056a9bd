"""The reports as the centre keeps them: a file of JSON lines per PC, each report once. Standard library only."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hntt.centre.files import append_line, write_whole
from hntt.centre.refusal import disk_full

MOST_BYTES = 1 << 20
"""A PC's file that has grown beyond this is cut to its newer half."""


class ReportStore:
    """One folder. One process writes; any may read at any time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._seen: dict[str, set[tuple[str, int]]] = {}

    def add(self, report: dict[str, Any], received: datetime) -> bool:
        """Keep a report; False when it is here already. RefusalError (503), and nothing kept, when it can't be."""
        host, key = report["host"], (report["run"], report["seq"])
        kept = {name: value for name, value in report.items() if name != "auth"}
        line = json.dumps({**kept, "received": received.isoformat()}, ensure_ascii=False, separators=(",", ":"))
        with self._lock:
            seen = self._seen_of(host)
            if key in seen:
                return False
            path = self._path(host)
            try:
                append_line(path, line.encode())
                seen.add(key)
                if path.stat().st_size > MOST_BYTES:
                    self._shorten(host)
            except OSError as error:
                raise disk_full() from error
        return True

    def read(self, since: datetime | None = None) -> dict[str, list[dict[str, Any]]]:
        """All reports by host, as they came in; with ``since`` those received later."""
        found = {path.stem: list(_reports(path)) for path in sorted(self._folder.glob("*.jsonl"))}
        if since is None:
            return found
        later = {host: [item for item in items if _received(item) > since] for host, items in found.items()}
        return {host: items for host, items in later.items() if items}

    def _path(self, host: str) -> Path:
        return self._folder / f"{host}.jsonl"

    def _seen_of(self, host: str) -> set[tuple[str, int]]:
        if host not in self._seen:
            self._seen[host] = {(item["run"], item["seq"]) for item in _reports(self._path(host))}
        return self._seen[host]

    def _shorten(self, host: str) -> None:
        lines = self._path(host).read_bytes().splitlines(keepends=True)
        write_whole(self._path(host), b"".join(lines[len(lines) // 2 :]))


def _reports(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            item = json.loads(line)
            if isinstance(item, dict) and isinstance(item["run"], str) and isinstance(item["seq"], int):
                yield item
        except (ValueError, KeyError):
            continue  # the end of a line that a power cut has taken away


def _received(item: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(item.get("received", datetime.min.replace(tzinfo=UTC).isoformat()))
