"""zones: a pictured example, exact laws in whole numbers, and two peers that share no line with it.

Shares are looked at as whole numbers of 2⁻⁶¹ cells throughout: a law that says "exactly" is tested with ==.
"""

import dataclasses
import math
from itertools import pairwise

import exactextract
import geopandas as gpd
import numpy as np
import pytest
import shapely
from exactextract.feature import JSONFeatureSource
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.affinity import scale

from envgis import zones
from envgis.grid import CRS, Grid
from envgis.kernels.coverage import FULL, SNAP

UTM = CRS.from_epsg(32615)
# Cells of 1 m and a corner of whole metres: a coordinate in 64ths of a cell is kept to the bit.
WEST, NORTH = 500_000.0, 1_650_000.0
FINE = 64


def grid(rows, columns, top=0, left=0):
    return Grid(UTM, WEST + left, NORTH - top, 1.0, 1.0, rows, columns)


def series(*polygons):
    """Polygons given in cells, x to the east and y to the south of the grid's corner."""
    return gpd.GeoSeries([shapely.transform(p, lambda xy: np.column_stack([WEST + xy[:, 0], NORTH - xy[:, 1]])) for p in polygons], crs=UTM)


def units(cover, runs=None):
    """(zones + 1, rows, columns) what each zone takes, in whole numbers of 2⁻⁶¹ cells."""
    runs = cover.runs(0, cover.grid.rows) if runs is None else runs
    out = np.zeros((cover.count + 1, runs.rows, cover.grid.columns), np.int64)
    for r in range(runs.rows):
        for k in range(runs.row_entry[r], runs.row_entry[r + 1]):
            zone = out[runs.entries["zone"][k], r]
            for begin, end in runs.wholes[slice(*runs.entries["whole"][k : k + 2])].tolist():
                zone[begin:end] += FULL
            for edge in runs.edges[slice(*runs.entries["edge"][k : k + 2])]:
                zone[edge["column"]] += edge["upto"] - edge["before"]
    return out


def alone(polygons, home):
    return units(zones.cover(polygons, home, overlap=True))[: len(polygons)]


def same(a, b):
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))


# What is drawn: grids from one cell to 40 × 40, points from five cells beyond them on every side, in 64ths of a cell.
sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))


@st.composite
def partitions(draw, most=8):
    """A grid and zones that tile it and more: Voronoi cells, of which one may hold another zone as an island."""
    rows, columns = draw(sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(2, most))
    low, high = np.array([-5, -5]), np.array([columns + 5, rows + 5])
    points = rng.uniform(low, high, (count, 2))
    around = np.vstack([points, *(np.where(np.arange(2) == axis, 2 * end - points, points) for axis in (0, 1) for end in (low, high))])
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(around)))
    cells = cells[shapely.STRtree(cells).query(shapely.points(points), predicate="within")[1]]
    if not math.isclose(shapely.area(cells).sum(), math.prod(high - low)):
        cells = [shapely.box(*low, *high)]  # GEOS draws one in a hundred of these diagrams wrong
    tiles = list(shapely.transform(cells, lambda xy: np.round(xy * FINE) / FINE))
    if draw(st.booleans()):
        island = star(rng, points[0], shapely.distance(shapely.Point(points[0]), tiles[0].exterior) * 0.9)
        if tiles[0].contains(island) and not tiles[0].exterior.intersects(island):
            tiles = [shapely.Polygon(tiles[0].exterior, [island.exterior]), island, *tiles[1:]]
    if not all(tile.is_valid and tile.area > 0 for tile in tiles):
        tiles = [shapely.box(-5, -5, columns + 5, rows + 5)]  # two points fell together
    return grid(rows, columns), series(*tiles)


def star(rng, centre, radius):
    """A polygon of 3 to 12 corners at different distances around a point."""
    angles = np.sort(rng.uniform(0, 2 * math.pi, rng.integers(3, 13)))
    distance = radius * rng.uniform(0.2, 1, len(angles))
    return shapely.Polygon(np.round((centre + np.column_stack([np.cos(angles), np.sin(angles)]) * distance[:, None]) * FINE) / FINE)


