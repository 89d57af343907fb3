"""What hazard maps show of sites: levels at the point and on the ground, distance to high levels, land use.

Sites are zones like any other. Those that lie together are looked at together, and maps on one grid share the work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer

from envgis import ledger, zones
from envgis.actions.shapes import never_one
from envgis.blocks import CELLS, How
from envgis.grid import Grid, Window
from envgis.landuse import LandUse
from envgis.ledger import Study
from envgis.levels import HIGH, LEVELS, NO_DATA, HazardKey, HazardMap
from envgis.planning import nearness
from envgis.planning.azimuthal import Middles
from envgis.planning.nearness import Reach

# A level counts as the highest of a site if at least this share of the ground is at it or above.
_LEAST_SHARE = 0.01
# Sites are taken together that lie in one square of so many cells, so that a window never grows with the map, and at
# most so many.
_SQUARE, _SITES = 1024, 1024
_SHARES = len(LEVELS) + 1
NUMBERS = ("level_at_point", "max_level", "high_share", "no_data_share", "distance_to_high_m")


@dataclass(frozen=True)
class Seen:
    """What is seen of each site on each map: arrays (sites, maps), NaN where it is not known.

    landuse : position in the legend of the class with the largest share of the ground; -1 where it is not known
    """

    level_at_point: NDArray[np.float64]
    max_level: NDArray[np.float64]
    high_share: NDArray[np.float64]
    no_data_share: NDArray[np.float64]
    distance_to_high_m: NDArray[np.float64]
    landuse: NDArray[np.int64]


def nothing(sites: int, maps: int) -> Seen:
    """What is seen of sites outside every layer.

    >>> seen = nothing(sites=1, maps=2)
    >>> seen.no_data_share.tolist(), seen.max_level.tolist(), seen.landuse.tolist()
    ([[1.0, 1.0]], [[nan, nan]], [[-1, -1]])
    """
    shape = sites, maps
    unknown = (np.full(shape, np.nan) for _ in range(3))
    return Seen(next(unknown), next(unknown), np.zeros(shape), np.ones(shape), next(unknown), np.full(shape, -1, np.int64))


@dataclass(frozen=True)
class Sites:
    """Sites as they are looked at: a point and the ground of each (EPSG:4326), and the middle of the ground."""

    point: NDArray[np.float64]
    ground: NDArray[np.object_]
    about: Middles

    def of(self, which: NDArray[np.intp]) -> Sites:
        """Some of them."""
        return Sites(self.point[which], self.ground[which], self.about.of(which))


def look(sites: Sites, maps: Sequence[HazardMap], landuse: LandUse | None = None) -> Seen:
    """What each map shows of each site.

    >>> import shapely
    >>> from envgis.levels import Hazard, class_map
    >>> from envgis.planning.azimuthal import discs, middles
    >>> grid = Grid.from_bounds("EPSG:4326", (-90, 14, -88, 15), 1)
    >>> hazard = Hazard(HazardKey("flood", "present"), "flood", "hazard", "levels", None, {"es": "", "en": ""})
    >>> about = middles(np.array([shapely.Point(-88.5, 14.5)], object))
    >>> site = Sites(np.column_stack(about), discs(about, 30), about)
    >>> seen = look(site, [class_map(hazard, grid, np.array([[5, 1]], np.uint8))])
    >>> seen.max_level.tolist(), seen.high_share.tolist(), seen.distance_to_high_m.tolist()  # the high cell is 54 km away
    ([[1.0]], [[0.0]], [[nan]])
    """
    seen = nothing(len(sites.ground), len(maps))
    if not len(sites.ground):
        return seen
    groups: dict[Grid, list[int]] = {}
    for i, one in enumerate(maps):
        groups.setdefault(one.layer.grid, []).append(i)
    for grid, members in groups.items():
        there = Transformer.from_crs(4326, grid.crs, always_xy=True)
        lon, lat = never_one(sites.point[:, 0], sites.point[:, 1])
        x, y = (v[:-1] for v in there.transform(lon, lat))
        row, column = np.floor((grid.y - y) / grid.dy), np.floor((x - grid.x) / grid.dx)
        for at in _together(row, column):
            near = _near(sites.ground[at], grid, there)
            if near is not None:
                cells = np.column_stack([row[at], column[at]]).astype(np.int64)
                _see(seen, at, members, sites.of(at), [maps[i] for i in members], near, cells, landuse)
    return seen


def _together(row: NDArray[np.float64], column: NDArray[np.float64]) -> Iterator[NDArray[np.intp]]:
    """Positions of sites that lie in one square of the lattice; those without a place on it are left out."""
    good = np.flatnonzero(np.isfinite(row) & np.isfinite(column))
    squares = np.column_stack([row[good] // _SQUARE, column[good] // _SQUARE])
    _, which = np.unique(squares, axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    for group in np.split(good[order], np.flatnonzero(np.diff(which.ravel()[order])) + 1):
        yield from (group[i : i + _SITES] for i in range(0, len(group), _SITES))


@dataclass(frozen=True)
class _Near:
    """A window of a grid, and the cells of it from which a site may be within reach."""

    window: Window
    cells: NDArray[np.bool_]


def _near(ground: NDArray[np.object_], grid: Grid, there: Transformer) -> _Near | None:
    """The cells near some ground (EPSG:4326); None if none of the grid is."""
    west, south, east, north = nearness.around(ground)
    x, y = (west + east) / 2, (south + north) / 2
    # Corners and middles of the sides: between them a side bends by far less than the tenth that is added.
    px, py = there.transform(np.stack([west, x, east, east, east, x, west, west]), np.stack([north, north, north, y, south, south, south, y]))
    if not (np.isfinite(px).all() and np.isfinite(py).all()):
        return None
    rows, columns = (grid.y - py) / grid.dy, (px - grid.x) / grid.dx
    r0, r1 = (np.clip(np.floor(v), 0, grid.rows).astype(np.int64) for v in (rows.min(axis=0), rows.max(axis=0) + 1))
    c0, c1 = (np.clip(np.floor(v), 0, grid.columns).astype(np.int64) for v in (columns.min(axis=0), columns.max(axis=0) + 1))
    top, left = int(r0.min()), int(c0.min())
    window = Window(top, left, int(r1.max()) - top, int(c1.max()) - left)
    if window.rows == 0 or window.columns == 0:
        return None
    # Corners of boxes, summed along both axes, fill the boxes.
    count = np.zeros((window.rows + 1, window.columns + 1), np.int32)
    for r, c, sign in ((r0, c0, 1), (r0, c1, -1), (r1, c0, -1), (r1, c1, 1)):
        np.add.at(count, (r - top, c - left), sign)
    return _Near(window, count.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0)


def _see(
    seen: Seen, at: NDArray[np.intp], members: Sequence[int], sites: Sites, maps: Sequence[HazardMap], near: _Near,
    cells: NDArray[np.int64], landuse: LandUse | None,
) -> None:  # fmt: skip
    """Write what maps of one grid (numbers ``members``) show of some sites (numbers ``at``)."""
    counted, legend = _counted(sites, maps, landuse)
    reach = Reach(sites.ground, sites.about)
    for i, one in zip(members, maps, strict=True):
        scan = _Scan.of(one, near, cells)
        shares = _shares(counted[one.key], len(at))
        high = shares[:, list(HIGH)].sum(axis=1)
        away = np.flatnonzero(high == 0)
        distance = np.zeros(len(at))
        distance[away] = reach.to_cells(away, one.layer.grid, scan.row, scan.column)
        seen.level_at_point[at, i] = scan.level_at_point
        seen.max_level[at, i] = _highest(shares)
        seen.high_share[at, i] = high
        seen.no_data_share[at, i] = shares[:, -1]
        seen.distance_to_high_m[at, i] = distance
    if landuse is not None:
        seen.landuse[at[:, None], members] = _largest(counted[maps[0].key], legend, len(at))[:, None]


def _counted(sites: Sites, maps: Sequence[HazardMap], landuse: LandUse | None) -> tuple[dict[HazardKey, pd.DataFrame], list[str]]:
    """For each map the ledger of the sites' ground, by their numbers; the classes' codes."""
    ground = gpd.GeoSeries(sites.ground, crs=4326)
    own = maps[0].layer.grid
    # Ground may lie beyond the raster: there it has no data.
    grid = own.crop(zones.extent(ground, own))
    cover = zones.cover(ground, grid, overlap=True)
    legend = [str(code) for code in landuse.legend["code"]] if landuse is not None else []
    study = Study(cover, tuple(replace(m, grid=grid) for m in maps), landuse.on(grid) if landuse is not None else None, len(legend))
    counted = ledger.count(study, [str(i) for i in range(cover.count)], legend, How())
    counted = counted[counted["municipality"] != ledger.OUTSIDE]
    counted = counted.assign(municipality=counted["municipality"].astype(np.int64))
    return {m.key: counted[_is(counted, m.key)] for m in maps}, legend


def _is(counted: pd.DataFrame, key: HazardKey) -> NDArray[np.bool_]:
    years = counted["return_period"].to_numpy(np.float64, na_value=np.nan)
    period = np.isnan(years) if key.return_period is None else years == key.return_period
    return np.asarray((counted["hazard"] == key.hazard) & (counted["scenario"] == key.scenario) & period, bool)


@dataclass(frozen=True)
class _Scan:
    """What cells show by themselves.

    level_at_point (sites,) : NaN without data; row, column : high cells beside a cell that is not. The nearest high
    cell of ground that has none is one of them.
    """

    level_at_point: NDArray[np.float64]
    row: NDArray[np.intp]
    column: NDArray[np.intp]

    @classmethod
    def of(cls, hazard_map: HazardMap, near: _Near, cells: NDArray[np.int64]) -> _Scan:
        """cells (sites, 2) : row and column of each site's point on the map's own grid"""
        inside = near.window
        grid = hazard_map.layer.grid.crop(inside)
        own = replace(hazard_map, grid=grid)
        point = np.full(len(cells), np.nan)
        r, c = (cells - inside[:2]).T
        found = []
        for block in grid.blocks(CELLS):
            level = own.levels(block)
            here = np.flatnonzero((r >= block.row) & (r < block.row + block.rows) & (c >= 0) & (c < block.columns))
            at = level[r[here] - block.row, c[here]].astype(np.float64)
            point[here] = np.where(at == NO_DATA, np.nan, at)
            high = np.pad(np.isin(level, HIGH), 1)
            inner = high[:-2, 1:-1] & high[2:, 1:-1] & high[1:-1, :-2] & high[1:-1, 2:]
            rim = high[1:-1, 1:-1] & ~inner & near.cells[block.row : block.row + block.rows]
            found.append(np.argwhere(rim) + np.array([block.row + inside.row, inside.column]))
        row, column = np.concatenate(found).T
        return cls(point, row, column)


def _shares(counted: pd.DataFrame, sites: int) -> NDArray[np.float64]:
    """(sites, 7) share of the ground at levels 0…5 and without data."""
    area = np.zeros((sites, _SHARES), np.int64)
    level = np.minimum(counted["level"].to_numpy(np.int64), len(LEVELS))
    np.add.at(area, (counted["municipality"].to_numpy(np.int64), level), counted["area_mm2"].to_numpy(np.int64))
    total = area.sum(axis=1, keepdims=True)
    # Ground too small to count a square millimetre is not known.
    area[total[:, 0] == 0, -1] = 1
    return np.asarray(area / np.maximum(total, 1))


def _highest(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(sites,) the highest level with at least 1 % of the ground at it or above; NaN if there are no data at all."""
    above = np.cumsum(shares[:, len(LEVELS) - 1 :: -1], axis=1)[:, ::-1]
    reached = above >= np.minimum(_LEAST_SHARE, above[:, :1])
    return np.where(shares[:, -1] == 1, np.nan, reached.sum(axis=1) - 1.0)


def _largest(counted: pd.DataFrame, legend: Sequence[str], sites: int) -> NDArray[np.int64]:
    """(sites,) position of the class with the largest area; the first in the legend of equal ones, -1 of none."""
    position: Mapping[str, int] = {code: k for k, code in enumerate(legend)}
    known = counted[counted["landuse"].isin(legend)]
    area = np.zeros((sites, len(legend)), np.int64)
    at = known["municipality"].to_numpy(np.int64), known["landuse"].map(position).to_numpy(np.int64)
    np.add.at(area, at, known["area_mm2"].to_numpy(np.int64))
    return np.where(area.any(axis=1), area.argmax(axis=1), -1)
