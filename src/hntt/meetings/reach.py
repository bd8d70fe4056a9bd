"""Asking the MCU servers over SSH: their own program speaks with Asterisk, so its manager port is open to nobody."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from hntt.audit.linux_hosts import problem
from hntt.audit.model import Outcome
from hntt.audit.shells import Said, run_everywhere
from hntt.devices.target import Target
from hntt.i18n import tr
from hntt.meetings.live import ServerView

PROGRAM = "/usr/local/sbin/hntt-meetings"
"""Where the role puts it; in full, for sudo and login shells look into different folders."""
_ABSENT, _IDLE, _SAID = "hntt-absent", "hntt-idle", "hntt-rc"
_ASK = (
    f"if test -x {PROGRAM}; then sudo -n {PROGRAM} show 2>&1; echo {_SAID} $?; "
    f"elif systemctl is-active -q asterisk; then echo {_ABSENT}; else echo {_IDLE}; fi"
)
READ_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class NoView:
    """Why a server's rooms are not known. ``is_idle``: it runs no Asterisk yet, so nobody can meet on it."""

    text: str
    is_idle: bool = False


Views = Mapping[str, ServerView | NoView]


def not_asked() -> str:
    """Why a server has no view at all."""
    return tr(vi="ngoài --limit nên không hỏi", en="outside --limit, so it was not asked")


def look(targets: Mapping[str, Target], tick: Callable[[], object] | None = None) -> dict[str, ServerView | NoView]:
    """Every server's rooms, all asked at once. Never raises for a single server."""
    said = run_everywhere({host: (target, [_ASK]) for host, target in targets.items()}, tick)
    return {host: view_of(item) for host, item in said.items()}


def with_patience(target: Target) -> Target:
    """The target with the time a server may take for an answer; a router's would be too long for a person."""
    return replace(target, read_timeout_s=READ_TIMEOUT_S)


def command(targets: Mapping[str, Target], wanted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Run the program on servers, once per argument list (``open 2007 …``); what went wrong, by server."""
    programs = {host: [f"sudo -n {PROGRAM} {line} 2>&1; echo {_SAID} $?" for line in wanted[host]] for host in wanted}
    said = run_everywhere({host: (targets[host], lines) for host, lines in programs.items()})
    return {host: text for host, item in said.items() if (text := _failure(item))}


def words(*arguments: str) -> str:
    """The arguments as a shell takes them."""
    return shlex.join(arguments)


def view_of(said: Said) -> ServerView | NoView:
    """What a server's answer means."""
    if said.error is not None:
        return NoView(_why(said.error))
    text = said.outputs[0].strip()
    if text == _IDLE:
        return NoView(tr(vi="chưa có Asterisk chạy trên máy", en="no Asterisk runs on it yet"), is_idle=True)
    if text == _ABSENT:
        return NoView(
            tr(
                vi="Asterisk chạy nhưng chưa có dịch vụ giữ cuộc họp (chạy site.yml cho máy này)",
                en="Asterisk runs, but not the service that keeps meetings (run site.yml on it)",
            )
        )
    answer, code = _split(text)
    if code != "0":
        return NoView(_last(answer))
    try:
        return ServerView.from_json(json.loads(answer))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return NoView(tr(vi=f"trả lời không hiểu được: {error}", en=f"an answer that makes no sense: {error}"))


def _failure(said: Said) -> str:
    if said.error is not None:
        return _why(said.error)
    wrong = [answer for answer, code in map(_split, said.outputs) if code != "0"]
    return "; ".join(map(_last, wrong))


def _why(error: Exception) -> str:
    outcome = problem(error)
    return outcome.label if outcome is not Outcome.FAILED else str(error) or type(error).__name__


def _split(text: str) -> tuple[str, str]:
    answer, _, code = text.strip().rpartition(_SAID)
    return answer.strip(), code.strip()


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else tr(vi="không trả lời", en="no answer")
