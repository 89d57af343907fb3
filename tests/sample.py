"""A small, whole Assessment in memory, whose figures can be counted by hand: cells of one hectare."""

from __future__ import annotations

import datetime as dt
import itertools
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from envgis.actions import record
from envgis.actions.record import SetAside
from envgis.assessment import Assessment, Credit
from envgis.faults import Fault, Message, Place
from envgis.grid import ArrayLayer, Grid, Window, read_padded
from envgis.levels import NO_DATA, Hazard, HazardKey, HazardMap, class_map

SIZE = 20
GRID = Grid(CRS.from_epsg(32615), 600_000.0, 1_660_000.0, 100.0, 100.0, SIZE, SIZE)
KEYS = (HazardKey("landslide", "present"), HazardKey("flood", "present", 100.0), HazardKey("landslide", "2050"))
CODES = ("0114", "1201")
# Texts that bite whoever takes them for formulas, markup or code.
NAMES = ("=1+1</script>${x}", 'San "Marcos" Ñandú')
# Where an action in force stands: rows and columns 0…3, in 0114, on landslide land.
TREATED = np.zeros(GRID.shape, bool)
TREATED[:4, :4] = True


class Residual:
    """Levels one lower on treated land, where trees are planted."""

    def __init__(self, hazard: HazardMap) -> None:
        self.hazard = hazard
        self.faces = SimpleNamespace(table=pd.DataFrame({"types": [("reforestation",)]}))

    def face(self, window: Window) -> NDArray[np.int32]:
        return np.asarray(read_padded(ArrayLayer(GRID, TREATED.astype(np.int32), 0), GRID, window), np.int32)

    def read(self, window: Window) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        level = self.hazard.levels(window)
        lower = np.where(self.face(window).astype(bool) & (level >= 2) & (level <= 5), level - 1, level).astype(np.uint8)
        return lower, lower


