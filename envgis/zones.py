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
    row_entry (rows + 1,) : where each row's zones begin in ``entries``
    entries (…,) : zone, and where its runs of whole cells and its single cells begin; one more at the end
    wholes (…,) : begin and end of whole cells, columns begin … end - 1
    edges (…,) : column of a single cell, and the running sum of shares (of `FULL`) before and upto the zone

    The records' types are those of `envgis.kernels.coverage`.
    """

    top: int
    rows: int
    row_entry: NDArray[np.int64]
    entries: NDArray[np.void]
    wholes: NDArray[np.void]
    edges: NDArray[np.void]


@dataclass(frozen=True)
class Cover:
    """Zones on a grid: their outlines cut at its rows, by row and zone.

    count : how many zones; number ``count`` is what none of them covers
    overlap : whether each zone is counted alone
    start (rows + 1,) : where each row's spans begin
    spans (…,) : pieces of outlines within a row, see `envgis.kernels.coverage`
    """

    grid: Grid
    count: int
    overlap: bool
    start: NDArray[np.int64]
    spans: NDArray[np.void]

    def runs(self, top: int, rows: int) -> Runs:
        """Whole cells and shares of cells on rows ``top`` … ``top + rows - 1``."""
        columns, outside = self.grid.columns, -1 if self.overlap else self.count
        spans = self.spans[self.start[top] : self.start[top + rows]]
        row_entry, entries = np.empty(rows + 1, np.int64), np.empty(len(spans) + rows + 1, coverage.ENTRY)
        cells = coverage.most_cells(spans, columns) + len(entries)
        room = cells, cells
        while True:
            wholes, edges = np.empty(room[0], coverage.WHOLE), np.empty(room[1], coverage.EDGE)
            n, *found = coverage.settle(self.start, self.spans, top, top + rows, columns, outside, row_entry, entries, wholes, edges)
            if found[0] <= room[0] and found[1] <= room[1]:
                return Runs(top, rows, row_entry, entries[: n + 1], wholes[: found[0]], edges[: found[1]])
            room = max(room[0], found[0]), max(room[1], found[1])

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
            for k in range(runs.row_entry[r], runs.row_entry[r + 1]):
                zone = out[runs.entries["zone"][k], r]
                for whole in runs.wholes[slice(*runs.entries["whole"][k : k + 2])]:
                    zone[whole["begin"] : whole["end"]] = 1.0
                for edge in runs.edges[slice(*runs.entries["edge"][k : k + 2])]:
                    zone[edge["column"]] = (edge["upto"] - edge["before"]) / FULL
        return out[: self.count]


def cover(polygons: gpd.GeoDataFrame | gpd.GeoSeries, grid: Grid, overlap: bool = False) -> Cover:
    """Exact cover of a grid's cells by polygons, in the order given.

    polygons : valid (multi)polygons in any CRS
    overlap : False: zones share each cell in turn, at most once in all, and the rest is zone number ``count``; True:
        each zone is counted alone

    Raises ValueError if the polygons have no CRS, if one is empty, or if one is no polygon.

    >>> import shapely
    >>> halves = gpd.GeoSeries([shapely.box(0, 0, 1.5, 1), shapely.box(1.5, 0, 3, 1)], crs=32615)
    >>> cover(halves, Grid.from_bounds(32615, (0, 0, 3, 1), 1)).shares()[:, 0]
    array([[1. , 0.5, 0. ],
           [0. , 0.5, 1. ]])
    """
    x, y, rings, zone_rings = outlines(polygons.geometry, grid)
    start = coverage.count_spans(y, rings, grid.rows)
    spans = np.empty(start[-1], coverage.SPAN)
    coverage.cut(x, y, rings, zone_rings, grid.rows, start, spans)
    return Cover(grid, len(zone_rings) - 1, overlap, start, spans)


Outlines = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


def outlines(polygons: gpd.GeoSeries, grid: Grid) -> Outlines:
    """All rings in columns and rows of the grid, snapped to 2⁻²⁰ cell; exteriors run one way, holes the other.

    Returns x, y of all vertices, where each ring begins in them, and where each polygon's rings begin.

    >>> import shapely
    >>> square = gpd.GeoSeries([shapely.box(10, 10, 30, 20)], crs=32615)
    >>> x, y, rings, polygon_rings = outlines(square, Grid.from_bounds(32615, (0, 0, 40, 40), 10))
    >>> sorted(set(zip(x.tolist(), y.tolist()))), rings.tolist(), polygon_rings.tolist()
    ([(1.0, 2.0), (1.0, 3.0), (3.0, 2.0), (3.0, 3.0)], [0, 5], [0, 1])
    """
    if polygons.crs is None:
        raise ValueError("zones need a CRS")
    geometries = np.asarray(polygons.values)
    if not len(geometries):
        return np.zeros(0), np.zeros(0), np.zeros(1, np.int64), np.zeros(1, np.int64)
    if shapely.is_missing(geometries).any() or shapely.is_empty(geometries).any():
        raise ValueError("a zone is empty")
    kind, xy, offsets = shapely.to_ragged_array(shapely.orient_polygons(geometries, exterior_cw=False), include_z=False)
    if kind not in (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON):
        raise ValueError("zones are polygons")
    rings = offsets[0].astype(np.int64)
    polygon_rings = offsets[1] if len(offsets) == 2 else offsets[1][offsets[2]]
    crs = CRS.from_user_input(polygons.crs)
    if not same_crs(crs, grid.crs):
        xy, rings = densify(xy, rings, _longest_edge(xy, crs, grid))
        xy = np.column_stack(Transformer.from_crs(crs, grid.crs, always_xy=True).transform(xy[:, 0], xy[:, 1], errcheck=True))
    x, y = _snap((xy[:, 0] - grid.x) / grid.dx), _snap(grid.rows_at(xy[:, 1]))
    return x, y, rings.astype(np.int64), polygon_rings.astype(np.int64)


def extent(polygons: gpd.GeoSeries, grid: Grid) -> Window:
    """The window of whole cells, which may reach beyond the grid, in which polygons of any CRS lie.

    >>> import shapely
    >>> extent(gpd.GeoSeries([shapely.box(15, -5, 25, 12)], crs=32615), Grid.from_bounds(32615, (0, 0, 40, 40), 10))
    Window(row=2, column=1, rows=3, columns=2)
    """
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

    >>> line = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 1.0], [0.0, 0.0]])
    >>> xy, rings = densify(line, np.array([0, 4]), 2.0)
    >>> xy[:3].tolist(), rings.tolist()
    ([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0]], [0, 7])
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
