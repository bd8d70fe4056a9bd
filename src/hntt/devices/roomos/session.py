"""A session with a video unit: SSH with the pinned host key, one tagged request after the other.

Every request carries a ``resultId`` and its answer is the text up to the ``** end`` under the same tag. So it does not
matter whether ``OK`` comes before or after it, whether a value happens to be ``OK``, or what an earlier request left
behind. A unit prints no prompt to wait for, and its answers are as long as they are: nothing turns pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

from hntt.devices.roomos.grammar import END, Answer, ends_unanswered, parse, tag_of
from hntt.devices.session import SessionError, problem_text
from hntt.devices.target import Target

_LOGGED_IN = re.compile(r"^\*r Login successful\s*$", re.MULTILINE)
_ECHO_OFF = "echo off"
_CLOSE_S = 2.0


class RefusedError(Exception):
    """The unit refused a request; ``request`` has no value in it, ``reason`` is the unit's."""

    def __init__(self, request: str, answer: Answer) -> None:
        super().__init__(f"{request}: {answer.reason}")
        self.request = request
        self.reason = answer.reason
        self.is_unknown_path = answer.is_unknown_path


class UnitSession:
    """Requests to one unit. Use :func:`open_unit`. Every method raises ``SessionError`` when the session breaks."""

    def __init__(self, target: Target, process: asyncssh.SSHClientProcess[str]) -> None:
        self._target = target
        self._process = process
        self._unread = ""
        self._requests = 0

    async def configuration(self) -> dict[str, str]:
        """All leaves of the configuration, path to bare value, in one answer."""
        return dict((await self._ask("xConfiguration")).leaves)

    async def status(self, path: str) -> dict[str, str]:
        """The leaves of the status at or below ``path``; none when there is nothing there at the moment."""
        answer = await self._ask(f"xStatus {path}")
        if answer.is_error and not answer.is_unknown_path:
            raise RefusedError(f"xStatus {path}", answer)
        return dict(answer.leaves)

    async def set(self, path: str, written: str) -> None:
        """Give a leaf a value, quoted already where it is a text; RefusedError when the unit does not take it."""
        answer = await self._ask(f"xConfiguration {path}: {written}")
        if answer.is_error:
            raise RefusedError(f"xConfiguration {path}", answer)

    async def command(self, words: str, arguments: str = "", body: str = "") -> Answer:
        """Run a command (no ``xCommand`` before it); RefusedError unless its status is OK. ``body``: more lines."""
        answer = await self._ask(f"xCommand {words} {arguments}".rstrip(), body)
        if answer.status.casefold() != "ok":
            raise RefusedError(f"xCommand {words}", answer)
        return answer

    async def greet(self) -> None:
        """Wait for the login and have the unit stop repeating what it is sent."""
        await self._read_until(_LOGGED_IN)
        self._process.stdin.write(f"{_ECHO_OFF}\n")

    async def _ask(self, request: str, body: str = "") -> Answer:
        self._requests += 1
        tag = f"hntt-{self._requests}"
        try:
            self._process.stdin.write(f'{request} | resultId="{tag}"\n{_payload(body)}')
            return parse(await asyncio.wait_for(self._answer(tag), self._target.read_timeout_s))
        except TimeoutError as error:
            raise SessionError("timeout", problem_text("timeout", self._target)) from error
        except (OSError, asyncssh.Error) as error:
            raise self._lost() from error

    async def _answer(self, tag: str) -> list[str]:
        """The lines of the answer under ``tag``; those under another or none are dropped."""
        lines: list[str] = []
        is_ours = False
        while True:
            line = await self._line()
            lines.append(line)
            is_ours = is_ours or tag_of(line) == tag
            if ends_unanswered(line) or (is_ours and line.strip() == END):
                return lines
            if line.strip() == END:
                lines = []

    async def _line(self) -> str:
        while "\n" not in self._unread:
            await self._more()
        line, _, self._unread = self._unread.partition("\n")
        return line

    async def _read_until(self, pattern: re.Pattern[str]) -> None:
        try:
            async with asyncio.timeout(self._target.read_timeout_s):
                while (found := pattern.search(self._unread)) is None:
                    await self._more()
        except TimeoutError as error:
            raise SessionError("timeout", problem_text("timeout", self._target)) from error
        self._unread = self._unread[found.end() :]

    async def _more(self) -> None:
        chunk = await self._process.stdout.read(65536)
        if not chunk:
            raise self._lost()
        self._unread += chunk.replace("\r", "")

    def _lost(self) -> SessionError:
        return SessionError("lost", problem_text("lost", self._target))


def _payload(body: str) -> str:
    """What follows a multi-line command: the text, then a line with a full stop."""
    return f"{body.strip()}\n.\n" if body else ""


@asynccontextmanager
async def open_unit(target: Target) -> AsyncIterator[UnitSession]:
    """Log in to a unit. SessionError says why that can't be; a wrong host key is sent nothing."""
    async with _connected(target) as connection, connection.create_process() as process:
        session = UnitSession(target, process)
        await session.greet()
        yield session


@asynccontextmanager
async def _connected(target: Target) -> AsyncIterator[asyncssh.SSHClientConnection]:
    try:
        connection = await asyncio.wait_for(_connect(target), target.connect_timeout_s)
    except asyncssh.HostKeyNotVerifiable as error:
        raise SessionError("hostkey_changed", problem_text("hostkey_changed", target)) from error
    except asyncssh.PermissionDenied as error:
        raise SessionError("auth_failed", problem_text("auth_failed", target)) from error
    except (OSError, asyncssh.Error, TimeoutError) as error:
        raise SessionError("unreachable", problem_text("unreachable", target)) from error
    try:
        yield connection
    except asyncssh.ChannelOpenError as error:
        raise SessionError("lost", problem_text("lost", target)) from error
    finally:
        connection.abort()
        # A way in through a ProxyCommand is a process, which has to end before the event loop does.
        with contextlib.suppress(TimeoutError, OSError, asyncssh.Error):
            await asyncio.wait_for(connection.wait_closed(), _CLOSE_S)


async def _connect(target: Target) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        target.host,
        **({"port": target.port} if target.port != 22 or target.ssh_config is None else {}),
        username=target.user,
        password=target.password,
        client_keys=[str(target.key_file)] if target.key_file else None,
        agent_path=None,
        known_hosts=str(target.known_hosts),
        config=[str(target.ssh_config)] if target.ssh_config else None,
        connect_timeout=target.connect_timeout_s,
        login_timeout=target.connect_timeout_s,
    )
