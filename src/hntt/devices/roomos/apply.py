"""Brings one unit to what is wanted of it, leaf by leaf, and back when that does not go through.

A unit keeps every setting at once and has no way back of its own, so the old values of this run are the way back.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from hntt.devices.results import ApplyResult, Step
from hntt.devices.roomos import texts
from hntt.devices.roomos.compare import Comparison, compare
from hntt.devices.roomos.record import Record
from hntt.devices.roomos.session import RefusedError, UnitSession, open_unit
from hntt.devices.roomos.state import Registration, UnitState, look, registration
from hntt.devices.session import SessionError
from hntt.devices.target import Target
from hntt.devices.texts import Text
from hntt.intent.vcs import Leaf, UnitIntent, UnknownFamilyError, leaves_for

_ADD_AUTHORITY = "Security Certificates CA Add"
_HAS_IT = re.compile(r"already|exists", re.IGNORECASE)
_ACCOUNT = ("sip", "dns", "encryption")


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: for a cut session to be had again, for the registrar's answer, between looks.

    ``settle_s``: a unit whose account was changed may call itself registered with the old one for a moment.
    """

    reconnect_s: float = 30.0
    registration_s: float = 20.0
    settle_s: float = 2.0
    poll_s: float = 0.5


def apply_unit(
    target: Target,
    intent: UnitIntent,
    *,
    check: bool = False,
    reason: str = "",
    patience: Patience | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> ApplyResult:
    """Bring a unit to its intended settings; never raises for what the unit does.

    Sends only what differs, reads back, and waits until the unit is registered. Its password is sent only while it is
    not registered, which is the only sign of a wrong one. A unit in a call is left alone unless there is a
    ``reason``. Nothing is sent with ``check``.
    """
    return asyncio.run(_Run(target, intent, reason, patience or Patience(), on_step).run(check=check))


class _UnkeptError(Exception):
    """The unit took everything, and then did not hold it or lost its registration; the text says which."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


class _Run:
    """One unit's change as it goes."""

    def __init__(
        self,
        target: Target,
        intent: UnitIntent,
        reason: str,
        patience: Patience,
        on_step: Callable[[Step], None] | None,
    ) -> None:
        self._target = target
        self._intent = intent
        self._patience = patience
        self._record = Record(target.name, reason, on_step)
        self._before: dict[str, str] = {}
        self._touched: list[Leaf] = []

    async def run(self, *, check: bool) -> ApplyResult:
        record = self._record
        try:
            async with open_unit(self._target) as session:
                with record.step("read"):
                    state = await look(session)
                wanted = leaves_for(self._intent, state.family)
                plan = self._plan(wanted, state)
                if not plan:
                    return record.result("unchanged", texts.UNCHANGED)
                if check:
                    return record.result("would_change", texts.WOULD_CHANGE)
                if state.calls and not record.reason:
                    return record.result("refused", texts.in_a_call(len(state.calls)))
                return await self._change(session, plan, wanted, state)
        except UnknownFamilyError as error:
            return record.result("failed_untouched", texts.unknown_software(str(error.args[0])))
        except SessionError as error:
            return record.result("failed_untouched", error.text)
        except RefusedError as error:
            return record.result("failed_untouched", texts.refused(error))

    def _plan(self, wanted: tuple[Leaf, ...], state: UnitState) -> tuple[Leaf, ...]:
        """The leaves to send, in the order of the intent; what differs and why is put on record."""
        found = compare(wanted, state.leaves)
        secrets = () if state.registration.ok else found.unknown
        self._before = {item.leaf.key: item.actual for item in found.differing}
        self._record.note_plan(state, found, secrets)
        to_send = {*self._before, *(leaf.key for leaf in secrets)}
        return tuple(leaf for leaf in wanted if leaf.key in to_send)

    async def _change(
        self, session: UnitSession, plan: tuple[Leaf, ...], wanted: tuple[Leaf, ...], state: UnitState
    ) -> ApplyResult:
        try:
            if self._intent.authority and not state.registration.ok:
                with self._record.step("authority"):
                    await self._trust(session)
            with self._record.step("send", f"{len(plan)}"):
                await self._send(session, plan)
            with self._record.step("read back"):
                self._require_kept(compare(wanted, await session.configuration()))
            with self._record.step("registration"):
                now = await self._registered(session, state.registration)
        except (RefusedError, SessionError, _UnkeptError) as error:
            return await self._put_back(texts.cause(error))
        self._record.note_registration(now)
        if not now.ok:
            return self._record.result("confirmed", texts.not_registered(now), saved=True)
        return self._record.result("confirmed", texts.CHANGED, saved=True)

    async def _trust(self, session: UnitSession) -> None:
        """Have the unit trust the authority of its server's certificate; one that it has already is refused as such."""
        try:
            await session.command(_ADD_AUTHORITY, body=self._intent.authority)
        except RefusedError as error:
            if _HAS_IT.search(error.reason) is None:
                raise

    async def _send(self, session: UnitSession, plan: tuple[Leaf, ...]) -> None:
        for leaf in plan:
            # Before its answer: a session that is cut now leaves open whether the unit took it.
            self._touched.append(leaf)
            self._record.sent(leaf)
            await session.set(leaf.path, leaf.written)

    def _require_kept(self, found: Comparison) -> None:
        if found.differing:
            raise _UnkeptError(texts.not_kept([item.leaf.path for item in found.differing]))

    async def _registered(self, session: UnitSession, before: Registration) -> Registration:
        """Wait for the registrar's word; a unit that was registered must be so again."""
        if any(leaf.setting.startswith(_ACCOUNT) for leaf in self._touched):
            await asyncio.sleep(self._patience.settle_s)
        deadline = time.monotonic() + self._patience.registration_s
        now = await registration(session)
        while not now.ok and time.monotonic() < deadline:
            await asyncio.sleep(self._patience.poll_s)
            now = await registration(session)
        if before.ok and not now.ok:
            raise _UnkeptError(texts.lost_registration(now))
        return now

    async def _put_back(self, why: Text) -> ApplyResult:
        """Give the unit the old values of this run, in sessions of their own, and look whether it has them."""
        self._record.evidence["failure"] = str(why)
        deadline = time.monotonic() + self._patience.reconnect_s
        while True:
            try:
                async with open_unit(self._target) as session:
                    with self._record.step("put back"):
                        left = await self._restore(session)
                    break
            except SessionError as error:
                self._record.evidence["last_look"] = str(error)
                if time.monotonic() >= deadline:
                    return self._record.result("unknown", texts.after(why, texts.OUT_OF_REACH))
                await asyncio.sleep(self._patience.poll_s)
        if left:
            self._record.evidence["left"] = ", ".join(left)
            return self._record.result("left_changed", texts.after(why, texts.LEFT_CHANGED))
        return self._record.result("reverted", texts.after(why, texts.READ_BACK))

    async def _restore(self, session: UnitSession) -> list[str]:
        """The paths that could not be put back. A password that was sent stays: the old one is nobody's to know."""
        old = [
            Leaf(leaf.setting, leaf.path, self._before[leaf.key], leaf.text)
            for leaf in reversed(self._touched)
            if leaf.key in self._before
        ]
        for item in compare(old, await session.configuration()).differing:
            try:
                await session.set(item.leaf.path, item.leaf.written)
            except RefusedError as error:
                self._record.evidence["not_put_back"] = str(error)
        return [item.leaf.path for item in compare(old, await session.configuration()).differing]
