"""adaptation: what is in force, its ground, faces, and the level that is left over."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod

from envgis import adaptation, levels
from envgis.actions import effects, record
from envgis.adaptation import Factors
from envgis.grid import ArrayLayer, Grid
from envgis.levels import Breakpoints, Hazard, HazardKey, HazardMap

DAY = dt.date(2026, 11, 24)
WORDS = {"es": "", "en": ""}
SOIL = Hazard(HazardKey("erosion", "present"), "erosion", "susceptibility", "soil_loss", levels.published()["erosion", "soil_loss"], WORDS)
CLASSES = Hazard(HazardKey("landslide", "present"), "landslide", "susceptibility", "levels", None, WORDS)
SQUARE = shapely.box(-91.80, 14.95, -91.78, 14.97)


def actions(rows, geometry):
    return record.frame({name: [row.get(name) for row in rows] for name in record.COLUMNS}, geometry)


def own(*rows):
    return pd.DataFrame(rows, columns=["action_type", "hazard", "acts_on", "f_low", "f_central", "f_high"])


# In force and footprints


def test_in_force():
    rows = [
        {"status": "done", "date_end": pd.Timestamp("2026-11-24")},
        {"status": "verified", "date_start": pd.Timestamp("2020-01-01")},
        {"status": "done", "date_start": pd.Timestamp("2020-01-01"), "date_end": pd.Timestamp("2026-11-25")},
        {"status": "done"},
        {"status": "ongoing", "date_start": pd.Timestamp("2020-01-01")},
        {"status": "planned", "date_start": pd.Timestamp("2020-01-01")},
        {"status": "failed", "date_end": pd.Timestamp("2020-01-01")},
    ]
    assert adaptation.in_force(actions(rows, [None] * 7), DAY).tolist() == [True, True, False, False, False, False, False]


def area_m2(geometry):
    return abs(Geod(ellps="WGS84").geometry_area_perimeter(geometry)[0])


def test_a_point_is_a_64_gon_of_exactly_its_declared_area():
    (ground,) = adaptation.footprints(actions([{"action_type": "terraces", "area_ha": 2.5}], [shapely.Point(-91.8, 14.96)]))
    assert len(ground.exterior.coords) == 65
    assert area_m2(ground) == pytest.approx(25_000, rel=1e-6)


def test_a_line_has_its_types_width_and_flat_caps():
    line = shapely.LineString([(-91.80, 14.96), (-91.79, 14.96)])
    width = float(adaptation.catalogue.types().loc["living_barrier", "width_m"])
    (ground,) = adaptation.footprints(actions([{"action_type": "living_barrier"}], [line]))
    assert area_m2(ground) == pytest.approx(Geod(ellps="WGS84").geometry_length(line) * width, rel=1e-4)


def test_what_has_no_footprint():
    rows = [
        {"action_type": "terraces"},
        {"action_type": "terraces", "area_ha": 1.0, "accuracy_m": 51.0},
        {"action_type": "training"},
        {"action_type": "training"},
    ]
    places = [shapely.Point(-91.8, 14.96)] * 2 + [shapely.LineString([(-91.8, 14.96), (-91.79, 14.96)]), None]
    assert adaptation.footprints(actions(rows, places)).isna().all()


# Faces


def faces(shapes, types=None, ids=None, land=SQUARE):
    types = types or ["terraces"] * len(shapes)
    ids = ids or [f"a{i}" for i in range(len(shapes))]
    table = actions([{"action_id": i, "action_type": t} for i, t in zip(ids, types, strict=True)], shapes)
    return adaptation.faces(table, table.geometry, gpd.GeoDataFrame({"code": ["1201"]}, geometry=[land], crs=4326)).table


def test_overlapping_footprints_become_disjoint_faces():
    a, b = shapely.box(-91.795, 14.955, -91.790, 14.960), shapely.box(-91.792, 14.957, -91.785, 14.962)
    got = faces([a, b], ["terraces", "reforestation"]).set_index("face")
    assert set(got.index) == {"a0", "a1", "a0|a1"}
    assert got.loc["a0|a1", "types"] == ("reforestation", "terraces")
    assert got.loc["a0|a1"].geometry.area == pytest.approx(area_m2(a & b), rel=1e-5)
    assert got.geometry.area.sum() == pytest.approx(area_m2(a | b), rel=1e-5)


def test_the_same_footprint_of_one_type_twice_counts_once():
    a = shapely.box(-91.795, 14.955, -91.790, 14.960)
    twice = faces([a, shapely.box(-91.795, 14.955, -91.790, 14.960)])
    assert twice["face"].tolist() == ["a0"]
    assert faces([a, a], ["terraces", "reforestation"])["face"].tolist() == ["a0|a1"]


def test_faces_are_cut_by_municipality():
    half = shapely.box(-91.80, 14.95, -91.79, 14.97)
    other = shapely.box(-91.79, 14.95, -91.78, 14.97)
    table = actions([{"action_id": "a", "action_type": "terraces"}], [shapely.box(-91.795, 14.955, -91.785, 14.960)])
    towns = gpd.GeoDataFrame({"code": ["1201", "1202"]}, geometry=[half, other], crs=4326)
    got = adaptation.faces(table, table.geometry, towns).table
    assert got["municipality"].tolist() == [0, 1]
    assert got.geometry.area.iloc[0] == pytest.approx(got.geometry.area.iloc[1], rel=1e-6)


def test_an_action_outside_has_no_face():
    assert faces([shapely.box(-90.5, 14.0, -90.4, 14.1)]).empty
    assert faces([]).empty


# Factors


def test_smallest_of_a_type_product_over_types_and_the_floor():
    table = own(
        ("terraces", "erosion", "soil_loss", 0.1, 0.3, 0.5),
        ("reforestation", "erosion", "soil_loss", 0.05, 0.1, 1.4),
        ("reforestation", "erosion", "roots", 0.4, 0.5, 0.6),
    )
    f = adaptation.factors([("terraces",), ("reforestation", "terraces"), ("training",)], SOIL, table)
    np.testing.assert_allclose(f.direct, [[0.1, 0.3, 0.5], [0.05, 0.05, 0.5], [1, 1, 1]])
    np.testing.assert_allclose(f.other[1], [0.4, 0.5, 0.6])
    assert f.addressed.tolist() == [True, True, False]


def test_maps_of_classes_have_no_variable_of_their_own():
    table = own(("terraces", "landslide", "depth", 0.1, 0.3, 0.5))
    f = adaptation.factors([("terraces",)], CLASSES, table)
    assert f.direct.tolist() == [[1, 1, 1]]
    assert f.other.tolist() == [[0.1, 0.3, 0.5]]


def test_falling_values_take_no_factor():
    safety = Hazard(HazardKey("s", "present"), "landslide", "hazard", "index", Breakpoints((1.5, 1.25, 1.0, 0.5), "left"), WORDS)
    f = adaptation.factors([("terraces",)], safety, own(("terraces", "landslide", "index", 0.1, 0.3, 0.5)))
    assert f.direct.tolist() == [[1, 1, 1]]
    assert f.other.tolist() == [[0.1, 0.3, 0.5]]


# Residual levels


def test_values_are_lowered_and_levelled_again():
    """40 t/ha/yr (level 5) under terraces 0.10 / 0.28 / 0.48: 4, 11.2 (a bound, so the higher), 19.2."""
    value = np.array([40.0])
    three = adaptation.residual(SOIL, SOIL.breakpoints.levels(value), value, None, np.array([[0.10, 0.28, 0.48]]), np.ones((1, 3)))
    assert three.ravel().tolist() == [1, 3, 3]


def test_classes_fall_by_one_in_the_best_case_only():
    level = np.array([5, 1, 0, 255], np.uint8)
    half, more = np.full((4, 3), 0.5), np.full((4, 3), 0.51)
    got = adaptation.residual(CLASSES, level, None, None, np.ones((4, 3)), half)
    assert got.tolist() == [[4, 1, 0, 255], [5, 1, 0, 255], [5, 1, 0, 255]]
    assert adaptation.residual(CLASSES, level, None, None, np.ones((4, 3)), more)[0].tolist() == level.tolist()


TYPES = sorted(adaptation.catalogue.types().index)
OWN = "own"
FACTORS = st.lists(st.sampled_from([0, 0.05, 0.28, 0.5, 0.51, 1]) | st.floats(0, 1.5), min_size=3, max_size=3).map(sorted)
ASSUMED = st.lists(st.tuples(st.sampled_from(TYPES[:2]), st.sampled_from([OWN, OWN, "roots"]), FACTORS), max_size=4)
BOUNDS = [(6.7, 11.2, 22.4, 33.6), (-4.0, -1.0, 0.3, 2.5), (1.5, 1.25, 1.0, 0.5)]


@st.composite
def maps(draw):
    """Cells of classes, or of values with danger rising or falling, with and without a level 0, stored in several types."""
    if draw(st.integers(0, 3)) == 0:
        return CLASSES, np.array([0, 1, 2, 3, 4, 5, levels.NO_DATA], np.uint8), None, None
    points = Breakpoints(draw(st.sampled_from(BOUNDS)), draw(st.sampled_from(["right", "left"])), draw(st.booleans()))
    dtype = draw(st.sampled_from([np.dtype("float32"), np.dtype("float64"), None]))
    odd = [0.0, -0.0005, -0.002, -2.0, np.nan, *draw(st.lists(st.floats(-9, 900, allow_subnormal=False), max_size=9))]
    values = np.array([b / f for b in points.bounds for f in (1, 0.05, 0.28, 0.5)] + odd).astype(dtype or float).astype(float)
    hazard = Hazard(HazardKey("h", "present"), "landslide", "hazard", "index", points, WORDS)
    return hazard, points.levels(values, dtype), values, dtype


@settings(max_examples=60)
@given(maps(), ASSUMED, st.lists(st.sampled_from(TYPES[:2]), max_size=2))
def test_best_central_worst_level(made, assumed, types):
    """Whatever is assumed of whichever map: no action makes a level higher, the three cases stand in order, no data stays."""
    hazard, level, values, dtype = made
    table = own(*((kind, "landslide", hazard.variable or OWN if what == OWN else what, *three) for kind, what, three in assumed))
    f = adaptation.factors([tuple(types)] * len(level), hazard, table)
    for factor in (f.direct, f.other):
        assert ((factor >= 0.05) & (factor <= 1)).all() and (np.diff(factor, axis=1) >= 0).all()
    best, central, worst = adaptation.residual(hazard, level, values, dtype, f.direct, f.other)
    gone = level == levels.NO_DATA
    for lower, higher in ((best, central), (central, worst), (worst, level)):
        assert (lower <= higher)[~gone].all() and (lower == level)[gone | (level == 0)].all()
    assert (best >= np.minimum(level, 1)).all()
    if values is None:
        assert (central == level).all() and (level - best <= 1).all()
    if not set(types) & {kind for kind, _, _ in assumed}:
        assert (best == level).all()


@settings(deadline=None)
@given(st.lists(st.sampled_from(TYPES), max_size=4), st.sampled_from(TYPES))
def test_one_more_action_never_raises_what_remains(types, more):
    f: Factors = adaptation.factors([tuple(types), (*types, more)], SOIL, effects.factors())
    assert (f.direct[1] <= f.direct[0]).all()
    assert (f.other[1] <= f.other[0]).all()


def test_the_map_with_actions_shows_the_face_at_the_cells_centre():
    grid = Grid(CRS(32615), 629_000, 1_655_000, 10, 10, 20, 20)
    values = np.full(grid.shape, 40.0)
    hazard = HazardMap(SOIL, grid, ArrayLayer(grid, values, np.nan))
    ground = gpd.GeoSeries([shapely.box(629_050, 1_654_850, 629_104, 1_654_950)], crs=32615).to_crs(4326)
    table = actions([{"action_id": "a", "action_type": "terraces"}], list(ground))
    towns = gpd.GeoDataFrame({"code": ["1"]}, geometry=[ground.iloc[0].buffer(0.01)], crs=4326)
    seen = adaptation.ResidualMap(hazard, adaptation.faces(table, ground, towns), effects.factors())
    central, best = seen.read(grid.window)
    # 10 rows; of the columns 5 … 10 the last has its centre beyond 629,104.
    expected = np.zeros(grid.shape, bool)
    expected[5:15, 5:10] = True
    assert ((central < 5) == expected).all()
    assert (best <= central).all()
    parts = [seen.read(w)[0] for w in grid.blocks(60)]
    assert (np.vstack(parts) == central).all()
