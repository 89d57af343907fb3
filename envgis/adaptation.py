"""In force → footprints → faces → residual level."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from envgis.grid import Window
from envgis.levels import HazardMap


class ResidualMap(Protocol):
    """Levels with the actions in force, on a hazard's own grid: those of the face at each cell's centre."""

    hazard: HazardMap

    def read(self, window: Window) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """(central, best), each (rows, columns) uint8 levels; where no action lies both equal the level."""
        ...
