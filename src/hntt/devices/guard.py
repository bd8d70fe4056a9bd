"""The guarded change: read, refuse if one is pending, arm the way back, send, look again, only then confirm.

Whatever goes wrong after arming, the old configuration comes back, at once where the device can be reached and by
the device's own timer where not. The result says what was *seen* afterwards, read back in a new session.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from hntt.devices import get_platform
from hntt.devices.guards import mechanism_for
from hntt.devices.mechanism import ArmError, GuardError, Link, RejectedError
from hntt.devices.platform import Remediation, same_configuration
from hntt.devices.results import ApplyResult, GuardStatus, Outcome, ProbeResult, Step
from hntt.devices.session import SessionError
from hntt.devices.settle import settle
from hntt.devices.target import Target
from hntt.devices.texts import Text

_PENDING_ADVICE = Text(
    vi="chờ thiết bị tự hoàn tác (wait_for_revert) rồi chạy lại; đừng xác nhận thay người khác",
    en="wait until the device has reverted by itself (wait_for_revert) and run again; do not confirm for others",
)


@dataclass(frozen=True)
class Timing:
    """How patient a guarded change is, in seconds."""

    reconnect_s: float = 30.0
    poll_s: float = 1.0
    margin_s: float = 90.0


def guarded_apply(
    target: Target,
    intended: str,
    *,
    probe: Callable[[], ProbeResult],
    check: bool = False,
    confirm_timeout_s: int = 120,
    reason: str = "",
    timing: Timing | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> ApplyResult:
    """Bring a device to the intended configuration, or leave it as it was, and say which.

    ``probe`` is the caller's check that the service works, called after the change and before the confirmation;
    an exception from it counts as a failure. ``reason`` is recorded. Never raises for what a device does.
    """
    change = Change(target, intended, probe, confirm_timeout_s, timing or Timing(), reason, on_step)
    try:
        return change.run(check=check)
    finally:
        change.link.fresh()


def guard_status(target: Target) -> GuardStatus:
    """Whether a guarded change is pending on the device; raises ``SessionError``."""
    link = Link(target, get_platform(target.platform))
    try:
        pending = mechanism_for(target.platform).pending(link)
    finally:
        link.fresh()
    nothing = Text(vi="không có thay đổi nào đang chờ xác nhận", en="no guarded change is pending")
    return GuardStatus(target.name, pending is not None, pending or "", _PENDING_ADVICE if pending else nothing)


def wait_for_revert(target: Target, *, timeout_s: float, poll_s: float = 1.0) -> GuardStatus:
    """Wait until no guarded change is pending any more; returns the last status that was seen.

    Raises the last ``SessionError`` when the device could not be reached at the end of the time.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            status = guard_status(target)
        except SessionError:
            if time.monotonic() >= deadline:
                raise
        else:
            if not status.pending or time.monotonic() >= deadline:
                return status
        time.sleep(poll_s)


