"""One guarded change as it goes: what is known of the device, and the record of what was done and seen."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from hntt.devices import get_platform
from hntt.devices.guards import mechanism_for
from hntt.devices.mechanism import GuardError, Link, NotPendingError, RejectedError
from hntt.devices.platform import Remediation, same_configuration
from hntt.devices.results import ApplyResult, Outcome, Step
from hntt.devices.session import SessionError
from hntt.devices.startup import Unsaved, unsaved
from hntt.devices.target import Target
from hntt.devices.texts import Text

_CONFIRMED = Text(vi="đã thay đổi và xác nhận", en="changed and confirmed")


@dataclass(frozen=True)
class Timing:
    """How patient a guarded change is, in seconds."""

    reconnect_s: float = 30.0
    poll_s: float = 1.0
    margin_s: float = 90.0


class Change:
    """The change of one device; ``guard`` takes it through its steps, ``settle`` through a failure.

    ``armed_until`` is the earliest moment at which the device's timer can fire (``time.monotonic``).
    """

    def __init__(
        self,
        target: Target,
        intended: str,
        confirm_timeout_s: int,
        timing: Timing,
        reason: str,
        on_step: Callable[[Step], None] | None,
    ) -> None:
        self.target, self.intended, self.reason, self.timing = target, intended, reason, timing
        self.platform = get_platform(target.platform)
        self.mechanism = mechanism_for(target.platform)
        self.link = Link(target, self.platform)
        self.confirm_timeout_s = confirm_timeout_s
        self.armed_until = 0.0
        self.kept = ""
        self.running = ""
        self.remediation = Remediation((), (), "")
        self.sent: list[str] = []
        self.evidence: dict[str, str] = {}
        self.confirming = False
        self._on_step = on_step
        self._steps: list[Step] = []

    @property
    def timer_may_have_fired(self) -> bool:
        """Whether the device may already be going back by itself."""
        return time.monotonic() >= self.armed_until

    @property
    def is_overdue(self) -> bool:
        """Whether the timer must have fired, and the device had time to go back and answer again."""
        return time.monotonic() >= self.armed_until + self.timing.margin_s

    def confirm(self) -> None:
        """Disarm for good; ``NotPendingError`` when the device went back instead.

        A way back that fires and ends between two looks of the mechanism leaves nothing pending either, so a
        confirmation as late as that only counts when the intended configuration is read afterwards.
        """
        self.confirming = True
        self.mechanism.confirm(self.link)
        if self.timer_may_have_fired and not self.is_intended(self.link.running()):
            raise NotPendingError

    def unsaved(self) -> Unsaved | None:
        """What a restart would lose of the configuration that was last read, or bring back; reads the startup one."""
        return unsaved(self.platform, self.running, self.mechanism.startup(self.link))

    def save_and_report(self, done: Text = _CONFIRMED) -> ApplyResult:
        """Make the confirmed configuration the startup one and read it back; tried once more in a new session."""
        with self.step("save"):
            problem = self._save() and self._save()
        if problem is None:
            self.evidence.pop("not_saved", None)
            return self.result("confirmed", done, saved=True)
        message = Text(
            vi=f"đã xác nhận nhưng CHƯA LƯU ({problem.vi}); khởi động lại sẽ mất cấu hình này: đừng khởi động lại,"
            " hãy sửa nguyên nhân rồi chạy lại để lưu",
            en=f"confirmed but NOT SAVED ({problem.en}); a restart loses this configuration: do not restart the router,"
            " mend the cause and run again, which saves it",
        )
        return self.result("confirmed", message)

    def _save(self) -> Text | None:
        try:
            self.mechanism.save(self.link)
            left = self.unsaved()
        except (SessionError, GuardError) as error:
            self.link.fresh()
            return error.text
        if left is None:
            return None
        self.link.fresh()
        self.evidence["not_saved"] = left.diff
        return Text(vi=f"đọc lại không đúng: {left.text.vi}", en=f"it reads back differently: {left.text.en}")

    def note_failure(self, error: SessionError | GuardError) -> None:
        """Keep what the device said."""
        self.evidence["failure"] = str(error)
        if isinstance(error, RejectedError):
            line = self.evidence["rejected_line"] = self.platform.mask(error.line)
            # Devices repeat the line in their complaint, where no pattern for a secret would find it.
            self.evidence["answer"] = self.platform.mask(error.answer.replace(error.line, line))

    def note_running(self, running: str) -> None:
        """Keep what was last read back."""
        self.running = running
        self.evidence["running_after"] = self.fingerprint(running)

    def is_as_before(self, running: str) -> bool:
        """Whether the device holds the configuration that was kept."""
        return same_configuration(self.platform, self.kept, running)

    def is_intended(self, running: str) -> bool:
        """Whether the device holds the intended configuration."""
        return not self.platform.remediate(running, self.intended)

    def fingerprint(self, text: str) -> str:
        """A short hash of the configuration that is compared."""
        return hashlib.sha256(self.platform.normalise(text).encode()).hexdigest()[:16]

    @contextmanager
    def step(self, name: str, detail: str = "") -> Iterator[None]:
        """Record a step, also when it fails."""
        at, begun, seen = datetime.now(UTC).isoformat(timespec="milliseconds"), time.monotonic(), detail
        try:
            yield
        except (SessionError, GuardError) as error:
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
            target=self.target.name,
            outcome=outcome,
            message=message,
            diff=self.remediation.diff,
            commands_sent=tuple(self.platform.mask(line) for line in self.sent),
            steps=tuple(self._steps),
            saved=saved,
            reason=self.reason,
            evidence=dict(self.evidence),
        )
