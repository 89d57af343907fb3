"""resample: the nearest cells against PROJ point by point, and against GDAL's warper."""

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from rasterio.io import MemoryFile
from rasterio.vrt import WarpedVRT

from envgis.grid import ArrayLayer, Grid, Window
from envgis.resample import Nearest

UTM, GTM, MERCATOR, WGS84 = (CRS.from_user_input(name) for name in (32615, "ESRI:103598", 3857, 4326))
# San Marcos: one place, and cells of about the same size, in each system.
CORNERS = {
    name: (crs, *Transformer.from_crs(WGS84, crs, always_xy=True).transform(-91.8853, 15.0107), cell)
    for name, crs, cell in (("UTM", UTM, 30.0), ("GTM", GTM, 25.0), ("Web Mercator", MERCATOR, 33.0), ("degrees", WGS84, 1 / 3600))
}
# The mapping's own tolerance is a ten-millionth of a source cell; an edge's cells go one way within a millionth.
EDGE = 2e-6


def grid(name, rows, columns, down=0.0, right=0.0, size=1.0):
    crs, x, y, cell = CORNERS[name]
    return Grid(crs, x + right * cell, y - down * cell, cell * size, cell * size, rows, columns)


def numbered(home):
    """A layer whose cells all differ."""
    return ArrayLayer(home, np.arange(home.rows * home.columns, dtype=np.int32).reshape(home.shape), -1)


def exact(layer, target):
    """Row and column in the layer of each of the target's centres, by PROJ."""
    x, y = np.meshgrid(*target.centers(target.window))
    x, y = Transformer.from_crs(target.crs, layer.grid.crs, always_xy=True).transform(x, y)
    return (layer.grid.y - y) / layer.grid.dy, (x - layer.grid.x) / layer.grid.dx


@st.composite
def pairs(draw):
    """A layer and a grid that lies over it, beside it or across its sides."""
    names = st.sampled_from(sorted(CORNERS))
    source = grid(draw(names), draw(st.integers(1, 90)), draw(st.integers(1, 90)))
    place = st.floats(-30, 60)
    target = grid(draw(names), draw(st.integers(1, 70)), draw(st.integers(1, 70)), draw(place), draw(place), draw(st.sampled_from([0.2, 1.0, 3.7])))
    return numbered(source), target


@given(pairs())
def test_each_cell_is_the_one_that_holds_its_centre(case):
    layer, target = case
    got = Nearest(layer, target).read(target.window)
    row, column = exact(layer, target)
    sure = np.minimum(np.abs(row - np.round(row)), np.abs(column - np.round(column))) > EDGE
    r, c = np.floor(row).astype(int), np.floor(column).astype(int)
    inside = (r >= 0) & (r < layer.grid.rows) & (c >= 0) & (c < layer.grid.columns)
    expected = np.where(inside, r * layer.grid.columns + c, -1)
    assert (got == expected)[sure].all()


@given(pairs(), st.integers(0, 69), st.integers(0, 69), st.integers(1, 70), st.integers(1, 70))
def test_a_window_sees_what_the_whole_sees(case, row, column, rows, columns):
    layer, target = case
    row, column = row % target.rows, column % target.columns
    window = Window(row, column, min(rows, target.rows - row), min(columns, target.columns - column))
    whole = Nearest(layer, target).read(target.window)
    part = Nearest(layer, target).read(window)
    assert (part == whole[row : row + window.rows, column : column + window.columns]).all()


@given(pairs())
def test_its_own_lattice_gives_its_own_cells(case):
    layer, _ = case
    assert (Nearest(layer, layer.grid).read(layer.grid.window) == layer.values).all()


def test_a_centre_on_an_edge_goes_south_and_east():
    layer = numbered(grid("UTM", 4, 4))
    halves = grid("UTM", 3, 3, down=0.5, right=0.5)
    assert Nearest(layer, halves).read(halves.window).tolist() == [[5, 6, 7], [9, 10, 11], [13, 14, 15]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_stored_values_keep_their_type_and_their_fill(dtype):
    home = grid("degrees", 8, 8)
    layer = ArrayLayer(home, np.full(home.shape, 7, dtype), 9)
    seen = Nearest(layer, grid("UTM", 40, 40, size=0.5))
    got = seen.read(seen.grid.window)
    assert got.dtype == dtype
    assert set(np.unique(got)) == {7, 9}


def test_far_away_there_is_nothing():
    layer = numbered(grid("degrees", 5, 5))
    assert (Nearest(layer, grid("UTM", 9, 9, down=5000, right=5000)).read(Window(0, 0, 9, 9)) == -1).all()


@settings(max_examples=15)
@given(st.sampled_from([("degrees", "UTM"), ("Web Mercator", "GTM"), ("UTM", "GTM"), ("GTM", "degrees")]), st.floats(0, 1), st.floats(0.3, 3))
def test_gdal_s_warper_sees_the_same_cells(names, shift, size):
    """With a tolerance of a millionth: its default is off by up to an eighth of a cell."""
    layer = numbered(grid(names[0], 150, 150))
    target = grid(names[1], 120, 120, down=10 + shift, right=10 + shift, size=size)
    assert (Nearest(layer, target).read(target.window) >= 0).mean() > 0.1
    got = Nearest(layer, target).read(target.window)
    home = layer.grid
    profile = {"driver": "GTiff", "dtype": "int32", "count": 1, "height": home.rows, "width": home.columns, "nodata": -1}
    with MemoryFile() as file:
        with file.open(**profile, crs=home.crs.to_wkt(), transform=home.transform) as out:
            out.write(layer.values, 1)
        with (
            file.open() as source,
            WarpedVRT(
                source, crs=target.crs.to_wkt(), transform=target.transform, height=target.rows, width=target.columns,
                resampling=rasterio.enums.Resampling.nearest, tolerance=1e-6,
            ) as warped,
        ):  # fmt: skip
            theirs = warped.read(1)
    row, column = exact(layer, target)
    far = np.minimum(np.abs(row - np.round(row)), np.abs(column - np.round(column))) > 1e-4
    assert (got == theirs)[far].all()
    assert far.mean() > 0.99


def test_the_mapping_is_as_fine_as_it_says():
    """A country in one grid: wide tiles would bend too much for cubics, so they are made smaller."""
    layer = ArrayLayer(Grid(WGS84, -92.5, 18.0, 0.01, 0.01, 450, 450), np.zeros((450, 450), np.uint8), 255)
    target = Grid(GTM, 280_000.0, 1_990_000.0, 1000.0, 1000.0, 500, 480)
    seen = Nearest(layer, target)
    rng = np.random.default_rng(1)
    # What is not read through the cubics at all: PROJ at random cells, against the cell that was taken.
    numbers = numbered(layer.grid)
    got = Nearest(numbers, target).read(target.window)
    row, column = exact(numbers, target)
    picked = tuple(rng.integers(0, target.shape, (20_000, 2)).T)
    r, c = row[picked], column[picked]
    sure = (np.minimum(np.abs(r - np.round(r)), np.abs(c - np.round(c))) > EDGE) & (r > 0) & (c > 0) & (r < 450) & (c < 450)
    assert (got[picked] == np.floor(r).astype(int) * 450 + np.floor(c).astype(int))[sure].all()
    assert seen.tile < 256
