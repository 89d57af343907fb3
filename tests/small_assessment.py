"""A small finished run in memory, for the publishers: three municipalities, three hazards, actions, sites, all tables.

The figures come from counting cells by their centres, plainly; what publishers do with them is what is tested.
"""

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.features import geometry_mask

from envgis.actions.record import SetAside, frame
from envgis.assessment import Assessment, Credit
from envgis.faults import Fault, Message, Place
from envgis.grid import ArrayLayer, Grid
from envgis.landuse import LandUse
from envgis.levels import HIGH, Hazard, HazardKey, HazardMap, class_map, published

DATE = dt.date(2026, 11, 24)
LEVEL_NAMES = {0: "0", 1: "1", 2: "2", 3: "3", 4: "4", 5: "5", 255: "no_data"}
PUBLIC = ("action_type", "status", "date_start", "area_ha")


@dataclass(frozen=True)
class Residual:
    """Levels with actions, held in memory."""

    hazard: HazardMap
    central: np.ndarray
    best: np.ndarray

    def read(self, window):
        r, c, rows, columns = window
        return self.central[r : r + rows, c : c + columns], self.best[r : r + rows, c : c + columns]


@dataclass(frozen=True)
class Use:
    """Land use on one grid: the class follows the column."""

    grid: Grid
    table: np.ndarray

    def read(self, window):
        columns = np.arange(window.column, window.column + window.columns) * 3 // self.grid.columns
        return np.broadcast_to(np.clip(columns, 0, 2).astype(np.uint8), window.shape)


class Uses:
    cell = None

    def on(self, grid):
        return Use(grid, np.concatenate([np.arange(3), np.full(253, 3)]).astype(np.uint16))


def municipalities(names=("San Marcos", "San Pedro Sacatepéquez", "Amatitlán")):
    """Two neighbours and one far away, each some 5 km wide."""
    shapes = [_blob(-91.80, 14.96, 1.0), _blob(-91.80, 14.96, 1.0, neighbour=True), _blob(-90.62, 14.47, 1.3)]
    table = gpd.GeoDataFrame({"code": ["1201", "1202", "0114"], "name": list(names)}, geometry=shapes, crs=4326)
    table["area_ha"] = table.to_crs(6933).area / 1e4
    return table.sort_values("code", ignore_index=True)[["code", "name", "area_ha", "geometry"]]


def _blob(lon, lat, size, neighbour=False):
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = 0.025 * size * (1 + 0.18 * np.sin(3 * angle) + 0.09 * np.cos(7 * angle))
    body = shapely.Polygon(np.column_stack([lon + radius * np.cos(angle), lat + radius * np.sin(angle)]))
    if not neighbour:
        return body
    beside = shapely.box(lon - 0.002, lat - 0.032, lon + 0.055, lat + 0.026).difference(body)
    return max(getattr(beside, "geoms", [beside]), key=lambda part: part.area)


def hills(shape, seed, rough=6):
    """Smooth numbers from 0 to 1 (rows, columns), like terrain seen from afar."""
    rng = np.random.default_rng(seed)
    y, x = (np.arange(n) / 60 for n in shape)
    total = np.zeros(shape)
    for octave in range(rough):
        fx, fy = rng.normal(size=2) * 1.6**octave
        phase = np.add.outer(fy * y, fx * x) + rng.uniform()
        total += np.sin(2 * np.pi * phase) / 1.5**octave
    return (total - total.min()) / (total.max() - total.min())


def _hazard(key, family, kind, title, measure="hazard", breakpoints=None):
    return Hazard(key, family, measure, kind, breakpoints, {"es": title[0], "en": title[1]}, "Equipo de prueba", "2026", "CC BY 4.0")


