"""Where a commune's PC fetches images from, and how fast it may: through its district's router, beside its meetings.

An image crosses a district's line once: the router there keeps what passes. What images may take of a line is a share
of what its meetings leave, so that a full meeting and an update go on side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

from hntt.network.bandwidth import TrafficClass
from hntt.network.model import Device, Kind, Line, Network

STORE_PORT = 8080
"""Of the images, at the centre and at every relay."""
PACKAGES_PORT = 3142
CENTRE_PORT = 8443
PATH = "/images/"
CONNECTIONS = 32
"""How many one client may have open at a relay. RAUC was seen with two; refused some times, it gives an update up."""
PIECE = 64 << 10
"""Bytes of what a relay asks the centre for and keeps: an update wants small ranges all over a bundle."""
_USUALLY = 4  # connections of one client that are busy at a time
SHARE_PERCENT = 80
LEAST_KBPS = 64
FLOOR_KBPS = 16
"""What images get of a line that is full otherwise: enough that a transfer goes on. It is taken from the rest."""
CLASS = "images"
"""The traffic class of what comes from the port of the images."""
RELAY_PLATFORM = "frr"
"""Routers of other platforms can't keep files; PCs behind them ask the centre itself."""


@dataclass(frozen=True)
class Client:
    """Somebody who fetches images, by network, and what all its connections together may take (kbit/s).

    The class of the line holds that (``classes_towards``).
    """

    network: IPv4Network
    rate_kbps: int

    @property
    def connection_bytes(self) -> int:
        """What one connection may take when nothing but the web server limits it, bytes per second."""
        return self.rate_kbps * 1000 // 8 // _USUALLY


def rate_kbps(line: Line) -> int:
    """What images may take of a line: a share of the class that is left when every meeting behind it runs."""
    rest = next(item.rate_kbps for item in line.classes if item.name == "default")
    return max(rest * SHARE_PERCENT // 100, LEAST_KBPS)


def classes_towards(line: Line) -> tuple[TrafficClass, ...]:
    """The classes at the hub's end of a line: images come down it, all together within what is theirs.

    The web server's own limit can't do that. It counts each answer for itself and lets the first second's bytes go at
    once, and an update asks for thousands of small pieces.
    """
    shared = tuple(
        replace(item, rate_kbps=max(item.rate_kbps - FLOOR_KBPS, 1)) if item.name == "default" else item
        for item in line.classes
    )
    return (*shared, TrafficClass(CLASS, (), FLOOR_KBPS, rate_kbps(line), shared[-1].priority, STORE_PORT))


def relays(network: Network, *districts: str | None) -> tuple[Device, ...]:
    """The routers that keep images for their communes; of these districts only, when some are named."""
    return tuple(
        device
        for device in network.devices.values()
        if device.kind is Kind.ROUTER
        and device.platform == RELAY_PLATFORM
        and network.spokes_of(device.host)
        and device.host in network.lines
        and (not districts or device.site.district in districts)
    )


def source_of(network: Network, host: str) -> IPv4Address | None:
    """Who gives images to a PC: its district's relay, else the centre; None without a centre. KeyError: no such PC."""
    line = network.lines[f"rt.{network.devices[host].site.label}"]
    relay = next((device.address for device in relays(network) if device.host == line.hub), None)
    centre = next((device.address for device in network.devices.values() if device.kind is Kind.NOC), None)
    return relay or centre


def base_url(network: Network, host: str) -> str:
    """The address below which a PC finds images; KeyError: no such PC."""
    return f"http://{source_of(network, host)}:{STORE_PORT}{PATH}"


def clients_of(network: Network, relay: str) -> tuple[Client, ...]:
    """The communes that a relay serves, each with what its own line allows."""
    return tuple(
        Client(_site_network(network, line.spoke), rate_kbps(line))
        for line in network.spokes_of(relay)
        if line.spoke in network.devices
    )


def clients_of_centre(network: Network) -> tuple[Client, ...]:
    """The relays, each with what its district's line allows, and the communes of districts without one."""
    found = relays(network)
    hubs = {device.host for device in found}
    direct = (
        Client(_site_network(network, line.spoke), rate_kbps(line))
        for line in network.lines.values()
        if line.hub not in hubs and line.spoke not in hubs and line.hub in network.lines
    )
    own = (Client(IPv4Network(device.address), rate_kbps(network.lines[device.host])) for device in found)
    return (*own, *direct)


def _site_network(network: Network, router: str) -> IPv4Network:
    return network.devices[router].site.conference
