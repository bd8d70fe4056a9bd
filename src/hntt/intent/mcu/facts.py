"""What the register and the network say about the rooms and the servers they stand on."""

from __future__ import annotations

from collections.abc import Iterator

from hntt.intent.mcu.contract import Room
from hntt.network import dialplan
from hntt.network.build import CENTRE_LABEL
from hntt.network.model import Kind, Network
from hntt.register.models import Register
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
        host=f"{next(mcu.name for mcu in register.province.mcus if mcu.role == 'province')}.{CENTRE_LABEL}",
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
