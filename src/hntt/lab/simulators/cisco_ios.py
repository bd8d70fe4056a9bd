"""A simulated Cisco IOS router. It is a simulator: no Cisco software runs here.

Follows the documented behaviour of: user and privileged EXEC with `enable`; `terminal length`; `show
running-config`, `show startup-config`; configuration modes with `do`, `exit`, `end`; `configure terminal revert
timer MINUTES`, `configure confirm`, `configure revert now`, `show archive config rollback timer` (all need
`archive` with a `path`); `reload in MINUTES`, `reload cancel`, `show reload`; `write memory`. The prompt carries
the host name, cut to 20 characters in configuration mode. Access lists print without sequence numbers.
"""

from __future__ import annotations

import asyncio
import re

from hntt.lab.simulators.device import CliSession, LogoutError, SessionCutError, Settings, SimDevice
from hntt.lab.simulators.tree import ConfigTree, Entry, RejectedError, load_grammar

_INVALID = "                ^\n% Invalid input detected at '^' marker.\n"


class IosDevice(SimDevice):
    """One simulated IOS router."""

    platform = "cisco_ios"

    def __init__(self, name: str, config: str, settings: Settings) -> None:
        super().__init__(name, settings)
        self.grammar = load_grammar(self.platform)
        self.tree = ConfigTree(self.grammar, config)
        self.saved: ConfigTree | None = self.tree.copy()
        self.rollback: tuple[ConfigTree, asyncio.TimerHandle, int] | None = None
        self.reload: tuple[asyncio.TimerHandle, int] | None = None

    def running(self) -> str:
        """What `show running-config` prints."""
        body = "\n".join(self.tree.lines(closing="!"))
        size = len(body)
        return f"Building configuration...\n\nCurrent configuration : {size} bytes\n!\nversion 15.7\n{body}\n!\nend\n"

    def startup(self) -> str:
        """What `show startup-config` prints."""
        if self.saved is None:
            return "startup-config is not present\n"
        body = "\n".join(self.saved.lines(closing="!"))
        return f"Using {len(body)} out of 262136 bytes\n!\nversion 15.7\n{body}\n!\nend\n"

    @property
    def hostname(self) -> str:
        """The configured host name."""
        return next((e.text.split()[1] for e in self.tree.root.children if e.text.startswith("hostname ")), "Router")

    @property
    def archives(self) -> bool:
        """Whether the archive feature is configured."""
        archive = self.tree.root.find("archive")
        has_path = archive is not None and any(c.text.startswith("path ") for c in archive.children)
        return has_path and not self.faults.no_archive

    def session(self, user: str) -> CliSession:
        """A new session, in user EXEC when the device has an enable secret."""
        return IosSession(self, user)

    def arm_revert(self, minutes: int) -> None:
        """Keep the running configuration and return to it after that time unless confirmed."""
        kept = self.tree.copy()
        self.rollback = (kept, self.later(minutes * self.settings.minute_s, self.revert), minutes)

    def revert(self) -> None:
        """Replace the running configuration by the kept one."""
        if self.rollback is not None:
            kept, timer, _ = self.rollback
            timer.cancel()
            self.rollback = None
            self.tree = kept
            self.restored()

    def confirm(self) -> None:
        """Let the kept configuration go."""
        if self.rollback is not None:
            self.rollback[1].cancel()
            self.rollback = None

    def schedule_reload(self, minutes: int) -> None:
        """Restart from the startup configuration after that time."""
        self.cancel_reload()
        self.reload = (self.later(minutes * self.settings.minute_s, self.reboot), minutes)

    def cancel_reload(self) -> None:
        """Forget a scheduled restart."""
        if self.reload is not None:
            self.reload[0].cancel()
            self.reload = None

    def reboot(self) -> None:
        """Restart from the startup configuration; what was pending is forgotten."""
        self.cancel_reload()
        self.confirm()

        def load() -> None:
            self.tree = ConfigTree(self.grammar) if self.saved is None else self.saved.copy()

        self.restart(load)


