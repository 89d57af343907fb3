"""Project sites: which hazards, how bad, now and later, and whether to go ahead.

A site is a zone like any other: a drawn polygon, or a disc around a point. It is counted by `zones` and `ledger`.
"""

from __future__ import annotations

import csv
import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from envgis.faults import Message
from envgis.landuse import LandUse
from envgis.levels import HazardKey, HazardMap
from envgis.locale import LANGUAGES, Language, sentence
from envgis.planning import nearness, sight
from envgis.planning.azimuthal import discs, middles
from envgis.planning.examined import Examined
from envgis.planning.sight import Seen

PRESENT = "present"
_TESTS: Mapping[str, Callable[[Any, Any], Any]] = {">=": operator.ge, ">": operator.gt, "=": operator.eq, "<": operator.lt}


@dataclass(frozen=True)
class Screened:
    """sites : a row per site: site_id, name, municipality_code, decision, decided_by, reason, actions_within_1km
    site_hazards : a row per site and hazard map
    reasons : for each site, what the reason says, in any language
    """

    sites: pd.DataFrame
    site_hazards: pd.DataFrame
    reasons: tuple[Message, ...]


def screen(
    sites: gpd.GeoDataFrame,
    maps: Mapping[HazardKey, HazardMap],
    landuse: LandUse | None = None,
    actions: gpd.GeoSeries | None = None,
    radius_m: float = 30.0,
    language: Language = "es",
) -> Screened:
    """Decide for each site by the first rule of ``data/screening.csv`` that holds.

    sites : site_id, name, municipality_code, geometry (points or polygons, EPSG:4326)
    actions : land or places of the actions in force (EPSG:4326); None where nobody registered any, so that none is counted
    radius_m : of the disc that stands for a point
    language : of the words in the tables

    Sites outside every layer have their rows too.

    >>> from envgis.grid import Grid
    >>> from envgis.levels import Hazard, class_map
    >>> grid, titles = Grid.from_bounds("EPSG:4326", (-90, 14, -88, 15), 1), {"es": "Inundación", "en": "Flood"}
    >>> hazard = Hazard(HazardKey("flood", "present"), "flood", "hazard", "levels", None, titles)
    >>> maps = {hazard.key: class_map(hazard, grid, np.array([[5, 1]], np.uint8))}
    >>> places = gpd.GeoSeries([shapely.Point(-89.5, 14.5), shapely.Point(-88.5, 14.5)], crs=4326)
    >>> sites = gpd.GeoDataFrame({"site_id": ["S1", "S2"], "name": "Escuela", "municipality_code": "0101"}, geometry=places)
    >>> screen(sites, maps, language="en").sites[["decision", "decided_by"]].values.tolist()
    [['avoid', 'flood|present||high_share'], ['proceed', '']]
    """
    ground = np.asarray(footprints(sites, radius_m).values)
    about = middles(ground)
    point = shapely.get_coordinates(shapely.point_on_surface(sites.geometry.values))
    shown = list(maps.values())
    seen = sight.look(sight.Sites(point, ground, about), shown, landuse)
    unknown = pd.array([pd.NA] * len(sites), dtype="Int64")
    near = unknown if actions is None else nearness.actions_near(ground, about, np.asarray(actions.values))
    decided = _decide(seen, shown)
    table = pd.DataFrame(
        {
            "site_id": sites["site_id"].astype(str),
            "name": sites["name"],
            "municipality_code": sites["municipality_code"],
            "decision": [d.decision for d in decided],
            "decided_by": [d.decided_by for d in decided],
            "reason": [sentence(d.reason, language) for d in decided],
            "actions_within_1km": near,
        }
    ).reset_index(drop=True)
    rows = _rows(sites["site_id"], seen, shown, list(landuse.legend[f"name_{language}"]) if landuse is not None else [])
    return Screened(table, rows, tuple(d.reason for d in decided))


