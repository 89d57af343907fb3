"""In which municipality a report is counted.

The declared municipality is the witness: a place inside it, or at most 500 m outside (public boundaries differ by as
much as 100 m), is counted there. Without a declaration it is the municipality in which the place lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from envgis.actions import coordinates
from envgis.actions.shapes import Local, between_m
from envgis.actions.words import Nearest, fold

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

TOLERANCE_M = 500.0
_SHORT = {"sta": "santa", "sto": "santo", "sn": "san", "sac": "sacatepequez", "chiq": "chiquito", "conc": "concepcion"}
NOWHERE = -1


@dataclass(frozen=True)
class Declared:
    """What one written municipality means.

    candidates : positions in the gazetteer; several where the name stands twice, none where it is unknown
    padded : a code that had lost its leading zeros
    """

    candidates: tuple[int, ...]
    padded: bool = False


class Gazetteer:
    """Municipalities by code, name and place. Positions are those of the codes in order.

    >>> towns = gpd.GeoDataFrame({"code": ["1201"], "name": ["San Marcos"]}, geometry=[shapely.box(-91.9, 14.9, -91.7, 15.1)], crs=4326)
    >>> known = Gazetteer(towns)
    >>> known.label(known.declared("san marcos").candidates[0]), known.declared("Roma").candidates
    ('San Marcos (1201)', ())
    >>> known.containing(np.array([-91.8, -90.0]), np.array([15.0, 15.0])).tolist()
    [0, -1]
    """

    def __init__(self, municipalities: gpd.GeoDataFrame) -> None:
        """``municipalities`` : code, name, geometry (EPSG:4326)"""
        table = municipalities.sort_values("code", ignore_index=True)
        self.codes = [str(code) for code in table["code"]]
        self.names = [str(name) for name in table["name"]]
        self.shapes: NDArray[Any] = np.asarray(table.geometry.array, dtype=object)
        shapely.prepare(self.shapes)
        self._by_code = {code: i for i, code in enumerate(self.codes)}
        self._digits = ["".join(c for c in code if c.isdigit()) for code in self.codes]
        self._by_name: dict[str, list[int]] = {}
        for i, name in enumerate(self.names):
            self._by_name.setdefault(_expanded(name), []).append(i)
        self._nearest = Nearest((name, name) for name in self.names)

    def declared(self, text: str) -> Declared:
        """The municipality that ``text`` names, by its code or its name; "San Pedro, San Marcos" by its first part."""
        if text in self._by_code:
            return Declared((self._by_code[text],))
        if text.isdigit():
            # A layer may write GT0114 where people write 0114, and Excel 114.
            same = [i for i, digits in enumerate(self._digits) if digits == text]
            alike = same or [i for i, digits in enumerate(self._digits) if digits and digits.lstrip("0") == text.lstrip("0")]
            if len(alike) == 1:
                return Declared((alike[0],), padded=not same)
        for part in (text, text.split(",")[0], text.split("(")[0]):
            found = self._by_name.get(_expanded(part))
            if found:
                return Declared(tuple(found))
        return Declared(())

    def nearest(self, text: str) -> list[str]:
        """The three names nearest to an unknown one."""
        return self._nearest(text)

    def label(self, position: int) -> str:
        """Name and code, as a sentence says them: ``Amatitlán (0114)``."""
        return f"{self.names[position]} ({self.codes[position]})"

    def containing(self, lon: Floats, lat: Floats) -> Whole:
        """For each place the municipality in which it lies, on a shared border the lowest code; NOWHERE outside all."""
        found = np.full(len(lon), len(self.codes), np.int64)
        fine = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        if len(fine):
            tree = shapely.STRtree(np.asarray(shapely.points(lon[fine], lat[fine])))
            which, where = tree.query(self.shapes, predicate="intersects")
            np.minimum.at(found, fine[where], which)
        return np.where(found == len(self.codes), NOWHERE, found)

    def distance_m(self, position: Whole, lon: Floats, lat: Floats) -> Floats:
        """Geodesic distance from each place to the municipality at ``position``; 0 inside, NaN where either is missing."""
        distance = np.full(len(lon), np.nan)
        known = (position >= 0) & np.isfinite(lon) & np.isfinite(lat)
        for i in np.unique(position[known]).tolist():
            rows = np.flatnonzero(known & (position == i))
            inside = shapely.intersects_xy(self.shapes[i], lon[rows], lat[rows])
            distance[rows[inside]] = 0.0
            rows = rows[~inside]
            if len(rows):
                near_lon, near_lat = self._nearest_on(i, lon[rows], lat[rows])
                distance[rows] = between_m(lon[rows], lat[rows], near_lon, near_lat)
        return distance

    def near(self, position: Whole, lon: Floats, lat: Floats) -> Mask:
        """Whether each place lies in the municipality at ``position`` or at most `TOLERANCE_M` outside."""
        if not len(self.shapes):
            return np.zeros(len(lon), bool)
        with np.errstate(invalid="ignore"):
            pad = TOLERANCE_M / 100_000  # degrees of latitude, generously
            west, south, east, north = shapely.bounds(self.shapes)[np.maximum(position, 0)].T
            pad_lon = pad / np.maximum(np.cos(np.radians(lat)), 0.01)
            close = (lon >= west - pad_lon) & (lon <= east + pad_lon) & (lat >= south - pad) & (lat <= north + pad)
            return self.distance_m(np.where(close, position, NOWHERE), lon, lat) <= TOLERANCE_M

    def _nearest_on(self, i: int, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """The nearest place on a municipality's outline, found in an azimuthal projection at its middle."""
        middle = shapely.centroid(self.shapes[i])
        local = Local(middle.x, middle.y)
        outline, points = local.metres(self.shapes[i]), local.metres(shapely.points(lon, lat))
        shapely.prepare(outline)
        near = local.degrees(shapely.get_point(shapely.shortest_line(outline, points), 0))
        return shapely.get_x(near), shapely.get_y(near)


def _expanded(name: str) -> str:
    return " ".join(_SHORT.get(word, word) for word in fold(name).split())


def fitting(gazetteer: Gazetteer, lon: Floats, lat: Floats, declared: Whole) -> Mapping[int, list[dict[str, object]]]:
    """For each pair the other readings of it that fit, where there are any.

    A reading fits that falls in the declared municipality (or at most 500 m outside), or, where none is declared, in
    any. Each is a name of `coordinates.READINGS` with its lon, lat and municipality.

    >>> towns = gpd.GeoDataFrame({"code": ["1201"], "name": ["San Marcos"]}, geometry=[shapely.box(-91.9, 14.9, -91.7, 15.1)], crs=4326)
    >>> fitting(Gazetteer(towns), lon=np.array([14.96]), lat=np.array([-91.79]), declared=np.array([0]))
    {0: [{'reading': 'swapped', 'lon': -91.79, 'lat': 14.96, 'name': 'San Marcos (1201)'}]}
    """
    fits: dict[int, list[dict[str, object]]] = {}
    for name, x, y in coordinates.readings(lon, lat):
        place = np.where(gazetteer.near(declared, x, y), declared, NOWHERE)
        free = np.flatnonzero((declared < 0) & np.isfinite(x))
        place[free] = gazetteer.containing(x[free], y[free])
        for i in np.flatnonzero(place >= 0).tolist():
            reading = {"reading": name, "lon": round(float(x[i]), 6), "lat": round(float(y[i]), 6), "name": gazetteer.label(int(place[i]))}
            fits.setdefault(i, []).append(reading)
    return fits
