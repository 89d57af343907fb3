"""Zion: elevation classes × land cover under the park, three coordinate systems, against cell-centre counts by others."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer

from envgis import ledger, pipeline, zones
from envgis.assessment import Assessment
from envgis.grid import Grid

BOUNDS = [1300.0, 1600.0, 1900.0, 2200.0]
# Cells under the park by their centres, NLCD class by class (computed with other software).
NLCD = {2: 4_205, 3: 98_285, 4: 298_299, 5: 203_701, 6: 235, 7: 62, 8: 679}
TOML = """
[workspace]
name = "Zion"
language = "en"
[municipalities]
path = "zion.gpkg"
code = "UNIT_CODE"
name = "UNIT_NAME"
[[hazard]]
name = "elevation"
title_es = "Altura"
title_en = "Elevation"
path = "srtm.tif"
kind = "index"
breakpoints = [1300.0, 1600.0, 1900.0, 2200.0]
[landuse]
"""
OWN = 'path = "nlcd.tif"\nlegend = "nlcd.csv"\n'
SCHEME = 'path = "nlcd2011.tif"\nscheme = "nlcd"\n'


class Cells(NamedTuple):
    """A raster as it is, and which of its cells have their centre under the park."""

    values: NDArray[np.generic]
    grid: Grid
    inside: NDArray[np.bool_]


def cells(data: Path, name: str) -> Cells:
    """The cell-centre reference: every vertex of the park moved to the raster's CRS, every centre looked at by shapely."""
    with rasterio.open(data / "zion" / name) as file:
        values, transform, crs = file.read(1), file.transform, CRS.from_wkt(file.crs.to_wkt())
    park = gpd.read_file(data / "zion" / "zion.gpkg")
    there = Transformer.from_crs(CRS.from_user_input(park.crs), crs, always_xy=True)
    outline = shapely.transform(park.geometry.item(), lambda xy: np.column_stack(there.transform(xy[:, 0], xy[:, 1])))
    grid = Grid(crs, transform.c, transform.f, transform.a, -transform.e, *values.shape)
    x, y = grid.centers(grid.window)
    shapely.prepare(outline)
    return Cells(values, grid, shapely.contains_xy(outline, *np.meshgrid(x, y)))


@pytest.fixture(scope="module")
def nlcd(data: Path) -> Cells:
    return cells(data, "nlcd.tif")


@pytest.fixture(scope="module")
def srtm(data: Path) -> Cells:
    return cells(data, "srtm.tif")


def assess(data: Path, folder: Path, landuse: str) -> Assessment:
    for name in ("srtm.tif", "nlcd.tif", "nlcd2011.tif", "zion.gpkg"):
        shutil.copyfile(data / "zion" / name, folder / name)
    names = [f"class {i}" for i in range(1, 9)]
    pd.DataFrame({"value": range(1, 9), "name_es": names, "name_en": names}).to_csv(folder / "nlcd.csv", index=False)
    (folder / "envgis.toml").write_text(TOML + landuse, encoding="utf-8")
    return pipeline.assess(folder)


