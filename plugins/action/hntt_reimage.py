"""Prepares the reimaging of commune PCs, updates them, and follows both in one table."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from rich.console import Console
from rich.live import Live

from hntt.errors import HnttError
from hntt.i18n import tr
from hntt.image.vault import Vault
from hntt.play import reimage
from hntt.play.actions import scope_of, scope_of_play
from hntt.play.inputs import inventory_config
from hntt.play.reimage_view import Standing, closing_lines, table

DOCUMENTATION = """
module: hntt_reimage
short_description: Reimages commune PCs by stick or by an A/B update, and follows them
description:
  - Runs once for all commune PCs of the play. Reports come from the centre over SSH; no PC is asked for them.
  - On a terminal one table is kept up to date; elsewhere a few lines are printed when something changed.
options:
  mode:
    description:
      - C(stick) makes tokens and seeds; C(tokens) sends the list of tokens again, as after a revocation.
      - C(update) starts A/B updates in waves and follows them; C(follow) only looks.
    type: str
    required: true
    choices: [stick, update, follow, tokens]
  image:
    description: Folder of a signed image.
    type: path
  out:
    description: Folder for the seeds.
    type: path
  days:
    description: How long tokens are good.
    type: int
    default: 30
  hours:
    description: How long to follow at most.
    type: float
    default: 1
  reason:
    description: Why PCs in a running meeting are updated all the same; recorded.
    type: str
    default: ""
"""

_ROWS_AROUND = 16
display = Display()


class ActionModule(ActionBase):
    """See DOCUMENTATION."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        super().run(tmp, variables)
        _, args = self.validate_argument_spec(
            argument_spec={
                "mode": {"type": "str", "required": True, "choices": list(reimage.MODES)},
                "image": {"type": "path"},
                "out": {"type": "path"},
                "days": {"type": "int", "default": 30},
                "hours": {"type": "float", "default": 1.0},
                "reason": {"type": "str", "default": ""},
            }
        )
        request = reimage.Request(
            args["mode"],
            Path(args["image"]) if args["image"] else None,
            Path(args["out"]) if args["out"] else None,
            args["days"],
            args["hours"],
            args["reason"],
            bool(self._task.check_mode),
        )
        try:
            if not 1 <= request.days <= 366 or not 0 < request.hours <= 240:
                raise AnsibleActionFail(
                    tr(vi="days: 1 đến 366; hours: trên 0 đến 240", en="days: 1 to 366; hours: up to 240")
                )
            outcome = self._done(request, variables)
        except HnttError as error:
            raise AnsibleActionFail(str(error)) from error
        return reimage.action_result(request, outcome)

    def _done(self, request: reimage.Request, variables: dict[str, Any]) -> reimage.Outcome:
        scope = scope_of_play(variables, self._loader)
        groups = variables["groups"]
        vault = Vault.of(inventory_config(scope.variables))
        fleet = reimage.Fleet.of(scope, vault, scope_of(list(groups.get("noc", [])), variables, self._loader))
        if request.mode == "tokens":
            return reimage.put_tokens(fleet, request)
        if request.mode == "stick":
            return reimage.prepare_sticks(fleet, request)
        with screen() as show:
            if request.mode == "follow":
                return reimage.follow(fleet, request, show)
            servers = scope_of(list(groups.get("mcu", [])), variables, self._loader) if groups.get("mcu") else None
            guard = (
                reimage.guard_of_pcs(scope, servers, fleet.hosts, request.reason)
                if servers
                else reimage.Guard(reason=request.reason)
            )
            return reimage.update(fleet, request, guard, show)


@contextmanager
def screen() -> Iterator[reimage.Show]:
    """Where to show how things stand: the operator's terminal, else lines in the output when something changed."""
    terminal = _terminal()
    if terminal is None:
        yield _Lines().show
        return
    with terminal:
        columns, lines = shutil.get_terminal_size()
        console = Console(file=terminal, force_terminal=True, width=columns)
        with Live(console=console, auto_refresh=False, transient=True) as live:

            def show(found: Sequence[Standing], now: datetime) -> None:
                live.update(table(found, now, max(lines - _ROWS_AROUND, 5)), refresh=True)

            yield show


class _Lines:
    def __init__(self) -> None:
        self._before: list[str] = []

    def show(self, found: Sequence[Standing], now: datetime) -> None:
        lines = closing_lines(found)
        if lines != self._before:
            self._before = lines
            display.display(f"{now:%H:%M:%S}" + "\n".join(lines))


def _terminal() -> TextIO | None:
    """The terminal of ansible-playbook: its worker, in which this runs, has none of its own."""
    try:
        place = str(Path(f"/proc/{os.getppid()}/fd/1").readlink())
        return Path(place).open("w", encoding="utf-8") if place.startswith(("/dev/pts/", "/dev/tty")) else None
    except OSError:
        return None
