"""A lattice of cells with true areas, and what lies on it.

A `Grid` never changes and is north-up: row 0 is the northernmost. Its cells are also known by *absolute* row and
column, counted from the origin of the coordinate system, so that two grids cut from one lattice agree on every cell
and on its area, whatever their extent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from pyproj import CRS, Transformer

# A lattice is the same if its cells fall together within this fraction of a cell over the whole extent.
ALIGNED = 1e-3
# An area is right to this share (design, ledger rule 1).
AREA_TOLERANCE = 1e-5
_LARGEST_TILE = 1024  # cells
_LARGEST_TILE_M = 100_000.0
_STORED_ROWS = 256


class Misaligned(ValueError):
    """Two grids are not cut from one lattice."""


class Window(NamedTuple):
    """Rows and columns of a grid, counted from its own north-west corner; may reach beyond it."""

    row: int
    column: int
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows, self.columns


@dataclass(frozen=True)
class Grid:
    """A north-up lattice: ``crs``, the north-west corner ``x``, ``y`` and the cell's ``dx``, ``dy`` (both positive)."""

    crs: CRS
    x: float
    y: float
    dx: float
    dy: float
    rows: int
    columns: int

    @classmethod
    def of(cls, box: GeoBox) -> Grid:
        """The grid of an odc-geo GeoBox. Raises ValueError if it is rotated, south-up or has no CRS."""
        a = box.affine
        if box.crs is None or a.b or a.d or a.a <= 0 or a.e >= 0:
            raise ValueError("a grid is north-up and has a CRS")
        return cls(CRS.from_user_input(box.crs.to_wkt()), a.c, a.f, a.a, -a.e, *box.shape)

    @classmethod
    def from_bounds(cls, crs: object, bounds: tuple[float, float, float, float], cell: float) -> Grid:
        """The smallest grid of square cells, aligned to multiples of ``cell``, over ``(west, south, east, north)``."""
        west, south, east, north = bounds
        left, top = math.floor(west / cell), math.ceil(north / cell)
        rows, columns = max(1, top - math.floor(south / cell)), max(1, math.ceil(east / cell) - left)
        return cls(CRS.from_user_input(crs), left * cell, top * cell, cell, cell, rows, columns)

    @property
    def box(self) -> GeoBox:
        """The same as an odc-geo GeoBox."""
        return GeoBox(self.shape, self.transform, self.crs.to_wkt())

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows, self.columns

    @property
    def transform(self) -> Affine:
        """(column, row) → (x, y)"""
        return Affine(self.dx, 0.0, self.x, 0.0, -self.dy, self.y)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """west, south, east, north in the grid's CRS"""
        return self.x, self.y - self.rows * self.dy, self.x + self.columns * self.dx, self.y

    @property
    def window(self) -> Window:
        """The whole grid."""
        return Window(0, 0, self.rows, self.columns)

    @property
    def origin(self) -> tuple[int, int]:
        """Absolute (row, column) of the north-west cell.

        The quarter keeps the two usual registrations (on multiples of the cell, on half cells) away from the step.
        """
        return -math.floor(self.y / self.dy + 0.25), math.floor(self.x / self.dx + 0.25)

    def offset(self, other: Grid) -> tuple[int, int]:
        """Row and column in this grid of ``other``'s north-west cell.

        Raises Misaligned if the two are not cut from one lattice.
        """
        row, column = (self.y - other.y) / self.dy, (other.x - self.x) / self.dx
        stretch = max(
            abs(other.dx / self.dx - 1) * (other.columns + abs(column)),
            abs(other.dy / self.dy - 1) * (other.rows + abs(row)),
        )
        shift = max(abs(row - round(row)), abs(column - round(column)))
        if shift + stretch > ALIGNED or not same_crs(self.crs, other.crs):
            raise Misaligned(f"{self} and {other}")
        return round(row), round(column)

    def aligned(self, other: Grid) -> bool:
        """Whether ``other`` is cut from the same lattice."""
        try:
            self.offset(other)
        except Misaligned:
            return False
        return True

    def crop(self, window: Window) -> Grid:
        """The grid of a window of this one; a window may reach beyond it."""
        x, y = self.x + window.column * self.dx, self.y - window.row * self.dy
        return Grid(self.crs, x, y, self.dx, self.dy, window.rows, window.columns)

    def cover(self, bounds: tuple[float, float, float, float]) -> Window:
        """The smallest window of whole cells over ``(west, south, east, north)``, which may lie beyond the grid."""
        west, south, east, north = bounds
        left, right = math.floor((west - self.x) / self.dx), math.ceil((east - self.x) / self.dx)
        top, bottom = math.floor((self.y - north) / self.dy), math.ceil((self.y - south) / self.dy)
        return Window(top, left, max(1, bottom - top), max(1, right - left))

    def extend(self, bounds: tuple[float, float, float, float]) -> Grid:
        """This grid made larger by whole cells until it also covers ``bounds``."""
        return self.over(self.cover(bounds))

    def union(self, other: Grid) -> Grid:
        """The smallest grid of this lattice that holds both. Raises Misaligned if ``other`` is cut from another."""
        row, column = self.offset(other)
        return self.over(Window(row, column, *other.shape))

    def over(self, window: Window) -> Grid:
        """This grid made larger by whole cells until it holds a window that may lie beyond it."""
        top, left = min(0, window.row), min(0, window.column)
        bottom, right = max(self.rows, window.row + window.rows), max(self.columns, window.column + window.columns)
        return self.crop(Window(top, left, bottom - top, right - left))

    def blocks(self, cells: int, first: int = 0) -> list[Window]:
        """Bands of whole rows, each of at most ``cells`` cells (and at least one row), from north to south.

        first : a row on which a band begins; high ones are cut on multiples of 256 rows from there, as files store them
        """
        height = max(1, cells // self.columns)
        height -= height % _STORED_ROWS if height >= _STORED_ROWS else 0
        cuts = [0, *range(first % height or height, self.rows, height), self.rows]
        return [Window(top, 0, bottom - top, self.columns) for top, bottom in pairwise(cuts)]

    def centers(self, window: Window) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x (columns,) and y (rows,) of the cells' centres in a window."""
        column = np.arange(window.column, window.column + window.columns, dtype=np.float64) + 0.5
        row = np.arange(window.row, window.row + window.rows, dtype=np.float64) + 0.5
        return self.x + column * self.dx, self.y - row * self.dy

    def rows_at(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows, with the share of a row's land that lies north of each y.

        In degrees that is not the share of its height: half of a cell of 0.1° at 70° N holds 0.3 % more land than the
        other half. Beyond the poles, where there is no land, rows are counted by height.
        """
        row = np.asarray((self.y - y) / self.dy)
        if not self.crs.is_geographic:
            return row
        whole = np.floor(row)
        north, here, south = (_authalic(self.crs, np.deg2rad(v)) for v in (self.y - whole * self.dy, y, self.y - (whole + 1) * self.dy))
        good = (np.abs(self.y - (whole + 0.5) * self.dy) + self.dy / 2 <= 90) & (north > south)
        return np.where(good, whole + np.clip((north - here) / np.where(good, north - south, 1.0), 0.0, 1.0), row)

    @cached_property
    def areas(self) -> CellAreas:
        """The true areas of its cells."""
        return cell_areas(self)

    @property
    def cell(self) -> str:
        """A cell's width as it is said: 25 m, or 1″ on a geographic lattice."""
        if self.crs.is_geographic:
            return f"{round(self.dx * 3600, 2):g}″"
        return f"{round(self.dx * self.crs.axis_info[0].unit_conversion_factor, 2):g} m"

    def __str__(self) -> str:
        return f"{self.columns} × {self.rows} cells of {self.cell}, {self.crs.name}"


def same_crs(a: CRS, b: CRS) -> bool:
    """Whether two coordinate systems are the same on the ground, whatever the order in which they list their axes.

    >>> same_crs(CRS(4326), CRS("OGC:CRS84")), same_crs(CRS(32615), CRS(32616))
    (True, False)
    """
    return a == b or a.equals(b, ignore_axis_order=True) or a.to_wkt() == b.to_wkt()


@dataclass(frozen=True)
class CellAreas:
    """True areas of a grid's cells in whole square millimetres, constant over tiles of the absolute lattice.

    row_tile (rows,), column_tile (columns,) int32 : the tile in which a row, a column of the grid lies
    mm2 (row tiles, column tiles) int64
    """

    row_tile: NDArray[np.int32]
    column_tile: NDArray[np.int32]
    mm2: NDArray[np.int64]

    @property
    def countable(self) -> bool:
        """Whether 64 bits hold the sum of all: some 9.2 million km²."""
        return bool(np.bincount(self.row_tile) @ self.mm2.astype(np.float64) @ np.bincount(self.column_tile) < 2.0**63)

    def array(self, window: Window) -> NDArray[np.int64]:
        """(rows, columns) areas of a window's cells, mm²."""
        rows = self.row_tile[window.row : window.row + window.rows]
        columns = self.column_tile[window.column : window.column + window.columns]
        return self.mm2[np.ix_(rows, columns)]


def cell_areas(grid: Grid) -> CellAreas:
    """True ellipsoidal areas of a grid's cells, within 1e-5, by absolute row and column.

    Geographic: the closed form for each row (Snyder 1987, eq. 3-12, authalic q). Projected: from the corners of the
    middle cell of each tile in an ellipsoidal Lambert azimuthal equal-area projection; the tile is small enough for
    the areas in it to differ from the middle one by less than the tolerance, and the middle leaves no bias.

    >>> utm = Grid.from_bounds(32615, (500_000, 1_650_000, 500_200, 1_650_200), 100)
    >>> float(cell_areas(utm).array(utm.window)[0, 0] / 1e6 / 100**2)  # on the central meridian 0.9996 to the square
    1.0008...
    """
    row0, column0 = grid.origin
    if grid.crs.is_geographic:
        north = np.deg2rad(grid.y - np.arange(grid.rows + 1) * grid.dy)
        half = _authalic(grid.crs, np.clip(north, -np.pi / 2, np.pi / 2))
        area = -np.diff(half) * math.radians(grid.dx)
        mm2 = np.floor(area * 1e6 + 0.5).astype(np.int64)[:, None]
        return CellAreas(np.arange(grid.rows, dtype=np.int32), np.zeros(grid.columns, np.int32), mm2)
    measure = _EqualArea(grid)
    height, width = measure.tile()
    row_tile, first_rows = _tiles(row0, grid.rows, height)
    column_tile, first_columns = _tiles(column0, grid.columns, width)
    # The middle of a tile, in rows and columns of the grid; it may lie beyond the grid, which does not matter.
    r = np.asarray(first_rows, float) - row0 + height / 2
    c = np.asarray(first_columns, float) - column0 + width / 2
    area = measure.areas(*np.meshgrid(r, c, indexing="ij"))
    return CellAreas(row_tile, column_tile, np.floor(area * 1e6 + 0.5).astype(np.int64))


def _tiles(first: int, count: int, size: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    numbers = np.arange(first, first + count, dtype=np.int64) // size
    return (numbers - numbers[0]).astype(np.int32), np.arange(numbers[0], numbers[-1] + 1) * size


def _authalic(crs: CRS, latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area [m²] between the equator and ``latitude`` [rad] for one radian of longitude."""
    ellipsoid = crs.ellipsoid
    assert ellipsoid is not None
    b, e = ellipsoid.semi_minor_metre, math.sqrt(1 - (ellipsoid.semi_minor_metre / ellipsoid.semi_major_metre) ** 2)
    s = np.sin(latitude)
    if e == 0:
        return np.asarray(b * b * s)
    return np.asarray(b * b / 2 * (s / (1 - e * e * s * s) + np.arctanh(e * s) / e))


class _EqualArea:
    """Areas of single cells of a projected grid, through an equal-area projection centred on it."""

    def __init__(self, grid: Grid) -> None:
        geographic = grid.crs.geodetic_crs
        ellipsoid = grid.crs.ellipsoid
        assert geographic is not None and ellipsoid is not None
        self.grid = grid
        self._to_lonlat = Transformer.from_crs(grid.crs, geographic, always_xy=True)
        west, south, east, north = grid.bounds
        lon, lat = self._to_lonlat.transform((west + east) / 2, (south + north) / 2, errcheck=True)
        laea = {"proj": "laea", "lat_0": lat, "lon_0": lon, "a": ellipsoid.semi_major_metre, "b": ellipsoid.semi_minor_metre}
        plane = CRS.from_dict(laea)
        assert plane.geodetic_crs is not None
        self._to_plane = Transformer.from_crs(plane.geodetic_crs, plane, always_xy=True)

    def areas(self, row: NDArray[np.float64], column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Area [m²] of the cell-sized square around each (row, column), fractional positions from the grid's corner."""
        g = self.grid
        corners = [(-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (0.5, -0.5)]
        x = np.stack([g.x + (column + dc) * g.dx for _, dc in corners])
        y = np.stack([g.y - (row + dr) * g.dy for dr, _ in corners])
        px, py = self._to_plane.transform(*self._to_lonlat.transform(x, y, errcheck=True), errcheck=True)
        # The diagonals' cross product is twice the quadrilateral's area and loses no digits to a distant origin.
        return np.asarray(np.abs((px[2] - px[0]) * (py[3] - py[1]) - (px[3] - px[1]) * (py[2] - py[0])) / 2)

    def tile(self) -> tuple[int, int]:
        """Rows and columns of a tile."""
        g = self.grid
        largest = tuple(_largest_tile(size * g.crs.axis_info[0].unit_conversion_factor) for size in (g.dy, g.dx))
        # All tiles of the largest size that the grid touches: where the scale stands still, a small grid shows no slope.
        ends = [(first % size, -(first + count) % size) for first, count, size in zip(g.origin, g.shape, largest, strict=True)]
        r, c = (np.linspace(-before, count + after, 9) for (before, after), count in zip(ends, g.shape, strict=True))
        log = np.log(self.areas(*np.meshgrid(r, c, indexing="ij")))
        steep = [float(np.abs(np.diff(log, axis=axis)).max() / (at[1] - at[0])) for axis, at in enumerate((r, c))]
        return _tile_size(steep, largest)


def _largest_tile(cell_m: float) -> int:
    """A power of two."""
    size = _LARGEST_TILE
    while size > 1 and size * cell_m > _LARGEST_TILE_M:
        size //= 2
    return size


def _tile_size(steep: Sequence[float], largest: Sequence[int]) -> tuple[int, int]:
    """Rows and columns over half of which ln(area), rising by ``steep`` a row and a column, stays within the tolerance.

    A quarter less, since a slope between samples may hide a steeper one; and powers of two, since the slopes depend a
    little on how far the grid reaches: areas should go by the lattice, not by where a file begins.
    """
    (down, across), (rows, columns) = steep, largest
    while (rows * down + columns * across) / 2 > 0.75 * AREA_TOLERANCE and max(rows, columns) > 1:
        if columns == 1 or (rows > 1 and rows * down > columns * across):
            rows //= 2
        else:
            columns //= 2
    return rows, columns


class Layer(Protocol):
    """Values on a grid. A file, a NumPy array, an xarray or a Dask array can stand behind it.

    grid : where
    dtype : of what ``read`` returns
    fill : the value that stands for no data (NaN for floating types); integers without one have a wider type
    scale, offset : true value = stored · scale + offset
    """

    @property
    def grid(self) -> Grid: ...
    @property
    def dtype(self) -> np.dtype[np.generic]: ...
    @property
    def fill(self) -> float | int: ...
    @property
    def scale(self) -> float: ...
    @property
    def offset(self) -> float: ...
    def read(self, window: Window) -> NDArray[np.generic]:
        """(rows, columns) stored values of a window that lies within the grid; ``fill`` where there are no data."""
        ...


@dataclass(frozen=True)
class ArrayLayer:
    """A layer held in memory (or in Dask, read by windows)."""

    grid: Grid
    values: NDArray[np.generic]
    fill: float | int
    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if tuple(self.values.shape) != self.grid.shape:
            raise ValueError(f"an array of shape {self.values.shape} on a grid of shape {self.grid.shape}")

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return np.dtype(self.values.dtype)

    def read(self, window: Window) -> NDArray[np.generic]:
        r, c, rows, columns = window
        return np.asarray(self.values[r : r + rows, c : c + columns])


def read_padded(layer: Layer, grid: Grid, window: Window) -> NDArray[np.generic]:
    """A window of ``grid`` out of a layer of the same lattice; beyond the layer there is no data.

    Raises Misaligned if the two are not cut from one lattice.

    >>> small = Grid.from_bounds(32615, (0, 0, 2, 1), 1)
    >>> read_padded(ArrayLayer(small, np.array([[3, 5]], np.uint8), 255), small.extend((-1, 0, 2, 1)), Window(0, 0, 1, 3))
    array([[255,   3,   5]], dtype=uint8)
    """
    row, column = grid.offset(layer.grid)
    top, left = window.row - row, window.column - column
    r0, r1 = max(0, top), min(layer.grid.rows, top + window.rows)
    c0, c1 = max(0, left), min(layer.grid.columns, left + window.columns)
    if (r0, c0, r1, c1) == (top, left, top + window.rows, left + window.columns):
        return layer.read(Window(r0, c0, window.rows, window.columns))
    out = np.full(window.shape, layer.fill, layer.dtype)
    if r0 < r1 and c0 < c1:
        out[r0 - top : r1 - top, c0 - left : c1 - left] = layer.read(Window(r0, c0, r1 - r0, c1 - c0))
    return out


def missing(values: NDArray[np.generic], fill: float | int) -> NDArray[np.bool_]:
    """Where a layer's values are no data.

    >>> missing(np.array([0.5, np.nan]), float("nan"))
    array([False,  True])
    """
    if isinstance(fill, float) and math.isnan(fill):
        return np.asarray(np.isnan(values.astype(np.float64, copy=False)))
    return np.asarray(values == fill)
