"""The hand-drawn anchors of ``geography.toml`` as values, and the outlines that grow from them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from .lattice import generator

Line = list[tuple[float, float]]


@dataclass(frozen=True)
class River:
    """A line of (lon, lat, height in metres) downstream; floor_m: half-width of its plain; inflow_km2: basin outside."""

    name: str
    line: list[tuple[float, float, float]]
    floor_m: float
    inflow_km2: float = 0.0


@dataclass(frozen=True)
class Town:
    """radius_m: size of the built-up core; people: weight in the population layer."""

    name: str
    lon: float
    lat: float
    radius_m: float
    people: float


@dataclass(frozen=True)
class Region:
    """One of the two places of the demonstration. bounds: west, south, east, north; lake: empty where there is none."""

    name: str
    tag: str
    bounds: tuple[float, float, float, float]
    rivers: list[River]
    roads: list[Line]
    towns: list[Town]
    lake: Line
    lake_height: float


def _region(table: dict[str, Any]) -> Region:
    rivers = [River(**{**river, "line": [tuple(point) for point in river["line"]]}) for river in table["rivers"]]
    return Region(
        name=table["name"],
        tag=table["tag"],
        bounds=tuple(table["bounds"]),
        rivers=rivers,
        roads=[_line(road) for road in table["roads"]],
        towns=[Town(name, *values) for name, values in table["towns"].items()],
        lake=_line(table.get("lake", [])),
        lake_height=table.get("lake_height", 0.0),
    )


def _line(points: list[list[float]]) -> Line:
    return [(lon, lat) for lon, lat in points]


_TABLE = tomllib.loads(Path(__file__).with_name("geography.toml").read_text(encoding="utf-8"))
REGIONS = [_region(table) for table in _TABLE["region"]]


def rough(line: Line, purpose: str, rounds: int, roughness: float) -> Line:
    """The line with each piece broken ``rounds`` times at a displaced midpoint, to 1e-6 degree. The ends stay."""
    random = generator(f"outline {purpose}")
    points = np.array(line)
    for _ in range(rounds):
        middle = (points[:-1] + points[1:]) / 2
        across = np.diff(points, axis=0)[:, ::-1] * [-1.0, 1.0]
        middle += across * random.normal(0, roughness, (len(middle), 1)).clip(-2 * roughness, 2 * roughness)
        whole = np.empty((2 * len(points) - 1, 2))
        whole[::2], whole[1::2] = points, middle
        points = whole
    return [(round(float(x), 6), round(float(y), 6)) for x, y in points]


@dataclass(frozen=True)
class Municipality:
    """Outline in EPSG:4326."""

    code: str
    name: str
    department: str
    outline: shapely.Polygon


@cache
def municipalities() -> list[Municipality]:
    """All of them. Neighbours share every vertex of their border: each arc is made once."""
    arcs = {name: rough(_line(line), name, 4, 0.13) for name, line in _TABLE["arcs"].items()}
    found = []
    for table in _TABLE["municipality"]:
        ring: Line = []
        for part in table["arcs"]:
            arc = arcs[part.lstrip("-")]
            ring += (arc[::-1] if part.startswith("-") else arc)[:-1]
        found.append(Municipality(table["code"], table["name"], table["department"], shapely.Polygon(ring)))
    return found


def municipalities_of(region: Region) -> list[Municipality]:
    """Those in the region, in order of their codes."""
    return [m for m in municipalities() if shapely.box(*region.bounds).contains(m.outline)]
