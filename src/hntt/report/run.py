"""What one playbook run did: per host one ending, ten lines for people, a record for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from hntt.audit.grouping import CENTRE
from hntt.audit.model import Host, Outcome
from hntt.i18n import tr
from hntt.report.audit_text import names

MAX_LINES = 10
_FAILURES_SHOWN = 3


class Ending(StrEnum):
    """How a run ended for one host."""

    FAILED = "failed"
    UNREACHABLE = "unreachable"
    BY_HAND = "by_hand"
    NOT_REACHED = "not_reached"
    CHANGED = "changed"
    OK = "ok"
    NOT_BUILT = "not_built"
    NOT_COVERED = "not_covered"

    def label(self, check: bool) -> str:
        """The words shown to people; in check mode a change is one that would be made."""
        changed = tr(vi="sẽ thay đổi", en="would change") if check else tr(vi="đã thay đổi", en="changed")
        return {
            Ending.FAILED: tr(vi="thất bại", en="failed"),
            Ending.UNREACHABLE: tr(vi="không liên lạc được", en="unreachable"),
            Ending.BY_HAND: tr(vi="phải sửa bằng tay", en="to be put right by hand"),
            Ending.NOT_REACHED: tr(
                vi="chưa đến lượt, lượt chạy dừng trước đó", en="not attempted, the run stopped before"
            ),
            Ending.CHANGED: changed,
            Ending.OK: tr(vi="không phải thay đổi", en="nothing to change"),
            Ending.NOT_BUILT: tr(vi="chưa lắp đặt", en="not built yet"),
            Ending.NOT_COVERED: tr(vi="chưa hỗ trợ", en="not covered yet"),
        }[self]


@dataclass(frozen=True)
class Failure:
    """One failure as it came: where, at which task, what was said, what to do next."""

    host: str
    task: str
    text: str
    next_step: str = ""
    told: bool = False
    """Whether the lines of the action that found it speak of it already."""


@dataclass
class Run:
    """One playbook run, filled in while it goes."""

    playbook: str
    started: datetime
    check: bool = False
    limit: str = ""
    inventory: tuple[str, ...] = ()
    hosts: dict[str, Host] = field(default_factory=dict)
    collected: dict[str, Outcome] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    reports: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    worked_on: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    dark: set[str] = field(default_factory=set)
    by_hand: dict[str, list[str]] = field(default_factory=dict)
    """By host what this run leaves to people, each with what to do."""
    converging: bool = False

    @property
    def exit_code(self) -> int:
        """The exit code Ansible will give: 4 when a host was unreachable, else 2 when one failed, else 0.

        Ansible counts a host that is left to people as failed.
        """
        return 4 if self.dark else 2 if self.failed else 0

    def ending(self, host: str) -> Ending:
        """How the run ended for a host that was collected or worked on."""
        outcome = self.collected.get(host)
        if host in self.by_hand:
            return Ending.BY_HAND
        if host in self.dark or outcome is Outcome.UNREACHABLE:
            return Ending.UNREACHABLE
        if host in self.failed or (outcome is not None and outcome.is_trouble):
            return Ending.FAILED
        if host in self.changed:
            return Ending.CHANGED
        if outcome is Outcome.DRIFT and self.converging and host not in self.worked_on:
            return Ending.NOT_REACHED
        # Worked on and not changed: what differed is right by itself, such as a unit that has registered meanwhile.
        return {Outcome.NOT_BUILT: Ending.NOT_BUILT, Outcome.NOT_COVERED: Ending.NOT_COVERED}.get(
            outcome or Outcome.CLEAN, Ending.OK
        )

    @property
    def endings(self) -> dict[str, Ending]:
        """All hosts the run knows of."""
        return {host: self.ending(host) for host in (self.collected or self.hosts)}


def run_lines(run: Run, seconds: float) -> list[str]:
    """At most ten lines: verdict, counts per kind and district, first failures and what to do, reports."""
    body = run.lines or [*_kind_lines(run), *_district_lines(run)]
    tail = [*_failure_lines(run), *_report_lines(run)]
    return [_headline(run, seconds), *body[: MAX_LINES - 1 - len(tail)], *tail]


def run_record(run: Run, seconds: float) -> dict[str, Any]:
    """The run as JSON data."""
    endings = run.endings
    return {
        "schema": 1,
        "playbook": run.playbook,
        "started": run.started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "exit_code": run.exit_code,
        "check": run.check,
        "limit": run.limit,
        "inventory": list(run.inventory),
        "counts": dict(Counter(map(str, endings.values()))),
        "hosts": {host: str(ending) for host, ending in endings.items()},
        "by_hand": run.by_hand,
        "failures": [{"host": f.host, "task": f.task, "text": f.text, "next_step": f.next_step} for f in run.failures],
        "reports": run.reports,
        **run.extra,
    }


def _headline(run: Run, seconds: float) -> str:
    word = tr(vi="XONG", en="DONE")
    if run.failed - set(run.by_hand):
        word = tr(vi="THẤT BẠI", en="FAILED")
    elif run.dark:
        word = tr(vi="CÓ THIẾT BỊ KHÔNG LIÊN LẠC ĐƯỢC", en="SOME UNREACHABLE")
    elif run.by_hand:
        word = tr(vi="CÒN VIỆC PHẢI LÀM BẰNG TAY", en="SOME LEFT TO PEOPLE")
    check = tr(vi=" (chạy thử, không gửi gì)", en=" (check mode, nothing sent)") if run.check else ""
    took = tr(vi=f"{seconds:.1f} giây, mã thoát {run.exit_code}", en=f"{seconds:.1f} s, exit code {run.exit_code}")
    return f"{run.playbook}.yml{check}: {word}, {took}"


def _kind_lines(run: Run) -> Iterator[str]:
    by_kind: dict[str, Counter[Ending]] = {}
    for name, ending in run.endings.items():
        kind = run.hosts[name].kind if name in run.hosts else "?"
        by_kind.setdefault(kind or "?", Counter())[ending] += 1
    uncovered = {kind: counts for kind, counts in by_kind.items() if set(counts) == {Ending.NOT_COVERED}}
    for kind, counts in by_kind.items():
        if kind not in uncovered:
            yield f"  {kind}: " + ", ".join(f"{counts[e]} {e.label(run.check)}" for e in Ending if counts[e])
    if uncovered:
        kinds = ", ".join(f"{counts.total()} {kind}" for kind, counts in uncovered.items())
        yield tr(vi=f"  chưa hỗ trợ: {kinds}", en=f"  not covered yet: {kinds}")


def _district_lines(run: Run) -> Iterator[str]:
    for ending in (Ending.CHANGED, Ending.FAILED, Ending.UNREACHABLE, Ending.BY_HAND, Ending.NOT_REACHED):
        counts = Counter(
            run.hosts[name].district or CENTRE
            for name, found in run.endings.items()
            if found is ending and name in run.hosts
        )
        if counts:
            told = ", ".join(f"{district} {count}" for district, count in counts.most_common())
            yield f"  {ending.label(run.check)}: {told}"


def _failure_lines(run: Run) -> Iterator[str]:
    shown: dict[tuple[str, str], list[str]] = {}
    for failure in run.failures:
        if run.lines and failure.told:
            continue
        first = failure.text.strip().splitlines()[0] if failure.text.strip() else failure.task
        shown.setdefault((first, failure.next_step), []).append(failure.host)
    for (text, next_step), hosts in list(shown.items())[:_FAILURES_SHOWN]:
        todo = f" -> {next_step}" if next_step else ""
        yield f"  ! {names(hosts, 2)}: {text}{todo}"


def _report_lines(run: Run) -> Iterator[str]:
    """The page to open first, and what lies beside it under the same name."""
    paths = dict(run.reports)
    first = next((kind for kind in ("html", "md", "json") if kind in paths), None)
    if first is None:
        return
    shown = paths.pop(first)
    beside = ", ".join(kind for kind, path in paths.items() if path.rpartition(".")[0] == shown.rpartition(".")[0])
    also = tr(vi=f" (cùng chỗ: {beside})", en=f" (beside it: {beside})") if beside else ""
    yield tr(vi=f"  báo cáo: {shown}{also}", en=f"  reports: {shown}{also}")
