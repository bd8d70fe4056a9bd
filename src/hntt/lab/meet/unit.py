"""A video unit of the lab, used as its people would: dial, mute, keys; all of it through its own xAPI."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hntt.devices.roomos.session import UnitSession, open_unit
from hntt.devices.target import Target
from hntt.lab.meet.looks import Look
from hntt.lab.waiting import until

_POLL_S = 1.0
_T = TypeVar("_T")


class LabUnit:
    """One unit. Every method logs in, does its work and leaves; SessionError and RefusedError as from the driver."""

    def __init__(self, target: Target, extension: str, look: Look) -> None:
        self.name, self.extension, self.look = target.name, extension, look
        self._target = target

    def dial(self, number: str) -> None:
        """Call a number; ``in_call`` tells whether somebody answered."""
        self._do(lambda unit: unit.command("Dial", f'Number: "{number}"'))

    def hang_up(self) -> None:
        """End all calls; nothing when there is none."""

        async def end(unit: UnitSession) -> None:
            if await unit.status("Call"):
                await unit.command("Call Disconnect")

        self._do(end)

    def mute(self, muted: bool) -> None:
        """Switch the unit's own microphone."""
        self._do(lambda unit: unit.command(f"Audio Microphones {'Mute' if muted else 'Unmute'}"))

    def press(self, keys: str) -> None:
        """Send keys (digits, ``*``, ``#``) in the call there is."""
        self._do(lambda unit: unit.command("Call DTMFSend", f'DTMFString: "{keys}"'))

    def in_call(self, timeout_s: float = 0) -> bool:
        """Whether a call is connected, waiting so long for it."""
        return self._until(lambda: "Connected" in self._states(), timeout_s)

    def out_of_call(self, timeout_s: float = 0) -> bool:
        """Whether there is no call any more, waiting so long for its end."""
        return self._until(lambda: not self._states(), timeout_s)

    def packets(self) -> dict[str, int]:
        """How many packets of ``audio`` and ``video`` have come in the call there is, as the far end told last."""
        leaves = self._do(lambda unit: unit.status("MediaChannels"))
        found: dict[str, int] = {}
        for path, kind in leaves.items():
            place, _, leaf = path.rpartition(" ")
            if leaf == "Type":
                found[kind.lower()] = found.get(kind.lower(), 0) + int(leaves.get(f"{place} Netstat Packets", "0"))
        return found

    def receives_picture(self, timeout_s: float) -> bool:
        """Whether pictures arrive: more of them as time goes by. Reports come every 5 s."""
        first = self.packets().get("video", 0)
        return self._until(lambda: self.packets().get("video", 0) > first, timeout_s)

    def _states(self) -> list[str]:
        leaves = self._do(lambda unit: unit.status("Call"))
        return [value for path, value in leaves.items() if path.endswith(" Status")]

    def _do(self, work: Callable[[UnitSession], Awaitable[_T]]) -> _T:
        async def visit() -> _T:
            async with open_unit(self._target) as unit:
                return await work(unit)

        return asyncio.run(visit())

    def _until(self, true: Callable[[], bool], timeout_s: float) -> bool:
        return until(true, timeout_s, _POLL_S)
