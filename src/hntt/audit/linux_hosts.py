"""The Linux side of an audit: declared states rendered, all hosts probed at once, drifts as changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import asyncssh

from hntt.audit.linux.compare import Drift
from hntt.audit.linux.fleet import LinuxHost, LinuxReading, read_linux_fleet
from hntt.audit.linux_changes import changes_from_drift
from hntt.audit.model import Change, Outcome
from hntt.audit.scope import Scope, facts
from hntt.i18n import tr
from hntt.intent.linux import DeclaredState, render_host, role_defaults, roles_for_kind


class Ticker(Protocol):
    """Where progress goes."""

    def step(self, done: int = 1) -> None:
        """So many more hosts are done."""
        ...


@dataclass(frozen=True)
class LinuxAnswer:
    """What was found on one host. ``repairable`` says whether applying the declared state would change something."""

    outcome: Outcome
    changes: tuple[Change, ...] = ()
    detail: str = ""
    repairable: bool = False


def read_linux_hosts(scope: Scope, names: Sequence[str], ticker: Ticker) -> dict[str, LinuxAnswer]:
    """Probe the named hosts at once and compare. Raises what rendering raises when a role is wrong."""
    hosts = [LinuxHost(scope.target(name), declared_state(scope, name)) for name in names]
    readings = read_linux_fleet(hosts, scope.secrets, progress=lambda _: ticker.step())
    return {name: _answer(reading) for name, reading in readings.items()}


def declared_state(scope: Scope, name: str) -> DeclaredState:
    """What the roles of the host's kind want of it, with the settings of the inventory."""
    variables = scope.variables[name]
    roles = roles_for_kind(str(facts(variables).get("kind")))
    return render_host(scope.roles_dir, roles, settings(scope, variables), scope.secrets)


def settings(scope: Scope, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that roles have defaults for, and the register's facts: nothing else reaches a role."""
    known = role_defaults(scope.roles_dir, sorted(path.name for path in scope.roles_dir.iterdir() if path.is_dir()))
    return {"hntt": facts(variables), **{key: variables[key] for key in known if key in variables}}


def _answer(reading: LinuxReading) -> LinuxAnswer:
    if reading.error is not None:
        return LinuxAnswer(problem(reading.error), detail=str(reading.error) or type(reading.error).__name__)
    remarks = [drift for drift in reading.drifts if drift.severity == "warning"]
    wrong = [drift for drift in reading.drifts if drift.severity == "error"]
    if any(drift.cause == "unknown" for drift in remarks):
        return LinuxAnswer(Outcome.FAILED, changes_from_drift(wrong), _remarks(remarks), _repairable(wrong))
    outcome = Outcome.DRIFT if wrong else Outcome.CLEAN
    return LinuxAnswer(outcome, changes_from_drift(wrong), _remarks(remarks), _repairable(wrong))


def problem(error: Exception) -> Outcome:
    """Which ending an error of asyncssh or the probe is."""
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return Outcome.HOST_KEY_CHANGED
    if isinstance(error, asyncssh.PermissionDenied):
        return Outcome.AUTH_FAILED
    if isinstance(error, OSError | asyncssh.Error | TimeoutError):
        return Outcome.UNREACHABLE
    return Outcome.FAILED


def _repairable(drifts: Sequence[Drift]) -> bool:
    return any(drift.repairable for drift in drifts)


def _remarks(drifts: Sequence[Drift]) -> str:
    shown = "; ".join(f"{drift.subject}: {drift.actual}" for drift in drifts)
    return tr(vi=f"lưu ý: {shown}", en=f"remark: {shown}") if shown else ""
