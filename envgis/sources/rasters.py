"""Rasters: GeoTIFF and COG files, one or several tiles of one lattice, and xarray arrays, as layers.

The first bytes of a file, not its name, say what it is; what it declares is checked against budgets before a cell is
read. North-up and south-up files serve, rotated ones are refused. A pixel-is-point file is moved by half a cell, as
GDAL does by default, and a warning says so. A file that lies beside (.ovr, .aux.xml, .msk, .tfw) is never read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from envgis.faults import BadInput, Fault, Message, Place, errors
from envgis.files import sha256
from envgis.grid import Grid, Window, missing
from envgis.locale import both
from envgis.sources import cells, safety
from envgis.sources.file_layer import FileLayer, Tile, overlap, reason, trust, unreadable

if TYPE_CHECKING:
    from rasterio import DatasetReader

# Budgets: what a file may declare before it is read.
MOST_CELLS = 20_000_000_000
MOST_BANDS = 64
MOST_BLOCK_BYTES = 256 * 2**20
# A file this much smaller than what it declares is a bomb, unless what it declares is small anyway.
MOST_RATIO = 10_000
SMALL_BYTES = 2**30
# Cells read at once where tiles are compared.
_CELLS = 2**21


@dataclass(frozen=True)
class _Look:
    """What a file's head says."""

    tile: Tile
    grid: Grid
    stored: np.dtype[np.generic]
    scale: float
    offset: float
    point: bool


def open_layer(paths: list[Path], names: list[str], band: int) -> tuple[FileLayer | None, list[Fault]]:
    """One layer of one file, or of several that are tiles of one lattice; None with the reasons if there is none.

    paths : absolute; names : as the workspace names them, for faults; band : from 1

    Where tiles overlap, the first that has data counts. Warnings come with the layer, errors in its place.

    >>> layer, faults = open_layer([workspace / "l.tif"], ["l.tif"], band=1)
    >>> layer.grid.shape, layer.read(Window(0, 4, 1, 2)).tolist(), faults
    ((10, 20), [[5, 1]], [])
    >>> open_layer([workspace / "a.csv"], ["a.csv"], band=1)[1][0].code
    'raster-not-tiff'
    """
    faults: list[Fault] = []
    looks = [look for path, name in zip(paths, names, strict=True) if (look := _look(path, name, band, faults)) is not None]
    if len(looks) < len(paths):
        return None, faults
    layer = _joined(looks, band, faults)
    if layer is not None and len(layer.tiles) > 1:
        try:
            faults += _differences(layer)
        except BadInput as error:
            return None, [*faults, *error.faults]
    return layer, faults


def _opened(path: Path) -> tuple[DatasetReader, bool]:
    """The file, and whether it says where it lies: rasterio only warns, and gives a transform that looks like one."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        dataset = rasterio.open(path, driver="GTiff")
    return dataset, not any(issubclass(warning.category, NotGeoreferencedWarning) for warning in told)


def _look(path: Path, name: str, band: int, faults: list[Fault]) -> _Look | None:
    """A file's head, or None and the faults."""
    try:
        kind = safety.sniff(path)
        if kind != "tiff":
            faults.append(Fault("raster-not-tiff", Place(name), kind, {"kind": both(f"file-type.{kind}")}))
            return None
        with safety.gdal():
            dataset, placed = _opened(path)
            with dataset:
                found = list(_refusals(dataset, placed, path, name, band))
                look = None if found else _head(dataset, path, name, band)
    except unreadable() as error:
        faults.append(Fault("raster-unreadable", Place(name), reason(error)))
        return None
    faults += found
    if look is not None and look.point:
        faults.append(Fault("raster-pixel-is-point", Place(name), severity="warning"))
    if look is not None and path.with_name(path.name + ".aux.xml").exists():
        faults.append(Fault("raster-sidecar-ignored", Place(name), path.name + ".aux.xml", severity="warning"))
    return look


def _refusals(dataset: DatasetReader, placed: bool, path: Path, name: str, band: int) -> list[Fault]:
    """What stops a file from being read, by what it declares."""
    at = Place(name)
    if dataset.count > MOST_BANDS:
        return [Fault("raster-too-many-bands", at, str(dataset.count), {"count": dataset.count, "most": MOST_BANDS})]
    if band > dataset.count:
        return [Fault("raster-no-such-band", at, str(band), {"count": dataset.count})]
    size = {"columns": dataset.width, "rows": dataset.height}
    shape = f"{dataset.width} × {dataset.height}"
    item = np.dtype(dataset.dtypes[band - 1]).itemsize
    rows, columns = dataset.block_shapes[band - 1]
    block = rows * columns * item * (dataset.count if dataset.interleaving and dataset.interleaving.name == "pixel" else 1)
    declared = dataset.width * dataset.height * dataset.count * item
    if dataset.width * dataset.height > MOST_CELLS:
        return [Fault("raster-too-large", at, shape, {**size, "most": MOST_CELLS})]
    if declared > SMALL_BYTES and declared > MOST_RATIO * path.stat().st_size:
        return [Fault("raster-bomb", at, shape, {**size, "megabytes": declared / 2**20, "stored": path.stat().st_size / 2**20})]
    if block > MOST_BLOCK_BYTES:
        return [Fault("raster-block-too-large", at, f"{columns} × {rows}", {"megabytes": block / 2**20, "most": MOST_BLOCK_BYTES / 2**20})]
    if np.dtype(dataset.dtypes[band - 1]).kind == "c":
        return [Fault("raster-complex", at, str(dataset.dtypes[band - 1]))]
    return _misplaced(dataset, placed, at)


