"""What the register and the network say about the rooms and the servers they stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from hntt.intent.mcu import contract
from hntt.intent.mcu.contract import Room, peer_name, sip_secret, trunk_secret, unit_context
from hntt.network import dialplan
from hntt.network.build import CENTRE_LABEL
from hntt.network.model import Device, Kind, Network
from hntt.register.models import Mcu, Register
from hntt.register.seats import endpoints_per_district


def rooms(register: Register, network: Network) -> dict[str, Room]:
    """Every room by its number: the province's, then the districts' in the order of the register."""
    return {room.number: room for room in _rooms(register, network)}


def _rooms(register: Register, network: Network) -> Iterator[Room]:
    meetings = register.province.meetings
    legs = len(register.districts) if meetings.cascade_counts_as_site else 0
    units = sum(device.kind is Kind.VCS for device in network.devices.values())
    yield Room(
        number=dialplan.PROVINCE_ROOM,
        host=_province_host(register),
        district=None,
        name=register.province.province.name,
        chair=dialplan.endpoint(register.province.centre.number, dialplan.VCS_DIGIT),
        sites=units + legs,
        reserved=meetings.reserved_chair_seats,
    )
    sizes = endpoints_per_district(register)
    for district in register.districts:
        yield Room(
            number=dialplan.district_room(district.block),
            host=f"{district.mcu}.{CENTRE_LABEL}",
            district=district.slug,
            name=district.name,
            chair=dialplan.endpoint(district.centre.number, dialplan.VCS_DIGIT),
            sites=sizes[district.slug] + (1 if meetings.cascade_counts_as_site else 0),
            reserved=meetings.reserved_chair_seats,
        )


def mcu_facts(register: Register, network: Network, host: str) -> dict[str, Any]:
    """What the role's templates know of one server, as JSON-serialisable data; KeyError for an unknown host.

    ``endpoints`` are those that register here: the units and PCs of its rooms' districts, or the province's unit.
    """
    device, titles = network.devices[host], _titles(register)
    here = [room for room in rooms(register, network).values() if room.host == host]
    entry = next(mcu for mcu in register.province.mcus if host == f"{mcu.name}.{CENTRE_LABEL}")
    return {
        "name": f"{host}.{network.domain}",
        "role": entry.role,
        "licences": entry.licences,
        "seats": entry.seats,
        "address": str(device.address),
        "cascade_counts": register.province.meetings.cascade_counts_as_site,
        "rooms": [_room_facts(room, register) for room in here],
        "endpoints": [_endpoint(item, room, titles) for room in here for item in _members(network, room)],
        "peers": [_peer(register, network, host, mcu.name) for mcu in register.province.mcus if _is_other(mcu, host)],
        "province_room": dialplan.PROVINCE_ROOM,
        "province_peer": peer_name(_province_host(register)),
        "clients": [str(network.prefixes["conference"])],
        "contract": _contract(),
    }


def _contract() -> dict[str, Any]:
    """The contract's constants, for templates."""
    return {
        "sip_port": contract.SIP_TLS_PORT,
        "web_port": contract.WEB_PORT,
        "media": [contract.MEDIA_FIRST, contract.MEDIA_LAST],
        "ami_port": contract.AMI_PORT,
        "ami_user": contract.AMI_USER,
        "ami_classes": list(contract.AMI_EVENTS),
        "peer_context": contract.PEER_CONTEXT,
        "leg_context": contract.LEG_CONTEXT,
        "codecs": list(contract.CODECS),
        "call_context": contract.CALL_CONTEXT,
        "family": contract.ROOM_FAMILY,
        "open": contract.OPEN,
        "cascade_prefix": contract.CASCADE_PREFIX,
        "refusals": {item.name.lower(): {"status": item.status, "cause": item.cause} for item in contract.Refusal},
    }


def _is_other(mcu: Mcu, host: str) -> bool:
    return f"{mcu.name}.{CENTRE_LABEL}" != host


def _province_host(register: Register) -> str:
    return f"{next(mcu.name for mcu in register.province.mcus if mcu.role == 'province')}.{CENTRE_LABEL}"


def _room_facts(room: Room, register: Register) -> dict[str, Any]:
    return {**asdict(room), "seats": room.seats, "context": room.context, "title": _room_title(room, register)}


def _room_title(room: Room, register: Register) -> str:
    """What people at the communes call the room; they read Vietnamese, whatever the operator does."""
    if room.district is None:
        return f"Phòng họp tỉnh {room.name}"
    kind = next(district.type for district in register.districts if district.slug == room.district)
    return f"Phòng họp {kind} {room.name}"


def _titles(register: Register) -> dict[int, str]:
    """What a commune is called in full, by its number: ``Xã An Thủy``."""
    return {
        commune.number: f"{commune.type.capitalize()} {commune.name}"
        for district in register.districts
        for commune in district.communes
    }


def _members(network: Network, room: Room) -> list[Device]:
    """The endpoints of the room's site or district, in the order of their numbers."""
    kinds = (Kind.VCS, Kind.COMMUNE_PC)
    found = [item for item in network.devices.values() if item.kind in kinds and item.site.district == room.district]
    return sorted(found, key=lambda item: str(item.extension))


def _endpoint(device: Device, room: Room, titles: Mapping[int, str]) -> dict[str, Any]:
    return {
        "host": device.host,
        "extension": device.extension,
        "kind": str(device.kind),
        "name": titles.get(device.site.number, device.site.name),
        "room": room.number,
        "call_kbps": device.site.call_rate_kbps,
        "context": unit_context(room.context) if device.kind is Kind.VCS else room.context,
        "secret": sip_secret(device.host),
    }


def _peer(register: Register, network: Network, host: str, other: str) -> dict[str, Any]:
    peer = f"{other}.{CENTRE_LABEL}"
    here = [room for room in rooms(register, network).values() if room.host == peer]
    return {
        "host": peer,
        "name": peer_name(peer),
        "address": str(network.devices[peer].address),
        "secret": trunk_secret(host, peer),
        "rooms": [room.number for room in here],
        "districts": [room.district for room in here if room.district],
        "units": [item.extension for room in here for item in _members(network, room) if item.kind is Kind.VCS],
        "endpoints": [item.extension for room in here for item in _members(network, room)],
    }
