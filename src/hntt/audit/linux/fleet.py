"""Reads many Linux hosts at once, from one process, over SSH with verified host keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncssh

from hntt.audit.linux.compare import Drift, compare
from hntt.audit.linux.request import PROBE_COMMAND, ProbeError, ProbeResult, parse_answer, probe_script
from hntt.devices.target import Target
from hntt.i18n import tr
from hntt.intent.linux.model import DeclaredState
from hntt.intent.secrets import SecretSource

PARALLEL = 60
"""Sessions at a time: more gain nothing, each costs a process where a ProxyCommand is used."""


@dataclass(frozen=True)
class LinuxHost:
    """A host to read: how to reach it, and what it should be."""

    target: Target
    state: DeclaredState


@dataclass(frozen=True)
class LinuxReading:
    """What came of reading one host: an answer and its drifts, or the error (``unreachable`` when nobody answered)."""

    name: str
    answer: ProbeResult | None = None
    drifts: tuple[Drift, ...] = ()
    error: Exception | None = None

    @property
    def unreachable(self) -> bool:
        """Whether the host could not be talked to at all, which says nothing of its state."""
        return isinstance(self.error, OSError | asyncssh.Error | TimeoutError)


def read_linux_fleet(
    hosts: Sequence[LinuxHost],
    secrets: SecretSource | None = None,
    progress: Callable[[LinuxReading], None] | None = None,
) -> dict[str, LinuxReading]:
    """Read and compare all hosts; the result has one entry per host, in the given order.

    Needs the management user to be allowed ``sudo`` without a password. Never raises for a single host.
    ``progress`` is called as each host is done.
    """
    return asyncio.run(_read_all(hosts, secrets, progress))


async def _read_all(
    hosts: Sequence[LinuxHost],
    secrets: SecretSource | None,
    progress: Callable[[LinuxReading], None] | None,
) -> dict[str, LinuxReading]:
    gate = asyncio.Semaphore(PARALLEL)

    async def read(host: LinuxHost) -> LinuxReading:
        async with gate:
            reading = await _read_one(host, secrets)
        if progress is not None:
            progress(reading)
        return reading

    readings = await asyncio.gather(*(read(host) for host in hosts))
    return {reading.name: reading for reading in readings}


async def _read_one(host: LinuxHost, secrets: SecretSource | None) -> LinuxReading:
    target = host.target
    try:
        answer = await asyncio.wait_for(_ask(target, probe_script(host.state)), target.read_timeout_s)
        return LinuxReading(target.name, answer, tuple(compare(host.state, answer, secrets)))
    except (OSError, asyncssh.Error, TimeoutError, ProbeError, LookupError) as error:
        return LinuxReading(target.name, error=error)


async def _ask(target: Target, script: str) -> ProbeResult:
    async with asyncssh.connect(
        target.host,
        target.port,
        username=target.user,
        known_hosts=str(target.known_hosts),
        client_keys=[str(target.key_file)] if target.key_file else (),
        config=[str(target.ssh_config)] if target.ssh_config else (),
        connect_timeout=target.connect_timeout_s,
        login_timeout=target.connect_timeout_s,
        agent_path=None,
    ) as connection:
        done = await connection.run(f"sudo -n {PROBE_COMMAND}", input=script, encoding="utf-8")
    if done.returncode != 0:
        shown = str(done.stderr).strip()[-300:]
        raise ProbeError(tr(vi=f"bài dò thất bại: {shown}", en=f"the probe failed: {shown}"))
    return parse_answer(str(done.stdout))
