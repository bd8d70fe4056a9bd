"""Who may begin to talk to whom. One table; each platform's template writes it in its own words.

A conference network reaches the MCU servers (signalling and media) and the controller services, never another
conference network. The MCU servers may call an endpoint. The management network reaches everything by SSH, SNMP
and echo requests. Routers use the controller services like everybody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network

from hntt.intent.router.facts import Flow, PortRange, Segmentation
from hntt.network import addresses
from hntt.network.model import Device, Kind, Network

SIP_TLS = PortRange(5061, 5061)
WEBRTC_SIGNALLING = PortRange(8089, 8089)
MEDIA = PortRange(10_000, 20_000)
SSH = PortRange(22, 22)
DNS = PortRange(53, 53)
HTTP, HTTPS = PortRange(80, 80), PortRange(443, 443)
NTP = PortRange(123, 123)
SNMP = PortRange(161, 161)
SYSLOG = PortRange(514, 514)


def segmentation(network: Network, device: Device) -> Segmentation:
    """The rules at one router: the whole table, and the part about its own conference network."""
    own = device.site.conference
    everything = network.prefixes
    return Segmentation(
        conference=own,
        endpoints=(own[addresses.VCS], own[addresses.PC]),
        flows=_flows(network, everything["conference"], (everything["loopbacks"], everything["lines"])),
        edge=_flows(network, own, ()),
    )


def _flows(network: Network, conference: IPv4Network, routers: tuple[IPv4Network, ...]) -> tuple[Flow, ...]:
    mcus, controllers = _hosts(network, Kind.MCU), _hosts(network, Kind.NOC)
    rooms, clients = (conference,), (conference, *routers)
    management = (network.services,)
    return (
        Flow("signalling", "tcp", rooms, mcus, (SIP_TLS, WEBRTC_SIGNALLING)),
        Flow("media", "udp", rooms, mcus, (MEDIA,)),
        Flow("calls", "tcp", mcus, rooms, (SIP_TLS,)),
        Flow("media-back", "udp", mcus, rooms, source_ports=(MEDIA,)),
        Flow("ntp", "udp", clients, controllers, (NTP,)),
        Flow("dns", "udp", clients, controllers, (DNS,)),
        Flow("dns-tcp", "tcp", clients, controllers, (DNS,)),
        Flow("syslog", "udp", clients, controllers, (SYSLOG,)),
        Flow("packages", "tcp", clients, controllers, (HTTP, HTTPS)),
        Flow("ssh", "tcp", management, clients, (SSH,)),
        Flow("snmp", "udp", management, clients, (SNMP,)),
        Flow("echo", "icmp", management, clients),
    )


def _hosts(network: Network, kind: Kind) -> tuple[IPv4Network, ...]:
    return tuple(_single(device.address for device in network.devices.values() if device.kind is kind))


def _single(found: Iterable[IPv4Address]) -> Iterable[IPv4Network]:
    return (IPv4Network(address) for address in sorted(found))