@pytest.fixture(scope="module")
def found(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    return assess(data, tmp_path_factory.mktemp("zion"), OWN)


def geodesic_ha(data: Path) -> float:
    """The park's area on the ellipsoid: through the drawn edges' own vertices, which are metres apart."""
    park = gpd.read_file(data / "zion" / "zion.gpkg").to_crs(4326).geometry.item()
    return abs(Geod(ellps="WGS84").geometry_area_perimeter(park)[0]) / 1e4


def test_cell_centre_counts_by_others(nlcd: Cells, srtm: Cells) -> None:
    classes, counts = np.unique(nlcd.values[nlcd.inside], return_counts=True)
    assert dict(zip(classes.tolist(), counts.tolist(), strict=True)) == NLCD
    heights = srtm.values[srtm.inside]
    assert (len(heights), heights.min(), heights.max()) == (88_080, 1122, 2661)
    assert heights.mean() == pytest.approx(1818.2118, abs=5e-5)


def test_exact_coverage_of_land_cover_beside_the_counts(data: Path, nlcd: Cells) -> None:
    """On the raster's own lattice every class covers what its centres say, but for cells cut by the park's edge."""
    park = gpd.read_file(data / "zion" / "zion.gpkg")
    level = np.zeros(nlcd.grid.shape, np.uint8)
    legend = [str(i) for i in range(1, 9)]
    counted = ledger.tabulate(zones.cover(park, nlcd.grid), level, (nlcd.values - 1).astype(np.uint8), codes=["ZION"], legend=legend)
    area = counted[counted["municipality"] == "ZION"].set_index("landuse")["area_mm2"]
    assert area.sum() / 1e10 == pytest.approx(geodesic_ha(data), rel=2e-5)
    whole = nlcd.grid.areas.array(nlcd.grid.window)
    cut = _cut(zones.cover(park, nlcd.grid).shares()[0])
    for one, count in NLCD.items():
        centres = int(whole[nlcd.inside & (nlcd.values == one)].sum())
        at_edge = int((cut & (nlcd.values == one)).sum())
        mean = centres / count
        # Of a cell cut at random the share that counts is off by half at most, and errors cancel.
        assert abs(int(area[str(one)]) - centres) <= mean * (1.5 * np.sqrt(at_edge) + 1)


def _cut(shares: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (shares > 0) & (shares < 1)


def test_elevation_by_land_cover_adds_up_to_the_park(data: Path, found: Assessment) -> None:
    by_level = found.tables["hazard_levels"].set_index("level")["area_ha"]
    by_use = found.tables["landuse_hazard"].groupby("level")["area_ha"].sum()
    assert by_level.sum() == pytest.approx(geodesic_ha(data), rel=1e-4)
    assert found.municipalities["area_ha"].item() == pytest.approx(geodesic_ha(data), rel=1e-6)
    assert np.allclose(by_use.loc[by_level.index], by_level, rtol=1e-12)
    assert by_level["no_data"] == by_level["0"] == 0


def test_elevation_classes_beside_the_cell_centres(srtm: Cells, found: Assessment) -> None:
    by_level = found.tables["hazard_levels"].set_index("level")["area_ha"]
    level = 1 + np.searchsorted(BOUNDS, srtm.values)
    whole = srtm.grid.areas.array(srtm.grid.window)
    for one in range(1, 6):
        assert by_level[str(one)] == pytest.approx(whole[srtm.inside & (level == one)].sum() / 1e10, rel=0.005)


def test_elevation_by_land_cover_beside_the_cell_centres(srtm: Cells, nlcd: Cells, found: Assessment) -> None:
    """Each centre of an elevation cell moved to the land cover's CRS by PROJ itself."""
    there = Transformer.from_crs(srtm.grid.crs, nlcd.grid.crs, always_xy=True)
    x, y = there.transform(*np.meshgrid(*srtm.grid.centers(srtm.grid.window)))
    row, column = np.floor((nlcd.grid.y - y) / nlcd.grid.dy).astype(int), np.floor((x - nlcd.grid.x) / nlcd.grid.dx).astype(int)
    use = np.zeros(srtm.grid.shape, int)
    use[srtm.inside] = nlcd.values[row[srtm.inside], column[srtm.inside]]
    level = 1 + np.searchsorted(BOUNDS, srtm.values)
    whole = srtm.grid.areas.array(srtm.grid.window)
    table = found.tables["landuse_hazard"].set_index(["landuse_code", "level"])["area_ha"]
    big = 0
    for one in NLCD:
        for step in range(1, 6):
            centres = whole[srtm.inside & (use == one) & (level == step)].sum() / 1e10
            assert table[str(one), str(step)] == pytest.approx(centres, rel=0.01, abs=8)
            big += centres > 500
    assert big > 8


def test_the_nlcd_scheme_names_its_classes(data: Path, tmp_path: Path, found: Assessment) -> None:
    """The raster with NLCD's own codes, in a CRS without a name: its groups of classes are those of the other raster."""
    table = assess(data, tmp_path, SCHEME).tables["landuse_hazard"]
    assert set(table.loc[table["landuse_code"] == "42", "landuse"]) == {"Evergreen forest"}
    groups = {"2": "2", "3": "3", "4": "4", "5": "5", "7": "6", "8": "7", "9": "8"}
    assert set(table["landuse_code"].str[0]) == set(groups)
    merged = table.groupby([table["landuse_code"].str[0].map(groups), "level"])["area_ha"].sum()
    other = found.tables["landuse_hazard"].groupby(["landuse_code", "level"])["area_ha"].sum()
    assert len(merged) == len(NLCD) * 7
    assert np.allclose(merged, other.loc[merged.index], rtol=1e-12, atol=0)
