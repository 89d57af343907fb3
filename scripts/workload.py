"""The benchmark's workload W1: hazard × land use by wiggly zones that tile the area, made from a seed.

Its rasters are as rough as real class maps of 10 m. Of 100 neighbours in a row, 12 differ here in the hazard and 10 in
land use; of the maps tried, in flood levels of 10 m 3 do, in land cover of 30 m (three times as coarse) 17 to 20.
"""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.transform import from_origin

if TYPE_CHECKING:
    import geopandas as gpd

CRS = "EPSG:32615"
CELL_M = 10.0
WEST_M, NORTH_M = 440_000.0, 1_740_000.0
LAND_USE_CLASSES = 12
NO_DATA = 255

Points = NDArray[np.float64]


def zones(cells: int, count: int = 340, vertices: int = 640, seed: int = 1) -> gpd.GeoDataFrame:
    """``count`` zones that tile a square of ``cells`` × ``cells``, at least ``vertices`` vertices each.

    Voronoi cells whose edges are bent. An edge stays between the two seeds that it parts, so no two edges can cross.
    """
    import geopandas as gpd

    rng = np.random.default_rng(seed)
    side = cells * CELL_M
    corner = np.array([WEST_M, NORTH_M - side])
    seeds = rng.uniform(0, side, (count, 2))
    rings = _voronoi(seeds, side)
    sides: dict[tuple[float, ...], int] = {}
    for ring in rings:
        for key, _ in _edges(ring):
            sides[key] = min(len(ring) - 1, sides.get(key, len(ring)))
    bent: dict[tuple[float, ...], Points] = {}
    polygons = []
    for point, ring in zip(seeds, rings, strict=True):
        line = []
        for key, forward in _edges(ring):
            if key not in bent:
                bent[key] = _bend(np.reshape(key, (2, 2)), point, -(-vertices // sides[key]), side, rng)
            line.append(bent[key][:-1] if forward else bent[key][:0:-1])
        polygons.append(shapely.Polygon(np.vstack(line) + corner))
    return gpd.GeoDataFrame({"code": [f"{i:04d}" for i in range(count)]}, geometry=polygons, crs=CRS)


def _voronoi(seeds: Points, side: float) -> list[Points]:
    """The closed ring of each seed's cell in the square from (0, 0) to (side, side), in whole millimetres."""
    # Mirrored seeds make the square's sides into edges like any other.
    mirrored = [np.where(np.arange(2) == axis, 2 * end - seeds, seeds) for axis in (0, 1) for end in (0.0, side)]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(np.vstack([seeds, *mirrored]))))
    of_seed = shapely.STRtree(cells).query(shapely.points(seeds), predicate="within")[1]
    rings = [np.round(shapely.get_coordinates(cell), 3) for cell in cells[of_seed]]
    return [ring[np.append(True, (np.diff(ring, axis=0) != 0).any(axis=1))] for ring in rings]


def _edges(ring: Points) -> list[tuple[tuple[float, ...], bool]]:
    """Each edge as (xa, ya, xb, yb) from its lower end, which is the same for both its cells, and whether so it runs."""
    pairs = [(tuple(a), tuple(b)) for a, b in zip(ring[:-1].tolist(), ring[1:].tolist(), strict=True)]
    return [((*a, *b), True) if a < b else ((*b, *a), False) for a, b in pairs]


def _bend(ends: Points, seed: Points, steps: int, side: float, rng: np.random.Generator) -> Points:
    """A Voronoi edge as a wiggly line of so many steps; the square's own sides keep straight."""
    t = np.linspace(0, 1, steps + 1)[:, None]
    straight = ends[0] * (1 - t) + ends[1] * t
    straight[-1] = ends[1]
    if ((ends[0] == ends[1]) & ((ends[0] == 0) | (ends[0] == side))).any():
        return straight
    waves = np.arange(1, 16)
    sway = (rng.normal(0, 1 / waves) * np.sin(np.pi * waves * t)).sum(axis=1, keepdims=True)
    # On one side the seed, on the other its mirror image: a share below 1 of the way to it never leaves the triangle,
    # and from one triangle to the other it goes by the edge.
    sway[1:][sway[1:] * sway[:-1] < 0] = 0
    length = np.hypot(*(ends[1] - ends[0]))
    along = (ends[1] - ends[0]) / length
    mirror = 2 * (ends[0] + along * ((seed - ends[0]) @ along)) - seed
    share = np.tanh(sway) * min(0.2, 0.8 * length / np.hypot(*(seed - mirror)))
    out = straight + np.abs(share) * (np.where(share > 0, seed, mirror) - straight)
    out[[0, -1]] = ends
    return out


