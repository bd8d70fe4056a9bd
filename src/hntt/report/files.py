"""Where reports lie: one folder, names with the time they were made, a link to the latest of each kind."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path


def report_path(folder: Path, name: str, moment: datetime, suffix: str) -> Path:
    """``<folder>/<name>-<YYYYmmdd-HHMMSS>.<suffix>``; the folder is made. Never an existing file: a count is added."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{name}-{moment:%Y%m%d-%H%M%S}"
    path = folder / f"{stem}.{suffix}"
    count = 1
    while path.exists():
        count += 1
        path = folder / f"{stem}-{count}.{suffix}"
    return path


def write_report(path: Path, text: str, latest: str) -> Path:
    """Write a report whole or not at all and let ``latest.<suffix>`` beside it point to it; returns ``path``."""
    scratch = path.with_name(f".{path.name}.new")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)
    link = path.with_name(f"{latest}-latest{path.suffix}")
    fresh = path.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(path.name)
    fresh.replace(link)
    return path


def shown_path(path: Path) -> str:
    """The path for people: relative to the working directory where it lies below it."""
    absolute = path.absolute()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)
