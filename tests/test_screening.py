"""Project sites: what the maps show of them, by hand and by brute force, and every rule of data/screening.csv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pandas.testing import assert_frame_equal
from pyproj import CRS, Transformer

from envgis.grid import ArrayLayer, Grid
from envgis.landuse import LandUse
from envgis.levels import HIGH, Hazard, HazardKey, HazardMap, class_map
from envgis.locale import LANGUAGES, sentence
from envgis.planning import azimuthal, screening, sight
from envgis.sources.landuse import from_raster

UTM = CRS.from_epsg(32615)
WEST, NORTH = 630_000.0, 1_655_000.0
TITLES = {"landslide": {"es": "Deslizamientos", "en": "Landslides"}, "flood": {"es": "Inundación", "en": "Flood"}}
LEGEND = pd.DataFrame(
    {"value": ["10", "20"], "code": ["10", "20"], "name_es": ["Bosque", "Cultivos"], "name_en": ["Forest", "Crops"], "color": "#000000"}
)


def grid(rows: int, columns: int, cell: float = 10.0) -> Grid:
    return Grid(UTM, WEST, NORTH, cell, cell, rows, columns)


def one_map(levels: Any, name: str = "landslide", scenario: str = "present", years: float | None = None, home: Grid | None = None) -> HazardMap:
    values = np.asarray(levels, np.uint8)
    hazard = Hazard(HazardKey(name, scenario, years), name, "susceptibility", "levels", None, TITLES[name])
    return class_map(hazard, home or grid(*values.shape), values)


def maps(*some: HazardMap) -> dict[HazardKey, HazardMap]:
    return {m.key: m for m in some}


def sites(*shapes: shapely.Geometry, crs: CRS = UTM) -> gpd.GeoDataFrame:
    """Sites from shapes in metres."""
    names = [f"S{i}" for i in range(len(shapes))]
    geometry = gpd.GeoSeries(list(shapes), crs=crs).to_crs(4326)
    return gpd.GeoDataFrame({"site_id": names, "name": None, "municipality_code": "1201"}, geometry=geometry)


def cells(a: float, b: float, c: float, d: float) -> shapely.Polygon:
    """A rectangle in cells of 10 m: columns a … c, rows b … d."""
    return shapely.box(WEST + 10 * a, NORTH - 10 * d, WEST + 10 * c, NORTH - 10 * b)


def point(column: float, row: float) -> shapely.Point:
    return shapely.Point(WEST + 10 * column, NORTH - 10 * row)


def landuse(values: NDArray[np.uint8]) -> LandUse:
    """Forest where a cell is 10, crops where it is 20, on the lattice of `grid`."""
    return from_raster(ArrayLayer(grid(*values.shape), values, 255), LEGEND)


# By hand
#
#     0 1 2 3 4 5 6 7 8 9      columns of 10 m
#   0 1 1 1 1 1 1 1 1 1 1
#   1 1 1 2 2 1 1 1 1 4 1      S0: columns 2 … 5, rows 0 … 3 (nine cells, one without data), forest but for one cell
#   2 1 1 3 . 1 1 1 1 5 1      "." no data
#   3 1 1 1 1 1 1 1 1 1 1      the nearest high cell begins at column 8: 30 m from the polygon's edge
LEVELS = np.ones((4, 10), np.uint8)
LEVELS[1, [2, 3, 8]] = 2, 2, 4
LEVELS[2, [2, 3, 8]] = 3, 255, 5
USE = np.full((4, 10), 10, np.uint8)
USE[2, 2] = 20


def test_every_column_by_hand() -> None:
    places = sites(cells(2, 0, 5, 3), cells(7.5, 1, 8.5, 2))
    actions = gpd.GeoSeries([point(110, 2), point(-90, 2), point(105.5, 2)], crs=UTM).to_crs(4326)
    found = screening.screen(places, maps(one_map(LEVELS)), landuse(USE), actions, language="en")
    assert list(found.sites) == ["site_id", "name", "municipality_code", "decision", "decided_by", "reason", "actions_within_1km"]
    assert list(found.site_hazards) == [
        "site_id", "hazard", "scenario", "return_period",
        "level_at_point", "max_level", "high_share", "no_data_share", "distance_to_high_m", "landuse",
    ]  # fmt: skip
    first, second = found.site_hazards.to_dict("records")
    assert (first["site_id"], first["hazard"], first["scenario"]) == ("S0", "landslide", "present") and pd.isna(first["return_period"])
    assert (first["level_at_point"], first["max_level"], first["high_share"], first["landuse"]) == (2, 3, 0.0, "Forest")
    assert first["no_data_share"] == pytest.approx(1 / 9, abs=1e-4)
    assert first["distance_to_high_m"] == pytest.approx(30 / 0.9998, rel=1e-3)
    assert (second["max_level"], second["distance_to_high_m"], second["no_data_share"]) == (4, 0.0, 0.0)
    assert second["high_share"] == pytest.approx(0.5, abs=1e-3)
    # One action lies 1,050 m from the first site's edge and 1,015 from the second's, one 920 and 975, one 1,005 and 970.
    assert list(found.sites["actions_within_1km"]) == [1, 2]
    assert list(found.sites["decision"]) == ["not_enough_data", "avoid"]
    assert list(found.sites["decided_by"]) == ["landslide|present||no_data_share", "landslide|present||high_share"]
    assert found.sites["reason"][0].startswith("11.1% of the ground has no data on landslides, at present")
    assert found.sites["reason"][0].endswith("Screened: landslides only.")


def test_the_highest_level_needs_a_hundredth_of_the_ground() -> None:
    levels = np.ones((30, 30), np.uint8)
    levels[5, 5], levels[0, 29] = 5, 5
    wide, narrow = cells(0, 0, 15, 10), cells(0, 0, 9, 10)
    found = screening.screen(sites(wide, narrow), maps(one_map(levels))).site_hazards
    assert list(found["max_level"]) == [1, 5]  # one cell of 150, one of 90
    assert (found["high_share"] > 0).all()


def test_a_point_is_a_disc_of_the_radius() -> None:
    levels = np.ones((40, 40), np.uint8)
    levels[:, 25:] = 4
    for radius in (20.0, 30.0, 60.0):
        (row,) = screening.screen(sites(point(20, 20)), maps(one_map(levels)), radius_m=radius).site_hazards.to_dict("records")
        metres = 50 / 0.9998
        assert row["level_at_point"] == 1
        if radius < metres:
            assert row["distance_to_high_m"] == pytest.approx(metres - radius, abs=0.1)
            assert row["high_share"] == 0
        else:
            angle = 2 * np.arccos(metres / radius)
            assert row["high_share"] == pytest.approx((angle - np.sin(angle)) / (2 * np.pi), abs=2e-3)
    (ground,) = screening.footprints(sites(point(20, 20)), 30.0).to_crs(UTM)
    assert len(ground.exterior.coords) == 65
    assert ground.area == pytest.approx(np.pi * 900 * 0.9998**2, rel=3e-3)


def test_a_site_beyond_every_layer_has_its_row() -> None:
    far = gpd.GeoSeries([shapely.Point(-98, 15)], crs=4326).to_crs(UTM)
    found = screening.screen(sites(point(9_000, 5), *far), maps(one_map(np.full((9, 9), 5))), language="en")
    rows = found.site_hazards
    assert rows[["level_at_point", "max_level", "distance_to_high_m", "landuse"]].isna().all(axis=None)
    assert list(rows["no_data_share"]) == [1.0, 1.0] and list(rows["high_share"]) == [0.0, 0.0]
    assert list(found.sites["decision"]) == ["not_enough_data"] * 2
    assert found.sites["reason"][0].startswith("None of the layers (landslide")


def test_ground_in_a_hole_of_the_layers_is_told_as_ground_outside_them() -> None:
    """Two maps: S0 lies in a hole of the wide one, beyond the small one; S1 astride the wide one's edge; S2 beyond both."""
    wide = np.full((60, 60), 1)
    wide[20:40, 20:60] = 255
    found = screening.screen(
        sites(cells(30, 30, 32, 32), cells(59, 30, 61, 32), cells(61, 30, 63, 32)), maps(one_map(wide), one_map(np.full((9, 9), 5), "flood"))
    )
    unseen = "Ninguna de las capas (deslizamientos e inundación) tiene datos en este terreno"
    assert [reason.split(":")[0] for reason in found.sites["reason"]] == [unseen] * 3
    assert list(found.sites["decision"]) == ["not_enough_data"] * 3
    assert list(found.sites["decided_by"]) == ["landslide|present||no_data_share"] * 3


