"""Who may begin to talk to whom. One table; each platform's template writes it in its own words.

A conference network reaches the MCU servers (signalling and media) and the controller services, never another
conference network; echo requests to both show whether they are reached. Images come from the district's router, which
keeps what passes. The MCU servers may call an endpoint. The management network reaches everything by SSH, SNMP and echo
requests. Routers use the controller services like everybody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Any

from hntt.intent.mcu.contract import MEDIA_FIRST, MEDIA_LAST, SIP_TLS_PORT, WEB_PORT
from hntt.intent.router.facts import Flow, PortRange, Segmentation
from hntt.network import addresses, images
from hntt.network.model import Device, Kind, Network

SIP_TLS = PortRange(SIP_TLS_PORT, SIP_TLS_PORT)
WEBRTC_SIGNALLING = PortRange(WEB_PORT, WEB_PORT)
MEDIA = PortRange(MEDIA_FIRST, MEDIA_LAST)
SSH = PortRange(22, 22)
DNS = PortRange(53, 53)
HTTP, HTTPS = PortRange(80, 80), PortRange(443, 443)
NTP = PortRange(123, 123)
SNMP = PortRange(161, 161)
SYSLOG = PortRange(514, 514)
CENTRE = PortRange(images.CENTRE_PORT, images.CENTRE_PORT)
IMAGES = PortRange(images.STORE_PORT, images.STORE_PORT)
PACKAGES = PortRange(images.PACKAGES_PORT, images.PACKAGES_PORT)


@dataclass(frozen=True)
class Parties:
    """Who there is: rooms' networks, routers' prefixes, servers, the network that administers, relays of images."""

    rooms: tuple[IPv4Network, ...]
    routers: tuple[IPv4Network, ...]
    mcus: tuple[IPv4Network, ...]
    controllers: tuple[IPv4Network, ...]
    management: tuple[IPv4Network, ...]
    relays: tuple[IPv4Network, ...]


def segmentation(network: Network, device: Device) -> Segmentation:
    """The rules at one router: the whole table, and the part about its own conference network."""
    own = device.site.conference
    prefixes = network.prefixes
    everybody = Parties(
        rooms=(prefixes["conference"],),
        routers=(prefixes["loopbacks"], prefixes["lines"]),
        mcus=_hosts(network, Kind.MCU),
        controllers=_hosts(network, Kind.NOC),
        management=(network.services,),
        relays=_networks(str(relay.address) for relay in images.relays(network, device.site.district)),
    )
    return Segmentation(
        conference=own,
        endpoints=(own[addresses.VCS], own[addresses.PC]),
        flows=flows(everybody),
        edge=flows(replace(everybody, rooms=(own,), routers=())),
    )


def flows(who: Parties) -> tuple[Flow, ...]:
    """The table, without flows that nobody could begin."""
    clients = (*who.rooms, *who.routers)
    table = (
        Flow("signalling", "tcp", who.rooms, who.mcus, (SIP_TLS, WEBRTC_SIGNALLING)),
        Flow("media", "udp", who.rooms, who.mcus, (MEDIA,)),
        Flow("calls", "tcp", who.mcus, who.rooms, (SIP_TLS,)),
        Flow("media-back", "udp", who.mcus, who.rooms, source_ports=(MEDIA,)),
        Flow("ntp", "udp", clients, who.controllers, (NTP,)),
        Flow("dns", "udp", clients, who.controllers, (DNS,)),
        Flow("dns-tcp", "tcp", clients, who.controllers, (DNS,)),
        Flow("syslog", "udp", clients, who.controllers, (SYSLOG,)),
        Flow("syslog-tcp", "tcp", clients, who.controllers, (SYSLOG,)),
        Flow("packages", "tcp", clients, who.controllers, (HTTP, HTTPS, PACKAGES)),
        Flow("images", "tcp", clients, who.controllers, (IMAGES,)),
        Flow("relay", "tcp", who.rooms, who.relays, (IMAGES,)),
        Flow("reports", "tcp", who.rooms, who.controllers, (CENTRE,)),
        Flow("ssh", "tcp", who.management, clients, (SSH,)),
        Flow("snmp", "udp", who.management, clients, (SNMP,)),
        Flow("echo", "icmp", who.management, clients),
        Flow("reach", "icmp", clients, (*who.mcus, *who.controllers)),
        Flow("routers", "icmp", who.routers, who.routers),
    )
    return tuple(flow for flow in table if flow.sources and flow.targets)


def flows_of_facts(facts: Mapping[str, Any]) -> tuple[Flow, ...]:
    """The table out of a host's ``hntt`` facts, for the templates of Linux roles."""
    prefixes, services = facts["prefixes"], facts["services"]
    return flows(
        Parties(
            rooms=_networks(prefixes["conference"]),
            routers=_networks([*prefixes["loopbacks"], *prefixes["lines"]]),
            mcus=_networks(mcu["address"] for mcu in services["mcu"].values()),
            controllers=_networks(services["ntp"]),
            management=_networks(prefixes["management"]),
            relays=_networks(services["relays"]),
        )
    )


def _hosts(network: Network, kind: Kind) -> tuple[IPv4Network, ...]:
    return _networks(str(device.address) for device in network.devices.values() if device.kind is kind)


def _networks(found: Iterable[str]) -> tuple[IPv4Network, ...]:
    return tuple(sorted(IPv4Network(text) for text in found))