def rasters(folder: Path, cells: int, seed: int = 2) -> tuple[Path, Path]:
    """Hazard levels (0…5) and land use (classes 1…12), both with no data (255), as deflate-compressed tiled GeoTIFF."""
    rng = np.random.default_rng(seed)
    # Two periodic surfaces whose periods have no common factor: what is made of both does not repeat.
    rough, smooth = _Surface(rng, 2048, 1.5), _Surface(rng, 1789, 2.0)
    # Of the sum of two normal surfaces, such shares lie in levels 0…5.
    bounds = NormalDist(0, 2**0.5)
    level_bounds = np.array([bounds.inv_cdf(p) for p in (0.25, 0.45, 0.65, 0.8, 0.92)], np.float32)
    # One patch of land use in fifty has no data.
    classes = rng.choice([*range(1, LAND_USE_CLASSES + 1), NO_DATA], (523, 541), p=[0.98 / 12] * 12 + [0.02]).astype(np.uint8)

    def hazard(row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.uint8]:
        levels = np.searchsorted(level_bounds, rough(row, column) + smooth(row, column)).astype(np.uint8)
        # Beyond a slanting line nothing was mapped, and here and there is a hole.
        unmapped = (column + row // 4 < cells // 20) | (smooth(row + 700, column + 300) > 2.3)
        return np.where(unmapped, np.uint8(NO_DATA), levels)

    def landuse(row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.uint8]:
        patch_row = (row + 30 * rough(row + 100, column)).astype(np.int64) // 60
        patch_column = (column + 30 * rough(row, column + 900)).astype(np.int64) // 60
        return classes[patch_row % 523, patch_column % 541]

    return _write(folder / "hazard.tif", cells, hazard), _write(folder / "landuse.tif", cells, landuse)


class _Surface:
    """A periodic random surface like terrain, mean 0 and spread 1; the larger its slope of spectrum, the smoother."""

    def __init__(self, rng: np.random.Generator, period: int, slope: float) -> None:
        wave = np.hypot(np.fft.fftfreq(period)[:, None], np.fft.rfftfreq(period)[None, :]) * period
        wave[0, 0] = np.inf
        noise = np.fft.rfft2(rng.normal(size=(period, period)))
        # Nothing longer than a quarter of the period: each part of the map holds all that the map holds.
        values = np.fft.irfft2(noise * np.where(wave < 4, 0, wave**-slope), s=(period, period))
        self.period, self.values = period, (values / values.std()).astype(np.float32)

    def __call__(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.values[row % self.period, column % self.period]


def _write(path: Path, cells: int, classes) -> Path:  # type: ignore[no-untyped-def]
    """A raster of what ``classes(row (n, 1), column (1, m))`` gives, made band by band."""
    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": 1, "width": cells, "height": cells, "nodata": NO_DATA, "crs": CRS,
        "transform": from_origin(WEST_M, NORTH_M, CELL_M, CELL_M), "tiled": True, "blockxsize": 512, "blockysize": 512,
        "compress": "deflate",
    }  # fmt: skip
    column = np.arange(cells)[None, :]
    with rasterio.open(path, "w", **profile) as out:
        for top in range(0, cells, 512):
            rows = min(512, cells - top)
            out.write(classes(np.arange(top, top + rows)[:, None], column), 1, window=((top, top + rows), (0, cells)))
    return path
