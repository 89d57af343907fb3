"""grid: areas against geodesics, and the algebra of lattices."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import CRS, Geod, Transformer

from envgis.grid import AREA_TOLERANCE, ArrayLayer, Grid, Misaligned, Window, missing, read_padded, same_crs

UTM, GTM, MERCATOR, WGS84 = (CRS.from_user_input(name) for name in (32615, "ESRI:103598", 3857, 4326))
# Guatemala in each, and places where a system stretches more: west, south, east, north, and a cell's width.
PLACES = {
    "UTM 15N, into zone 16": (UTM, (560_000, 1_520_000, 980_000, 1_980_000), 500.0),
    "GTM": (GTM, (300_000, 1_500_000, 720_000, 1_970_000), 500.0),
    "Web Mercator": (MERCATOR, (-10_280_000, 1_540_000, -9_810_000, 2_020_000), 500.0),
    "Web Mercator, far north": (MERCATOR, (2_000_000, 9_400_000, 2_300_000, 9_500_000), 500.0),
    "degrees": (WGS84, (-92.3, 13.7, -88.2, 17.9), 1 / 256),
    "degrees, far north": (WGS84, (10.0, 69.0, 11.0, 70.0), 1 / 256),
}
GEOD = Geod(ellps="WGS84")


def over(name, cell=None):
    crs, bounds, step = PLACES[name]
    return Grid.from_bounds(crs, bounds, cell or step)


def geodesic_m2(grid, window):
    """Area of a window of cells, its sides followed by 200 points each: Karney's algorithm, nothing of ours."""
    west, south, east, north = grid.crop(window).bounds
    t = np.linspace(0, 1, 201)[:-1]
    x = np.concatenate([west + (east - west) * t, np.full(200, east), east + (west - east) * t, np.full(200, west)])
    y = np.concatenate([np.full(200, south), south + (north - south) * t, np.full(200, north), north + (south - north) * t])
    lon, lat = Transformer.from_crs(grid.crs, WGS84, always_xy=True).transform(x, y)
    return abs(GEOD.polygon_area_perimeter(lon, lat)[0])


@st.composite
def lattices(draw):
    """A grid of some cells, its corner on no round number, and a window of it."""
    rows, columns = draw(st.integers(1, 60)), draw(st.integers(1, 60))
    cell = draw(st.sampled_from([10.0, 30.0, 12.5]))
    x, y = 500_000 + cell * draw(st.integers(-500, 500)) + 3.7, 1_650_000 + cell * draw(st.integers(-500, 500)) + 1.1
    return Grid(UTM, x, y, cell, cell, rows, columns)


windows = st.builds(Window, st.integers(-40, 40), st.integers(-40, 40), st.integers(1, 50), st.integers(1, 50))


# --- areas


@pytest.mark.parametrize("name", PLACES)
def test_areas_are_true_areas(name):
    grid = over(name)
    rng = np.random.default_rng(1)
    off = []
    for row, column in rng.integers(0, [grid.rows - 1, grid.columns - 1], (300, 2)).tolist():
        window = Window(row, column, 1, 1)
        off.append(grid.areas.array(window)[0, 0] / 1e6 / geodesic_m2(grid, window) - 1)
    assert np.abs(off).max() < AREA_TOLERANCE
    assert abs(np.mean(off)) < AREA_TOLERANCE / 10  # without bias


@pytest.mark.parametrize("name", PLACES)
def test_areas_add_up_over_the_country(name):
    grid = over(name, 1 / 64 if name.startswith("degrees") else 2000.0)
    assert grid.areas.array(grid.window).sum() / 1e6 == pytest.approx(geodesic_m2(grid, grid.window), rel=2e-6)


def test_areas_by_hand():
    # On the central meridian of UTM the scale is 0.9996: 10 m on the map are 10 / 0.9996 m on the ground.
    grid = Grid(UTM, 499_990.0, 1_650_000.0, 10.0, 10.0, 2, 2)
    assert grid.areas.array(grid.window) == pytest.approx(100e6 / 0.9996**2, rel=1e-5)
    # The whole ellipsoid has 510 065 622 km².
    world = Grid(WGS84, -180.0, 90.0, 1.0, 1.0, 180, 360)
    assert world.areas.array(world.window).astype(float).sum() / 1e12 == pytest.approx(510_065_621.7, rel=1e-9)


