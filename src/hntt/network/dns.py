"""The names of the network as DNS records: every device, every router interface on a line, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from hntt.network.model import Kind, Network, Tier

SERVICE_NAMES = ("dns", "ntp", "syslog", "apt")
"""What hosts may call the controller services by, whichever server gives them."""


@dataclass(frozen=True, order=True)
class Record:
    """One resource record. Names are fully qualified, without the dot at the end; ``value`` is an address or a name."""

    name: str
    type: str
    value: str


def records(network: Network) -> list[Record]:
    """All records of the network, in the order of devices and lines; A records are followed by their PTR."""
    found = [record for name, address in _names(network) for record in _pair(f"{name}.{network.domain}", address)]
    controller = next((d.host for d in network.devices.values() if d.kind is Kind.NOC), None)
    if controller is not None:
        found += [Record(f"{n}.{network.domain}", "CNAME", f"{controller}.{network.domain}") for n in SERVICE_NAMES]
    return found


def reverse_name(address: IPv4Address) -> str:
    """The name under which an address's PTR record stands."""
    return address.reverse_pointer


def _names(network: Network) -> Iterator[tuple[str, IPv4Address]]:
    for device in network.devices.values():
        yield device.host, device.address
        if device.kind is Kind.ROUTER:
            yield f"lan.{device.host}", device.site.conference[1]
        if device.kind is Kind.ROUTER and device.tier is Tier.PROVINCE:
            yield f"srv.{device.host}", network.services[1]
    for line in network.lines.values():
        yield f"wan.{line.spoke}", line.spoke_address.ip
        yield f"ln{line.number}.{line.hub}", line.hub_address.ip


def _pair(name: str, address: IPv4Address) -> Iterator[Record]:
    yield Record(name, "A", str(address))
    yield Record(reverse_name(address), "PTR", name)
