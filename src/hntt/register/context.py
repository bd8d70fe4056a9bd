"""What a law may ask besides the register itself: where an entry stands, and the reference lists beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hntt.register.findings import Position, Text
from hntt.register.models import Centre, Commune, District, DistrictCentre, Register, State
from hntt.register.reference import Reference
from hntt.register.rules import Fault
from hntt.register.slugs import slugify
from hntt.register.sources import KeyPath, SourceFile, Sources


@dataclass(frozen=True)
class Entry:
    """One site as written: its model, its district (None for the centre) and where it stands."""

    site: Centre | DistrictCentre | Commune
    district: District | None
    source: SourceFile
    path: KeyPath
    state: State

    @property
    def closed(self) -> bool:
        """A closed site keeps its number and nothing else."""
        return self.state == State.CLOSED

    @property
    def title(self) -> Text:
        """The site's name for people."""
        if isinstance(self.site, Commune):
            name = f"{self.site.type} {self.site.name}"
            return Text(name, name)
        return Text(self.site.name, self.site.name)

    @property
    def slug(self) -> str | None:
        """The commune's part of host names; None for centres."""
        return self.site.slug or slugify(self.site.name) if isinstance(self.site, Commune) else None


@dataclass
class Context:
    """The register with its sources; helpers that turn a place and a text into a fault."""

    register: Register
    sources: Sources
    reference: Reference

    @cached_property
    def entries(self) -> list[Entry]:
        """Every site: the centre, then each district's centre and communes."""
        return list(self._entries())

    @cached_property
    def open_entries(self) -> list[Entry]:
        """The sites that are not closed."""
        return [entry for entry in self.entries if not entry.closed]

    def communes(self) -> list[Entry]:
        """Every commune, closed ones too."""
        return [entry for entry in self.entries if isinstance(entry.site, Commune)]

    def province(self, *path: str | int) -> tuple[SourceFile, KeyPath]:
        """A place in province.yml."""
        return self.sources.province, path

    def district(self, slug: str, *path: str | int) -> tuple[SourceFile, KeyPath]:
        """A place in a district's file."""
        return self.sources.districts[slug], ("district", *path)

    def position(self, place: tuple[SourceFile, KeyPath]) -> Position:
        """File, line and column of a place."""
        return place[0].at(place[1])

    def fault(
        self,
        place: tuple[SourceFile, KeyPath],
        vi: str,
        en: str,
        *,
        value: Any = None,
        expected: Text | None = None,
        hint: Text | None = None,
        related: tuple[Position, ...] = (),
    ) -> Fault:
        """A fault at a place, said in both languages."""
        source, path = place
        return Fault(source.at(path), source.shown(path), Text(vi, en), value, expected, hint, related)

    def site_fault(self, entry: Entry, key: str, vi: str, en: str, **more: Any) -> Fault:
        """A fault at a field of a site (dotted); at the site itself where the field is not written."""
        return self.fault((entry.source, (*entry.path, *key.split("."))), vi, en, **more)

    def _entries(self) -> Iterator[Entry]:
        province = self.register.province
        centre = province.centre
        default = province.defaults.state
        yield Entry(centre, None, self.sources.province, ("centre",), centre.state or default)
        for district in self.register.districts:
            source = self.sources.districts[district.slug]
            head = district.centre
            yield Entry(head, district, source, ("district", "centre"), head.state or default)
            for index, commune in enumerate(district.communes):
                path = ("district", "communes", index)
                yield Entry(commune, district, source, path, commune.state or default)