@st.composite
def stars(draw, least=1, most=4):
    """A grid and some valid polygons anywhere on, over and beyond it; they may overlap."""
    rows, columns = draw(sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    found = []
    for _ in range(draw(st.integers(least, most))):
        one = star(rng, rng.uniform([-5, -5], [columns + 5, rows + 5]), rng.uniform(0.5, max(rows, columns)))
        found.append(one if one.is_valid and one.area > 0 else shapely.box(0.25, 0.5, 3.75, 2.5))
    return grid(rows, columns), series(*found)


# --- by hand


def test_a_square_shifted_by_half_a_cell():
    shares = zones.cover(series(shapely.box(0.5, 0.5, 2.5, 2.5)), grid(3, 3)).shares()
    assert shares[0].tolist() == [[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]]


def test_a_triangle():
    #  (0, 0) ─── (4, 0)
    #     ╲      ╱         a row further down, a cell less on each side
    #       (2, 2)
    shares = zones.cover(series(shapely.Polygon([(0, 0), (4, 0), (2, 2)])), grid(2, 4)).shares()
    assert shares[0].tolist() == [[0.5, 1.0, 1.0, 0.5], [0.0, 0.5, 0.5, 0.0]]


def test_a_hole_and_its_island():
    ring, island = shapely.box(0, 0, 3, 3).difference(shapely.box(0.5, 1, 2, 2.5)), shapely.box(0.5, 1, 2, 2.5)
    found = zones.cover(series(ring, island), grid(3, 3)).shares()
    assert found[1].tolist() == [[0.0, 0.0, 0.0], [0.5, 1.0, 0.0], [0.25, 0.5, 0.0]]
    assert (found.sum(axis=0) == 1).all()


def test_what_no_zone_takes_is_outside():
    got = units(zones.cover(series(shapely.box(1, 1, 2.5, 2)), grid(3, 3)))
    assert got[1].tolist() == [[FULL] * 3, [FULL, 0, FULL // 2], [FULL] * 3]


def test_the_first_zone_comes_first():
    first, second = shapely.box(0, 0, 1.5, 1), shapely.box(0.75, 0, 3, 1)
    got = units(zones.cover(series(first, second), grid(1, 3)))
    assert (got / FULL).tolist() == [[[1, 0.5, 0]], [[0, 0.5, 1]], [[0, 0, 0]]]


# --- laws


@given(partitions())
def test_neighbours_share_every_cell_exactly(case):
    home, tiles = case
    each = alone(tiles, home)
    assert (each.sum(axis=0) == FULL).all()
    together = units(zones.cover(tiles, home))
    assert (together[:-1] == each).all()
    assert not together[-1].any()


@given(partitions(), st.randoms(use_true_random=False))
def test_the_order_of_zones_changes_no_share(case, random):
    home, tiles = case
    order = random.sample(range(len(tiles)), len(tiles))
    shuffled = gpd.GeoSeries(tiles.iloc[order].to_numpy(), crs=UTM)
    assert (units(zones.cover(shuffled, home))[:-1] == units(zones.cover(tiles, home))[:-1][order]).all()


@given(stars(), st.integers(0, 11), st.booleans())
def test_neither_the_ring_s_start_nor_its_direction_matters(case, shift, reverse):
    def other(polygon):
        rings = [np.asarray(ring.coords)[:-1] for ring in (polygon.exterior, *polygon.interiors)]
        rings = [np.roll(ring, shift, axis=0)[:: -1 if reverse else 1] for ring in rings]
        return shapely.Polygon(rings[0], rings[1:])

    home, polygons = case
    turned = gpd.GeoSeries([other(p) for p in polygons], crs=UTM)
    for overlap in (False, True):
        assert same(zones.cover(polygons, home, overlap).runs(0, home.rows), zones.cover(turned, home, overlap).runs(0, home.rows))


@given(stars(), sizes, st.integers(-45, 45), st.integers(-45, 45))
def test_a_grid_anywhere_sees_the_same_shares(case, size, top, left):
    """Zones beyond a grid on any side: what a larger grid sees of the smaller one's cells is what that sees itself."""
    _, polygons = case
    part = grid(*size, top, left)
    large = grid(140, 140, -50, -50)
    row, column = large.offset(part)
    seen = alone(polygons, large)[:, row : row + part.rows, column : column + part.columns]
    assert (alone(polygons, part) == seen).all()


@given(stars())
def test_a_polygon_over_everything_has_no_edge(case):
    home, _ = case
    runs = zones.cover(series(shapely.Polygon([(-100, -90), (150, -80), (160, 170), (-90, 150)])), home).runs(0, home.rows)
    assert not len(runs.edges)
    assert (runs.wholes["end"] - runs.wholes["begin"]).sum() == home.rows * home.columns


@given(sizes, st.integers(0, 2**32), st.floats(0.1, 0.9))
def test_edges_along_the_lattice_leave_whole_cells(size, seed, density):
    mask = np.random.default_rng(seed).random(size) < density
    mask[0, 0] = True
    shape = shapely.union_all([shapely.box(c, r, c + 1, r + 1) for r, c in np.argwhere(mask)])
    cover = zones.cover(series(shape), grid(*size))
    assert (units(cover)[0] == np.where(mask, FULL, 0)).all()
    assert not len(cover.runs(0, size[0]).edges)


@given(sizes, st.lists(st.integers(-5 * FINE, 45 * FINE), min_size=4, max_size=4, unique=True))
def test_a_rectangle_takes_the_product_of_its_sides(size, sides):
    """Level and upright edges anywhere: exactly, since 64ths of a cell are kept."""
    (west, east), (north, south) = sorted(sides[:2]), sorted(sides[2:])
    width, height = (
        np.clip(np.minimum(high, FINE * (np.arange(n) + 1)) - np.maximum(low, FINE * np.arange(n)), 0, FINE)
        for low, high, n in ((west, east, size[1]), (north, south, size[0]))
    )
    expected = np.multiply.outer(height, width).astype(np.int64) * (FULL // FINE**2)
    assert (alone(series(shapely.box(west / FINE, north / FINE, east / FINE, south / FINE)), grid(*size))[0] == expected).all()


@given(partitions())
def test_a_multipolygon_is_the_sum_of_its_parts(case):
    home, tiles = case
    odd = gpd.GeoSeries([shapely.MultiPolygon(list(tiles.iloc[::2]))], crs=UTM)
    assert (alone(odd, home)[0] == alone(tiles, home)[::2].sum(axis=0)).all()


@given(stars())
def test_zones_counted_alone_do_not_know_each_other(case):
    home, polygons = case
    together = alone(polygons, home)
    for z in range(len(polygons)):
        assert (together[z] == alone(polygons.iloc[z : z + 1], home)[0]).all()


@given(stars(least=2, most=6))
def test_overlapping_zones_share_each_cell_in_turn_and_at_most_once(case):
    home, polygons = case
    each, got = alone(polygons, home).astype(object), units(zones.cover(polygons, home)).astype(object)
    left = np.full(home.shape, FULL, object)
    for z in range(len(polygons)):
        expected = np.minimum(each[z], left)
        assert (got[z] == expected).all()
        left = left - expected
    assert (got[-1] == left).all()


@given(stars(), st.lists(st.integers(1, 39), max_size=4), st.booleans())
def test_windows_of_rows_see_what_the_whole_sees(case, cuts, overlap):
    home, polygons = case
    cover = zones.cover(polygons, home, overlap)
    rows = sorted({0, home.rows, *(cut for cut in cuts if cut < home.rows)})
    parts = [units(cover, cover.runs(a, b - a)) for a, b in pairwise(rows)]
    assert (np.concatenate(parts, axis=1) == units(cover)).all()


@given(stars())
def test_runs_do_not_overlap_and_come_in_order(case):
    home, polygons = case
    runs = zones.cover(polygons, home).runs(0, home.rows)
    for r in range(home.rows):
        entries = slice(runs.row_entry[r], runs.row_entry[r + 1])
        assert (np.diff(runs.entries["zone"][entries]) > 0).all()
    for k in range(len(runs.entries) - 1):
        wholes, edges = (of[slice(*runs.entries[at][k : k + 2])] for at, of in (("whole", runs.wholes), ("edge", runs.edges)))
        assert (wholes["begin"] < wholes["end"]).all() and (wholes["end"][:-1] <= wholes["begin"][1:]).all()
        assert (np.diff(edges["column"]) > 0).all()
    before, upto = runs.edges["before"], runs.edges["upto"]
    assert ((before >= 0) & (before < upto) & (upto <= FULL)).all()


@given(stars())
def test_upside_down_shares_are_upside_down(case):
    """Not to the bit: crossings are rounded counting from the other end."""
    home, polygons = case
    middle = (WEST, NORTH - home.rows / 2)
    turned = gpd.GeoSeries([scale(p, 1, -1, origin=middle) for p in polygons], crs=UTM)
    assert np.abs(alone(turned, home)[:, ::-1] / FULL - alone(polygons, home) / FULL).max() < 1e-7


@given(stars())
def test_shares_add_up_to_the_polygon_s_area(case):
    home, polygons = case
    inside = shapely.intersection(polygons.to_numpy(), shapely.box(*home.bounds))
    assert np.allclose(alone(polygons, home).astype(float).sum(axis=(1, 2)) / FULL, shapely.area(inside), rtol=0, atol=1e-5)


# --- another coordinate system


@st.composite
def islands(draw):
    """Neighbours in longitude and latitude, their corners in no round numbers, and a grid in UTM over their middle."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x, y = np.meshgrid(np.linspace(-91.9, -91.6, 4), np.linspace(14.8, 15.0, 4))
    x, y = x + rng.uniform(-0.03, 0.03, x.shape), y + rng.uniform(-0.02, 0.02, y.shape)
    corner = [[(x[r, c], y[r, c]) for c in range(4)] for r in range(4)]
    quads = [[corner[r][c], corner[r][c + 1], corner[r + 1][c + 1], corner[r + 1][c]] for r in range(3) for c in range(3)]
    quads = [quad[k:] + quad[:k] for quad, k in zip(quads, rng.integers(0, 4, 9), strict=True)]
    return gpd.GeoSeries([shapely.Polygon(quad) for quad in quads], crs=4326)


@settings(max_examples=20)
@given(islands())
def test_neighbours_of_another_system_close_too(tiles):
    west, south, east, north = gpd.GeoSeries([tiles.iloc[4]], crs=4326).to_crs(UTM).total_bounds
    home = Grid.from_bounds(32615, (west + 500, south + 500, east - 500, north - 500), 400)
    inside = shapely.contains_properly(tiles.to_crs(UTM).union_all().buffer(-50), shapely.box(*home.bounds))
    each = alone(tiles, home).sum(axis=0)
    if inside:
        assert (each == FULL).all()
    assert (each <= FULL).all()


@given(
    st.lists(st.tuples(st.integers(-999, 999), st.integers(-999, 999)), min_size=3, max_size=9, unique=True),
    st.floats(0.5, 500),
)
def test_points_put_into_an_edge_are_the_same_for_both_neighbours(points, longest):
    xy = np.array([*points, points[0]], float) / 7
    there, _ = zones.densify(xy, np.array([0, len(xy)]), longest)
    back, rings = zones.densify(xy[::-1], np.array([0, len(xy)]), longest)
    assert np.array_equal(there, back[::-1])
    assert rings.tolist() == [0, len(back)]
    assert np.hypot(*np.diff(there, axis=0).T).max() <= longest * (1 + 1e-12)
    assert {tuple(p) for p in xy} <= {tuple(p) for p in there}


@settings(max_examples=15)
@given(stars())
def test_bent_edges_stay_near_the_true_ones(case):
    """A border of another system, followed to a thousandth of a cell: here against one with a thousand points an edge."""
    _, polygons = case
    far = shapely.transform(polygons.iloc[0], lambda xy: np.column_stack([-91.8 + (xy[:, 0] - WEST) / 50, 14.9 + (xy[:, 1] - NORTH) / 50]))
    one = gpd.GeoSeries([far], crs=4326)
    home = Grid.from_bounds(32615, one.to_crs(UTM).total_bounds, 2500)
    dense = gpd.GeoSeries(shapely.segmentize(one.to_numpy(), max(far.length / 1e4, 1e-6)), crs=4326)
    assert np.abs(alone(one, home) / FULL - alone(dense, home) / FULL).max() < 2e-3


# --- peers


@given(stars())
def test_exactextract_sees_the_same_shares(case):
    home, polygons = case
    west, south, east, north = home.bounds
    raster = NumPyRasterSource(np.zeros(home.shape), xmin=west, xmax=east, ymin=south, ymax=north, srs_wkt=UTM.to_wkt())
    features = JSONFeatureSource([{"type": "Feature", "geometry": shapely.geometry.mapping(p)} for p in polygons], srs_wkt=UTM.to_wkt())
    rows = exactextract.exact_extract(raster, features, ["cell_id", "coverage"])
    got = alone(polygons, home) / FULL
    for z, row in enumerate(rows):
        theirs = np.zeros(home.shape)
        cells = np.asarray(row["properties"]["cell_id"], int)
        theirs.ravel()[cells] = row["properties"]["coverage"]
        assert np.abs(got[z] - theirs).max() < 1e-6


@settings(max_examples=25)
@given(stars(most=2))
def test_shapely_sees_the_same_shares(case):
    home, polygons = case
    x, y = np.meshgrid(WEST + np.arange(home.columns), NORTH - np.arange(home.rows))
    cells = shapely.box(x, y - 1, x + 1, y)
    for polygon, got in zip(polygons, alone(polygons, home), strict=True):
        assert np.abs(shapely.area(shapely.intersection(polygon, cells)) - got / FULL).max() < 1e-8


# --- what is refused


@pytest.mark.parametrize(
    "polygons",
    [
        gpd.GeoSeries([shapely.box(0, 0, 1, 1)]),
        series(shapely.box(0, 0, 1, 1), shapely.Polygon()),
        gpd.GeoSeries([shapely.box(0, 0, 1, 1), None], crs=UTM),
        series(shapely.LineString([(0, 0), (1, 1)])),
    ],
    ids=["no CRS", "empty", "missing", "a line"],
)
def test_what_is_no_zone_is_refused(polygons):
    with pytest.raises(ValueError, match="zone"):
        zones.cover(polygons, grid(2, 2))


def test_no_zones_at_all():
    cover = zones.cover(gpd.GeoSeries([], crs=UTM), grid(3, 4))
    assert (units(cover)[0] == FULL).all()


# --- bugs found


def test_one_edge_may_cross_every_column_of_a_row():
    """Cells of an edge that ran west once came in the wrong order, and were sorted one past the other."""
    home = grid(4, 30_000)
    got = alone(series(shapely.Polygon([(0, 0.25), (30_000, 0.75), (30_000, 3), (0, 3)])), home)[0] / FULL
    assert got[0].sum() == pytest.approx(15_000, abs=1e-3)
    assert (np.diff(got[0]) < 0).all()


def test_a_sliver_thinner_than_a_snap_takes_nothing():
    thin = 0.2 / SNAP
    assert not alone(series(shapely.box(0.5, 0.5, 0.5 + thin, 2.5)), grid(3, 3)).any()


def test_a_zone_a_million_cells_wide():
    got = alone(series(shapely.box(-3e9, 0.5, 3e9, 1.5)), grid(2, 3))[0]
    assert (got == FULL // 2).all()


@pytest.mark.parametrize(("latitude", "cell"), [(69.6, 0.1), (15.0, 1.0), (-53.2, 0.5), (69.6, 1 / 1200)])
def test_shares_of_cells_in_degrees_are_shares_of_their_land(latitude, cell):
    """Found by trying: half of a cell's degrees is not half of its land. A town within a cell, against its geodesic area."""
    home = Grid.from_bounds(4326, (-70, latitude - 2 * cell, -70 + 4 * cell, latitude + 2 * cell), cell)
    town = shapely.box(-70 + 1.3 * cell, latitude - 0.7 * cell, -70 + 2.6 * cell, latitude + 0.8 * cell)
    cover = zones.cover(gpd.GeoSeries([town], crs=4326), home)
    found = (cover.shares()[0] * home.areas.array(home.window)).sum() / 1e6
    exact = abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(town, cell / 50))[0])
    assert found == pytest.approx(exact, rel=2e-6)
