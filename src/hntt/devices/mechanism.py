"""How a platform arms, confirms and fires its own way back; the steps that ``guard`` puts in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from hntt.devices.platform import Platform
from hntt.devices.session import Cli, Shell, open_cli, open_shell
from hntt.devices.target import Target
from hntt.devices.texts import Text


class GuardError(Exception):
    """A step of the guarded change that the device did not carry out."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


class ArmError(GuardError):
    """The way back could not be armed; the device is as it was."""


class AlreadyPendingError(ArmError):
    """Another guarded change was armed since the device was looked at."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                vi="vừa có một thay đổi khác được hẹn giờ hoàn tác trên thiết bị; chưa gửi gì",
                en="another guarded change has just been armed on the device; nothing was sent",
            )
        )


class RejectedError(GuardError):
    """The device refused a line; ``line`` and ``answer`` may contain secrets."""

    def __init__(self, line: str, answer: str) -> None:
        super().__init__(Text(vi="thiết bị từ chối một dòng", en="the device rejected a line"))
        self.line = line.strip()
        self.answer = answer.strip()


class UnreadableStartupError(GuardError):
    """The startup configuration could not be read; ``said`` is the device's complaint, not a configuration."""

    def __init__(self, said: str) -> None:
        super().__init__(
            Text(
                vi=f"không đọc được cấu hình khởi động: {said}",
                en=f"the startup configuration could not be read: {said}",
            )
        )


class NotPendingError(GuardError):
    """There is no pending guard to confirm: it has fired already, or somebody else has settled it."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                vi="lúc xác nhận thì bộ hẹn giờ hoàn tác không còn chờ nữa",
                en="the revert timer was no longer pending when it was to be confirmed",
            )
        )


class Link:
    """The sessions with one device, opened when first used; ``fresh`` drops them so that the next ones are new."""

    def __init__(self, target: Target, platform: Platform) -> None:
        self.target = target
        self.platform = platform
        self._cli: Cli | None = None
        self._shell: Shell | None = None

    @property
    def cli(self) -> Cli:
        """The session at the command line."""
        if self._cli is None:
            self._cli = open_cli(self.target, self.platform.quirks)
        return self._cli

    @property
    def shell(self) -> Shell:
        """The session at the Unix shell, where the platform has one."""
        if self._shell is None:
            self._shell = open_shell(self.target)
        return self._shell

    def fresh(self) -> None:
        """Close everything; whatever is used next opens a new SSH session."""
        for session in (self._cli, self._shell):
            if session is not None:
                session.close()
        self._cli = self._shell = None

    def running(self) -> str:
        """The running configuration as the device prints it; raises ``GuardError`` when it prints an error."""
        text = self.cli.run(self.platform.read_command)
        head = "\n".join(text.splitlines()[:3])
        if not text.strip() or self.platform.quirks.error_in(head):
            raise GuardError(
                Text(vi="thiết bị không in ra cấu hình đang chạy", en="the device did not print its configuration")
            )
        return text

    def demand(self, command: str, *, expect: str | None = None) -> str:
        """Run a command that must not be refused; raises ``RejectedError``."""
        answer = self.cli.run(command, expect=expect)
        if self.platform.quirks.error_in(answer):
            raise RejectedError(command, answer)
        return answer

    def send(self, lines: Iterable[str], sent: Callable[[str], None]) -> None:
        """Enter lines one after the other, reporting each before its answer; stops at the first refused one."""
        for line in lines:
            sent(line)
            self.demand(line.strip())


class Mechanism(Protocol):
    """A platform's own confirmed-change facility."""

    def window_s(self, confirm_timeout_s: int) -> int:
        """How long the device really waits, for a wish in seconds."""

    def pending(self, link: Link) -> str | None:
        """What is pending on the device, in its own words; ``None`` when nothing is."""

    def arm(self, link: Link, running: str, commands: Sequence[str], confirm_timeout_s: int) -> None:
        """Keep the running configuration on the device and arm the return to it from what ``commands`` will do.

        ``ArmError`` when that can't be, with the device as it was.
        """

    def send(self, link: Link, commands: Iterable[str], sent: Callable[[str], None]) -> None:
        """Send the lines; ``RejectedError`` at the first refused one, the session left where it was."""

    def confirm(self, link: Link) -> None:
        """Disarm; ``NotPendingError`` when there is nothing to disarm."""

    def save(self, link: Link) -> None:
        """Make the running configuration the one to start with; ``GuardError`` when the device says it can't.

        What a device says is no proof: the caller reads ``startup`` back.
        """

    def startup(self, link: Link) -> str | None:
        """The configuration the device starts with: empty when it has none, ``None`` when it has no other one.

        ``None`` is a platform that stores every command at once. ``GuardError`` when it can't be read.
        """

    def revert_now(self, link: Link) -> bool:
        """Ask the device to go back at once; ``False`` when it can only wait for its timer."""

    def restore(self, link: Link, commands: Iterable[str]) -> None:
        """Send lines that undo a change, without a guard of their own."""
