"""The shape of an acceptance check: commands to run on one device, and a pure function over what they print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from hntt.i18n import tr
from hntt.network.model import Device, Kind, Network


class Status(StrEnum):
    """What a check found."""

    PASS = "pass"  # noqa: S105 - the word, no password
    FAIL = "fail"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The word shown to people."""
        return {
            Status.PASS: tr(vi="đạt", en="pass"),
            Status.FAIL: tr(vi="không đạt", en="fail"),
            Status.UNKNOWN: tr(vi="không xác định được", en="could not be seen"),
        }[self]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be; a check without findings has passed."""

    subject: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return tr(
            vi=f"{self.subject}: cần {self.expected}, thấy {self.actual}",
            en=f"{self.subject}: expected {self.expected}, found {self.actual}",
        )


class UnreadableError(ValueError):
    """A device's output that a check can't make sense of."""


@dataclass(frozen=True)
class Subject:
    """The device that is checked, with its facts from the register and the network around it."""

    device: Device
    facts: Mapping[str, Any]
    network: Network
    present: frozenset[str]
    token: str = ""

    @property
    def host(self) -> str:
        """The device's name."""
        return self.device.host

    @cached_property
    def ends(self) -> list[Mapping[str, Any]]:
        """All lines of the router: the uplink first, then the downlinks."""
        router: Mapping[str, Any] = self.facts["router"]
        return [line for line in (router.get("uplink"), *router["downlinks"]) if line]

    @cached_property
    def lines(self) -> list[Mapping[str, Any]]:
        """Those whose other end is looked at as well."""
        return [line for line in self.ends if line["peer"] in self.present]

    @cached_property
    def controllers(self) -> list[str]:
        """Addresses of the controller services."""
        return [str(address) for address in self.facts["services"]["ntp"]]


@dataclass(frozen=True)
class Check:
    """One acceptance check.

    ``commands`` gives what to run on a device; ``judge`` gets their outputs in the same order and names what is
    wrong. ``judge`` raises :class:`UnreadableError` for output that answers nothing.
    """

    name: str
    vi: str
    en: str
    kinds: frozenset[Kind]
    platforms: frozenset[str]
    commands: Callable[[Subject], Sequence[str]]
    judge: Callable[[Subject, Sequence[str]], Sequence[Finding]]

    @property
    def title(self) -> str:
        """What the check is about, in the language in force."""
        return tr(vi=self.vi, en=self.en)

    def applies(self, device: Device) -> bool:
        """Whether the check is made for this device."""
        return device.kind in self.kinds and device.platform in self.platforms


@dataclass(frozen=True)
class Verdict:
    """The result of one check on one device."""

    check: Check
    host: str
    status: Status
    findings: tuple[Finding, ...] = ()
    detail: str = ""


def verdict(check: Check, subject: Subject, outputs: Sequence[str]) -> Verdict:
    """Judge recorded outputs: pure, so that every check can be tried on what a device once printed."""
    try:
        findings = tuple(check.judge(subject, outputs))
    except UnreadableError as error:
        return Verdict(check, subject.host, Status.UNKNOWN, detail=str(error))
    return Verdict(check, subject.host, Status.FAIL if findings else Status.PASS, findings)


def within(address: str, networks: Sequence[IPv4Network]) -> bool:
    """Whether an address lies in one of the networks."""
    return any(IPv4Address(address) in network for network in networks)


def shown(values: Sequence[object]) -> str:
    """Values for a sentence; a word for none."""
    return ", ".join(map(str, values)) or tr(vi="không có gì", en="nothing")
