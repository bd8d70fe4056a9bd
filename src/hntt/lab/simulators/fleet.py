"""Many simulated routers in one process, each on its own port of one loopback address."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import asyncssh

from hntt.lab.simulators.cisco_ios import IosDevice
from hntt.lab.simulators.device import Settings, SimDevice
from hntt.lab.simulators.frr import FrrDevice
from hntt.lab.simulators.mikrotik_routeros import RouterosDevice
from hntt.lab.simulators.server import listen

T = TypeVar("T")

_KINDS: dict[str, type[Any]] = {"cisco_ios": IosDevice, "frr": FrrDevice, "mikrotik_routeros": RouterosDevice}


@dataclass
class Simulated:
    """What one router of a fleet is made of; ``port`` 0 takes any free one, no ``host_key`` makes one."""

    platform: str
    config: str
    settings: Settings = field(default_factory=Settings)
    port: int = 0
    host_key: asyncssh.SSHKey | None = None
    names: tuple[str, ...] = ()


@dataclass
class _Running:
    device: SimDevice
    acceptor: asyncssh.SSHAcceptor
    key: asyncssh.SSHKey
    port: int


def make_device(name: str, spec: Simulated) -> SimDevice:
    """The simulated device of a platform; ``KeyError`` when there is no simulator for it."""
    device: SimDevice = _KINDS[spec.platform](name, spec.config, spec.settings)
    return device


class Fleet:
    """Simulated routers that run in a thread of their own: ``with Fleet({...}) as fleet``.

    The fleet's public methods may be called from any thread.
    """

    def __init__(self, routers: Mapping[str, Simulated], *, address: str = "127.0.0.1") -> None:
        self.address = address
        self._specs = dict(routers)
        self._running: dict[str, _Running] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulators", daemon=True)

    def __enter__(self) -> Fleet:
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
        """Run a coroutine on the simulators' loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def device(self, name: str) -> SimDevice:
        """The device of that name; read it freely, change only its ``faults``."""
        return self._running[name].device

    def port(self, name: str) -> int:
        """The TCP port of a router."""
        return self._running[name].port

    def host_key(self, name: str) -> asyncssh.SSHKey:
        """The host key a router shows now."""
        return self._running[name].key

    def known_hosts(self) -> str:
        """A known_hosts file for the fleet, as things are now."""
        lines = []
        for name, running in self._running.items():
            places = [f"[{place}]:{running.port}" for place in (self.address, name, *self._specs[name].names)]
            lines.append(f"{','.join(places)} {running.key.export_public_key().decode().strip()}\n")
        return "".join(lines)

    def write_known_hosts(self, path: Path) -> Path:
        """Write ``known_hosts()`` to a file."""
        path.write_text(self.known_hosts(), encoding="utf-8")
        return path

    def let_time_pass(self, name: str) -> None:
        """Have the timers that run on a router fire now."""

        async def fire() -> None:
            self.device(name).let_time_pass()

        self.run(fire())

    def change_host_key(self, name: str) -> None:
        """Come back on the same port with another host key, as a swapped device would."""
        self.run(self._change_host_key(name))

    async def _change_host_key(self, name: str) -> None:
        running = self._running[name]
        running.acceptor.close()
        await running.acceptor.wait_closed()
        key = asyncssh.generate_private_key("ssh-ed25519")
        acceptor = await listen(running.device, self.address, running.port, key)
        self._running[name] = _Running(running.device, acceptor, key, running.port)

    async def _start(self) -> None:
        for name, spec in self._specs.items():
            key = spec.host_key or asyncssh.generate_private_key("ssh-ed25519")
            device = make_device(name, spec)
            acceptor = await listen(device, self.address, spec.port, key)
            self._running[name] = _Running(device, acceptor, key, acceptor.get_port())

    async def _stop(self) -> None:
        for running in self._running.values():
            running.device.cut_all()
            running.acceptor.close()
        for running in self._running.values():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(running.acceptor.wait_closed(), 2)
