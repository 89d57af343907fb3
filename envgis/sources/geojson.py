"""GeoJSON, read by us from the first byte: GDAL would fetch a ``crs`` link, and guesses types from what it sees.

Values keep the type that the file gives them, so that ``"0114"`` stays text and 114 is seen to be a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from envgis.faults import Fault, Message, Place
from envgis.sources.plausible import drop_infinite, implausible

# Read whole, parsed to Python objects: about twelve times the file's size in memory.
LARGEST_BYTES = 300_000_000
GEOMETRIES = frozenset({"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"})
_CRS84 = re.compile(r"(urn:ogc:def:crs:)?OGC:[\d.]*:?CRS84", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:urn:(?:ogc|x-ogc):def:crs:)?(EPSG|ESRI):[\d.]*:?(\d{4,6})", re.IGNORECASE)


def read_geojson(path: Path, name: str) -> tuple[gpd.GeoDataFrame | None, list[Fault]]:
    """The features of a GeoJSON file, in its own CRS (EPSG:4326 where it names none and its coordinates allow it).

    name : what the file is called in faults

    Returns (None, faults) if the file is no GeoJSON, too large, or its ``crs`` is a link, unknown or contradicted by
    the coordinates; else the features in the file's order, with the faults that are only told.

    >>> point = '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [-91.8, 14.9]}, "properties": {"labor": "Vivero"}}'
    >>> written = (workspace / "a.geojson").write_text(point, encoding="utf-8")
    >>> table, faults = read_geojson(workspace / "a.geojson", "a.geojson")
    >>> table["labor"].to_list(), table.geometry[0].wkt, faults
    (['Vivero'], 'POINT (-91.8 14.9)', [])
    """
    at = Place(name)
    if path.stat().st_size > LARGEST_BYTES:
        return None, [Fault("vector-too-large", at, values={"mb": path.stat().st_size // 1_000_000, "limit_mb": LARGEST_BYTES // 1_000_000})]
    text, faults = _text(path.read_bytes(), at)
    try:
        # NaN and Infinity are no JSON, and no coordinates.
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        found = str(error) if isinstance(error, ValueError) else "…[[[[…"
        return None, [Fault("geojson-syntax", at, found[:120])]
    features = _features(document)
    if features is None:
        return None, [Fault("vector-format", at, _outline(document), {"looks": Message("looks.json")})]
    crs, crs_faults = _crs(document, at)
    if crs_faults:
        return None, crs_faults
    geometries, broken = _geometries(features, at)
    table = gpd.GeoDataFrame(_columns(features), geometry=gpd.GeoSeries(geometries, index=pd.RangeIndex(len(features))), crs=crs)
    faults += broken + drop_infinite(table, at)
    misplaced = implausible(table.total_bounds, crs, at, declared=document.get("crs") is not None)
    return (None, misplaced) if misplaced else (table, faults)


def _text(content: bytes, at: Place) -> tuple[str, list[Fault]]:
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), [Fault("text-not-utf8", at, severity="warning")]


def _refuse_constant(word: str) -> None:
    raise ValueError(word)


def _outline(document: Any) -> str:
    return str(document.get("type", ""))[:40] if isinstance(document, dict) else ""


def _features(document: Any) -> list[Mapping[str, Any]] | None:
    """The features of a collection, of one feature, or of a bare geometry; None if the document is something else."""
    if not isinstance(document, dict):
        return None
    if document.get("type") == "Feature":
        return [document]
    if document.get("type") in GEOMETRIES:
        return [{"geometry": document, "properties": {}}]
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        return None
    return features if all(isinstance(f, dict) for f in features) else None


def _crs(document: Mapping[str, Any], at: Place) -> tuple[CRS, list[Fault]]:
    """The CRS by the ``crs`` member: only a name that an authority knows; never a link, which GDAL would fetch."""
    standard = CRS.from_epsg(4326)
    if document.get("crs") is None:
        return standard, []
    member = document["crs"]
    properties = member.get("properties") if isinstance(member, dict) else None
    if not isinstance(member, dict) or member.get("type") != "name" or not isinstance(properties, dict):
        found = str(member.get("type") if isinstance(member, dict) else member)[:80]
        return standard, [Fault("geojson-crs-link" if found == "link" else "geojson-crs-unknown", at, found)]
    name = str(properties.get("name"))[:120].strip()
    if _CRS84.fullmatch(name):
        return standard, []
    match = _AUTHORITY.fullmatch(name)
    try:
        if match:
            return CRS.from_authority(match[1].upper(), match[2]), []
    except CRSError:
        pass
    return standard, [Fault("geojson-crs-unknown", at, name)]


def _geometries(features: Sequence[Mapping[str, Any]], at: Place) -> tuple[list[Any], list[Fault]]:
    """Geometries, None where a feature has none; those that cannot be read are None and told."""
    texts = [json.dumps(f["geometry"]) if f.get("geometry") is not None else None for f in features]
    try:
        geometries = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    except (shapely.GEOSException, TypeError, ValueError):
        geometries = np.array([_geometry(text) for text in texts], dtype=object)
    lost = [i for i, (text, geometry) in enumerate(zip(texts, geometries, strict=True)) if text is not None and geometry is None]
    return list(geometries), [Fault("vector-geometry-broken", Place(at.file, row=i + 1), severity="warning") for i in lost]


def _geometry(text: str | None) -> Any:
    try:
        return shapely.from_geojson(text, on_invalid="ignore") if text is not None else None
    except (shapely.GEOSException, TypeError, ValueError):
        return None


def _columns(features: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Properties by name, in the order in which they first appear; lists and objects as JSON text."""
    properties = [f["properties"] if isinstance(f.get("properties"), dict) else {} for f in features]
    names = dict.fromkeys(str(key) for p in properties for key in p)
    names.pop("geometry", None)
    columns = {name: [_value(p.get(name)) for p in properties] for name in names}
    return pd.DataFrame({name: pd.Series(values, dtype=_dtype(values)) for name, values in columns.items()}, index=pd.RangeIndex(len(features)))


def _value(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _dtype(values: Sequence[Any]) -> str:
    """Whole numbers and numbers as such; text, and what is mixed, as it stands."""
    kinds = {type(v) for v in values}
    if kinds == {int} and all(abs(v) < 2**63 for v in values):
        return "int64"
    if kinds and kinds <= {int, float} and all(abs(v) < 1e300 for v in values):
        return "float64"
    return "object"
