"""Which part of the register a lab is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hntt.inventory.config import read_config
from hntt.inventory.selection import Selection
from hntt.inventory.source import Source, read_source
from hntt.network.model import Device, Kind, Network, Site, Tier

_T = TypeVar("_T")

LAB_KINDS = (Kind.ROUTER, Kind.NOC, Kind.MCU, Kind.VCS, Kind.COMMUNE_PC)
"""The kinds that a lab can have."""


@dataclass(frozen=True)
class LabRequest:
    """What is asked for: an inventory folder, narrowed to districts, to the first communes of each, to kinds.

    ``communes`` is how many communes of a district, in the order of their numbers; None means all. ``pcs`` says
    likewise how many of them have their PC in the lab; ``pcs_together`` is a number for all districts, who share it.
    """

    inventory: Path
    districts: tuple[str, ...] = ()
    communes: int | None = None
    kinds: tuple[str, ...] = ()
    pcs: int | None = None
    pcs_together: int | None = None


@dataclass(frozen=True)
class LabContent:
    """What a request comes to."""

    register_dir: Path
    source: Source
    selection: Selection
    devices: tuple[Device, ...]

    def narrowed(self, selection: Selection) -> LabContent:
        """The same with less."""
        narrowed = self.selection.narrowed(selection)
        return LabContent(self.register_dir, self.source, narrowed, _devices(narrowed, self.source.network))


def content_of(request: LabRequest) -> LabContent:
    """The devices asked for. UsageError and FindingsError as the inventory and the register give them."""
    config = read_config(request.inventory)
    source = read_source(config.register_dir)
    selection = config.only.narrowed(Selection(districts=request.districts or None, kinds=request.kinds or None))
    if request.communes is not None:
        selection = selection.narrowed(Selection(communes=_first_communes(source.network, request.communes)))
    pcs = _pcs_of_a_district(request, selection, source.network)
    if pcs is not None:
        selection = selection.narrowed(Selection(without=_surplus_pcs(selection, source.network, pcs)))
    return LabContent(config.register_dir, source, selection, _devices(selection, source.network))


def _devices(selection: Selection, network: Network) -> tuple[Device, ...]:
    return tuple(device for device in selection.devices(network) if device.kind in LAB_KINDS)


def _first_communes(network: Network, count: int) -> tuple[str, ...]:
    """Labels of the first ``count`` communes of every district; the districts asked for narrow them further."""
    communes = [site for site in network.sites.values() if site.tier is Tier.COMMUNE]
    return tuple(site.label for rank, site in _ranked(communes, lambda site: site) if rank <= count)


def _pcs_of_a_district(request: LabRequest, selection: Selection, network: Network) -> int | None:
    if request.pcs_together is None:
        return request.pcs
    districts = {device.site.district for device in _pcs(selection, network)}
    return request.pcs_together // max(1, len(districts))


def _pcs(selection: Selection, network: Network) -> list[Device]:
    return [device for device in selection.devices(network) if device.kind is Kind.COMMUNE_PC]


def _surplus_pcs(selection: Selection, network: Network, count: int) -> tuple[str, ...]:
    """The PCs of a selection that are not among the first ``count`` of their district, and those it left out before."""
    surplus = [
        device.host for rank, device in _ranked(_pcs(selection, network), lambda device: device.site) if rank > count
    ]
    return (*(selection.without or ()), *surplus)


def _ranked(items: Iterable[_T], site_of: Callable[[_T], Site]) -> Iterator[tuple[int, _T]]:
    """The items in the order of their sites' numbers, each with its place in its district, from 1."""
    seen: Counter[str | None] = Counter()
    for item in sorted(items, key=lambda item: site_of(item).number):
        seen[site_of(item).district] += 1
        yield seen[site_of(item).district], item
