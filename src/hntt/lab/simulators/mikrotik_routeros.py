"""A simulated MikroTik RouterOS 7 router. It is a simulator: no RouterOS runs here.

Follows the documented behaviour of: the login name's `+…` console suffix; prompts `[user@identity] > `; `/export
show-sensitive` with only non-default values and continued lines; `add`, `set`, `remove` with `[ find … ]` and
`([ find ]->N)`, `place-before=`; `:put [:len [… find …]]`; `/system backup save|load` (a load restarts the router);
`/system scheduler` entries that fire, also with `start-time=startup`; `/file remove`. Every command is stored at once.
"""

from __future__ import annotations

import asyncio
import re

from hntt.devices.routeros_export import tokens, unquote
from hntt.lab.simulators.device import CliSession, LogoutError, SessionCutError, Settings, SimDevice
from hntt.lab.simulators.routeros_store import Store
from hntt.lab.simulators.tree import RejectedError

_FREE_OF_FAULTS = ("/system scheduler", "/system backup", "/file", ":put", "/export")


class RouterosDevice(SimDevice):
    """One simulated RouterOS router."""

    platform = "mikrotik_routeros"

    def __init__(self, name: str, config: str, settings: Settings) -> None:
        super().__init__(name, settings)
        self.store = Store()
        self.store.load(config)
        self.backups: dict[str, Store] = {}
        self.timers: dict[str, asyncio.TimerHandle] = {}

    def running(self) -> str:
        """What `/export show-sensitive` prints."""
        head = ["# 2026-11-23 08:00:00 by RouterOS 7.15", "# software id = SIMU-LATE", "#"]
        return "\n".join([*head, *self.store.export()]) + "\n"

    def startup(self) -> str:
        """The same: RouterOS stores every command at once."""
        return self.running()

    def session(self, user: str) -> CliSession:
        """A console."""
        return RouterosSession(self, user.partition("+")[0])

    def reschedule(self) -> None:
        """Set the timers as the scheduler's entries say now."""
        wanted = {e["name"]: e for e in self.store.data["/system scheduler"] if e.get("interval")}
        for name in set(self.timers) - set(wanted):
            self.timers.pop(name).cancel()
        for name in set(wanted) - set(self.timers):
            self._schedule(name, _seconds(wanted[name]["interval"]), wanted[name].get("on-event", ""))

    def _schedule(self, name: str, seconds: float, event: str) -> None:
        def fire() -> None:
            self.timers.pop(name, None)
            self._run_event(event)
            self.reschedule()

        self.timers[name] = self.later(seconds, fire)

    def _run_event(self, event: str) -> None:
        if found := re.match(r'/system backup load name=(\S+) password=""$', event):
            self.load_backup(found.group(1))

    def load_backup(self, name: str) -> None:
        """Restore a backup and restart; `start-time=startup` entries of the restored configuration run then."""
        kept = self.backups[name].copy()

        def load() -> None:
            self.store = kept
            self.reschedule()
            for entry in list(self.store.data["/system scheduler"]):
                if entry.get("start-time") == "startup":
                    self._run_event(entry.get("on-event", ""))

        self.restart(load)

    def reboot(self) -> None:
        """Restart with what is stored, as after a power cut."""
        stored = self.store

        def load() -> None:
            self.store = stored
            for entry in list(stored.data["/system scheduler"]):
                if entry.get("start-time") == "startup":
                    self._run_event(entry.get("on-event", ""))

        self.restart(load)


class RouterosSession(CliSession):
    """One console of the simulated RouterOS."""

    page_length = 0

    def __init__(self, device: RouterosDevice, user: str) -> None:
        self.device = device
        self.user = user
        self._loading: str | None = None

    @property
    def prompt(self) -> str:
        """``[user@identity] > ``."""
        return f"[{self.user}@{self.device.store.setting('/system identity', 'name')}] > "

    def ask(self) -> str | None:
        """The confirmation of an interactive restore."""
        return "Restore and reboot? [y/N]:" if self._loading else None

    def answer(self, line: str) -> str:
        """Run one command."""
        if self.device.faults.drops_on(line):
            raise SessionCutError
        line = line.strip()
        if self._loading is not None:
            name, self._loading = self._loading, None
            if line.lower() == "y":
                self.device.load_backup(name)
                raise SessionCutError
            return ""
        if not line or line.startswith("#"):
            return ""
        if line in ("quit", "/quit"):
            raise LogoutError
        try:
            return self._run(line)
        except RejectedError as refusal:
            return f"{refusal}\n"

    def _run(self, line: str) -> str:
        device = self.device
        if re.match(r"/export( show-sensitive)?$", line):
            return device.running()
        if found := re.match(r":put \[:len \[(/[\w/ -]+?) find\s*(.*)\]\]$", line):
            return f"{self._count(found.group(1), found.group(2))}\n"
        if line.startswith("/system backup "):
            return self._backup(line.removeprefix("/system backup "))
        if found := re.match(r'/file remove \[find where name~"(.*)"\]$', line):
            device.backups = {n: s for n, s in device.backups.items() if not re.search(found.group(1), f"{n}.backup")}
            return ""
        counted = not line.startswith(_FREE_OF_FAULTS)
        if counted and device.faults.rejects(line):
            raise RejectedError("failure: not permitted by this fault")
        output = device.store.command(line)
        device.reschedule()
        if counted:
            device.accepted(line)
        return output

    def _count(self, path: str, condition: str) -> int:
        if path == "/file":
            wanted = re.search(r'name="(.*?)"', condition)
            return sum(1 for name in self.device.backups if wanted and f"{name}.backup" == wanted.group(1))
        return len(self.device.store.find(path, condition))

    def _backup(self, arguments: str) -> str:
        device = self.device
        verb, *words = tokens(arguments)
        options = {name: unquote(value) for name, _, value in (word.partition("=") for word in words)}
        if verb == "save":
            if device.faults.disk_full:
                raise RejectedError("failure: not enough space on the disk")
            device.backups[options["name"]] = device.store.copy()
            return "Saving system configuration\nConfiguration backup saved\n"
        if verb == "load" and options["name"] in device.backups:
            self._loading = options["name"]
            return ""
        raise RejectedError("failure: no such backup")


def _seconds(text: str) -> float:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    found = re.findall(r"(\d+)([smhd])", text)
    if found:
        return float(sum(int(number) * units[unit] for number, unit in found))
    return float(text)
