"""Land use from a raster of classes or from polygons with a code column: the class at each cell's centre.

A raster on another lattice gives the cell that holds the centre (nearest neighbour, never bilinear). Where polygons
overlap the lower code counts; gaps between them are no data.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from shapely.geometry.base import BaseGeometry

from envgis.faults import Fault, Place
from envgis.grid import Grid, Layer, Window, read_padded
from envgis.landuse import LEGEND_COLUMNS, LandUse
from envgis.resample import Nearest
from envgis.sources.legends import whole

# Vertices are put on this fraction of a cell, so that every band of rows sees the same edges to the bit.
_SNAP = 2.0**20
# Straight edges are bent by a change of coordinate system: a vertex at least every so many cells.
_STEP_CELLS = 8.0
_MOST_STEPS = 1000


@dataclass(frozen=True)
class RasterClasses:
    """A raster of classes seen on one grid (see `envgis.landuse.Classes`)."""

    layer: Layer
    grid: Grid
    table: NDArray[np.uint16]

    @cached_property
    def _view(self) -> Layer | None:
        return None if self.grid.aligned(self.layer.grid) else Nearest(self.layer, self.grid)

    def read(self, window: Window) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """(rows, columns) stored codes of a window of the grid."""
        values: Any = read_padded(self.layer, self.grid, window) if self._view is None else self._view.read(window)
        return values  # type: ignore[no-any-return]


@dataclass(frozen=True)
class RasterSource:
    """Classes from a raster: ``layer`` stores uint8 or uint16 codes, ``table`` says their place in the legend."""

    layer: Layer
    table: NDArray[np.uint16]

    def on(self, grid: Grid) -> RasterClasses:
        return RasterClasses(self.layer, grid, self.table)

    @property
    def cell(self) -> str:
        """The width of the raster's own cells."""
        return self.layer.grid.cell


@dataclass(frozen=True)
class PolygonClasses:
    """Polygons seen on one grid.

    shapes : in cells of the grid (x = columns, y = rows from its north-west corner), those that count last first
    positions : their place in the legend; ``none`` stands for no data
    """

    shapes: NDArray[np.object_]
    positions: NDArray[np.uint16]
    none: int

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)

    @property
    def table(self) -> NDArray[np.uint16]:
        """What is read is the place in the legend itself."""
        table: NDArray[np.uint16] = np.minimum(np.arange(65_536), self.none).astype(np.uint16)
        return table

    def read(self, window: Window) -> NDArray[np.uint16]:
        """(rows, columns) places in the legend of the polygons in which the cells' centres lie."""
        from affine import Affine
        from rasterio.features import rasterize

        r, c, rows, columns = window
        # A later shape is painted over an earlier one; the query's order is any.
        near = np.sort(self._tree.query(shapely.box(c, r, c + columns, r + rows)))
        if not len(near):
            return np.full(window.shape, self.none, np.uint16)
        pairs = zip(self.shapes[near], self.positions[near].tolist(), strict=True)
        return np.asarray(rasterize(pairs, window.shape, fill=self.none, transform=Affine.translation(c, r), dtype=np.uint16))


@dataclass(frozen=True)
class PolygonSource:
    """Classes from polygons in ``crs``, in the order in which they are painted: the lowest code last."""

    crs: CRS
    polygons: NDArray[np.object_]
    positions: NDArray[np.uint16]
    none: int

    def on(self, grid: Grid) -> PolygonClasses:
        shapes = in_cells(self.polygons, self.crs, grid)
        # Where the grid's CRS has no place for a polygon, no cell of it lies.
        keep = np.isfinite(shapely.bounds(shapes)).all(axis=1)
        return PolygonClasses(shapes[keep], self.positions[keep], self.none)

    @property
    def cell(self) -> None:
        """Polygons have no cells."""
        return


