"""Value → hazard level, by published fixed breakpoints, never by quantiles of the extent; and the map of levels.

Levels are ``uint8``: 0 the hazard is absent by definition, 1 very low … 5 very high, 255 no data.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from envgis.grid import ArrayLayer, Grid, Layer, Window, missing, read_padded
from envgis.kernels.leveling import level
from envgis.workspace import map_slug

NO_DATA = 255
LEVELS = (0, 1, 2, 3, 4, 5)
HIGH = (4, 5)
# A depth beyond this is no flood but a wrong no-data tag (design, "Levels from values").
DEEPEST_M = 50.0
# A model's arithmetic leaves depths of some tenths of a millimetre below 0 in dry cells; what lies lower is no depth.
DRY_M = -0.001
# The share of what lies between the outer bounds by which arithmetic may carry a value past the end of its scale.
_ROUNDING = 1e-6

# Chosen for equal steps of lightness and for every kind of colour vision; one table for all products.
COLOURS: Mapping[int, str] = {0: "#E6EDF2", 1: "#FEF6CF", 2: "#F7C04A", 3: "#DD7325", 4: "#AB2B36", 5: "#531547", NO_DATA: "#FFFFFF"}

Closed = Literal["right", "left"]


class HazardKey(NamedTuple):
    """What a hazard map is of. ``return_period`` in years, None where the map has none.

    >>> HazardKey("flood", "present", 100).slug
    'flood_present_T100'
    """

    hazard: str
    scenario: str
    return_period: float | None = None

    @property
    def slug(self) -> str:
        """For file names: ``flood_present_T100``."""
        return map_slug(self.hazard, self.scenario, self.return_period)


@dataclass(frozen=True)
class Breakpoints:
    """Bounds between levels 1|2|3|4|5.

    bounds : four numbers, rising, or falling where danger rises as the value falls
    closed : "right": a value on a bound belongs to the lower level; "left": to the higher
    zero_is_absent : whether the value 0 is level 0 (a dry cell, down to `DRY_M`; lower is no data) or a value like others
    low, high : the ends of the scale that the bounds are for, where it has ends

    >>> Breakpoints((0.3, 0.5, 1.2, 2.0), "right", zero_is_absent=True).levels(np.array([0.0, 0.3, 0.31, 2.5, np.nan])).tolist()
    [0, 1, 2, 5, 255]
    >>> Breakpoints((0.8, 0.6, 0.4, 0.2), "right").levels(np.array([0.9, 0.1])).tolist()
    [1, 5]
    """

    bounds: tuple[float, float, float, float]
    closed: Closed
    zero_is_absent: bool = False
    source: str = ""
    verified: bool = False
    low: float = -math.inf
    high: float = math.inf

    def off_scale(self, value: float) -> bool:
        """Whether a value is none of the scale that the bounds are for.

        >>> percent = Breakpoints((20, 40, 60, 80), "right", low=0, high=100)
        >>> percent.off_scale(100.00001), percent.off_scale(101)
        (False, True)
        """
        slack = _ROUNDING * abs(self.bounds[3] - self.bounds[0])
        return not self.low - slack <= value <= self.high + slack

    @property
    def falling(self) -> bool:
        return self.bounds[0] > self.bounds[-1]

    def levels(self, values: NDArray[np.float64], dtype: np.dtype[np.generic] | None = None) -> NDArray[np.uint8]:
        """Levels of true values (any shape, float64; NaN = no data).

        dtype : type in which the values were stored; the bounds are rounded to it first, so that a stored 0.3 equals
            the bound 0.3
        """
        return self.levels_of(values, math.nan, 1.0, 0.0, dtype)

    def levels_of(
        self, stored: NDArray[np.generic], fill: float, scale: float, offset: float, dtype: np.dtype[np.generic] | None
    ) -> NDArray[np.uint8]:
        """Levels of values as they are stored, without a copy of them: true value = stored · scale + offset."""
        bounds = np.asarray(self.bounds, np.float64)
        if dtype is not None and np.issubdtype(dtype, np.floating):
            bounds = bounds.astype(dtype).astype(np.float64)
        sign = -1 if self.falling else 1
        out = np.empty(stored.shape, np.uint8)
        cells = np.ascontiguousarray(stored).reshape(-1)
        dry = DRY_M if self.zero_is_absent else math.nan
        level(cells, float(fill), scale, offset, sign * bounds, sign, self.closed == "right", dry, NO_DATA, out.reshape(-1))
        return out


@dataclass(frozen=True)
class Hazard:
    """What is known of a hazard map besides its cells.

    family : the catalogue's hazard word, which decides breakpoints and which actions address it
    measure : "susceptibility" (no frequency) or "hazard"
    variable : what the values are, as effects name it ("depth", "soil_loss"); None for maps of classes
    title : in Spanish and English
    """

    key: HazardKey
    family: str
    measure: Literal["susceptibility", "hazard"]
    kind: str
    breakpoints: Breakpoints | None
    title: Mapping[str, str]
    source: str = ""
    date: str = ""
    licence: str = ""
    public: bool = True

    @property
    def variable(self) -> str | None:
        return None if self.kind == "levels" else self.kind


@dataclass(frozen=True)
class HazardMap:
    """A hazard's levels on its own lattice, extended over what is studied; beyond its raster there is no data.

    layer : as stored: classes, or values from which breakpoints make levels
    codes : for classes: stored code → level 0…5 or 255, as a table indexed by the code (256 or 65,536 long)

    >>> grid = Grid.from_bounds("EPSG:32615", (0, 0, 300, 100), 100)
    >>> depth = ArrayLayer(grid, np.array([[0, 20, 250]], np.int16), -1, scale=0.01)
    >>> hazard = Hazard(HazardKey("flood", "present"), "flood", "hazard", "depth", published()["flood", "depth"], {"es": "", "en": ""})
    >>> flood = HazardMap(hazard, grid, depth)
    >>> flood.values(grid.window).tolist(), flood.levels(grid.window).tolist()
    ([[0.0, 0.2, 2.5]], [[0, 1, 5]])
    """

    hazard: Hazard
    grid: Grid
    layer: Layer
    codes: NDArray[np.uint8] | None = None

    @property
    def key(self) -> HazardKey:
        return self.hazard.key

    @property
    def has_values(self) -> bool:
        return self.codes is None

    def stored(self, window: Window) -> NDArray[np.generic]:
        """(rows, columns) as stored, ``layer.fill`` where there are no data; the window is one of ``grid``."""
        return read_padded(self.layer, self.grid, window)

    def values(self, window: Window) -> NDArray[np.float64]:
        """(rows, columns) true values, NaN where there are no data. Raises TypeError for a map of classes."""
        if self.codes is not None:
            raise TypeError(f"{self.key} holds classes, not values")
        stored = self.stored(window)
        return true_values(stored, self.layer)

    def levels(self, window: Window) -> NDArray[np.uint8]:
        """(rows, columns) levels 0…5, 255 = no data."""
        return self.levels_of(self.stored(window))

    def levels_of(self, stored: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Levels of stored values of any shape."""
        if self.codes is not None:
            return np.asarray(self.codes[stored])
        assert self.hazard.breakpoints is not None
        layer = self.layer
        return self.hazard.breakpoints.levels_of(stored, layer.fill, layer.scale, layer.offset, self.bound_type)

    @property
    def bound_type(self) -> np.dtype[np.generic] | None:
        """The type to which bounds are rounded.

        Scaled values are float64 numbers of their own: only what was stored as it stands has the stored type's rounding.
        """
        return self.layer.dtype if (self.layer.scale, self.layer.offset) == (1.0, 0.0) else None


