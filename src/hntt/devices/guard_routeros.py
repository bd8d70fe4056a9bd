"""The confirmed change of RouterOS: a scheduler loads the backup that was saved before the change.

``/import`` of an export only adds, so it is no way back; ``/system backup load`` restores everything, the scheduler
included, and restarts the router. A second scheduler does the same at the next start, because RouterOS stores every
command at once and has no startup configuration of its own. Both vanish with the restore. From the documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from hntt.devices.mechanism import AlreadyPendingError, ArmError, GuardError, Link, NotPendingError, RejectedError
from hntt.devices.session import SessionError
from hntt.devices.texts import Text

NAME = "hntt-kept"
_SCHEDULERS = '/system scheduler find where name~"^hntt-revert"'


class RouterosGuard:
    """The mechanism of ``mikrotik_routeros``."""

    def window_s(self, confirm_timeout_s: int) -> int:
        """The scheduler counts in seconds."""
        return confirm_timeout_s

    def pending(self, link: Link) -> str | None:
        """The schedulers that would restore."""
        count = _number(link, f":put [:len [{_SCHEDULERS}]]")
        return f"{count} hntt-revert scheduler(s)" if count else None

    def arm(self, link: Link, running: str, commands: Sequence[str], confirm_timeout_s: int) -> None:
        """Save a backup, see that it is there, add the schedulers."""
        if self.pending(link) is not None:  # then the backup is another change's way back
            raise AlreadyPendingError
        name = self._backup_name(link)
        load = f'on-event="/system backup load name={name} password=\\"\\""'
        try:
            link.demand(f"/system backup save name={name} dont-encrypt=yes")
            if _number(link, f':put [:len [/file find where name="{name}.backup"]]') != 1:
                raise ArmError(Text(vi="router không giữ được bản sao lưu", en="the router did not keep the backup"))
            link.demand(f"/system scheduler add name=hntt-revert interval={confirm_timeout_s}s {load}")
            self._also_at_boot(link, load)
        except RejectedError as refusal:
            raise ArmError(
                Text(
                    vi=f"không sao lưu được hoặc không hẹn được giờ hoàn tác: {refusal.answer}",
                    en=f"the backup could not be saved, or the revert not be scheduled: {refusal.answer}",
                )
            ) from refusal

    def _also_at_boot(self, link: Link, load: str) -> None:
        """Both or none: one alone would restart a router to which nothing was sent."""
        try:
            link.demand(f"/system scheduler add name=hntt-revert-boot start-time=startup {load}")
        except RejectedError:
            link.demand("/system scheduler remove [find where name=hntt-revert]")
            raise

    def _backup_name(self, link: Link) -> str:
        """On boards with a `flash` folder only what is in it survives a restart."""
        return f"flash/{NAME}" if _number(link, ':put [:len [/file find where name="flash"]]') else NAME

    def send(self, link: Link, commands: Iterable[str], sent: Callable[[str], None]) -> None:
        """Each command is complete; there is no configuration mode."""
        link.send(commands, sent)

    def confirm(self, link: Link) -> None:
        """Remove the schedulers, then the backup, which holds secrets."""
        if self.pending(link) is None:
            raise NotPendingError
        link.demand(f"/system scheduler remove [{_SCHEDULERS.removeprefix('/system scheduler ')}]")
        if self.pending(link) is not None:
            raise GuardError(Text(vi="bộ hẹn giờ hoàn tác vẫn còn", en="the revert scheduler is still there"))
        link.cli.run(f'/file remove [find where name~"{NAME}.backup"]')

    def save(self, link: Link) -> None:
        """RouterOS has stored every command already."""

    def startup(self, link: Link) -> str | None:
        """RouterOS starts with what runs: there is nothing that a restart could lose."""
        return None

    def revert_now(self, link: Link) -> bool:
        """Load the backup at once; the router restarts under the session."""
        name = self._backup_name(link)
        try:
            answer = link.cli.run(f'/system backup load name={name} password=""', expect=r"\[y/N\]:? ?$")
            if "[y/N]" in answer:
                link.cli.run("y")
        except SessionError as error:
            return error.problem in ("lost", "timeout")
        return not link.platform.quirks.error_in(answer)

    def restore(self, link: Link, commands: Iterable[str]) -> None:
        """Send the commands."""
        link.send(commands, lambda line: None)


def _number(link: Link, command: str) -> int:
    answer = link.demand(command).strip()
    if not answer.isdigit():
        raise GuardError(Text(vi=f"không hiểu trả lời: {answer}", en=f"cannot make sense of the answer: {answer}"))
    return int(answer)
