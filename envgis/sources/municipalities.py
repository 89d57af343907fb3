"""Municipalities: read, repaired by stated rules, freed of overlaps, with true areas.

Rings that cross themselves are rebuilt by one rule (``make_valid``, method "structure": what lies inside outer rings
and outside holes). Where two municipalities overlap, the lower code keeps the land. Both are told, with hectares.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import ProjError

from envgis import workspace, zones
from envgis.faults import Fault, Place, errors
from envgis.ledger import OUTSIDE
from envgis.sources.vectors import read_vector

# More than this share of the smaller municipality is no drawing error, unless the workspace says how to settle it.
TOLERATED_OVERLAP = 1e-3
# Less is the rounding of coordinates: settled like any overlap, and not worth a line.
_TOLD_HA = 1e-4
_GEOD = Geod(ellps="WGS84")
_BEND_M = 0.01
_EARTH_RADIUS_M = 6_371_000.0
_WGS84 = CRS.from_epsg(4326)
# Between points so close a geodesic and a straight line enclose a millionth of any municipality.
_STEP_DEGREES = 0.01
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_AREAL = (*_POLYGONS, shapely.GeometryType.GEOMETRYCOLLECTION, shapely.GeometryType.MISSING)


def read(table: workspace.Municipalities, folder: Path, allow_outside: bool) -> tuple[gpd.GeoDataFrame | None, list[Fault]]:
    """All municipalities that ``table`` names: code, name, area_ha (geodesic), geometry (EPSG:4326), by code.

    Returns (None, faults) if anything stops the job; else the municipalities and what is only told.

    >>> from envgis.sources.workspace_file import read_workspace
    >>> towns, faults = read(read_workspace(workspace).municipalities, workspace, allow_outside=False)
    >>> towns[["code", "name"]].values.tolist(), towns["area_ha"].round().to_list(), faults
    ([['0101', 'Oeste'], ['0102', 'Este']], [400.0, 400.0], [])
    """
    path, faults = workspace.locate(folder, table.path, allow_outside, "[municipalities] path")
    if path is None:
        return None, faults
    layer, faults = read_vector(path, table.path, table.layer)
    if layer is None:
        return None, faults
    at = Place(table.path, layer=table.layer)
    rows, row_faults = _rows(layer, table, at)
    faults += row_faults
    if rows is None or errors(faults):
        return None, faults
    rows, cleaned = clean(rows, at, table.overlaps, chosen=table.select or ())
    faults += cleaned
    if not len(rows) and not errors(faults):
        faults.append(Fault("municipality-none-left", at, values={"excluded": len(table.exclude)}))
    return (None, faults) if errors(faults) else (rows, faults)


def selected(table: workspace.Municipalities, municipalities: gpd.GeoDataFrame) -> list[str]:
    """The codes that the workspace selects, sorted; all where it selects none by name.

    >>> towns = gpd.GeoDataFrame({"code": ["0101", "0102"]}, geometry=[None, None], crs=4326)
    >>> from envgis.workspace import Municipalities
    >>> selected(Municipalities(path="m.gpkg", select=["0102"]), towns)
    ['0102']
    """
    return sorted(set(table.select)) if table.select is not None else list(municipalities["code"])


def clean(rows: gpd.GeoDataFrame, at: Place, overlaps: str = "refuse", chosen: Sequence[str] = ()) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Valid polygons without overlaps, with areas, in EPSG:4326 and in order of code.

    rows : code, name, geometry (polygons of any quality) in any CRS
    overlaps : "refuse": an overlap over 0.1 % of the smaller municipality is an error; "lower_code": only told
    chosen : codes that must keep an area

    >>> drawn = [shapely.box(500_000, 0, 501_000, 1_000), shapely.box(500_999.5, 0, 502_000, 1_000)]
    >>> towns, faults = clean(gpd.GeoDataFrame({"code": ["2", "1"], "name": ["B", "A"]}, geometry=drawn, crs=32615), Place("m.gpkg"))
    >>> towns["code"].to_list(), [(fault.code, round(fault.values["area"], 3)) for fault in faults]
    (['1', '2'], [('municipality-overlap', 0.05)])
    """
    rows = rows.sort_values("code", kind="stable", ignore_index=True)
    crs = CRS.from_user_input(rows.crs)
    to_wgs84, faults = _transformer(crs, at)
    geometries, more = _repaired(rows, to_wgs84, at, chosen)
    faults += more
    keep = ~shapely.is_empty(geometries)
    rows, geometries = rows[keep].reset_index(drop=True), geometries[keep]
    geometries, more = _without_overlaps(rows["code"].tolist(), geometries, to_wgs84, at, overlaps)
    faults += more
    geometries = project(geometries, crs, to_wgs84)
    out = gpd.GeoDataFrame(
        {"code": rows["code"], "name": rows["name"], "area_ha": geodesic_ha(geometries)}, geometry=gpd.GeoSeries(geometries, crs=_WGS84)
    )
    return out, faults


