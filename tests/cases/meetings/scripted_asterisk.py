"""A manager interface that says what a recording has, and nothing else: for clients, with the faults of a bad day.

A recording is a text: ``> ACTION WORD`` begins an answer (``> greeting`` the first line), ``@ID`` stands for the
action's id. WORD is the value of ``Conference`` or ``Family``, where the action has one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

RECORDED = Path(__file__).parent / "_recorded"
SECRET = "s3cret"
END = b"\r\n"


def recording(name: str) -> dict[str, str]:
    """The answers of a recording, by the action they belong to."""
    found: dict[str, str] = {}
    key = ""
    for line in (RECORDED / f"{name}.ami").read_text(encoding="utf-8").splitlines():
        if line.startswith("> "):
            key = line[2:].strip()
        elif key:
            found[key] = f"{found[key]}\n{line}" if key in found else line
    return found


@dataclass
class Faults:
    """What goes wrong. ``at``: the action it happens at.

    ``cut_after``: bytes of its answer after which the connection is gone; ``silent``: no answer at all;
    ``refused``: an error with this text.
    """

    at: str = ""
    cut_after: int | None = None
    silent: bool = False
    refused: str = ""


@dataclass
class ScriptedAsterisk:
    """The server. ``asked`` are all actions with their headers, in order."""

    answers: dict[str, str]
    faults: Faults = field(default_factory=Faults)
    asked: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[ScriptedAsterisk]:
        """Listen on loopback while entered."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.faults.at == "greeting" and self.faults.silent:
            await reader.read()
            return
        writer.write(self.answers.get("greeting", "Asterisk Call Manager/11.0.0").encode() + END)
        while True:
            asked = await self._action(reader)
            self.asked.append(asked)
            wrong = self.faults if self.faults.at == asked["action"] else Faults()
            if wrong.silent:
                continue
            answer = self._answer(asked, wrong)
            writer.write(answer if wrong.cut_after is None else answer[: wrong.cut_after])
            await writer.drain()
            if wrong.cut_after is not None:
                return

    async def _action(self, reader: asyncio.StreamReader) -> dict[str, str]:
        text = (await reader.readuntil(END * 2)).decode()
        pairs = [line.partition(": ") for line in text.strip().splitlines()]
        return {name.lower(): value for name, _, value in pairs}

    def _answer(self, asked: dict[str, str], wrong: Faults) -> bytes:
        word = asked.get("conference") or asked.get("family") or ""
        key = f"{asked['action']} {word}".strip()
        if wrong.refused:
            text = f"Response: Error\nActionID: @ID\nMessage: {wrong.refused}"
        elif asked["action"] == "Login":
            right = asked.get("secret") == SECRET
            said = "Success\nMessage: Authentication accepted" if right else "Error\nMessage: Authentication failed"
            text = f"Response: {said}\nActionID: @ID"
        else:
            text = self.answers.get(key, "Response: Error\nActionID: @ID\nMessage: not in the recording")
        lines = text.replace("@ID", asked["actionid"]).splitlines()
        return END.join(line.encode() for line in lines).rstrip() + END * 2
