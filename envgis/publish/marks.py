"""Actions and sites as data for a page's map: only the fields that the workspace allows, written out in both languages."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from envgis import locale
from envgis.actions import catalogue
from envgis.assessment import Assessment
from envgis.locale import LANGUAGES
from envgis.publish.bilingual import Words, known, told
from envgis.publish.figures import Book

# How actions are told apart on the map, in the order of the switches; the first is shown by default.
SIGNS = ("in_force", "ongoing", "planned", "failed", "not_in_force")
# About a tenth of a metre.
_DECIMALS = 6
_UNITS = {"ha": " ha", "m": " m", "m2": " m²", "m3": " m³", "kg": " kg"}


def actions_of(assessment: Assessment, code: str) -> gpd.GeoDataFrame:
    """The accepted actions that are counted in a municipality."""
    table = assessment.actions
    return table[table["municipality_code"] == code]


def sign(row: pd.Series) -> str:
    """How an action is drawn: in force, else by its status; done ones that are not in force stand apart."""
    if bool(row["in_force"]):
        return "in_force"
    return str(row["status"]) if row["status"] in ("ongoing", "planned", "failed") else "not_in_force"


def actions(assessment: Assessment, code: str) -> list[dict[str, Any]]:
    """``{"at": [lat, lon], "sign": …, "fields": [[column, value]…]}`` for each action with a place.

    A value is a text, or a text in each language. Without any public field no action is drawn.
    """
    fields = [f for f in assessment.public_fields if f in assessment.actions.columns and f != "geometry"]
    if not fields:
        return []
    out, digits = [], Book(assessment).digits
    for _, row in actions_of(assessment, code).iterrows():
        if row.geometry is None or row.geometry.is_empty:
            continue
        shown = [[field, text] for field in fields if (text := written(field, row[field], digits)) is not None]
        out.append({"at": at(row.geometry), "sign": sign(row), "fields": shown})
    return out


def sites(assessment: Assessment, code: str) -> list[dict[str, Any]]:
    """``{"at", "id", "name", "decision", "reason"}`` for each screened site of a municipality, the reason in both languages."""
    if assessment.sites is None or "sites" not in assessment.tables:
        return []
    ids = assessment.sites["site_id"].astype(str)
    geometry = dict(zip(ids, assessment.sites.geometry, strict=True))
    reasons = dict(zip(ids, assessment.sites["reason"], strict=True))
    out = []
    for _, row in site_rows(assessment, code).iterrows():
        place = geometry.get(str(row["site_id"]))
        where = at(place) if place is not None and not place.is_empty else None
        name = "" if pd.isna(row["name"]) else str(row["name"])
        reason = told(reasons[str(row["site_id"])])
        out.append({"at": where, "id": str(row["site_id"]), "name": name, "decision": str(row["decision"]), "reason": reason})
    return out


def site_rows(assessment: Assessment, code: str) -> pd.DataFrame:
    """The rows of the table of sites that lie in a municipality."""
    if "sites" not in assessment.tables:
        return pd.DataFrame()
    table = assessment.tables["sites"]
    return table[table["municipality_code"] == code]


def at(geometry: BaseGeometry) -> list[float]:
    """[latitude, longitude] of a place that stands for a geometry: on it, and for a line in its middle."""
    point = geometry.interpolate(0.5, normalized=True) if geometry.geom_type == "LineString" else geometry.representative_point()
    return [round(point.y, _DECIMALS), round(point.x, _DECIMALS)]


def shape(geometry: BaseGeometry) -> dict[str, Any]:
    """A geometry as GeoJSON with coordinates of a tenth of a metre."""
    rounded = shapely.set_precision(geometry, 10**-_DECIMALS, mode="pointwise")
    return dict(shapely.geometry.mapping(shapely.transform(rounded, lambda xy: xy.round(_DECIMALS))))


def written(column: str, value: object, area_digits: int = 1) -> str | Words | None:
    """A value of the action record as a page prints it; None where there is none.

    area_digits : after the point of an area in ha, those of the page's tables; other numbers have one at most

    >>> written("area_ha", 67.995808), written("length_m", 1250.04), written("area_ha", 0.0216)
    ('68.0 ha', '1,250 m', '0.02 ha')
    """
    if value is None or value is pd.NaT or (not isinstance(value, str) and pd.isna(value)):  # type: ignore[call-overload]
        return None
    match column:
        case "action_type":
            return type_name(str(value))
        case "status" | "geometry_source" | "review_state" | "unit":
            return known(column, str(value))
        case "funding_source":
            return {lang: locale.listing([known("funding", w)[lang] for w in str(value).split(";")], lang) for lang in LANGUAGES}
        case "cost_gtq" | "remittance_gtq":
            return locale.quetzales(float(value), "es")  # type: ignore[arg-type]
        case "remittance_share":
            return locale.percent(float(value), "es")  # type: ignore[arg-type]
    if isinstance(value, dt.date | dt.datetime):
        return {lang: locale.long_date(value, lang) for lang in LANGUAGES}
    if isinstance(value, str):
        return value or None
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        return None
    unit = _UNITS.get(column.rpartition("_")[2], "") if "_" in column else ""
    return _plainly(number, area_digits if unit == " ha" else None) + unit


def _plainly(number: float, digits: int | None) -> str:
    """A number with ``digits`` after the point, None for one at most; as many more as show that a small one is not 0."""
    least = 1 if digits is None else digits
    needed = math.floor(-math.log10(2 * abs(number))) + 1 if number else 0
    if needed > least:
        return locale.number(number, "es", needed)
    return locale.number(round(number, 1) if digits is None else number, "es", digits)


def type_name(slug: str) -> Words:
    """What an action type is called in both languages."""
    table = catalogue.types()
    if slug not in table.index:
        return {"es": slug, "en": slug}
    return {"es": str(table.loc[slug, "name_es"]), "en": str(table.loc[slug, "name_en"])}
