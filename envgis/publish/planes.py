"""Class rasters for a page: each hazard on its own lattice, cut to the municipality, packed and compressed.

A cell is one byte: the level in the lowest three bits (0…5, 6 outside the municipality, 7 no data), the central level
with the actions in force in the next three, and in the last two how many levels lower the best case lies (3 = three
or more). A plane may be kept as its difference (exclusive or) from another of its lattice, whichever is smaller.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from shapely.geometry.base import BaseGeometry

from envgis.adaptation import ResidualMap
from envgis.assessment import Assessment
from envgis.grid import Grid, Window
from envgis.landuse import LandUse
from envgis.levels import COLOURS, NO_DATA, HazardKey, HazardMap
from envgis.publish.placement import Placement, place
from envgis.publish.png import palette_png

OUTSIDE, MISSING = 6, 7
# More cells than this are shown coarser; the page says so, and its figures stay those of the ledger.
LARGEST = 4_000_000
NO_CLASS = 255
_STRIP_CELLS = 2_000_000
_PREVIEW_PIXELS = 400
# Edges are straight lines of longitude and latitude: in another projection they bend.
_EDGE_DEGREES = 0.002
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Plane:
    """One compressed raster: zlib, base64. ``base``: the number of the plane from which it is the difference."""

    data: str
    base: int | None = None


@dataclass(frozen=True)
class Lattice:
    """Where planes lie. ``factor`` cells of the data a side make one of the picture; ``landuse``: number of a plane."""

    columns: int
    rows: int
    factor: int
    data_cell_m: float
    placement: Placement
    landuse: int | None

    @property
    def shown_cell_m(self) -> float:
        return self.data_cell_m * self.factor


@dataclass
class Pictures:
    """All rasters of a municipality's page: planes, their lattices, and for each hazard map (lattice, plane)."""

    planes: list[Plane] = field(default_factory=list)
    lattices: list[Lattice] = field(default_factory=list)
    maps: dict[HazardKey, tuple[int, int]] = field(default_factory=dict)
    preview: bytes = b""


def pictures(assessment: Assessment, geometry: BaseGeometry, largest: int = LARGEST) -> Pictures:
    """The rasters of the public hazard maps over a municipality (EPSG:4326).

    largest : the most cells of one picture
    """
    out = Pictures()
    cuts: list[tuple[Cut, int, list[tuple[int, bytes]]]] = []
    for key, hazard_map in assessment.maps.items():
        if not hazard_map.hazard.public:
            continue
        cut = Cut.of(hazard_map.grid, geometry, largest)
        number = next((i for i, (known, _, _) in enumerate(cuts) if known.same(cut)), None)
        if number is None:
            number = len(cuts)
            landuse = _landuse(assessment.landuse, cut, out.planes)
            bounds = geometry.bounds
            out.lattices.append(Lattice(*cut.shape[::-1], cut.factor, cell_metres(cut.grid), place(cut.shown, bounds), landuse))
            cuts.append((cut, number, []))
        cells = levels(hazard_map, assessment.residuals.get(key), cuts[number][0])
        if not out.preview:
            out.preview = preview(cells)
        out.maps[key] = (number, _add(out.planes, cells, cuts[number][2]))
    return out


