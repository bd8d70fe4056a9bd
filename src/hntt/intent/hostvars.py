"""What a playbook, a template or a Linux role may know of a host: one plain dict, nothing secret in it.

The dict is the host variable ``hntt`` of the inventory and the ``hntt`` of every ``state.yml``. It holds texts,
numbers, lists and dicts only, in a fixed order, so that two runs over one register are equal byte for byte.
"""

from __future__ import annotations

from dataclasses import asdict
from ipaddress import IPv4Network
from typing import Any

from hntt.intent.mcu.facts import mcu_facts
from hntt.intent.pc_facts import pc_facts
from hntt.network import addresses, dialplan, dns, images
from hntt.network.build import CENTRE_LABEL, commune_slug
from hntt.network.model import Device, Kind, Line, Network, Site, Tier
from hntt.network.ports import port_names
from hntt.register.models import Centre, Commune, District, DistrictCentre, Dscp, Register, Router

SSH_USER = "hntt"
"""The management user of every device: a shell and sudo on Linux, the CLI elsewhere."""
CLI_USER = "hntt-net"
"""On ``frr`` routers the user whose login shell is the router's CLI."""


def host_vars(register: Register, network: Network, host: str) -> dict[str, Any]:
    """The facts of one device as JSON-serialisable data; KeyError when the network has no such host."""
    device = network.devices[host]
    district = _district(register, device.site)
    facts: dict[str, Any] = {
        "host": device.host,
        "fqdn": f"{device.host}.{network.domain}",
        "kind": str(device.kind),
        "tier": str(device.tier),
        "platform": device.platform,
        "address": str(device.address),
        "extension": device.extension,
        "serial": device.serial,
        "mac": device.mac,
        "domain": network.domain,
        "timezone": register.province.services.timezone,
        "users": {"ssh": SSH_USER, "cli": CLI_USER if device.platform == "frr" else SSH_USER},
        "site": _site(device.site),
        "district": _district_facts(network, district) if district else None,
        "services": _services(register, network, device.site.district),
        "prefixes": _prefixes(network),
        "dscp": _dscp(register, device.kind),
        "rooms": _rooms(district),
        "room": _room(register, device.site),
    }
    if device.kind is Kind.ROUTER:
        facts["router"] = _router(register, network, device)
        facts["relay"] = _relay(network, device)
    else:
        facts["attachment"] = _attachment(network, device)
    if device.kind is Kind.NOC:
        facts["zone"] = _zone(network)
        facts["image_clients"] = [_image_client(client) for client in images.clients_of_centre(network)]
    if device.kind is Kind.MCU:
        facts["mcu"] = mcu_facts(register, network, host)
    if device.kind is Kind.COMMUNE_PC:
        facts["pc"] = pc_facts(register, network, host)
        facts["images"] = images.base_url(network, host)
    return facts


def _site(site: Site) -> dict[str, Any]:
    facts = asdict(site)
    facts.update(
        tier=str(site.tier),
        at=list(site.at) if site.at else None,
        loopback=str(site.loopback),
        conference=str(site.conference),
    )
    return facts


def _district(register: Register, site: Site) -> District | None:
    return next((district for district in register.districts if district.slug == site.district), None)


def _district_facts(network: Network, district: District) -> dict[str, Any]:
    summary = network.summaries[district.slug]
    return {
        "slug": district.slug,
        "name": district.name,
        "type": district.type,
        "code": district.code,
        "block": district.block,
        "owner": district.owner,
        "router": f"rt.{district.slug}",
        "mcu": f"{district.mcu}.{CENTRE_LABEL}",
        "room": dialplan.district_room(district.block),
        "summaries": {
            "loopbacks": str(summary.loopbacks),
            "lines": str(summary.lines),
            "conference": str(summary.conference),
        },
    }


