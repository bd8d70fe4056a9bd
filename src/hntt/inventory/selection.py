"""Narrowing an inventory: which of the network's devices it has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.network.model import Device, Kind, Network, Tier


@dataclass(frozen=True)
class Selection:
    """Devices that an inventory has; ``None`` leaves a field open, and a device must pass every field.

    ``districts`` and ``communes`` say nothing of the centre: its router and controller serve everybody, so the
    centre stays unless ``tiers`` leaves ``province`` out. ``communes`` are slugs (``an-thuy``) or labels
    (``an-thuy.le-thuy``); the district's own centre stays with them. ``without`` names
    hosts that are left out although they pass.
    """

    districts: tuple[str, ...] | None = None
    communes: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    tiers: tuple[str, ...] | None = None
    without: tuple[str, ...] | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any], where: str) -> Selection:
        """The selection that the mapping under ``only:`` asks for; UsageError naming ``where`` when it is none."""
        known = [field.name for field in fields(cls)]
        if not isinstance(options, Mapping) or set(options) - set(known):
            raise UsageError(
                tr(
                    vi=f"{where}: “only” chỉ gồm {', '.join(known)}",
                    en=f"{where}: 'only' takes {', '.join(known)} and nothing else",
                )
            )
        return cls(**{name: _names(where, name, value) for name, value in options.items() if value is not None})

    def narrowed(self, other: Selection) -> Selection:
        """This selection with the fields that ``other`` fills in its place."""
        return replace(self, **{f.name: v for f in fields(other) if (v := getattr(other, f.name)) is not None})

    def devices(self, network: Network) -> list[Device]:
        """The devices that pass, in the network's order; UsageError for a name that the network does not have."""
        self._check_names(network)
        return [device for device in network.devices.values() if self._has(device)]

    def _has(self, device: Device) -> bool:
        site = device.site
        return (
            device.host not in (self.without or ())
            and _open(self.kinds, (str(device.kind),))
            and _open(self.tiers, (str(device.tier),))
            and (site.tier is Tier.PROVINCE or _open(self.districts, (site.district or "",)))
            and (site.tier is not Tier.COMMUNE or _open(self.communes, (site.slug or "", site.label)))
        )

    def _check_names(self, network: Network) -> None:
        communes = [site for site in network.sites.values() if site.tier is Tier.COMMUNE]
        _check("districts", self.districts, network.summaries)
        _check("communes", self.communes, [s.slug or "" for s in communes] + [s.label for s in communes])
        _check("kinds", self.kinds, [str(kind) for kind in Kind])
        _check("tiers", self.tiers, [str(tier) for tier in Tier])
        _check("without", self.without, network.devices)


def _open(wanted: Sequence[str] | None, names: Sequence[str]) -> bool:
    return wanted is None or any(name in wanted for name in names)


def _names(where: str, name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(str(item) for item in value)
    raise UsageError(
        tr(vi=f"{where}: only.{name} phải là danh sách tên", en=f"{where}: only.{name} takes a list of names")
    )


def _check(field: str, wanted: Sequence[str] | None, known: Iterable[str]) -> None:
    names = list(known)
    for name in wanted or ():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            raise UsageError(
                tr(
                    vi=f"only.{field}: sổ đăng ký không có “{name}”" + (f"; ý bạn là “{near[0]}”?" if near else ""),
                    en=f"only.{field}: the register has no '{name}'" + (f"; did you mean '{near[0]}'?" if near else ""),
                )
            )
