"""Coverage-weighted counts and means on rasters and polygons of rasterstats' and terra's own tests.

The expected figures come with the data: they were computed with exactextract and terra, not with envgis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from pyproj import CRS
from rasterstats import zonal_stats

from envgis import ledger, zones
from envgis.grid import missing
from envgis.levels import NO_DATA
from envgis.sources import file_layer
from envgis.sources.rasters import open_layer


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    file_layer.close()


def weighted(raster: Path, polygons: gpd.GeoDataFrame) -> tuple[list[float], list[float]]:
    """For each polygon, the sum of its shares of cells with data, and the mean of their values weighted by them.

    The peers take degrees for a plane, and so they are taken here: shares of the land differ by up to a millionth.
    """
    layer, _ = open_layer([raster], [raster.name], 1)
    assert layer is not None
    values = layer.read(layer.grid.window)
    known = ~missing(values, layer.fill)
    plane = replace(layer.grid, crs=CRS(3857))
    shares = zones.cover(polygons.set_crs(3857, allow_override=True), plane, overlap=True).shares()[:, known]
    counts = shares.sum(axis=1)
    return counts.tolist(), (shares @ values[known].astype(float) / counts).tolist()


def test_rasterstats_polygons(data: Path) -> None:
    polygons = gpd.read_file(data / "rasterstats" / "polygons.shp")
    counts, means = weighted(data / "rasterstats" / "slope.tif", polygons)
    # The figures are given to three and four decimals.
    assert counts == pytest.approx([77.115, 52.166], abs=5e-4)
    assert means == pytest.approx([15.0213, 55.6137], abs=5e-5)


def test_rasterstats_counts_centres(data: Path) -> None:
    """Beside the weighted count, the count of cells whose centre lies in the zone: 75 and 50 by rasterstats and by hand."""
    polygons, raster = data / "rasterstats" / "polygons.shp", data / "rasterstats" / "slope.tif"
    layer, _ = open_layer([raster], [raster.name], 1)
    assert layer is not None
    x, y = np.meshgrid(*layer.grid.centers(layer.grid.window))
    known = ~missing(layer.read(layer.grid.window), layer.fill)
    ours = [int(shapely.contains_xy(zone, x[known], y[known]).sum()) for zone in gpd.read_file(polygons).geometry]
    assert ours == [row["count"] for row in zonal_stats(str(polygons), str(raster), stats="count")] == [75, 50]


def test_luxembourg_cantons(data: Path) -> None:
    cantons = gpd.read_file(data / "terra_lux" / "lux.shp")
    _, means = weighted(data / "terra_lux" / "elev.tif", cantons)
    assert means[:2] == pytest.approx([467.379239, 334.685564], rel=1e-6)


@pytest.mark.parametrize(("raster", "polygons"), [("rasterstats/slope.tif", "rasterstats/polygons.shp"), ("terra_lux/elev.tif", "terra_lux/lux.shp")])
def test_exactextract_today(data: Path, raster: str, polygons: str) -> None:
    """To a millionth, which the printed figures do not reach."""
    read = gpd.read_file(data / polygons)
    counts, means = weighted(data / raster, read)
    theirs = exact_extract(str(data / raster), read, ["count", "mean"], output="pandas")
    assert counts == pytest.approx(theirs["count"].tolist(), rel=1e-6)
    assert means == pytest.approx(theirs["mean"].tolist(), rel=1e-6)


def test_the_ledger_counts_luxembourg_s_true_area(data: Path) -> None:
    """2,586 km² on the ellipsoid; in a grid of degrees every cell has its own row's area."""
    cantons = gpd.read_file(data / "terra_lux" / "lux.shp")
    layer, _ = open_layer([data / "terra_lux" / "elev.tif"], ["elev.tif"], 1)
    assert layer is not None
    known = np.where(missing(layer.read(layer.grid.window), layer.fill), NO_DATA, 1).astype(np.uint8)
    counted = ledger.tabulate(zones.cover(cantons, layer.grid), known, codes=[str(i) for i in cantons["ID_2"]])
    area = counted[counted["municipality"] != ledger.OUTSIDE].groupby("municipality")["area_mm2"].sum() / 1e12
    geodesic = cantons.to_crs("+proj=cea +ellps=WGS84").area / 1e6
    assert area.loc[[str(i) for i in cantons["ID_2"]]].tolist() == pytest.approx(geodesic.tolist(), rel=2e-5)
    assert area.sum() == pytest.approx(2586, rel=0.01)
