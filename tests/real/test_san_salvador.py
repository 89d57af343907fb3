"""River flood in San Salvador (CLIMADA's adaptation case): six return periods, two climates, 12,472 houses as sites."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import Geod

from envgis import pipeline
from envgis.assessment import Assessment
from envgis.levels import HazardKey

PERIODS = [2.0, 5.0, 10.0, 25.0, 50.0, 100.0]
RASTERS = {"present": "flood_2015_6rp.tif", "2040": "flood_2040cc_6rp.tif"}
RECTANGLE = shapely.box(-89.24, 13.674, -89.165, 13.70)
# Houses with water at their point, present climate, on CLIMADA's own grid points; by cells of the GeoTIFF within 16.
FLOODED = [109, 578, 1487, 2891, 4834, 5786]


def write(data: Path, folder: Path) -> Path:
    """The workspace as the data are: a map for each band."""
    shutil.copy(data / "san_salvador" / "houses.gpkg", folder / "houses.gpkg")
    for name in RASTERS.values():
        shutil.copyfile(data / "san_salvador" / name, folder / name)
    town = gpd.GeoDataFrame({"code": ["0614"], "name": ["San Salvador"]}, geometry=[RECTANGLE], crs=4326)
    town.to_file(folder / "rectangle.gpkg")
    toml = ['[workspace]\nname = "San Salvador"\n[municipalities]\npath = "rectangle.gpkg"\n[sites]\npaths = ["houses.gpkg"]\n']
    for scenario, name in RASTERS.items():
        for band, years in enumerate(PERIODS, start=1):
            head = f'[[hazard]]\nname = "flood"\nscenario = "{scenario}"\nreturn_period = {years}\nmeasure = "hazard"\nkind = "depth"\n'
            toml.append(f'{head}path = "{name}"\nband = {band}\n')
    (folder / "envgis.toml").write_text("\n".join(toml), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(data, tmp_path_factory.mktemp("san_salvador"))


@pytest.fixture(scope="module")
def found(folder: Path) -> Assessment:
    return pipeline.assess(folder)


def test_tenths_of_a_millimetre_below_zero_are_dry_and_told(found: Assessment) -> None:
    """As published, the map of 2040 holds depths of −0.4 mm, left over from a model's arithmetic."""
    told = [f for f in found.warnings if f.code == "depth-below-dry"]
    assert told and {f.at.file for f in told} == {RASTERS["2040"]}
    assert all(-0.001 < float(f.found) < 0 for f in told)


def test_houses_with_water_at_their_point(found: Assessment) -> None:
    houses = found.tables["site_hazards"]
    assert len(found.tables["sites"]) == 12_472 and len(houses) == 12_472 * 12
    wet = (houses["level_at_point"].fillna(0) >= 1).groupby([houses["scenario"], houses["return_period"]]).sum()
    for years, count in zip(PERIODS, FLOODED, strict=True):
        assert abs(wet["present", years] - count) <= 16
        assert wet["2040", years] >= wet["present", years]


def test_a_house_is_judged_by_its_worst_map_of_the_present(found: Assessment) -> None:
    """The rules of the screening, applied to its own table by plain pandas."""
    sites, rows = found.tables["sites"], found.tables["site_hazards"]
    now = rows[rows["scenario"] == "present"].groupby("site_id", sort=False)
    ever = rows.groupby("site_id", sort=False)
    avoid = (now["high_share"].max() >= 0.1) | (now["level_at_point"].max() >= 4).fillna(False)
    unknown = ever["no_data_share"].max() > 0
    three = rows["max_level"].eq(3).fillna(False).groupby(rows["site_id"], sort=False).any()
    near = (ever["distance_to_high_m"].min() < 100).fillna(False)
    caution = (ever["high_share"].max() > 0) | three | near
    expected = np.select([avoid, unknown, caution], ["avoid", "not_enough_data", "caution"], "proceed")
    assert (sites.set_index("site_id")["decision"].loc[avoid.index].to_numpy() == expected).all()
    assert set(expected) >= {"avoid", "caution", "proceed"}
    # What decided is a map on which no other of the present is worse.
    by_share = sites[(sites["decision"] == "avoid") & sites["decided_by"].str.endswith("|high_share")]
    said = by_share["decided_by"].str.split("|", expand=True).set_axis(["hazard", "scenario", "return_period", "column"], axis=1)
    key = [by_share["site_id"], said["scenario"], said["return_period"].astype(float)]
    shown = rows.set_index(["site_id", "scenario", "return_period"])["high_share"].loc[list(zip(*key, strict=True))]
    assert len(shown) > 5000
    assert (shown.to_numpy() == now["high_share"].max().loc[by_share["site_id"]].to_numpy()).all()


