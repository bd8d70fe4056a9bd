"""One session with a device: strict host keys, clear reasons when it fails, one command at a time.

netmiko logs in and knows the terminals; reading is done here, because a session that the device cuts must be
noticed at once and not after a read timeout.
"""

from __future__ import annotations

import logging
import re
import shlex
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import paramiko
from netmiko import ConnectHandler
from netmiko.exceptions import NetmikoAuthenticationException, NetmikoBaseException

from hntt.devices.platform import Quirks
from hntt.devices.target import Target
from hntt.devices.texts import Text

# What paramiko would print about a broken connection is in the SessionError already.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

Problem = Literal["unreachable", "auth_failed", "hostkey_changed", "lost", "timeout"]


class SessionError(Exception):
    """A session could not be had or kept; ``problem`` says which of the known ways it went wrong."""

    def __init__(self, problem: Problem, text: Text) -> None:
        super().__init__(str(text))
        self.problem: Problem = problem
        self.text = text


def problem_text(problem: Problem, target: Target) -> Text:
    """The operator's text for a problem with a device."""
    where = f"{target.name} ({target.host}:{target.port})"
    texts = {
        "unreachable": Text(vi=f"không kết nối được {where}", en=f"cannot reach {where}"),
        "auth_failed": Text(
            vi=f"{where} từ chối đăng nhập: sai mật khẩu hoặc khoá của “{target.login}”",
            en=f"{where} refuses the login: wrong password or key of {target.login!r}",
        ),
        "hostkey_changed": Text(
            vi=f"khoá máy chủ SSH của {where} không đúng với khoá đã ghim; không gửi gì; hãy kiểm tra thiết bị tại chỗ",
            en=f"the SSH host key of {where} is not the pinned one; nothing was sent; have the device checked on site",
        ),
        "lost": Text(vi=f"phiên làm việc với {where} bị ngắt", en=f"the session with {where} was cut"),
        "timeout": Text(vi=f"{where} không trả lời", en=f"{where} does not answer"),
    }
    return texts[problem]


class Cli:
    """A session at the device's command line. Use ``open_cli``."""

    def __init__(self, target: Target, quirks: Quirks, connection: Any) -> None:
        self._target = target
        self._prompt = re.compile(quirks.prompt)
        self._connection = connection

    def run(self, command: str, *, expect: str | None = None, timeout_s: float | None = None) -> str:
        """Send a command and return what it printed, without echo and prompt.

        ``expect`` also ends the reading, for a command that asks something. Raises ``SessionError``.
        """
        with _as_session_error(self._target):
            self._connection.write_channel(f"{command}{self._connection.RETURN}")
            return self._read(command, expect, timeout_s or self._target.read_timeout_s)

    def _read(self, command: str, expect: str | None, timeout_s: float) -> str:
        question = re.compile(expect) if expect else None
        deadline = time.monotonic() + timeout_s
        seen = ""
        echoed = not command.strip()
        while time.monotonic() < deadline:
            chunk: str = self._connection.read_channel()
            seen += chunk
            if not echoed and command.strip() in seen:
                seen, echoed = seen.split(command.strip(), 1)[1], True
            if echoed and "\n" in seen:
                last = seen.rsplit("\n", 1)[1]
                if self._prompt.search(last):
                    return seen.split("\n", 1)[1].rsplit("\n", 1)[0] + "\n" if seen.count("\n") > 1 else ""
                if question is not None and question.search(last):
                    return seen.split("\n", 1)[1]
            if not chunk:
                self._check_alive()
                time.sleep(0.004)
        raise SessionError("timeout", problem_text("timeout", self._target))

    def _check_alive(self) -> None:
        channel = self._connection.remote_conn
        if channel.closed or (channel.eof_received and not channel.recv_ready()):
            raise SessionError("lost", problem_text("lost", self._target))

    def close(self) -> None:
        """End the session without waiting for a polite answer."""
        with _quietly():
            self._connection.paramiko_cleanup()


class Shell:
    """Commands on a device that also has a Unix shell; each is one SSH exec request. Use ``open_shell``."""

    def __init__(self, target: Target, client: paramiko.SSHClient) -> None:
        self._target = target
        self._client = client

    def run(self, command: str, *, stdin: str = "", timeout_s: float | None = None) -> tuple[int, str]:
        """Run a command and return its exit status with all it printed; raises ``SessionError``."""
        with _as_session_error(self._target):
            transport = self._client.get_transport()
            if transport is None:
                raise SessionError("lost", problem_text("lost", self._target))
            channel = transport.open_session(timeout=self._target.connect_timeout_s)
            channel.settimeout(timeout_s or self._target.read_timeout_s)
            channel.set_combine_stderr(True)
            channel.exec_command(command)
            channel.sendall(stdin.encode())
            channel.shutdown_write()
            output = b"".join(iter(lambda: channel.recv(65536), b""))
            status = channel.recv_exit_status()
            if status == -1:
                raise SessionError("lost", problem_text("lost", self._target))
        return status, output.decode("utf-8", "replace")

    def close(self) -> None:
        """End the session."""
        with _quietly():
            self._client.close()