def geodesic_ha(geometries: NDArray[np.object_]) -> NDArray[np.float64]:
    """Areas [ha] on the WGS 84 ellipsoid of polygons with longitude and latitude; 0 for empty ones.

    Edges are straight in degrees, as they are counted: a long one is followed by geodesics of a kilometre.

    >>> geodesic_ha(np.array([shapely.box(0, 0, 0.001, 0.001), shapely.Polygon()], object)).round(4).tolist()  # 111.32 m × 110.57 m
    [1.2309, 0.0]
    """
    # Cutting the edges of an invalid polygon repairs it unseen, and its area would be that of another.
    followed = np.where(shapely.is_valid(geometries), shapely.segmentize(geometries, _STEP_DEGREES), geometries)
    oriented = shapely.orient_polygons(followed, exterior_cw=False)
    return np.array([abs(_GEOD.geometry_area_perimeter(g)[0]) / 1e4 if not g.is_empty else 0.0 for g in oriented])


def project(geometries: NDArray[np.object_], crs: CRS, to_wgs84: Transformer) -> NDArray[np.object_]:
    """Polygons in longitude and latitude, straight edges of a projected CRS followed to a centimetre.

    An edge gets its points from its lower endpoint, so two neighbours that share it keep sharing it, to the bit.

    >>> from_utm = Transformer.from_crs(32615, 4326, always_xy=True)
    >>> square = project(np.array([shapely.box(500_000, 0, 600_000, 100_000)], object), CRS(32615), from_utm)[0]
    >>> len(square.exterior.coords) > 5  # more corners than were drawn, so that edges stay where they were
    True
    """
    out = np.asarray(geometries).copy()
    # Rebuilding an empty polygon from its arrays makes shapely 2.2 read what is not its own, and now and then die.
    drawn = ~shapely.is_empty(out)
    if drawn.any():
        out[drawn] = _projected(out[drawn], crs, to_wgs84)
    return out


def _projected(geometries: NDArray[np.object_], crs: CRS, to_wgs84: Transformer) -> NDArray[np.object_]:
    kind, xy, offsets = shapely.to_ragged_array(geometries)
    rings = offsets[0].astype(np.int64)
    if not crs.is_geographic:
        latitude = np.abs(np.array(to_wgs84.transform(*_corners(xy)))[1]).max()
        bend = max(0.1, math.tan(math.radians(min(85.0, latitude))))
        longest_m = math.sqrt(8 * _EARTH_RADIUS_M * _BEND_M / bend)
        xy, rings = zones.densify(xy, rings, longest_m / crs.axis_info[0].unit_conversion_factor)
    xy = np.column_stack(to_wgs84.transform(xy[:, 0], xy[:, 1], errcheck=True))
    moved = shapely.from_ragged_array(kind, xy, (rings, *offsets[1:]))  # type: ignore[arg-type]  # the stub does not say what offsets are
    # Rounding can make the thinnest slivers cross themselves.
    return np.where(shapely.is_valid(moved), moved, _polygons(shapely.make_valid(moved, method="structure", keep_collapsed=False)))


