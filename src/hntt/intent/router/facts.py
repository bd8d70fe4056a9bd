"""What a router must be, free of any platform's syntax. Templates get these objects and nothing else.

Rates are kbit/s, times are seconds. All tuples are in a fixed order, so equal registers give equal texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from hntt.network.bandwidth import TrafficClass
from hntt.network.model import Tier
from hntt.network.ospf import Area


class Role(StrEnum):
    """What an interface is for."""

    LOOPBACK = "loopback"
    WAN = "wan"
    LINE = "line"
    LAN = "lan"
    SERVICES = "services"


@dataclass(frozen=True)
class Neighbour:
    """The router at the other end of a line."""

    host: str
    router_id: IPv4Address
    address: IPv4Address
    area: int


@dataclass(frozen=True)
class OspfInterface:
    """An interface's part in OSPF. A passive one is announced and never talks."""

    area: int
    passive: bool
    cost: int | None


@dataclass(frozen=True)
class Interface:
    """One interface. ``name`` is the platform's; ``parent`` and ``vlan`` are set where a line is a tagged one.

    ``rate_kbps`` and ``classes`` belong to the ends of lines; other interfaces are not shaped.
    """

    role: Role
    name: str
    description: str
    address: IPv4Interface
    ospf: OspfInterface
    parent: str | None = None
    vlan: int | None = None
    rate_kbps: int | None = None
    classes: tuple[TrafficClass, ...] = ()
    neighbour: Neighbour | None = None

    @property
    def is_line_end(self) -> bool:
        """Whether a leased line ends here."""
        return self.role in (Role.WAN, Role.LINE)


@dataclass(frozen=True)
class StaticRoute:
    """A route that waits below OSPF. Without ``via`` and ``interface`` it discards: it stops loops while OSPF is down.

    The interface is named beside the next hop, else a route would resolve through the discarded summary.
    """

    prefix: IPv4Network
    distance: int
    via: IPv4Address | None = None
    interface: str | None = None


@dataclass(frozen=True)
class Ospf:
    """The routing process."""

    router_id: IPv4Address
    areas: tuple[Area, ...]
    hello_s: int
    dead_s: int


@dataclass(frozen=True)
class PortRange:
    """Inclusive range of TCP or UDP ports."""

    first: int
    last: int

    @property
    def is_single(self) -> bool:
        """Whether it is one port."""
        return self.first == self.last

    def __str__(self) -> str:
        """``5061`` or ``10000-20000``."""
        return str(self.first) if self.is_single else f"{self.first}-{self.last}"


@dataclass(frozen=True)
class Flow:
    """Traffic that may be begun by ``sources`` towards ``targets``; answers to it are allowed with it.

    ``proto`` is tcp, udp or icmp (echo requests; then there are no ports). ``source_ports`` narrows flows that
    come from a known port.
    """

    name: str
    proto: str
    sources: tuple[IPv4Network, ...]
    targets: tuple[IPv4Network, ...]
    ports: tuple[PortRange, ...] = ()
    source_ports: tuple[PortRange, ...] = ()


@dataclass(frozen=True)
class Segmentation:
    """Who may talk to whom. Whatever is not a flow of ``flows`` or an answer to one is dropped and counted.

    ``edge`` is the part of ``flows`` that concerns this router's own conference network.
    """

    conference: IPv4Network
    endpoints: tuple[IPv4Address, ...]
    flows: tuple[Flow, ...]
    edge: tuple[Flow, ...]


@dataclass(frozen=True)
class Marks:
    """DSCP values that an endpoint may set; anything else from a conference network is set to 0."""

    voice: int
    video: int
    signalling: int

    @property
    def trusted(self) -> tuple[int, ...]:
        """The three values, ascending."""
        return tuple(sorted({self.voice, self.video, self.signalling}))


@dataclass(frozen=True)
class Targets:
    """Where the router turns to, and who may turn to it."""

    management: tuple[IPv4Network, ...]
    ntp: tuple[IPv4Address, ...]
    syslog: tuple[IPv4Address, ...]
    dns: tuple[IPv4Address, ...]
    snmp: tuple[IPv4Address, ...]


@dataclass(frozen=True)
class RouterFacts:
    """One router. ``unused_ports`` are the platform's physical ports that carry nothing and are shut."""

    host: str
    platform: str
    tier: Tier
    site_name: str
    number: int
    domain: str
    timezone: str
    loopback: IPv4Address
    interfaces: tuple[Interface, ...]
    ospf: Ospf
    statics: tuple[StaticRoute, ...]
    segmentation: Segmentation
    marks: Marks
    targets: Targets
    trunk: str | None
    unused_ports: tuple[str, ...]

    def having(self, *roles: Role) -> tuple[Interface, ...]:
        """The interfaces with one of these roles, in order."""
        return tuple(interface for interface in self.interfaces if interface.role in roles)

    @property
    def line_ends(self) -> tuple[Interface, ...]:
        """The interfaces where leased lines end: the way up first, then down by number."""
        return self.having(Role.WAN, Role.LINE)

    @property
    def lan(self) -> Interface:
        """The interface to the conference network."""
        return self.having(Role.LAN)[0]

    @property
    def services(self) -> Interface | None:
        """The interface to the services network; the centre's router has one."""
        return next(iter(self.having(Role.SERVICES)), None)

    @property
    def mcus(self) -> tuple[IPv4Network, ...]:
        """The MCU servers, as /32 networks."""
        return next(flow.targets for flow in self.segmentation.flows if flow.name == "media")

    @property
    def management_interface(self) -> Interface:
        """The loopback: where the router is reached and what it calls itself."""
        return self.having(Role.LOOPBACK)[0]
