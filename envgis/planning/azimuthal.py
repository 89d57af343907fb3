"""Azimuthal equidistant planes, each about a place of its own, for many places at once.

In such a plane a straight line from the middle has its true length. x and y are the geodesic's length times the sine
and cosine of its azimuth (Snyder 1987, ch. 25, with the ellipsoidal geodesic), which is what PROJ's ``aeqd`` gives.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

GEOD = Geod(ellps="WGS84")
_CIRCLE = 64


class Middles(NamedTuple):
    """Longitudes and latitudes [°] about which planes lie, one for each geometry."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def of(self, which: NDArray[np.intp]) -> Middles:
        """Some of them."""
        return Middles(self.lon[which], self.lat[which])


def middles(geometries: NDArray[np.object_]) -> Middles:
    """The middle of each geometry's bounds, in EPSG:4326.

    >>> middles(np.array([shapely.box(-91, 14, -90, 15)], object))
    Middles(lon=array([-90.5]), lat=array([14.5]))
    """
    west, south, east, north = shapely.bounds(geometries).reshape(-1, 4).T
    return Middles((west + east) / 2, (south + north) / 2)


def flat(geometries: NDArray[np.object_], about: Middles) -> NDArray[np.object_]:
    """Geometries in EPSG:4326, each in the plane [m] about its own place.

    >>> north = flat(np.array([shapely.Point(-90.5, 15.01)], object), Middles(np.array([-90.5]), np.array([15.0])))
    >>> round(north[0].x, 3), round(north[0].y, 1)
    (0.0, 1106.5)
    """
    xy, which = shapely.get_coordinates(geometries, return_index=True)
    azimuth, _, metres = GEOD.inv(about.lon[which], about.lat[which], xy[:, 0], xy[:, 1])
    angle = np.radians(azimuth)
    moved = np.column_stack([metres * np.sin(angle), metres * np.cos(angle)])
    return np.asarray(shapely.set_coordinates(shapely.force_2d(geometries), moved))


def discs(about: Middles, radius_m: float) -> NDArray[np.object_]:
    """A disc (64-gon) about each place, in EPSG:4326.

    >>> about = middles(np.array([shapely.Point(-90.5, 15.0)], object))
    >>> west, south, east, north = flat(discs(about, 30), about)[0].bounds
    >>> round(west, 6), round(north, 6)
    (-30.0, 30.0)
    """
    azimuth = np.arange(_CIRCLE) * (-360.0 / _CIRCLE)
    lon, lat = (np.repeat(v, _CIRCLE) for v in about)
    x, y, _ = GEOD.fwd(lon, lat, np.tile(azimuth, len(about.lon)), np.full(len(lon), radius_m))
    return np.asarray(shapely.polygons(np.column_stack([x, y]).reshape(-1, _CIRCLE, 2)))
