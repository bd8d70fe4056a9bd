"""Acceptance of what is built: all checks on all devices, collected in one process, judged by pure functions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hntt.audit.checks import AFTERWARDS, IN_ROOMS, ON_DEVICES, Check, Status, Subject, Verdict, verdict
from hntt.audit.linux_hosts import problem
from hntt.audit.model import COVERED_KINDS, Host, Outcome
from hntt.audit.scope import Scope, facts
from hntt.audit.shells import Said, run_everywhere
from hntt.network.model import Tier

RoomShell = Callable[[Mapping[str, str]], dict[str, str]]
"""Runs a shell program where each site's PC stands: router's name to program, router's name to output."""


@dataclass(frozen=True)
class Verification:
    """Verdicts of one run; ``not_shown``: hosts that no check could be made on; ``rooms``: whether rooms were seen."""

    verdicts: tuple[Verdict, ...]
    not_shown: tuple[Host, ...]
    rooms: bool
    started: datetime
    seconds: float

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """Everything that did not pass."""
        return tuple(item for item in self.verdicts if item.status is not Status.PASS)

    def of(self, check: Check) -> tuple[Verdict, ...]:
        """The verdicts of one check."""
        return tuple(item for item in self.verdicts if item.check is check)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks that were made, in order."""
        return tuple(dict.fromkeys(item.check for item in self.verdicts))


def verify_fleet(scope: Scope, token: str, tick: Callable[[], object], rooms: RoomShell | None = None) -> Verification:
    """Make all checks that apply. ``token`` marks this run's test messages; ``rooms`` is there only in the lab.

    Changes nothing but the logs, which get one line per device.
    """
    started, begun = datetime.now().astimezone(), time.monotonic()
    shown = [host for host in scope.hosts if _is_shown(scope, host)]
    subjects = _subjects(scope, shown, token)
    found = [*_ask(scope, subjects, ON_DEVICES, tick), *_ask(scope, subjects, AFTERWARDS, tick)]
    if rooms is not None:
        found += ask_rooms(subjects, rooms)
    return Verification(
        verdicts=tuple(found),
        not_shown=tuple(host for host in scope.hosts if host.kind in COVERED_KINDS and host not in shown),
        rooms=rooms is not None,
        started=started,
        seconds=time.monotonic() - begun,
    )


def _is_shown(scope: Scope, host: Host) -> bool:
    device = scope.network.devices.get(host.name)
    checks = (*ON_DEVICES, *AFTERWARDS)
    return device is not None and not scope.is_simulated(host.name) and any(check.applies(device) for check in checks)


def _subjects(scope: Scope, hosts: Sequence[Host], token: str) -> dict[str, Subject]:
    present = frozenset(host.name for host in hosts)
    return {
        host.name: Subject(
            scope.network.devices[host.name], facts(scope.variables[host.name]), scope.network, present, token
        )
        for host in hosts
    }


def _ask(
    scope: Scope, subjects: Mapping[str, Subject], checks: Sequence[Check], tick: Callable[[], object]
) -> list[Verdict]:
    """Each device is asked everything in one session; the answers are dealt out to the checks again."""
    made = {name: [check for check in checks if check.applies(subject.device)] for name, subject in subjects.items()}
    commands = {
        name: [[*check.commands(subjects[name])] for check in applying] for name, applying in made.items() if applying
    }
    said = run_everywhere(
        {name: (scope.target(name), [c for group in groups for c in group]) for name, groups in commands.items()}, tick
    )
    return [
        item
        for name, groups in commands.items()
        for item in _judged(subjects[name], made[name], [len(group) for group in groups], said[name])
    ]


def _judged(subject: Subject, checks: Sequence[Check], sizes: Sequence[int], said: Said) -> list[Verdict]:
    if said.error is not None:
        outcome: Outcome = problem(said.error)
        return [Verdict(check, subject.host, Status.UNKNOWN, detail=outcome.label) for check in checks]
    verdicts, start = [], 0
    for check, size in zip(checks, sizes, strict=True):
        verdicts.append(verdict(check, subject, said.outputs[start : start + size]))
        start += size
    return verdicts


def ask_rooms(subjects: Mapping[str, Subject], rooms: RoomShell) -> list[Verdict]:
    """The checks that are made where the communes' PCs stand, once for each of their routers."""
    found = []
    for check in IN_ROOMS:
        communes = {
            name: subject
            for name, subject in subjects.items()
            if subject.device.tier is Tier.COMMUNE and check.applies(subject.device)
        }
        # Without a command there is nothing to look at, such as no MCU server in this run.
        programs = {name: command for name, subject in communes.items() for command in check.commands(subject)}
        outputs = rooms(programs)
        found += [verdict(check, communes[name], [outputs.get(name, "")]) for name in programs]
    return found
