"""What a site must have before it may enter a state. The table is the rule; each state also needs those before it."""

from __future__ import annotations

from typing import Any

from hntt.register.models import Centre, Commune, DistrictCentre, State

ORDER = (State.PLANNED, State.SURVEYED, State.READY, State.LIVE)

_COMMON: dict[State, tuple[str, ...]] = {
    State.PLANNED: (),
    State.SURVEYED: ("room.place", "room.seats", "line.id", "router.serial"),
    State.READY: ("at", "line.provider", "router.mac"),
    State.LIVE: ("room.upgraded!", "room.display!", "room.sound!"),
}
_COMMUNE: dict[State, tuple[str, ...]] = {
    State.PLANNED: (),
    State.SURVEYED: ("pc.serial",),
    State.READY: ("pc.mac", "camera.serial"),
    State.LIVE: (),
}
_CENTRE: dict[State, tuple[str, ...]] = {
    State.PLANNED: (),
    State.SURVEYED: ("vcs.serial",),
    State.READY: ("vcs.mac", "tv.serial"),
    State.LIVE: (),
}

Site = Centre | DistrictCentre | Commune


def needed(site: Site, state: State) -> list[str]:
    """The fields this state asks for, those of the states before it included; ``!`` asks for true, not only known."""
    if state == State.CLOSED:
        return []
    tables = (_COMMON, _COMMUNE if isinstance(site, Commune) else _CENTRE)
    steps = ORDER[: ORDER.index(state) + 1]
    return [field for step in steps for table in tables for field in table[step]]


def absent(site: Site, state: State) -> list[str]:
    """Those of the needed fields that are not there."""
    return [field for field in needed(site, state) if not _present(site, field)]


def _present(site: Site, field: str) -> bool:
    value: Any = site
    for step in field.rstrip("!").split("."):
        value = getattr(value, step, None)
    return value is True if field.endswith("!") else value is not None
