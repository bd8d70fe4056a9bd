"""An audit in at most ten lines, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hntt.audit.changes import topic_label
from hntt.audit.grouping import Group, by_district, by_kind, fold
from hntt.audit.model import Audit, Cause, Host, HostAudit, Outcome
from hntt.i18n import tr

MAX_LINES = 10
_NAMES_SHOWN = 4
_NOT_ASKED = frozenset({Outcome.NOT_BUILT, Outcome.NOT_COVERED})


def audit_lines(audit: Audit, room: int = MAX_LINES) -> list[str]:
    """The summary: verdict, kinds, districts with trouble, what could not be read, the differences that still fit.

    Where they would not fit, the kinds that are clean share a line: what is wrong is what is read for.
    """
    groups = fold(audit.hosts)
    rest = [*_district_line(audit), *_trouble_lines(audit)]
    lines = [_verdict(audit), *_kind_lines(audit), *rest]
    if len(lines) + len(groups) > room:
        lines = [_verdict(audit), *_kind_lines(audit, together=True), *rest]
    return [*lines, *_difference_lines(groups, room - len(lines))][:room]


def count_words(counts: Counter[Outcome]) -> str:
    """``15 clean, 2 drift``, in the order of the outcomes."""
    return ", ".join(f"{counts[outcome]} {outcome.label}" for outcome in Outcome if counts[outcome])


def names(hosts: list[str], shown: int = _NAMES_SHOWN) -> str:
    """The first names and how many more there are."""
    rest = len(hosts) - shown
    more = tr(vi=f" và {rest} thiết bị nữa", en=f" and {rest} more") if rest > 0 else ""
    return ", ".join(hosts[:shown]) + more


def _verdict(audit: Audit) -> str:
    asked = [item for item in audit.hosts if item.outcome not in _NOT_ASKED]
    words = {
        Outcome.CLEAN: tr(vi="KHÔNG CÓ SAI LỆCH", en="NO DRIFT"),
        Outcome.DRIFT: tr(vi="CÓ SAI LỆCH", en="DRIFT"),
    }.get(audit.verdict, tr(vi="CÓ THIẾT BỊ KHÔNG KIỂM TRA ĐƯỢC", en="SOME DEVICES COULD NOT BE AUDITED"))
    if not asked:
        words = tr(vi="CHƯA KIỂM TRA THIẾT BỊ NÀO", en="NO DEVICE WAS AUDITED")
    return tr(
        vi=f"{words}: đã kiểm tra {len(asked)} trên {len(audit.hosts)} thiết bị trong {audit.seconds:.1f} giây",
        en=f"{words}: {len(asked)} of {len(audit.hosts)} devices audited in {audit.seconds:.1f} s",
    )


def _kind_lines(audit: Audit, *, together: bool = False) -> Iterator[str]:
    rows = by_kind(audit)
    uncovered = [row for row in rows if set(row.counts) == {Outcome.NOT_COVERED}]
    clean = [row for row in rows if together and set(row.counts) == {Outcome.CLEAN}]
    for row in rows:
        if row not in (*uncovered, *clean):
            yield f"  {row.name}: {count_words(row.counts)}"
    if clean:
        yield f"  {Outcome.CLEAN.label}: {', '.join(f'{row.name} {row.total}' for row in clean)}"
    if uncovered:
        kinds = ", ".join(f"{row.total} {row.name}" for row in uncovered)
        yield tr(
            vi=f"  chưa hỗ trợ kiểm tra (không tính là đúng): {kinds}",
            en=f"  not covered yet (not counted as clean): {kinds}",
        )


def _district_line(audit: Audit) -> Iterator[str]:
    bad = {
        row.name: sum(count for outcome, count in row.counts.items() if outcome is Outcome.DRIFT or outcome.is_trouble)
        for row in by_district(audit)
    }
    told = ", ".join(f"{name} {count}" for name, count in sorted(bad.items(), key=lambda item: -item[1]) if count)
    if told:
        yield tr(vi=f"  theo huyện: {told}", en=f"  per district: {told}")


def _trouble_lines(audit: Audit) -> Iterator[str]:
    for outcome in Outcome:
        items = audit.with_outcome(outcome)
        if outcome.is_trouble and items:
            who = names([item.host.name for item in items])
            yield f"  {outcome.label}: {who}{_first_reason(items)}; {outcome.next_step}"


def _first_reason(items: tuple[HostAudit, ...]) -> str:
    detail = items[0].detail.splitlines()[0] if items[0].detail else ""
    return f" ({detail})" if detail else ""


def _difference_lines(groups: tuple[Group, ...], room: int) -> list[str]:
    lines = [
        f"  {cause_line(group.change.topic, group.change.cause, group.change.subject)}: {_members(group.hosts)}"
        for group in groups
    ]
    if len(lines) <= room:
        return lines
    hidden = len(lines) - max(room - 1, 0)
    more = tr(vi=f"  … và {hidden} khác biệt nữa, xem báo cáo", en=f"  … and {hidden} more differences, see the report")
    return [*lines[: max(room - 1, 0)], more]


def cause_line(topic: str, cause: Cause, subject: str) -> str:
    """``routing, missing on the device: router ospf``."""
    return f"{topic_label(topic)}, {cause.label}: {subject}"


def _members(hosts: tuple[Host, ...]) -> str:
    return names([host.name for host in hosts], shown=2)
