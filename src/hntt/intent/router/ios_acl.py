"""Segmentation as IOS access lists. They know no state: a flow is one entry, its answers are another the other way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from itertools import product

from hntt.intent.router.facts import Flow, PortRange, RouterFacts

_PORT_NAMES = {
    ("udp", 53): "domain",
    ("tcp", 53): "domain",
    ("tcp", 80): "www",
    ("udp", 123): "ntp",
    ("udp", 161): "snmp",
    ("udp", 514): "syslog",
    ("tcp", 514): "cmd",
}
"""Ports that IOS prints by name whatever was typed."""

_REFUSE_THE_REST = "deny ip any any log"


def edge_in(facts: RouterFacts) -> list[str]:
    """What may come in from the conference network."""
    lan = facts.segmentation.conference
    to_gateway = f"permit icmp {wildcard(lan)} host {facts.lan.address.ip} echo"
    return _list([to_gateway], _crossing(facts.segmentation.edge, (lan,)), _errors(wildcard(lan), "any"))


def edge_out(facts: RouterFacts) -> list[str]:
    """What may go out to the conference network."""
    lan = facts.segmentation.conference
    return _list([], _crossing(facts.segmentation.edge, (lan,), leaving=False), _errors("any", wildcard(lan)))


def services_out(facts: RouterFacts) -> list[str]:
    """What may go out to the services network; KeyError on a router that has none."""
    if facts.services is None:
        raise KeyError(facts.host)
    services = facts.services.address.network
    entries = _crossing(facts.segmentation.flows, (services,), leaving=False)
    return _list([], entries, _errors("any", wildcard(services)))


def wildcard(network: IPv4Network) -> str:
    """A network as access lists write it: ``host A``, ``any`` or address and wildcard mask."""
    if network.prefixlen == 32:
        return f"host {network.network_address}"
    if network.prefixlen == 0:
        return "any"
    return f"{network.network_address} {network.hostmask}"


def _list(first: Iterable[str], entries: Iterable[str], last: Iterable[str]) -> list[str]:
    # IOS refuses an entry that is there already, and two flows may need the same one.
    return list(dict.fromkeys([*first, *entries, *last, _REFUSE_THE_REST]))


def _errors(source: str, target: str) -> list[str]:
    return [f"permit icmp {source} {target} unreachable", f"permit icmp {source} {target} time-exceeded"]


def _crossing(flows: Iterable[Flow], inside: tuple[IPv4Network, ...], *, leaving: bool = True) -> Iterator[str]:
    """Entries of the flows that cross the edge of ``inside``, for the packets that leave it or that enter it."""
    for flow in flows:
        begun_inside, begun_outside = _within(flow.sources, inside), _within(flow.targets, inside)
        if begun_inside == begun_outside:
            continue
        yield from _requests(flow) if begun_inside == leaving else _answers(flow)


def _within(networks: tuple[IPv4Network, ...], outer: tuple[IPv4Network, ...]) -> bool:
    return all(any(network.subnet_of(o) for o in outer) for network in networks)


def _requests(flow: Flow) -> Iterator[str]:
    for source, target in product(flow.sources, flow.targets):
        if flow.proto == "icmp":
            yield f"permit icmp {wildcard(source)} {wildcard(target)} echo"
            continue
        for own, port in product(_ports(flow, flow.source_ports), _ports(flow, flow.ports)):
            yield f"permit {flow.proto} {wildcard(source)}{own} {wildcard(target)}{port}"


def _answers(flow: Flow) -> Iterator[str]:
    established = " established" if flow.proto == "tcp" else ""
    for source, target in product(flow.sources, flow.targets):
        if flow.proto == "icmp":
            yield f"permit icmp {wildcard(target)} {wildcard(source)} echo-reply"
            continue
        for own, port in product(_ports(flow, flow.source_ports), _ports(flow, flow.ports)):
            yield f"permit {flow.proto} {wildcard(target)}{port} {wildcard(source)}{own}{established}"


def _ports(flow: Flow, ranges: tuple[PortRange, ...]) -> list[str]:
    return [_port(flow.proto, item) for item in ranges] or [""]


def _port(proto: str, ports: PortRange) -> str:
    if not ports.is_single:
        return f" range {ports.first} {ports.last}"
    return f" eq {_PORT_NAMES.get((proto, ports.first), ports.first)}"