def maps(area):
    """Susceptibility as classes, depth as values with two return periods, soil loss in degrees; present and 2050."""
    out = {}
    bounds = area.to_crs(32615).total_bounds
    grid = Grid.from_bounds(32615, tuple(bounds), 60)
    for scenario, more in (("present", 0.0), ("2050", 0.07)):
        field = hills(grid.shape, 1) + more
        levels = (np.searchsorted([0.3, 0.45, 0.58, 0.7], field) + 1).astype(np.uint8)
        levels[hills(grid.shape, 9) > 0.9] = 255
        key = HazardKey("landslide", scenario)
        out[key] = class_map(_hazard(key, "landslide", "levels", ("Deslizamientos", "Landslides"), "susceptibility"), grid, levels)
    wet = Grid.from_bounds(32616, tuple(area.to_crs(32616).total_bounds), 45)
    for scenario, more in (("present", 0.0), ("2050", 0.4)):
        for period in (100.0, 10.0):
            depth = np.clip((hills(wet.shape, 2) - 0.62) * 9 + more + np.log10(period) / 4, 0, None).astype(np.float32)
            key = HazardKey("flood", scenario, period)
            hazard = _hazard(key, "flood", "depth", ("Inundación", "Flood"), breakpoints=published()["flood", "depth"])
            out[key] = HazardMap(hazard, wet, ArrayLayer(wet, depth, float("nan")))
    soil = Grid.from_bounds(4326, tuple(area.total_bounds), 0.0008)
    for scenario, more in (("present", 0.0), ("2050", 6.0)):
        loss = (hills(soil.shape, 3) * 45 + more).astype(np.float32)
        key = HazardKey("erosion", scenario)
        hazard = _hazard(key, "erosion", "soil_loss", ("Erosión del suelo", "Soil erosion"), breakpoints=published()["erosion", "soil_loss"])
        out[key] = HazardMap(hazard, soil, ArrayLayer(soil, loss, float("nan")))
    return out


def actions(area, notes="Con la escuela"):
    """Twelve actions in each municipality, of every sign."""
    rng = np.random.default_rng(5)
    columns, shapes = {}, []
    kinds = ["reforestation", "terraces", "living_barrier", "cleanup", "training", "drainage_works"]
    states = ["done", "verified", "done", "ongoing", "planned", "failed"]
    for _, row in area.iterrows():
        for i in range(12):
            west, south, east, north = row.geometry.bounds
            point = shapely.Point(rng.uniform(west, east), rng.uniform(south, north))
            while not row.geometry.contains(point):
                point = shapely.Point(rng.uniform(west, east), rng.uniform(south, north))
            polygon = i % 3 == 0
            shapes.append(point.buffer(0.002 + 0.001 * (i % 4), quad_segs=3) if polygon else point)
            values = {
                "action_id": f"{row['code']}-{i}", "source": "reportes.csv", "source_row": i + 2, "action_type": kinds[i % 6],
                "status": states[i % 6] if i else "done", "date_start": f"2026-0{1 + i % 9}-11", "date_end": f"2026-0{1 + i % 9}-20",
                "municipality_code": row["code"], "area_ha": 3.25 * (i + 1) if polygon else None, "notes": notes,
                "participants_women": 4 + i, "participants_men": 3 + i, "participants_young_women": 2, "participants_girls": 1,
                "cost_gtq": 1500.5 * (i + 1), "remittance_gtq": 400.25 * (i + 1) if i % 2 else None, "community": "Cantón Norte",
            }  # fmt: skip
            for name, value in values.items():
                columns.setdefault(name, []).append(value)
    table = frame(columns, shapes)
    table["in_force"] = table["status"].isin(["done", "verified"])
    return table


def with_actions(hazard_map, area, table):
    """One level lower under the polygons in force; in every second one only in the best case."""
    grid = hazard_map.grid
    level = hazard_map.levels(grid.window)
    central, best = level.copy(), level.copy()
    shapes = table[table["in_force"] & (table.geom_type == "Polygon")].to_crs(grid.crs.to_wkt())
    for i, shape in enumerate(shapes.geometry):
        inside = ~geometry_mask([shape], grid.shape, grid.transform) & (level <= 5)
        best[inside] = np.maximum(level[inside], 2) - 1
        if i % 2:
            central[inside] = best[inside]
    return Residual(hazard_map, np.minimum(central, level), np.minimum(best, np.minimum(central, level)))


