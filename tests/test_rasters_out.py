"""The rasters that a run leaves: the levels themselves, where they lie, their colours and names."""

import re
import tracemalloc
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio
import sample
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import CRS

from envgis.grid import Grid, Window
from envgis.levels import COLOURS
from envgis.publish import rasters


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rasters")
    list(rasters.write(sample.assessment(), out))
    return out


def test_a_file_for_each_map_and_each_residual_map(folder: Path) -> None:
    tifs = {path.name for path in folder.glob("*.tif")}
    assert tifs == {
        "landslide_present.tif",
        "flood_present_T100.tif",
        "landslide_2050.tif",
        "residual_landslide_present.tif",
        "residual_landslide_2050.tif",
    }
    others = {path.name for path in folder.iterdir()} - tifs
    assert others == {name + ".aux.xml" for name in tifs} | {name.replace(".tif", ".qml") for name in tifs}


def test_levels_and_place_are_the_maps_own(folder: Path) -> None:
    with rasterio.open(folder / "landslide_present.tif", driver="GTiff") as source:
        assert np.array_equal(source.read(1), sample.levels(0))
        assert source.transform == sample.GRID.transform
        assert source.crs.to_epsg() == 32615
        assert source.nodata == 255
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_residual_levels_are_those_with_actions(folder: Path) -> None:
    with rasterio.open(folder / "residual_landslide_present.tif", driver="GTiff") as source:
        levels = source.read(1)
    before = sample.levels(0)
    assert np.array_equal(levels[4:, 4:], before[4:, 4:])
    assert (levels[:4, :4] == before[:4, :4] - 1).all()


def test_colours_are_the_palette(folder: Path) -> None:
    with rasterio.open(folder / "landslide_present.tif", driver="GTiff") as source:
        colours = source.colormap(1)
    for level in range(6):
        assert "#{:02X}{:02X}{:02X}".format(*colours[level][:3]) == COLOURS[level]


def test_class_names_stand_where_gdal_and_qgis_look_for_them(folder: Path) -> None:
    names = [node.text for node in ElementTree.parse(folder / "landslide_present.tif.aux.xml").iter("Category")]
    assert names == ["Sin amenaza", "Muy bajo", "Bajo", "Medio", "Alto", "Muy alto"]
    entries = list(ElementTree.parse(folder / "landslide_present.qml").iter("paletteEntry"))
    assert [(e.get("value"), e.get("label"), e.get("color")) for e in entries] == [(str(i), name, COLOURS[i]) for i, name in enumerate(names)]


def test_the_file_says_what_it_is(folder: Path) -> None:
    with rasterio.open(folder / "residual_landslide_2050.tif", driver="GTiff") as source:
        tags = source.tags()
    assert tags["title"] == "Deslizamientos · 2050"
    assert tags["run"] == "0123abcd"
    assert tags["licence"] == "CC0"
    assert tags["notice"].startswith("datos sintéticos")
    assert tags["content"].startswith("Nivel residual")


def test_a_layer_that_is_not_public_is_never_copied(tmp_path: Path) -> None:
    hidden = sample.hazard_map(0, public=False)
    maps = {sample.KEYS[0]: hidden, sample.KEYS[1]: sample.hazard_map(1)}
    found = sample.assessment(maps=maps, residuals={sample.KEYS[0]: sample.Residual(hidden)})
    written = list(rasters.write(found, tmp_path))
    assert [path.name for path in written] == ["flood_present_T100.tif"]
    assert {path.name.split(".")[0] for path in tmp_path.iterdir()} == {"flood_present_T100"}


@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_levels_make_the_same_bytes(folder: Path, tmp_path: Path, threads: int) -> None:
    list(rasters.write(sample.assessment(), tmp_path, threads=threads))
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


@given(st.integers(1, 1600), st.integers(1, 30))
def test_bands_cover_every_row_once(rows: int, columns: int) -> None:
    grid = Grid(CRS.from_epsg(32615), 0.0, 0.0, 10.0, 10.0, rows, columns)
    bands = list(rasters.bands(grid))
    assert [r for band in bands for r in range(band.row, band.row + band.rows)] == list(range(rows))
    assert all(band.columns == columns and band.column == 0 for band in bands)


def checkered(window: Window) -> NDArray[np.uint8]:
    rows = np.arange(window.row, window.row + window.rows)[:, None]
    columns = np.arange(window.column, window.column + window.columns)[None, :]
    return ((rows // 100 + columns // 100) % 6).astype(np.uint8)


def test_a_large_raster_has_overviews_of_levels_that_occur_and_takes_little_memory(tmp_path: Path) -> None:
    grid = Grid(CRS.from_epsg(32615), 600_000.0, 1_660_000.0, 10.0, 10.0, 6000, 1000)
    tracemalloc.start()
    rasters.write_cog(tmp_path / "a.tif", grid, checkered, {})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 512 * 1000  # what `checkered` itself takes for a band, not for all rows
    with rasterio.open(tmp_path / "a.tif", driver="GTiff") as source:
        assert source.overviews(1)
        assert np.array_equal(source.read(1), checkered(grid.window))
    with rasterio.open(tmp_path / "a.tif", driver="GTiff", overview_level=0) as source:
        assert set(np.unique(source.read(1))) <= set(range(6))
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_names_with_markup_stay_text() -> None:
    names = ["<a>&", *"bcdef"]
    assert next(ElementTree.fromstring(rasters.class_names(names)).iter("Category")).text == "<a>&"
    body = re.sub("<!DOCTYPE.*?>", "", rasters.legend(names))
    assert next(ElementTree.fromstring(body).iter("paletteEntry")).get("label") == "<a>&"
