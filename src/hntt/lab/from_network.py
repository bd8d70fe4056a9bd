"""The province's network, or a part of it, as a lab: the same names, interfaces, addresses and line rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hntt.intent.router import Role, RouterFacts, all_router_facts
from hntt.lab.topology import HostKind, LabHost, LabLine, LabSegment, Topology
from hntt.network import addresses
from hntt.network.model import Device, Kind, Network, Site
from hntt.register.models import Register

ADMIN = "admin"
"""The operator's station, on the services network's last usable address."""
HOST_INTERFACE = "eth0"
SERVICES_SEGMENT = "services"
SERVER_KINDS: Mapping[Kind, HostKind] = {Kind.NOC: "noc", Kind.MCU: "mcu"}
"""Servers of the centre, all on the services network."""


def topology_from_network(
    register: Register, network: Network, devices: Iterable[Device], day0: Mapping[str, Path]
) -> Topology:
    """The lab of these devices: hosts, shaped lines, one LAN per site.

    ``day0`` gives the tree each device starts with. A router has all the interfaces it has in reality; those whose
    line ends at a device that is not in the lab lead nowhere. On each conference LAN stands the site's PC; where it is
    none of the devices, a probe has its name and address. The servers' LAN has the operator's station.
    """
    chosen = list(devices)
    facts = all_router_facts(register, network)
    routers = {device.host: facts[device.host] for device in chosen if device.kind is Kind.ROUTER}
    servers = [device for device in chosen if device.kind in SERVER_KINDS]
    sites = [device.site for device in chosen if device.kind is Kind.ROUTER]
    units = {device.site.label: device for device in chosen if device.kind is Kind.VCS}
    pcs = {device.site.label: device for device in chosen if device.kind is Kind.COMMUNE_PC}
    return Topology(
        hosts=(
            *(_router(router, day0.get(host)) for host, router in routers.items()),
            *(_server(server, day0.get(server.host)) for server in servers),
            *(_endpoint(unit, "vcs", day0.get(unit.host)) for unit in units.values()),
            *(_endpoint(pc, "pc", day0.get(pc.host)) for pc in pcs.values()),
            _admin(network),
            *(_probe(site) for site in sites if site.label not in pcs),
        ),
        lines=tuple(_lines(routers)),
        segments=(
            _services(routers.values(), servers),
            *(_lan(site, routers[f"rt.{site.label}"], units.get(site.label)) for site in sites),
        ),
    )


def pc_name(site: Site) -> str:
    """The site's PC, or the probe that stands for it."""
    return f"pc.{site.label}"


def _router(facts: RouterFacts, day0: Path | None) -> LabHost:
    cabled = facts.having(Role.WAN, Role.LINE, Role.LAN, Role.SERVICES)
    return LabHost(
        facts.host,
        "router",
        day0=day0,
        interfaces=tuple(interface.name for interface in cabled),
        address=str(facts.loopback),
    )


def _server(device: Device, day0: Path | None) -> LabHost:
    return LabHost(
        device.host, SERVER_KINDS[device.kind], day0=day0, interfaces=(HOST_INTERFACE,), address=str(device.address)
    )


def _endpoint(device: Device, kind: HostKind, day0: Path | None) -> LabHost:
    return LabHost(device.host, kind, day0=day0, interfaces=(HOST_INTERFACE,), address=str(device.address))


def _admin(network: Network) -> LabHost:
    lan = network.services
    return LabHost(
        ADMIN,
        "admin",
        interfaces=(HOST_INTERFACE,),
        address=str(lan[-2]),
        prefix_length=lan.prefixlen,
        gateway=str(lan[addresses.ROUTER]),
    )


def _probe(site: Site) -> LabHost:
    lan = site.conference
    return LabHost(
        pc_name(site),
        "probe",
        interfaces=(HOST_INTERFACE,),
        address=str(lan[addresses.PC]),
        prefix_length=lan.prefixlen,
        gateway=str(lan[addresses.ROUTER]),
    )


def _lines(routers: Mapping[str, RouterFacts]) -> Iterator[LabLine]:
    """Every line whose both ends are in the lab, named after the spoke's site."""
    for spoke in routers.values():
        for wan in spoke.having(Role.WAN):
            hub = routers.get(wan.neighbour.host) if wan.neighbour else None
            if hub is None or wan.rate_kbps is None:
                continue
            port = next(end.name for end in hub.having(Role.LINE) if end.neighbour and end.neighbour.host == spoke.host)
            yield LabLine((hub.host, port), (spoke.host, wan.name), wan.rate_kbps, spoke.host.removeprefix("rt."))


def _services(routers: Iterable[RouterFacts], servers: Iterable[Device]) -> LabSegment:
    gateways = [(router.host, router.services.name) for router in routers if router.services]
    return LabSegment(
        SERVICES_SEGMENT,
        (*gateways, (ADMIN, HOST_INTERFACE), *((server.host, HOST_INTERFACE) for server in servers)),
    )


def _lan(site: Site, facts: RouterFacts, unit: Device | None) -> LabSegment:
    hosts = [pc_name(site), *([unit.host] if unit else [])]
    return LabSegment(f"lan-{site.label}", ((facts.host, facts.lan.name), *((host, HOST_INTERFACE) for host in hosts)))