def _services(register: Register, network: Network, district: str | None) -> dict[str, Any]:
    controllers = [str(d.address) for d in network.devices.values() if d.kind is Kind.NOC]
    return {
        "ntp": controllers,
        "syslog": controllers,
        "dns": controllers,
        "upstream_ntp": list(register.province.services.upstream_ntp),
        "images": {
            "port": images.STORE_PORT,
            "path": images.PATH,
            "connections": images.CONNECTIONS,
            "piece": images.PIECE,
        },
        "packages_port": images.PACKAGES_PORT,
        "centre_port": images.CENTRE_PORT,
        "relays": [str(device.address) for device in images.relays(network, district)],
        "mcu": {
            f"{mcu.name}.{CENTRE_LABEL}": {
                "address": str(network.services[addresses.MCU_BASE + int(mcu.name.rpartition("-")[2])]),
                "role": mcu.role,
            }
            for mcu in register.province.mcus
        },
    }


def _prefixes(network: Network) -> dict[str, list[str]]:
    # Administration comes from the centre's services network only; the address plan has no other place for it.
    given = {name: [str(prefix)] for name, prefix in network.prefixes.items()}
    return {"management": [str(network.services)], **given}


def _dscp(register: Register, kind: Kind) -> dict[str, int]:
    qos = register.province.qos
    marks: Dscp = next((marks for name, marks in qos.marks_of.items() if name == str(kind)), qos.dscp)
    return marks.model_dump()


def _rooms(district: District | None) -> dict[str, str | None]:
    return {
        "province": dialplan.PROVINCE_ROOM,
        "district": dialplan.district_room(district.block) if district else None,
    }


def _entry(register: Register, site: Site) -> Centre | DistrictCentre | Commune:
    district = _district(register, site)
    if district is None:
        return register.province.centre
    if site.tier is Tier.DISTRICT:
        return district.centre
    return next(commune for commune in district.communes if commune_slug(commune) == site.slug)


def _room(register: Register, site: Site) -> dict[str, Any]:
    room = _entry(register, site).room
    return room.model_dump(exclude_none=True) if room else {}


def _router(register: Register, network: Network, device: Device) -> dict[str, Any]:
    own = _entry(register, device.site).router
    ports = port_names(device.platform, _own_ports(own))
    uplink = network.lines.get(device.host)
    return {
        "router_id": str(device.site.loopback),
        "lan": _attached(ports.lan, device.site.conference, addresses.ROUTER),
        "services": (
            _attached(ports.services, network.services, addresses.ROUTER) if device.tier is Tier.PROVINCE else None
        ),
        "uplink": _line(uplink, ports.wan, up=True) if uplink else None,
        "downlinks": [_line(line, ports.downlink(line.number), up=False) for line in network.spokes_of(device.host)],
    }


def _own_ports(router: Router | None) -> dict[str, str]:
    return {str(name): port for name, port in router.ports.items()} if router and router.ports else {}


def _relay(network: Network, device: Device) -> dict[str, Any] | None:
    if device not in images.relays(network):
        return None
    return {
        "clients": [_image_client(client) for client in images.clients_of(network, device.host)],
        "store": next((str(d.address) for d in network.devices.values() if d.kind is Kind.NOC), None),
    }


def _image_client(client: images.Client) -> dict[str, Any]:
    return {"network": str(client.network), "connection_bytes": client.connection_bytes}


def _attached(interface: str, network: IPv4Network, host_number: int) -> dict[str, str]:
    return {
        "interface": interface,
        "address": str(addresses.interface(network, host_number)),
        "network": str(network),
    }


def _line(line: Line, interface: str, *, up: bool) -> dict[str, Any]:
    own, peer = (line.spoke_address, line.hub_address) if up else (line.hub_address, line.spoke_address)
    return {
        "number": line.number,
        "interface": interface,
        "address": str(own),
        "network": str(line.network),
        "peer": line.hub if up else line.spoke,
        "peer_address": str(peer.ip),
        "rate_kbps": line.rate_kbps,
        "classes": [
            {**asdict(item), "dscp": list(item.dscp)} for item in (line.classes if up else images.classes_towards(line))
        ],
    }


def _attachment(network: Network, device: Device) -> dict[str, Any]:
    lan = network.services if device.kind in (Kind.NOC, Kind.MCU) else device.site.conference
    return {
        "network": str(lan),
        "prefix_length": lan.prefixlen,
        "gateway": str(lan[addresses.ROUTER]),
    }


def _zone(network: Network) -> dict[str, Any]:
    return {"domain": network.domain, "records": [asdict(record) for record in dns.records(network)]}
