"""Vector layers: GeoPackage, GeoJSON, FlatGeobuf, Shapefile. A file's first bytes say what it is, never its name.

An OGR VRT, a GDALG pipeline or a WFS description under the name of a map layer makes GDAL read other files or call
out; here no such file reaches it, whatever drivers the process has.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio

from envgis.faults import Fault, Message, Place
from envgis.sources import shapefile
from envgis.sources.geojson import read_geojson
from envgis.sources.plausible import drop_infinite, implausible

LARGEST_BYTES = 2_000_000_000
_GEOPACKAGE = (b"GPKG", b"GP10", b"GP11")
_SHAPEFILE = b"\x00\x00\x27\x0a"
# pyogrio takes a path with one of these for a URL or an archive.
_AWKWARD = "!;?"


def read_vector(path: Path, name: str, layer: str | None = None) -> tuple[gpd.GeoDataFrame | None, list[Fault]]:
    """The features of one layer, in its own CRS, with the columns as the file types them.

    name : what the file is called in faults
    layer : which layer of a GeoPackage; None where there is only one

    Returns (None, faults) if the file cannot be read safely, has no CRS or cannot lie where its coordinates put it;
    else the features in the file's order, with the faults that are only told. Geometries that are not finite or cannot
    be built are None, and told.

    >>> towns, faults = read_vector(workspace / "m.gpkg", "m.gpkg")
    >>> towns["name"].to_list(), towns.crs.name, faults
    (['Oeste', 'Este'], 'GTM', [])
    """
    at = Place(name, layer=layer)
    try:
        kind, found = sniff(path)
    except OSError as error:
        return None, [Fault("vector-unreadable", at, error.strerror or str(error))]
    if kind is None:
        return None, [Fault("vector-format", at, path.suffix, {"looks": Message(f"looks.{found}")})]
    return read_geojson(path, name) if kind == "GeoJSON" else _read_by_gdal(path, kind, layer, at)


def sniff(path: Path) -> tuple[str | None, str]:
    """GDAL's name for the kind of file by its first bytes; or None, and the word for what it looks like.

    Raises OSError if the file cannot be read.

    >>> sniff(workspace / "m.gpkg"), sniff(workspace / "l.tif")
    (('GPKG', ''), (None, 'tiff'))
    """
    with path.open("rb") as file:
        head = file.read(512)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    if head.startswith(b"SQLite format 3\x00"):
        return ("GPKG", "") if head[68:72] in _GEOPACKAGE else (None, "sqlite")
    if head.startswith(b"fgb\x03fgb"):
        return "FlatGeobuf", ""
    if head.startswith(_SHAPEFILE):
        return "ESRI Shapefile", ""
    if start.startswith(b"{"):
        return "GeoJSON", ""
    return None, _looks(head, start)


def _looks(head: bytes, start: bytes) -> str:
    if not head:
        return "empty"
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if b"<kml" in start:
        return "kml"
    if start.startswith(b"<"):
        return "xml"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return "tiff"
    return "unknown" if b"\x00" in head else "text"


def layer_names(path: Path) -> list[str]:
    """The layers of a vector file that hold geometries, those of a GeoPackage in its order.

    Raises what pyogrio raises if the file cannot be read.

    >>> layer_names(workspace / "m.gpkg")
    ['m']
    """
    kind, _ = sniff(path)
    if kind != "GPKG":
        return [path.stem]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [str(name) for name, geometry in pyogrio.list_layers(_dataset(path, kind)) if geometry is not None]


def _dataset(path: Path, kind: str) -> str:
    """The path as GDAL takes it, with the driver fixed where a prefix can fix it."""
    whole = str(path.resolve())
    # A second colon would be read as the name of a table.
    return f"GPKG:{whole}" if kind == "GPKG" and ":" not in whole[2:] else whole


def _read_by_gdal(path: Path, kind: str, layer: str | None, at: Place) -> tuple[gpd.GeoDataFrame | None, list[Fault]]:
    refused = _refusals(path, kind, at)
    if refused:
        return None, refused
    faults: list[Fault] = []
    options: dict[str, Any] = {}
    try:
        if kind == "ESRI Shapefile":
            options["encoding"], faults = shapefile.encoding(path, at)
        names = layer_names(path)
        if kind == "GPKG":
            wrong = _choose(names, layer, at)
            if wrong:
                return None, wrong
            options["layer"] = layer or names[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = pyogrio.read_dataframe(_dataset(path, kind), on_invalid="ignore", **options)
    except Exception as error:  # on damaged bytes the readers raise whatever comes: IndexError, UnicodeError, GEOSException …
        return None, [Fault("vector-unreadable", at, _short(error, path))]
    if not isinstance(table, gpd.GeoDataFrame):
        return None, [Fault("vector-no-geometry", at)]
    faults += drop_infinite(table, at)
    misplaced = implausible(table.total_bounds, table.crs, at)
    return (None, misplaced) if misplaced else (table, faults)


def _refusals(path: Path, kind: str, at: Place) -> list[Fault]:
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        return [Fault("vector-too-large", at, values={"mb": size // 1_000_000, "limit_mb": LARGEST_BYTES // 1_000_000})]
    if any(sign in str(path.resolve()) for sign in _AWKWARD):
        return [Fault("vector-path-awkward", at, str(path.resolve()))]
    return shapefile.incomplete(path, at) if kind == "ESRI Shapefile" else []


def _choose(names: Sequence[str], layer: str | None, at: Place) -> list[Fault]:
    """Faults of the choice of a layer: none there, one to be named, one that is not there."""
    if not names:
        return [Fault("vector-no-geometry", at)]
    if layer is None:
        return [Fault("vector-several-layers", at, values={"names": list(names)})] if len(names) > 1 else []
    if layer in names:
        return []
    near = difflib.get_close_matches(layer, names, n=3, cutoff=0)
    return [Fault("vector-unknown-layer", at, layer, {"names": near})]


def _short(error: BaseException, path: Path) -> str:
    """A library's word on a file, without the path that the fault already names."""
    text = " ".join(str(error).replace(str(path.resolve()), path.name).split())
    return text[:160] or type(error).__name__
