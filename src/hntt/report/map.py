"""The province as SVG paths: one per commune, drawn from the boundaries that lie beside the register."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WIDTH = 560.0
_COMMUNES = "quang_binh_communes_2019.geojson"
_DISTRICTS = "quang_binh_districts_2019.geojson"

Point = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """One area: its GSO code, its name, its outline as SVG path data."""

    code: str
    name: str
    path: str


@dataclass(frozen=True)
class ProvinceMap:
    """Communes and the districts' borders over them, in one coordinate system of ``width`` x ``height`` units."""

    communes: tuple[Shape, ...]
    districts: tuple[Shape, ...]
    width: int
    height: int


def read_map(data_dir: Path) -> ProvinceMap | None:
    """The map from the GeoJSON files in ``data_dir``; None where there are none (an inventory without boundaries)."""
    files = (data_dir / _COMMUNES, data_dir / _DISTRICTS)
    if not all(file.is_file() for file in files):
        return None
    communes, districts = ([*_features(file)] for file in files)
    scale = _Scale.over(point for _, geometry in communes for ring in _rings(geometry) for point in ring)
    return ProvinceMap(
        communes=tuple(_shape(scale, "commune", *feature) for feature in communes),
        districts=tuple(_shape(scale, "district", *feature) for feature in districts),
        width=math.ceil(WIDTH),
        height=math.ceil(scale.height),
    )


@dataclass(frozen=True)
class _Scale:
    """Longitude and latitude to drawing units: equirectangular about the middle latitude, north up."""

    west: float
    north: float
    x: float
    y: float
    height: float

    @classmethod
    def over(cls, points: Iterable[Point]) -> _Scale:
        longitudes, latitudes = zip(*points, strict=True)
        west, east, south, north = min(longitudes), max(longitudes), min(latitudes), max(latitudes)
        shrink = math.cos(math.radians((south + north) / 2))
        unit = WIDTH / ((east - west) * shrink)
        return cls(west, north, unit * shrink, unit, (north - south) * unit)

    def place(self, point: Point) -> str:
        return f"{(point[0] - self.west) * self.x:.1f},{(self.north - point[1]) * self.y:.1f}"


def _features(file: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
        yield feature["properties"], feature["geometry"]


def _rings(geometry: dict[str, Any]) -> Iterator[list[Point]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        for ring in polygon:
            yield [(float(point[0]), float(point[1])) for point in ring]


def _shape(scale: _Scale, level: str, properties: dict[str, Any], geometry: dict[str, Any]) -> Shape:
    path = "".join(f"M{' '.join(scale.place(point) for point in ring)}Z" for ring in _rings(geometry))
    return Shape(code=str(properties[f"{level}_code"]), name=str(properties[f"{level}_name"]), path=path)
