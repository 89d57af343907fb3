"""Shapes as they were drawn: raw strings of a survey tool, rings that are not quite rings, true areas and lengths."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

WGS84 = pyproj.Geod(ellps="WGS84")
SNAP_M = 1.0  # a ring whose ends lie closer is closed
REPAIR_SHARE = 0.01  # a crossing ring is repaired where that changes its area by less
_POINT, _LINE, _POLYGON = 0, 1, 3
_MULTI = {4: _POINT, 5: _LINE, 6: _POLYGON}


def parse(text: str, closed: bool) -> shapely.Geometry | None:
    """A shape from "lat lon alt acc; lat lon alt acc; …"; a ring where ``closed``. None if it cannot be read.

    A ring of two corners (A-B-A) is a line, as survey tools write it; a gap of less than a metre is closed.

    >>> parse("14.9 -91.8 0 0; 14.9 -91.7 0 0; 15.0 -91.7 0 0", closed=True).wkt
    'POLYGON ((-91.8 14.9, -91.7 14.9, -91.7 15, -91.8 14.9))'
    >>> parse("aquí", closed=True) is None
    True
    """
    corners = []
    for part in re.split(r"\s*;\s*", text.strip()):
        if part:
            try:
                numbers = [float(word) for word in part.split()]
            except ValueError:
                return None
            if not 2 <= len(numbers) <= 4:
                return None
            corners.append((numbers[1], numbers[0]))
    distinct = len(set(corners))
    if not corners or not all(math.isfinite(value) for corner in corners for value in corner):
        return None
    if distinct == 1:
        return shapely.Point(corners[0])
    if not closed or distinct == 2:
        return shapely.LineString(corners[:2] if closed else corners)
    return _ring(corners)


def _ring(corners: list[tuple[float, float]]) -> shapely.Geometry | None:
    (x0, y0), (x1, y1) = corners[0], corners[-1]
    if (x0, y0) != (x1, y1):
        if max(abs(x0), abs(x1)) > 180 or max(abs(y0), abs(y1)) > 90:
            return None
        gap = WGS84.inv(x0, y0, x1, y1)[2]
        corners = [*corners[:-1], corners[0]] if gap < SNAP_M and len(corners) > 3 else [*corners, corners[0]]
    return shapely.Polygon(corners)


class Local:
    """An azimuthal equidistant projection about one place: metres near it, to a few parts in a million within 20 km.

    >>> north = Local(-91.8, 14.9).metres(shapely.Point(-91.8, 14.91))
    >>> round(north.x, 3), round(north.y, 1)
    (0.0, 1106.5)
    """

    def __init__(self, lon: float, lat: float) -> None:
        self._projection = pyproj.Proj(proj="aeqd", lat_0=lat, lon_0=lon, datum="WGS84", units="m")

    def metres(self, shape: Any) -> Any:
        """Shapes in degrees → in metres."""
        return shapely.transform(shape, self._forward)

    def degrees(self, shape: Any) -> Any:
        """Shapes in metres → in degrees."""
        return shapely.transform(shape, self._back)

    def _forward(self, corners: Floats) -> Floats:
        return self._moved(corners, inverse=False)

    def _back(self, corners: Floats) -> Floats:
        return self._moved(corners, inverse=True)

    def _moved(self, corners: Floats, inverse: bool) -> Floats:
        x, y = never_one(corners[:, 0], corners[:, 1])
        return np.column_stack(self._projection(x, y, inverse=inverse))[:-1]


def never_one(*values: Floats) -> list[Floats]:
    """The lists with a NaN behind: pyproj takes an array of one for a number, which NumPy no longer likes.

    >>> never_one(np.array([1.5]))
    [array([1.5, nan])]
    """
    return [np.append(one, np.nan) for one in values]


@dataclass(frozen=True)
class Cleaned:
    """Shapes that can be counted.

    shape : flat, valid; None where there was none or it could not be kept
    collapsed : a drawn area without an inside (fewer than three corners, all on one line)
    crossing : an outline that crosses itself, too much of it to be repaired
    mixed : a collection of several kinds, or several points
    repaired : a crossing outline that was made valid
    """

    shape: Shapes
    collapsed: Mask
    crossing: Mask
    mixed: Mask
    repaired: Mask


def clean(shape: Shapes) -> Cleaned:
    """Flat, valid shapes, each fault said apart. Longitudes and latitudes need not be possible yet.

    >>> flat, figure_of_eight = shapely.from_wkt(["POLYGON ((0 0, 1 1, 2 2, 0 0))", "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))"])
    >>> found = clean(np.array([flat, figure_of_eight, shapely.box(0, 0, 1, 1)], object))
    >>> found.collapsed.tolist(), found.crossing.tolist(), shapely.is_missing(found.shape).tolist()
    ([True, False, False], [False, True, False], [True, True, False])
    """
    shape = shapely.force_2d(shape)
    shape[shapely.is_empty(shape)] = None
    mixed, collapsed, crossing, repaired = (np.zeros(len(shape), bool) for _ in range(4))
    kind = shapely.get_type_id(shape)
    for i in np.flatnonzero(kind >= 4).tolist():
        one = shapely.get_num_geometries(shape[i]) == 1
        if one:
            shape[i] = shapely.get_geometry(shape[i], 0)
        mixed[i] = not one and kind[i] in (4, 7)
    kind = shapely.get_type_id(shape)
    areal = (kind == 3) | (kind == 6)
    collapsed = areal & (shapely.area(shape) == 0) & ~_crosses(shape)
    for i in np.flatnonzero(areal & ~collapsed & ~shapely.is_valid(shape)).tolist():
        mended = _mended(shape[i])
        crossing[i], repaired[i] = mended is None, mended is not None
        shape[i] = mended
    shape[mixed | collapsed] = None
    return Cleaned(shape, collapsed, crossing, mixed, repaired)


def _crosses(shape: Shapes) -> Mask:
    """Whether an outline without area (a figure of eight) has an inside all the same once it is made valid."""
    flat = (shapely.area(shape) == 0) & (shapely.get_dimensions(shape) == 2)
    crosses = np.zeros(len(shape), bool)
    for i in np.flatnonzero(flat).tolist():
        crosses[i] = shapely.area(shapely.make_valid(shape[i], method="structure", keep_collapsed=False)) > 0
    return crosses


def _mended(shape: shapely.Geometry) -> shapely.Geometry | None:
    """A valid shape, if its area in metres is the drawn one but for one part in a hundred."""
    lon, lat = shapely.get_coordinates(shape).mean(axis=0)
    if abs(lon) > 180 or abs(lat) > 90:
        return None
    local = Local(lon, lat)
    metres = local.metres(shape)
    mended = shapely.make_valid(metres, method="structure", keep_collapsed=False)
    drawn, kept = shapely.area(metres), shapely.area(mended)
    if drawn <= 0 or abs(kept - drawn) >= REPAIR_SHARE * drawn:
        return None
    degrees: shapely.Geometry = local.degrees(mended)
    return degrees if shapely.is_valid(degrees) else None


def between_m(lon: Floats, lat: Floats, other_lon: Floats, other_lat: Floats) -> Floats:
    """Geodesic distance in metres between the places of two lists.

    >>> between_m(np.array([0.0]), np.array([0.0]), np.array([1.0]), np.array([0.0])).round().tolist()  # a degree of the equator
    [111319.0]
    """
    a, b, c, d = never_one(lon, lat, other_lon, other_lat)
    return np.asarray(WGS84.inv(a, b, c, d)[2], np.float64)[:-1]


def kinds(shape: Shapes) -> NDArray[np.object_]:
    """ "point", "line" or "polygon" for each shape, "" where there is none.

    >>> kinds(np.array([shapely.Point(0, 0), shapely.box(0, 0, 1, 1), None], object)).tolist()
    ['point', 'polygon', '']
    """
    names = np.array(["point", "line", "", "polygon", "point", "line", "polygon", "", ""], dtype=object)
    return names[shapely.get_type_id(shape)]


def stand(shape: Shapes) -> tuple[Floats, Floats]:
    """Longitude and latitude of the place where each shape stands: the point, a line's middle, a point inside an area.

    >>> stand(np.array([shapely.Point(-91.8, 14.9), shapely.box(0, 0, 2, 2)], object))
    (array([-91.8,   1. ]), array([14.9,  1. ]))
    """
    kind = kinds(shape)
    place = np.full(len(shape), None, dtype=object)
    place[kind == "point"] = shapely.centroid(shape[kind == "point"])
    place[kind == "line"] = shapely.point_on_surface(shape[kind == "line"])
    place[kind == "polygon"] = shapely.point_on_surface(shape[kind == "polygon"])
    return shapely.get_x(place), shapely.get_y(place)


def area_ha(shape: Shapes) -> Floats:
    """Geodesic area (WGS 84) of areas; NaN for all else.

    >>> area_ha(np.array([shapely.box(0, 0, 0.001, 0.001), shapely.Point(0, 0)], object)).round(4).tolist()  # 111.32 m × 110.57 m
    [1.2309, nan]
    """
    areas = np.full(len(shape), np.nan)
    for i in np.flatnonzero(kinds(shape) == "polygon").tolist():
        areas[i] = abs(WGS84.geometry_area_perimeter(shapely.orient_polygons(shape[i]))[0]) / 10_000
    return areas


def length_m(shape: Shapes) -> Floats:
    """Geodesic length (WGS 84) of lines; NaN for all else.

    >>> length_m(np.array([shapely.LineString([(0, 0), (1, 0)]), shapely.Point(0, 0)], object)).round().tolist()
    [111319.0, nan]
    """
    lengths = np.full(len(shape), np.nan)
    for i in np.flatnonzero(kinds(shape) == "line").tolist():
        lengths[i] = WGS84.geometry_length(shape[i])
    return lengths
