"""Hazard and residual levels as Cloud Optimized GeoTIFF, with their colours and the names of their classes.

Written by bands of rows, so that a raster of any size takes the same memory.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import rasterio
import rasterio.errors
import rasterio.shutil
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.windows import Window as RasterWindow

from envgis import files
from envgis.adaptation import ResidualMap
from envgis.assessment import Assessment
from envgis.grid import Grid, Window
from envgis.levels import COLOURS, LEVELS, NO_DATA, HazardKey, HazardMap
from envgis.publish import qgis
from envgis.publish.wording import Wording

# Rows of a band: a multiple of the tiles of the file, so that each tile is compressed once.
_TILE = 512
_THREADS = min(2, os.cpu_count() or 1)
_REFUSALS = (rasterio.errors.RasterioError, CPLE_BaseError)
Cells = Callable[[Window], NDArray[np.uint8]]


def write(assessment: Assessment, folder: Path, threads: int = _THREADS) -> Iterator[Path]:
    """Write the rasters of an assessment into ``folder``: yields the path of each as it is done.

    ``<hazard>_<scenario>[_T<years>].tif`` and, where actions are in force, ``residual_….tif`` (the central level of
    the face at each cell's centre), each with an ``.aux.xml`` (class names) and a ``.qml`` (legend in QGIS). Layers
    that are not public are left out.

    threads : rasters written at once; compressing takes most of the time, and lets other threads run
    """
    words = Wording(assessment)
    names = [words.say(f"level.{level}") for level in LEVELS]
    notice = words.say("synthetic") if assessment.synthetic else ""
    sidecars = {".tif.aux.xml": class_names(names, notice).encode(), ".qml": legend(names, notice).encode()}
    rasters = list(_rasters(assessment, words))
    pool = ThreadPoolExecutor(threads)
    try:
        done = pool.map(lambda raster: write_cog(folder / f"{raster.name}.tif", raster.grid, raster.cells, raster.tags), rasters)
        for raster, _ in zip(rasters, done, strict=True):
            for suffix, content in sidecars.items():
                files.write_file(folder / (raster.name + suffix), content)
            yield folder / f"{raster.name}.tif"
    finally:
        pool.shutdown(cancel_futures=True)  # who stops waits for the rasters begun, not for all


class _Raster(NamedTuple):
    name: str
    grid: Grid
    cells: Cells
    tags: dict[str, str]


def _rasters(assessment: Assessment, words: Wording) -> Iterator[_Raster]:
    for key, one in assessment.maps.items():
        if not one.hazard.public:
            continue
        tags = _tags(assessment, words, key, one)
        yield _Raster(key.slug, one.grid, one.levels, tags)
        residual = assessment.residuals.get(key)
        if residual is not None:
            yield _Raster(f"residual_{key.slug}", one.grid, _central(residual), {**tags, "content": words.say("raster.residual")})


def _central(residual: ResidualMap) -> Cells:
    return lambda window: residual.read(window)[0]


def write_cog(path: Path, grid: Grid, cells: Cells, tags: dict[str, str]) -> None:
    """Write levels as a COG: 0…5 and 255 for no data, the levels' colours, overviews by the most frequent level.

    cells : (rows, columns) uint8 of a window of ``grid``; tags : what the file says of itself
    """
    profile = {
        "driver": "GTiff",
        "width": grid.columns,
        "height": grid.rows,
        "count": 1,
        "dtype": "uint8",
        "nodata": NO_DATA,
        "crs": rasterio.crs.CRS.from_wkt(grid.crs.to_wkt()),
        "transform": grid.transform,
        "compress": "deflate",
        "zlevel": 1,
        "sparse_ok": True,
        "bigtiff": "if_safer",
        # Tiles of the first file would be cut where a small raster ends; strips are as good.
        **({"tiled": True, "blockxsize": _TILE, "blockysize": _TILE} if min(grid.shape) >= _TILE else {}),
    }
    with files.replacing(path) as final, files.scratch(path) as flat, _without_sidecars(), files.told(path, *_REFUSALS):
        with rasterio.open(flat, "w", **profile) as target:
            target.write_colormap(1, {level: (*_rgb(level), 255) for level in LEVELS})
            target.update_tags(**tags)
            given = 0
            for window in bands(grid):
                block = np.ascontiguousarray(cells(window))
                given = zlib.crc32(block.data, given)
                target.write(block, 1, window=_pixels(window))
        options = {"compress": "deflate", "blocksize": _TILE, "overview_resampling": "mode", "bigtiff": "if_safer", "sparse_ok": "TRUE"}
        rasterio.shutil.copy(flat, final, driver="COG", **options)
        _check(final, grid, given)


def _check(path: Path, grid: Grid, given: int) -> None:
    """GDAL may close a file on a full disk without a word: what was written is read again."""
    found = 0
    with rasterio.open(path, driver="GTiff") as source:
        for window in bands(grid):
            found = zlib.crc32(np.ascontiguousarray(source.read(1, window=_pixels(window))).data, found)
    if found != given:
        raise rasterio.errors.RasterioIOError("the file does not hold what was written to it")


def _pixels(window: Window) -> RasterWindow:
    return RasterWindow(window.column, window.row, window.columns, window.rows)


def bands(grid: Grid) -> Iterator[Window]:
    """Windows of whole rows, from north to south, that end where the tiles of a file end."""
    for row in range(0, grid.rows, _TILE):
        yield Window(row, 0, min(_TILE, grid.rows - row), grid.columns)


def class_names(names: list[str], notice: str = "") -> str:
    """GDAL's ``.aux.xml``: what each value is called, and the raster's notice; rasterio cannot write it."""
    said = f'\n  <Metadata>\n    <MDI key="notice">{escape(notice)}</MDI>\n  </Metadata>' if notice else ""
    categories = "".join(f"\n      <Category>{escape(name)}</Category>" for name in names)
    band = f'\n  <PAMRasterBand band="1">\n    <CategoryNames>{categories}\n    </CategoryNames>\n  </PAMRasterBand>'
    return f"<PAMDataset>{said}{band}\n</PAMDataset>\n"


def legend(names: list[str], notice: str = "") -> str:
    """QGIS's style beside the raster: a legend of the levels alone, not of all 256 values of its colour table."""
    entries = "".join(
        f'\n        <paletteEntry value="{level}" color="{COLOURS[level]}" alpha="255" label={quoteattr(name)}/>'
        for level, name in zip(LEVELS, names, strict=True)
    )
    palette = f"\n      <colorPalette>{entries}\n      </colorPalette>"
    renderer = f'\n    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">{palette}\n    </rasterrenderer>'
    return qgis.style(f"\n  <pipe>{renderer}\n  </pipe>\n", notice)


def _tags(assessment: Assessment, words: Wording, key: HazardKey, one: HazardMap) -> dict[str, str]:
    hazard = one.hazard
    known = {
        "title": words.view(key),
        "content": words.say(f"raster.{hazard.measure}"),
        "source": hazard.source,
        "date": hazard.date,
        "licence": hazard.licence,
        "run": assessment.run_id,
        "notice": words.say("synthetic") if assessment.synthetic else "",
    }
    return {name: text for name, text in known.items() if text}


@contextmanager
def _without_sidecars() -> Iterator[Any]:
    """GDAL must not add files of its own beside ours."""
    with rasterio.Env(GDAL_PAM_ENABLED="NO") as env:
        yield env


def _rgb(level: int) -> tuple[int, int, int]:
    colour = COLOURS[level]
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
