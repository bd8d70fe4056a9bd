"""One simulated unit: its configuration, the account that follows from it, its state and what it answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from hntt.lab.simulators.xapi.account import account_of, concerns_sip, resolver_text
from hntt.lab.simulators.xapi.answer import Answer, Entry, error
from hntt.lab.simulators.xapi.commands import run_command
from hntt.lab.simulators.xapi.faults import UnitFaults
from hntt.lab.simulators.xapi.request import Request
from hntt.lab.simulators.xapi.schema import software
from hntt.lab.simulators.xapi.sip import NoSipClient, SipClient
from hntt.lab.simulators.xapi.status import status_entries
from hntt.lab.simulators.xapi.store import Authorities, Store, UnknownPathError, ValueRefusedError

NO_MATCH = "No match on address expression"
BAD_VALUE = "Invalid or missing parameters"
_SETTLE_S = 0.2


class SessionCutError(Exception):
    """The unit ends the connection without a word."""


class Unit:
    """One unit. Everything of it runs on one event loop; use :meth:`answer` from the sessions only."""

    def __init__(
        self,
        software_key: str = "roomos11",
        *,
        file: Path | None = None,
        authorities: Path | None = None,
        resolver_file: Path | None = None,
        sip: SipClient | None = None,
        faults: UnitFaults | None = None,
        serial: str = "SIMULATED0001",
    ) -> None:
        self.software = software(software_key)
        self.store = Store(self.software, file)
        self.authorities = Authorities(authorities)
        self._resolver_file = resolver_file
        self.sip: SipClient = sip or NoSipClient()
        self.faults = faults or UnitFaults()
        self.serial = serial
        self.started = time.monotonic()
        self.in_standby = False
        self.sets = 0
        self.requests: list[str] = []
        self.connections: set[Callable[[], None]] = set()
        self._reconfiguring: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Register with what is configured."""
        if self._resolver_file is not None:
            self._resolver_file.write_text(resolver_text(self.store), encoding="utf-8")
        await self.sip.configure(account_of(self.store))

    async def stop(self) -> None:
        """End calls and registration, and every session."""
        if self._reconfiguring is not None:
            self._reconfiguring.cancel()
        self.cut_all()
        await self.sip.stop()

    def cut_all(self) -> None:
        """Break every connection."""
        for abort in list(self.connections):
            abort()

    async def restart(self) -> None:
        """What ``SystemUnit Boot`` does: sessions and calls end, values that waited are in use."""
        self.cut_all()
        self.store.restart_pending.clear()
        self.started = time.monotonic()
        self.in_standby = False
        await self.sip.configure(None)
        await self.start()

    async def answer(self, request: Request) -> Answer:
        """Carry a request out; SessionCutError when the connection ends instead."""
        self.requests.append(f"{request.kind} {request.path}")
        if request.kind == "xconfiguration":
            return self._set(request) if request.value is not None else self._get(request.path)
        if request.kind == "xstatus":
            return self._status(request.path)
        if request.kind == "xcommand":
            return await run_command(self, request)
        return Answer(is_unrecognised=True)

    def _get(self, path: str) -> Answer:
        try:
            found = self.store.below(path) if "//" not in path else []
        except UnknownPathError:
            found = []
        if not found:
            return error("Configuration", NO_MATCH, _xpath("Configuration", path))
        shown = [Entry(leaf.path, "***" if leaf.secret and value else value, leaf.is_quoted) for leaf, value in found]
        return Answer("Configuration", shown)

    def _set(self, request: Request) -> Answer:
        xpath = _xpath("Configuration", request.path)
        if self.faults.drop_before_set == self.sets + 1:
            self.faults.drop_before_set = None
            raise SessionCutError
        if request.malformed or self.faults.rejects(request.path):
            return error("Configuration", BAD_VALUE, xpath, "ParameterError")
        try:
            self._keep(request.path, request.value or "")
        except UnknownPathError:
            return error("Configuration", NO_MATCH, xpath)
        except ValueRefusedError:
            return error("Configuration", BAD_VALUE, xpath, "ParameterError")
        self.sets += 1
        if self.faults.drop_after_set == self.sets:
            self.faults.drop_after_set = None
            raise SessionCutError
        return Answer("Configuration")

    def _keep(self, path: str, value: str) -> None:
        leaf = self.store.leaf(path)
        if self.faults.forgets_value(path):
            return
        changed = self.store.value(path) != value
        self.store.set(path, value)
        if changed and concerns_sip(leaf.path):
            self._reconfigure_soon()

    def _reconfigure_soon(self) -> None:
        """Several settings in a row make one new registration."""
        if self._reconfiguring is not None:
            self._reconfiguring.cancel()
        self._reconfiguring = asyncio.get_running_loop().create_task(self._reconfigure())

    async def _reconfigure(self) -> None:
        await asyncio.sleep(_SETTLE_S)
        await self.start()

    @property
    def is_registering_anew(self) -> bool:
        """Whether settings of the account have changed and are not in use yet."""
        return self._reconfiguring is not None and not self._reconfiguring.done()

    def _status(self, path: str) -> Answer:
        if "//" in path:
            return error("Status", NO_MATCH, _xpath("Status", path))
        entries = status_entries(self)
        wanted = path.casefold().split()
        found = [entry for entry in entries if _is_below(entry.path.casefold().split(), wanted)]
        if not found and wanted[:1] != ["call"]:
            return error("Status", NO_MATCH, _xpath("Status", path))
        return Answer("Status", found)


def _is_below(words: list[str], wanted: list[str]) -> bool:
    return words[: len(wanted)] == wanted


def _xpath(document: str, path: str) -> str:
    parts: list[str] = [document]
    for word in path.split():
        if word.isdigit():
            parts[-1] += f"[{word}]"
        else:
            parts.append(word)
    return "/".join(parts)
