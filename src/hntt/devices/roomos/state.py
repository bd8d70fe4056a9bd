"""What one look at a unit gives: software, all leaves, registration, calls."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from hntt.devices.roomos.session import UnitSession
from hntt.intent.vcs import Family, family_of

REGISTERED = "Registered"
REGISTERING = "Registering"
_UNDER_WAY_S = 3.0
_POLL_S = 0.1
_CALL = re.compile(r"^Call (\d+) ", re.IGNORECASE)


@dataclass(frozen=True)
class Registration:
    """How the unit stands with its registrar, in its own words."""

    status: str
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether the registrar has accepted it, which also proves its password."""
        return self.status == REGISTERED

    def __str__(self) -> str:
        return f"{self.status} ({self.reason})" if self.reason else self.status


@dataclass(frozen=True)
class UnitState:
    """One look at a unit. ``calls`` are the ids of the calls it is in."""

    version: str
    family: Family
    leaves: Mapping[str, str] = field(repr=False)
    registration: Registration
    calls: tuple[str, ...]


async def look(session: UnitSession) -> UnitState:
    """Look at a unit; UnknownFamilyError when nothing is known about its software."""
    version = (await session.status("SystemUnit Software Version")).get("SystemUnit Software Version", "")
    return UnitState(
        version=version,
        family=family_of(version),
        leaves=await session.configuration(),
        registration=await _settled_registration(session),
        calls=await calls(session),
    )


async def _settled_registration(session: UnitSession) -> Registration:
    """The registration once it is no longer under way: what is being decided says nothing of the password."""
    deadline = time.monotonic() + _UNDER_WAY_S
    now = await registration(session)
    while now.status == REGISTERING and time.monotonic() < deadline:
        await asyncio.sleep(_POLL_S)
        now = await registration(session)
    return now


async def registration(session: UnitSession) -> Registration:
    """How the unit stands with its registrar now."""
    leaves = await session.status("SIP Registration 1")
    return Registration(leaves.get("SIP Registration 1 Status", ""), leaves.get("SIP Registration 1 Reason", ""))


async def calls(session: UnitSession) -> tuple[str, ...]:
    """The ids of the calls that the unit is in."""
    leaves = await session.status("Call")
    return tuple(dict.fromkeys(found[1] for path in leaves if (found := _CALL.match(path))))
