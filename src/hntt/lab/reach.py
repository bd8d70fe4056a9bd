"""Whether hosts can be reached by ssh from the operator's station, many at once and from one process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import asyncssh

from hntt.lab.names import Lab
from hntt.lab.netns import call_in
from hntt.lab.topology import LabHost, Topology

_AT_ONCE = 32
_CONNECT_SECONDS = 8.0
_RETRY_SECONDS = 1.0


def reachable(lab: Lab, topology: Topology, hosts: Iterable[LabHost]) -> dict[str, bool]:
    """For each host with an address: whether ``hntt`` can log in, its host key being the pinned one.

    Without an operator's station in the topology nothing can be reached and the answer is empty.
    """
    asked = [host for host in hosts if host.address is not None]
    if topology.admin is None or not asked:
        return {}
    namespace = lab.namespace(topology.admin.name)
    return call_in(namespace, lambda: asyncio.run(_try_all(lab, asked)))


def await_reachable(lab: Lab, topology: Topology, hosts: Iterable[LabHost], timeout: float) -> list[str]:
    """Wait up to ``timeout`` seconds until all hosts can be reached; returns the names of those that cannot."""
    waiting = list(hosts)
    deadline = time.monotonic() + timeout
    while True:
        answers = reachable(lab, topology, waiting)
        waiting = [host for host in waiting if answers.get(host.name) is False]
        if not waiting or time.monotonic() > deadline:
            return [host.name for host in waiting]
        time.sleep(_RETRY_SECONDS)


async def _try_all(lab: Lab, hosts: list[LabHost]) -> dict[str, bool]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def try_one(host: LabHost) -> bool:
        async with gate:
            return await _try(lab, host)

    answers = await asyncio.gather(*(try_one(host) for host in hosts))
    return dict(zip((host.name for host in hosts), answers, strict=True))


async def _try(lab: Lab, host: LabHost) -> bool:
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            connection = await asyncssh.connect(
                host.address or "",
                username="hntt",
                client_keys=[str(lab.identity)],
                known_hosts=str(lab.known_hosts),
                config=None,
                agent_path=None,
            )
    except (OSError, asyncssh.Error, TimeoutError):
        return False
    connection.close()
    await connection.wait_closed()
    return True
