"""Project sites: which hazards, how bad, now and later, and whether to go ahead.

A site is a zone like any other: a drawn polygon, or a disc around a point. It is counted by `zones` and `ledger`.
"""

from __future__ import annotations

import csv
import functools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from envgis import ledger, zones
from envgis.adaptation import local_plane
from envgis.faults import Message
from envgis.grid import Grid, Window
from envgis.landuse import LandUse
from envgis.levels import HIGH, NO_DATA, Hazard, HazardKey, HazardMap
from envgis.locale import LANGUAGES, Language, listing, sentence
from envgis.population import cell_size_m

FARTHEST_M = 1000.0
PRESENT = "present"
# A level counts as the highest of a site if at least this share of the ground is at it or above.
_LEAST_SHARE = 0.01
# Sites are taken together that lie in one square of so many cells, so that a window never grows with the map.
_TOGETHER = 2000

HAZARD_COLUMNS = ["level_at_point", "max_level", "high_share", "no_data_share", "distance_to_high_m", "landuse"]
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
    actions : land or places of the actions in force (EPSG:4326)
    radius_m : of the disc that stands for a point
    language : of the words in the tables

    Sites outside every layer have their rows too.
    """
    ground = footprints(sites, radius_m)
    rows = pd.concat([_on_map(sites, ground, m, landuse, language) for m in maps.values()], ignore_index=True) if maps else _no_rows()
    order = {str(site): i for i, site in enumerate(sites["site_id"])}
    rows = rows.sort_values("site_id", key=lambda ids: ids.map(order), kind="stable", ignore_index=True)
    near = _near(ground, actions)
    hazards = {m.key: m.hazard for m in maps.values()}
    groups = dict(iter(rows.groupby("site_id", sort=False)))
    decided = [_decide(groups.get(str(site), rows.iloc[:0]), hazards) for site in sites["site_id"]]
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
    return Screened(table, rows, tuple(d.reason for d in decided))


def footprints(sites: gpd.GeoDataFrame, radius_m: float) -> gpd.GeoSeries:
    """The ground of each site (EPSG:4326): its polygon, or a disc drawn in a local azimuthal equidistant plane."""
    out = []
    for geometry in sites.geometry:
        if geometry.geom_type in ("Polygon", "MultiPolygon"):
            out.append(geometry)
        else:
            there = _plane(geometry)
            disc = shapely.Point(0, 0).buffer(radius_m, quad_segs=16)
            out.append(shapely.transform(disc, lambda xy, t=there: np.column_stack(t.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))))
    return gpd.GeoSeries(out, index=sites.index, crs=4326)


def _plane(geometry: shapely.Geometry) -> Transformer:
    """From EPSG:4326 to an azimuthal equidistant plane about a site's middle."""
    return Transformer.from_crs(4326, local_plane([geometry], "aeqd"), always_xy=True)


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame(columns=["site_id", "hazard", "scenario", "return_period", *HAZARD_COLUMNS])


def _on_map(
    sites: gpd.GeoDataFrame, ground: gpd.GeoSeries, hazard_map: HazardMap, landuse: LandUse | None, language: Language
) -> pd.DataFrame:
    """All sites on one hazard map, those that lie together in one go."""
    grid = hazard_map.layer.grid
    there = Transformer.from_crs(4326, grid.crs, always_xy=True)
    point = shapely.get_coordinates(shapely.point_on_surface(sites.geometry.values))
    x, y = (np.asarray(v) for v in there.transform(point[:, 0], point[:, 1]))
    row, column = np.floor((grid.y - y) / grid.dy), np.floor((x - grid.x) / grid.dx)
    out = pd.DataFrame({"site_id": sites["site_id"].astype(str).to_numpy()})
    out["hazard"], out["scenario"], out["return_period"] = hazard_map.key
    out[HAZARD_COLUMNS] = [pd.NA, pd.NA, 0.0, 1.0, pd.NA, pd.NA]
    moved = ground.to_crs(grid.crs)
    for at in _together(row, column):
        window = _window(grid, moved.iloc[at].total_bounds)
        if _apart(window, grid):
            continue
        local = _Local(replace(hazard_map, grid=grid.crop(window)), landuse, language)
        pixels = np.column_stack([row[at] - window.row, column[at] - window.column]).astype(np.int64)
        for name, values in local.look(moved.iloc[at], ground.iloc[at], pixels).items():
            out.loc[at, name] = values
    types = {"return_period": "Float64", "level_at_point": "Int64", "max_level": "Int64", "distance_to_high_m": "Float64"}
    return out.astype({**types, "high_share": "float64", "no_data_share": "float64", "landuse": "string"})