class Change:
    """One guarded change as it goes: what is known of the device, and the record of steps."""

    def __init__(
        self,
        target: Target,
        intended: str,
        probe: Callable[[], ProbeResult],
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
        self.deadline = 0.0
        self.kept = ""
        self.remediation = Remediation((), (), "")
        self.sent: list[str] = []
        self.evidence: dict[str, str] = {}
        self.confirming = False
        self._probe, self._on_step = probe, on_step
        self._steps: list[Step] = []

    def run(self, *, check: bool) -> ApplyResult:
        """The six steps."""
        early = self._before(check=check)
        if early is not None:
            return early
        try:
            self._arm()
            self._send()
            self._look_again()
            self._confirm()
        except ArmError as error:
            return self.result("refused", error.text)
        except (SessionError, GuardError) as error:
            self.note_failure(error)
            return settle(self, error.text)
        return self.save_and_report()

    def _before(self, *, check: bool) -> ApplyResult | None:
        """Steps that touch nothing: read, look for a pending guard, compare."""
        try:
            with self.step("read"):
                self.kept = self.link.running()
                self.evidence["running_before"] = self.fingerprint(self.kept)
            with self.step("pending"):
                pending = self.mechanism.pending(self.link)
        except (SessionError, GuardError) as error:
            return self.result("failed_untouched", error.text)
        if pending is not None:
            self.evidence["pending"] = self.platform.mask(pending)
            return self.result("refused", _refused_text(self.target.name))
        with self.step("compare"):
            self.remediation = self.platform.remediate(self.kept, self.intended)
        if not self.remediation:
            return self.result("unchanged", Text(vi="đã đúng cấu hình", en="already as intended"))
        if check:
            return self.result("would_change", Text(vi="sẽ thay đổi; chưa gửi gì", en="would change; nothing was sent"))
        return None

    def _arm(self) -> None:
        window = self.mechanism.window_s(self.confirm_timeout_s)
        self.deadline = time.monotonic() + window + self.timing.margin_s
        with self.step("arm", f"{window} s"):
            self.mechanism.arm(self.link, self.kept, self.remediation.commands, self.confirm_timeout_s)

    def _send(self) -> None:
        with self.step("send", f"{len(self.remediation.commands)}"):
            self.mechanism.send(self.link, self.remediation.commands, self.sent.append)

    def _look_again(self) -> None:
        """A new session, the configuration read back, and the service probed."""
        with self.step("reconnect"):
            running = self._read_in_new_session()
        with self.step("verify"):
            left = self.platform.remediate(running, self.intended)
            if left:
                self.evidence["not_taken"] = left.diff
                raise GuardError(
                    Text(
                        vi="thiết bị nhận lệnh nhưng cấu hình đọc lại không đúng như dự kiến",
                        en="the device took the lines, but what it reads back is not what was intended",
                    )
                )
        with self.step("probe"):
            found = self._ask_probe()
            self.evidence["probe"] = self.platform.mask(found.detail)
            if not found.ok:
                seen = found.detail
                raise GuardError(Text(vi=f"kiểm tra dịch vụ thất bại: {seen}", en=f"the probe failed: {seen}"))

    def _read_in_new_session(self) -> str:
        """Routing may need some seconds after a change, so a refused connection is tried again for a while."""
        give_up = time.monotonic() + self.timing.reconnect_s
        while True:
            self.link.fresh()
            try:
                return self.link.running()
            except SessionError as error:
                if error.problem in ("auth_failed", "hostkey_changed") or time.monotonic() >= give_up:
                    raise
            time.sleep(min(self.timing.poll_s, 1.0))

    def _ask_probe(self) -> ProbeResult:
        try:
            return self._probe()
        except Exception as error:  # the probe is foreign code; whatever it raises is a failure
            return ProbeResult(False, f"{type(error).__name__}: {error}")

    def _confirm(self) -> None:
        with self.step("confirm"):
            self.confirming = True
            self.mechanism.confirm(self.link)

    def save_and_report(self) -> ApplyResult:
        """Make the confirmed configuration the startup one; tried once more in a new session."""
        with self.step("save"):
            problem = self._save() and self._save()
        self.evidence["running_after"] = self.evidence.get("running_after", self.fingerprint(self.intended))
        if problem is not None:
            message = Text(
                vi=f"đã xác nhận nhưng CHƯA LƯU ({problem.vi}); khởi động lại sẽ về cấu hình cũ",
                en=f"confirmed but NOT SAVED ({problem.en}); a restart brings the old configuration back",
            )
            return self.result("confirmed", message)
        return self.result("confirmed", Text(vi="đã thay đổi và xác nhận", en="changed and confirmed"), saved=True)

    def _save(self) -> Text | None:
        try:
            self.mechanism.save(self.link)
        except (SessionError, GuardError) as error:
            self.link.fresh()
            return error.text
        return None

    def note_failure(self, error: SessionError | GuardError) -> None:
        """Keep what the device said."""
        self.evidence["failure"] = str(error)
        if isinstance(error, RejectedError):
            line = self.evidence["rejected_line"] = self.platform.mask(error.line)
            # Devices repeat the line in their complaint, where no pattern for a secret would find it.
            self.evidence["answer"] = self.platform.mask(error.answer.replace(error.line, line))

    def is_as_before(self, running: str) -> bool:
        """Whether the device holds the configuration that was kept."""
        return same_configuration(self.platform, self.kept, running)

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


def _refused_text(name: str) -> Text:
    return Text(
        vi=f"{name} đang chờ một thay đổi khác được xác nhận hoặc tự hoàn tác: {_PENDING_ADVICE.vi}",
        en=f"another guarded change is pending on {name}: {_PENDING_ADVICE.en}",
    )
