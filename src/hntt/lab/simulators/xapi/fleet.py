"""Simulated units in a thread of their own, for tests: ``with UnitFleet({"vcs.tinh": Unit()}, access) as fleet``."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import asyncssh

from hntt.lab.simulators.xapi.server import Access, listen
from hntt.lab.simulators.xapi.unit import Unit

T = TypeVar("T")


class UnitFleet:
    """Units that listen on ports of one loopback address. The public methods may be called from any thread."""

    def __init__(self, units: Mapping[str, Unit], access: Access, *, address: str = "127.0.0.1") -> None:
        self.address = address
        self.units = dict(units)
        self._access = access
        self._keys = {name: asyncssh.generate_private_key("ssh-ed25519") for name in units}
        self._acceptors: dict[str, asyncssh.SSHAcceptor] = {}
        self._ports: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="units", daemon=True)

    def __enter__(self) -> UnitFleet:
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the units' loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def port(self, name: str) -> int:
        """The TCP port of a unit."""
        return self._ports[name]

    def write_known_hosts(self, path: Path) -> Path:
        """Write the host keys as they are now."""
        lines = []
        for name, port in self._ports.items():
            places = ",".join(f"[{place}]:{port}" for place in (self.address, name))
            lines.append(f"{places} {self._keys[name].export_public_key().decode().strip()}\n")
        path.write_text("".join(lines), encoding="utf-8")
        return path

    def change_host_key(self, name: str) -> None:
        """Come back on the same port with another host key, as a swapped unit would."""
        self.run(self._change_host_key(name))

    async def _change_host_key(self, name: str) -> None:
        self._acceptors[name].close()
        await self._acceptors[name].wait_closed()
        self._keys[name] = asyncssh.generate_private_key("ssh-ed25519")
        await self._listen(name, self._ports[name])

    async def _start(self) -> None:
        for name, unit in self.units.items():
            await self._listen(name, 0)
            await unit.start()

    async def _listen(self, name: str, port: int) -> None:
        acceptor = await listen(self.units[name], self._access, self.address, port, self._keys[name])
        self._acceptors[name] = acceptor
        self._ports[name] = acceptor.get_port()

    async def _stop(self) -> None:
        for unit in self.units.values():
            await unit.stop()
        for acceptor in self._acceptors.values():
            acceptor.close()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(acceptor.wait_closed(), 2)
