"""What all simulated routers share: users, faults, timers, sessions that can be cut.

Simulator: nothing here is a vendor's software. Each platform's module says which documented behaviour it follows.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from hntt.lab.simulators.faults import Faults


class SessionCutError(Exception):
    """The device ends the connection without a word."""


class LogoutError(Exception):
    """The user left the CLI."""


@dataclass
class Answer:
    """What a command prints, and its exit status where it ran without a terminal."""

    text: str = ""
    status: int = 0


@dataclass
class Settings:
    """How a simulated router is reached and how its clocks run.

    ``minute_s`` is how many real seconds the device takes for a minute of its timers, ``boot_s`` how long a
    restart keeps it away; tests shorten both.
    """

    password: str | None = None
    secret: str | None = None
    authorized_keys: list[str] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    minute_s: float = 60.0
    boot_s: float = 0.2


class CliSession(ABC):
    """One interactive session on a device."""

    page_length = 24
    more = " --More-- "

    @property
    @abstractmethod
    def prompt(self) -> str:
        """The prompt as printed now."""

    @abstractmethod
    def answer(self, line: str) -> str:
        """Run one command line and return what it prints; raises ``SessionCutError`` or ``LogoutError``."""

    def ask(self) -> str | None:
        """The question the session waits on instead of showing its prompt, if any."""
        return None

    @property
    def hides_input(self) -> bool:
        """Whether the next line is a password and not echoed."""
        return False


class SimDevice(ABC):
    """One simulated router."""

    platform: str

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self.path_down = False
        self.turned_away = 0
        self.let_in = 0
        self.accepted_lines = 0
        self.connections: set[Callable[[], None]] = set()
        self._alarms: dict[asyncio.TimerHandle, Callable[[], None]] = {}

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        return self.settings.faults

    @abstractmethod
    def running(self) -> str:
        """The running configuration as the device prints it."""

    @abstractmethod
    def startup(self) -> str:
        """The configuration the device would start with."""

    @abstractmethod
    def reboot(self) -> None:
        """Restart with what is stored, as after a power cut."""

    @abstractmethod
    def session(self, user: str) -> CliSession:
        """A new interactive session of this user."""

    def execute(self, user: str, command: str, stdin: bytes) -> Answer:
        """Run one command without a terminal (an SSH exec request); refused where the platform has no such thing."""
        return Answer(f"{command}: no exec service\n", 1)

    def wants_stdin(self, command: str) -> bool:
        """Whether this exec command reads its input to the end."""
        return False

    def knows_user(self, user: str) -> bool:
        """Whether this user may log in."""
        return bool(user)

    def accepted(self, line: str) -> None:
        """Count an accepted configuration line and let the faults that follow it happen."""
        self.accepted_lines += 1
        if self.faults.loses_path(line):
            self.path_down = True
            self.cut_all()
            raise SessionCutError
        if self.faults.drop_after_line == self.accepted_lines:
            self.faults.drop_after_line = None
            raise SessionCutError

    def cut_all(self) -> None:
        """Break every connection."""
        for abort in list(self.connections):
            abort()

    def restored(self) -> None:
        """The old configuration is back, and with it the management path."""
        self.path_down = False

    def later(self, seconds: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        """Run ``action`` on the device's own clock, whoever is connected."""

        def ring() -> None:
            del self._alarms[handle]
            action()

        handle = asyncio.get_running_loop().call_later(seconds, ring)
        self._alarms[handle] = action
        return handle

    def let_time_pass(self) -> None:
        """Have every timer that runs now fire at once, as if its time were over."""
        running, self._alarms = self._alarms, {}
        for handle, action in running.items():
            if not handle.cancelled():
                handle.cancel()
                action()

    def restart(self, load: Callable[[], None]) -> None:
        """Go away for ``boot_s`` and come back after ``load`` has set the configuration."""
        self.path_down = True
        self.cut_all()

        def back() -> None:
            load()
            self.restored()

        self.later(self.settings.boot_s, back)
