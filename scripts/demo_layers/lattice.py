"""Lattices, sampling between them, and seeded noise.

Every random number comes from one seed and every height is rounded before it decides anything, so that the last bit of
a sine on another processor cannot send a river into another valley.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
import shapely
from pyproj import Transformer
from rasterio.transform import Affine

SEED = 20261124
GTM = "ESRI:103598"
UTM = "EPSG:32615"
WGS = "EPSG:4326"


def generator(purpose: str) -> np.random.Generator:
    """A generator of its own for each purpose, so that a new layer does not change the others."""
    return np.random.default_rng([SEED, zlib.crc32(purpose.encode())])


@dataclass(frozen=True)
class Lattice:
    """A north-up raster whose corners are whole multiples of its cell: tiles of one lattice fit together."""

    crs: str
    per_unit: int | None  # cells per unit of the CRS (3600: arc-seconds); None: see size
    size: int | None  # metres a cell; None: see per_unit
    column0: int
    row0: int  # row of the northern edge, counted north from the origin of the CRS
    columns: int
    rows: int

    @classmethod
    def around(cls, crs: str, bounds: tuple[float, float, float, float], size: int | None = None, per_unit: int | None = None) -> Lattice:
        """The smallest such lattice over ``bounds`` (west, south, east, north in EPSG:4326)."""
        box = Transformer.from_crs(WGS, crs, always_xy=True).transform_bounds(*bounds, densify_pts=51)
        west, south, east, north = (v / size if size else v * (per_unit or 1) for v in box)
        column0, row0 = int(np.floor(west)), int(np.ceil(north))
        return cls(crs, per_unit, size, column0, row0, int(np.ceil(east)) - column0, row0 - int(np.floor(south)))

    @property
    def cell(self) -> float:
        """Side of a cell in units of the CRS."""
        return float(self.size) if self.size else 1.0 / (self.per_unit or 1)

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows, self.columns

    @property
    def transform(self) -> Affine:
        def at(index: int) -> float:
            return float(index * self.size) if self.size else index / (self.per_unit or 1)

        return Affine(self.cell, 0.0, at(self.column0), 0.0, -self.cell, at(self.row0))

    @cached_property
    def xy(self) -> tuple[np.ndarray, np.ndarray]:
        """Cell centres in the lattice's own CRS, each (rows, columns)."""
        x = (self.column0 + np.arange(self.columns) + 0.5) * self.cell
        y = (self.row0 - np.arange(self.rows) - 0.5) * self.cell
        return np.broadcast_to(x, self.shape), np.broadcast_to(y[:, None], self.shape)

    @cached_property
    def lonlat(self) -> tuple[np.ndarray, np.ndarray]:
        """Cell centres in EPSG:4326, each (rows, columns)."""
        return self.centres(WGS)

    def centres(self, crs: str) -> tuple[np.ndarray, np.ndarray]:
        """Cell centres in another CRS, each (rows, columns)."""
        return self.xy if crs == self.crs else _centres(self, crs)

    def index(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row and column, as fractions counted from the first cell's centre, of points in the lattice's own CRS."""
        return self.row0 - np.asarray(y) / self.cell - 0.5, np.asarray(x) / self.cell - self.column0 - 0.5

    def index_lonlat(self, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row and column, as fractions, of points in EPSG:4326."""
        return self.index(*Transformer.from_crs(WGS, self.crs, always_xy=True).transform(lon, lat))


@lru_cache(maxsize=4)
def _centres(lattice: Lattice, crs: str) -> tuple[np.ndarray, np.ndarray]:
    return Transformer.from_crs(lattice.crs, crs, always_xy=True).transform(*lattice.xy)


def moved(geometry: shapely.Geometry, source: str, target: str) -> shapely.Geometry:
    """The geometry in another CRS."""
    transformer = Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(geometry, lambda points: np.column_stack(transformer.transform(points[:, 0], points[:, 1])))


def sample(values: np.ndarray, source: Lattice, target: Lattice) -> np.ndarray:
    """``values`` on ``source`` at the cell centres of ``target``, bilinear; the edge goes on outside."""
    return at(values, *source.index(*target.centres(source.crs)))


def sample_nearest(values: np.ndarray, source: Lattice, target: Lattice) -> np.ndarray:
    """``values`` on ``source`` at the cell centres of ``target``, nearest cell."""
    row, column = source.index(*target.centres(source.crs))
    r = np.clip(np.floor(row + 0.5).astype(np.int64), 0, source.rows - 1)
    c = np.clip(np.floor(column + 0.5).astype(np.int64), 0, source.columns - 1)
    return values[r, c]


def at(values: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Bilinear value at fractional rows and columns."""
    rows, columns = values.shape
    row, column = np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)
    r, c = np.minimum(row.astype(np.int64), rows - 2), np.minimum(column.astype(np.int64), columns - 2)
    v, u = row - r, column - c
    top = values[r, c] * (1 - u) + values[r, c + 1] * u
    return top * (1 - v) + (values[r + 1, c] * (1 - u) + values[r + 1, c + 1] * u) * v


def noise(lattice: Lattice, purpose: str, wavelengths_m: tuple[float, ...], persistence: float = 0.5) -> np.ndarray:
    """Smooth noise of several wavelengths, about -1…1; a projected lattice only.

    Sums of cubic-interpolated random values on a lattice fixed to the CRS.
    """
    x, y = lattice.xy
    total = np.zeros(lattice.shape)
    weight = 1.0
    for octave, wavelength in enumerate(wavelengths_m):
        values = generator(f"{purpose} {octave}").uniform(-1, 1, (256, 256))
        u, v = x / wavelength + 0.37 * octave, y / wavelength + 0.61 * octave
        i, j = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
        u, v = u - i, v - j
        u, v = u * u * u * (u * (u * 6 - 15) + 10), v * v * v * (v * (v * 6 - 15) + 10)
        i, j = i % 255, j % 255
        top = values[j + 1, i] * (1 - u) + values[j + 1, i + 1] * u
        total += weight * (top * v + (values[j, i] * (1 - u) + values[j, i + 1] * u) * (1 - v))
        weight *= persistence
    return total


def blur(values: np.ndarray, radius: int, times: int = 2) -> np.ndarray:
    """Box means of side ``2·radius + 1``, repeated; edges repeat the outermost cell."""
    for _ in range(times):
        for axis in (0, 1):
            pad = [(0, 0), (0, 0)]
            pad[axis] = (radius + 1, radius)
            sums = np.cumsum(np.pad(values, pad, mode="edge"), axis=axis)
            n = 2 * radius + 1
            values = (np.take(sums, range(n, sums.shape[axis]), axis) - np.take(sums, range(sums.shape[axis] - n), axis)) / n
    return values


def distance_to_line(lattice: Lattice, line: np.ndarray, reach: float = 3000.0) -> tuple[np.ndarray, np.ndarray]:
    """Distance from every cell centre to a polyline (n, 2), and the position along it (0…n-1).

    Distance in CRS units; infinite where it is more than ``reach``.
    """
    xs, ys = lattice.xy
    best = np.full(lattice.shape, np.inf)
    along = np.zeros(lattice.shape)
    for k, ((ax, ay), (bx, by)) in enumerate(pairwise(line)):
        bottom, left = lattice.index(min(ax, bx) - reach, min(ay, by) - reach)
        top, right = lattice.index(max(ax, bx) + reach, max(ay, by) + reach)
        window = np.s_[max(0, int(top)) : max(0, int(bottom) + 2), max(0, int(left)) : max(0, int(right) + 2)]
        x, y = xs[window], ys[window]
        dx, dy = bx - ax, by - ay
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0, 1)
        d = np.hypot(x - ax - t * dx, y - ay - t * dy)
        nearer = (d < best[window]) & (d <= reach)
        best[window], along[window] = np.where(nearer, d, best[window]), np.where(nearer, k + t, along[window])
    return best, along
