"""Any polygons on a grid: runs of whole cells, and the exact share of each cell at an edge.

Municipalities, footprints of actions and project sites are all zones. Shares are whole numbers from the geometry up
(see `envgis.kernels.coverage`), so neighbours that share a border share its cells without gap or overlap, and neither
the order of the polygons' vertices nor of the work can matter.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from envgis.grid import Grid, Window, same_crs
from envgis.kernels import coverage
from envgis.kernels.coverage import FULL

# A border drawn straight in its own CRS may bend on the grid: it is followed to this part of a cell.
_BEND = 1e-3
_EARTH_RADIUS_M = 6_371_000.0


@dataclass(frozen=True)
class Runs:
    """Zones on some rows of a grid, row by row and in each row in turn.

    top, rows : which rows
    row_entry (rows + 1,) : where each row's zones begin in ``zone``
    zone (entries,) int32
    whole_at, edge_at (entries + 1,) : where each entry's runs of whole cells, its single cells begin
    begin, end (…,) int32 : whole cells, columns begin … end - 1
    edge (…,) int32, before, upto (…,) int64 : single cells, with the running sum of shares (of `FULL`) before and
        after the zone
    """

    top: int
    rows: int
    row_entry: NDArray[np.int64]
    zone: NDArray[np.int32]
    whole_at: NDArray[np.int64]
    edge_at: NDArray[np.int64]
    begin: NDArray[np.int32]
    end: NDArray[np.int32]
    edge: NDArray[np.int32]
    before: NDArray[np.int64]
    upto: NDArray[np.int64]


@dataclass(frozen=True)
class Cover:
    """Zones on a grid: what their outlines add to the cells that they cross, by zone, row and column.

    count : how many zones; number ``count`` is what none of them covers
    overlap : whether each zone is counted alone
    """

    grid: Grid
    count: int
    overlap: bool
    top: NDArray[np.int64]
    slot: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    column: NDArray[np.int32]
    height: NDArray[np.int32]
    area: NDArray[np.int64]

    def runs(self, top: int, rows: int) -> Runs:
        """Whole cells and shares of cells on rows ``top`` … ``top + rows - 1``."""
        heights = np.diff(self.slot)
        zones = np.flatnonzero((self.top < top + rows) & (self.top + heights > top)).astype(np.int32)
        inside = np.minimum(self.top + heights, top + rows)[zones] - np.maximum(self.top, top)[zones]
        entries = int(inside.sum()) + rows
        row_entry, zone = np.empty(rows + 1, np.int64), np.empty(entries, np.int32)
        whole_at, edge_at = np.empty(entries + 1, np.int64), np.empty(entries + 1, np.int64)
        wholes, edges = 2 * entries, 8 * entries
        while True:
            begin, end = np.empty(wholes, np.int32), np.empty(wholes, np.int32)
            edge, before, upto = np.empty(edges, np.int32), np.empty(edges, np.int64), np.empty(edges, np.int64)
            w, e = coverage.settle(
                zones, self.top, self.slot, self.start, self.stop, self.column, self.height, self.area, top, top + rows,
                self.grid.columns, -1 if self.overlap else self.count, row_entry, zone, whole_at, edge_at, begin, end,
                edge, before, upto,
            )  # fmt: skip
            if w <= wholes and e <= edges:
                n = row_entry[-1]
                return Runs(
                    top, rows, row_entry, zone[:n], whole_at[: n + 1], edge_at[: n + 1], begin[:w], end[:w], edge[:e], before[:e], upto[:e]
                )
            wholes, edges = max(w, wholes), max(e, edges)

    def shares(self) -> NDArray[np.float64]:
        """(zones, rows, columns) share of each cell that each zone takes: for looking, on small grids only.

        >>> import shapely
        >>> grid = Grid.from_bounds(32615, (0, 0, 3, 3), 1)
        >>> square = gpd.GeoSeries([shapely.box(0.5, 0.5, 2.5, 2.5)], crs=32615)
        >>> cover(square, grid).shares()[0]
        array([[0.25, 0.5 , 0.25],
               [0.5 , 1.  , 0.5 ],
               [0.25, 0.5 , 0.25]])
        """
        out = np.zeros((self.count + 1, *self.grid.shape))
        runs = self.runs(0, self.grid.rows)
        for r in range(runs.rows):
            for e in range(runs.row_entry[r], runs.row_entry[r + 1]):
                for i in range(runs.whole_at[e], runs.whole_at[e + 1]):
                    out[runs.zone[e], r, runs.begin[i] : runs.end[i]] = 1.0
                for i in range(runs.edge_at[e], runs.edge_at[e + 1]):
                    out[runs.zone[e], r, runs.edge[i]] = (runs.upto[i] - runs.before[i]) / FULL
        return out[: self.count]


def cover(polygons: gpd.GeoDataFrame | gpd.GeoSeries, grid: Grid, overlap: bool = False, threads: int = 1) -> Cover:
    """Exact cover of a grid's cells by polygons, in the order given.

    polygons : valid (multi)polygons in any CRS
    overlap : False: zones share each cell in turn, at most once in all, and the rest is zone number ``count``; True:
        each zone is counted alone
    threads : on how many threads the outlines are traced; the result is the same

    Raises ValueError if the polygons have no CRS, if one is empty, or if one is no polygon.
    """
    x, y, rings, zone_rings = outlines(polygons.geometry, grid)
    count = len(zone_rings) - 1
    first, last = rings[zone_rings[:-1]], rings[zone_rings[1:]]
    top = np.clip(np.floor(np.minimum.reduceat(y, first)), 0, grid.rows).astype(np.int64) if count else np.zeros(0, np.int64)
    bottom = np.clip(np.ceil(np.maximum.reduceat(y, first)), top, grid.rows).astype(np.int64) if count else top
    slot = np.concatenate([[0], np.cumsum(bottom - top)])
    # An edge crosses at most so many cells, and one more at each end.
    steps = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)) + 4)])
    room = np.ceil(steps[last - 1] - steps[first]).astype(np.int64) + 4 if count else top

    def collect(z0: int, z1: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
        start = np.empty(slot[-1], np.int64)
        size = int(room[z0:z1].sum())
        column, height, area = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int64)
        largest = int(room[z0:z1].max(initial=1))
        n = coverage.collect(x, y, rings, zone_rings, top, slot, largest, z0, z1, *grid.shape, start, column, height, area)
        return start[slot[z0] : slot[z1]], column[:n], height[:n], area[:n]

    bounds = _even(room, threads)
    if len(bounds) == 2:
        parts = [collect(*bounds)]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(collect, bounds[:-1], bounds[1:]))
    base = np.cumsum([0, *(len(p[1]) for p in parts)])
    start = np.concatenate([p[0] + b for p, b in zip(parts, base, strict=False)])
    column, height, area = (np.concatenate([p[i] for p in parts]) if len(parts) > 1 else parts[0][i] for i in (1, 2, 3))
    stop = np.append(start[1:], base[-1])[: len(start)]
    return Cover(grid, count, overlap, top, slot, start, stop, column, height, area)  # type: ignore[arg-type]


def _even(work: NDArray[np.int64], parts: int) -> list[int]:
    """Bounds that cut a list into at most ``parts`` stretches of about equal work."""
    done = np.concatenate([[0], np.cumsum(work)])
    cuts = np.searchsorted(done, done[-1] * np.arange(1, parts) / parts)
    return sorted({0, len(work), *map(int, cuts)}) if len(work) else [0, 0]


Outlines = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


def outlines(polygons: gpd.GeoSeries, grid: Grid) -> Outlines:
    """All rings in columns and rows of the grid, snapped to 2⁻²⁰ cell; exteriors run one way, holes the other.

    Returns x, y of all vertices, where each ring begins in them, and where each polygon's rings begin.
    """
    if polygons.crs is None:
        raise ValueError("zones need a CRS")
    geometries = np.asarray(polygons.values)
    if not len(geometries):
        return np.zeros(0), np.zeros(0), np.zeros(1, np.int64), np.zeros(1, np.int64)
    if shapely.is_missing(geometries).any() or shapely.is_empty(geometries).any():
        raise ValueError("a zone is empty")
    kind, xy, offsets = shapely.to_ragged_array(shapely.orient_polygons(shapely.force_2d(geometries), exterior_cw=False))
    if kind not in (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON):
        raise ValueError("zones are polygons")
    rings = offsets[0].astype(np.int64)
    polygon_rings = offsets[1] if len(offsets) == 2 else offsets[1][offsets[2]]
    crs = CRS.from_user_input(polygons.crs)
    if not same_crs(crs, grid.crs):
        xy, rings = densify(xy, rings, _longest_edge(xy, crs, grid))
        xy = np.column_stack(Transformer.from_crs(crs, grid.crs, always_xy=True).transform(xy[:, 0], xy[:, 1], errcheck=True))
    x = np.round((xy[:, 0] - grid.x) / grid.dx * coverage.SNAP) / coverage.SNAP
    y = np.round((grid.y - xy[:, 1]) / grid.dy * coverage.SNAP) / coverage.SNAP
    return x, y, rings.astype(np.int64), polygon_rings.astype(np.int64)


def extent(polygons: gpd.GeoSeries, grid: Grid) -> Window:
    """The window of whole cells, which may reach beyond the grid, in which polygons of any CRS lie."""
    x, y, _, _ = outlines(polygons, grid)
    left, top = math.floor(x.min()), math.floor(y.min())
    return Window(top, left, max(1, math.ceil(y.max()) - top), max(1, math.ceil(x.max()) - left))


def densify(xy: NDArray[np.float64], rings: NDArray[np.int64], longest: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Rings with points put into edges longer than ``longest``.

    xy (n, 2); rings : where each begins, and the end of the last. Points are counted from an edge's lower endpoint
    (smaller x, then smaller y), so two neighbours that share an edge get the same ones, to the bit.
    """
    a, b = xy[:-1], xy[1:]
    joins = np.ones(len(a), bool)
    joins[rings[1:-1] - 1] = False
    parts = np.where(joins, np.maximum(1, np.ceil(np.hypot(*(b - a).T) / longest)), 1).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(parts)])
    edge = np.repeat(np.arange(len(a)), parts)
    step = np.arange(start[-1]) - start[edge]
    forward = (a[:, 0] < b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] < b[:, 1]))
    low, high = np.where(forward[:, None], a, b), np.where(forward[:, None], b, a)
    share = np.where(forward[edge], step, parts[edge] - step) / parts[edge]
    points = low[edge] + (high - low)[edge] * share[:, None]
    # A vertex is itself, not its neighbour plus a difference.
    points[step == 0] = a
    return np.vstack([points, xy[-1:]]), start[rings.clip(max=len(a))] + (rings == len(xy))


def _longest_edge(xy: NDArray[np.float64], crs: CRS, grid: Grid) -> float:
    """Longest edge, in the polygons' own units, whose bend stays below a part of a cell (sagitta s = L² tan φ / 8R)."""
    degree_m = math.pi / 180 * _EARTH_RADIUS_M
    cell_m = min(grid.dx, grid.dy) * (degree_m if grid.crs.is_geographic else grid.crs.axis_info[0].unit_conversion_factor)
    if crs.is_geographic:
        latitude = min(85.0, float(np.abs(xy[:, 1]).max(initial=1.0)))
        unit = degree_m
    else:
        latitude, unit = 75.0, crs.axis_info[0].unit_conversion_factor
    bend = max(0.1, math.tan(math.radians(latitude)))
    return math.sqrt(8 * _EARTH_RADIUS_M * _BEND * cell_m / bend) / unit
