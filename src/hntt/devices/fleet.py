"""Read the running and startup configurations of a whole fleet at once: one process, one event loop, asyncssh.

Host keys are verified against the pinned ones for every device. A device that can't be read never holds up the
others, and unreachable, refused and swapped devices are told apart.
"""

from __future__ import annotations

import asyncio
import re
import shlex
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import asyncssh

from hntt.devices import get_platform
from hntt.devices.platform import Platform
from hntt.devices.target import Target

Status = Literal["ok", "unreachable", "auth_failed", "hostkey_changed", "error"]

_MORE = re.compile(r"\s?-+ ?More ?-+ ?$")
_ERASED = re.compile(r"\s?-+ ?More ?-+ ?(?:\x08+ *\x08*)*")


# Between the two in the answer of one command.
_STARTUP_MARK = "! hntt: startup configuration"


@dataclass(frozen=True)
class ReadResult:
    """What reading one device gave: the configurations as printed, or why there are none; how long it took.

    ``startup`` is empty on a device without one, and ``None`` on a platform that stores every command at once.
    """

    name: str
    status: Status
    text: str = ""
    detail: str = ""
    seconds: float = 0.0
    startup: str | None = None


class _Read(NamedTuple):
    running: str
    startup: str | None


class _UnusableError(Exception):
    """The device answered, but not with a configuration."""


def read_fleet(targets: Iterable[Target], *, concurrency: int = 64, timeout_s: float = 60.0) -> dict[str, ReadResult]:
    """The running and the startup configuration of each target, by name; both are read in one session.

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
            found = await self._attempt(target)
            seconds = round(time.monotonic() - begun, 3)
            if isinstance(found, _Read):
                return ReadResult(target.name, "ok", found.running, seconds=seconds, startup=found.startup)
            status, detail = found
            return ReadResult(target.name, status, detail=detail, seconds=seconds)

    async def _attempt(self, target: Target) -> _Read | tuple[Status, str]:
        try:
            return await asyncio.wait_for(self._read(target), self._timeout_s)
        except asyncssh.HostKeyNotVerifiable as error:
            return "hostkey_changed", str(error)
        except asyncssh.PermissionDenied as error:
            return "auth_failed", str(error)
        except TimeoutError:
            return "unreachable", f"no answer within {self._timeout_s:g} s"
        except (_UnusableError, asyncssh.ProcessError, asyncssh.ChannelOpenError) as error:
            return "error", str(error)
        except (OSError, asyncssh.Error) as error:
            return "unreachable", str(error)

    async def _read(self, target: Target) -> _Read:
        platform = get_platform(target.platform)
        how: Mapping[str, Any] = platform.quirks.extra["fleet"]
        async with await self._connect(target, how) as connection:
            if "exec" in how:
                running, startup = await _by_exec(connection, str(how["exec"]), platform.quirks.startup)
            else:
                running, startup = await _Shell(platform, target, how).read(connection)
        if not running.strip():
            raise _UnusableError("empty answer")
        for text in (running, startup or ""):
            head = "\n".join(text.splitlines()[:3])
            if platform.quirks.error_in(head):
                raise _UnusableError(platform.mask(head.strip()))
        return _Read(running, startup)

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


async def _by_exec(connection: asyncssh.SSHClientConnection, running: str, startup: str | None) -> _Read:
    """Both by one command, as root: a second one would cost a slow line another round trip, and the device a sudo."""
    script = running if startup is None else f"{running} && echo {shlex.quote(_STARTUP_MARK)} && {startup}"
    result = await connection.run(f"sudo -n sh -c {shlex.quote(script)}")
    if result.exit_status != 0:
        # Not what it printed so far: that is a configuration with secrets in it.
        raise _UnusableError(str(result.stderr or "").strip() or f"status {result.exit_status}")
    text, _, rest = str(result.stdout).partition(f"{_STARTUP_MARK}\n")
    return _Read(text, None if startup is None else rest)


class _Shell:
    """The dialogue at a terminal: prompt, privileges, paging."""

    def __init__(self, platform: Platform, target: Target, how: Mapping[str, Any]) -> None:
        self._platform, self._target = platform, target
        self._prompt = re.compile(platform.quirks.prompt)
        self._enter = str(how["enter"])
        self._before: list[str] = list(how["before"])

    async def read(self, connection: asyncssh.SSHClientConnection) -> _Read:
        async with connection.create_process(term_type="vt100", term_size=(511, 1000)) as process:
            prompt = await self._until(process, self._prompt)
            if prompt.rstrip().endswith(">") and self._target.secret:
                await self._ask(process, "enable", re.compile(r"assword: ?$"))
                await self._ask(process, self._target.secret, self._prompt)
            for command in self._before:
                await self._ask(process, command, self._prompt)
            running = await self._print(process, self._platform.read_command)
            quirks = self._platform.quirks
            if quirks.startup is None:
                return _Read(running, None)
            return _Read(running, quirks.startup_in(await self._print(process, quirks.startup)))

    async def _print(self, process: asyncssh.SSHClientProcess[str], command: str) -> str:
        """What a command prints, without echo and prompt."""
        answer = await self._ask(process, command, self._prompt)
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
