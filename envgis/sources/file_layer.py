"""A raster layer with files behind it: read by windows, each file opened once for each thread.

A file is opened as GeoTIFF and nothing else, and read at its full resolution: never from overviews.
"""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from envgis.faults import BadInput, Fault, Place
from envgis.files import sha256
from envgis.grid import Grid, Window, missing
from envgis.sources import cells, safety

if TYPE_CHECKING:
    from rasterio import DatasetReader

_OPEN_FILES = 32


@dataclass(frozen=True)
class Tile:
    """One file of a layer: absolute path, hash and size; its place in the layer's grid; what it says of no data."""

    path: str
    name: str
    sha256: str
    size: int
    row: int
    column: int
    rows: int
    columns: int
    south_up: bool
    masked: bool
    nodata: float | int | None


@dataclass(frozen=True)
class FileLayer:
    """A layer with files behind it; travels to a worker as paths and hashes.

    tiles : where several have data, the first counts
    stored : the files' type; ``dtype`` is that of what ``read`` returns
    classes : whether cells are class codes: whole numbers from 0, anything else is no data
    """

    grid: Grid
    tiles: tuple[Tile, ...]
    band: int
    stored: np.dtype[np.generic]
    dtype: np.dtype[np.generic]
    fill: float | int
    scale: float = 1.0
    offset: float = 0.0
    classes: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The files as the workspace names them."""
        return tuple(tile.name for tile in self.tiles)

    @property
    def nodata(self) -> tuple[float | int, ...]:
        """The values that the files declare as no data."""
        return tuple(dict.fromkeys(tile.nodata for tile in self.tiles if tile.nodata is not None))

    @property
    def declared(self) -> str:
        """The same as text; a dash where there are none."""
        return ", ".join(f"{v:g}" for v in self.nodata) or "—"

    def read(self, window: Window) -> NDArray[np.generic]:
        """(rows, columns) values of a window within the grid, ``fill`` where there are no data.

        Raises BadInput if a file cannot be read or is not the one that was checked.
        """
        if len(self.tiles) == 1:
            return self.read_tile(self.tiles[0], window)
        out = np.full(window.shape, self.fill, self.dtype)
        for tile in self.tiles:
            part = overlap(tile, window)
            if part is None:
                continue
            values = self.read_tile(tile, Window(part.row - tile.row, part.column - tile.column, *part.shape))
            r, c = part.row - window.row, part.column - window.column
            place = out[r : r + part.rows, c : c + part.columns]
            np.copyto(place, values, where=missing(place, self.fill))
        return out

    def as_classes(self, codes: Collection[int]) -> FileLayer:
        """The same cells as class codes uint8 or uint16; what stands for no data is none of ``codes``."""
        dtype, fill = cells.as_codes(self.stored, [tile.nodata for tile in self.tiles], codes)
        return replace(self, dtype=dtype, fill=fill, classes=True, scale=1.0, offset=0.0)

    def read_tile(self, tile: Tile, window: Window) -> NDArray[np.generic]:
        """(rows, columns) values of a window within one tile, counted from the tile's corner.

        Raises BadInput if the file cannot be read or is not the one that was checked.
        """
        from rasterio.windows import Window as RasterioWindow

        row, column, rows, columns = window
        top = tile.rows - row - rows if tile.south_up else row
        where = RasterioWindow(column, top, columns, rows)
        try:
            dataset = _opened(tile)
            values: NDArray[np.generic] = dataset.read(self.band, window=where)
            gone = dataset.read_masks(self.band, window=where) == 0 if tile.masked else None
        except unreadable() as error:
            raise BadInput([Fault("raster-unreadable", Place(tile.name), reason(error))]) from None
        more = cells.absent(values, tile.nodata, self.dtype, self.fill, self.classes)
        if more is not None:
            gone = cells.either(gone, more)
        values = cells.handed_on(values, gone, self.dtype, self.fill)
        return np.ascontiguousarray(values[::-1]) if tile.south_up else values


def overlap(tile: Tile, window: Window) -> Window | None:
    """What of a window of the layer a tile covers; None if nothing."""
    top, left = max(tile.row, window.row), max(tile.column, window.column)
    bottom = min(tile.row + tile.rows, window.row + window.rows)
    right = min(tile.column + tile.columns, window.column + window.columns)
    return Window(top, left, bottom - top, right - left) if top < bottom and left < right else None


_local = threading.local()
# Files whose hash this process has seen to be right, and when they had been written.
_known: set[tuple[str, str, int]] = set()


def _opened(tile: Tile) -> DatasetReader:
    """The tile's file, opened by this thread before or now. Raises BadInput if it is not the file that was checked."""
    import rasterio

    cache: OrderedDict[tuple[str, str], Any] = _local.__dict__.setdefault("files", OrderedDict())
    key = tile.path, tile.sha256
    if key in cache:
        cache.move_to_end(key)
        return cache[key]
    path = Path(tile.path)
    stat = path.stat()
    seen = *key, stat.st_mtime_ns
    if stat.st_size != tile.size or (seen not in _known and sha256(path) != tile.sha256):
        raise BadInput([Fault("raster-changed", Place(tile.name))])
    _known.add(seen)
    with safety.gdal():
        cache[key] = rasterio.open(path, driver="GTiff")
    if len(cache) > _OPEN_FILES:
        cache.popitem(last=False)[1].close()
    return cache[key]


def close() -> None:
    """Close the files that this thread holds open."""
    for dataset in _local.__dict__.pop("files", {}).values():
        dataset.close()


# What is still open when Python has begun to take itself down can be closed only with an error.
atexit.register(close)


@contextmanager
def closing() -> Iterator[None]:
    """Close, in the end, the files that this thread has opened: Windows moves no open file, and replaces none."""
    try:
        yield
    finally:
        close()


def trust(tile: Tile, written_ns: int) -> None:
    """Take the hash of a tile, which was made from its file as it was written at ``written_ns``, for seen."""
    _known.add((tile.path, tile.sha256, written_ns))


def unreadable() -> tuple[type[Exception], ...]:
    """What rasterio raises on a file that is not what it says; our own mistakes pass through."""
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import CRSError, RasterioError

    return RasterioError, CRSError, CPLE_BaseError, OSError, UnicodeError, OverflowError, MemoryError


def reason(error: Exception) -> str:
    """The first line of what GDAL or the system says."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error.__cause__ or error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__
