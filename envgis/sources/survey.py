"""What a layer's cells hold, seen in one pass by windows: the facts that checks need, in bounded memory."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from envgis.grid import Grid, Layer, Window, missing

# What programs write for "no data" when nobody told them otherwise.
SENTINELS = (-999.0, -9999.0, -99999.0, -32768.0, -32767.0, -2147483648.0, -2147483647.0, 1e20)
# The highest number of an unsigned type: often no data, but as often a value.
FULLEST = {"uint8": 255, "uint16": 65_535, "uint32": 4_294_967_295}
# Beyond this a float32 is the type's own end, also a common sentinel.
_END = 3e38
_CELLS = 2**21


@dataclass(frozen=True)
class Facts:
    """What one pass over a layer found.

    valid : cells with data
    low, high : true values (scale and offset applied) over the whole layer, NaN without data
    low_at, high_at : x, y of such cells, in the layer's CRS
    sentinels : stored values that look like "no data" but count as values, with how many cells have them
    fullest : how many cells have the highest number of an unsigned type (255, 65535, 4294967295), which may stand for no data
    total : sum of the true values over the whole layer
    asked : whether there were municipalities to look inside
    inside, inside_valid : cells that they touch, and those of them with data
    classes : stored value → cells that the municipalities touch; empty unless asked for
    zeros : for each municipality, of the cells whose centre it holds: those with data, and those that are 0; empty
        unless asked for
    """

    valid: int
    low: float
    high: float
    low_at: tuple[float, float]
    high_at: tuple[float, float]
    sentinels: Mapping[float, int]
    fullest: int
    total: float
    asked: bool
    inside: int
    inside_valid: int
    classes: Mapping[float, int]
    zeros: tuple[tuple[int, int], ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there are no data at all, or none in the municipalities."""
        return self.valid == 0 or (self.asked and self.inside_valid == 0)


def survey(layer: Layer, zones: Sequence[BaseGeometry], count_classes: bool = False, count_zeros: bool = False) -> Facts:
    """Look at every cell of a layer once.

    zones : polygons in the layer's CRS; "inside" is what they touch
    count_classes : count the values inside; count_zeros : count the zeros of each zone
    """
    inside = _Inside(layer.grid, zones)
    low, high = math.inf, -math.inf
    low_at = high_at = (math.nan, math.nan)
    valid = touched = touched_valid = fullest = 0
    total = 0.0
    top = FULLEST.get(getattr(layer, "stored", layer.dtype).name)
    sentinels: Counter[float] = Counter()
    classes: Counter[float] = Counter()
    zeros = np.zeros((len(zones), 2), np.int64)
    for window in layer.grid.blocks(_CELLS):
        values = layer.read(window)
        absent = missing(values, layer.fill)
        there = values[~absent]
        for part, piece, near, mask in inside.of(window):
            if count_zeros:
                zeros += _zeros(values[part], layer, absent[part], inside.holders(piece, near), len(zones))
            touched += int(np.count_nonzero(mask))
            mask &= ~absent[part]
            touched_valid += int(np.count_nonzero(mask))
            if count_classes:
                classes.update(_counts(values[part][mask]))
        if there.size == 0:
            continue
        valid += there.size
        total += float(there.sum(dtype=np.float64))
        least, most = float(there.min()), float(there.max())
        sentinels.update(_sentinels(there, least, most))
        if most == top:
            fullest += int(np.count_nonzero(there == there.dtype.type(top)))
        if least < low:
            low, low_at = least, _first(layer.grid, window, values, least)
        if most > high:
            high, high_at = most, _first(layer.grid, window, values, most)
    if layer.scale < 0:
        low, high, low_at, high_at = high, low, high_at, low_at
    low, high = (v * layer.scale + layer.offset if valid else math.nan for v in (low, high))
    return Facts(
        valid,
        low,
        high,
        low_at,
        high_at,
        dict(sentinels),
        fullest,
        total * layer.scale + valid * layer.offset,
        bool(zones),
        touched,
        touched_valid,
        dict(classes),
        _pairs(zeros) if count_zeros else (),
    )


