"""One GeoPackage for GIS programs: municipalities with indicators, actions, sites, gap areas, each with its style."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from envgis import files
from envgis.assessment import Assessment
from envgis.publish import description, marks, qgis
from envgis.publish.gap_areas import gap_areas, of_map
from envgis.publish.qgis import Symbol
from envgis.publish.wording import Wording

# Indicators of a municipality on each hazard map, from adaptation.csv.
_INDICATORS = ("high_area_ha", "high_action_ha", "gap_area_ha", "gap_share", "high_after_central_ha", "high_population", "gap_population")
_GEOMETRIES = {"points": ("Point", "MultiPoint"), "lines": ("LineString", "MultiLineString"), "areas": ("Polygon", "MultiPolygon")}
_KIND = {"points": "marker", "lines": "line", "areas": "fill"}
_BLUE, _SKY, _GREY, _WHITE = "#0B5FA5", "#56B4E9", "#4D4D4D", "#FFFFFF"
_SIGNS = {
    "in_force": ("circle", _BLUE, _WHITE),
    "ongoing": ("circle", _SKY, "#1F2933"),
    "planned": ("circle", _WHITE, _BLUE),
    "failed": ("cross2", _GREY, _GREY),
    "not_in_force": ("circle", "#C9CFD6", _GREY),
}
_DECISIONS = {"proceed": "#1B7F8C", "caution": "#F7C04A", "avoid": "#AB2B36", "not_enough_data": "#FFFFFF"}
# The same content makes the same bytes on any day.
_WRITTEN = "2000-01-01T00:00:00.000Z"
_REFUSALS = (DataSourceError, DataLayerError, sqlite3.Error)
_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME);
INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES ('layer_styles', 'attributes', 'layer_styles', '');
"""


def render(assessment: Assessment) -> bytes:
    """The file's bytes; the same for the same assessment.

    Layers: ``municipalities``; ``actions_points``, ``actions_lines``, ``actions_areas`` (the allowed fields only; none
    without any); ``sites_points``, ``sites_areas``; ``gap_areas``. A kind that nothing is of has no layer. Each layer's
    description says what it is, whether the data are synthetic, and their sources.

    Raises BadInput if the disk of temporary files refuses.
    """
    layers = list(_layers(assessment))
    with files.told(Path("envgis.gpkg"), *_REFUSALS), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "envgis.gpkg"
        for name, table, _ in layers:
            pyogrio.write_dataframe(
                table,
                path,
                layer=name,
                driver="GPKG",
                append=path.exists(),
                promote_to_multi=name != "municipalities" and not name.endswith("points"),
                dataset_options={} if path.exists() else {"VERSION": "1.2"},
                layer_options={"GEOMETRY_NAME": "geom"},
            )
        _finish(path, {name: style for name, _, style in layers}, {name: _described(assessment, name) for name, _, _ in layers})
        _check(path, {name: len(table) for name, table, _ in layers})
        return path.read_bytes()


def _check(path: Path, counts: dict[str, int]) -> None:
    """A full disk may stop GDAL without a word: what was written is counted."""
    with closing(sqlite3.connect(path)) as database:
        whole = database.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        found = {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in counts}  # noqa: S608 (our own names)
    if not whole or found != counts:
        raise sqlite3.OperationalError("the file does not hold what was written to it")


def _layers(assessment: Assessment) -> Iterator[tuple[str, gpd.GeoDataFrame, str]]:
    """Name, features and style of each layer, the lowest on a map first."""
    words = Wording(assessment)
    gaps = gap_areas(assessment)
    if len(gaps):
        yield "gap_areas", gaps, qgis.single(Symbol("fill", "#AB2B36", alpha=0.55))
    yield "municipalities", municipalities(assessment), qgis.single(Symbol("fill", _WHITE, "#1F2933", alpha=0, width=0.5))
    for kind, table in _by_geometry(public_actions(assessment)):
        categories = []
        for sign, (shape, colour, outline) in _SIGNS.items():
            if kind == "points":
                symbol = Symbol("marker", colour, outline, shape, width=0.4)
            else:  # white lines and edges would be lost on the land around
                edge = outline if colour == _WHITE else colour
                symbol = Symbol("line", edge, width=0.7) if kind == "lines" else Symbol("fill", colour, edge, alpha=0.35, width=0.7)
            categories.append((sign, words.say(f"web.sign_{sign}"), symbol))
        yield f"actions_{kind}", table, qgis.categorised("sign", categories)
    for kind, table in _by_geometry(public_sites(assessment)):
        decided = [
            (word, words.say(f"decision.{word}"), Symbol(_KIND[kind], colour, "#1F2933", "diamond", size=3.4)) for word, colour in _DECISIONS.items()
        ]
        yield f"sites_{kind}", table, qgis.categorised("decision", decided)


