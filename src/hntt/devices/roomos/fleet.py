"""All video units read at once in one process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from hntt.devices.roomos.session import RefusedError, open_unit
from hntt.devices.roomos.state import UnitState, look
from hntt.devices.session import SessionError
from hntt.devices.target import Target
from hntt.intent.vcs import UnknownFamilyError

UnitError = SessionError | RefusedError | UnknownFamilyError
UNIT_ERRORS = (SessionError, RefusedError, UnknownFamilyError)


@dataclass(frozen=True)
class UnitReading:
    """What reading one unit gave: its state, or why there is none; how long it took."""

    name: str
    state: UnitState | None = None
    error: UnitError | None = None
    seconds: float = 0.0


def read_units(targets: Iterable[Target], *, concurrency: int = 64) -> dict[str, UnitReading]:
    """One look at each unit, by name. Never raises for what a unit does; one that is slow holds nobody up."""
    return asyncio.run(_read_all(list(targets), concurrency))


async def _read_all(targets: list[Target], concurrency: int) -> dict[str, UnitReading]:
    slots = asyncio.Semaphore(concurrency)

    async def read(target: Target) -> UnitReading:
        async with slots:
            return await _read(target)

    readings = await asyncio.gather(*(read(target) for target in targets))
    return {reading.name: reading for reading in readings}


async def _read(target: Target) -> UnitReading:
    begun = time.monotonic()
    try:
        async with open_unit(target) as session:
            state = await look(session)
    except UNIT_ERRORS as error:
        return UnitReading(target.name, error=error, seconds=round(time.monotonic() - begun, 3))
    return UnitReading(target.name, state, seconds=round(time.monotonic() - begun, 3))
