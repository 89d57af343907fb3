"""Outline maps of municipalities as SVG: one panel for each group of neighbours, each with its own scale bar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from envgis.publish import labels
from envgis.publish.labels import Label

# Municipalities nearer than this to one another share a panel.
_NEAR_DEGREES = 0.15
_METRES_PER_DEGREE = 111_320.0
_WIDTH, _HEIGHT, _MARGIN = 480.0, 380.0, 14.0
_LABELS = 30


@dataclass(frozen=True)
class Outline:
    """A municipality in a panel: its number in the table, an SVG path, and its label."""

    number: int
    path: str
    label: Label


@dataclass(frozen=True)
class Panel:
    """A group of neighbours: size, outlines, and a scale bar of ``bar_km`` that is ``bar`` units long."""

    width: float
    height: float
    outlines: Sequence[Outline]
    bar: float
    bar_km: float

    @property
    def labelled(self) -> bool:
        """Whether there is room for names."""
        return len(self.outlines) <= _LABELS


def panels(municipalities: gpd.GeoDataFrame) -> list[Panel]:
    """Outline maps of all municipalities (EPSG:4326), numbered by their rows, the largest group first."""
    near = shapely.union_all(shapely.buffer(shapely.envelope(municipalities.geometry.to_numpy()), _NEAR_DEGREES / 2))
    groups: dict[int, list[int]] = {}
    areas = list(getattr(near, "geoms", [near]))
    for number, geometry in enumerate(municipalities.geometry):
        point = geometry.representative_point()
        groups.setdefault(next(i for i, area in enumerate(areas) if area.contains(point)), []).append(number)
    ordered = sorted(groups.values(), key=lambda numbers: (-len(numbers), numbers))
    return [_panel(municipalities, numbers) for numbers in ordered]


def _panel(municipalities: gpd.GeoDataFrame, numbers: Sequence[int]) -> Panel:
    shapes = gpd.GeoSeries(municipalities.geometry.to_numpy()[list(numbers)])
    west, south, east, north = shapes.total_bounds
    squeeze = math.cos(math.radians((south + north) / 2))
    wide, high = max((east - west) * squeeze, 1e-6), max(north - south, 1e-6)
    scale = min((_WIDTH - 2 * _MARGIN) / wide, (_HEIGHT - 2 * _MARGIN) / high)

    def place(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([(xy[:, 0] - west) * squeeze * scale + _MARGIN, (north - xy[:, 1]) * scale + _MARGIN])

    width, height = wide * scale + 2 * _MARGIN, high * scale + 2 * _MARGIN
    drawn = [shapely.transform(shape, place).simplify(0.4) for shape in shapes]
    names = [str(municipalities["name"].iloc[number]) for number in numbers]
    placed = labels.place(names, drawn, width, height) if len(drawn) <= _LABELS else [labels.Label((), 0.0, 0.0)] * len(drawn)
    outlines = [Outline(number, _path(shape), label) for number, shape, label in zip(numbers, drawn, placed, strict=True)]
    unit_km = _METRES_PER_DEGREE / scale / 1000
    bar_km = _round_length(width * 0.3 * unit_km)
    return Panel(round(width, 1), round(height + 26, 1), outlines, round(bar_km / unit_km, 1), bar_km)


def _round_length(longest: float) -> float:
    """The largest of 1, 2, 5, 10 … that is not longer."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1, 2, 5) if step * power <= longest)


def _path(shape: BaseGeometry) -> str:
    parts = []
    for polygon in getattr(shape, "geoms", [shape]):
        for ring in (polygon.exterior, *polygon.interiors):
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in ring.coords[:-1])
            parts.append(f"M{points}Z")
    return "".join(parts)
