"""SSH in front of a simulated router: authentication, terminal line discipline, paging, exec requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import asyncssh

from hntt.lab.simulators.device import CliSession, LogoutError, SessionCutError, SimDevice


class _Auth(asyncssh.SSHServer):
    """Who may come in; a device whose management path is down lets nobody in."""

    def __init__(self, device: SimDevice) -> None:
        self._device = device
        self._abort: Callable[[], None] | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        if self._device.path_down:
            self._device.turned_away += 1
            conn.abort()
            return
        self._abort = conn.abort
        self._device.connections.add(conn.abort)
        self._device.let_in += 1

    def connection_lost(self, exc: Exception | None) -> None:
        if self._abort is not None:
            self._device.connections.discard(self._abort)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return self._device.settings.password is not None

    def validate_password(self, username: str, password: str) -> bool:
        return self._lets_in(username) and password == self._device.settings.password

    def public_key_auth_supported(self) -> bool:
        return bool(self._device.settings.authorized_keys)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        offered = key.export_public_key().decode().split()[:2]
        known = [line.split()[:2] for line in self._device.settings.authorized_keys]
        return self._lets_in(username) and offered in known

    def _lets_in(self, username: str) -> bool:
        return not self._device.faults.refuse_auth and self._device.knows_user(username)


async def listen(device: SimDevice, host: str, port: int, host_key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
    """Serve a device on ``host:port`` (0 for any free port) until the returned acceptor is closed."""
    return await asyncssh.create_server(
        lambda: _Auth(device),
        host,
        port,
        server_host_keys=[host_key],
        process_factory=lambda process: _serve(device, process),
        encoding=None,
        line_editor=False,
    )


async def _serve(device: SimDevice, process: asyncssh.SSHServerProcess[bytes]) -> None:
    user = str(process.get_extra_info("username"))
    try:
        if process.command is not None:
            await _run_exec(device, process, user, process.command)
        elif device.session(user) is not None:
            await _Terminal(device, process, user).run()
    except (SessionCutError, asyncssh.BreakReceived):
        process.get_extra_info("connection").abort()
    except (asyncssh.Error, OSError):
        pass  # the client is gone; nothing to tell it


async def _run_exec(device: SimDevice, process: asyncssh.SSHServerProcess[bytes], user: str, command: str) -> None:
    data = await process.stdin.read() if device.wants_stdin(command) else b""
    if device.faults.slow_s:
        await asyncio.sleep(device.faults.slow_s)
    answer = device.execute(user, command, data)
    process.stdout.write(answer.text.encode())
    process.exit(answer.status)


class _Terminal:
    """A character terminal: echo, line ends, answers page by page."""

    def __init__(self, device: SimDevice, process: asyncssh.SSHServerProcess[bytes], user: str) -> None:
        self._device = device
        self._process = process
        self._session: CliSession = device.session(user)
        self._pending = ""

    async def run(self) -> None:
        self._write(self._prompt())
        while (line := await self._read_line()) is not None:
            echo = "" if self._session.hides_input else line
            try:
                output = self._session.answer(line)
            except LogoutError:
                self._write(f"{echo}\r\n")
                break
            if self._device.faults.slow_s:
                await asyncio.sleep(self._device.faults.slow_s)
            await self._print(f"{echo}\n", output)
        with contextlib.suppress(OSError):
            self._process.exit(0)

    def _prompt(self) -> str:
        return self._session.ask() or self._session.prompt

    def _write(self, text: str) -> None:
        self._process.stdout.write(text.replace("\r\n", "\n").replace("\n", "\r\n").encode())

    async def _print(self, echo: str, output: str) -> None:
        """Print an answer and the next prompt, in pages where the session has a page length."""
        length = self._session.page_length
        lines = output.splitlines(keepends=True)
        if not length or len(lines) <= length:
            self._write(echo + output + self._prompt())
            return
        self._write(echo)
        while lines:
            page, lines = lines[:length], lines[length:]
            self._write("".join(page))
            if lines:
                self._write(self._session.more)
                key = await self._read_key()
                self._write("\b" * len(self._session.more) + " " * len(self._session.more) + "\b" * 10)
                if key in ("q", "\x03", None):
                    break
                length = 1 if key in "\r\n" else self._session.page_length
        self._write(self._prompt())

    async def _fill(self) -> bool:
        data = await self._process.stdin.read(4096)
        self._pending += data.decode("utf-8", "replace")
        return bool(data)

    async def _read_key(self) -> str | None:
        while not self._pending:
            if not await self._fill():
                return None
        key, self._pending = self._pending[0], self._pending[1:]
        return key

    async def _read_line(self) -> str | None:
        line = ""
        while (key := await self._read_key()) is not None:
            if key == "\r":
                if not self._pending.startswith("\n"):
                    return line
                self._pending = self._pending[1:]
                return line
            if key == "\n":
                return line
            if key == "\x04" and not line:
                return None
            line = line[:-1] if key in "\b\x7f" else line + key
        return None
