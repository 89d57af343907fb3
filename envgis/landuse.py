"""Land use: what the classes are called, and which class lies in each cell of any grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from envgis.grid import Grid, Window

LEGEND_COLUMNS = ("code", "name_es", "name_en", "color")
# A class and "no data" are counted as one byte.
MOST_CLASSES = 254
# What tables call land without a class: no class may be called so.
NO_CLASS = "no_data"


class Classes(Protocol):
    """Class numbers on one grid: positions in the legend, ``len(legend)`` where there are no data."""

    def read(self, window: Window) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """(rows, columns) stored codes of a window of the grid"""
        ...

    @property
    def table(self) -> NDArray[np.uint16]:
        """Stored code (256 or 65,536 of them) → position in the legend; ``len(legend)`` = no data."""
        ...


class Source(Protocol):
    """Whatever can say which class lies at the centre of each cell of a grid: a raster of classes, or polygons."""

    def on(self, grid: Grid) -> Classes: ...

    @property
    def cell(self) -> str | None:
        """A cell's width as it is said; None for polygons."""
        ...


@dataclass(frozen=True)
class LandUse:
    """legend : code (text, each once), name_es, name_en, color (#RRGGBB) in the order of the legend; source : its cells

    public : whether the classes of single cells may be shown; the tables count them all the same

    >>> from envgis.grid import ArrayLayer
    >>> from envgis.sources.landuse import from_raster
    >>> grid = Grid.from_bounds("EPSG:32615", (0, 0, 200, 100), 100)
    >>> legend = pd.DataFrame({"value": ["7", "9"], "code": ["7", "9"], "name_es": ["Bosque", "Maíz"], "name_en": ["Forest", "Maize"]})
    >>> legend["color"] = ["#009E73", "#F0E442"]
    >>> classes = from_raster(ArrayLayer(grid, np.array([[9, 0]], np.uint8), 0), legend).on(grid)
    >>> classes.table[classes.read(grid.window)].tolist()  # places in the legend; 2, its length, is no data
    [[1, 2]]
    """

    legend: pd.DataFrame
    source: Source
    public: bool = True

    def on(self, grid: Grid) -> Classes:
        """The classes on a hazard's grid, by the cell's centre (nearest neighbour)."""
        return self.source.on(grid)

    @property
    def cell(self) -> str | None:
        """A cell's width as it is said (30 m), before it comes to a hazard's grid; None for polygons."""
        return self.source.cell
