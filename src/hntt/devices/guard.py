"""The guarded change: read, refuse if one is pending, arm the way back, send, look again, only then confirm.

Whatever goes wrong after arming, the old configuration comes back, at once where the device can be reached and by
the device's own timer where not. The result says what was *seen* afterwards, read back in a new session.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from hntt.devices import get_platform
from hntt.devices.change import Change, Timing
from hntt.devices.guards import mechanism_for
from hntt.devices.mechanism import ArmError, GuardError, Link
from hntt.devices.platform import Remediation
from hntt.devices.results import ApplyResult, GuardStatus, ProbeResult, Step
from hntt.devices.session import SessionError
from hntt.devices.settle import settle
from hntt.devices.startup import Unsaved
from hntt.devices.target import Target
from hntt.devices.texts import Text

__all__ = ["Timing", "guard_status", "guarded_apply", "wait_for_revert"]

_PENDING_ADVICE = Text(
    vi="chờ thiết bị tự hoàn tác (wait_for_revert) rồi chạy lại; đừng xác nhận thay người khác",
    en="wait until the device has reverted by itself (wait_for_revert) and run again; do not confirm for others",
)


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
    change = Change(target, intended, confirm_timeout_s, timing or Timing(), reason, on_step)
    try:
        return _Guarded(change, probe).run(check=check)
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


class _Guarded:
    """The six steps, in their order."""

    def __init__(self, change: Change, probe: Callable[[], ProbeResult]) -> None:
        self._change = change
        self._probe = probe

    def run(self, *, check: bool) -> ApplyResult:
        """Until the change is confirmed and saved, or whatever came instead is known."""
        early = self._before(check=check)
        if early is not None:
            return early
        change = self._change
        try:
            self._arm()
            self._send()
            self._look_again()
            with change.step("confirm"):
                change.confirm()
        except ArmError as error:
            return change.result("refused", error.text)
        except (SessionError, GuardError) as error:
            change.note_failure(error)
            return settle(change, error.text)
        return change.save_and_report()

    def _before(self, *, check: bool) -> ApplyResult | None:
        """Steps that touch nothing: read, look for a pending guard, compare."""
        change = self._change
        try:
            with change.step("read"):
                change.kept = change.running = change.link.running()
                change.evidence["running_before"] = change.fingerprint(change.kept)
            with change.step("pending"):
                pending = change.mechanism.pending(change.link)
        except (SessionError, GuardError) as error:
            return change.result("failed_untouched", error.text)
        if pending is not None:
            change.evidence["pending"] = change.platform.mask(pending)
            return change.result("refused", _refused_text(change.target.name))
        with change.step("compare"):
            change.remediation = change.platform.remediate(change.kept, change.intended)
        if not change.remediation:
            return self._only_save(check=check)
        if check:
            return change.result(
                "would_change", Text(vi="sẽ thay đổi; chưa gửi gì", en="would change; nothing was sent")
            )
        return None

    def _only_save(self, *, check: bool) -> ApplyResult:
        """The right configuration runs. Where a restart would lose it, it is saved: nothing else is changed by that."""
        change = self._change
        try:
            with change.step("startup"):
                left = change.unsaved()
        except (SessionError, GuardError) as error:
            return change.result("failed_untouched", error.text)
        if left is None:
            return change.result("unchanged", Text(vi="đã đúng cấu hình", en="already as intended"))
        change.remediation = Remediation((), (), left.diff)
        if check:
            return change.result("would_change", _would_save(left))
        return change.save_and_report(_saved_only(left))

    def _arm(self) -> None:
        change = self._change
        window = change.mechanism.window_s(change.confirm_timeout_s)
        with change.step("arm", f"{window} s"):
            change.armed_until = time.monotonic() + window
            change.mechanism.arm(change.link, change.kept, change.remediation.commands, change.confirm_timeout_s)

    def _send(self) -> None:
        change = self._change
        with change.step("send", f"{len(change.remediation.commands)}"):
            change.mechanism.send(change.link, change.remediation.commands, self._before_line)

    def _before_line(self, line: str) -> None:
        """A line sent after the timer has fired would change the device without a guard."""
        if self._change.timer_may_have_fired:
            raise GuardError(
                Text(
                    vi="thiết bị chậm quá: gửi chưa xong thì đã hết giờ hoàn tác; hãy tăng confirm_timeout_s",
                    en="too slow: the revert timer ran out while lines were being sent; raise confirm_timeout_s",
                )
            )
        self._change.sent.append(line)

    def _look_again(self) -> None:
        """A new session, the configuration read back, and the service probed."""
        change = self._change
        with change.step("reconnect"):
            running = self._read_in_new_session()
            change.note_running(running)
        with change.step("verify"):
            left = change.platform.remediate(running, change.intended)
            if left:
                change.evidence["not_taken"] = left.diff
                raise GuardError(
                    Text(
                        vi="thiết bị nhận lệnh nhưng cấu hình đọc lại không đúng như dự kiến",
                        en="the device took the lines, but what it reads back is not what was intended",
                    )
                )
        with change.step("probe"):
            found = self._ask_probe()
            seen = change.evidence["probe"] = change.platform.mask(found.detail)
            if not found.ok:
                raise GuardError(Text(vi=f"kiểm tra dịch vụ thất bại: {seen}", en=f"the probe failed: {seen}"))

    def _read_in_new_session(self) -> str:
        """Routing may need some seconds after a change, so a refused connection is tried again for a while."""
        link, timing = self._change.link, self._change.timing
        give_up = time.monotonic() + timing.reconnect_s
        while True:
            link.fresh()
            try:
                return link.running()
            except SessionError as error:
                if error.problem in ("auth_failed", "hostkey_changed") or time.monotonic() >= give_up:
                    raise
            time.sleep(min(timing.poll_s, 1.0))

    def _ask_probe(self) -> ProbeResult:
        try:
            return self._probe()
        except Exception as error:  # the probe is foreign code; whatever it raises is a failure
            return ProbeResult(False, f"{type(error).__name__}: {error}")


def _would_save(left: Unsaved) -> Text:
    return Text(
        vi=f"cấu hình đang chạy đã đúng nhưng chưa lưu ({left.text.vi}); sẽ lưu; chưa gửi gì",
        en=f"the right configuration runs, but is not saved ({left.text.en}); would save it; nothing was sent",
    )


def _saved_only(left: Unsaved) -> Text:
    return Text(
        vi=f"cấu hình đang chạy đã đúng, nay đã lưu (trước đó {left.text.vi})",
        en=f"the right configuration was running and is saved now (before, {left.text.en})",
    )


def _refused_text(name: str) -> Text:
    return Text(
        vi=f"{name} đang chờ một thay đổi khác được xác nhận hoặc tự hoàn tác: {_PENDING_ADVICE.vi}",
        en=f"another guarded change is pending on {name}: {_PENDING_ADVICE.en}",
    )
