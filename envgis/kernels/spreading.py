"""People of one lattice's cells spread over another's."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from envgis.kernels.sampling import EDGE


@njit(cache=True, nogil=True)
def spread(
    micro: NDArray[np.int64],
    corner_row: NDArray[np.float64],
    corner_column: NDArray[np.float64],
    parts_down: int,
    parts_across: int,
    top: int,
    out: NDArray[np.int64],
) -> None:
    """Cut each cell into parts of whole millionths and add each to the cell of ``out`` in which its centre lies.

    micro (rows, columns) : millionths of a person; corner_row, corner_column (rows + 1, columns + 1) : where the cells'
        corners lie in rows and columns of the target grid
    parts_down, parts_across : into how many parts a cell is cut along each axis; the first ones, row by row, take
        what does not divide
    top : first row of ``out`` in the target grid
    """
    pieces = parts_down * parts_across
    for r in range(micro.shape[0]):
        for c in range(micro.shape[1]):
            people = micro[r, c]
            if people == 0:
                continue
            each, rest = people // pieces, people % pieces
            for i in range(parts_down):
                v = (i + 0.5) / parts_down
                for j in range(parts_across):
                    u = (j + 0.5) / parts_across
                    a, b, d, e = (1 - v) * (1 - u), (1 - v) * u, v * (1 - u), v * u
                    y = a * corner_row[r, c] + b * corner_row[r, c + 1] + d * corner_row[r + 1, c] + e * corner_row[r + 1, c + 1]
                    x = a * corner_column[r, c] + b * corner_column[r, c + 1] + d * corner_column[r + 1, c] + e * corner_column[r + 1, c + 1]
                    k, m = int(np.floor(y + EDGE)) - top, int(np.floor(x + EDGE))
                    if 0 <= k < out.shape[0] and 0 <= m < out.shape[1]:
                        out[k, m] += each + (1 if i * parts_across + j < rest else 0)