def _corners(xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    return np.array([west, east, west, east]), np.array([south, south, north, north])


def _transformer(crs: CRS, at: Place) -> tuple[Transformer, list[Fault]]:
    try:
        return Transformer.from_crs(crs, _WGS84, always_xy=True, allow_ballpark=False), []
    except ProjError:
        # No known shift of its datum: without it positions may be off by a hundred metres or more.
        return Transformer.from_crs(crs, _WGS84, always_xy=True), [Fault("crs-datum-unknown", at, crs.name, severity="warning")]


def _rows(layer: gpd.GeoDataFrame, table: workspace.Municipalities, at: Place) -> tuple[gpd.GeoDataFrame | None, list[Fault]]:
    """code, name, geometry of the features that are municipalities; or the faults of columns and codes."""
    names = [str(c) for c in layer.columns if c != layer.geometry.name]
    faults = []
    for key, column in (("code", table.code), ("name", table.name)):
        if column not in names:
            values = {"key": key, "near": _nearest(column, names) or names[:5]}
            faults.append(Fault("municipality-column-missing", at, column, values))
    if faults:
        return None, faults
    codes, faults = _codes(layer[table.code], table, Place(at.file, at.layer, column=table.code))
    if faults:
        return None, faults
    labels = [_text(v) or c for v, c in zip(layer[table.name], codes, strict=True)]
    rows = gpd.GeoDataFrame({"code": codes, "name": labels}, geometry=gpd.GeoSeries(shapely.force_2d(layer.geometry.values), crs=layer.crs))
    faults += _unknown(table, codes)
    rows = rows[~rows["code"].isin(table.exclude)]
    shapes = np.asarray(rows.geometry.values)
    wrong = ~(np.isin(shapely.get_type_id(shapes), _AREAL) | shapely.is_empty(shapes))
    faults += [Fault("municipality-not-polygon", at, g.geom_type, {"code": c}) for c, g in zip(rows["code"][wrong], shapes[wrong], strict=True)]
    return rows, faults


def _codes(column: pd.Series, table: workspace.Municipalities, at: Place) -> tuple[list[str], list[Fault]]:
    """Codes as text. A column of numbers has lost its leading zeros: the workspace must say how many digits there are."""
    values = [None if pd.isna(v) else v for v in column]
    numbers = [v for v in values if isinstance(v, int | float | np.integer | np.floating)]
    if numbers and table.code_digits is None:
        digits = max(2, len(str(int(max(numbers)))))
        digits += digits % 2  # department and municipality are two digits each
        example = int(min(numbers))
        return [], [Fault("municipality-code-number", at, str(example), {"code": str(example).zfill(digits), "digits": digits})]
    codes = [str(int(v)).zfill(table.code_digits or 0) if isinstance(v, int | float | np.integer | np.floating) else _text(v) for v in values]
    faults = [Fault("municipality-code-empty", Place(at.file, at.layer, i + 1, at.column)) for i, code in enumerate(codes) if not code]
    if OUTSIDE in codes and OUTSIDE not in table.exclude:
        faults.append(Fault("municipality-code-reserved", at, OUTSIDE))
    counts = pd.Series(codes, dtype="object").value_counts(sort=False)
    for code in counts.index[counts > 1]:
        if code and code not in table.exclude:
            rows = [str(i + 1) for i, c in enumerate(codes) if c == code]
            faults.append(Fault("municipality-code-twice", at, str(code), {"rows": rows}))
    return codes, faults


def _text(value: object) -> str:
    missing = value is None or value is pd.NA or value != value  # NaN is not itself
    return "" if missing else " ".join(str(value).split())


def _unknown(table: workspace.Municipalities, codes: Sequence[str]) -> list[Fault]:
    faults = []
    for key, wanted in (("select", table.select or []), ("exclude", table.exclude)):
        for code in wanted:
            if code not in codes:
                # 114 for 0114: the zero was lost on the way.
                bare = [c for c in codes if c.lstrip("0") == code.lstrip("0")]
                near = bare or _nearest(code, codes) or sorted(codes)[:3]
                faults.append(Fault("municipality-not-in-layer", Place(workspace.FILE), code, {"key": f"[municipalities] {key}", "near": near}))
    both = sorted(set(table.select or []) & set(table.exclude))
    return faults + [Fault("municipality-excluded", Place(workspace.FILE), code) for code in both]


def _nearest(word: str, known: Iterable[str]) -> list[str]:
    lower = {k.casefold(): k for k in known}
    return [lower[k] for k in difflib.get_close_matches(word.casefold(), list(lower), n=3, cutoff=0.5)]


def _repaired(rows: gpd.GeoDataFrame, to_wgs84: Transformer, at: Place, chosen: Sequence[str]) -> tuple[NDArray[np.object_], list[Fault]]:
    """Valid polygons, empty where there is nothing to keep; each change told with its hectares."""
    found = np.asarray(rows.geometry.values).copy()
    found[shapely.is_missing(found)] = shapely.Polygon()
    valid = _polygons(np.where(shapely.is_valid(found), found, shapely.make_valid(found, method="structure", keep_collapsed=False)))
    faults = []
    for i, code in enumerate(rows["code"]):
        values = {"code": code, "name": rows["name"].iloc[i]}
        if valid[i].is_empty:
            faults.append(Fault("municipality-empty", at, "", values, "error" if code in chosen else "warning"))
        elif valid[i] is not found[i] and not shapely.is_valid(found[i]):
            before, after = _ha(np.array([found[i], valid[i]]), to_wgs84)
            reason = shapely.is_valid_reason(found[i])
            faults.append(Fault("municipality-repaired", at, reason, {**values, "before": before, "after": after}, "warning"))
    return valid, faults


def _polygons(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """What is polygon in each geometry; of a collection only its polygons, of points and lines nothing."""
    out = np.asarray(geometries).copy()
    for i in np.flatnonzero(~np.isin(shapely.get_type_id(out), _POLYGONS)):
        parts = shapely.get_parts(out[i : i + 1])
        out[i] = shapely.union_all(parts[np.isin(shapely.get_type_id(parts), _POLYGONS)])
        if out[i].is_empty:
            out[i] = shapely.Polygon()
    return out


def _ha(geometries: NDArray[np.object_], to_wgs84: Transformer) -> NDArray[np.float64]:
    return geodesic_ha(shapely.transform(geometries, lambda xy: np.column_stack(to_wgs84.transform(xy[:, 0], xy[:, 1]))))


def _without_overlaps(
    codes: Sequence[str], geometries: NDArray[np.object_], to_wgs84: Transformer, at: Place, overlaps: str
) -> tuple[NDArray[np.object_], list[Fault]]:
    """Each overlap cut from the higher code. ``codes`` are sorted; all are cut by what was drawn, so order cannot matter."""
    left, right = shapely.STRtree(geometries).query(geometries, predicate="intersects")
    left, right = left[left < right], right[left < right]
    shared = _polygons(shapely.intersection(geometries[left], geometries[right]))
    two_dimensional = shapely.area(shared) > 0
    left, right, shared = left[two_dimensional], right[two_dimensional], shared[two_dimensional]
    shared_ha, area_ha = _ha(shared, to_wgs84), _ha(geometries, to_wgs84)
    faults = []
    for low, high, ha in sorted(zip(left.tolist(), right.tolist(), shared_ha.tolist(), strict=True)):
        share = ha / min(area_ha[low], area_ha[high])
        if ha < _TOLD_HA and share <= TOLERATED_OVERLAP:
            continue
        refused = share > TOLERATED_OVERLAP and overlaps == "refuse"
        values = {"low": codes[low], "high": codes[high], "area": ha, "share": share}
        faults.append(Fault("municipality-overlap", at, f"{codes[low]}, {codes[high]}", values, "error" if refused else "warning"))
    out = geometries.copy()
    for high in np.unique(right):
        out[high] = shapely.difference(geometries[high], shapely.union_all(geometries[left[right == high]]))
    out = _polygons(out)
    gone = [codes[i] for i in np.flatnonzero(shapely.is_empty(out))]
    return out, faults + [Fault("municipality-covered", at, code) for code in gone]