def tables(area, hazard_maps, residuals, has_population):
    """hazard_levels and adaptation by cell centres, in the columns of the design."""
    levels, gaps = [], []
    for key, hazard_map in hazard_maps.items():
        grid = hazard_map.grid
        level = hazard_map.levels(grid.window)
        size = grid.areas.array(grid.window) / 1e10
        covered = residuals[key].best < level
        for code, name, shape in zip(area["code"], area["name"], area.to_crs(grid.crs.to_wkt()).geometry, strict=True):
            inside = ~geometry_mask([shape], grid.shape, grid.transform)
            where = {"municipality_code": code, "municipality": name, "hazard": key.hazard, "scenario": key.scenario}
            where["return_period"] = key.return_period
            total = size[inside].sum()
            for number, word in LEVEL_NAMES.items():
                ha = size[inside & (level == number)].sum()
                people = round(ha * 1.37) if has_population else None
                levels.append(where | {"level": word, "area_ha": ha, "area_share": ha / total, "population": people})
            high = inside & np.isin(level, HIGH)
            high_ha, covered_ha = size[high].sum(), size[high & covered].sum()

            def still(cells, inside=inside, size=size):
                return size[inside & np.isin(cells, HIGH)].sum()

            gaps.append(
                where
                | {
                    "mapped_area_ha": size[inside & (level != 255)].sum(),
                    "high_area_ha": high_ha,
                    "high_any_action_ha": covered_ha,
                    "high_action_ha": covered_ha,
                    "gap_area_ha": high_ha - covered_ha,
                    "gap_share": (high_ha - covered_ha) / high_ha if high_ha else None,
                    "high_after_best_ha": still(residuals[key].best),
                    "high_after_central_ha": still(residuals[key].central),
                    "high_after_worst_ha": high_ha,
                    "high_population": high_ha * 1.37 if has_population else None,
                    "gap_population": (high_ha - covered_ha) * 1.37 if has_population else None,
                }
            )
    return {"hazard_levels": pd.DataFrame(levels), "adaptation": pd.DataFrame(gaps)}


def sites(area):
    """A site in each municipality, and its row of the table."""
    rows = []
    for (_, row), decision in zip(area.iterrows(), ("proceed", "avoid", "not_enough_data"), strict=True):
        point = row.geometry.representative_point()
        rows.append((f"S-{row['code']}", "Escuela", row["code"], decision, "flood|present|10|high_share", "38.0% del terreno en nivel 5", 2, point))
    columns = ["site_id", "name", "municipality_code", "decision", "decided_by", "reason", "actions_within_1km", "geometry"]
    frame_ = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=4326)
    table = pd.DataFrame(frame_.drop(columns="geometry"))
    values = {"value": 0.38, "title": {"es": "inundación", "en": "flood"}, "scenario": "2050", "period": "", "screened": ["x"]}
    frame_["reason"] = [Message("screen.avoid.high_share", values)] * len(frame_)
    return frame_, table


def unmapped(run, *codes):
    """The run, had no map any data in the municipalities of ``codes``: its tables as `envgis.tables` makes them."""
    levels, gaps = run.tables["hazard_levels"].copy(), run.tables["adaptation"].copy()
    for column in ("area_ha", "population"):
        whole = levels.groupby(["municipality_code", "hazard", "scenario", "return_period"], dropna=False)[column].transform("sum")
        mine = levels["municipality_code"].isin(codes)
        levels.loc[mine, column] = whole[mine].where(levels["level"] == "no_data", 0)
    mine = gaps["municipality_code"].isin(codes)
    gaps.loc[mine, "mapped_area_ha"] = 0.0
    gaps.loc[mine, list(gaps.columns[gaps.columns.get_loc("high_area_ha") :])] = np.nan
    return replace(run, tables={**run.tables, "hazard_levels": levels, "adaptation": gaps})


@cache
def ready():
    """The whole run as it stands, made once."""
    return assessment()


def assessment(has_population=True, **changes):
    """The whole run; ``changes`` replace what they name."""
    area = changes.pop("municipalities", None)
    area = municipalities() if area is None else area
    table = changes.get("actions", actions(area))
    found = maps(area)
    residuals = {key: with_actions(one, area, table) for key, one in found.items()}
    all_tables = tables(area, found, residuals, has_population)
    where, rows = sites(area)
    all_tables["sites"] = rows
    legend = pd.DataFrame({
        "code": ["1", "2", "3"], "name_es": ["Bosque mixto", "Cultivos", "Poblado"], "name_en": ["Mixed forest", "Crops", "Town"],
        "color": ["#336633", "#DDCC66", "#AA4444"],
    })  # fmt: skip
    whole = Assessment(
        name="Prueba",
        language="es",
        synthetic=True,
        date=DATE,
        municipalities=area,
        maps=found,
        residuals=residuals,
        landuse=LandUse(legend, Uses()),
        actions=table,
        set_aside=(SetAside("reportes.csv", 14, (Fault("municipality-code-empty", Place("reportes.csv", row=14, column="código")),)),),
        ledger=pd.DataFrame(),
        tables=all_tables,
        sites=where,
        has_population=has_population,
        public_fields=PUBLIC,
        warnings=(Fault("text-latin1", Place("limites.shp"), severity="warning"),),
        assumptions=(Message("web.limit_no_data"),),
        credits=(Credit("landuse", {"es": "Uso de la tierra", "en": "Land use"}, "Equipo de prueba", "2020", "CC BY 4.0"),),
        record={"run_id": "7f3a21c0"},
    )
    return replace(whole, **changes)
