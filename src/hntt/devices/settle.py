"""After a failed change: look at the device until it is known to be as before, and say what was seen."""

from __future__ import annotations

import time
from contextlib import suppress

from hntt.devices.change import Change
from hntt.devices.mechanism import GuardError, NotPendingError
from hntt.devices.results import ApplyResult
from hntt.devices.session import SessionError
from hntt.devices.texts import Text

_LOOKS_AT_A_STRAY = 4

_NOTHING_SENT = Text(vi="chưa gửi dòng nào", en="no line was sent")
_READ_BACK = Text(
    vi="cấu hình cũ đã được đọc lại trên thiết bị",
    en="the old configuration was read back from the device",
)
_STILL_ARMED = Text(
    vi="cấu hình cũ đã được đọc lại, nhưng thiết bị VẪN CÒN hẹn hoàn tác; cần người xử lý",
    en="the old configuration was read back, but the revert is STILL armed on the device; an operator must act",
)
_LEFT_CHANGED = Text(
    vi="thiết bị KHÔNG trở về cấu hình cũ; cần người xử lý",
    en="the device did NOT return to its old configuration; an operator must act",
)
_OUT_OF_REACH = Text(
    vi="không liên lạc lại được với thiết bị sau khi hết giờ hoàn tác; cần kiểm tra tại chỗ",
    en="the device could not be reached again after its revert time; it must be checked on site",
)


def settle(change: Change, cause: Text) -> ApplyResult:
    """Have the old configuration back, at once where the device can be asked, else by its own timer.

    Looks again in new sessions until the time of the timer and its margin are over.
    """
    with change.step("settle", str(cause)):
        return _Settling(change, cause).run()


class _Settling:
    """What has been tried so far; each look at the device decides on one more action."""

    def __init__(self, change: Change, cause: Text) -> None:
        self._change = change
        self._cause = cause
        self._asked_back = False
        self._strays = 0
        self._last_seen: str | None = None

    def run(self) -> ApplyResult:
        while True:
            self._last_seen = None
            try:
                result = self._look()
            except (SessionError, GuardError) as error:
                self._change.evidence["last_look"] = str(error)
                result = None
            if result is not None:
                return result
            if self._change.is_overdue and not self._is_restoring:
                return self._give_up()
            time.sleep(self._change.timing.poll_s)

    @property
    def _is_restoring(self) -> bool:
        """The device answers and nothing is pending: the old configuration is sent line by line, or looked for."""
        return self._strays > 0 and self._last_seen is not None

    def _look(self) -> ApplyResult | None:
        """One look in a new session, and the action that follows from it; ``None`` means look again."""
        change = self._change
        change.link.fresh()
        pending = change.mechanism.pending(change.link)
        running = self._last_seen = change.link.running()
        change.note_running(running)
        if change.is_as_before(running):
            return self._as_before(pending)
        holds = change.confirming and change.is_intended(running)
        if pending is not None:
            self._strays = 0
            self._act_while_pending(holds=holds)
            return None
        if holds:  # the confirmation had arrived before the session broke
            return change.save_and_report()
        self._strays += 1
        if self._strays > _LOOKS_AT_A_STRAY:
            return self._give_up()  # nothing is pending and nothing more can be tried: time changes nothing
        if self._strays > 1:  # twice: not merely a rollback seen half-way
            self._restore(running)
        return None

    def _as_before(self, pending: str | None) -> ApplyResult | None:
        change = self._change
        if pending is not None:
            self._strays = 0
            with suppress(NotPendingError):
                change.mechanism.confirm(change.link)  # nothing is changed, so this only disarms
            return None
        if change.sent:
            return change.result("reverted", _after(self._cause, _READ_BACK))
        return change.result("failed_untouched", _after(self._cause, _NOTHING_SENT))

    def _act_while_pending(self, *, holds: bool) -> None:
        change = self._change
        if holds and not change.timer_may_have_fired:
            change.mechanism.confirm(change.link)
        elif not self._asked_back:
            self._asked_back = True
            change.mechanism.revert_now(change.link)

    def _restore(self, running: str) -> None:
        """The device's own way back is gone and the old configuration is not there: send it line by line."""
        change = self._change
        back = change.platform.remediate(running, change.kept)
        change.evidence["restored_by"] = "lines"
        change.mechanism.restore(change.link, back.commands)

    def _give_up(self) -> ApplyResult:
        change, seen = self._change, self._last_seen
        if seen is None:
            return change.result("unknown", _after(self._cause, _OUT_OF_REACH))
        if change.is_as_before(seen):
            return change.result("reverted", _after(self._cause, _STILL_ARMED))
        change.evidence["left"] = change.platform.remediate(seen, change.kept).diff
        return change.result("left_changed", _after(self._cause, _LEFT_CHANGED))


def _after(cause: Text, seen: Text) -> Text:
    return Text(vi=f"{cause.vi}; {seen.vi}", en=f"{cause.en}; {seen.en}")
