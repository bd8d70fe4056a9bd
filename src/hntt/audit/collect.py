"""The audit of a fleet: who is asked, all read at once in one process, compared, one result per host."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from hntt.audit.linux_hosts import LinuxAnswer, read_linux_hosts
from hntt.audit.model import COVERED_KINDS, Audit, Change, Host, HostAudit, Outcome
from hntt.audit.routers import RouterAnswer, read_routers
from hntt.audit.scope import CLI_PLATFORMS, UNIT_PLATFORMS, PinnedKeys, Scope
from hntt.audit.units import UnitAnswer, read_video_units
from hntt.i18n import tr
from hntt.intent.linux import LINUX_PLATFORMS, roles_for_kind


class Ticker(Protocol):
    """Where progress goes: one call per host read."""

    def step(self, done: int = 1) -> None:
        """So many more hosts are done."""
        ...


@dataclass(frozen=True)
class Part:
    """What one way of asking (the router's CLI, the Linux probe) found about a host."""

    outcome: Outcome
    changes: tuple[Change, ...] = ()
    detail: str = ""
    repairable: bool = False


def audit_fleet(scope: Scope, ticker: Ticker) -> Audit:
    """Read all hosts of the scope at once and compare them with their intent. Changes nothing anywhere.

    A host that was never prepared (no host key on record, its site not live) is not asked. Never raises for
    what one host does; SettingsError, StateError or UsageError for intents that can't be rendered at all.
    """
    started, begun = datetime.now().astimezone(), time.monotonic()
    pinned = _pinned_keys(scope)
    early = {host.name: part for host in scope.hosts if (part := _not_asked(scope, host, pinned)) is not None}
    asked = [host for host in scope.hosts if host.name not in early]
    found = _ask(scope, asked, ticker)
    results = tuple(_result(host, found.get(host.name) or [early[host.name]]) for host in scope.hosts)
    return Audit(hosts=results, started=started, seconds=time.monotonic() - begun)


def _pinned_keys(scope: Scope) -> dict[Path, PinnedKeys]:
    files = {scope.target(host.name).known_hosts for host in scope.hosts if host.kind in COVERED_KINDS}
    return {file: PinnedKeys.read(file) for file in files}


def _not_asked(scope: Scope, host: Host, pinned: Mapping[Path, PinnedKeys]) -> Part | None:
    if host.kind not in COVERED_KINDS:
        return Part(Outcome.NOT_COVERED)
    if host.platform not in CLI_PLATFORMS | UNIT_PLATFORMS and not _has_linux(scope, host):
        return Part(Outcome.NOT_COVERED, detail=_not_simulated())
    target = scope.target(host.name)
    if pinned[target.known_hosts].has(target):
        return None
    if not host.is_live:
        return Part(Outcome.NOT_BUILT, detail=_unprepared(host))
    return Part(Outcome.HOST_KEY_CHANGED, detail=_no_key())


def _not_simulated() -> str:
    return tr(vi="không mô phỏng máy Linux", en="Linux hosts are not simulated")


def _unprepared(host: Host) -> str:
    return tr(
        vi=f"điểm ở trạng thái “{host.state}”, chưa có khóa máy được ghi lại",
        en=f"its site is in state '{host.state}', no host key is on record",
    )


def _no_key() -> str:
    return tr(
        vi="điểm đã vận hành nhưng chưa có khóa máy trong tệp known_hosts của inventory",
        en="its site is in operation, but the inventory's known_hosts has no key for it",
    )


def _ask(scope: Scope, hosts: list[Host], ticker: Ticker) -> dict[str, list[Part]]:
    clis = [host.name for host in hosts if host.platform in CLI_PLATFORMS]
    linux = [host.name for host in hosts if _has_linux(scope, host)]
    units = [host.name for host in hosts if host.platform in UNIT_PLATFORMS]
    with ThreadPoolExecutor(max_workers=3) as pool:
        routers = pool.submit(read_routers, scope, clis, ticker)
        others = pool.submit(read_linux_hosts, scope, linux, ticker)
        video = pool.submit(read_video_units, scope, units, ticker)
        answers: list[Mapping[str, RouterAnswer | LinuxAnswer | UnitAnswer]] = [
            routers.result(),
            others.result(),
            video.result(),
        ]
    parts: dict[str, list[Part]] = {}
    for found in answers:
        for name, answer in found.items():
            parts.setdefault(name, []).append(Part(answer.outcome, answer.changes, answer.detail, answer.repairable))
    return parts


def _has_linux(scope: Scope, host: Host) -> bool:
    """Whether there is a Linux system to probe; a simulated device has none."""
    return host.platform in LINUX_PLATFORMS and bool(roles_for_kind(host.kind)) and not scope.is_simulated(host.name)


def _result(host: Host, parts: list[Part]) -> HostAudit:
    """A host's parts as one: trouble outweighs drift, and what was found is kept in either case."""
    worst = max(parts, key=lambda part: _WEIGHT[part.outcome])
    details = dict.fromkeys(part.detail for part in parts if part.detail)
    return HostAudit(
        host=host,
        outcome=worst.outcome,
        changes=tuple(change for part in parts for change in part.changes),
        detail="\n".join(details),
        repairable=any(part.repairable for part in parts),
    )


_WEIGHT = {
    outcome: weight
    for weight, outcome in enumerate(
        (
            Outcome.NOT_COVERED,
            Outcome.CLEAN,
            Outcome.NOT_BUILT,
            Outcome.DRIFT,
            Outcome.FAILED,
            Outcome.UNREACHABLE,
            Outcome.AUTH_FAILED,
            Outcome.HOST_KEY_CHANGED,
        )
    )
}
