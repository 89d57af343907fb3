"""Values → levels, cell by cell."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def level(
    values: NDArray[np.float64],
    bounds: NDArray[np.float64],
    right: bool,
    zero_is_absent: bool,
    no_data: int,
    out: NDArray[np.uint8],
) -> None:
    """``out`` (cells,) from true values (cells,), NaN = no data, and four rising bounds.

    right : a value on a bound belongs to the lower level
    """
    b1, b2, b3, b4 = bounds
    for i in range(len(values)):
        v = values[i]
        if np.isnan(v):
            out[i] = no_data
        elif zero_is_absent and v == 0:
            out[i] = 0
        elif right:
            out[i] = 1 + (v > b1) + (v > b2) + (v > b3) + (v > b4)
        else:
            out[i] = 1 + (v >= b1) + (v >= b2) + (v >= b3) + (v >= b4)
