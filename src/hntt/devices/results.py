"""What a guarded change reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hntt.devices.texts import Text

Outcome = Literal[
    "unchanged", "would_change", "confirmed", "reverted", "refused", "failed_untouched", "left_changed", "unknown"
]


@dataclass(frozen=True)
class Step:
    """One step taken: its name, when it began (UTC, ISO 8601), how long it took, what was seen (masked)."""

    name: str
    at: str
    seconds: float
    detail: str


@dataclass(frozen=True)
class ProbeResult:
    """What the caller's service probe found."""

    ok: bool
    detail: str = ""


@dataclass(frozen=True)
class ApplyResult:
    """The outcome of a guarded change and what it rests on. Everything in it is masked.

    - ``unchanged``: the device already has the intended configuration.
    - ``would_change``: check mode; nothing was touched.
    - ``confirmed``: the intended configuration runs, was probed and confirmed, or ran already and only had to be
      saved; ``saved`` says whether it was read back as the one to start with. If not, the change has failed.
    - ``reverted``: the old configuration was read back from the device after a failed change.
    - ``refused``: another guarded change is pending, or the way back could not be armed; nothing was changed.
    - ``failed_untouched``: the change never began.
    - ``left_changed``: the device was read and holds neither; an operator must act.
    - ``unknown``: the device could not be reached any more.
    """

    target: str
    outcome: Outcome
    message: Text
    diff: str = ""
    commands_sent: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    saved: bool = False
    reason: str = ""
    evidence: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the device is as intended, or would be changed in check mode."""
        return self.outcome in ("unchanged", "would_change") or (self.outcome == "confirmed" and self.saved)

    @property
    def changed(self) -> bool:
        """Whether the device's configuration is another one than before, or would be."""
        return self.outcome in ("would_change", "confirmed", "left_changed", "unknown")


@dataclass(frozen=True)
class GuardStatus:
    """Whether a guarded change is pending on a device, in the device's words, and what to do about it."""

    target: str
    pending: bool
    detail: str
    advice: Text
