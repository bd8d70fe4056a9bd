"""OSPF over the hub-and-spoke tree: which area a line belongs to, what it costs, what an area border summarises.

Area 0 joins the centre and the districts. Each district is an area of its own, numbered like its block: its
communes have one way out, so they are told a default route and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from hntt.network.model import Line, Network, Site, Tier

BACKBONE = 0
REFERENCE_KBPS = 10_000_000
MAX_COST = 65_535
HELLO_S = 10
DEAD_S = 60
"""Six lost hellos: a full line of a few Mbit/s may lose some, and there is no other way to send the traffic."""


@dataclass(frozen=True)
class Area:
    """An area as one router sees it. ``ranges`` are announced in its stead by the border router, else empty."""

    number: int
    totally_stubby: bool
    ranges: tuple[IPv4Network, ...] = ()


def cost(rate_kbps: int) -> int:
    """The cost of a line, inversely proportional to its rate (10 Gbit/s = 1)."""
    return min(MAX_COST, max(1, REFERENCE_KBPS // rate_kbps))


def area_of_site(network: Network, site: Site) -> int:
    """The area of what stands at a site: its conference network and its router's loopback."""
    return BACKBONE if site.district is None else network.summaries[site.district].block


def area_of_line(network: Network, line: Line) -> int:
    """The area of a line: the backbone up to the districts, the district's own below."""
    spoke = network.devices[line.spoke].site
    return area_of_site(network, spoke) if spoke.tier is Tier.COMMUNE else BACKBONE


def areas(network: Network, host: str) -> tuple[Area, ...]:
    """The areas a router takes part in, in order of their numbers."""
    site = network.devices[host].site
    if site.district is None:
        return (Area(BACKBONE, totally_stubby=False),)
    summary = network.summaries[site.district]
    if site.tier is Tier.COMMUNE:
        return (Area(summary.block, totally_stubby=True),)
    ranges = (summary.loopbacks, summary.lines, summary.conference)
    return (Area(BACKBONE, totally_stubby=False), Area(summary.block, totally_stubby=True, ranges=ranges))
