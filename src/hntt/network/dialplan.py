"""Numbers that can be dialled: rooms 1000 (province) and 2001-2015 (districts by block), endpoints by site number."""

from __future__ import annotations

PROVINCE_ROOM = "1000"
VCS_DIGIT, PC_DIGIT = 1, 2


def district_room(block: int) -> str:
    """The room of the district with this block of numbers."""
    return str(2000 + block)


def endpoint(site_number: int, digit: int) -> str:
    """A VCS unit's or PC's own number: 4, three or four digits of the site's number, one for the kind."""
    return f"4{site_number:04d}{digit}"