def _misplaced(dataset: DatasetReader, placed: bool, at: Place) -> list[Fault]:
    faults = []
    t = dataset.transform
    if not placed or t.is_identity:
        faults.append(Fault("raster-no-georeference", at))
    elif t.b or t.d or t.a < 0:
        faults.append(Fault("raster-rotated", at, f"{t.a:g}, {t.b:g}, {t.d:g}, {t.e:g}"))
    if dataset.crs is None:
        faults.append(Fault("raster-no-crs", at, values={"hint": Message("rasters.no-hint"), "bounds": tuple(dataset.bounds)}))
    elif _crs(dataset) is None:
        faults.append(Fault("raster-crs-unusable", at, dataset.crs.to_wkt()[:80]))
    return faults


def _crs(dataset: DatasetReader) -> CRS | None:
    """The horizontal coordinate system; None if it has no place on the Earth."""
    try:
        crs = CRS.from_wkt(dataset.crs.to_wkt())
    except CRSError:
        return None
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    return crs if crs.geodetic_crs is not None and (crs.is_geographic or crs.is_projected) else None


def _head(dataset: DatasetReader, path: Path, name: str, band: int) -> _Look:
    from rasterio.enums import MaskFlags

    t, crs = dataset.transform, _crs(dataset)
    assert crs is not None
    dx, dy = t.a, abs(t.e)
    top = t.f if t.e < 0 else t.f + dataset.height * t.e
    stat = path.stat()
    flags = dataset.mask_flag_enums[band - 1]
    nodata = dataset.nodatavals[band - 1]
    stored: np.dtype[np.generic] = np.dtype(dataset.dtypes[band - 1])
    tile = Tile(
        path=str(path),
        name=name,
        sha256=_hash(path, stat.st_size, stat.st_mtime_ns),
        size=stat.st_size,
        row=0,
        column=0,
        rows=dataset.height,
        columns=dataset.width,
        south_up=t.e > 0,
        masked=MaskFlags.per_dataset in flags or MaskFlags.alpha in flags,
        nodata=cells.fitting(nodata, stored),
    )
    trust(tile, stat.st_mtime_ns)
    grid = Grid(crs, t.c, top, dx, dy, dataset.height, dataset.width)
    point = dataset.tags().get("AREA_OR_POINT") == "Point"
    return _Look(tile, grid, stored, float(dataset.scales[band - 1]), float(dataset.offsets[band - 1]), point)


@lru_cache(maxsize=256)
def _hash(path: Path, size: int, changed_ns: int) -> str:
    """SHA-256 of a file, made once for all the bands of it that are layers."""
    return sha256(path)


def _joined(looks: list[_Look], band: int, faults: list[Fault]) -> FileLayer | None:
    """The layer of all tiles, on the lattice of the first."""
    first = looks[0]
    for look in looks[1:]:
        at = Place(look.tile.name)
        if (look.stored, look.scale, look.offset) != (first.stored, first.scale, first.offset):
            faults.append(Fault("raster-tiles-differ", at, str(look.stored), {"first": first.tile.name, "type": str(first.stored)}))
        elif not first.grid.aligned(look.grid):
            faults.append(Fault("raster-tiles-misaligned", at, str(look.grid), {"first": first.tile.name, "lattice": str(first.grid)}))
    if errors(faults):
        return None
    places = [first.grid.offset(look.grid) for look in looks]
    top, left = min(r for r, _ in places), min(c for _, c in places)
    bottom = max(r + look.grid.rows for (r, _), look in zip(places, looks, strict=True))
    right = max(c + look.grid.columns for (_, c), look in zip(places, looks, strict=True))
    grid = first.grid.crop(Window(top, left, bottom - top, right - left)) if len(looks) > 1 else first.grid
    tiles = tuple(replace(look.tile, row=r - top, column=c - left) for (r, c), look in zip(places, looks, strict=True))
    dtype, fill = cells.as_values(first.stored, [tile.nodata for tile in tiles])
    return FileLayer(grid, tiles, band, first.stored, dtype, fill, first.scale, first.offset)


def _differences(layer: FileLayer) -> Iterator[Fault]:
    """A warning for each two tiles that overlap and do not say the same."""
    for first, second in combinations(layer.tiles, 2):
        common = overlap(first, Window(second.row, second.column, second.rows, second.columns))
        if common is None:
            continue
        count = 0
        for band in layer.grid.crop(common).blocks(_CELLS):
            part = Window(common.row + band.row, common.column, band.rows, common.columns)
            a, b = (layer.read_tile(t, Window(part.row - t.row, part.column - t.column, *part.shape)) for t in (first, second))
            count += int(np.count_nonzero((a != b) & ~missing(a, layer.fill) & ~missing(b, layer.fill)))
        if count:
            yield Fault("raster-tiles-overlap", Place(first.name), second.name, {"other": second.name, "count": count}, "warning")
