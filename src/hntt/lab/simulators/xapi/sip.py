"""The SIP client behind the simulated unit, as the unit sees it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class SipAccount:
    """What the unit's configuration makes of its SIP account. ``rate_kbps`` bounds the video in each direction.

    ``encryption`` is Off, On, BestEffort, or DTLS as browsers do it; ``transport`` udp, tcp or tls. ``audio_dscp``
    marks media, ``signalling_dscp`` the requests. ``dns`` are the unit's name servers.
    """

    uri: str
    display_name: str
    user: str
    password: str = field(repr=False)
    proxy: str
    transport: str = "tls"
    tls_verify: bool = True
    encryption: str = "On"
    rate_kbps: int = 768
    audio_dscp: int = 0
    signalling_dscp: int = 0
    auto_answer: bool = False
    auto_mute: bool = False
    dns: tuple[str, ...] = ()


@dataclass(frozen=True)
class SipRegistration:
    """``status`` in the unit's words: Inactive, Registering, Registered, Failed; ``reason`` is the registrar's."""

    status: str = "Inactive"
    reason: str = ""
    uri: str = ""


@dataclass
class SipCall:
    """One call. ``status``: Dialling, Ringing, Connected, Disconnecting.

    ``ended`` is why it is over, as SIP says it (``486 Busy Here``); ``packets`` what was received of audio and video.
    """

    id: int
    number: str
    direction: str
    status: str
    since: float = field(default_factory=time.monotonic)
    reference: str = ""
    encrypted: bool = False
    ended: str = ""
    packets: dict[str, int] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        """How long the call has been up."""
        return int(time.monotonic() - self.since) if self.status == "Connected" else 0


class CallError(Exception):
    """A call that can't be made or ended; the text is the reason."""


class SipClient(Protocol):
    """A SIP client that registers and calls. State is what it was last told by its registrar and its peers."""

    @property
    def registration(self) -> SipRegistration:
        """How it stands with its registrar."""

    @property
    def calls(self) -> list[SipCall]:
        """The calls there are."""

    @property
    def microphone_muted(self) -> bool:
        """Whether its microphone is off."""

    async def configure(self, account: SipAccount | None) -> None:
        """Take another account into use; None: none."""

    async def dial(self, number: str) -> SipCall:
        """Call somebody; CallError."""

    async def accept(self, call: SipCall) -> None:
        """Take an incoming call; CallError."""

    async def hang_up(self, call: SipCall) -> None:
        """End a call; CallError."""

    async def mute(self, muted: bool) -> None:
        """Switch the microphone."""

    async def press(self, key: str) -> None:
        """Send one key of the telephone in the call there is; CallError."""

    async def stop(self) -> None:
        """End everything."""


class NoSipClient:
    """In place of a SIP client where there is none: never registered, cannot call."""

    def __init__(self) -> None:
        self.registration = SipRegistration()
        self.calls: list[SipCall] = []
        self.microphone_muted = False

    async def configure(self, account: SipAccount | None) -> None:
        """Say that there is nothing to register with."""
        self.registration = (
            SipRegistration("Failed", "no SIP client", account.uri) if account is not None else SipRegistration()
        )

    async def dial(self, number: str) -> SipCall:
        """There is nothing to call with."""
        raise CallError("no SIP client")

    async def accept(self, call: SipCall) -> None:
        """There is no call."""
        raise CallError("no such call")

    async def hang_up(self, call: SipCall) -> None:
        """There is no call."""
        raise CallError("no such call")

    async def mute(self, muted: bool) -> None:
        """Remember it, as a unit without a call does."""
        self.microphone_muted = muted

    async def press(self, key: str) -> None:
        """There is no call."""
        raise CallError("no such call")

    async def stop(self) -> None:
        """Nothing runs."""
