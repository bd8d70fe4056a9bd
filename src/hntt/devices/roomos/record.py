"""The record of one unit's change: steps, what was sent (secrets left out), what was seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from hntt.devices.results import ApplyResult, Outcome, Step
from hntt.devices.roomos.compare import HIDDEN, Comparison, secret_line
from hntt.devices.roomos.state import Registration, UnitState
from hntt.devices.texts import Text
from hntt.intent.vcs import Leaf


class Record:
    """What happened so far."""

    def __init__(self, target: str, reason: str, on_step: Callable[[Step], None] | None) -> None:
        self.reason = reason
        self.evidence: dict[str, str] = {}
        self._target = target
        self._on_step = on_step
        self._steps: list[Step] = []
        self._sent: list[str] = []
        self._diff = ""

    def note_plan(self, state: UnitState, found: Comparison, secrets: Sequence[Leaf]) -> None:
        """What was found before anything is sent, and what is going to be."""
        lines = [line for item in found.differing for line in item.lines]
        self._diff = "\n".join([*lines, *map(secret_line, secrets)])
        self.evidence |= {"software": state.version, "registration_before": str(state.registration)}
        if found.absent:
            self.evidence["absent"] = ", ".join(leaf.path for leaf in found.absent)

    def note_registration(self, now: Registration) -> None:
        """How the unit stands with its registrar after the change."""
        self.evidence["registration"] = str(now)

    def sent(self, leaf: Leaf) -> None:
        """A leaf goes out."""
        self._sent.append(f"xConfiguration {leaf.path}: {HIDDEN if leaf.secret else leaf.written}")
        if leaf.restart:
            pending = self.evidence.get("restart_pending", "")
            self.evidence["restart_pending"] = f"{pending}, {leaf.path}".lstrip(", ")

    @contextmanager
    def step(self, name: str, detail: str = "") -> Iterator[None]:
        """Record a step, also when it fails."""
        at, begun, seen = datetime.now(UTC).isoformat(timespec="milliseconds"), time.monotonic(), detail
        try:
            yield
        except Exception as error:
            seen = str(error)
            raise
        finally:
            done = Step(name, at, round(time.monotonic() - begun, 3), seen)
            self._steps.append(done)
            if self._on_step is not None:
                self._on_step(done)

    def result(self, outcome: Outcome, message: Text, *, saved: bool = False) -> ApplyResult:
        """The record as it stands."""
        return ApplyResult(
            target=self._target,
            outcome=outcome,
            message=message,
            diff=self._diff,
            commands_sent=tuple(self._sent),
            steps=tuple(self._steps),
            saved=saved,
            reason=self.reason,
            evidence=dict(self.evidence),
        )
