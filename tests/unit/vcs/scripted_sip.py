"""A SIP client for tests: its registrar knows one password, its calls connect at once."""

from __future__ import annotations

from hntt.lab.simulators.xapi.sip import CallError, SipAccount, SipCall, SipRegistration


class ScriptedSip:
    """Registers when the password is the right one; ``registrar_up`` can be taken away while it runs."""

    def __init__(self, password: str) -> None:
        self.password = password
        self.registrar_up = True
        self.account: SipAccount | None = None
        self.calls: list[SipCall] = []
        self.microphone_muted = False

    @property
    def registration(self) -> SipRegistration:
        if self.account is None:
            return SipRegistration()
        if not self.registrar_up:
            return SipRegistration("Failed", "Connection timed out", self.account.uri)
        if self.account.password != self.password:
            return SipRegistration("Failed", "401 Unauthorized", self.account.uri)
        return SipRegistration("Registered", uri=self.account.uri)

    async def configure(self, account: SipAccount | None) -> None:
        self.account = account

    async def dial(self, number: str) -> SipCall:
        if self.account is None:
            raise CallError("Not registered")
        self.calls.append(SipCall(len(self.calls) + 1, number, "Outgoing", "Connected"))
        return self.calls[-1]

    async def accept(self, call: SipCall) -> None:
        call.status = "Connected"

    async def hang_up(self, call: SipCall) -> None:
        self.calls.remove(call)

    async def mute(self, muted: bool) -> None:
        self.microphone_muted = muted

    async def stop(self) -> None:
        self.calls.clear()
