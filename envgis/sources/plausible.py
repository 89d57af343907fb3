"""Whether a layer can lie where its coordinates put it; and if not, which reading would fit."""

from __future__ import annotations

import math
from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from envgis.faults import Fault, Message, Place
from envgis.sources.georeference import Bounds, to_lonlat

# South of this nobody lives: a layer that lies there whole has latitude and longitude swapped.
_UNPEOPLED = -60.0
# Where a layer with unknown coordinates is first looked for, and in what.
GUATEMALA: Bounds = (-92.5, 13.5, -88.0, 18.0)
USUAL = {"GTM": "ESRI:103598", "UTM 15N": "EPSG:32615", "UTM 16N": "EPSG:32616", "Web Mercator": "EPSG:3857"}


def implausible(extent: Iterable[float], crs: CRS | None, at: Place, declared: bool = True) -> list[Fault]:
    """Faults of a layer whose ``extent`` (west, south, east, north; its own units) its ``crs`` cannot have.

    declared : whether the file says its CRS, or it is a standard's default

    >>> [fault.code for fault in implausible((14.0, -91.9, 15.0, -90.0), CRS("EPSG:4326"), Place("m.gpkg"))]
    ['vector-swapped']
    >>> [fault.code for fault in implausible((360_000, 1_650_000, 380_000, 1_660_000), CRS("EPSG:4326"), Place("m.gpkg"))]
    ['vector-outside-world']
    """
    west, south, east, north = map(float, extent)
    bounds = (west, south, east, north)
    if not all(map(math.isfinite, bounds)):  # no geometry at all
        return []
    if crs is None:
        return [Fault("vector-no-crs", at, values={"fit": fitting(bounds)})]
    if not crs.is_geographic:
        return []
    found = f"x {west:g} … {east:g}, y {south:g} … {north:g}"
    if swapped(bounds):
        return [Fault("vector-swapped", at, found)]
    if west < -180 or east > 360 or south < -90 or north > 90:
        return [Fault("vector-outside-world" if declared else "geojson-projected", at, found, {"fit": fitting(bounds)})]
    return []


def drop_infinite(table: gpd.GeoDataFrame, at: Place) -> list[Fault]:
    """Takes out, in place, geometries with a coordinate that is no finite number, and tells their rows.

    >>> table = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0), shapely.Point(np.inf, 0)], crs=4326)
    >>> [(fault.code, fault.at.row) for fault in drop_infinite(table, Place("a.gpkg"))], table.geometry[1] is None
    ([('vector-geometry-broken', 2)], True)
    """
    coordinates, index = shapely.get_coordinates(table.geometry.values, return_index=True)
    lost = np.unique(index[~np.isfinite(coordinates).all(axis=1)])
    if not lost.size:
        return []
    geometries = np.asarray(table.geometry.values).copy()
    geometries[lost] = None
    table[table.geometry.name] = gpd.GeoSeries(geometries, index=table.index, crs=table.crs)
    return [Fault("vector-geometry-broken", Place(at.file, at.layer, int(i) + 1), severity="warning") for i in lost]


def swapped(bounds: Bounds) -> bool:
    """Whether coordinates taken as longitude and latitude make sense only the other way round.

    >>> swapped((14.0, -92.0, 15.0, -91.0)), swapped((-92.0, 14.0, -91.0, 15.0))
    (True, False)
    """
    west, south, east, north = bounds
    fits = west >= -90 and east <= 90 and south >= -180 and north <= 180
    beyond = north > 90 or south < -90
    unpeopled = north < _UNPEOPLED and max(abs(west), abs(east)) < -_UNPEOPLED
    return fits and (beyond or unpeopled)


def fitting(bounds: Bounds) -> Message | None:
    """The phrase that names the usual reference systems in which ``bounds`` would lie in Guatemala; None where none does.

    >>> fitting((400_000, 1_600_000, 420_000, 1_620_000)).values["names"]
    ['GTM (ESRI:103598)']
    """
    names = []
    for name, code in USUAL.items():
        box = to_lonlat(CRS.from_user_input(code), bounds)
        if box is not None and _within(box, GUATEMALA):
            names.append(f"{name} ({code})")
    return Message("fitting.crs", {"names": names}) if names else None


def _within(inner: Bounds, outer: Bounds) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