def test_web_mercator_is_not_twice_as_large():
    """PROJ's areal scale is 0.6 % off there; the map itself is 7 % too large at 15° N."""
    grid = Grid(MERCATOR, -10_200_000.0, 1_700_000.0, 100.0, 100.0, 1, 1)
    assert grid.areas.array(grid.window)[0, 0] / 1e10 == pytest.approx(math.cos(math.radians(15.1)) ** 2, rel=0.01)


@pytest.mark.parametrize("cell", [10.0, 100.0, 1000.0, 10_000.0])
@pytest.mark.parametrize(("crs", "x", "y"), [(UTM, 500_000.0, 1_650_000.0), (UTM, 500_000.0, 0.0), (MERCATOR, -10_000_000.0, 0.0)])
def test_a_small_grid_where_the_scale_stands_still(crs, x, y, cell):
    """Found by an example: a grid of two cells on the central meridian shows no slope, and tiles grew out of all bounds."""
    for cells in (1, 2, 20):
        grid = Grid(crs, x, y + cells * cell, cell, cell, cells, cells)
        window = Window(0, 0, 1, 1)
        assert grid.areas.array(window)[0, 0] / 1e6 == pytest.approx(geodesic_m2(grid, window), rel=AREA_TOLERANCE)


@settings(max_examples=30)
@given(lattices(), windows)
def test_areas_go_by_the_lattice_not_by_the_grid_s_extent(grid, window):
    own = grid.crop(window)
    assert np.abs(own.areas.array(own.window) / grid.extend(own.bounds).areas.array(_within(grid, window)) - 1).max() < AREA_TOLERANCE


def _within(grid, window):
    large = grid.extend(grid.crop(window).bounds)
    row, column = large.offset(grid.crop(window))
    return Window(row, column, window.rows, window.columns)


@given(st.integers(0, 100), st.integers(1, 70))
def test_areas_in_degrees_are_one_value_a_row_whatever_the_grid(top, rows):
    grid = Grid(WGS84, -91.0, 16.0, 0.01, 0.01, 200, 3)
    part = grid.crop(Window(top, 1, rows, 2))
    # A corner that is itself rounded may turn a last digit: 1 mm² in 1.2 km².
    assert np.abs(part.areas.array(part.window) - grid.areas.array(Window(top, 1, rows, 2))).max() <= 1
    assert (grid.areas.array(grid.window) == grid.areas.array(grid.window)[:, :1]).all()


# --- algebra


@given(lattices(), windows)
def test_a_part_lies_where_it_was_cut(grid, window):
    part = grid.crop(window)
    assert grid.offset(part) == (window.row, window.column)
    assert part.offset(grid) == (-window.row, -window.column)
    assert grid.aligned(part)
    row, column = grid.origin
    assert part.origin == (row + window.row, column + window.column)
    assert part.shape == window.shape


@given(lattices(), windows, windows)
def test_cutting_twice_is_cutting_once(grid, first, second):
    once = grid.crop(Window(first.row + second.row, first.column + second.column, second.rows, second.columns))
    twice = grid.crop(first).crop(second)
    assert (grid.offset(twice), twice.shape) == (grid.offset(once), once.shape)


@given(lattices(), windows)
def test_extending_grows_by_whole_cells_and_holds_both(grid, window):
    bounds = grid.crop(window).bounds
    large = grid.extend(bounds)
    row, column = large.offset(grid)
    assert row >= 0 and column >= 0
    assert row + grid.rows <= large.rows and column + grid.columns <= large.columns
    assert large.extend(bounds) == large
    slack = 1e-6
    w, s, e, n = large.bounds
    assert w <= min(bounds[0], grid.x) + slack and n >= max(bounds[3], grid.y) - slack
    assert e >= max(bounds[2], grid.bounds[2]) - slack and s <= min(bounds[1], grid.bounds[1]) + slack


@given(lattices(), windows)
def test_a_union_holds_both_whichever_comes_first(grid, window):
    part = grid.crop(window)
    both, other = grid.union(part), part.union(grid)
    assert both.offset(other) == (0, 0) and both.shape == other.shape
    assert min(both.offset(grid)) >= 0 and min(both.offset(part)) >= 0