@dataclass(frozen=True)
class Cut:
    """A municipality's part of a grid. ``window`` of the grid; ``outline`` in the grid's CRS; ``factor`` as in Lattice."""

    grid: Grid
    window: Window
    outline: BaseGeometry
    factor: int

    @classmethod
    def of(cls, grid: Grid, geometry: BaseGeometry, largest: int = LARGEST) -> Cut:
        """The cells of ``grid`` over a geometry in EPSG:4326."""
        dense = gpd.GeoSeries([shapely.segmentize(geometry, _EDGE_DEGREES)], crs=4326)
        outline = dense.to_crs(grid.crs.to_wkt()).iloc[0]
        window = grid.cover(outline.bounds)
        return cls(grid, window, outline, max(1, math.ceil(math.sqrt(window.rows * window.columns / largest))))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        return math.ceil(self.window.rows / self.factor), math.ceil(self.window.columns / self.factor)

    @property
    def shown(self) -> Grid:
        """The picture's own grid."""
        part = self.grid.crop(self.window)
        return Grid(part.crs, part.x, part.y, part.dx * self.factor, part.dy * self.factor, *self.shape)

    def same(self, other: Cut) -> bool:
        """Whether two cuts have the same cells."""
        return self.shown.shape == other.shown.shape and self.factor == other.factor and self.shown.aligned(other.shown)

    def strips(self) -> Iterator[Window]:
        """Windows of whole rows of the picture, from north to south."""
        rows = max(1, _STRIP_CELLS // max(1, self.window.columns) // self.factor) * self.factor
        for top in range(0, self.window.rows, rows):
            yield Window(self.window.row + top, self.window.column, min(rows, self.window.rows - top), self.window.columns)

    def read(self, cells: Callable[[Window], NDArray[np.uint8]], outside: int) -> NDArray[np.uint8]:
        """(rows, columns) of the picture: ``cells`` where a cell's centre lies in the municipality, else ``outside``."""
        parts = []
        for window in self.strips():
            values = cells(window)
            transform = self.grid.crop(window).transform
            values = np.where(geometry_mask([self.outline], window.shape, transform), np.uint8(outside), values)
            parts.append(most_frequent(values, self.factor, outside))
        return np.concatenate(parts)


def levels(hazard_map: HazardMap, residual: ResidualMap | None, cut: Cut) -> NDArray[np.uint8]:
    """(rows, columns) packed bytes of a hazard map, without and with actions."""

    def cells(window: Window) -> NDArray[np.uint8]:
        level = hazard_map.levels(window)
        central, best = (level, level) if residual is None else residual.read(window)
        drop = np.where((central <= 5) & (best < central), np.minimum(central - np.minimum(best, central), 3), 0)
        return np.asarray(_code(level) | (_code(central) << 3) | (drop.astype(np.uint8) << 6), np.uint8)

    return cut.read(cells, OUTSIDE | OUTSIDE << 3)


def most_frequent(values: NDArray[np.uint8], factor: int, outside: int) -> NDArray[np.uint8]:
    """The most frequent value of each square of ``factor`` cells (the lowest of equals); edges filled with ``outside``."""
    if factor == 1:
        return values
    rows, columns = (math.ceil(n / factor) for n in values.shape)
    padded = np.full((rows * factor, columns * factor), outside, np.uint8)
    padded[: values.shape[0], : values.shape[1]] = values
    squares = padded.reshape(rows, factor, columns, factor)
    best = np.zeros((rows, columns), np.int64)
    out = np.zeros((rows, columns), np.uint8)
    for value in np.unique(values):
        count = (squares == value).sum(axis=(1, 3))
        more = count > best
        out[more], best[more] = value, count[more]
    return out


def preview(cells: NDArray[np.uint8]) -> bytes:
    """A small PNG of the levels without actions, on the raster's own lattice."""
    step = max(1, math.ceil(max(cells.shape) / _PREVIEW_PIXELS))
    colours = [(*_rgb(COLOURS[level]), 255) for level in range(6)] + [(0, 0, 0, 0), (*_rgb(COLOURS[NO_DATA]), 255)]
    return palette_png(np.ascontiguousarray(cells[::step, ::step] & 7), colours)


def cell_metres(grid: Grid) -> float:
    """The height of a cell in metres, near enough to be read."""
    return grid.dy * (_METRES_PER_DEGREE if grid.crs.is_geographic else 1.0)


def _landuse(landuse: LandUse | None, cut: Cut, planes: list[Plane]) -> int | None:
    if landuse is None or not landuse.public or len(landuse.legend) >= NO_CLASS:
        return None
    classes = landuse.on(cut.grid)
    table = classes.table
    cells = cut.read(lambda window: np.minimum(table[classes.read(window)], NO_CLASS).astype(np.uint8), NO_CLASS)
    cells[cells == len(landuse.legend)] = NO_CLASS
    planes.append(Plane(_packed(cells.tobytes())))
    return len(planes) - 1


def _add(planes: list[Plane], cells: NDArray[np.uint8], earlier: list[tuple[int, bytes]]) -> int:
    """Add a plane, by itself or as its difference from the last one of its lattice, whichever is shorter."""
    plane = Plane(_packed(cells.tobytes()))
    if earlier:
        number, before = earlier[-1]
        difference = np.bitwise_xor(cells.ravel(), np.frombuffer(before, np.uint8))
        other = Plane(_packed(difference.tobytes()), number)
        plane = min(plane, other, key=lambda p: len(p.data))
    planes.append(plane)
    earlier.append((len(planes) - 1, cells.tobytes()))
    return len(planes) - 1


def _packed(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw, 6)).decode()


def _code(level: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.where(level == NO_DATA, np.uint8(MISSING), level)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
