"""From the network to one router's facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network

from hntt.intent.router.facts import (
    Interface,
    Marks,
    Neighbour,
    Ospf,
    OspfInterface,
    Role,
    RouterFacts,
    StaticRoute,
    Targets,
)
from hntt.intent.router.segmentation import segmentation
from hntt.network import addresses, ospf
from hntt.network.build import commune_slug
from hntt.network.model import Device, Kind, Line, Network, Tier
from hntt.network.ports import Ports, port_names
from hntt.register.models import Register

FLOATING = 250
LAST_RESORT = 254
LAN_COST = 1
LOOPBACK_NAMES = {"frr": "lo", "cisco_ios": "Loopback0", "mikrotik_routeros": "loopback"}
TAGGED_PLATFORMS = ("cisco_ios", "mikrotik_routeros")
DEFAULT_ROUTE = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True)
class _Router:
    """A router in its place, with the names of its ports."""

    network: Network
    device: Device
    ports: Ports
    uplink: Line | None
    downlinks: tuple[Line, ...]


def router_facts(register: Register, network: Network, host: str) -> RouterFacts:
    """The facts of the router ``host``; KeyError when the network has no such router."""
    device = network.devices[host]
    if device.kind is not Kind.ROUTER:
        raise KeyError(host)
    return _facts(register, network, device, own_ports(register, device))


def all_router_facts(register: Register, network: Network) -> dict[str, RouterFacts]:
    """The facts of every router, in one pass over the register."""
    ports_of = _all_own_ports(register)
    return {
        device.host: _facts(register, network, device, ports_of.get(device.host, {}))
        for device in network.devices.values()
        if device.kind is Kind.ROUTER
    }


def _facts(register: Register, network: Network, device: Device, own_ports: Mapping[str, str]) -> RouterFacts:
    router = _Router(
        network=network,
        device=device,
        ports=port_names(device.platform, own_ports),
        uplink=network.lines.get(device.host),
        downlinks=tuple(network.spokes_of(device.host)),
    )
    dscp = register.province.qos.dscp
    return RouterFacts(
        host=device.host,
        platform=device.platform,
        tier=device.tier,
        site_name=device.site.name,
        number=device.site.number,
        domain=network.domain,
        timezone=register.province.services.timezone,
        loopback=device.site.loopback,
        interfaces=tuple(_interfaces(router)),
        ospf=Ospf(device.site.loopback, ospf.areas(network, device.host), ospf.HELLO_S, ospf.DEAD_S),
        statics=tuple(sorted(_statics(router), key=lambda route: (route.prefix.prefixlen, route.prefix))),
        segmentation=segmentation(network, device),
        marks=Marks(dscp.voice, dscp.video, dscp.signalling),
        targets=_targets(network),
        trunk=router.ports.trunk if router.downlinks else None,
        unused_ports=_unused_ports(router),
    )


def _interfaces(router: _Router) -> Iterator[Interface]:
    site, network = router.device.site, router.network
    area = ospf.area_of_site(network, site)
    passive = OspfInterface(area, passive=True, cost=LAN_COST)
    yield Interface(
        role=Role.LOOPBACK,
        name=LOOPBACK_NAMES[router.device.platform],
        description="router id and management",
        address=IPv4Interface(f"{site.loopback}/32"),
        ospf=OspfInterface(area, passive=True, cost=None),
    )
    if router.uplink:
        yield _line_end(router, router.uplink, up=True)
    for line in router.downlinks:
        yield _line_end(router, line, up=False)
    lan_address = addresses.interface(site.conference, addresses.ROUTER)
    yield Interface(Role.LAN, router.ports.lan, "conference room", lan_address, passive)
    if router.device.tier is Tier.PROVINCE:
        services_address = addresses.interface(network.services, addresses.ROUTER)
        yield Interface(Role.SERVICES, router.ports.services, "servers and controller", services_address, passive)


def _line_end(router: _Router, line: Line, *, up: bool) -> Interface:
    own, peer_address = (line.spoke_address, line.hub_address) if up else (line.hub_address, line.spoke_address)
    peer = router.network.devices[line.hub if up else line.spoke]
    area = ospf.area_of_line(router.network, line)
    tagged = not up and router.device.platform in TAGGED_PLATFORMS
    return Interface(
        role=Role.WAN if up else Role.LINE,
        name=router.ports.wan if up else router.ports.downlink(line.number),
        description=f"line {line.number} to {peer.host}",
        address=own,
        ospf=OspfInterface(area, passive=False, cost=ospf.cost(line.rate_kbps)),
        parent=router.ports.trunk if tagged else None,
        vlan=line.number if tagged else None,
        rate_kbps=line.rate_kbps,
        classes=line.classes,
        neighbour=Neighbour(peer.host, peer.site.loopback, peer_address.ip, area),
    )


def _statics(router: _Router) -> Iterator[StaticRoute]:
    """What keeps the router and everything below it reachable from the centre while OSPF is broken."""
    if router.uplink:
        yield StaticRoute(DEFAULT_ROUTE, FLOATING, router.uplink.hub_address.ip, router.ports.wan)
    for line in router.downlinks:
        for prefix in _behind(router.network, line):
            yield StaticRoute(prefix, FLOATING, line.spoke_address.ip, router.ports.downlink(line.number))
    if router.device.tier is Tier.DISTRICT:
        # Without these a packet to nobody would go up by the default route and come down by the centre's summary.
        for prefix in _summaries(router.network, router.device):
            yield StaticRoute(prefix, LAST_RESORT)


def _behind(network: Network, line: Line) -> tuple[IPv4Network, ...]:
    spoke = network.devices[line.spoke]
    if spoke.tier is Tier.DISTRICT:
        return _summaries(network, spoke)
    return (IPv4Network(spoke.site.loopback), spoke.site.conference)


def _summaries(network: Network, district_router: Device) -> tuple[IPv4Network, ...]:
    summary = network.summaries[district_router.site.district or ""]
    return (summary.loopbacks, summary.lines, summary.conference)


def _targets(network: Network) -> Targets:
    controllers = tuple(sorted(d.address for d in network.devices.values() if d.kind is Kind.NOC))
    return Targets(
        management=(network.services,), ntp=controllers, syslog=controllers, dns=controllers, snmp=controllers
    )


def _unused_ports(router: _Router) -> tuple[str, ...]:
    if router.device.platform not in TAGGED_PLATFORMS:
        return ()
    ports = router.ports
    used = {
        ports.wan: router.uplink is not None,
        ports.trunk or "": bool(router.downlinks),
        ports.services: router.device.tier is Tier.PROVINCE,
    }
    return tuple(sorted(name for name, in_use in used.items() if name and not in_use))


def own_ports(register: Register, device: Device) -> Mapping[str, str]:
    """What the register says of a router's ports; empty when nobody has surveyed them."""
    return _all_own_ports(register).get(device.host, {})


def _all_own_ports(register: Register) -> dict[str, Mapping[str, str]]:
    entries = {"rt.tinh": register.province.centre.router}
    for district in register.districts:
        entries[f"rt.{district.slug}"] = district.centre.router
        entries |= {f"rt.{commune_slug(c)}.{district.slug}": c.router for c in district.communes}
    return {
        host: {str(role): port for role, port in router.ports.items()}
        for host, router in entries.items()
        if router and router.ports
    }
