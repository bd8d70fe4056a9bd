"""Differences of many hosts, told once: equal ones folded, counted by topic, cause and district."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hntt.audit.model import Audit, Change, Host, HostAudit, Outcome

CENTRE = "tinh"
"""How the centre is called where districts are listed."""


@dataclass(frozen=True)
class Group:
    """One difference and every host that has it, exactly alike."""

    change: Change
    hosts: tuple[Host, ...]

    @property
    def districts(self) -> dict[str, int]:
        """Hosts per district, most first."""
        return dict(Counter(host.district or CENTRE for host in self.hosts).most_common())


@dataclass(frozen=True)
class Row:
    """Counts of one kind or district: hosts per outcome."""

    name: str
    counts: Counter[Outcome]

    @property
    def total(self) -> int:
        """All hosts of the row."""
        return self.counts.total()


def fold(hosts: Iterable[HostAudit]) -> tuple[Group, ...]:
    """Equal differences over all hosts, the most widespread first, then by topic and subject."""
    found: dict[Change, list[Host]] = {}
    for item in hosts:
        for change in item.changes:
            found.setdefault(change, []).append(item.host)
    groups = [Group(change, tuple(members)) for change, members in found.items()]
    return tuple(sorted(groups, key=lambda group: (-len(group.hosts), group.change)))


def by_topic(groups: Iterable[Group]) -> dict[tuple[str, str], int]:
    """Hosts per (topic, cause), most first; a host counts once per topic and cause."""
    members: dict[tuple[str, str], set[str]] = {}
    for group in groups:
        key = (group.change.topic, str(group.change.cause))
        members.setdefault(key, set()).update(host.name for host in group.hosts)
    return dict(sorted(((key, len(names)) for key, names in members.items()), key=lambda item: (-item[1], item[0])))


def by_kind(audit: Audit) -> tuple[Row, ...]:
    """Outcomes per kind of device, in the order the kinds appear."""
    return _rows(audit, lambda host: host.kind)


def by_district(audit: Audit) -> tuple[Row, ...]:
    """Outcomes per district; the centre is a row of its own."""
    return _rows(audit, lambda host: host.district or CENTRE)


def by_site(audit: Audit) -> dict[str, Outcome]:
    """The worst outcome per site label, among the kinds that are covered."""
    worst: dict[str, Outcome] = {}
    for item in audit.hosts:
        known = worst.get(item.host.site, item.outcome)
        worst[item.host.site] = min(known, item.outcome, key=_RANK.__getitem__)
    return worst


_RANK = {
    outcome: rank
    for rank, outcome in enumerate(
        (
            Outcome.HOST_KEY_CHANGED,
            Outcome.AUTH_FAILED,
            Outcome.FAILED,
            Outcome.UNREACHABLE,
            Outcome.DRIFT,
            Outcome.NOT_BUILT,
            Outcome.CLEAN,
            Outcome.NOT_COVERED,
        )
    )
}


def _rows(audit: Audit, key: Callable[[Host], str]) -> tuple[Row, ...]:
    rows: dict[str, Counter[Outcome]] = {}
    for item in audit.hosts:
        rows.setdefault(key(item.host), Counter())[item.outcome] += 1
    return tuple(Row(name, counts) for name, counts in rows.items())
