"""Rooms, servers and sites as the register has them: who belongs where, and what a server may hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from hntt.i18n import tr
from hntt.intent.mcu.contract import Room
from hntt.intent.mcu.facts import rooms
from hntt.network.build import CENTRE_LABEL
from hntt.network.dialplan import PROVINCE_ROOM
from hntt.network.model import Device, Kind, Network, Tier
from hntt.register.models import Register, State


class MeetingKind(StrEnum):
    """The three kinds of meeting of the decision."""

    PROVINCE_DISTRICT = "province_district"
    DISTRICT_COMMUNE = "district_commune"
    THREE_TIER = "three_tier"

    @property
    def label(self) -> str:
        """The words shown to people."""
        return {
            MeetingKind.PROVINCE_DISTRICT: tr(vi="tỉnh – huyện", en="province with districts"),
            MeetingKind.DISTRICT_COMMUNE: tr(vi="huyện – xã", en="district with communes"),
            MeetingKind.THREE_TIER: tr(vi="ba cấp", en="three tiers"),
        }[self]


def kind_label(name: str) -> str:
    """The words for a kind by its name, as a server remembers it; the name itself when it is none of the three."""
    return MeetingKind(name).label if name in set(MeetingKind) else name


@dataclass(frozen=True)
class Place:
    """A site that takes part by one endpoint. ``is_live``: in operation, so that its absence is worth a word."""

    number: str
    host: str
    name: str
    district: str | None
    is_live: bool


@dataclass(frozen=True)
class Server:
    """What a server may hold at once: ``licences`` rooms, and ``seats`` endpoints and legs."""

    host: str
    licences: int
    seats: int


@dataclass(frozen=True)
class Layout:
    """The rooms whose servers an inventory has, and the endpoints by their numbers."""

    rooms: Mapping[str, Room]
    servers: Mapping[str, Server]
    places: Mapping[str, Place]

    @classmethod
    def of(cls, register: Register, network: Network, hosts: Collection[str]) -> Self:
        """The layout of the register, narrowed to these hosts. A district without any of its endpoints has no room."""
        places = {
            str(device.extension): _place(device)
            for device in network.devices.values()
            if device.host in hosts and device.extension is not None
        }
        districts = {place.district for place in places.values()}
        return cls(
            rooms={
                number: room
                for number, room in rooms(register, network).items()
                if room.host in hosts and (room.district is None or room.district in districts)
            },
            servers={
                host: Server(host, mcu.licences, mcu.seats)
                for mcu in register.province.mcus
                if (host := f"{mcu.name}.{CENTRE_LABEL}") in hosts
            },
            places=places,
        )

    @property
    def districts(self) -> dict[str, Room]:
        """The districts' rooms by their slugs."""
        return {room.district: room for room in self.rooms.values() if room.district is not None}

    def rooms_on(self, host: str) -> list[Room]:
        """The rooms of one server."""
        return [room for room in self.rooms.values() if room.host == host]

    def expected(self, room: Room, kind: str | None) -> list[Place]:
        """Who belongs into the room in a meeting of this kind; without a meeting, whoever may come.

        In a meeting of three tiers the districts' units sit with their communes and come to the province by the legs.
        """
        if room.district is not None:
            return [place for place in self.places.values() if place.district == room.district]
        units = [place for place in self.places.values() if place.host.startswith("vcs.")]
        return [place for place in units if place.district is None or kind != MeetingKind.THREE_TIER]

    def title(self, room: Room) -> str:
        """The room in words."""
        return room.name if room.district is not None else tr(vi=f"tỉnh {room.name}", en=f"{room.name} province")


def _place(device: Device) -> Place:
    return Place(
        number=str(device.extension),
        host=device.host,
        name=device.site.name,
        district=device.site.district,
        is_live=device.site.state == State.LIVE,
    )


def path_of(network: Network, host: str) -> list[str]:
    """The routers between an endpoint and the MCU servers, the endpoint's own first."""
    site = network.devices[host].site
    hops = [f"rt.{site.label}"]
    if site.tier is Tier.COMMUNE:
        hops.append(f"rt.{site.district}")
    if site.tier is not Tier.PROVINCE:
        hops.append(f"rt.{CENTRE_LABEL}")
    return hops


def servers_of(network: Network) -> list[str]:
    """The host names of all MCU servers."""
    return [device.host for device in network.devices.values() if device.kind is Kind.MCU]


def is_province(room: str) -> bool:
    """Whether this is the province's room."""
    return room == PROVINCE_ROOM
