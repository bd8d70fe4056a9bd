"""Platforms of CLI devices: read, normalise, remediate, apply guarded."""

from __future__ import annotations

from hntt.devices.cisco_ios import CiscoIos
from hntt.devices.frr import Frr
from hntt.devices.mikrotik_routeros import MikrotikRouteros
from hntt.devices.platform import Platform, Remediation
from hntt.devices.quiet import silence_late_children
from hntt.devices.target import Target
from hntt.i18n import tr

_PLATFORMS: dict[str, Platform] = {platform.name: platform for platform in (CiscoIos(), Frr(), MikrotikRouteros())}

__all__ = ["Platform", "Remediation", "Target", "get_platform"]


def get_platform(name: str) -> Platform:
    """The platform of that name in the register; ``KeyError`` with the known ones when there is none."""
    if name not in _PLATFORMS:
        known = ", ".join(sorted(_PLATFORMS))
        raise KeyError(
            tr(vi=f"không có nền tảng “{name}”; hiện có: {known}", en=f"no platform {name!r}; there are: {known}")
        )
    return _PLATFORMS[name]


silence_late_children()
