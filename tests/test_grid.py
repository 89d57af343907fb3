"""grid: the algebra of a lattice, and true areas within 1e-5 in any CRS, without bias."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import CRS, Geod, Transformer

from envgis.grid import ArrayLayer, Grid, Misaligned, Window, read_padded

UTM = CRS(32615)
WINDOWS = st.builds(Window, st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 9), st.integers(1, 9))
GRID = Grid(UTM, 600_000.0, 1_650_000.0, 10.0, 10.0, 7, 5)


def geodesic_mm2(grid, row, column):
    """Area of one cell by the geodesic on the ellipsoid, its sides cut into many parts."""
    t = np.linspace(0, 1, 65)
    west, north = grid.x + column * grid.dx, grid.y - row * grid.dy
    east, south = west + grid.dx, north - grid.dy
    x = np.concatenate([west + (east - west) * t, np.full(65, east), east + (west - east) * t, np.full(65, west)])
    y = np.concatenate([np.full(65, north), north + (south - north) * t, np.full(65, south), south + (north - south) * t])
    lon, lat = Transformer.from_crs(grid.crs, grid.crs.geodetic_crs, always_xy=True).transform(x, y)
    return abs(Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0]) * 1e6


# On one lattice: Guatemala's own projection, UTM inside its zone and far out of it, Web Mercator, degrees.
LATTICES = [
    Grid(CRS.from_user_input("ESRI:103598"), 400_000, 1_700_000, 25, 25, 6000, 6000),
    Grid(UTM, 500_000, 1_700_000, 10, 10, 9000, 9000),
    Grid(UTM, 900_000, 1_700_000, 30, 30, 6000, 6000),
    Grid(CRS(3857), -10_200_000, 1_700_000, 30, 30, 5000, 5000),
    Grid(CRS(3857), 2_000_000, 9_500_000, 30, 30, 3000, 3000),
    Grid(CRS(4326), -92.0, 15.5, 1 / 3600, 1 / 3600, 3600, 3600),
    Grid(CRS(4326), 10.0, 70.0, 1 / 1200, 1 / 3600, 3600, 1200),
]


@pytest.mark.parametrize("grid", LATTICES, ids=str)
def test_areas_are_true_and_without_bias(grid):
    rng = np.random.default_rng(1)
    rows, columns = rng.integers(0, grid.rows, 60), rng.integers(0, grid.columns, 60)
    error = np.array([grid.areas.array(Window(r, c, 1, 1))[0, 0] / geodesic_mm2(grid, r, c) - 1 for r, c in zip(rows, columns, strict=True)])
    assert np.abs(error).max() < 1e-5
    assert abs(error.mean()) < 3e-6


@pytest.mark.parametrize("grid", LATTICES, ids=str)
def test_areas_are_whole_and_those_of_the_lattice(grid):
    """The same cell has the same area in the grid and in a part of it that keeps its tiles."""
    window = Window(100, 200, 40, 30)
    areas = grid.areas.array(window)
    assert areas.dtype == np.int64 and (areas > 0).all()
    assert np.abs(grid.crop(window).areas.array(Window(0, 0, 40, 30)) / areas - 1).max() < 1e-5


def test_to_and_from_odc_geo():
    assert Grid.of(GRID.box) == GRID
    for box in (GeoBox((2, 2), GRID.box.affine @ GRID.box.affine.rotation(10), GRID.box.crs), GeoBox((2, 2), GRID.box.affine, None)):
        with pytest.raises(ValueError, match="north-up"):
            Grid.of(box)


@given(WINDOWS)
def test_crop_and_offset_are_inverse(window):
    part = GRID.crop(window)
    assert GRID.offset(part) == (window.row, window.column)
    assert part.offset(GRID) == (-window.row, -window.column)
    assert part.crop(Window(-window.row, -window.column, *GRID.shape)) == GRID
    assert part.origin == (GRID.origin[0] + window.row, GRID.origin[1] + window.column)


@given(WINDOWS, WINDOWS)
def test_union_holds_both_whichever_comes_first(a, b):
    one, two = GRID.crop(a), GRID.crop(b)
    both = one.union(two)
    assert both.bounds == two.union(one).bounds
    assert all(r >= 0 and c >= 0 for r, c in (both.offset(one), both.offset(two)))
    assert one.union(one) == one


@given(WINDOWS)
def test_extend_covers_what_is_asked_by_whole_cells(window):
    bounds = GRID.crop(window).bounds
    wide = GRID.extend(bounds)
    assert GRID.offset(wide) == (min(0, window.row), min(0, window.column))
    assert wide.bounds[0] <= bounds[0] and wide.bounds[1] <= bounds[1] and wide.bounds[2] >= bounds[2] and wide.bounds[3] >= bounds[3]


@pytest.mark.parametrize(
    "other",
    [
        Grid(UTM, 600_004.0, 1_650_000.0, 10, 10, 7, 5),
        Grid(UTM, 600_000.0, 1_650_000.0, 10.1, 10, 7, 5),
        Grid(CRS(32616), 600_000.0, 1_650_000.0, 10, 10, 7, 5),
    ],
    ids=["shifted", "other cell", "other CRS"],
)
def test_grids_that_do_not_align_refuse(other):
    assert not GRID.aligned(other)
    with pytest.raises(Misaligned):
        GRID.offset(other)
    with pytest.raises(Misaligned):
        GRID.union(other)


@given(st.integers(1, 60))
def test_blocks_are_the_whole_grid_in_turn(cells):
    blocks = GRID.blocks(cells)
    assert [b.row for b in blocks] == list(np.cumsum([0, *(b.rows for b in blocks)]))[:-1]
    assert sum(b.rows for b in blocks) == GRID.rows and {b.columns for b in blocks} == {GRID.columns}
    assert all(b.rows * b.columns <= max(cells, GRID.columns) for b in blocks)


@settings(deadline=None)
@given(WINDOWS)
def test_beyond_a_layer_there_is_no_data(window):
    values = np.arange(35, dtype=np.int16).reshape(7, 5)
    padded = np.full((40, 40), -1, np.int16)
    padded[15:22, 15:20] = values
    got = read_padded(ArrayLayer(GRID, values, -1), GRID, window)
    r, c = window.row + 15, window.column + 15
    assert (got == padded[r : r + window.rows, c : c + window.columns]).all()


def test_an_array_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="shape"):
        ArrayLayer(GRID, np.zeros((5, 7)), 0)
