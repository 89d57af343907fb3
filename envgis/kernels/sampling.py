"""Nearest cells of another lattice, through a cubic mapping per tile."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

# A centre that lies on the edge of two source cells, but for rounding, belongs to the one south or east of it.
EDGE = 1e-6


@njit(cache=True, nogil=True)
def gather(
    source: NDArray[np.generic],
    top: int,
    left: int,
    coefficients: NDArray[np.float64],
    first_row: int,
    first_column: int,
    tile: int,
    out: NDArray[np.generic],
) -> None:
    """Fill ``out`` (rows, columns) with the nearest cells of ``source``; what lies beyond ``source`` stays as it is.

    source : a piece of the source layer whose first cell is (top, left) there
    coefficients (row tiles, column tiles, 2, 4, 4) : source row and column as cubics in the position within a tile,
        both from 0 to 1
    first_row, first_column : of ``out``, counted from the corner of the first tile
    """
    rows, columns = out.shape
    line = np.empty((2, 4))
    for r in range(rows):
        tr, v = (first_row + r) // tile, ((first_row + r) % tile + 0.5) / tile
        c = 0
        while c < columns:
            tc = (first_column + c) // tile
            stop = min(columns, (tc + 1) * tile - first_column)
            for axis in range(2):
                for j in range(4):
                    k = coefficients[tr, tc, axis]
                    line[axis, j] = k[0, j] + v * (k[1, j] + v * (k[2, j] + v * k[3, j]))
            while c < stop:
                u = ((first_column + c) % tile + 0.5) / tile
                y = line[0, 0] + u * (line[0, 1] + u * (line[0, 2] + u * line[0, 3]))
                x = line[1, 0] + u * (line[1, 1] + u * (line[1, 2] + u * line[1, 3]))
                i, j = int(np.floor(y + EDGE)) - top, int(np.floor(x + EDGE)) - left
                if 0 <= i < source.shape[0] and 0 <= j < source.shape[1]:
                    out[r, c] = source[i, j]
                c += 1
