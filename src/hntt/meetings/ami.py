"""A client of Asterisk's manager interface. Standard library only: it also runs on the MCU servers themselves."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Self

Message = Mapping[str, str]
"""One message: names in lower case to values; a name that is repeated keeps its lines, joined by newlines."""

END = "\r\n"
TIMEOUT_S = 10.0
_LIMIT = 1 << 20
_GREETING = "Asterisk Call Manager/"


class AmiError(Exception):
    """Asterisk refused an action, or the connection cannot be used."""


class AmiRefusedError(AmiError):
    """``Response: Error``; the text is Asterisk's."""


class AmiLostError(AmiError):
    """The connection is gone, or nothing came in time."""


def parse(lines: list[str]) -> dict[str, str]:
    """The message of these lines. A line without a colon continues what came before (output of commands)."""
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        key = name.strip().lower() if colon else "output"
        text = value.strip() if colon else line
        found[key] = f"{found[key]}\n{text}" if key in found else text
    return found


def serialise(action: str, headers: Mapping[str, str]) -> bytes:
    """The action on the wire. ValueError for a value with a line break: it would be a header of its own."""
    lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in headers.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError(f"a line break in a header of {action}")
    return (END.join(lines) + END * 2).encode()


async def messages(reader: asyncio.StreamReader) -> AsyncIterator[dict[str, str]]:
    """All messages, until the connection ends."""
    lines: list[str] = []
    while raw := await reader.readline():
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if line:
            lines.append(line)
        elif lines:
            yield parse(lines)
            lines = []


class Ami:
    """One session. Events go to ``on_event``; answers to whoever asked. Use ``connect``."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_event: Callable[[Message], object] | None = None,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._on_event = on_event
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Queue[Message | None]] = {}
        self._task: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()

    @classmethod
    async def connect(
        cls,
        host: str,
        port: int,
        user: str,
        secret: str,
        on_event: Callable[[Message], object] | None = None,
    ) -> Self:
        """Connect and log in. AmiLostError when nobody answers, AmiRefusedError for a wrong password."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                reader, writer = await asyncio.open_connection(host, port, limit=_LIMIT)
        except (OSError, TimeoutError) as error:
            raise AmiLostError(f"{host}:{port}: {error or 'no answer'}") from error
        session = cls(reader, writer, on_event)
        try:
            await session.login(user, secret)
        except BaseException:
            await session.close()
            raise
        return session

    async def login(self, user: str, secret: str) -> None:
        """Read the greeting, then log in."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                greeting = (await self._reader.readline()).decode("utf-8", "replace")
        except (OSError, TimeoutError, ValueError) as error:
            raise AmiLostError(str(error) or "no greeting") from error
        if not greeting.startswith(_GREETING):
            raise AmiLostError(f"not a manager interface: {greeting.strip()[:40]!r}")
        self._task = asyncio.create_task(self._read())
        await self.ask("Login", {"Username": user, "Secret": secret})

    async def ask(self, action: str, headers: Mapping[str, str] | None = None) -> Message:
        """Send an action; its answer. AmiRefusedError when it is an error, AmiLostError when none comes."""
        async with self._exchange(action, headers or {}) as answers:
            return await self._answer(answers)

    async def list(self, action: str, headers: Mapping[str, str] | None = None) -> list[Message]:
        """Send an action whose answer is a list of events; those events."""
        async with self._exchange(action, headers or {}) as answers:
            await self._answer(answers)
            found: list[Message] = []
            while (item := await self._next(answers)).get("eventlist", "").lower() != "complete":
                found.append(item)
            return found

    async def originate(self, headers: Mapping[str, str], timeout_s: float) -> Message:
        """Place a call; the ``OriginateResponse`` that says how it ended: answered, or why not."""
        async with self._exchange("Originate", {**headers, "Async": "true"}) as answers:
            await self._answer(answers)
            return await self._next(answers, timeout_s)

    async def close(self) -> None:
        """End the session; never raises."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await self._writer.wait_closed()

    @contextlib.asynccontextmanager
    async def _exchange(self, action: str, headers: Mapping[str, str]) -> AsyncIterator[asyncio.Queue[Message | None]]:
        if self.lost.is_set():
            raise AmiLostError("the connection is gone")
        number = str(next(self._numbers))
        answers = self._waiting[number] = asyncio.Queue()
        try:
            self._writer.write(serialise(action, {"ActionID": number, **headers}))
            await self._writer.drain()
            yield answers
        except OSError as error:
            raise AmiLostError(str(error)) from error
        finally:
            del self._waiting[number]

    async def _answer(self, answers: asyncio.Queue[Message | None]) -> Message:
        answer = await self._next(answers)
        if answer.get("response", "").lower() == "error":
            raise AmiRefusedError(answer.get("message", "refused"))
        return answer

    async def _next(self, answers: asyncio.Queue[Message | None], timeout_s: float = TIMEOUT_S) -> Message:
        try:
            async with asyncio.timeout(timeout_s):
                answer = await answers.get()
        except TimeoutError as error:
            raise AmiLostError("no answer in time") from error
        if answer is None:
            raise AmiLostError("the connection was lost")
        return answer

    async def _read(self) -> None:
        try:
            async for message in messages(self._reader):
                self._deal(message)
        except (OSError, ValueError):
            # A reset, or a line longer than any message: either way nothing more can be understood.
            pass
        finally:
            self.lost.set()
            for answers in self._waiting.values():
                answers.put_nowait(None)

    def _deal(self, message: Message) -> None:
        answers = self._waiting.get(message.get("actionid", ""))
        if answers is not None:
            answers.put_nowait(message)
        elif "event" in message and self._on_event is not None:
            self._on_event(message)