def in_cells(polygons: NDArray[np.object_], crs: CRS, grid: Grid) -> NDArray[np.object_]:
    """Polygons in cells of a grid, vertices on 2⁻²⁰ cell, edges followed through the change of coordinate system.

    >>> from envgis.grid import Grid
    >>> grid = Grid.from_bounds("EPSG:32615", (0, 0, 200, 100), 100)
    >>> in_cells(np.array([shapely.box(0, 0, 100, 100)], object), CRS("EPSG:32615"), grid)[0].bounds
    (0.0, 0.0, 1.0, 1.0)
    """
    if len(polygons) == 0:
        return polygons
    mover = None if crs == grid.crs else Transformer.from_crs(crs, grid.crs, always_xy=True)
    if mover is not None:
        polygons = shapely.segmentize(polygons, _step(polygons, mover, grid))

    def cells(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = (xy[:, 0], xy[:, 1]) if mover is None else mover.transform(xy[:, 0], xy[:, 1])
        out = np.column_stack([(x - grid.x) / grid.dx, (grid.y - y) / grid.dy])
        return np.asarray(np.round(out * _SNAP) / _SNAP)

    return np.asarray(shapely.transform(polygons, cells), dtype=object)


def _step(polygons: NDArray[np.object_], mover: Transformer, grid: Grid) -> float:
    """How far apart vertices may lie, in units of the polygons' CRS."""
    west, south, east, north = shapely.total_bounds(polygons)
    box = mover.transform_bounds(west, south, east, north, densify_pts=5)
    ratio = max(east - west, north - south) / max(box[2] - box[0], box[3] - box[1], grid.dx)
    return float(max(_STEP_CELLS * grid.dx * ratio, max(east - west, north - south) / _MOST_STEPS))


def from_raster(layer: Layer, legend: pd.DataFrame) -> LandUse:
    """Land use of a raster whose stored codes (uint8 or uint16) are the legend's values.

    >>> from envgis.grid import ArrayLayer
    >>> grid = Grid.from_bounds("EPSG:32615", (0, 0, 200, 100), 100)
    >>> from envgis.sources.legends import plain
    >>> use = from_raster(ArrayLayer(grid, np.array([[9, 0]], np.uint8), 0), plain(["7", "9"])).on(grid)
    >>> use.table[use.read(grid.window)].tolist()  # places in the legend; 2, its length, is no data
    [[1, 2]]
    """
    classes, positions = _classes(legend)
    table = np.full(256 if layer.dtype == np.uint8 else 65_536, len(classes), np.uint16)
    for value, position in zip(legend["value"], positions, strict=True):
        code = whole(value)
        if code is not None and code < len(table):
            table[code] = position
    return LandUse(classes, RasterSource(layer, table))


def from_polygons(polygons: gpd.GeoDataFrame, codes: Sequence[str], legend: pd.DataFrame) -> LandUse:
    """Land use of polygons: ``codes`` (text) holds the class of each, a value of the legend or one of its codes.

    Polygons without a class in the legend are gaps. Where polygons overlap the lower code counts: numbers by size, then
    text by letters.

    >>> from envgis.grid import Grid
    >>> grid = Grid.from_bounds("EPSG:32615", (0, 0, 200, 100), 100)
    >>> from envgis.sources.legends import plain
    >>> drawn = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100)], crs=32615)
    >>> use = from_polygons(drawn, ["9"], plain(["7", "9"])).on(grid)
    >>> use.read(grid.window).tolist()
    [[1, 2]]
    """
    classes, positions = _classes(legend)
    position = dict(zip(legend["code"], positions, strict=True)) | dict(zip(legend["value"], positions, strict=True))
    known = [i for i, code in enumerate(codes) if code in position]
    order = sorted(known, key=lambda i: _rank(codes[i]), reverse=True)
    places = np.array([position[codes[i]] for i in order], np.uint16)
    shapes = np.asarray(polygons.geometry.to_numpy()[order], dtype=object)
    return LandUse(classes, PolygonSource(CRS.from_user_input(polygons.crs), shapes, places, len(classes)))


def _classes(legend: pd.DataFrame) -> tuple[pd.DataFrame, list[int]]:
    """The classes, each code once, and for each row of the legend its place among them: rows of one code are one class."""
    classes = legend.drop_duplicates("code")[list(LEGEND_COLUMNS)].reset_index(drop=True)
    place = {code: i for i, code in enumerate(classes["code"])}
    return classes, [place[code] for code in legend["code"]]


def _rank(code: str) -> tuple[int, int, str]:
    return (0, int(code), "") if code.isdecimal() else (1, 0, code)


def overlaps(polygons: gpd.GeoDataFrame, codes: Sequence[str], name: str) -> list[Fault]:
    """A warning with the area in which polygons of different classes overlap, if any do.

    >>> drawn = gpd.GeoDataFrame(geometry=[shapely.box(500_000, 0, 500_200, 100), shapely.box(500_100, 0, 500_300, 100)], crs=32615)
    >>> [(fault.code, round(fault.values["area"], 3)) for fault in overlaps(drawn, ["7", "9"], "uso.gpkg")]
    [('landuse-overlaps', 1.001)]
    """
    shapes: NDArray[np.object_] = np.asarray(polygons.geometry.to_numpy(), dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    kinds = np.asarray(codes, dtype=object)
    pairs = (first < second) & (kinds[first] != kinds[second])
    common = [piece for piece in shapely.intersection(shapes[first[pairs]], shapes[second[pairs]]) if piece.area > 0]
    if not common:
        return []
    area_ha = sum(_geodesic_ha(piece, CRS.from_user_input(polygons.crs)) for piece in common)
    if area_ha < 1e-4:  # the rounding of coordinates
        return []
    return [Fault("landuse-overlaps", Place(name), str(len(common)), {"count": len(common), "area": area_ha}, "warning")]


def _geodesic_ha(geometry: BaseGeometry, crs: CRS) -> float:
    mover = Transformer.from_crs(crs, 4326, always_xy=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        moved = shapely.transform(geometry, lambda xy: np.column_stack(mover.transform(xy[:, 0], xy[:, 1])))
    parts = [part for part in shapely.get_parts(moved) if part.geom_type == "Polygon"]
    return sum(abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.orient_polygons(part))[0]) for part in parts) / 1e4
