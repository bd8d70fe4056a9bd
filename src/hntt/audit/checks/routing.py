"""OSPF neighbours and routes of FRR routers against the register's lines and sites."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from hntt.audit.checks.model import Check, Finding, Subject, UnreadableError, shown
from hntt.i18n import tr
from hntt.network.model import Kind, Network, Tier

_FRR = frozenset({"frr"})
DEFAULT = "0.0.0.0/0"


def parse_json(output: str) -> dict[str, Any]:
    """The JSON object in a device's output."""
    try:
        data = json.loads(output)
    except ValueError as error:
        text = output.strip()[:80]
        raise UnreadableError(tr(vi=f"không phải JSON: {text!r}", en=f"not JSON: {text!r}")) from error
    if not isinstance(data, dict):
        raise UnreadableError(tr(vi="cần một đối tượng JSON", en="a JSON object is wanted"))
    return data


def judge_neighbours(subject: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """Exactly one full neighbour per line, and it is the one the register says."""
    found = _neighbours(parse_json(outputs[0]))
    expected = {line["interface"]: str(subject.network.devices[line["peer"]].site.loopback) for line in subject.lines}
    for interface, router_id in expected.items():
        state = found.get((interface, router_id))
        if state is None:
            others = [other for (port, other) in found if port == interface]
            yield Finding(f"ospf {interface}", router_id, shown(others))
        elif not state.startswith("Full"):
            yield Finding(f"ospf {interface}", f"{router_id} Full", state)
    allowed = {(line["interface"], str(subject.network.devices[line["peer"]].site.loopback)) for line in subject.ends}
    for interface, router_id in sorted(set(found) - allowed):
        yield Finding(f"ospf {interface}", shown([]), router_id)


def _neighbours(data: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    rows = data.get("neighbors", {})
    return {
        (str(entry.get("ifaceName", "")).partition(":")[0], router_id): str(entry.get("nbrState", ""))
        for router_id, entries in rows.items()
        for entry in entries
    }


def judge_routes(subject: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """Every site behind the router is reached over its line, the rest over the uplink, and nothing foreign is known."""
    routes = _routes(parse_json(outputs[0]))
    for prefix, interface in expected_routes(subject).items():
        ways = routes.get(prefix)
        if ways is None:
            yield Finding(f"route {prefix}", interface, shown([]))
        elif interface not in ways:
            yield Finding(f"route {prefix}", interface, shown(sorted(ways)))
    known = known_prefixes(subject.network)
    for prefix in sorted(set(routes) - known):
        yield Finding(f"route {prefix}", shown([]), shown(sorted(routes[prefix])))


def expected_routes(subject: Subject) -> dict[str, str]:
    """Prefix to interface: the default upwards, and downwards what each line leads to."""
    network = subject.network
    wanted: dict[str, str] = {}
    for line in subject.lines:
        peer = network.devices[line["peer"]]
        if line is subject.facts["router"].get("uplink"):
            wanted[DEFAULT] = line["interface"]
        elif peer.tier is Tier.DISTRICT:
            summary = network.summaries[str(peer.site.district)]
            wanted |= {str(p): line["interface"] for p in (summary.loopbacks, summary.lines, summary.conference)}
        else:
            wanted |= {str(p): line["interface"] for p in (_host(peer.site.loopback), peer.site.conference)}
    return wanted


def known_prefixes(network: Network) -> set[str]:
    """Every prefix that may be in a routing table: of sites, lines, summaries, services, and the default."""
    sites = network.sites.values()
    return {
        DEFAULT,
        str(network.services),
        *(str(prefix) for site in sites for prefix in (_host(site.loopback), site.conference)),
        *(str(line.network) for line in network.lines.values()),
        *(str(_host(end.ip)) for line in network.lines.values() for end in (line.hub_address, line.spoke_address)),
        *(str(p) for item in network.summaries.values() for p in (item.loopbacks, item.lines, item.conference)),
        *(f"{network.sites[site.label].conference[1]}/32" for site in sites),
        f"{network.services[1]}/32",
    }


def _host(address: Any) -> IPv4Network:
    return IPv4Network(f"{address}/32")


def _routes(data: Mapping[str, Any]) -> dict[str, set[str]]:
    """Prefix to the interfaces (or words such as blackhole) of its selected routes."""
    found: dict[str, set[str]] = {}
    for prefix, entries in data.items():
        for entry in entries:
            if entry.get("selected") or entry.get("installed"):
                found.setdefault(prefix, set()).update(_hops(entry))
    return found


def _hops(entry: Mapping[str, Any]) -> Iterator[str]:
    for hop in entry.get("nexthops", []):
        yield str(hop.get("interfaceName") or ("blackhole" if hop.get("blackhole") else hop.get("ip", "?")))


NEIGHBOURS = Check(
    name="ospf_neighbours",
    vi="láng giềng OSPF đúng với các đường truyền trong sổ đăng ký",
    en="OSPF neighbours are those of the register's lines",
    kinds=frozenset({Kind.ROUTER}),
    platforms=_FRR,
    commands=lambda _: ["sudo -n vtysh -c 'show ip ospf neighbor json'"],
    judge=lambda subject, outputs: list(judge_neighbours(subject, outputs)),
)
ROUTES = Check(
    name="routes",
    vi="đủ tuyến đến mọi điểm phía sau, không có tuyến lạ",
    en="routes to every site behind, and no foreign route",
    kinds=frozenset({Kind.ROUTER}),
    platforms=_FRR,
    commands=lambda _: ["sudo -n vtysh -c 'show ip route json'"],
    judge=lambda subject, outputs: list(judge_routes(subject, outputs)),
)
