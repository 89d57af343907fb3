"""The benchmark's job by different means: hazard levels × land use in 340 zones.

Each contestant gets the workload's folder and gives what it found. Peers get GDAL's default cache of a twentieth of the
memory; envgis keeps to the 64 MB that its command line sets. Nothing is imported that a contestant does not need.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from workload import LAND_USE_CLASSES, NO_DATA

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from envgis.grid import Grid
    from envgis.landuse import LandUse
    from envgis.levels import HazardMap

LEVELS = range(6)
ROWS = 512
LEGEND = [str(code) for code in range(1, LAND_USE_CLASSES + 1)]
BINS = (len(LEVELS) + 1) * (LAND_USE_CLASSES + 1)
# A cell's area where all are to count alike, and its share is to be seen.
_ALIKE_MM2 = 10**8


@dataclass(frozen=True)
class Work:
    """A workload's files: zones.gpkg, hazard.tif, landuse.tif; and pairs.tif, the two rasters as one."""

    folder: Path

    @cached_property
    def zones(self) -> gpd.GeoDataFrame:
        import geopandas as gpd

        return gpd.read_file(self.folder / "zones.gpkg")

    @cached_property
    def hazard(self) -> HazardMap:
        from envgis.levels import Hazard, HazardKey, HazardMap, code_table
        from envgis.sources import rasters

        layer, faults = rasters.open_layer([self.folder / "hazard.tif"], ["hazard.tif"], 1)
        assert layer is not None, faults
        codes = {level: level for level in LEVELS}
        about = Hazard(HazardKey("hazard", "present"), "flood", "hazard", "levels", None, {"es": "", "en": ""})
        return HazardMap(about, layer.grid, layer.as_classes(codes), code_table(codes, 256))

    @cached_property
    def landuse(self) -> LandUse:
        from envgis.sources import landuse, legends, rasters

        layer, faults = rasters.open_layer([self.folder / "landuse.tif"], ["landuse.tif"], 1)
        assert layer is not None, faults
        return landuse.from_raster(layer.as_classes(range(1, LAND_USE_CLASSES + 1)), legends.plain(LEGEND))


def decode(work: Work) -> None:
    """The measure of all: both rasters read once, by 512 rows, into new arrays."""
    with rasterio.open(work.folder / "hazard.tif") as hazard, rasterio.open(work.folder / "landuse.tif") as use:
        for window in windows(hazard.height, hazard.width):
            hazard.read(1, window=window)
            use.read(1, window=window)


