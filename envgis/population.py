"""People carried from their own grid to a hazard's: spread evenly within a population cell, none lost.

Whole millionths of a person are counted, so that any way of adding them gives the same bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from envgis.grid import Grid, Layer, Window, missing
from envgis.kernels.spreading import spread
from envgis.levels import NO_DATA, Hazard, HazardKey, HazardMap, code_table, true_values

MICRO = 1_000_000
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class People:
    """People per cell of ``layer``, on ``grid``.

    >>> from envgis.grid import ArrayLayer
    >>> coarse, fine = (Grid.from_bounds("EPSG:32615", (600_000, 1_660_000, 600_200, 1_660_100), cell) for cell in (100, 50))
    >>> people = People(ArrayLayer(coarse, np.array([[8.0, np.nan]]), np.nan), fine)
    >>> (people.read(fine.window) / MICRO).tolist()
    [[2.0, 2.0, 0.0, 0.0], [2.0, 2.0, 0.0, 0.0]]
    """

    layer: Layer
    grid: Grid

    def read(self, window: Window) -> NDArray[np.int64]:
        """(rows, columns) millionths of a person in the cells of a window of whole rows of the grid."""
        out = np.zeros(window.shape, np.int64)
        piece = self._piece(window)
        if piece is not None:
            row, column = self._corners(piece)
            spread(micro(self.layer, piece), row, column, *self.parts, window.row, out)
        return out

    @cached_property
    def parts(self) -> tuple[int, int]:
        """Into how many parts a population cell is cut, down and across: its size over the grid's, rounded up."""
        height, width = cell_size_m(self.layer.grid, self._middle)
        down, across = cell_size_m(self.grid, self._middle)
        # 100 m over 10 m is ten, although 100.00001 / 10 is more.
        return max(1, math.ceil(height / down - 0.01)), max(1, math.ceil(width / across - 0.01))

    @cached_property
    def _middle(self) -> tuple[float, float]:
        west, south, east, north = self.grid.bounds
        return lonlat(self.grid, (west + east) / 2, (south + north) / 2)

    @cached_property
    def _there(self) -> Transformer:
        return Transformer.from_crs(self.grid.crs, self.layer.grid.crs, always_xy=True)

    def _corners(self, piece: Window) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows and columns of the grid at the corners of some population cells."""
        source, grid = self.layer.grid, self.grid
        x = source.x + np.arange(piece.column, piece.column + piece.columns + 1) * source.dx
        y = source.y - np.arange(piece.row, piece.row + piece.rows + 1) * source.dy
        across, down = np.meshgrid(x, y)
        px, py = self._there.transform(across, down, direction="INVERSE")
        return (grid.y - np.asarray(py)) / grid.dy, (np.asarray(px) - grid.x) / grid.dx

    def _piece(self, window: Window) -> Window | None:
        """The population cells of which a part may lie in a window."""
        source, grid = self.layer.grid, self.grid
        x = grid.x + (window.column + np.linspace(0, window.columns, 33)) * grid.dx
        y = grid.y - (window.row + np.linspace(0, window.rows, 33)) * grid.dy
        across, down = np.meshgrid(x, y)
        px, py = self._there.transform(across, down)
        good = np.isfinite(px) & np.isfinite(py)
        if not good.any():
            return None
        row, column = (source.y - py[good]) / source.dy, (px[good] - source.x) / source.dx
        r0, r1 = max(0, int(row.min()) - 2), min(source.rows, int(row.max()) + 3)
        c0, c1 = max(0, int(column.min()) - 2), min(source.columns, int(column.max()) + 3)
        return Window(r0, c0, r1 - r0, c1 - c0) if r0 < r1 and c0 < c1 else None

    @cached_property
    def total(self) -> int:
        """Millionths of a person in the whole layer."""
        g = self.layer.grid
        return sum(int(micro(self.layer, w).sum()) for w in g.blocks(_ROWS_AT_ONCE * g.columns))


@dataclass(frozen=True)
class _Present:
    """A layer that says only where another has data: 0 there, 255 elsewhere."""

    layer: Layer
    scale: float = 1.0
    offset: float = 0.0
    fill: int = NO_DATA

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return np.dtype(np.uint8)

    @property
    def grid(self) -> Grid:
        return self.layer.grid

    def read(self, window: Window) -> NDArray[np.uint8]:
        return np.where(missing(self.layer.read(window), self.layer.fill), NO_DATA, 0).astype(np.uint8)


def presence(layer: Layer, grid: Grid) -> HazardMap:
    """Where a population layer has data, on a grid of its lattice, as a map that can be counted: level 0 there.

    >>> from envgis.grid import ArrayLayer
    >>> grid = Grid.from_bounds("EPSG:32615", (0, 0, 200, 100), 100)
    >>> presence(ArrayLayer(grid, np.array([[0.0, np.nan]]), np.nan), grid).levels(grid.window).tolist()
    [[0, 255]]
    """
    what = Hazard(HazardKey("population", "present"), "population", "susceptibility", "levels", None, {"es": "", "en": ""})
    return HazardMap(what, grid, _Present(layer), code_table({0: 0}, 256))


def micro(layer: Layer, window: Window) -> NDArray[np.int64]:
    """Whole millionths of a person; a cell without data, or with a negative number, carries nobody.

    >>> from envgis.grid import ArrayLayer
    >>> grid = Grid.from_bounds("EPSG:32615", (0, 0, 300, 100), 100)
    >>> micro(ArrayLayer(grid, np.array([[1.5, -3.0, np.nan]]), np.nan), grid.window).tolist()
    [[1500000, 0, 0]]
    """
    people = true_values(layer.read(window), layer)
    return np.floor(np.where(people > 0, people, 0.0) * MICRO + 0.5).astype(np.int64)


def cell_size_m(grid: Grid, at: tuple[float, float]) -> tuple[float, float]:
    """Height and width [m] on the ground of a grid's cell at a longitude and latitude.

    >>> tall, wide = cell_size_m(Grid.from_bounds("EPSG:4326", (-91, 14, -90, 15), 0.001), (-90.5, 14.5))
    >>> round(tall, 1), round(wide, 1)  # a thousandth of a degree at 14.5° north
    (110.6, 107.8)
    """
    there = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    x, y = there.transform(at[0], at[1], direction="INVERSE")
    lon, lat = there.transform([x, x, x - grid.dx / 2, x + grid.dx / 2], [y - grid.dy / 2, y + grid.dy / 2, y, y])
    _, _, size = Geod(ellps="WGS84").inv([lon[0], lon[2]], [lat[0], lat[2]], [lon[1], lon[3]], [lat[1], lat[3]])
    return float(size[0]), float(size[1])


def lonlat(grid: Grid, x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a place in the grid's CRS.

    >>> [round(v, 4) for v in lonlat(Grid.from_bounds("EPSG:32615", (0, 0, 100, 100), 100), 500_000, 1_658_326)]  # on the zone's middle
    [-93.0, 15.0]
    """
    lon, lat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(x, y)
    return float(lon), float(lat)