def true_values(stored: NDArray[np.generic], layer: Layer) -> NDArray[np.float64]:
    """Stored values with scale and offset applied in float64, NaN where there are no data.

    >>> grid = Grid.from_bounds("EPSG:32615", (0, 0, 200, 100), 100)
    >>> layer = ArrayLayer(grid, np.array([[150, -1]], np.int16), -1, scale=0.01)
    >>> true_values(layer.values, layer).tolist()
    [[1.5, nan]]
    """
    values = stored.astype(np.float64)
    values[missing(stored, layer.fill)] = np.nan
    if (layer.scale, layer.offset) != (1.0, 0.0):
        values = values * layer.scale + layer.offset
    return values


def class_map(hazard: Hazard, grid: Grid, levels: NDArray[np.uint8]) -> HazardMap:
    """A hazard map from an array of levels (rows, columns) uint8, 0…5 and 255, held in memory.

    >>> grid = Grid.from_bounds("EPSG:32615", (0, 0, 200, 100), 100)
    >>> hazard = Hazard(HazardKey("fire", "present"), "fire", "susceptibility", "levels", None, {"es": "Incendios", "en": "Fires"})
    >>> class_map(hazard, grid, np.array([[3, NO_DATA]], np.uint8)).levels(grid.window).tolist()
    [[3, 255]]
    """
    return HazardMap(hazard, grid, ArrayLayer(grid, levels, NO_DATA), code_table({i: i for i in LEVELS}, 256))


def code_table(codes: Mapping[int, int], length: int) -> NDArray[np.uint8]:
    """A table indexed by stored code; what ``codes`` does not list is no data.

    >>> code_table({10: 1, 20: 5}, 256)[[10, 20, 30]].tolist()
    [1, 5, 255]
    """
    table = np.full(length, NO_DATA, np.uint8)
    for code, meaning in codes.items():
        table[code] = meaning
    return table


@cache
def published() -> Mapping[tuple[str, str], Breakpoints]:
    """``data/breakpoints.csv`` by (family, kind): each row with its source.

    >>> published()["flood", "depth"].bounds
    (0.3, 0.5, 1.2, 2.0)
    """
    text = files("envgis.data").joinpath("breakpoints.csv").read_text(encoding="utf-8")
    return {(row["family"], row["kind"]): _row(row) for row in csv.DictReader(text.splitlines())}


def _row(row: Mapping[str, str]) -> Breakpoints:
    bounds = tuple(float(row[f"bound_{i}"]) for i in range(1, 5))
    closed: Closed = "right" if row["closed"] == "right" else "left"
    low, high = float(row["low"] or -math.inf), float(row["high"] or math.inf)
    return Breakpoints(bounds, closed, row["level_0"] == "zero", row["source"], row["verified"] == "yes", low, high)  # type: ignore[arg-type]