def test_a_site_beyond_one_layer_only_is_told_which() -> None:
    shown = maps(one_map(np.full((60, 60), 1)), one_map(np.full((9, 9), 5), "flood"))
    reason = screening.screen(sites(cells(30, 2, 32, 4)), shown).sites["reason"][0]
    assert reason == "Inundación, hoy: sin datos aquí; no es lo mismo que seguro. Solo se examinó deslizamientos."


def test_only_what_has_data_counts_as_examined() -> None:
    """High landslides decide, and the flood map has nothing to say there: it was not examined."""
    high, clear, blank = np.full((40, 40), 5), np.ones((40, 40)), np.full((40, 40), 255)
    half = np.where(np.arange(40) < 15, 255, 1) * np.ones((40, 1))
    square = sites(cells(10, 10, 20, 20))

    def said(*shown: HazardMap) -> list[str]:
        found = screening.screen(square, maps(*shown))
        assert sentence(found.reasons[0], "es") == found.sites["reason"].item()
        return [sentence(found.reasons[0], language).split(". ", 1)[1] for language in LANGUAGES]

    slides = one_map(high)
    assert said(slides, one_map(blank, "flood")) == [
        "Solo se examinó deslizamientos. Inundación: sin datos aquí.",
        "Screened: landslides only. Flood: no data here.",
    ]
    assert said(slides, one_map(clear, "flood")) == ["Solo se examinaron deslizamientos e inundación.", "Screened: landslides and flood only."]
    for partly in ([one_map(half, "flood")], [one_map(clear, "flood"), one_map(blank, "flood", "2050")]):
        assert said(slides, *partly) == [
            "Solo se examinaron deslizamientos e inundación. Inundación: con datos solo en parte.",
            "Screened: landslides and flood only. Flood: data in part only.",
        ]
    # What the reason says of missing data is not said twice.
    assert said(one_map(clear), one_map(half, "flood")) == ["Solo se examinaron deslizamientos e inundación.", "Screened: landslides and flood only."]