def _first(grid: Grid, window: Window, values: NDArray[np.generic], value: float) -> tuple[float, float]:
    row, column = np.unravel_index(int(np.argmax(values == values.dtype.type(value))), values.shape)
    x, y = grid.centers(Window(window.row + int(row), window.column + int(column), 1, 1))
    return float(x[0]), float(y[0])


def _counts(values: NDArray[np.generic]) -> dict[float, int]:
    if values.size and values.dtype.kind in "iu" and int(values.min()) >= 0 and int(values.max()) <= 65_535:
        count = np.bincount(values.astype(np.int64))
        return {float(v): int(count[v]) for v in np.flatnonzero(count)}
    found, count = np.unique(values, return_counts=True)
    return {float(v): int(n) for v, n in zip(found, count, strict=True)}


def _zeros(values: NDArray[np.generic], layer: Layer, absent: NDArray[np.bool_], holder: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """For each of ``count`` zones its cells with data, and those that are 0."""
    there = ~absent
    zero = values == 0 if (layer.scale, layer.offset) == (1.0, 0.0) else values.astype(float) * layer.scale + layer.offset == 0
    counts = [np.bincount(holder[cells], minlength=count + 1)[1:] for cells in (there, there & zero)]
    return np.column_stack(counts)


def _pairs(zeros: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    return tuple((int(valid), int(zero)) for valid, zero in zeros)


def _sentinels(values: NDArray[np.generic], least: float, most: float) -> dict[float, int]:
    found = {}
    for sentinel in SENTINELS:
        # A float32 cannot hold 1e20 exactly: compare in the values' own type.
        if least <= sentinel * (1 + 1e-6 * math.copysign(1, sentinel)) and sentinel <= most * (1 + 1e-6 * math.copysign(1, most)):
            own = np.float64(sentinel).astype(values.dtype) if values.dtype.kind == "f" else sentinel
            found[sentinel] = int(np.count_nonzero(values == own))
    if least < -_END:
        found[least] = int(np.count_nonzero(values < -_END))  # type: ignore[operator]
    if most > _END:
        found[most] = int(np.count_nonzero(values > _END))  # type: ignore[operator]
    return {value: count for value, count in found.items() if count}


class _Inside:
    """Which cells polygons touch."""

    def __init__(self, grid: Grid, zones: Sequence[BaseGeometry]) -> None:
        self.grid = grid
        self.tree = STRtree(list(zones)) if zones else None

    def of(self, window: Window) -> Iterator[tuple[tuple[slice, slice], Grid, NDArray[np.intp], NDArray[np.bool_]]]:
        """The part of a window that polygons may touch, if any: its rows and columns, its grid, which polygons, where."""
        from rasterio.features import geometry_mask

        if self.tree is None:
            return
        piece = self.grid.crop(window)
        found = np.sort(self.tree.query(shapely.box(*piece.bounds)))
        near = self.tree.geometries.take(found)
        if len(near) == 0:
            return
        over = piece.cover(tuple(shapely.total_bounds(near)))
        top, left = max(0, over.row - 1), max(0, over.column - 1)
        bottom, right = min(piece.rows, over.row + over.rows + 1), min(piece.columns, over.column + over.columns + 1)
        if top >= bottom or left >= right:
            return
        part = piece.crop(Window(top, left, bottom - top, right - left))
        mask = geometry_mask(list(near), part.shape, part.transform, all_touched=True, invert=True)
        yield (slice(top, bottom), slice(left, right)), part, found, np.asarray(mask)

    def holders(self, part: Grid, near: NDArray[np.intp]) -> NDArray[np.int32]:
        """For each cell the polygon that holds its centre, counted from 1; 0 where none does."""
        from rasterio.features import rasterize

        assert self.tree is not None
        shapes = ((self.tree.geometries[i], int(i) + 1) for i in near)
        return np.asarray(rasterize(shapes, part.shape, transform=part.transform, dtype="int32"))
