"""SSH in front of a simulated unit: authentication, echo, output mode, one request after the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import asyncssh

from hntt.lab.simulators.xapi.answer import MODES, printed
from hntt.lab.simulators.xapi.commands import takes_body
from hntt.lab.simulators.xapi.request import Request, parse_request
from hntt.lab.simulators.xapi.unit import SessionCutError, Unit

_HELP = """ - User Commands -
help           xcommand       xconfiguration xpreferences   xstatus
bye            echo
"""
_LATE = '*s Audio Volume: 50\n** resultId: "of-another-request"\n** end\n\nOK\n\n'


@dataclass(frozen=True)
class Access:
    """Who may log in: one user, by password or by key."""

    user: str = "admin"
    password: str | None = None
    authorized_keys: Sequence[str] = ()


class _Auth(asyncssh.SSHServer):
    def __init__(self, unit: Unit, access: Access) -> None:
        self._unit = unit
        self._access = access
        self._abort: Callable[[], None] | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        if self._unit.faults.unreachable:
            conn.abort()
            return
        self._abort = conn.abort
        self._unit.connections.add(conn.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._abort is not None:
            self._unit.connections.discard(self._abort)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return self._access.password is not None

    def validate_password(self, username: str, password: str) -> bool:
        return self._lets_in(username) and password == self._access.password

    def public_key_auth_supported(self) -> bool:
        return bool(self._access.authorized_keys)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        offered = key.export_public_key().decode().split()[:2]
        return self._lets_in(username) and offered in [line.split()[:2] for line in self._access.authorized_keys]

    def _lets_in(self, username: str) -> bool:
        return username == self._access.user and not self._unit.faults.refuse_auth


async def listen(unit: Unit, access: Access, host: str, port: int, host_key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
    """Serve a unit on ``host:port`` (0 for any free port) until the returned acceptor is closed."""
    return await asyncssh.create_server(
        lambda: _Auth(unit, access),
        host,
        port,
        server_host_keys=[host_key],
        process_factory=lambda process: _serve(unit, process),
        encoding=None,
        line_editor=False,
    )


async def _serve(unit: Unit, process: asyncssh.SSHServerProcess[bytes]) -> None:
    try:
        await _Terminal(unit, process).run()
    except (SessionCutError, asyncssh.BreakReceived):
        process.get_extra_info("connection").abort()
    except (asyncssh.Error, OSError):
        pass  # the client is gone; nothing to tell it


class _Terminal:
    """One session. There is no prompt; with echo on (the default) the unit repeats what it is sent."""

    def __init__(self, unit: Unit, process: asyncssh.SSHServerProcess[bytes]) -> None:
        self._unit = unit
        self._process = process
        self._echo = True
        self._mode = "terminal"
        self._pending = ""

    async def run(self) -> None:
        name = self._unit.software.display_name
        self._write(f"\nWelcome to \nCodec Release {name}\n*r Login successful\n\nOK\n\n")
        while (line := await self._read_line()) is not None:
            if self._echo:
                self._write(f"{line}\n")
            if line.strip().casefold() == "bye":
                break
            await self._handle(line)
        with contextlib.suppress(OSError):
            self._process.exit(0)

    async def _handle(self, line: str) -> None:
        if not line.strip():
            return
        request = parse_request(line)
        if request.kind == "xcommand" and takes_body(request.path):
            request = replace(request, body=await self._read_body())
        if self._unit.faults.silent:
            return
        if self._unit.faults.slow_s:
            await asyncio.sleep(self._unit.faults.slow_s)
        if self._unit.faults.sends_late:
            self._write(_LATE)
        if request.kind in ("?", "help"):
            self._write(f"{_HELP}\nOK\n\n")
            return
        if self._takes_preference(request):
            self._write("\nOK\n\n")
            return
        self._write(printed(await self._unit.answer(request), self._mode, request.tag))

    def _takes_preference(self, request: Request) -> bool:
        """Whether the request concerned the session and not the unit, and was carried out."""
        words = request.path.casefold().split()
        if request.kind == "echo" and words in (["on"], ["off"]):
            self._echo = words == ["on"]
            return True
        if request.kind == "xpreferences" and words[:1] == ["outputmode"] and words[1:2] and words[1] in MODES:
            self._mode = words[1]
            return True
        return False

    def _write(self, text: str) -> None:
        self._process.stdout.write(text.replace("\n", "\r\n").encode())

    async def _read_body(self) -> str:
        """The lines of a multi-line command, up to one with nothing but a full stop."""
        lines: list[str] = []
        while (line := await self._read_line()) is not None and line != ".":
            lines.append(line)
        return "".join(f"{line}\n" for line in lines)

    async def _read_line(self) -> str | None:
        while "\n" not in self._pending:
            data = await self._process.stdin.read(4096)
            if not data:
                return None
            self._pending += data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        line, _, self._pending = self._pending.partition("\n")
        return line
