"""The routers' side of an audit: intents rendered, all running configurations read at once, differences as changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hntt.audit.changes import changes_from_diff
from hntt.audit.daemons import missing_daemons
from hntt.audit.model import Cause, Change, Outcome
from hntt.audit.scope import Scope
from hntt.devices import get_platform
from hntt.devices.fleet import ReadResult, read_fleet
from hntt.devices.platform import Platform, same_configuration
from hntt.devices.startup import Unsaved, unsaved
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.intent.router import render_router, router_facts

_OUTCOMES = {
    "unreachable": Outcome.UNREACHABLE,
    "auth_failed": Outcome.AUTH_FAILED,
    "hostkey_changed": Outcome.HOST_KEY_CHANGED,
    "error": Outcome.FAILED,
}


class Ticker(Protocol):
    """Where progress goes."""

    def step(self, done: int = 1) -> None:
        """So many more hosts are done."""
        ...


@dataclass(frozen=True)
class RouterAnswer:
    """What was found on one router."""

    outcome: Outcome
    changes: tuple[Change, ...] = ()
    detail: str = ""
    repairable: bool = False


def read_routers(scope: Scope, names: Sequence[str], ticker: Ticker) -> dict[str, RouterAnswer]:
    """Read the named routers at once and compare them with their intents.

    UsageError for a secret that the inventory lacks: without it no intent is right.
    """
    intents = {name: intended_text(scope, name) for name in names}
    readings = read_fleet([scope.target(name) for name in names])
    ticker.step(len(readings))
    answers = {name: _answer(scope, readings[name], intents[name]) for name in names}
    return {**answers, **_without_daemons(scope, answers)}


def _without_daemons(scope: Scope, answers: Mapping[str, RouterAnswer]) -> dict[str, RouterAnswer]:
    """The FRR routers whose difference only says that a daemon is not running."""
    suspects = {
        name: scope.target(name)
        for name, answer in answers.items()
        if answer.outcome is Outcome.DRIFT and scope.target(name).platform == "frr" and not scope.is_simulated(name)
    }
    return {
        name: RouterAnswer(Outcome.FAILED, detail=daemons_text(absent))
        for name, absent in missing_daemons(suspects).items()
    }


def daemons_text(absent: Sequence[str]) -> str:
    """The operator's text for daemons that are not running."""
    names = ", ".join(absent)
    return tr(
        vi=f"{names} không chạy; watchfrr sẽ khởi động lại trong vòng một phút; xem journalctl -u frr",
        en=f"{names} is not running; watchfrr starts it again within a minute; see journalctl -u frr",
    )


def intended_text(scope: Scope, name: str) -> str:
    """The router's intended configuration; UsageError naming the secret that the inventory lacks."""
    try:
        return render_router(router_facts(scope.register, scope.network, name), scope.secrets)
    except KeyError as error:
        secret = error.args[0]
        raise UsageError(
            tr(
                vi=f"{name}: thiếu bí mật “{secret}” trong tệp secrets_file của inventory (hntt.yml)",
                en=f"{name}: secret '{secret}' is missing in the inventory's secrets_file (hntt.yml)",
            )
        ) from error


def _answer(scope: Scope, reading: ReadResult, intended: str) -> RouterAnswer:
    if reading.status != "ok":
        return RouterAnswer(_OUTCOMES[reading.status], detail=scope.secrets.mask(reading.detail))
    platform = get_platform(scope.target(reading.name).platform)
    # Most routers are as intended, and seeing that costs a tenth of working out a remediation.
    if same_configuration(platform, reading.text, intended):
        return _saved_or_not(scope, platform, reading)
    remediation = platform.remediate(reading.text, intended)
    if not remediation:
        return _saved_or_not(scope, platform, reading)
    changes = changes_from_diff(scope.secrets.mask(remediation.diff))
    return RouterAnswer(Outcome.DRIFT, changes, repairable=True)


def _saved_or_not(scope: Scope, platform: Platform, reading: ReadResult) -> RouterAnswer:
    """The right configuration runs; whether it also survives a restart."""
    left = unsaved(platform, reading.text, reading.startup)
    if left is None:
        return RouterAnswer(Outcome.CLEAN)
    return RouterAnswer(Outcome.DRIFT, (startup_change(left, scope.secrets.mask(left.diff)),), repairable=True)


def startup_change(left: Unsaved, masked_diff: str) -> Change:
    """What a restart would lose, as one finding: ``+`` is lost, ``-`` comes back."""
    return Change("saving", str(left.text), Cause.CHANGED, tuple(masked_diff.splitlines()))