def windows(rows: int, columns: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    return [((top, min(rows, top + ROWS)), (0, columns)) for top in range(0, rows, ROWS)]


def envgis(work: Work, threads: int = 1, grid: Grid | None = None) -> pd.DataFrame:
    """The ledger: exact shares of cells, true areas."""
    from envgis import ledger, zones
    from envgis.blocks import How

    grid = grid or work.hazard.grid
    cover = zones.cover(work.zones, grid)
    return ledger.tabulate(cover, work.hazard, work.landuse.on(grid), list(work.zones["code"]), LEGEND, how=How(threads))


def exactextract(work: Work) -> pd.DataFrame:
    """Exact shares of cells, as a count of cells and a share for each pair; on one raster, made beforehand."""
    from exactextract import exact_extract

    return exact_extract(work.folder / "pairs.tif", work.zones, ["unique", "frac", "count"], output="pandas", include_cols=["code"])


def rasterstats(work: Work) -> list[dict[Any, int]]:
    """Cells whose centre lies in the zone, for each pair; on one raster, made beforehand."""
    from rasterstats import zonal_stats

    return zonal_stats(work.zones, str(work.folder / "pairs.tif"), categorical=True, nodata=NO_DATA)


def by_hand(work: Work) -> NDArray[np.int64]:
    """Cells whose centre lies in the zone, for each pair of stored codes: rasterize and bincount, as one would write it."""
    with rasterio.open(work.folder / "hazard.tif") as hazard, rasterio.open(work.folder / "landuse.tif") as landuse:
        key = (_rasterized(work, hazard).astype(np.int64) * 256 + hazard.read(1)) * 256 + landuse.read(1)
    return np.bincount(key.ravel(), minlength=(len(work.zones) + 1) << 16).reshape(-1, 256, 256)


def by_hand_in_bands(work: Work) -> NDArray[np.int64]:
    """The same with care for memory, by 512 rows and by position in the tables."""
    level, use = tables()
    with rasterio.open(work.folder / "hazard.tif") as hazard, rasterio.open(work.folder / "landuse.tif") as landuse:
        zone = _rasterized(work, hazard)
        counts = np.zeros((len(work.zones) + 1) * BINS, np.int64)
        for rows, columns in windows(*hazard.shape):
            pairs = level[hazard.read(1, window=(rows, columns))] * (LAND_USE_CLASSES + 1) + use[landuse.read(1, window=(rows, columns))]
            counts += np.bincount((zone[slice(*rows)].astype(np.int64) * BINS + pairs).ravel(), minlength=len(counts))
    return counts.reshape(-1, BINS)


def _rasterized(work: Work, like: rasterio.DatasetReader) -> NDArray[np.uint16]:
    from rasterio.features import rasterize

    shapes = zip(work.zones.geometry, range(1, len(work.zones) + 1), strict=True)
    return rasterize(shapes, like.shape, transform=like.transform, dtype="uint16")


def tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Stored code → position of the level, of the class; the last is no data."""
    level, use = np.full(256, len(LEVELS), np.uint8), np.full(256, LAND_USE_CLASSES, np.uint8)
    level[list(LEVELS)] = np.arange(len(LEVELS))
    use[1 : LAND_USE_CLASSES + 1] = np.arange(LAND_USE_CLASSES)
    return level, use


def join(work: Work) -> None:
    """Make pairs.tif: positions of level and class in one number, without no data."""
    level, use = tables()
    with rasterio.open(work.folder / "hazard.tif") as hazard, rasterio.open(work.folder / "landuse.tif") as landuse:
        profile = hazard.profile | {"nodata": None}
        with rasterio.open(work.folder / "pairs.tif", "w", **profile) as out:
            for window in windows(*hazard.shape):
                pairs = level[hazard.read(1, window=window)] * (LAND_USE_CLASSES + 1) + use[landuse.read(1, window=window)]
                out.write(pairs, 1, window=window)


def shares(work: Work) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cells (zones, pairs) by envgis, with every cell's area alike, and by exactextract."""
    from envgis.grid import CellAreas
    from envgis.ledger import OUTSIDE

    alike = replace(work.hazard.grid)
    one = np.zeros(alike.rows, np.int32), np.zeros(alike.columns, np.int32), np.full((1, 1), _ALIKE_MM2)
    vars(alike)["areas"] = CellAreas(*one)
    found = envgis(work, grid=alike)
    found = found[found["municipality"] != OUTSIDE]
    row = work.zones["code"].to_list()
    level = [*LEVELS, NO_DATA]
    mine = np.zeros((len(row), BINS))
    classes = [*LEGEND, "no_data"]
    for code, stored, use, area in found[["municipality", "level", "landuse", "area_mm2"]].itertuples(index=False):
        mine[row.index(code), level.index(stored) * len(classes) + classes.index(use)] += area / _ALIKE_MM2
    theirs = np.zeros_like(mine)
    for z, (unique, share, count) in enumerate(exactextract(work)[["unique", "frac", "count"]].itertuples(index=False)):
        theirs[z, np.asarray(unique, int)] = np.asarray(share) * count
    return mine, theirs


def default_cache() -> int:
    """GDAL's own cache [bytes]: a twentieth of the memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 20


ENVGIS_CACHE = 64 * 2**20
# name → what is run, and GDAL's cache
CONTESTANTS: dict[str, tuple[Callable[[Work], object], int]] = {
    "decode": (decode, default_cache()),
    "decode, 64 MB cache": (decode, ENVGIS_CACHE),
    "envgis, 1 thread": (envgis, ENVGIS_CACHE),
    "envgis, 2 threads": (lambda work: envgis(work, 2), ENVGIS_CACHE),
    "rasterize + bincount": (by_hand, default_cache()),
    "the same in bands": (by_hand_in_bands, default_cache()),
    "exactextract": (exactextract, default_cache()),
    "rasterstats": (rasterstats, default_cache()),
}
PEERS = {"exactextract", "rasterstats"}  # ten times slower: run less often


def run(name: str, work: Work) -> object:
    """Carry out one contestant's job."""
    job, cache = CONTESTANTS[name]
    with rasterio.Env(GDAL_CACHEMAX=cache):
        return job(work)