def municipalities(assessment: Assessment) -> gpd.GeoDataFrame:
    """code, name, area_ha and, for each hazard map, ``<slug>_<indicator>`` from the table of adaptation."""
    out = assessment.municipalities[["code", "name", "area_ha", "geometry"]].reset_index(drop=True)
    known = assessment.tables["adaptation"]
    for key in assessment.maps:
        rows = known[of_map(known, key)].set_index("municipality_code")
        for indicator in _INDICATORS:
            out[f"{key.slug}_{indicator}"] = out["code"].map(rows[indicator]).astype("Float64").astype("float64")
    return out


def public_actions(assessment: Assessment) -> gpd.GeoDataFrame:
    """The actions with a place: ``sign`` (how they stand) and the allowed fields; none where no field is allowed."""
    table = assessment.actions
    fields = [field for field in assessment.public_fields if field in table.columns and field not in ("geometry", "sign")]
    if not fields or table.empty:
        return gpd.GeoDataFrame({"sign": []}, geometry=[], crs=4326)
    shown = table[fields].copy()
    shown.insert(0, "sign", [marks.sign(row) for _, row in table.iterrows()])
    return gpd.GeoDataFrame(shown, geometry=table.geometry, crs=4326)


def public_sites(assessment: Assessment) -> gpd.GeoDataFrame:
    """The screened sites with their decision and its reason."""
    if assessment.sites is None or "sites" not in assessment.tables:
        return gpd.GeoDataFrame(geometry=[], crs=4326)
    places = assessment.sites[["site_id", "geometry"]].astype({"site_id": str})
    return gpd.GeoDataFrame(assessment.tables["sites"].astype({"site_id": str}).merge(places, on="site_id", validate="1:1"), crs=4326)


def _by_geometry(table: gpd.GeoDataFrame) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """The features of each kind of geometry: GIS programs want one kind in a layer."""
    for kind, names in _GEOMETRIES.items():
        rows = table[table.geometry.notna() & ~table.geometry.is_empty & table.geom_type.isin(names)] if len(table) else table
        if len(rows):
            yield kind, _plain(rows.reset_index(drop=True))


def _plain(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns as GDAL takes them: texts, numbers with NaN, days."""
    out = table.copy()
    for name in out.columns.drop("geometry"):
        column = out[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            out[name] = column.dt.strftime("%Y-%m-%d").astype(object).where(column.notna(), None)
        elif pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            out[name] = column.astype("Float64").astype("float64")
        elif not pd.api.types.is_bool_dtype(column):
            out[name] = column.astype(object).where(column.notna(), None)
    return out


def _described(assessment: Assessment, layer: str) -> str:
    return description.paragraph(assessment, f"gpkg.{layer.partition('_')[0]}")


def _finish(path: Path, styles: dict[str, str], descriptions: dict[str, str]) -> None:
    """Add the styles where QGIS looks for them and what each layer says of itself, and take out the time of writing."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(_STYLES)
        for name, style in styles.items():
            database.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD,"
                " useAsDefault, description, owner, update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, '', '', ?)",
                (name, name, style, _WRITTEN),
            )
        for name, text in descriptions.items():
            database.execute("UPDATE gpkg_contents SET description = ? WHERE table_name = ?", (text, name))
        database.execute("UPDATE gpkg_contents SET last_change = ?", (_WRITTEN,))
        database.commit()
        database.execute("VACUUM")