def test_a_site_just_beyond_the_raster_knows_what_is_near() -> None:
    """No data under it, and yet a high cell 200 m away."""
    (row,) = screening.screen(sites(cells(30, 2, 32, 4)), maps(one_map(np.full((9, 10), 5)))).site_hazards.to_dict("records")
    assert row["no_data_share"] == 1.0 and pd.isna(row["max_level"])
    assert row["distance_to_high_m"] == pytest.approx(200 / 0.9998, rel=1e-3)


def test_no_sites_and_no_maps() -> None:
    nobody = screening.screen(sites(), maps(one_map(LEVELS)))
    assert len(nobody.sites) == len(nobody.site_hazards) == 0
    assert list(nobody.site_hazards)[:3] == ["site_id", "hazard", "scenario"]
    nothing = screening.screen(sites(point(1, 1)), {})
    assert list(nothing.sites["decision"]) == ["not_enough_data"] and len(nothing.site_hazards) == 0


# The rules, in their order. A site is four cells of a map of 40 × 40; what a rule asks for is put where it asks for it.


def landscape(under: Sequence[int], beside: Mapping[int, int] | None = None) -> NDArray[np.uint8]:
    """Level 1, but for the site's own cells (columns and rows 10 … 20, by hundredths) and single cells of row 15."""
    levels = np.ones((40, 40), np.uint8)
    levels[10:20, 10:20].flat[: len(under)] = under
    for column, level in (beside or {}).items():
        levels[15, column] = level
    return levels


CLEAR = landscape([])
RULES = [
    ("avoid", "landslide|present||high_share", [one_map(landscape([4] * 10))]),
    ("avoid", "landslide|present|50|high_share", [one_map(CLEAR), one_map(landscape([4] * 11), years=50), one_map(landscape([4] * 10), years=10)]),
    ("caution", "landslide|present||high_share", [one_map(landscape([4] * 9))]),
    ("caution", "landslide|2050||high_share", [one_map(CLEAR), one_map(landscape([5] * 60), scenario="2050")]),
    ("not_enough_data", "landslide|present||no_data_share", [one_map(landscape([255]))]),
    ("not_enough_data", "landslide|2050||no_data_share", [one_map(CLEAR), one_map(landscape([255]), scenario="2050")]),
    ("avoid", "landslide|present||high_share", [one_map(landscape([255] + [4] * 10))]),
    ("not_enough_data", "", [one_map(CLEAR, scenario="2050")]),
    ("caution", "flood|2050||max_level", [one_map(CLEAR), one_map(landscape([3]), "flood", "2050")]),
    ("proceed", "", [one_map(landscape([2] * 50))]),
    ("proceed", "", [one_map(landscape([], {30: 4}))]),  # 100 m and a little
    ("caution", "landslide|present||distance_to_high_m", [one_map(landscape([], {29: 4}))]),
]