def levels(seed: int) -> NDArray[np.uint8]:
    """Every level and no data, in blocks of four cells."""
    coarse = np.random.default_rng(seed).choice(np.array([0, 1, 2, 3, 4, 5, NO_DATA], np.uint8), (SIZE // 2, SIZE // 2))
    coarse[:2, :2] = 5
    return np.kron(coarse, np.ones((2, 2), np.uint8))


def hazard_map(number: int, *, public: bool = True) -> HazardMap:
    key = KEYS[number]
    title = {"landslide": {"es": "Deslizamientos", "en": "Landslides"}, "flood": {"es": "Inundación", "en": "Flood"}}[key.hazard]
    hazard = Hazard(key, key.hazard, "susceptibility", "levels", None, title, source="Sample", date="2026", licence="CC0", public=public)
    return class_map(hazard, GRID, levels(number))


def municipalities() -> gpd.GeoDataFrame:
    west, south, east, north = GRID.bounds
    middle = (west + east) / 2
    # A metre inside the outer cells, so that every program finds the same cells under them.
    boxes = [shapely.box(west + 1, south + 1, middle, north - 1), shapely.box(middle, south + 1, east - 1, north - 1)]
    places = gpd.GeoSeries(boxes, crs=GRID.crs.to_wkt()).segmentize(100).to_crs(4326)
    return gpd.GeoDataFrame({"code": CODES, "name": NAMES, "area_ha": [200.0, 200.0]}, geometry=places.to_list(), crs=4326)


def halves() -> dict[str, NDArray[np.bool_]]:
    left = np.zeros(GRID.shape, bool)
    left[:, : SIZE // 2] = True
    return {CODES[0]: left, CODES[1]: ~left}


def assessment(**changes: object) -> Assessment:
    """The sample; ``changes`` replace fields of the Assessment."""
    maps = {KEYS[i]: hazard_map(i) for i in range(3)}
    fields: dict[str, object] = {
        "name": "Muestra",
        "language": "es",
        "synthetic": True,
        "date": dt.date(2026, 11, 24),
        "municipalities": municipalities(),
        "maps": maps,
        "residuals": {key: Residual(one) for key, one in maps.items() if key.hazard == "landslide"},
        "landuse": None,
        "actions": actions(),
        "set_aside": (SetAside("kobo.csv", 7, (Fault("output-busy", Place("kobo.csv", row=7), "=cmd"),)),),
        "ledger": ledger(),
        "tables": tables(maps),
        "sites": sites(),
        "has_population": True,
        "public_fields": ("action_type", "status", "date_start", "area_ha"),
        "warnings": (Fault("output-busy", Place("kobo.csv"), severity="warning"),),
        "assumptions": (Message("synthetic"),),
        "credits": (Credit("landuse", {"es": "Uso de la tierra", "en": "Land use"}, "Sample", "2026", "CC0"),),
        "record": {"run_id": "0123abcd", "inputs": {}, "parameters": {}, "versions": {"envgis": "0.1.0"}},
    }
    return Assessment(**{**fields, **changes})  # type: ignore[arg-type]


def actions() -> gpd.GeoDataFrame:
    west, _, _, north = GRID.bounds
    area = shapely.box(west, north - 400, west + 400, north)
    line = shapely.LineString([(west + 1500, north - 900), (west + 1800, north - 900)])
    places = gpd.GeoSeries([area, shapely.Point(west + 900, north - 900), line])
    columns: dict[str, list[object]] = {
        "action_id": ["a1", "a2", "a3"],
        "source": ["kobo.csv"] * 3,
        "source_row": [2, 3, 4],
        "action_type": ["reforestation", "agroforestry", "riparian_restoration"],
        "status": ["done", "planned", "ongoing"],
        "date_start": ["2025-03-01", "2026-12-01", None],
        "municipality_code": ["0114", "0114", "1201"],
        "area_ha": [16.0, None, None],
        "community": ["Canary Community", None, None],
        "notes": ["tel. 5555-0114 Canary Person", None, None],
    }
    table = record.frame(columns, places.set_crs(GRID.crs.to_wkt()).to_crs(4326).to_list())
    table["in_force"] = [True, False, False]
    return table


def sites() -> gpd.GeoDataFrame:
    west, _, _, north = GRID.bounds
    places = gpd.GeoSeries([shapely.Point(west + 250, north - 250), shapely.box(west + 1200, north - 500, west + 1300, north - 400)])
    reasons = [Message("screen.without_present", {"screened": "=x"})] * 2
    table = {"site_id": ["S-1", "S-2"], "name": ['=HYPERLINK("x")', "Escuela"], "reason": reasons}
    return gpd.GeoDataFrame(table, geometry=places.set_crs(GRID.crs.to_wkt()).to_crs(4326).to_list(), crs=4326)


def _keys(code: str, key: HazardKey) -> dict[str, object]:
    name = NAMES[CODES.index(code)]
    return {"municipality_code": code, "municipality": name, "hazard": key.hazard, "scenario": key.scenario, "return_period": key.return_period}


def tables(maps: dict[HazardKey, HazardMap]) -> dict[str, pd.DataFrame]:
    """The summary tables of the sample, counted cell by cell: a cell is a hectare and holds two people."""
    levels_rows, adaptation_rows, coverage_rows = [], [], []
    for (code, mine), (key, one) in itertools.product(halves().items(), maps.items()):
        cells = one.levels(GRID.window)
        for level in ("0", "1", "2", "3", "4", "5", "no_data"):
            count = int((mine & (cells == (NO_DATA if level == "no_data" else int(level)))).sum())
            row = {"level": level, "area_ha": float(count), "area_share": count / 200, "population": 2.0 * count}
            levels_rows.append({**_keys(code, key), **row})
        high = mine & ((cells == 4) | (cells == 5))
        treated = high & TREATED if key.hazard == "landslide" else high & False
        gap = int((high & ~treated).sum())
        after = float((high & ~(treated & (cells == 4))).sum())
        adaptation_rows.append(
            {
                **_keys(code, key),
                "mapped_area_ha": float((mine & (cells != NO_DATA)).sum()),
                "high_area_ha": float(high.sum()),
                "high_any_action_ha": float((high & TREATED).sum()),
                "high_action_ha": float(treated.sum()),
                "gap_area_ha": float(gap),
                "gap_share": gap / high.sum() if high.any() else np.nan,
                "high_after_best_ha": after,
                "high_after_central_ha": after,
                "high_after_worst_ha": float(high.sum()),
                "high_population": 2.0 * high.sum(),
                "gap_population": 2.0 * gap,
            }
        )
        share = float((mine & (cells != NO_DATA)).sum() / 200)
        coverage_rows.append({"municipality_code": code, "municipality": NAMES[CODES.index(code)], "layer": key.slug, "data_share": share})
    count = {"municipality_code": ["0114", "0114"], "municipality": [NAMES[0]] * 2, "action_type": ["reforestation", "agroforestry"]}
    sums = {"count": [1, 1], "area_ha": [16.0, np.nan], "cost_gtq": [1234.5, np.nan], "participants_women": pd.array([12, None], dtype="Int64")}
    decided = {"decision": ["avoid", "proceed"], "decided_by": ["landslide|present||high_share", ""]}
    screened = {"site_id": ["S-1", "S-2"], "name": ['=HYPERLINK("x")', "Escuela"], "municipality_code": ["0114", "1201"], **decided}
    why = {"reason": ["Nivel 5.", "-"], "actions_within_1km": [2, 0]}
    return {
        "hazard_levels": pd.DataFrame(levels_rows),
        "adaptation": pd.DataFrame(adaptation_rows),
        "actions": pd.DataFrame({**count, "status": ["done", "planned"], "funding_source": ["cooperation;remittance", ""], **sums}),
        "coverage": pd.DataFrame(coverage_rows),
        "sites": pd.DataFrame({**screened, **why}),
    }


def ledger() -> pd.DataFrame:
    rows = {"hazard": ["landslide"], "scenario": ["present"], "return_period": [np.nan], "municipality": ["0114"], "face": [""], "level": ["5"]}
    best = {"level_best": ["5"], "level_central": ["5"], "level_worst": ["5"], "landuse": [""]}
    return pd.DataFrame({**rows, **best, "area_mm2": [10**16], "people_micro": [2_000_000]})
