"""What GDAL may do, and what a file really is.

Files come from anybody. GDAL alone would open a hundred and fifty formats by content, follow the links in them, run
what some of them ask for, and let a file that lies beside a good one change what is read. `apply` closes all that for
the command line and the workers that it starts, before GDAL is first imported. ``import envgis`` sets nothing: it
would cripple a notebook. There `gdal` sets, around each opening, what can still be set.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import rasterio

# The formats that envgis reads and writes, and those that GDAL needs in memory to do so.
ALLOWED = (
    "GTiff",
    "COG",
    "MEM",
    "Memory",
    "GPKG",
    "GeoJSON",
    "GeoJSONSeq",
    "FlatGeobuf",
    "ESRI Shapefile",
    "LIBKML",
    "KML",
    "GPX",
    "CSV",
)


@cache
def skipped() -> tuple[str, ...]:
    """Every other driver of the GDALs in rasterio's and pyogrio's wheels (3.10.3, 3.12.2, 3.12.4).

    >>> "VRT" in skipped(), set(ALLOWED) & set(skipped())
    (True, set())
    """
    return tuple(files("envgis.data").joinpath("gdal_drivers_skipped.txt").read_text(encoding="utf-8").split("\n")[:-1])


def settings() -> dict[str, str]:
    """The environment in which GDAL opens nothing but plain files of the allowed formats.

    >>> settings()["PROJ_NETWORK"], settings()["GDAL_PAM_ENABLED"]
    ('OFF', 'NO')
    """
    return {"GDAL_SKIP": ",".join(skipped()), "GDAL_DRIVER_PATH": "disable", "CPL_LOG": os.devnull, "GDAL_CACHEMAX": "64", **_options()}


def _options() -> dict[str, str]:
    """What GDAL heeds even after it was imported."""
    return {
        # A sidecar (.ovr, .aux.xml) would be read as a file of any format, and change a result unnoticed.
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_PAM_ENABLED": "NO",
        # No network: port 9 on this machine takes no connection. A GeoJSON's "crs" link fetches its URL without any network driver.
        "GDAL_HTTP_PROXY": "127.0.0.1:9",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "PROJ_NETWORK": "OFF",
        "GDAL_VRT_ENABLE_PYTHON": "NO",
        "GDAL_VRT_ENABLE_RAWRASTERBAND": "NO",
        # GDAL's default, pinned: a pixel-is-point file is moved by half a cell, so that its values fill cells.
        "GTIFF_POINT_GEO_IGNORE": "FALSE",
    }


def apply() -> None:
    """Set it all in this process and in those it will start. To be called before rasterio or pyogrio is imported."""
    os.environ.update(settings())


def gdal() -> rasterio.Env:
    """A context in which rasterio opens files by the same rules, whatever the process was started with.

    >>> with gdal() as environment:
    ...     environment.options["GDAL_DISABLE_READDIR_ON_OPEN"]
    'EMPTY_DIR'
    """
    import rasterio

    return rasterio.Env(session=None, **_options())


# First bytes → what the file is. The words for them are phrases: "file-type.<kind>".
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"\x00\x00\x00\x0cjP  ", "jpeg2000"),
    (b"\xffO\xffQ", "jpeg2000"),
    (b"CDF\x01", "netcdf"),
    (b"CDF\x02", "netcdf"),
    (b"CDF\x05", "netcdf"),
    (b"\x89HDF", "hdf5"),
    (b"%PDF", "pdf"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"EHFA_HEADER_TAG", "erdas"),
    (b"\x00\x00\x27\x0a", "shapefile"),
    (b"fgb\x03", "flatgeobuf"),
    (b"GRIB", "grib"),
    (b"\xd0\xcf\x11\xe0", "office"),
    (b"version https://git-lfs", "lfs"),
)
_LONGEST = 4096


def sniff(path: Path) -> str:
    """What a file is by its first bytes, never by its name: "tiff", "html", "vrt", "xml", "zip", "json", "text" …

    Raises OSError if it cannot be read.

    >>> sniff(workspace / "l.tif"), sniff(workspace / "m.gpkg"), sniff(workspace / "a.csv")
    ('tiff', 'sqlite', 'text')
    """
    with path.open("rb") as file:
        head = file.read(_LONGEST)
    return kind_of(head)


def kind_of(head: bytes) -> str:
    """The kind of a file that begins with these bytes.

    >>> kind_of(b"<!DOCTYPE html>"), kind_of(b"MM\\x00*"), kind_of(b"")
    ('html', 'tiff', 'empty')
    """
    if not head:
        return "empty"
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    text = head.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").lstrip().lower()
    if text.startswith(b"<"):
        return _markup(text)
    if text.startswith((b"{", b"[")):
        return "json"
    if text.startswith((b"ncols", b"north:")):
        return "ascii_grid"
    # Control characters other than tab and line ends stand in no text.
    return "binary" if any(byte < 32 and byte not in (9, 10, 12, 13) for byte in head) else "text"


def _markup(text: bytes) -> str:
    if b"<html" in text or text.startswith(b"<!doctype html") or b"<head" in text:
        return "html"
    if b"<vrtdataset" in text or b"<ogrvrtdatasource" in text:
        return "vrt"
    if b"<kml" in text:
        return "kml"
    return "xml"