@pytest.mark.parametrize(("decision", "decided_by", "shown"), RULES)
def test_the_first_rule_that_holds_decides(decision: str, decided_by: str, shown: list[HazardMap]) -> None:
    found = screening.screen(sites(cells(10, 10, 20, 20)), maps(*shown))
    assert (found.sites["decision"].item(), found.sites["decided_by"].item()) == (decision, decided_by)
    for language in LANGUAGES:
        said = sentence(found.reasons[0], language)
        assert all(m.hazard.title[language].lower() in said for m in shown)
    assert sentence(found.reasons[0], "es") == found.sites["reason"].item()


def test_the_level_at_the_point_decides_where_the_share_is_small() -> None:
    """One cell of 144 is high, and it is the very one on which the point lies."""
    levels = np.ones((40, 40), np.uint8)
    levels[20, 20] = 4
    found = screening.screen(sites(point(20.5, 20.5)), maps(one_map(levels)), radius_m=60, language="en")
    assert found.site_hazards["high_share"].item() < 0.1
    assert found.sites["decided_by"].item() == "landslide|present||level_at_point"
    assert found.sites["reason"].item().startswith("The point is at level 4 for landslides, at present.")


def test_every_rule_of_the_table_was_tried() -> None:
    tried = {(decision, by.rsplit("|", 1)[-1]) for decision, by, _ in RULES} | {("avoid", "level_at_point"), ("not_enough_data", "level_at_point")}
    assert {(rule["decision"], rule["column"]) for rule in screening.rules()} <= tried


def test_of_several_maps_the_worst_is_named_and_of_equal_ones_the_first() -> None:
    some, more = landscape([4] * 30), landscape([5] * 70)
    shown = [one_map(some, years=10), one_map(more, years=50), one_map(more, years=100)]
    found = screening.screen(sites(cells(10, 10, 20, 20)), maps(*shown), language="en")
    assert found.sites["decided_by"].item() == "landslide|present|50|high_share"
    assert "70.0% of the ground" in found.sites["reason"].item() and "(50-year event)" in found.sites["reason"].item()
    near = [one_map(landscape([], {27: 4}), years=10), one_map(landscape([], {24: 4}), years=50)]
    assert screening.screen(sites(cells(10, 10, 20, 20)), maps(*near)).sites["decided_by"].item() == "landslide|present|50|distance_to_high_m"


# Against brute force


