"""The guard mechanism of each platform."""

from __future__ import annotations

from hntt.devices.guard_frr import FrrGuard
from hntt.devices.guard_ios import IosGuard
from hntt.devices.guard_routeros import RouterosGuard
from hntt.devices.mechanism import Mechanism

_MECHANISMS: dict[str, Mechanism] = {"cisco_ios": IosGuard(), "frr": FrrGuard(), "mikrotik_routeros": RouterosGuard()}


def mechanism_for(platform: str) -> Mechanism:
    """The mechanism of a platform; ``KeyError`` where there is none."""
    return _MECHANISMS[platform]
