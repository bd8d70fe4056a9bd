"""Screen output that ends with ten readable lines instead of a row per host, and a JSON record of the run."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible import constants as C  # noqa: N812 - its usual name
from ansible import context
from ansible.plugins.callback.default import CallbackModule as DefaultCallback

from hntt.audit.model import Outcome, host_from_facts
from hntt.report.files import report_path, shown_path, write_report
from hntt.report.run import Failure, Run, run_lines, run_record

DOCUMENTATION = """
name: hntt_summary
type: stdout
short_description: the default screen output, with a summary of ten lines and a JSON record at the end
description:
  - Shows tasks as the default output does. Instead of one recap line per host it ends with counts per kind and
    district, the first failures with what to do next, and where the reports are.
  - Writes C(build/reports/<playbook>-<time>.json) below the project, and C(<playbook>-latest.json) beside it.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
options:
  reports_dir:
    description: Folder of the records. Default is C(build/reports) beside the playbook's folder.
    type: path
    env: [{name: HNTT_REPORTS_DIR}]
    ini: [{section: hntt, key: reports_dir}]
"""

_QUIET_ACTIONS = frozenset({"add_host", "ansible.builtin.add_host"})
_CONVERGING_ACTIONS = frozenset({"declared_state", "hntt_router_apply", "hntt_vcs_apply"})


class CallbackModule(DefaultCallback):
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "hntt_summary"

    def __init__(self) -> None:
        super().__init__()
        self._begun = time.monotonic()
        self._run: Run | None = None
        self._waiting_play: Any = None
        self._folder = Path("build/reports")

    def v2_playbook_on_start(self, playbook: Any) -> None:
        super().v2_playbook_on_start(playbook)
        path = Path(playbook._file_name)
        given = self.get_option("reports_dir")
        self._folder = Path(given) if given else path.absolute().parent.parent / "build" / "reports"
        self._run = Run(
            playbook=path.stem,
            started=datetime.now().astimezone(),
            check=bool(context.CLIARGS.get("check")),
            limit=str(context.CLIARGS.get("subset") or ""),
            inventory=tuple(str(item) for item in context.CLIARGS.get("inventory") or ()),
        )

    def v2_playbook_on_play_start(self, play: Any) -> None:
        # A play without hosts is the normal case in a run with nothing to do: its title waits for a task.
        self._play = play
        self._waiting_play = play

    def v2_playbook_on_no_hosts_matched(self) -> None:
        if self._display.verbosity:
            self._title()
            super().v2_playbook_on_no_hosts_matched()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._title()
        super().v2_playbook_on_task_start(task, is_conditional)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._title()
        super().v2_playbook_on_handler_task_start(task)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        if self._display.verbosity:
            super().v2_playbook_on_include(included_file)

    def _title(self) -> None:
        if self._waiting_play is not None:
            super().v2_playbook_on_play_start(self._waiting_play)
            self._waiting_play = None

    def v2_runner_on_ok(self, result: Any) -> None:
        self._note(result)
        if result.task.action in _QUIET_ACTIONS and not self._display.verbosity:
            return
        super().v2_runner_on_ok(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        if result.task.action not in _QUIET_ACTIONS:
            super().v2_runner_item_on_ok(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._note(result)
        if not ignore_errors and self._run:
            self._run.failures.append(self._failure(result))
        if not self._told_later(result):
            super().v2_runner_on_failed(result, ignore_errors=ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._note(result)
        if self._run:
            self._run.failures.append(self._failure(result))
        if not self._told_later(result):
            super().v2_runner_on_unreachable(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        run = self._run
        if run is None:
            super().v2_playbook_on_stats(stats)
            return
        if self._display.verbosity:
            super().v2_playbook_on_stats(stats)
        run.changed = set(stats.changed)
        run.failed, run.dark = set(stats.failures), set(stats.dark)
        seconds = time.monotonic() - self._begun
        self._write_record(run, seconds)
        self._display.display("")
        for line in run_lines(run, seconds):
            self._display.display(line)

    def _told_later(self, result: Any) -> bool:
        """Whether the closing lines say it better; a short line is shown now instead of the whole result."""
        if self._display.verbosity or not result.result.get("hntt_told"):
            return False
        if self._last_task_banner != result.task._uuid:
            self._print_task_banner(result.task)
        reason = (str(result.result.get("msg") or "").splitlines() or [""])[0]
        word = "unreachable" if result.result.get("unreachable") else "failed"
        word = "by hand" if result.result.get("hntt_by_hand") else word
        self._display.display(f"{word}: [{self.host_label(result)}] {reason}", color=C.COLOR_ERROR)
        return True

    def _note(self, result: Any) -> None:
        """What an action of the project reports beside its ordinary result."""
        if self._run is None:
            return
        name = result.host.get_name()
        self._run.hosts.setdefault(name, host_from_facts(name, result.host.vars.get("hntt") or {}))
        if result.task.action in _CONVERGING_ACTIONS:
            self._run.worked_on.add(name)
        if result.result.get("hntt_by_hand"):
            self._run.by_hand[name] = list(result.result["hntt_by_hand"])
        told = result.result.get("hntt_report")
        if not isinstance(told, dict):
            return
        for host, facts in (told.get("hosts") or {}).items():
            self._run.hosts[host] = host_from_facts(host, facts)
            self._run.collected[host] = Outcome(facts["outcome"])
        self._run.by_hand.update({host: list(todo) for host, todo in (told.get("by_hand") or {}).items()})
        self._run.converging = bool(told.get("converging", self._run.converging))
        self._run.lines = list(told.get("lines") or self._run.lines)
        self._run.reports.update(told.get("reports") or {})
        self._run.extra.update(told.get("extra") or {})

    def _failure(self, result: Any) -> Failure:
        found = result.result
        text = str(found.get("msg") or found.get("stderr") or found.get("exception") or "")
        return Failure(
            host=result.host.get_name(),
            task=result.task.get_name(),
            text=text,
            next_step=str(found.get("hntt_next") or ""),
            told=bool(found.get("hntt_told")),
        )

    def _write_record(self, run: Run, seconds: float) -> None:
        known = run.reports.get("json")
        path = Path(known) if known else report_path(self._folder, run.playbook, run.started, "json")
        run.reports["json"] = shown_path(path)
        record = run_record(run, seconds)
        if known and path.is_file():
            record = {**json.loads(path.read_text(encoding="utf-8")), "run": record}
        try:
            write_report(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n", run.playbook)
        except OSError as error:
            self._display.warning(f"{path}: {error}")