def brute(place: shapely.Geometry, ground: shapely.Geometry, hazard_map: HazardMap) -> float:
    """Metres to the nearest high cell: PROJ's own projection about the site, every high cell one by one."""
    west, south, east, north = ground.bounds
    plane = CRS.from_dict({"proj": "aeqd", "lat_0": (south + north) / 2, "lon_0": (west + east) / 2, "datum": "WGS84"})
    g = hazard_map.grid
    row, column = np.nonzero(np.isin(hazard_map.levels(g.window), HIGH))
    if not len(row):
        return np.nan
    x, y = g.x + column * g.dx, g.y - row * g.dy
    boxes = gpd.GeoSeries(shapely.box(x, y - g.dy, x + g.dx, y), crs=g.crs).to_crs(4326).to_crs(plane)
    metres = float(boxes.distance(gpd.GeoSeries([ground], crs=4326).to_crs(plane).item()).min())
    return metres if metres <= 1000 else np.nan


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["EPSG:32615", "EPSG:4326", "EPSG:3857", "ESRI:103598"]), st.integers(0, 3))
def test_distance_to_high_by_brute_force(seed: int, crs: str, kind: int) -> None:
    """Lonely high cells, points, wide and crooked polygons, in any CRS, with sites partly beyond the raster."""
    rng = np.random.default_rng(seed)
    there = Transformer.from_crs(UTM, crs, always_xy=True)
    x, y = there.transform(WEST, NORTH)
    cell = 25 / 111_000 if crs == "EPSG:4326" else 25.0
    home = Grid(CRS.from_user_input(crs), x, y, cell, cell * rng.uniform(0.5, 2), 60, 90)
    levels = np.where(rng.random(home.shape) < 10 ** -rng.uniform(1, 4), 4, 1).astype(np.uint8)
    west, south, east, north = gpd.GeoSeries(shapely.box(*home.bounds), crs=home.crs).to_crs(UTM).total_bounds
    middle = rng.uniform([west - 200, south - 200], [east + 200, north + 200], (5, 2))
    shapes = [shapely.Point(*m) for m in middle]
    if kind:
        shapes = [shapely.MultiPoint(m + rng.normal(0, 40 * kind, (6, 2))).convex_hull for m in middle]
    places = sites(*shapes)
    hazard_map = one_map(levels, home=home)
    found = screening.screen(places, maps(hazard_map)).site_hazards
    ground = screening.footprints(places, 30.0)
    for i, metres in enumerate(found["distance_to_high_m"].astype(float)):
        expected = 0.0 if found["high_share"][i] > 0 else brute(places.geometry[i], ground[i], hazard_map)
        assert metres == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_a_kilometre_is_one_on_the_ground_far_north() -> None:
    """In Web Mercator at 62° a kilometre is 2.1 km of map."""
    x, y = Transformer.from_crs(4326, 3857, always_xy=True).transform(10.0, 62.0)
    home = Grid(CRS.from_epsg(3857), x, y, 20.0, 20.0, 10, 200)
    levels = np.ones(home.shape, np.uint8)
    levels[:, 100] = 4
    place = gpd.GeoSeries([shapely.Point(x + 10, y - 100)], crs=3857).to_crs(UTM)
    found = screening.screen(sites(*place), maps(one_map(levels, home=home))).site_hazards
    assert float(found["distance_to_high_m"].item()) == pytest.approx(1990 * np.cos(np.radians(62)) - 30, rel=0.01)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_actions_near_by_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = sites(*(shapely.Point(*p) for p in rng.uniform([WEST, NORTH - 3000], [WEST + 3000, NORTH], (6, 2))))
    middles = rng.uniform([WEST - 900, NORTH - 4000], [WEST + 4000, NORTH + 900], (25, 2))
    shapes = [shapely.Point(*m).buffer(r) if r > 30 else shapely.Point(*m) for m, r in zip(middles, rng.uniform(0, 300, 25), strict=True)]
    actions = gpd.GeoSeries(shapes, crs=UTM)
    found = screening.screen(places, {}, actions=actions.to_crs(4326)).sites["actions_within_1km"]
    ground = screening.footprints(places, 30.0).to_crs(UTM)
    # UTM's scale is 0.9998 here; what is within half a metre of the line may fall on either side.
    metres = np.array([actions.distance(one) for one in ground]) / 0.9998
    assert ((metres <= 999.5).sum(axis=1) <= found).all() and (found <= (metres <= 1000.5).sum(axis=1)).all()


# Laws


def country(seed: int) -> tuple[gpd.GeoDataFrame, dict[HazardKey, HazardMap]]:
    rng = np.random.default_rng(seed)
    shape = (80, 90)
    coarse = rng.choice(np.array([0, 1, 1, 2, 2, 3, 4, 5, 255], np.uint8), (16, 18))
    first = np.kron(coarse, np.ones((5, 5), np.uint8))
    second = np.where(first == 255, 255, np.minimum(first + rng.integers(0, 2, shape), 5)).astype(np.uint8)
    other = Grid(UTM, WEST + 3, NORTH - 7, 25.0, 25.0, 40, 40)
    third = rng.choice(np.array([0, 1, 2, 5], np.uint8), other.shape, p=[0.5, 0.3, 0.15, 0.05])
    shown = maps(one_map(first), one_map(second, scenario="2050"), one_map(third, "flood", years=100, home=other))
    middle = rng.uniform([WEST - 50, NORTH - 850], [WEST + 950, NORTH + 50], (40, 2))
    shapes = [shapely.Point(*m) if i % 2 else shapely.MultiPoint(m + rng.normal(0, 30, (5, 2))).convex_hull for i, m in enumerate(middle)]
    return sites(*shapes), shown


