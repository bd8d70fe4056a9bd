"""Read the running configuration of a whole fleet at once: one process, one event loop, asyncssh.

Host keys are verified against the pinned ones for every device. A device that can't be read never holds up the
others, and unreachable, refused and swapped devices are told apart.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import asyncssh

from hntt.devices import get_platform
from hntt.devices.platform import Platform
from hntt.devices.target import Target

Status = Literal["ok", "unreachable", "auth_failed", "hostkey_changed", "error"]

_MORE = re.compile(r"\s?-+ ?More ?-+ ?$")
_ERASED = re.compile(r"\s?-+ ?More ?-+ ?(?:\x08+ *\x08*)*")


@dataclass(frozen=True)
class ReadResult:
    """What reading one device gave: the configuration as printed, or why there is none; how long it took."""

    name: str
    status: Status
    text: str = ""
    detail: str = ""
    seconds: float = 0.0


class _UnusableError(Exception):
    """The device answered, but not with a configuration."""


def read_fleet(targets: Iterable[Target], *, concurrency: int = 64, timeout_s: float = 60.0) -> dict[str, ReadResult]:
    """The running configuration of each target, by name.

    ``concurrency`` bounds the sessions open at a time, ``timeout_s`` what one device may take. Never raises for
    what a device does.
    """
    return asyncio.run(read_fleet_async(targets, concurrency=concurrency, timeout_s=timeout_s))


async def read_fleet_async(
    targets: Iterable[Target], *, concurrency: int = 64, timeout_s: float = 60.0
) -> dict[str, ReadResult]:
    """``read_fleet`` inside a running event loop."""
    reader = _Reader(concurrency, timeout_s)
    results = await asyncio.gather(*(reader.read(target) for target in targets))
    return {result.name: result for result in results}


class _Reader:
    """The files that all sessions share are parsed once."""

    def __init__(self, concurrency: int, timeout_s: float) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._timeout_s = timeout_s
        self._keys: dict[Path, asyncssh.SSHKey] = {}
        self._known_hosts: dict[Path, asyncssh.SSHKnownHosts] = {}

    async def read(self, target: Target) -> ReadResult:
        async with self._slots:
            begun = time.monotonic()
            status, text, detail = await self._attempt(target)
            return ReadResult(target.name, status, text, detail, round(time.monotonic() - begun, 3))

    async def _attempt(self, target: Target) -> tuple[Status, str, str]:
        try:
            text = await asyncio.wait_for(self._read(target), self._timeout_s)
        except asyncssh.HostKeyNotVerifiable as error:
            return "hostkey_changed", "", str(error)
        except asyncssh.PermissionDenied as error:
            return "auth_failed", "", str(error)
        except TimeoutError:
            return "unreachable", "", f"no answer within {self._timeout_s:g} s"
        except (_UnusableError, asyncssh.ProcessError, asyncssh.ChannelOpenError) as error:
            return "error", "", str(error)
        except (OSError, asyncssh.Error) as error:
            return "unreachable", "", str(error)
        return "ok", text, ""

    async def _read(self, target: Target) -> str:
        platform = get_platform(target.platform)
        how: Mapping[str, Any] = platform.quirks.extra["fleet"]
        async with await self._connect(target, how) as connection:
            if "exec" in how:
                text = await _by_exec(connection, str(how["exec"]))
            else:
                text = await _Shell(platform, target, how).read(connection)
        head = "\n".join(text.splitlines()[:3])
        if not text.strip() or platform.quirks.error_in(head):
            raise _UnusableError(platform.mask(head.strip()) or "empty answer")
        return text

    async def _connect(self, target: Target, how: Mapping[str, Any]) -> asyncssh.SSHClientConnection:
        user = target.user if "exec" in how else target.login
        return await asyncssh.connect(
            target.host,
            **({"port": target.port} if target.port != 22 or target.ssh_config is None else {}),
            username=user + str(how.get("user_suffix", "")),
            password=target.password,
            client_keys=[self._key(target.key_file)] if target.key_file else None,
            agent_path=None,
            known_hosts=self._hosts(target.known_hosts),
            config=[str(target.ssh_config)] if target.ssh_config else None,
            connect_timeout=target.connect_timeout_s,
            login_timeout=self._timeout_s,
        )

    def _key(self, path: Path) -> asyncssh.SSHKey:
        if path not in self._keys:
            self._keys[path] = asyncssh.read_private_key(path)
        return self._keys[path]

    def _hosts(self, path: Path) -> asyncssh.SSHKnownHosts:
        if path not in self._known_hosts:
            self._known_hosts[path] = asyncssh.read_known_hosts(str(path))
        return self._known_hosts[path]


async def _by_exec(connection: asyncssh.SSHClientConnection, command: str) -> str:
    result = await connection.run(command)
    if result.exit_status != 0:
        said = str(result.stderr or result.stdout or "").strip()
        raise _UnusableError(said or f"status {result.exit_status}")
    return str(result.stdout)


class _Shell:
    """The dialogue at a terminal: prompt, privileges, paging."""

    def __init__(self, platform: Platform, target: Target, how: Mapping[str, Any]) -> None:
        self._platform, self._target = platform, target
        self._prompt = re.compile(platform.quirks.prompt)
        self._enter = str(how["enter"])
        self._before: list[str] = list(how["before"])

    async def read(self, connection: asyncssh.SSHClientConnection) -> str:
        async with connection.create_process(term_type="vt100", term_size=(511, 1000)) as process:
            prompt = await self._until(process, self._prompt)
            if prompt.rstrip().endswith(">") and self._target.secret:
                await self._ask(process, "enable", re.compile(r"assword: ?$"))
                await self._ask(process, self._target.secret, self._prompt)
            for command in self._before:
                await self._ask(process, command, self._prompt)
            answer = await self._ask(process, self._platform.read_command, self._prompt)
        return answer.split("\n", 1)[-1].rsplit("\n", 1)[0] + "\n"

    async def _ask(self, process: asyncssh.SSHClientProcess[str], line: str, until: re.Pattern[str]) -> str:
        process.stdin.write(line + self._enter)
        return await self._until(process, until)

    async def _until(self, process: asyncssh.SSHClientProcess[str], pattern: re.Pattern[str]) -> str:
        """All that is printed until the last line matches; pages are turned on the way."""
        seen = ""
        while True:
            chunk = await process.stdout.read(65536)
            if not chunk:
                raise _UnusableError("the session ended in the middle of the answer")
            seen += chunk.replace("\r", "")
            last = seen.rsplit("\n", 1)[-1]
            if _MORE.search(last):
                process.stdin.write(" ")
            elif pattern.search(_ERASED.sub("", last)):
                return _ERASED.sub("", seen)