def test_distance_to_high_water_is_the_geodesic_one(folder: Path, found: Assessment) -> None:
    """Some houses against the nearest place of every high cell of the raster."""
    key = HazardKey("flood", "present", 100.0)
    hazard_map = found.maps[key]
    rows = found.tables["site_hazards"]
    rows = rows[(rows["scenario"] == "present") & (rows["return_period"] == 100.0)].reset_index(drop=True)
    assert found.sites is not None
    chosen = rows[rows["distance_to_high_m"].between(5, 900)].sample(40, random_state=1)
    row, column = np.nonzero(np.isin(hazard_map.levels(hazard_map.grid.window), (4, 5)))
    grid, geod = hazard_map.grid, Geod(ellps="WGS84")
    for i, metres in chosen["distance_to_high_m"].items():
        house = found.sites.geometry.iloc[i]
        # The nearest place of each cell, in degrees stretched to be alike: good to a hair at such distances.
        x = np.clip(house.x, grid.x + column * grid.dx, grid.x + (column + 1) * grid.dx)
        y = np.clip(house.y, grid.y - (row + 1) * grid.dy, grid.y - row * grid.dy)
        _, _, away = geod.inv(np.full(len(x), house.x), np.full(len(x), house.y), x, y)
        # A disc of 30 m, drawn with 64 corners: its sides run 4 cm inside the circle.
        assert float(metres) == pytest.approx(away.min() - 30, abs=0.05)


def test_depth_tables_are_the_rasters_own_cells(data: Path, found: Assessment) -> None:
    """Cells whose centre lies in the rectangle, levels by the published bounds (0.3, 0.5, 1.2, 2.0 m), counted by hand."""
    table = found.tables["hazard_levels"]
    with rasterio.open(data / "san_salvador" / RASTERS["present"]) as file:
        depth, transform, nodata = file.read(), file.transform, file.nodata
    west, south, east, north = RECTANGLE.bounds
    x, y = transform.c + (np.arange(depth.shape[2]) + 0.5) * transform.a, transform.f + (np.arange(depth.shape[1]) + 0.5) * transform.e
    inside = ((y > south) & (y < north))[:, None] & ((x > west) & (x < east))[None, :]
    cell_ha = abs(Geod(ellps="WGS84").geometry_area_perimeter(RECTANGLE)[0]) / 1e4 / inside.sum()
    assert inside.sum() > 200_000
    for band, years in zip(depth, PERIODS, strict=True):
        mine = table[(table["scenario"] == "present") & (table["return_period"] == years)].set_index("level")["area_ha"]
        values = band[inside]
        level = np.where(values == 0, 0, 1 + np.searchsorted(np.float32([0.3, 0.5, 1.2, 2.0]), values))
        counted = pd.Series(level[values != nodata]).value_counts()
        for one in range(6):
            # Edges of the rectangle cut through cells: some rows and columns of them.
            assert mine[str(one)] == pytest.approx(counted.get(one, 0) * cell_ha, rel=0.01, abs=0.5)
        assert mine["no_data"] == pytest.approx((values == nodata).sum() * cell_ha, rel=0.01, abs=0.5)
    high = found.tables["adaptation"].set_index(["scenario", "return_period"])["high_area_ha"]
    assert high["present"].is_monotonic_increasing and high["2040"].is_monotonic_increasing
    assert (high["2040"] >= high["present"]).all()
