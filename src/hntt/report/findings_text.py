"""Findings as plain text: one block each, the same for people, for CI logs and for the case files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hntt.i18n import tr
from hntt.register.findings import Finding, Severity
from hntt.register.loader import Loaded, Phase


def blocks(findings: Iterable[Finding], base: Path | None) -> str:
    """Every finding as a block of lines; positions relative to ``base``."""
    return "\n\n".join(block(item, base) for item in findings)


def block(item: Finding, base: Path | None) -> str:
    """Severity, code, place and path; then what was found, what was expected and what to do next."""
    head = " ".join(part for part in (item.severity.label, item.code, _place(item, base), item.path) if part)
    rows = [head, f"  {item.message}"]
    if item.value is not None and not _said(item):
        rows.append(f"  {tr(vi='Đang ghi', en='Found')}: {item.value}")
    if item.expected is not None:
        rows.append(f"  {tr(vi='Cần', en='Expected')}: {item.expected}")
    rows.append(f"  {tr(vi='Cách sửa', en='To do')}: {item.hint}")
    rows += [f"  {tr(vi='Xem thêm', en='See also')}: {place.shown(base)}" for place in item.related]
    return "\n".join(rows)


def _said(item: Finding) -> bool:
    """Whether the value is in the message or the hint already."""
    return str(item.value) in f"{item.message} {item.hint}"


def summary(findings: Iterable[Finding]) -> str:
    """``2 errors, 1 warning, 0 notes``."""
    counts = Counter(item.severity for item in findings)
    errors, warnings, notes = (counts[severity] for severity in Severity)
    return tr(
        vi=f"{errors} lỗi, {warnings} cảnh báo, {notes} ghi chú",
        en=f"{_many(errors, 'error')}, {_many(warnings, 'warning')}, {_many(notes, 'note')}",
    )


def not_reached(loaded: Loaded) -> str | None:
    """What could not be checked yet, and why; None when everything was."""
    if loaded.phase is Phase.LAWS:
        return None
    return tr(
        vi="Các luật của sổ chưa được kiểm tra: hãy sửa các lỗi trên trước.",
        en="The register's laws have not been checked yet: mend the errors above first.",
    )


def whole(loaded: Loaded, base: Path | None) -> str:
    """The complete report of findings, ending in a count."""
    parts = [blocks(loaded.findings, base), not_reached(loaded) or "", summary(loaded.findings)]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_json(item: Finding, base: Path | None) -> dict[str, Any]:
    """A finding for machines, with both languages."""
    value = item.value if isinstance(item.value, str | int | bool | None) else str(item.value)
    return {
        "code": item.code,
        "severity": item.severity.value,
        "file": item.position.shown(base).partition(":")[0],
        "line": item.position.line,
        "column": item.position.column,
        "path": item.path,
        "value": value,
        "message": {"vi": item.message.vi, "en": item.message.en},
        "expected": {"vi": item.expected.vi, "en": item.expected.en} if item.expected else None,
        "hint": {"vi": item.hint.vi, "en": item.hint.en},
        "related": [place.shown(base) for place in item.related],
    }


def _place(item: Finding, base: Path | None) -> str:
    shown = item.position.shown(base)
    return f"{shown}:{item.position.column}" if item.position.line and item.position.column else shown


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
