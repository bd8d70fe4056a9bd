"""How many seats the rooms of an MCU server take when all of them meet at once, in a three-tier meeting."""

from __future__ import annotations

from dataclasses import dataclass

from hntt.register.models import District, Mcu, Register, State


@dataclass(frozen=True)
class Seats:
    """The seats taken: endpoints of open sites, cascade legs between the province's room and the districts', chairs."""

    endpoints: int
    legs: int
    chairs: int

    @property
    def total(self) -> int:
        """All of them: a leg and a chair take a channel of the server like any endpoint."""
        return self.endpoints + self.legs + self.chairs


def seats_needed(register: Register, mcu: Mcu) -> Seats:
    """The seats this server needs. The province's room has the VCS units and one leg for each district's room."""
    chairs = register.province.meetings.reserved_chair_seats
    if mcu.role == "province":
        centres = [register.province.centre, *(district.centre for district in register.districts)]
        units = sum(_is_open(register, centre.state) for centre in centres)
        return Seats(endpoints=units, legs=len(register.districts), chairs=chairs)
    served = [district for district in register.districts if district.mcu == mcu.name]
    sizes = endpoints_per_district(register)
    endpoints = sum(sizes[district.slug] for district in served)
    return Seats(endpoints=endpoints, legs=len(served), chairs=chairs * len(served))


def endpoints_per_district(register: Register) -> dict[str, int]:
    """Endpoints of a district's room: its VCS unit and the PCs of its open communes."""
    return {district.slug: _endpoints(register, district) for district in register.districts}


def _endpoints(register: Register, district: District) -> int:
    sites = [district.centre, *district.communes]
    return sum(_is_open(register, site.state) for site in sites)


def _is_open(register: Register, state: State | None) -> bool:
    return (state or register.province.defaults.state) != State.CLOSED