def open_cli(target: Target, quirks: Quirks) -> Cli:
    """Log in to the device's command line with netmiko, privileged where the platform knows that.

    Raises ``SessionError``; nothing has been sent to the device when the host key is not the pinned one.
    """
    with _as_session_error(target, "unreachable"), _route(target) as route:
        connection = ConnectHandler(
            device_type=quirks.netmiko,
            host=route.host,
            port=route.port,
            sock=route.connection,
            username=target.login,
            password=target.password or "",
            secret=target.secret or "",
            use_keys=False,
            key_file=str(target.key_file) if target.key_file else None,
            allow_agent=False,
            ssh_strict=True,
            system_host_keys=False,
            alt_host_keys=True,
            alt_key_file=str(target.known_hosts),
            conn_timeout=target.connect_timeout_s,
            auth_timeout=target.connect_timeout_s,
            banner_timeout=target.connect_timeout_s,
            fast_cli=True,
        )
        try:
            if target.secret and not connection.check_enable_mode():
                connection.enable()
        except Exception:
            connection.paramiko_cleanup()
            raise
    return Cli(target, quirks, connection)


def open_shell(target: Target) -> Shell:
    """Log in to the device's Unix shell as ``target.user``; raises ``SessionError``."""
    client = paramiko.SSHClient()
    client.load_host_keys(str(target.known_hosts))
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    with _as_session_error(target, "unreachable"), _route(target) as route:
        client.connect(
            route.host,
            port=route.port,
            username=target.user,
            password=target.password,
            key_filename=str(target.key_file) if target.key_file else None,
            look_for_keys=False,
            allow_agent=False,
            timeout=target.connect_timeout_s,
            auth_timeout=target.connect_timeout_s,
            banner_timeout=target.connect_timeout_s,
            sock=route.connection,
        )
    return Shell(target, client)


class _Proxy(paramiko.ProxyCommand):  # type: ignore[misc]  # paramiko has no types
    """A proxy command whose end is noticed; paramiko's own reads on for ever, as if the device were only silent."""

    def recv(self, size: int) -> bytes:
        """Read; nothing at the end."""
        try:
            data: bytes = super().recv(size)
        except TimeoutError:
            if self.process.poll() is None:
                raise
            return b""
        return data

    def close(self) -> None:
        """End the command, if it has not ended by itself."""
        if self.process.poll() is None:
            super().close()


@dataclass(frozen=True)
class _Route:
    """The name that the host key is looked up by, and the connection."""

    host: str
    port: int
    connection: _Proxy | socket.socket


@contextmanager
def _route(target: Target) -> Iterator[_Route]:
    """Connect the way that the target's ssh_config gives; the connection is closed when the block fails."""
    place = _ssh_config(target)
    host = place.get("hostname", target.host)
    port = int(place.get("port", target.port)) if target.port == 22 else target.port
    command = place.get("proxycommand") or _jump(target, place, host, port)
    connection = _Proxy(command) if command else _connect(host, port, target.connect_timeout_s)
    try:
        yield _Route(host, port, connection)
    except BaseException:
        with _quietly():
            connection.close()
        raise


def _connect(host: str, port: int, timeout_s: float) -> socket.socket:
    """Without Nagle's algorithm, which costs 40 ms per command here."""
    connection = socket.create_connection((host, port), timeout_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _jump(target: Target, place: dict[str, str], host: str, port: int) -> str | None:
    """``ProxyJump`` as a command."""
    if place.get("proxyjump", "none") == "none":
        return None
    *before, last = place["proxyjump"].split(",")
    words = ["ssh", "-F", str(target.ssh_config), *(["-J", ",".join(before)] if before else []), "-W", f"{host}:{port}"]
    return shlex.join([*words, last])


def _ssh_config(target: Target) -> dict[str, str]:
    if target.ssh_config is None:
        return {}
    config = paramiko.SSHConfig.from_path(str(target.ssh_config))
    return {key: str(value) for key, value in config.lookup(target.host).items() if isinstance(value, str)}


@contextmanager
def _as_session_error(target: Target, otherwise: Problem = "lost") -> Iterator[None]:
    try:
        yield
    except SessionError:
        raise
    except (NetmikoBaseException, paramiko.SSHException, OSError, EOFError, ValueError) as error:
        problem = _problem(error) or otherwise
        raise SessionError(problem, problem_text(problem, target)) from error


def _problem(error: BaseException) -> Problem | None:
    """Which known problem an exception of netmiko or paramiko is; netmiko hides the cause in its context."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    if any(isinstance(e, paramiko.BadHostKeyException) or "not found in known_hosts" in str(e) for e in chain):
        return "hostkey_changed"
    if any(isinstance(e, NetmikoAuthenticationException | paramiko.AuthenticationException) for e in chain):
        return "auth_failed"
    return None


@contextmanager
def _quietly() -> Iterator[None]:
    try:
        yield
    except (NetmikoBaseException, paramiko.SSHException, OSError, EOFError):
        return