@given(lattices(), st.integers(1, 5000), st.integers(0, 100))
def test_blocks_are_the_grid_once(grid, cells, first):
    blocks = grid.blocks(cells, first)
    assert [b.row for b in blocks] == [0, *np.cumsum([b.rows for b in blocks])[:-1].tolist()]
    assert sum(b.rows for b in blocks) == grid.rows
    for b in blocks:
        assert (b.column, b.columns) == (0, grid.columns)
        assert b.rows == 1 or b.rows * b.columns <= cells


def test_high_blocks_are_cut_where_files_are():
    grid = Grid(UTM, 500_000.0, 1_650_000.0, 10.0, 10.0, 2000, 100)
    # 700 rows are allowed: 512 are taken, and the first band ends on the raster's 37th row or a multiple of 512 later.
    assert [b.row for b in grid.blocks(70_000, 37)] == [0, 37, 549, 1061, 1573]
    assert [b.row for b in grid.blocks(70_000)] == [0, 512, 1024, 1536]


@given(lattices(), st.floats(0.01, 0.99), st.floats(0.01, 0.99), windows)
def test_what_is_shifted_is_refused(grid, right, down, window):
    assume(max(min(right, 1 - right), min(down, 1 - down)) > 2e-3)
    shifted = Grid(grid.crs, grid.x + right * grid.dx, grid.y - down * grid.dy, grid.dx, grid.dy, grid.rows, grid.columns)
    assert not grid.aligned(shifted)
    with pytest.raises(Misaligned):
        grid.offset(shifted)
    with pytest.raises(Misaligned):
        read_padded(ArrayLayer(shifted, np.zeros(shifted.shape, np.uint8), 255), grid, window)


def test_another_cell_size_or_system_is_refused():
    grid = Grid(UTM, 500_000.0, 1_650_000.0, 10.0, 10.0, 100, 100)
    for other in (
        Grid(UTM, 500_000.0, 1_650_000.0, 10.001, 10.0, 100, 100),
        Grid(UTM, 500_000.0, 1_650_000.0, 20.0, 20.0, 100, 100),
        Grid(GTM, 500_000.0, 1_650_000.0, 10.0, 10.0, 100, 100),
    ):
        assert not grid.aligned(other)


def test_rounding_in_a_file_s_corner_is_no_shift():
    grid = Grid(WGS84, -91.7, 15.3, 1 / 1200, 1 / 1200, 900, 900)
    other = Grid(WGS84, -91.7 + 300 / 1200 + 2e-10, 15.3 - 1e-10, 0.000833333333, 0.000833333333, 100, 100)
    assert grid.offset(other) == (0, 300)


def test_axes_in_another_order_are_the_same_system():
    assert same_crs(WGS84, CRS.from_user_input("OGC:CRS84"))
    assert not same_crs(UTM, GTM)


@given(lattices(), windows, st.integers(0, 2**32))
def test_beyond_a_layer_there_is_no_data(grid, window, seed):
    values = np.random.default_rng(seed).integers(0, 255, grid.shape).astype(np.uint8)
    got = read_padded(ArrayLayer(grid, values, 255), grid, window)
    padded = np.pad(values, 100, constant_values=255)
    assert (got == padded[window.row + 100 :, window.column + 100 :][: window.rows, : window.columns]).all()


def test_an_array_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="shape"):
        ArrayLayer(Grid(UTM, 0.0, 0.0, 10.0, 10.0, 7, 5), np.zeros((5, 7)), 0)


def test_what_is_missing():
    assert missing(np.array([1.0, np.nan]), np.nan).tolist() == [False, True]
    assert missing(np.array([1, 255], np.uint8), 255).tolist() == [False, True]


@given(lattices())
def test_a_geobox_and_back(grid):
    assert Grid.of(grid.box) == grid


def test_a_geobox_that_is_rotated_or_lies_nowhere_is_refused():
    box = Grid(UTM, 600_000.0, 1_650_000.0, 10.0, 10.0, 2, 2).box
    for other in (GeoBox((2, 2), box.affine @ box.affine.rotation(10), box.crs), GeoBox((2, 2), box.affine, None)):
        with pytest.raises(ValueError, match="north-up"):
            Grid.of(other)


def test_centres_by_hand():
    grid = Grid(UTM, 100.0, 200.0, 10.0, 20.0, 3, 2)
    x, y = grid.centers(Window(1, 0, 2, 2))
    assert x.tolist() == [105.0, 115.0] and y.tolist() == [170.0, 150.0]
