"""Drift of a Linux host as changes that can be folded and counted with those of the routers."""

from __future__ import annotations

from collections.abc import Iterable

from hntt.audit.linux import Drift
from hntt.audit.model import Cause, Change

_TOPICS = {
    "package": "packages",
    "file": "files",
    "directory": "directories",
    "managed_directory": "directories",
    "service": "services",
    "unit": "units",
    "user": "users",
    "key": "users",
    "sudo": "sudo",
    "sysctl": "sysctls",
    "port": "ports",
    "listening": "ports",
    "clock": "time",
    "transaction": "files",
}
_CAUSES = {
    "missing": Cause.MISSING,
    "undeclared": Cause.UNEXPECTED,
    "left_over": Cause.UNEXPECTED,
    "runtime": Cause.RUNTIME,
    "pending": Cause.RUNTIME,
    "unknown": Cause.UNKNOWN,
}


def changes_from_drift(drifts: Iterable[Drift]) -> tuple[Change, ...]:
    """One change per drift: what is wanted as ``+``, what is there as ``-``."""
    return tuple(_change(drift) for drift in drifts)


def _change(drift: Drift) -> Change:
    lines = [f"- {line}" for line in drift.actual.splitlines()] + [f"+ {line}" for line in drift.expected.splitlines()]
    return Change(
        topic=_TOPICS.get(drift.kind, "other"),
        subject=drift.subject,
        cause=_CAUSES.get(drift.cause, Cause.CHANGED),
        lines=tuple(lines),
        by_hand=not drift.repairable,
    )
