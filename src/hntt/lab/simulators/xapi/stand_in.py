"""In place of a SIP client and its registrar, where neither can be had: one account is right, calls connect at once.

It shows that settings and their password arrive, and nothing of SIP.
"""

from __future__ import annotations

import itertools

from hntt.lab.simulators.xapi.sip import CallError, SipAccount, SipCall, SipRegistration


class StandInSip:
    """Registered while the account's user and password are right; ``registrar_up`` can be taken away while it runs."""

    def __init__(self, user: str, password: str) -> None:
        self.registrar_up = True
        self.account: SipAccount | None = None
        self.calls: list[SipCall] = []
        self.microphone_muted = False
        self.pressed: list[str] = []
        self._right = (user, password)
        self._ids = itertools.count(1)

    @property
    def registration(self) -> SipRegistration:
        """What a registrar with that account would say."""
        if self.account is None:
            return SipRegistration()
        if not self.registrar_up:
            return SipRegistration("Failed", "Connection timed out", self.account.uri)
        if (self.account.user, self.account.password) != self._right:
            return SipRegistration("Failed", "401 Unauthorized", self.account.uri)
        return SipRegistration("Registered", uri=self.account.uri)

    async def configure(self, account: SipAccount | None) -> None:
        """Take another account into use."""
        self.account = account

    async def dial(self, number: str) -> SipCall:
        """A call to anybody, connected; CallError while not registered."""
        if self.registration.status != "Registered":
            raise CallError("Not registered")
        self.calls.append(SipCall(next(self._ids), number, "Outgoing", "Connected"))
        return self.calls[-1]

    async def accept(self, call: SipCall) -> None:
        """Take a call."""
        call.status = "Connected"

    async def hang_up(self, call: SipCall) -> None:
        """End a call."""
        self.calls.remove(call)

    async def mute(self, muted: bool) -> None:
        """Switch the microphone."""
        self.microphone_muted = muted

    async def press(self, key: str) -> None:
        """Remember the key."""
        self.pressed.append(key)

    async def stop(self) -> None:
        """End every call."""
        self.calls.clear()
