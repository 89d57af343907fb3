"""Rasters made by others, read as layers; reference figures in the data's README."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from envgis.faults import errors
from envgis.grid import missing
from envgis.sources import file_layer, landuse, legends
from envgis.sources.file_layer import FileLayer
from envgis.sources.rasters import open_layer
from envgis.sources.survey import survey


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    file_layer.close()


def opened(path: Path, band: int = 1) -> FileLayer:
    layer, faults = open_layer([path], [path.name], band)
    assert layer is not None and errors(faults) == []
    return layer


def test_every_raster_is_a_layer_without_undeclared_no_data(data: Path) -> None:
    paths = sorted(data.glob("*/*.tif"))
    assert len(paths) == 12
    for path in paths:
        assert survey(opened(path), []).sentinels == {}, path.name


def test_masked_and_empty(data: Path) -> None:
    """`dataset_mask.tif` has a mask and no no-data value; `all_nodata.tif` holds no valid cell."""
    assert survey(opened(data / "rasterstats" / "all_nodata.tif"), []).empty
    facts = survey(opened(data / "rasterstats" / "dataset_mask.tif"), [])
    assert 0 < facts.valid < 62 * 145


@pytest.mark.parametrize("name", ["srtm", "nlcd"])
def test_zion_cell_centres_under_the_park(data: Path, name: str) -> None:
    """Polygons as land use give the class at each cell's centre, here in three coordinate systems."""
    layer = opened(data / "zion" / f"{name}.tif")
    park = gpd.read_file(data / "zion" / "zion.gpkg")
    classes = landuse.from_polygons(park, ["park"] * len(park), legends.plain(["park"])).on(layer.grid)
    values = layer.read(layer.grid.window)
    under = values[(classes.read(layer.grid.window) == 0) & ~missing(values, layer.fill)]
    if name == "srtm":
        assert (len(under), under.min(), under.max()) == (88_080, 1122, 2661)
        assert under.mean(dtype=float) == pytest.approx(1818.2118, abs=5e-5)
    else:
        assert np.bincount(under).tolist() == [0, 0, 4_205, 98_285, 298_299, 203_701, 235, 62, 679]


def test_rasterstats_cell_centres(data: Path) -> None:
    layer = opened(data / "rasterstats" / "slope.tif")
    classes_layer = opened(data / "rasterstats" / "slope_classes.tif").as_classes(range(1, 6))
    zones = gpd.read_file(data / "rasterstats" / "polygons.shp")
    zone = landuse.from_polygons(zones, ["a", "b"], legends.plain(["a", "b"])).on(layer.grid).read(layer.grid.window)
    slope, kinds = layer.read(layer.grid.window), classes_layer.read(layer.grid.window)
    assert [int((zone == i).sum()) for i in (0, 1)] == [75, 50]
    assert [float(slope[zone == i].mean(dtype=float)) for i in (0, 1)] == pytest.approx([14.66, 56.61], abs=5e-3)
    assert [np.bincount(kinds[zone == i]).tolist() for i in (0, 1)] == [[0, 75], [0, 1, 9, 0, 0, 40]]
