"""Public lists beside a register, in ``../data``: commune codes by year, reorganisations, district areas.

All are optional: another province's register may come without them, and the laws that need them then say so.
"""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from hntt.register.slugs import fold_tones

_TYPES = {"xa": "xã", "phuong": "phường", "thi_tran": "thị trấn"}
KM_PER_DEGREE = 110.6
Ring = list[tuple[float, float]]


@dataclass(frozen=True)
class Unit:
    """A commune of the official list; ``district`` is the district's code."""

    code: str
    name: str
    type: str
    district: str


@dataclass(frozen=True)
class Reorganisation:
    """One year's mergers: old code to new code and new name."""

    year: int
    moves: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Reference:
    """What lies in one data folder for one year of commune codes."""

    folder: Path
    year: int
    units: dict[str, Unit] = field(default_factory=dict)

    @cached_property
    def reorganisations(self) -> list[Reorganisation]:
        """Those after the register's year, oldest first."""
        found = []
        for file in sorted(self.folder.glob("*_reorg_*.csv")):
            year = file.stem.rpartition("_")[2]
            if year.isdigit() and int(year) > self.year:
                moves = {row["old_code"]: (row["new_code"], row["new_name"]) for row in _rows(file)}
                found.append(Reorganisation(int(year), moves))
        return found

    def changed_by(self, codes: dict[str, str]) -> list[tuple[int, int]]:
        """Per later reorganisation: its year, and how many of these communes (code to name) are another by then."""
        now = {code: (code, name) for code, name in codes.items()}
        counts = []
        for change in self.reorganisations:
            now = {code: change.moves.get(here[0], here) for code, here in now.items()}
            kept = sum(
                new == code and fold_tones(name).endswith(fold_tones(codes[code])) for code, (new, name) in now.items()
            )
            counts.append((change.year, len(codes) - kept))
        return counts

    @cached_property
    def areas(self) -> dict[str, list[list[Ring]]]:
        """District code to its polygons, each a list of rings of (longitude, latitude)."""
        areas: dict[str, list[list[Ring]]] = {}
        for file in sorted(self.folder.glob(f"*_districts_{self.year}.geojson")):
            for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
                geometry = feature["geometry"]
                many = geometry["type"] == "MultiPolygon"
                polygons = geometry["coordinates"] if many else [geometry["coordinates"]]
                areas[str(feature["properties"]["district_code"])] = polygons
        return areas


def load_reference(folder: Path, year: int) -> Reference:
    """The lists for a year; empty where the folder has none."""
    units: dict[str, Unit] = {}
    for file in sorted(folder.glob(f"*_{year}.csv")):
        if "_reorg_" in file.name:
            continue
        for row in _rows(file):
            kind = _TYPES.get(row["commune_type"], row["commune_type"])
            units[row["commune_code"]] = Unit(row["commune_code"], row["commune_name"], kind, row["district_code"])
    return Reference(folder, year, units)


def inside(polygons: list[list[Ring]], latitude: float, longitude: float) -> bool:
    """Whether a point lies in one of the polygons (holes, the rings after the first, are outside)."""
    return any(
        _in_ring(rings[0], latitude, longitude) and not any(_in_ring(hole, latitude, longitude) for hole in rings[1:])
        for rings in polygons
    )


def distance_km(polygons: list[list[Ring]], latitude: float, longitude: float) -> float:
    """How far a point is from the nearest border of the polygons, in kilometres (flat, good enough for a province)."""
    east = KM_PER_DEGREE * math.cos(math.radians(latitude))
    return min(
        _to_segment(
            ((x1 - longitude) * east, (y1 - latitude) * KM_PER_DEGREE),
            ((x2 - longitude) * east, (y2 - latitude) * KM_PER_DEGREE),
        )
        for rings in polygons
        for ring in rings
        for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True)
    )


def _to_segment(start: tuple[float, float], end: tuple[float, float]) -> float:
    """The distance of the origin from a segment."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else max(0.0, min(1.0, -(start[0] * dx + start[1] * dy) / length))
    return math.hypot(start[0] + along * dx, start[1] + along * dy)


def _in_ring(ring: Ring, latitude: float, longitude: float) -> bool:
    within = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > latitude) != (y2 > latitude) and longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1:
            within = not within
    return within


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
