"""The nearest cells of any layer on any grid, the same for every block.

A hazard raster is never moved; what comes to it (land use, for instance) comes by the cell that holds each cell's
centre. The mapping from one lattice to the other is a cubic for each tile of the absolute lattice, fitted to PROJ's
own values and right to a ten-millionth of a source cell. So it does not depend on the window that is read, which the
approximation that GDAL uses by default does (wrong cells up to an eighth of a cell from an edge, different ones for
different windows).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from envgis.grid import Grid, Layer, Window
from envgis.kernels.sampling import gather

# Largest error of the mapping, in source cells.
TOLERANCE = 1e-7
_LARGEST_TILE = 256
_NODES = np.array([0.0, 1 / 3, 2 / 3, 1.0])
_INVERSE = np.linalg.inv(np.vander(_NODES, increasing=True))


class Nearest:
    """A layer seen on another grid. It is a `Layer` itself: ``read(window)`` gives stored values, ``fill`` beyond.

    >>> from envgis.grid import ArrayLayer
    >>> coarse, fine = (Grid.from_bounds("EPSG:32615", (0, 0, 200, 50), cell) for cell in (100, 50))
    >>> layer = ArrayLayer(coarse, np.array([[7, 9]], np.uint8), 0)
    >>> Nearest(layer, fine).read(fine.window).tolist()
    [[7, 7, 9, 9]]
    """

    def __init__(self, layer: Layer, grid: Grid) -> None:
        self.layer, self.grid = layer, grid
        self.dtype, self.fill, self.scale, self.offset = layer.dtype, layer.fill, layer.scale, layer.offset

    def read(self, window: Window) -> NDArray[np.generic]:
        """(rows, columns) stored values of the layer's cells that hold the centres of the window's cells."""
        out = np.full(window.shape, self.fill, self.dtype)
        tile = self.tile
        row0, column0 = self.grid.origin
        top, left = (row0 + window.row) // tile, (column0 + window.column) // tile
        bottom, right = (row0 + window.row + window.rows - 1) // tile, (column0 + window.column + window.columns - 1) // tile
        rows, columns = np.meshgrid(np.arange(top, bottom + 1), np.arange(left, right + 1), indexing="ij")
        coefficients = self._coefficients(rows, columns, tile)
        piece = self._piece(window)
        if piece is not None:
            first_row, first_column = row0 + window.row - top * tile, column0 + window.column - left * tile
            gather(self.layer.read(piece), piece.row, piece.column, coefficients, first_row, first_column, tile, out)
        return out

    def _piece(self, window: Window) -> Window | None:
        """What of the layer the window may need; None if nothing."""
        row, column = self._positions(*_rim(window))
        good = np.isfinite(row) & np.isfinite(column)
        if not good.any():
            return None
        source = self.layer.grid
        # The rim bounds the inside to within the bulge of a cubic; two cells more are plenty for one block.
        r0, r1 = max(0, int(row[good].min()) - 2), min(source.rows, int(row[good].max()) + 3)
        c0, c1 = max(0, int(column[good].min()) - 2), min(source.columns, int(column[good].max()) + 3)
        return Window(r0, c0, r1 - r0, c1 - c0) if r0 < r1 and c0 < c1 else None

    @cached_property
    def _transformer(self) -> Transformer:
        return Transformer.from_crs(self.grid.crs, self.layer.grid.crs, always_xy=True)

    def _positions(self, row: NDArray[np.float64], column: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Source row and column of positions in rows and columns of the grid (0 = the outer edge of the first)."""
        g, source = self.grid, self.layer.grid
        x, y = self._transformer.transform(g.x + column * g.dx, g.y - row * g.dy)
        return (source.y - np.asarray(y)) / source.dy, (np.asarray(x) - source.x) / source.dx

    def _coefficients(self, tile_row: NDArray[np.int64], tile_column: NDArray[np.int64], tile: int) -> NDArray[np.float64]:
        """(..., 2, 4, 4) cubics of tiles given by their numbers on the absolute lattice."""
        row0, column0 = self.grid.origin
        row = (tile_row[..., None, None] + _NODES[:, None]) * tile - row0
        column = (tile_column[..., None, None] + _NODES[None, :]) * tile - column0
        values = np.stack(self._positions(*np.broadcast_arrays(row, column)), axis=-3)
        return np.ascontiguousarray(_INVERSE @ np.nan_to_num(values, nan=-1e15, posinf=-1e15, neginf=-1e15) @ _INVERSE.T)

    @cached_property
    def tile(self) -> int:
        """Cells of a tile: the largest power of two for which cubics stay within the tolerance, tried over the grid."""
        row0, column0 = self.grid.origin
        size = _LARGEST_TILE
        while size > 1 and not self._fits(size, row0, column0):
            size //= 2
        return size

    def _fits(self, size: int, row0: int, column0: int) -> bool:
        rows = np.unique(np.linspace(row0, row0 + self.grid.rows - 1, 5).astype(np.int64) // size)
        columns = np.unique(np.linspace(column0, column0 + self.grid.columns - 1, 5).astype(np.int64) // size)
        tile_row, tile_column = np.meshgrid(rows, columns, indexing="ij")
        k = self._coefficients(tile_row, tile_column, size)
        t = np.array([1 / 6, 1 / 2, 5 / 6])
        powers = np.vander(t, 4, increasing=True)
        cubic = powers @ k @ powers.T
        row = (tile_row[..., None, None] + t[:, None]) * size - row0
        column = (tile_column[..., None, None] + t[None, :]) * size - column0
        exact = np.stack(self._positions(*np.broadcast_arrays(row, column)), axis=-3)
        good = np.isfinite(exact)
        return bool(np.abs(cubic - exact)[good].max(initial=0.0) <= TOLERANCE)


def _rim(window: Window) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows and columns of points along a window's edge and across its middle."""
    r = window.row + np.linspace(0, window.rows, 21)
    c = window.column + np.linspace(0, window.columns, 21)
    row, column = np.meshgrid(r, c, indexing="ij")
    return row.ravel(), column.ravel()