def footprints(sites: gpd.GeoDataFrame, radius_m: float) -> gpd.GeoSeries:
    """The ground of each site (EPSG:4326): its polygon, or a disc (64-gon) about the middle of a point or line.

    >>> drawn = shapely.box(-91, 14, -90.99, 14.01)
    >>> sites = gpd.GeoDataFrame(geometry=[drawn, shapely.Point(-91, 14)], crs=4326)
    >>> ground = footprints(sites, radius_m=30)
    >>> ground[0].equals(drawn), len(ground[1].exterior.coords) - 1
    (True, 64)
    """
    out = np.asarray(sites.geometry.values).copy()
    bare = ~np.isin(shapely.get_type_id(out), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    out[bare] = discs(middles(out[bare]), radius_m)
    return gpd.GeoSeries(out, index=sites.index, crs=4326)


def _rows(site_ids: pd.Series, seen: Seen, maps: Sequence[HazardMap], names: Sequence[str]) -> pd.DataFrame:
    """site_hazards: a row per site and map, sites in their order, maps in theirs."""
    keys = [m.key for m in maps]
    count = len(site_ids)
    table = pd.DataFrame(
        {
            "site_id": site_ids.astype(str).repeat(len(keys)).reset_index(drop=True),
            "hazard": [k.hazard for k in keys] * count,
            "scenario": [k.scenario for k in keys] * count,
            "return_period": pd.array([k.return_period for k in keys] * count, "Float64"),
            **{name: getattr(seen, name).ravel() for name in sight.NUMBERS},
            "landuse": pd.array(np.array([*names, None], object)[seen.landuse.ravel()], "string"),
        }
    )
    missing = {"level_at_point": "Int64", "max_level": "Int64", "distance_to_high_m": "Float64"}
    return table.astype(missing)


@dataclass(frozen=True)
class _Decision:
    decision: str
    decided_by: str
    reason: Message


@functools.cache
def rules() -> tuple[Mapping[str, str], ...]:
    """``data/screening.csv``, in order: the first rule that holds decides; none: proceed.

    >>> first = rules()[0]
    >>> first["decision"], first["column"], first["test"], first["value"], first["scenario"]
    ('avoid', 'high_share', '>=', '0.10', 'present')
    """
    return tuple(csv.DictReader(files("envgis.data").joinpath("screening.csv").read_text(encoding="utf-8").splitlines()))


def _decide(seen: Seen, maps: Sequence[HazardMap]) -> list[_Decision]:
    """For each site, the first rule that holds on any map, and the map on which it holds most."""
    examined = Examined(seen.no_data_share, maps)
    out: list[_Decision | None] = [None] * len(seen.high_share)
    for rule in rules():
        open_sites = np.array([d is None for d in out], bool)
        judged = [j for j, m in enumerate(maps) if rule["scenario"] in ("any", m.key.scenario)]
        if rule["test"] == "missing" and not judged:
            for i in np.flatnonzero(open_sites):
                out[i] = _Decision(rule["decision"], "", Message("screen.without_present", {"screened": examined.at(int(i))}))
            break
        values: NDArray[np.float64] = getattr(seen, rule["column"])[:, judged]
        holds = np.isnan(values) if rule["test"] == "missing" else _TESTS[rule["test"]](values, float(rule["value"] or 0))
        # The worst counts: the least where a rule asks for little, the first of equal ones.
        weight = np.where(np.isnan(values), 0.0, -values if rule["test"] == "<" else values)
        worst = np.where(holds, weight, -np.inf).argmax(axis=1) if judged else np.zeros(len(out), np.intp)
        for i in np.flatnonzero(open_sites & holds.any(axis=1)):
            by = maps[judged[worst[i]]]
            if (seen.no_data_share[i] == 1).all() and rule["column"] == "no_data_share":
                reason = Message("screen.unseen", {"screened": examined.all()})
            else:
                reason = _reason(rule, by, float(values[i, worst[i]]), examined, int(i))
            out[i] = _Decision(rule["decision"], _decided_by(rule, by), reason)
    highest = [np.nanmax(row, initial=0.0) for row in seen.max_level]
    return [d or _Decision("proceed", "", Message("screen.proceed", {"value": highest[i], "screened": examined.at(i)})) for i, d in enumerate(out)]


def _decided_by(rule: Mapping[str, str], hazard_map: HazardMap) -> str:
    key = hazard_map.key
    period = "" if key.return_period is None else f"{key.return_period:g}"
    return f"{key.hazard}|{key.scenario}|{period}|{rule['column']}"


def _reason(rule: Mapping[str, str], hazard_map: HazardMap, value: float, examined: Examined, site: int) -> Message:
    """What a rule says of one map at one site."""
    key = hazard_map.key
    missing = rule["column"] == "no_data_share"
    values = {
        "title": {language: hazard_map.hazard.title[language].lower() for language in LANGUAGES},
        "Title": hazard_map.hazard.title,
        "scenario": Message("screen.present") if key.scenario == PRESENT else key.scenario,
        "period": Message("screen.period", {"years": key.return_period}) if key.return_period else "",
        "value": value,
        "screened": examined.at(site, hazard_map if missing else None),
    }
    return Message("screen.none_here_by" if missing and value == 1 else f"screen.{rule['decision']}.{rule['column']}", values)
