"""The video units' side of an audit: intents rendered, all units read at once, differing leaves as changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hntt.audit.model import Cause, Change, Outcome
from hntt.audit.scope import Scope
from hntt.devices.roomos import Comparison, Difference, UnitError, UnitReading, UnitState, compare, read_units
from hntt.devices.session import Problem, SessionError
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.intent.vcs import UnitIntent, UnknownFamilyError, leaves_for, render_unit, unit_facts, unit_settings

_OUTCOMES: dict[Problem, Outcome] = {
    "unreachable": Outcome.UNREACHABLE,
    "timeout": Outcome.UNREACHABLE,
    "lost": Outcome.UNREACHABLE,
    "auth_failed": Outcome.AUTH_FAILED,
    "hostkey_changed": Outcome.HOST_KEY_CHANGED,
}
_TOPICS = (
    ("Network 1 QoS", "qos"),
    ("Network 1 DNS", "names"),
    ("SystemUnit", "names"),
    ("NTP", "time"),
    ("Time", "time"),
    ("Logging", "log"),
    ("SIP", "calls"),
    ("Conference", "calls"),
    ("NetworkServices SIP", "calls"),
    ("NetworkServices H323", "calls"),
    ("NetworkServices", "management"),
    ("SerialPort", "management"),
    ("Security", "management"),
    ("Provisioning", "management"),
)


class Ticker(Protocol):
    """Where progress goes."""

    def step(self, done: int = 1) -> None:
        """So many more hosts are done."""
        ...


@dataclass(frozen=True)
class UnitAnswer:
    """What was found on one unit."""

    outcome: Outcome
    changes: tuple[Change, ...] = ()
    detail: str = ""
    repairable: bool = False


def read_video_units(scope: Scope, names: Sequence[str], ticker: Ticker) -> dict[str, UnitAnswer]:
    """Read the named units at once and compare them with their intents.

    UsageError for a secret that the inventory lacks, SettingsError for a setting that can't be resolved.
    """
    intents = {name: unit_intent(scope, name) for name in names}
    readings = read_units([scope.target(name) for name in names])
    ticker.step(len(readings))
    return {name: _answer(scope, readings[name], intents[name]) for name in names}


def unit_intent(scope: Scope, name: str) -> UnitIntent:
    """What one unit shall be set to; UsageError naming the secret that the inventory lacks."""
    settings = unit_settings(scope.roles_dir, scope.variables[name])
    try:
        return render_unit(unit_facts(scope.register, scope.network, name, settings), scope.secrets)
    except KeyError as error:
        secret = error.args[0]
        raise UsageError(
            tr(
                vi=f"{name}: thiếu bí mật “{secret}” trong tệp secrets_file của inventory (hntt.yml)",
                en=f"{name}: secret '{secret}' is missing in the inventory's secrets_file (hntt.yml)",
            )
        ) from error


def _answer(scope: Scope, reading: UnitReading, intent: UnitIntent) -> UnitAnswer:
    if reading.state is None:
        return _unread(reading.error)
    found = compare(leaves_for(intent, reading.state.family), reading.state.leaves)
    changes = [*(_change(scope, item) for item in found.differing), *_unregistered(reading.state)]
    outcome = Outcome.DRIFT if changes else Outcome.CLEAN
    return UnitAnswer(outcome, tuple(changes), _remark(found, reading.state), repairable=bool(changes))


def _unread(error: UnitError | None) -> UnitAnswer:
    if isinstance(error, SessionError):
        return UnitAnswer(_OUTCOMES[error.problem], detail=str(error.text))
    if isinstance(error, UnknownFamilyError):
        version = error.args[0]
        return UnitAnswer(
            Outcome.FAILED,
            detail=tr(
                vi=f"chưa biết phần mềm “{version}” của thiết bị", en=f"the unit's software {version!r} is not known"
            ),
        )
    return UnitAnswer(Outcome.FAILED, detail=str(error))


def _change(scope: Scope, item: Difference) -> Change:
    return Change(
        topic_of_path(item.leaf.path), item.leaf.path, Cause.CHANGED, tuple(map(scope.secrets.mask, item.lines))
    )


def topic_of_path(path: str) -> str:
    """The topic of a leaf."""
    found = [(len(prefix), topic) for prefix, topic in _TOPICS if path.startswith(prefix)]
    return max(found)[1] if found else "other"


def _unregistered(state: UnitState) -> list[Change]:
    """A unit that its server does not know can't join a meeting, and nothing else tells a wrong password."""
    if state.registration.ok:
        return []
    return [Change("calls", "SIP Registration 1 Status", Cause.RUNTIME, (f"- {state.registration}", "+ Registered"))]


def _remark(found: Comparison, state: UnitState) -> str:
    """Settings that this software does not have: no drift, and not to be passed over either."""
    if not found.absent:
        return ""
    paths = ", ".join(leaf.path for leaf in found.absent)
    return tr(
        vi=f"lưu ý: phần mềm {state.version} không có: {paths}",
        en=f"remark: software {state.version} does not have: {paths}",
    )
