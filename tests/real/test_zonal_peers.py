"""Coverage-weighted counts and means against other people's figures, to a millionth (see the data's README)."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from exactextract import exact_extract
from rasterstats import zonal_stats

from envgis import zones
from envgis.grid import Grid
from envgis.levels import true_values
from envgis.sources.rasters import open_layer


def weighted(raster: Path, polygons: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """For each polygon: how many cells with data it covers, in parts, and their mean value."""
    layer, faults = open_layer([raster], [raster.name], 1)
    assert layer is not None and not faults
    values = true_values(layer.read(layer.grid.window), layer)
    shares = zones.cover(polygons.geometry.set_crs(layer.grid.crs, allow_override=True), layer.grid, overlap=True).shares()
    known = np.where(np.isnan(values), 0.0, 1.0)
    count = (shares * known).sum(axis=(1, 2))
    return count, (shares * np.nan_to_num(values)).sum(axis=(1, 2)) / count


def test_rasterstats(data: Path) -> None:
    polygons = gpd.read_file(data / "rasterstats" / "polygons.shp")
    count, mean = weighted(data / "rasterstats" / "slope.tif", polygons)
    assert count == pytest.approx([77.115, 52.166], rel=1e-5)  # printed to five digits
    assert mean == pytest.approx([15.0213, 55.6137], rel=5e-6)
    peer = exact_extract(str(data / "rasterstats" / "slope.tif"), polygons, ["count", "mean"], output="pandas")
    assert count == pytest.approx(peer["count"].to_numpy(), rel=1e-6)
    assert mean == pytest.approx(peer["mean"].to_numpy(), rel=1e-6)


def test_terra_lux(data: Path) -> None:
    cantons = gpd.read_file(data / "terra_lux" / "lux.shp")
    _, mean = weighted(data / "terra_lux" / "elev.tif", cantons)
    assert mean[:2] == pytest.approx([467.379239, 334.685564], rel=1e-6)


def test_centres_of_cells_are_rasterstats_own_count(data: Path) -> None:
    """A zone of one cell's centre each: rasterstats counts a cell where its centre lies in the polygon, and so do we."""
    polygons, raster = gpd.read_file(data / "rasterstats" / "polygons.shp"), data / "rasterstats" / "slope.tif"
    layer, _ = open_layer([raster], [raster.name], 1)
    assert layer is not None
    home: Grid = layer.grid
    x, y = home.centers(home.window)
    across, down = np.meshgrid(x, y)
    known = ~np.isnan(true_values(layer.read(home.window), layer))
    ours = [int((zone.contains(gpd.points_from_xy(across[known], down[known]))).sum()) for zone in polygons.geometry]
    theirs = [row["count"] for row in zonal_stats(str(data / "rasterstats" / "polygons.shp"), str(raster), stats="count")]
    assert ours == theirs == [75, 50]
