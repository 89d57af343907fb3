"""Any polygons on a grid: runs of whole cells, and the exact share of each cell at an edge.

Municipalities, footprints of actions and project sites are all zones. Shares are whole numbers from the geometry up
(see `envgis.kernels.coverage`), so neighbours that share a border share its cells without gap or overlap, and neither
the order of the polygons' vertices nor of the work can matter.
"""

from __future__ import annotations

import math
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
_FARTHEST = float(1 << 31)


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
    """Zones on a grid: their outlines cut at its rows, by row and zone.

    count : how many zones; number ``count`` is what none of them covers
    overlap : whether each zone is counted alone
    start (rows + 1,) : where each row's spans begin
    zone, west, east, h0, h1 (spans,) : pieces of outlines within a row, see `envgis.kernels.coverage`
    """

    grid: Grid
    count: int
    overlap: bool
    start: NDArray[np.int64]
    zone: NDArray[np.int32]
    west: NDArray[np.int64]
    east: NDArray[np.int64]
    h0: NDArray[np.int32]
    h1: NDArray[np.int32]

    def runs(self, top: int, rows: int) -> Runs:
        """Whole cells and shares of cells on rows ``top`` … ``top + rows - 1``."""
        spans = slice(self.start[top], self.start[top + rows])
        # A span crosses at most so many cells.
        cells = int((np.minimum((self.east[spans] - self.west[spans]) // coverage.ONE, self.grid.columns) + 2).sum())
        entries = self.start[top + rows] - self.start[top] + rows
        outside = -1 if self.overlap else self.count
        row_entry, zone, cell_at = np.empty(rows + 1, np.int64), np.empty(entries, np.int32), np.empty(entries + 1, np.int64)
        column, height, area = np.empty(cells, np.int32), np.empty(cells, np.int32), np.empty(cells, np.int64)
        n, cells = coverage.gather(
            self.start, self.zone, self.west, self.east, self.h0, self.h1, top, top + rows, self.grid.columns, outside,
            row_entry, zone, cell_at, column, height, area,
        )  # fmt: skip
        zone, whole_at, edge_at = zone[:n], np.empty(n + 1, np.int64), np.empty(n + 1, np.int64)
        wholes = edges = cells + n
        while True:
            begin, end = np.empty(wholes, np.int32), np.empty(wholes, np.int32)
            edge, before, upto = np.empty(edges, np.int32), np.empty(edges, np.int64), np.empty(edges, np.int64)
            w, e = coverage.settle(
                row_entry, zone, cell_at[: n + 1], column, height, area, self.grid.columns, outside,
                whole_at, edge_at, begin, end, edge, before, upto,
            )  # fmt: skip
            if w <= wholes and e <= edges:
                return Runs(top, rows, row_entry, zone, whole_at, edge_at, begin[:w], end[:w], edge[:e], before[:e], upto[:e])
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


def cover(polygons: gpd.GeoDataFrame | gpd.GeoSeries, grid: Grid, overlap: bool = False) -> Cover:
    """Exact cover of a grid's cells by polygons, in the order given.

    polygons : valid (multi)polygons in any CRS
    overlap : False: zones share each cell in turn, at most once in all, and the rest is zone number ``count``; True:
        each zone is counted alone

    Raises ValueError if the polygons have no CRS, if one is empty, or if one is no polygon.
    """
    x, y, rings, zone_rings = outlines(polygons.geometry, grid)
    start = coverage.count_spans(y, rings, grid.rows)
    n = int(start[-1])
    zone, h0, h1 = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    west, east = np.empty(n, np.int64), np.empty(n, np.int64)
    coverage.cut(x, y, rings, zone_rings, grid.rows, start, zone, west, east, h0, h1)
    return Cover(grid, len(zone_rings) - 1, overlap, start, zone, west, east, h0, h1)


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
    x, y = _snap((xy[:, 0] - grid.x) / grid.dx), _snap((grid.y - xy[:, 1]) / grid.dy)
    return x, y, rings.astype(np.int64), polygon_rings.astype(np.int64)


def extent(polygons: gpd.GeoSeries, grid: Grid) -> Window:
    """The window of whole cells, which may reach beyond the grid, in which polygons of any CRS lie."""
    x, y, _, _ = outlines(polygons, grid)
    left, top = math.floor(x.min()), math.floor(y.min())
    return Window(top, left, max(1, math.ceil(y.max()) - top), max(1, math.ceil(x.max()) - left))


def _snap(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    # Further away than any grid reaches, sums of whole numbers would run over.
    return np.asarray(np.round(cells.clip(-_FARTHEST, _FARTHEST) * coverage.SNAP) / coverage.SNAP)


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