def test_each_site_is_seen_as_if_it_were_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the company of others, nor their order, nor the squares in which they are taken together, change anything."""
    places, shown = country(1)
    together = screening.screen(places, shown)
    assert set(together.sites["decision"]) == {"avoid", "not_enough_data", "caution"}
    alone = [screening.screen(places.iloc[[i]], shown) for i in range(len(places))]
    assert_frame_equal(pd.concat([one.sites for one in alone], ignore_index=True), together.sites)
    assert_frame_equal(pd.concat([one.site_hazards for one in alone], ignore_index=True), together.site_hazards, rtol=1e-12)
    backwards = screening.screen(places.iloc[::-1], shown).sites
    assert_frame_equal(backwards.iloc[::-1].reset_index(drop=True), together.sites)
    monkeypatch.setattr(sight, "_SQUARE", 13)
    monkeypatch.setattr(sight, "_SITES", 3)
    monkeypatch.setattr(sight, "CELLS", 400)
    small = screening.screen(places, shown)
    assert_frame_equal(small.sites, together.sites)
    assert_frame_equal(small.site_hazards, together.site_hazards, rtol=1e-12)


def test_the_share_of_levels_is_the_grounds_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """High and no-data shares against shapely, cell by cell."""
    places, shown = country(2)
    found = screening.screen(places, shown).site_hazards
    ground = screening.footprints(places, 30.0).to_crs(UTM)
    for key, one in shown.items():
        years = found["return_period"].isna() if key.return_period is None else found["return_period"].eq(key.return_period).fillna(False)
        rows = found[(found["hazard"] == key.hazard) & (found["scenario"] == key.scenario) & years]
        g, level = one.grid, one.levels(one.grid.window)
        row, column = np.indices(g.shape).reshape(2, -1)
        x, y = g.x + column * g.dx, g.y - row * g.dy
        boxes = shapely.box(x, y - g.dy, x + g.dx, y)
        for shape, high, gone in zip(ground, rows["high_share"], rows["no_data_share"], strict=True):
            shares = shapely.area(shapely.intersection(boxes, shape)) / shape.area
            known = shares[level.ravel() != 255].sum()
            assert high == pytest.approx(shares[np.isin(level.ravel(), HIGH)].sum(), abs=1e-5)
            assert gone == pytest.approx(1 - known, abs=1e-5)


def test_the_land_use_is_the_class_with_the_largest_share() -> None:
    places, shown = country(3)
    use = np.random.default_rng(3).choice(np.array([10, 20, 255], np.uint8), (80, 90))
    first = next(iter(shown))
    found = screening.screen(places, {first: shown[first]}, landuse(use)).site_hazards["landuse"]
    assert {"Bosque", "Cultivos"} <= set(found.dropna())
    ground = screening.footprints(places, 30.0).to_crs(UTM)
    g, values = grid(80, 90), use.ravel()
    row, column = np.indices(g.shape).reshape(2, -1)
    boxes = shapely.box(g.x + column * 10, g.y - row * 10 - 10, g.x + column * 10 + 10, g.y - row * 10)
    for shape, name in zip(ground, found, strict=True):
        area = shapely.area(shapely.intersection(boxes, shape))
        forest, crops = area[values == 10].sum(), area[values == 20].sum()
        if abs(forest - crops) > 0.01:
            assert name == ("Bosque" if forest > crops else "Cultivos")


def test_a_map_more_can_only_make_the_answer_sterner() -> None:
    places, shown = country(4)
    order = ["proceed", "caution", "not_enough_data", "avoid"]
    first, *more = shown.values()
    few = screening.screen(places, maps(first)).sites["decision"].map(order.index)
    many = screening.screen(places, maps(first, *more)).sites["decision"].map(order.index)
    assert (many >= few).all() and (many > few).any()


def test_planes_are_those_of_proj() -> None:
    rng = np.random.default_rng(7)
    for lon, lat in ((-91.8, 14.9), (0.0, 0.0), (25.0, 70.0), (179.0, -45.0)):
        plane = Transformer.from_crs(4326, CRS.from_dict({"proj": "aeqd", "lat_0": lat, "lon_0": lon, "datum": "WGS84"}), always_xy=True)
        xy = np.array([lon, lat]) + rng.uniform(-0.3, 0.3, (20, 2))
        about = azimuthal.Middles(np.full(20, lon), np.full(20, lat))
        moved = shapely.get_coordinates(azimuthal.flat(shapely.points(xy), about))
        assert np.allclose(moved, np.column_stack(plane.transform(xy[:, 0], xy[:, 1])), atol=1e-6)