class IosSession(CliSession):
    """One session on the simulated IOS."""

    def __init__(self, device: IosDevice, user: str) -> None:
        self.device = device
        self.user = user
        self.path: list[Entry] | None = None
        self.privileged = device.settings.secret is None
        self._question: tuple[str, str] | None = None

    @property
    def prompt(self) -> str:
        """``name>``, ``name#`` or ``name(config-if)#``."""
        name = self.device.hostname
        if self.path is None:
            return f"{name}{'#' if self.privileged else '>'}"
        return f"{name[:20]}({self._mode_prompt()})#"

    def _mode_prompt(self) -> str:
        assert self.path is not None  # noqa: S101 - only called in configuration mode
        if len(self.path) < 2:
            return "config"
        sections = self.device.grammar.modes[self.path[-2].mode].sections
        return next((s.prompt for s in sections if s.mode == (self.path or [])[-1].mode), "config")

    def ask(self) -> str | None:
        """A password or confirmation that the session waits for."""
        return self._question[1] if self._question else None

    @property
    def hides_input(self) -> bool:
        """Passwords are not echoed."""
        return self._question is not None and self._question[0] == "enable"

    def answer(self, line: str) -> str:
        """Run a line in EXEC or configuration mode."""
        if self.device.faults.drops_on(line):
            raise SessionCutError
        if self._question is not None:
            return self._reply(line.strip())
        line = line.strip()
        if not line or line.startswith("!"):
            return ""
        if self.path is None:
            return self._exec(line)
        if line == "end":
            self.path = None
            return ""
        if line == "exit" and len(self.path) == 1:
            self.path = None
            return ""
        if line.startswith("do "):
            return self._exec(line.removeprefix("do "))
        return self._configure(line)

    def _configure(self, line: str) -> str:
        assert self.path is not None  # noqa: S101 - only called in configuration mode
        self._refresh_path()
        try:
            if self.device.faults.rejects(line):
                return _INVALID
            if found := re.match(r"ip access-list resequence (\S+) (\d+) (\d+)$", line):
                self.device.tree.resequence(found.group(1), int(found.group(2)), int(found.group(3)))
                del self.path[1:]
            else:
                self.device.tree.enter(self.path, line)
        except RejectedError as refusal:
            return f"{refusal}\n" if not str(refusal).endswith("\n") else str(refusal)
        if line != "exit":
            self.device.accepted(line)
        return ""

    def _refresh_path(self) -> None:
        """After a rollback the tree is another one: start again from its root."""
        if self.path is not None and self.path[0] is not self.device.tree.root:
            self.path[:] = [self.device.tree.root]

    def _exec(self, line: str) -> str:
        if line == "enable" and not self.privileged:
            self._question = ("enable", "Password: ")
            return ""
        if line in ("exit", "quit", "logout"):
            raise LogoutError
        if found := re.match(r"terminal (length|width) (\d+)$", line):
            if found.group(1) == "length":
                self.page_length = int(found.group(2))
            return ""
        if not self.privileged:
            return _INVALID
        return self._privileged(line)

    def _privileged(self, line: str) -> str:
        device = self.device
        if line.startswith("show "):
            return self._show(line)
        if found := re.match(r"configure terminal(?: revert timer (\d+))?$", line):
            return self._enter_configuration(found.group(1))
        if line == "configure confirm":
            pending = device.rollback is not None
            device.confirm()
            return "" if pending else "%No Rollback Confirmed Change pending\n"
        if line == "configure revert now":
            if device.rollback is None:
                return "%No Rollback Confirmed Change pending\n"
            device.revert()
            return "Rollback Confirmed Change: rolling to the saved configuration\n"
        if re.match(r"(write( memory)?|copy running-config startup-config)$", line):
            return self._save()
        if found := re.match(r"reload in (\d+)$", line):
            self._question = (f"reload {found.group(1)}", "Proceed with reload? [confirm]")
            return f"Reload scheduled in {found.group(1)} minutes by {self.user} on vty0\n"
        if line == "reload cancel":
            device.cancel_reload()
            return "\n***\n*** --- SHUTDOWN ABORTED ---\n***\n"
        return _INVALID

    def _enter_configuration(self, minutes: str | None) -> str:
        device = self.device
        text = "Enter configuration commands, one per line.  End with CNTL/Z.\n"
        if minutes is not None:
            if not device.archives:
                return "% Archive feature is not enabled; configure the archive path first\n"
            if device.rollback is not None:
                return "% Rollback Confirmed Change already pending\n"
            if device.faults.disk_full:
                return "%Error: cannot back up the running configuration: no space left on device\n"
            device.arm_revert(int(minutes))
            text = "Rollback Confirmed Change: Backing up current running config to flash:hntt-1\n" + text
        self.path = [device.tree.root]
        return text

    def _save(self) -> str:
        if self.device.faults.unsaveable or self.device.faults.disk_full:
            return "%Error opening nvram:/startup-config (No space left on device)\n"
        if not self.device.faults.forgets_save:
            self.device.saved = self.device.tree.copy()
        return "Building configuration...\n[OK]\n"

    def _show(self, line: str) -> str:
        device = self.device
        if re.match(r"show run(ning-config)?$", line):
            return device.running()
        if line == "show startup-config":
            return device.startup()
        if line == "show archive config rollback timer":
            if device.rollback is None:
                return "%No Rollback Confirmed Change pending\n"
            _, timer, minutes = device.rollback
            left = (timer.when() - asyncio.get_running_loop().time()) * 60 / device.settings.minute_s
            return (
                "Time configured(or reconfigured): 08:00:00 ICT Mon Nov 23 2026\nTimer type: absolute\n"
                f"Timer value: {minutes} min\nTimer left: {max(1, round(left))} sec\nUser: {self.user}\n"
            )
        if line == "show reload":
            if device.reload is None:
                return "No reload is scheduled.\n"
            return f"Reload scheduled in {device.reload[1]} minutes by {self.user} on vty0\n"
        if line == "show version":
            return "Simulated IOS, Version 15.7 (hntt simulator)\n"
        return _INVALID

    def _reply(self, text: str) -> str:
        kind, self._question = self._question or ("", ""), None
        if kind[0] == "enable":
            self.privileged = text == self.device.settings.secret
            return "" if self.privileged else "% Access denied\n"
        if kind[0].startswith("reload ") and text in ("", "y", "yes"):
            self.device.schedule_reload(int(kind[0].split()[1]))
        return ""
