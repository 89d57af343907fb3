"""How far sites are from high levels, and which actions are near them: geodesic distances, for many sites at once."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from envgis.grid import Grid
from envgis.planning.azimuthal import GEOD, Middles, flat
from envgis.population import cell_size_m

FARTHEST_M = 1000.0
_EARTH_RADIUS_M = 6_371_000.0
_PAIRS_AT_ONCE = 100_000


def around(ground: NDArray[np.object_]) -> NDArray[np.float64]:
    """(4, n) west, south, east, north (EPSG:4326) of each ground, wider by what counts as near and a tenth.

    >>> west, south, east, north = around(np.array([shapely.Point(-90.5, 0.0)], object)).ravel()
    >>> round(float(north), 4), round(float(east), 4)  # 1.1 km of 110 km a degree
    (0.01, -90.49)
    """
    west, south, east, north = shapely.bounds(ground).reshape(-1, 4).T
    tall = 1.1 * FARTHEST_M / 110_000
    wide = tall / np.maximum(0.05, np.cos(np.radians(np.minimum(89.0, np.maximum(abs(north), abs(south))))))
    return np.stack([west - wide, south - tall, east + wide, north + tall])


def actions_near(ground: NDArray[np.object_], about: Middles, places: NDArray[np.object_]) -> NDArray[np.int64]:
    """(sites,) how many places of actions (EPSG:4326) lie within 1 km of each site's ground.

    >>> from envgis.planning.azimuthal import middles
    >>> site = np.array([shapely.Point(-90.5, 15.0)], object)
    >>> places = np.array([shapely.Point(-90.5, 15.009), shapely.Point(-90.5, 15.0091)], object)  # 995.9 m and 1,006.9 m north
    >>> actions_near(site, middles(site), places).tolist()
    [1]
    """
    count = np.zeros(len(ground), np.int64)
    if not len(places) or not len(ground):
        return count
    pairs = shapely.STRtree(places).query(shapely.box(*around(ground)))
    for site, place in _some(pairs):
        metres = shapely.distance(flat(ground[site], about.of(site)), flat(places[place], about.of(site)))
        np.add.at(count, site[metres <= FARTHEST_M], 1)
    return count


class Reach:
    """Sites that look for the nearest of some cells.

    One plane about all sites finds the cells that may be the nearest; among them each site's own plane decides.
    """

    def __init__(self, ground: NDArray[np.object_], about: Middles) -> None:
        """ground : of each site, in EPSG:4326; about : its middle"""
        west, south, east, north = around(ground)
        self.bounds = float(west.min()), float(south.min()), float(east.max()), float(north.max())
        self.middle = (self.bounds[0] + self.bounds[2]) / 2, (self.bounds[1] + self.bounds[3]) / 2
        self.about, self.own, self.common = about, flat(ground, about), flat(ground, self._everywhere(len(ground)))

    def to_cells(self, sites: NDArray[np.intp], grid: Grid, row: NDArray[np.intp], column: NDArray[np.intp]) -> NDArray[np.float64]:
        """(sites,) metres from the ground of some sites to the nearest edge of cells of ``grid``; NaN beyond 1,000."""
        out = np.full(len(sites), np.nan)
        if not len(row) or not len(sites):
            return out
        corners = _corners(grid, row, column)
        stretch, slack = self._uncertainty(grid)
        cells = shapely.STRtree(_flat_cells(corners, self._everywhere(len(row))))
        farthest, rough = FARTHEST_M * stretch + slack, self.common[sites]
        # The cell nearest to the middle bounds the distance; a point finds it fast.
        west, south, east, north = shapely.bounds(rough).T
        across = float(np.hypot(east - west, north - south).max())
        near, first = cells.query_nearest(shapely.centroid(rough), max_distance=farthest + across, all_matches=False)
        metres = shapely.distance(rough[near], cells.geometries[first])
        pairs = cells.query(rough[near], predicate="dwithin", distance=np.minimum(metres * stretch + slack, farthest))
        for which, cell in _some(pairs):
            site = sites[near[which]]
            exact = shapely.distance(self.own[site], _flat_cells(corners[cell], self.about.of(site)))
            np.fmin.at(out, near[which], exact)
        out[out > FARTHEST_M] = np.nan
        return out

    def _everywhere(self, count: int) -> Middles:
        return Middles(*(np.full(count, v) for v in self.middle))

    def _uncertainty(self, grid: Grid) -> tuple[float, float]:
        """How much longer a distance may be in the common plane than on the ground: a factor, and metres more.

        Across the radius, the plane stretches by c / sin c at the angle c from its middle; a cell's edge, straight in
        one plane, bends in another by no more than its length squared over the Earth's radius.
        """
        west, south, east, north = self.bounds
        lon, lat = self.middle
        _, _, metres = GEOD.inv([lon] * 4, [lat] * 4, [west, east, east, west], [south, south, north, north])
        angle = min(3.0, max(metres) / _EARTH_RADIUS_M)
        edge_m = max(cell_size_m(grid, self.middle))
        # A thousandth of the stretch more, since the Earth is no sphere.
        return angle / math.sin(angle) * (1 + 1e-3 * angle**2 + 1e-6), 0.01 + edge_m**2 / _EARTH_RADIUS_M


def _some(pairs: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Pairs (2, n) in portions, so that no number of pairs fills the memory."""
    for start in range(0, pairs.shape[1], _PAIRS_AT_ONCE):
        yield pairs[:, start : start + _PAIRS_AT_ONCE]


def _corners(grid: Grid, row: NDArray[np.intp], column: NDArray[np.intp]) -> NDArray[np.float64]:
    """(cells, 4, 2) longitudes and latitudes of cells' corners."""
    x = grid.x + (column[:, None] + np.array([0, 1, 1, 0])) * grid.dx
    y = grid.y - (row[:, None] + np.array([0, 0, 1, 1])) * grid.dy
    lonlat = Transformer.from_crs(grid.crs, 4326, always_xy=True).transform(x.ravel(), y.ravel())
    return np.column_stack(lonlat).reshape(-1, 4, 2)


def _flat_cells(corners: NDArray[np.float64], about: Middles) -> NDArray[np.object_]:
    return flat(np.asarray(shapely.polygons(corners), object), about)
