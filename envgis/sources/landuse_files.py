"""``[landuse]`` of the workspace: a raster with its legend, or polygons with a code column; or all that is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from envgis import workspace
from envgis.faults import Fault, Place
from envgis.landuse import MOST_CLASSES, LandUse
from envgis.locale import both
from envgis.sources import landuse, legends, safety
from envgis.sources.file_layer import FileLayer, reason
from envgis.sources.gathering import Gathering
from envgis.sources.survey import Facts, survey
from envgis.sources.vectors import read_vector

_KEY = "[landuse]"
_LISTED = 8
# A raster with more classes than this and no legend holds values, not classes.
_MOST_PLAIN = MOST_CLASSES


def read_landuse(table: workspace.LandUse, to: Gathering) -> LandUse | None:
    """The land use that the workspace names; None where faults stop it."""
    to.credit("landuse", both("inputs.landuse"), table)
    legend, good = _legend(table, to)
    first = to.locate(table.path[0], _KEY)
    if first is None:
        return None
    try:
        kind = safety.sniff(first)
    except OSError as error:
        to.faults.append(Fault("raster-unreadable", Place(table.path[0]), reason(error)))
        return None
    if table.code is None and kind not in ("sqlite", "json", "flatgeobuf", "shapefile"):
        found = _raster(table, legend, to)
    else:
        found = _polygons(table, first, legend, to)
    return replace(found, public=table.public) if good and found is not None else None


def _legend(table: workspace.LandUse, to: Gathering) -> tuple[pd.DataFrame | None, bool]:
    """The legend, None where the workspace names none; and whether nothing is wrong with it."""
    if table.scheme:
        return legends.scheme(table.scheme), True
    if not table.legend:
        return None, True
    path = to.locate(table.legend, f"{_KEY} legend")
    if path is None:
        return None, False
    legend, faults = legends.read_legend(path, table.legend)
    to.faults += faults
    if legend is not None:
        to.read(table.legend, path)
    return legend, legend is not None


def _raster(table: workspace.LandUse, legend: pd.DataFrame | None, to: Gathering) -> LandUse | None:
    layer = to.raster(table.path, table.band, _KEY)
    if layer is None:
        return None
    facts: list[Facts] = []

    def look() -> list[Fault]:
        facts.append(survey(layer, to.outlines(layer.grid.crs), count_classes=True))
        return _raster_faults(table, layer, legend, facts[0])

    if not to.told(look) or (legend is None and table.legend):
        return None
    if legend is None:
        legend = legends.plain(f"{value:.0f}" for value in sorted(facts[0].classes))
    codes = {code for value in legend["value"] if (code := legends.whole(value)) is not None}
    return landuse.from_raster(layer.as_classes(codes), legend)


def _raster_faults(table: workspace.LandUse, layer: FileLayer, legend: pd.DataFrame | None, facts: Facts) -> list[Fault]:
    at = Place(", ".join(layer.names))
    if facts.empty:
        return [Fault("raster-all-nodata", at, values={"nodata": layer.declared})]
    if legend is None and table.legend:
        return []  # why it cannot be read has been told
    if legend is None:
        odd = [v for v in facts.classes if v != int(v) or not 0 <= v <= 65_535]
        if odd or len(facts.classes) > _MOST_PLAIN:
            return [Fault("landuse-not-classes", at, str(len(facts.classes)))]
        return [Fault("landuse-no-legend", at, str(len(facts.classes)), {"count": len(facts.classes)}, "warning")]
    faults = []
    named = {code for value in legend["value"] if (code := legends.whole(value)) is not None}
    source = Place(table.legend or table.scheme)
    bad = [value for value in legend["value"] if legends.whole(value) is None]
    if bad:
        faults.append(Fault("legend-value", source, ", ".join(bad[:_LISTED])))
    hidden = sorted(str(v) for v in layer.nodata if v in named)
    if hidden:
        faults.append(Fault("nodata-is-class", at, ", ".join(hidden)))
    lacking = {f"{v:g}": n for v, n in sorted(facts.classes.items()) if v not in named}
    if lacking:
        faults.append(_lacking(at, lacking, sum(lacking.values()) / max(1, facts.inside), str(source.file)))
    return faults


def _lacking(at: Place, lacking: dict[str, int], share: float, legend: str) -> Fault:
    shown = ", ".join(list(lacking)[:_LISTED]) + ("…" if len(lacking) > _LISTED else "")
    return Fault("landuse-class-unnamed", at, shown, {"count": len(lacking), "share": share, "legend": legend})


def _polygons(table: workspace.LandUse, path: Path, legend: pd.DataFrame | None, to: Gathering) -> LandUse | None:
    name = table.path[0]
    at = Place(name, layer=table.layer)
    if len(table.path) > 1:
        to.faults.append(Fault("landuse-one-file", at, str(len(table.path))))
        return None
    features, faults = read_vector(path, name, table.layer)
    to.faults += faults
    if features is None:
        return None
    to.read_vector(name, path)
    columns = [str(c) for c in features.columns if c != features.geometry.name]
    if table.code is None or table.code not in columns:
        to.faults.append(Fault("landuse-column", at, table.code or "", {"columns": columns[:12]}))
        return None
    features, faults = _cleaned(features, at)
    to.faults += faults
    if not len(features):
        to.faults.append(Fault("landuse-no-polygons", at))
        return None
    west, south, east, north = (float(v) for v in features.total_bounds)
    if not to.told(lambda: to.placed(CRS.from_user_input(features.crs), (west, south, east, north), name)):
        return None
    codes = [_text(value) for value in features[table.code]]
    if legend is None and table.legend:
        return None  # why it cannot be read has been told
    if legend is None:
        legend = legends.plain(sorted(set(codes) - {""}))
        to.faults.append(Fault("landuse-no-legend", at, str(len(legend)), {"count": len(legend)}, "warning"))
        if wrong := legends.uncountable(legend, at):
            to.faults += wrong
            return None
    lacking = _unnamed(features, codes, legend, to)
    if lacking:
        to.faults.append(_lacking(at, lacking, sum(lacking.values()) / len(features), str(table.legend or table.scheme)))
        return None
    to.faults += landuse.overlaps(features, codes, name)
    return landuse.from_polygons(features, codes, legend)


def _unnamed(features: gpd.GeoDataFrame, codes: list[str], legend: pd.DataFrame, to: Gathering) -> dict[str, int]:
    """Codes that polygons near the municipalities have and the legend has not, with how many have them."""
    known = set(legend["value"]) | set(legend["code"])
    near = np.ones(len(features), bool)
    zones = to.outlines(CRS.from_user_input(features.crs))
    if zones:
        near = np.zeros(len(features), bool)
        near[shapely.STRtree(features.geometry.to_numpy()).query(shapely.box(*shapely.total_bounds(zones)))] = True
    lacking: dict[str, int] = {}
    for code, here in zip(codes, near, strict=True):
        if here and code and code not in known:
            lacking[code] = lacking.get(code, 0) + 1
    return lacking


def _cleaned(features: gpd.GeoDataFrame, at: Place) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Valid polygons: rings that cross themselves are rebuilt (method "structure"), what has no area is left out."""
    shapes = features.geometry.to_numpy()
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    shapes = np.where(broken, shapely.make_valid(shapes, method="structure", keep_collapsed=False), shapes)
    flat = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    faults = []
    if broken.any():
        faults.append(Fault("landuse-repaired", at, str(int(broken.sum())), {"count": int(broken.sum())}, "warning"))
    if not flat.all():
        faults.append(Fault("landuse-not-polygons", at, str(int((~flat).sum())), {"count": int((~flat).sum())}, "warning"))
    return features.set_geometry(gpd.GeoSeries(shapes, index=features.index, crs=features.crs))[flat].reset_index(drop=True), faults


def _text(value: object) -> str:
    """A code as text: 12 and 12.0 are "12", missing is ""."""
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
