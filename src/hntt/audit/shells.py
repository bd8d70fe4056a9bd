"""Commands on many Linux devices at once, from one process, over SSH with verified host keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import asyncssh

from hntt.devices.target import Target

PARALLEL = 60


@dataclass(frozen=True)
class Said:
    """What a device printed, one text per command in order; or why it could not be asked."""

    outputs: tuple[str, ...] = ()
    error: Exception | None = None


def run_everywhere(
    wanted: Mapping[str, tuple[Target, Sequence[str]]], done: Callable[[], object] | None = None
) -> dict[str, Said]:
    """Run each device's commands in one session, all devices at once. Never raises for a single device."""
    return asyncio.run(_run_all(wanted, done))


async def _run_all(
    wanted: Mapping[str, tuple[Target, Sequence[str]]], done: Callable[[], object] | None
) -> dict[str, Said]:
    gate = asyncio.Semaphore(PARALLEL)

    async def one(name: str) -> tuple[str, Said]:
        async with gate:
            said = await _run_one(*wanted[name])
        if done is not None:
            done()
        return name, said

    return dict(await asyncio.gather(*(one(name) for name in wanted)))


async def _run_one(target: Target, commands: Sequence[str]) -> Said:
    try:
        return Said(await asyncio.wait_for(_session(target, commands), target.read_timeout_s))
    except (OSError, asyncssh.Error, TimeoutError) as error:
        return Said(error=error)


async def _session(target: Target, commands: Sequence[str]) -> tuple[str, ...]:
    async with asyncssh.connect(
        target.host,
        target.port if target.port != 22 or target.ssh_config is None else (),
        username=target.user,
        known_hosts=str(target.known_hosts),
        client_keys=[str(target.key_file)] if target.key_file else None,
        config=[str(target.ssh_config)] if target.ssh_config else None,
        agent_path=None,
        connect_timeout=target.connect_timeout_s,
        login_timeout=target.connect_timeout_s,
    ) as connection:
        return tuple([await _output(connection, command) for command in commands])


async def _output(connection: asyncssh.SSHClientConnection, command: str) -> str:
    result = await connection.run(command, encoding="utf-8", errors="replace")
    return str(result.stdout or "") + (str(result.stderr or "") if result.returncode else "")