def _together(row: NDArray[np.float64], column: NDArray[np.float64]) -> Iterator[NDArray[np.int64]]:
    """Positions of sites that lie in one square of the lattice; those without a place on it are left out."""
    good = np.flatnonzero(np.isfinite(row) & np.isfinite(column))
    squares = np.column_stack([row[good] // _TOGETHER, column[good] // _TOGETHER])
    _, which = np.unique(squares, axis=0, return_inverse=True)
    for k in range(which.max(initial=-1) + 1):
        yield good[which.ravel() == k]


def _window(grid: Grid, bounds: Sequence[float]) -> Window:
    """The cells about some ground, as far as the nearest high level is looked for."""
    west, south, east, north = bounds
    degree = 111_000.0 * max(0.05, np.cos(np.radians(min(89.0, abs(north))))) if grid.crs.is_geographic else 1.0
    reach = 1.2 * FARTHEST_M / (degree if grid.crs.is_geographic else grid.crs.axis_info[0].unit_conversion_factor)
    return grid.cover((west - reach, south - reach, east + reach, north + reach))


def _apart(window: Window, grid: Grid) -> bool:
    below = window.row >= grid.rows or window.row + window.rows <= 0
    return below or window.column >= grid.columns or window.column + window.columns <= 0


class _Local:
    """A hazard map on a window about some sites."""

    def __init__(self, hazard_map: HazardMap, landuse: LandUse | None, language: Language) -> None:
        self.map, self.grid = hazard_map, hazard_map.grid
        self.level = hazard_map.levels(self.grid.window)
        self.high = np.isin(self.level, HIGH)
        self.legend = landuse.legend if landuse is not None else None
        self.names = list(landuse.legend[f"name_{language}"]) if landuse is not None else []
        self.classes = landuse.on(self.grid) if landuse is not None else None

    def look(self, moved: gpd.GeoSeries, ground: gpd.GeoSeries, pixels: NDArray[np.int64]) -> dict[str, list[Any]]:
        """Columns of site_hazards for sites whose ground is given in the grid's CRS and in EPSG:4326."""
        names = [str(i) for i in range(len(moved))]
        codes = [str(c) for c in self.legend["code"]] if self.legend is not None else None
        cover = zones.cover(moved, self.grid, overlap=True)
        counted = ledger.tabulate(cover, self.map, self.classes, codes=names, legend=codes)
        shares = _shares(counted, names)
        at_point = [int(self.level[tuple(p)]) if self._inside(p) else NO_DATA for p in pixels]
        return {
            "level_at_point": [pd.NA if level == NO_DATA else level for level in at_point],
            "max_level": [_highest(shares[i]) for i in range(len(names))],
            "high_share": list(shares[:, 4] + shares[:, 5]),
            "no_data_share": list(shares[:, 6]),
            "distance_to_high_m": [self._distance(g, m, s) for g, m, s in zip(ground, moved, shares, strict=True)],
            "landuse": self._largest(counted, names),
        }

    def _inside(self, pixel: NDArray[np.int64]) -> bool:
        return bool(0 <= pixel[0] < self.grid.rows and 0 <= pixel[1] < self.grid.columns)

    def _largest(self, counted: pd.DataFrame, names: list[str]) -> list[Any]:
        if self.legend is None:
            return [pd.NA] * len(names)
        known = counted[counted["landuse"] != "no_data"]
        sums = known.groupby(["municipality", "landuse"])["area_mm2"].sum()
        words = dict(zip(self.legend["code"].astype(str), self.names, strict=True))
        out = []
        for name in names:
            mine = sums[sums.index.get_level_values(0) == name]
            out.append(words[str(mine.idxmax()[1])] if len(mine) else pd.NA)  # type: ignore[index]
        return out

    @functools.cached_property
    def _rim(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of high cells beside a cell that is not: the nearest high cell is one of them."""
        padded = np.pad(self.high, 1)
        inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
        return np.nonzero(self.high & ~inner)  # type: ignore[return-value]

    def _distance(self, ground: shapely.Geometry, moved: shapely.Geometry, shares: NDArray[np.float64]) -> Any:
        """Metres from the ground's edge to the nearest edge of a high cell; 0 where they touch, NA beyond 1,000."""
        if shares[4] + shares[5] > 0:
            return 0.0
        row, column = self._rim
        if not len(row):
            return pd.NA
        near = self._candidates(moved, row, column)
        if not len(near):
            return pd.NA
        g = self.grid
        x, y = g.x + column[near] * g.dx, g.y - row[near] * g.dy
        there = _plane(ground)
        to_lonlat = Transformer.from_crs(g.crs, 4326, always_xy=True)
        cells = shapely.transform(
            shapely.box(x, y - g.dy, x + g.dx, y),
            lambda xy: np.column_stack(there.transform(*to_lonlat.transform(xy[:, 0], xy[:, 1]))),
        )
        flat = shapely.transform(ground, lambda xy: np.column_stack(there.transform(xy[:, 0], xy[:, 1])))
        metres = float(shapely.distance(cells, flat).min())
        return metres if metres <= FARTHEST_M else pd.NA

    def _candidates(self, moved: shapely.Geometry, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those high cells that may be the nearest, by a rough measure good to some cells."""
        g = self.grid
        high_m, wide_m = self._cell
        west, south, east, north = moved.bounds
        # From the ground's box to the cells' middles, in metres.
        dy = np.maximum(0, np.maximum((g.y - north) / g.dy - row - 0.5, row + 0.5 - (g.y - south) / g.dy)) * high_m
        dx = np.maximum(0, np.maximum((west - g.x) / g.dx - column - 0.5, column + 0.5 - (east - g.x) / g.dx)) * wide_m
        rough = np.hypot(dx, dy)
        size_m = np.hypot((east - west) / g.dx * wide_m, (north - south) / g.dy * high_m)
        return np.flatnonzero(rough <= min(rough.min() + size_m, FARTHEST_M) + 2 * (high_m + wide_m))

    @functools.cached_property
    def _cell(self) -> tuple[float, float]:
        west, south, east, north = self.grid.bounds
        lonlat = Transformer.from_crs(self.grid.crs, 4326, always_xy=True).transform((west + east) / 2, (south + north) / 2)
        return cell_size_m(self.grid, lonlat)


def _shares(counted: pd.DataFrame, names: list[str]) -> NDArray[np.float64]:
    """(sites, 7) share of the ground at levels 0…5 and without data."""
    area = counted.groupby(["municipality", "level"])["area_mm2"].sum()
    out = np.zeros((len(names), 7))
    position = {name: i for i, name in enumerate(names)}
    for (name, level), mm2 in area.items():  # type: ignore[misc]
        if name in position:
            out[position[name], 6 if level == NO_DATA else int(level)] = mm2
    total = out.sum(axis=1, keepdims=True)
    out = np.divide(out, total, out=np.zeros_like(out), where=total > 0)
    out[total[:, 0] == 0, 6] = 1.0
    return out


def _highest(shares: NDArray[np.float64]) -> Any:
    """The highest level with at least 1 % of the ground at it or above; NA if there are no data at all."""
    if shares[6] == 1:
        return pd.NA
    above = np.cumsum(shares[5::-1])[::-1]
    return int(np.flatnonzero(above >= min(_LEAST_SHARE, above[0])).max())


def _near(ground: gpd.GeoSeries, actions: gpd.GeoSeries | None) -> list[int]:
    """For each site, how many actions in force lie within 1 km of its ground."""
    if actions is None or not len(actions):
        return [0] * len(ground)
    places = np.asarray(actions.values)
    tree = shapely.STRtree(places)
    out = []
    for site in ground:
        west, south, east, north = site.bounds
        tall = 1.1 * FARTHEST_M / 110_000
        wide = tall / max(0.05, np.cos(np.radians(min(89.0, abs(north)))))
        near = tree.query(shapely.box(west - wide, south - tall, east + wide, north + tall))
        there = _plane(site)
        flat = [shapely.transform(g, lambda xy, t=there: np.column_stack(t.transform(xy[:, 0], xy[:, 1]))) for g in [site, *places[near]]]
        out.append(int((shapely.distance(flat[0], flat[1:]) <= FARTHEST_M).sum()) if len(near) else 0)
    return out


@dataclass(frozen=True)
class _Decision:
    decision: str
    decided_by: str
    reason: Message


@functools.cache
def rules() -> tuple[Mapping[str, str], ...]:
    """``data/screening.csv``, in order: the first rule that holds decides; none: proceed."""
    with files("envgis.data").joinpath("screening.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def _decide(rows: pd.DataFrame, hazards: Mapping[HazardKey, Hazard]) -> _Decision:
    screened = _listed({h.family: h.title for h in hazards.values()}.values())
    for rule in rules():
        found = _holds(rule, rows)
        if found is None:
            continue
        if found.empty:
            return _Decision(rule["decision"], "", Message("screen.without_present", {"screened": screened}))
        row = found.sort_values(rule["column"], ascending=rule["test"] == "<", kind="stable", na_position="last").iloc[0]
        key = HazardKey(row["hazard"], row["scenario"], None if pd.isna(row["return_period"]) else float(row["return_period"]))
        period = "" if key.return_period is None else f"{key.return_period:g}"
        values = {
            "title": {language: hazards[key].title[language].lower() for language in LANGUAGES},
            "scenario": Message("screen.present") if key.scenario == PRESENT else key.scenario,
            "period": Message("screen.period", {"years": key.return_period}) if key.return_period else "",
            "value": row[rule["column"]],
            "landuse": row["landuse"],
            "screened": screened,
        }
        decided_by = f"{key.hazard}|{key.scenario}|{period}|{rule['column']}"
        return _Decision(rule["decision"], decided_by, Message(f"screen.{rule['decision']}.{rule['column']}", values))
    highest = rows["max_level"].max()
    return _Decision("proceed", "", Message("screen.proceed", {"value": highest, "screened": screened}))


def _holds(rule: Mapping[str, str], rows: pd.DataFrame) -> pd.DataFrame | None:
    """The rows for which a rule holds; none but an empty table where the present is missing; None if it does not hold."""
    seen = rows if rule["scenario"] == "any" else rows[rows["scenario"] == rule["scenario"]]
    if rule["test"] == "missing":
        if seen.empty:
            return seen
        found = seen[seen[rule["column"]].isna()]
    else:
        found = seen[_TESTS[rule["test"]](seen[rule["column"]], float(rule["value"])).fillna(False).astype(bool)]
    return None if found.empty else found


def _listed(titles: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Titles as a list in a sentence, in both languages."""
    kept = list(titles)
    return {language: listing([t[language].lower() for t in kept], language) for language in LANGUAGES}
