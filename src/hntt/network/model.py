"""The network as facts: sites, lines and devices with their names and addresses, all derived from the register."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from hntt.network.bandwidth import Demand, TrafficClass


class Kind(StrEnum):
    """Kinds of managed device; also Ansible group names."""

    MCU = "mcu"
    VCS = "vcs"
    COMMUNE_PC = "commune_pc"
    ROUTER = "router"
    NOC = "noc"


class Tier(StrEnum):
    """Where in the hub-and-spoke tree a site stands; also Ansible group names."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


@dataclass(frozen=True)
class Site:
    """One place. ``slug`` is None for the centre; ``label`` is the part of host names after the first dot."""

    number: int
    name: str
    slug: str | None
    label: str
    tier: Tier
    district: str | None
    code: str | None
    state: str
    phase: int
    owner: str
    at: tuple[float, float] | None
    call_rate_kbps: int
    loopback: IPv4Address
    conference: IPv4Network


@dataclass(frozen=True)
class Line:
    """A leased line from a hub's router to a spoke's; numbered by the spoke's site. Rates in kbit/s, each way."""

    number: int
    hub: str
    spoke: str
    network: IPv4Network
    hub_address: IPv4Interface
    spoke_address: IPv4Interface
    rate_kbps: int
    demand: Demand
    classes: tuple[TrafficClass, ...]


@dataclass(frozen=True)
class Device:
    """One managed device. ``address`` is where it is reached in-band; ``extension`` its number in the dial plan."""

    host: str
    kind: Kind
    platform: str
    tier: Tier
    site: Site
    address: IPv4Address
    extension: str | None
    serial: str | None
    mac: str | None


@dataclass(frozen=True)
class Summary:
    """The prefixes of one district's block of numbers."""

    block: int
    loopbacks: IPv4Network
    lines: IPv4Network
    conference: IPv4Network


@dataclass(frozen=True)
class Network:
    """Everything derived, computed once. Lines are keyed by the spoke router's host name."""

    domain: str
    sites: dict[str, Site]
    devices: dict[str, Device]
    lines: dict[str, Line]
    summaries: dict[str, Summary]
    services: IPv4Network
    prefixes: dict[str, IPv4Network]

    def spokes_of(self, host: str) -> list[Line]:
        """The lines that end at this hub, in the order of their numbers."""
        return sorted((line for line in self.lines.values() if line.hub == host), key=lambda line: line.number)
