"""The confirmed change of IOS: ``configure terminal revert timer``, else ``reload in``.

The first keeps the running configuration in the archive and rolls back to it by itself; it needs ``archive`` with
a ``path``. The second restarts the router from its startup configuration, so it only serves when that is what runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from hntt.devices.mechanism import (
    AlreadyPendingError,
    ArmError,
    GuardError,
    Link,
    NotPendingError,
    RejectedError,
    UnreadableStartupError,
)
from hntt.devices.startup import unsaved
from hntt.devices.texts import Text

_NO_ROLLBACK = "No Rollback Confirmed Change pending"
_NO_RELOAD = "No reload is scheduled"


class IosGuard:
    """The mechanism of ``cisco_ios``."""

    def window_s(self, confirm_timeout_s: int) -> int:
        """IOS counts in minutes."""
        return _minutes(confirm_timeout_s) * 60

    def pending(self, link: Link) -> str | None:
        """A pending rollback or a scheduled reload."""
        for command, nothing in (
            ("show archive config rollback timer", _NO_ROLLBACK),
            ("show reload", _NO_RELOAD),
        ):
            answer = link.cli.run(command)
            if nothing not in answer and not link.platform.quirks.error_in(answer):
                return " | ".join(line.strip() for line in answer.splitlines() if line.strip())
        return None

    def arm(self, link: Link, running: str, commands: Sequence[str], confirm_timeout_s: int) -> None:
        """Enter configuration mode with the revert timer; where the archive is missing, schedule a reload."""
        minutes = _minutes(confirm_timeout_s)
        command = f"configure terminal revert timer {minutes}"
        answer = link.cli.run(command)
        if self._is_armed_and_configuring(link):
            return
        if self.pending(link) is not None:
            raise AlreadyPendingError
        self._schedule_reload(link, running, minutes, RejectedError(command, answer))
        link.demand("configure terminal")

    def _is_armed_and_configuring(self, link: Link) -> bool:
        """Seen by a command that only configuration mode takes, whatever the words of a refusal are."""
        answer = link.cli.run("do show archive config rollback timer")
        return _NO_ROLLBACK not in answer and not link.platform.quirks.error_in(answer)

    def _schedule_reload(self, link: Link, running: str, minutes: int, refusal: RejectedError) -> None:
        if unsaved(link.platform, running, self.startup(link)) is not None:
            raise ArmError(
                Text(
                    vi=f"không hẹn giờ hoàn tác được ({refusal.answer}); cũng không dùng được “reload in” vì cấu hình"
                    " khởi động khác cấu hình đang chạy; hãy bật “archive” hoặc lưu cấu hình trước",
                    en=f"the revert timer cannot be armed ({refusal.answer}), and `reload in` would not bring the"
                    " running configuration back because the startup one differs; enable `archive`, or save first",
                )
            )
        answer = link.cli.run(f"reload in {minutes}", expect=r"\[(?:confirm|yes/no)\]:? ?$")
        if "[yes/no]" in answer:  # "System configuration has been modified. Save?"
            answer = link.cli.run("no", expect=r"\[confirm\] ?$")
        link.cli.run("")
        if link.cli.run("show reload").startswith(_NO_RELOAD):
            raise ArmError(Text(vi="router không nhận “reload in”", en="the router did not take `reload in`"))

    def send(self, link: Link, commands: Iterable[str], sent: Callable[[str], None]) -> None:
        """Send the lines in the configuration mode that arming has entered."""
        link.send(commands, sent)
        link.demand("end")

    def confirm(self, link: Link) -> None:
        """``configure confirm``, or ``reload cancel``."""
        if _NO_ROLLBACK not in link.cli.run("show archive config rollback timer"):
            answer = link.cli.run("configure confirm")
            if _NO_ROLLBACK in answer:
                raise NotPendingError
        elif _NO_RELOAD not in link.cli.run("show reload"):
            link.cli.run("reload cancel")
        else:
            raise NotPendingError

    def save(self, link: Link) -> None:
        """``write memory``."""
        answer = link.cli.run("write memory")
        if "[OK]" not in answer:
            said = answer.strip()
            raise GuardError(Text(vi=f"“write memory” báo: {said}", en=f"`write memory` says: {said}"))

    def startup(self, link: Link) -> str | None:
        """``show startup-config``."""
        quirks = link.platform.quirks
        text = quirks.startup_in(link.cli.run(str(quirks.startup)))
        refusal = quirks.error_in("\n".join(text.splitlines()[:3]))
        if refusal is not None:
            raise UnreadableStartupError(refusal)
        return text

    def revert_now(self, link: Link) -> bool:
        """``configure revert now``; a scheduled reload is waited for."""
        answer = link.cli.run("configure revert now")
        return _NO_ROLLBACK not in answer

    def restore(self, link: Link, commands: Iterable[str]) -> None:
        """Enter the lines in configuration mode."""
        link.demand("configure terminal")
        link.send(commands, lambda line: None)
        link.demand("end")


def _minutes(seconds: int) -> int:
    return max(1, math.ceil(seconds / 60))
