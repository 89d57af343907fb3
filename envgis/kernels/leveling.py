"""Values → levels, cell by cell."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def level(
    stored: NDArray[np.generic],
    fill: float,
    scale: float,
    offset: float,
    bounds: NDArray[np.float64],
    sign: int,
    right: bool,
    dry: float,
    no_data: int,
    out: NDArray[np.uint8],
) -> None:
    """``out`` (cells,) from stored values (cells,) of any type; a value is stored · scale + offset.

    fill : the stored value that stands for no data; NaN always does
    bounds : four, rising; sign : -1 where the values are to be turned round first, since danger rises as they fall
    right : a value on a bound belongs to the lower level
    dry : values from here, below 0, up to 0 are level 0, and those below it no data, never level 0; NaN: 0 is a value
    """
    b1, b2, b3, b4 = bounds
    for i in range(len(stored)):
        v = np.float64(stored[i])
        if np.isnan(v) or v == fill:
            out[i] = no_data
            continue
        v = v * scale + offset
        if v <= 0 and not np.isnan(dry):
            out[i] = 0 if v > dry else no_data
            continue
        v *= sign
        if right:
            out[i] = 1 + (v > b1) + (v > b2) + (v > b3) + (v > b4)
        else:
            out[i] = 1 + (v >= b1) + (v >= b2) + (v >= b3) + (v >= b4)
