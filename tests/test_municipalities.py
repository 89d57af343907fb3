"""Municipalities: by-hand examples first, then laws, then what went wrong elsewhere."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from envgis import locale
from envgis.faults import Fault, Place, errors
from envgis.grid import Grid
from envgis.ledger import OUTSIDE
from envgis.sources import municipalities
from envgis.workspace import Municipalities

GTM = "ESRI:103598"
AT = Place("m.gpkg")


def layer(*boxes: tuple[float, float, float, float], codes: list[str] | None = None, crs: str = GTM) -> gpd.GeoDataFrame:
    codes = codes or [f"{i:04}" for i in range(1, len(boxes) + 1)]
    return gpd.GeoDataFrame({"code": codes, "name": [f"M{c}" for c in codes]}, geometry=[shapely.box(*b) for b in boxes], crs=crs)


def read(folder: Path, table: gpd.GeoDataFrame, suffix: str = "gpkg", **settings: object) -> tuple[gpd.GeoDataFrame | None, list[Fault]]:
    table.to_file(folder / f"m.{suffix}")
    out, faults = municipalities.read(Municipalities(path=f"m.{suffix}", **settings), folder, False)  # type: ignore[arg-type]
    for fault in faults:
        for language in locale.LANGUAGES:
            told = locale.explain(fault, language)
            assert "{" not in told.what + told.cause + told.remedy
    return out, faults


# By hand


def test_two_squares_that_overlap(tmp_path: Path) -> None:
    """Two squares of 1 km; the second reaches 100 m into the first: 10 ha, a tenth of each."""
    drawn = layer((360000, 1650000, 361000, 1651000), (360900, 1650000, 361900, 1651000))
    out, faults = read(tmp_path, drawn)
    assert out is None
    assert [(f.code, f.severity) for f in faults] == [("municipality-overlap", "error")]
    assert faults[0].values["area"] == pytest.approx(10, rel=1e-3)
    assert faults[0].values["share"] == pytest.approx(0.1, rel=1e-5)
    assert "0001 y 0002 se traslapan en 10.0 ha (10.0% del menor); el traslape se le deja a 0001" in locale.explain(faults[0], "es").what

    out, faults = read(tmp_path, drawn, overlaps="lower_code")
    assert out is not None
    assert [(f.code, f.severity) for f in faults] == [("municipality-overlap", "warning")]
    assert list(out["area_ha"]) == pytest.approx([100, 90], rel=1e-3)
    assert out.geometry[0].intersection(out.geometry[1]).area == pytest.approx(0, abs=1e-15)


def test_a_small_overlap_is_cut_and_told(tmp_path: Path) -> None:
    out, faults = read(tmp_path, layer((360000, 1650000, 361000, 1651000), (360999.5, 1650000, 362000, 1651000)))
    assert out is not None
    assert [(f.code, f.severity) for f in faults] == [("municipality-overlap", "warning")]
    assert faults[0].values["area"] == pytest.approx(0.05, rel=1e-2)


def test_three_overlapping_leave_the_land_to_the_lowest(tmp_path: Path) -> None:
    drawn = layer((0, 0, 3000, 1000), (1000, 0, 4000, 1000), (2000, 0, 5000, 1000), codes=["0303", "0101", "0202"])
    drawn = drawn.set_geometry(drawn.translate(360000, 1650000))
    out, _ = read(tmp_path, drawn, overlaps="lower_code")
    assert out is not None
    assert list(out["code"]) == ["0101", "0202", "0303"]
    assert list(out["area_ha"]) == pytest.approx([300, 100, 100], rel=1e-3)


def test_bow_tie_is_rebuilt_by_the_stated_rule(tmp_path: Path) -> None:
    tie = shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])  # two triangles of 25 ha; the signed area is 0
    drawn = gpd.GeoDataFrame({"code": ["0101"], "name": ["M"]}, geometry=[shapely.affinity.translate(tie, 360000, 1650000)], crs=GTM)
    out, faults = read(tmp_path, drawn)
    assert out is not None and out.geometry.is_valid.all()
    assert out["area_ha"][0] == pytest.approx(50, rel=1e-3)
    assert [(f.code, f.severity) for f in faults] == [("municipality-repaired", "warning")]
    assert faults[0].values["after"] == pytest.approx(50, rel=1e-3)
    assert faults[0].found.startswith("Self-intersection")


def test_empty_and_null_are_told_and_stop_only_where_they_are_selected(tmp_path: Path) -> None:
    drawn = gpd.GeoDataFrame(
        {"code": ["0101", "0102", "0103"], "name": ["A", "B", "C"]},
        geometry=[shapely.box(-91, 14, -90.9, 14.1), shapely.Polygon(), None],
        crs=4326,
    )
    out, faults = read(tmp_path, drawn)
    assert out is not None and list(out["code"]) == ["0101"]
    assert [(f.code, f.values["code"], f.severity) for f in faults] == [
        ("municipality-empty", "0102", "warning"),
        ("municipality-empty", "0103", "warning"),
    ]
    out, faults = read(tmp_path, drawn, select=["0102"])
    assert out is None
    assert [(f.values["code"], f.severity) for f in faults] == [("0102", "error"), ("0103", "warning")]


def test_duplicate_polygon_is_an_overlap_of_all_and_leaves_nothing(tmp_path: Path) -> None:
    box = (360000, 1650000, 361000, 1651000)
    out, faults = read(tmp_path, layer(box, box), overlaps="lower_code")
    assert out is None
    assert [(f.code, f.severity) for f in faults] == [("municipality-overlap", "warning"), ("municipality-covered", "error")]
    assert faults[0].values["share"] == pytest.approx(1)


# Codes and columns


def test_duplicate_codes_name_their_rows(tmp_path: Path) -> None:
    out, faults = read(tmp_path, layer((0, 0, 1, 1), (2, 0, 3, 1), (4, 0, 5, 1), codes=["0101", "0102", "0101"]))
    assert out is None
    assert [(f.code, f.found, f.values["rows"]) for f in faults] == [("municipality-code-twice", "0101", ["1", "3"])]
    out, _ = read(tmp_path, layer((0, 0, 1, 1), (2, 0, 3, 1), (4, 0, 5, 1), codes=["LAGO", "0102", "LAGO"]), exclude=["LAGO"])
    assert out is not None and list(out["code"]) == ["0102"]


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "shp"])
def test_code_0114_read_as_114(tmp_path: Path, suffix: str) -> None:
    drawn = layer((-90.7, 14.4, -90.6, 14.5), (-91.8, 14.9, -91.7, 15), crs="EPSG:4326").assign(code=[114, 1201])
    out, faults = read(tmp_path, drawn, suffix)
    assert out is None
    assert [f.code for f in faults] == ["municipality-code-number"]
    assert "el código 0114 se lee 114" in locale.explain(faults[0], "es").what
    assert "code 0114 reads as 114" in locale.explain(faults[0], "en").what
    assert "code_digits = 4" in locale.explain(faults[0], "es").remedy
    out, faults = read(tmp_path, drawn, suffix, code_digits=4, select=["0114"])
    assert out is not None and not faults
    assert list(out["code"]) == ["0114", "1201"]


def test_selected_code_without_its_zero_suggests_the_right_one(tmp_path: Path) -> None:
    drawn = layer((0, 0, 1, 1), (2, 0, 3, 1), codes=["0114", "1201"])
    _, faults = read(tmp_path, drawn, select=["114"], exclude=["GT0700"])
    assert [(f.code, f.found) for f in faults] == [("municipality-not-in-layer", "114"), ("municipality-not-in-layer", "GT0700")]
    assert faults[0].values["near"] == ["0114"]
    _, faults = read(tmp_path, drawn, select=["0114"], exclude=["0114"])
    assert [f.code for f in faults] == ["municipality-excluded"]


def test_missing_columns_suggest_near_ones_both_at_once(tmp_path: Path) -> None:
    drawn = layer((0, 0, 1, 1)).rename(columns={"code": "cod_mun", "name": "nombre_mun"})
    _, faults = read(tmp_path, drawn, code="cod_muni", name="nombre")
    assert [f.code for f in faults] == ["municipality-column-missing"] * 2
    assert [f.values["near"][0] for f in faults] == ["cod_mun", "nombre_mun"]  # type: ignore[index]


def test_empty_code_and_empty_name(tmp_path: Path) -> None:
    drawn = layer((0, 0, 1, 1), (2, 0, 3, 1)).assign(code=["0101", None])
    _, faults = read(tmp_path, drawn)
    assert [(f.code, f.at.row) for f in faults] == [("municipality-code-empty", 2)]
    out, _ = read(tmp_path, layer((0, 0, 1, 1)).assign(name=[None]))
    assert out is not None and out["name"][0] == "0001"


def test_points_are_no_municipalities(tmp_path: Path) -> None:
    drawn = layer((0, 0, 1, 1)).set_geometry([shapely.Point(1, 1)], crs=GTM)
    _, faults = read(tmp_path, drawn)
    assert [(f.code, f.found) for f in faults] == [("municipality-not-polygon", "Point")]


@pytest.mark.parametrize("name", ['Sán "José"', "</script>", "${x}", "=1+1", "NA"])
def test_odd_names(tmp_path: Path, name: str) -> None:
    out, _ = read(tmp_path, layer((0, 0, 1, 1)).assign(name=[name]))
    assert out is not None and out["name"][0] == name


def test_missing_and_outside_files(tmp_path: Path) -> None:
    layer((0, 0, 1, 1)).to_file(tmp_path / "limites.gpkg")
    _, faults = municipalities.read(Municipalities(path="limite.gpkg"), tmp_path, False)
    assert [f.code for f in faults] == ["path-missing"]
    assert "¿Quiso decir «limites.gpkg»?" in locale.explain(faults[0], "es").remedy
    (tmp_path / "w").mkdir()
    _, faults = municipalities.read(Municipalities(path="../limites.gpkg"), tmp_path / "w", False)
    assert [f.code for f in faults] == ["path-outside"]
    out, _ = municipalities.read(Municipalities(path="../limites.gpkg"), tmp_path / "w", True)
    assert out is not None


# Laws


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 20)] * 2, *[st.integers(1, 8)] * 2), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_cleaned_areas_add_up_to_the_union_in_any_order(corners: list[tuple[int, int, int, int]], rng: object) -> None:
    boxes = [(360000 + 100 * x, 1650000 + 100 * y, 360000 + 100 * (x + w), 1650000 + 100 * (y + h)) for x, y, w, h in corners]
    drawn = layer(*boxes)
    out, _ = municipalities.clean(drawn, AT, "lower_code")
    order = list(range(len(drawn)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    again, _ = municipalities.clean(drawn.iloc[order], AT, "lower_code")
    assert shapely.to_wkb(out.geometry.values).tolist() == shapely.to_wkb(again.geometry.values).tolist()
    union, _ = municipalities.clean(gpd.GeoDataFrame({"code": ["1"], "name": ["u"]}, geometry=[drawn.union_all()], crs=GTM), AT)
    assert out["area_ha"].sum() == pytest.approx(union["area_ha"].sum(), rel=1e-6)


@pytest.mark.parametrize("crs", [GTM, "EPSG:32615", "EPSG:32616", "EPSG:3857", "EPSG:6933", "EPSG:5070"])
def test_straight_edges_stay_within_a_tenth_of_a_metre(crs: str) -> None:
    """An edge of some 60 km, followed in the layer's own CRS; the way back must lie on it."""
    to_own = Transformer.from_crs(4326, crs, always_xy=True)
    a, b, c = (to_own.transform(*p) for p in ((-91.8, 14.4), (-91.3, 14.7), (-91.8, 14.9)))
    triangle = shapely.Polygon([a, b, c])
    own = CRS.from_user_input(crs)
    moved = municipalities.project(np.array([triangle], object), own, Transformer.from_crs(own, 4326, always_xy=True))[0]
    fine = shapely.segmentize(moved, 1e-4)
    back = np.column_stack(to_own.transform(*shapely.get_coordinates(fine).T))
    off = shapely.distance(triangle.exterior, shapely.points(back)).max()
    assert off < 0.1
    assert off < 0.02 or crs == "EPSG:5070"


def test_neighbours_keep_sharing_their_edges_to_the_bit() -> None:
    rng = np.random.default_rng(1)
    x, y = 360000 + 20000 * rng.random(30), 1650000 + 20000 * rng.random(30)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(np.column_stack([x, y]))))
    drawn = gpd.GeoDataFrame({"code": [f"{i:04}" for i in range(len(cells))], "name": "m"}, geometry=cells, crs=GTM)
    # One turned the other way round: direction must not matter.
    drawn.loc[::2, "geometry"] = drawn.geometry[::2].reverse()
    out, _ = municipalities.clean(drawn, AT)

    def edges(polygon: shapely.Polygon) -> set[frozenset[tuple[float, float]]]:
        points = list(polygon.exterior.coords)
        return {frozenset(pair) for pair in pairwise(points)}

    counts: dict[frozenset[tuple[float, float]], int] = {}
    for polygon in out.geometry:
        for edge in edges(polygon):
            counts[edge] = counts.get(edge, 0) + 1
    hull = edges(shapely.coverage_union_all(out.geometry.values))
    assert len(counts) > 3 * len(cells)
    assert {edge for edge, n in counts.items() if n == 1} == hull


def test_areas_are_true() -> None:
    """A square of one degree: its edges follow the parallels, so a cylindrical equal-area projection gives its area exactly."""
    square = shapely.box(-91, 14, -90, 15)
    out, _ = municipalities.clean(gpd.GeoDataFrame({"code": ["1"], "name": ["m"]}, geometry=[square], crs=4326), AT)
    west, south, east, north = Transformer.from_crs(4326, "+proj=cea +ellps=WGS84", always_xy=True).transform_bounds(*square.bounds)
    assert out["area_ha"][0] == pytest.approx((east - west) * (north - south) / 1e4, rel=1e-7)
    holed = square - shapely.box(-90.6, 14.4, -90.4, 14.6)
    assert municipalities.geodesic_ha(np.array([holed, shapely.Polygon()], object))[1] == 0
    assert municipalities.geodesic_ha(np.array([holed], object))[0] == pytest.approx(out["area_ha"][0] * 0.96, rel=1e-3)
    assert math.isclose(municipalities.geodesic_ha(np.array([holed.reverse()], object))[0], municipalities.geodesic_ha(np.array([holed], object))[0])


def test_a_border_along_a_parallel_is_that_parallel() -> None:
    """Straight in degrees, as it is counted: Petén's north border is not the geodesic, which runs some hundred metres beside it."""
    box = np.array([shapely.box(-91.0, 17.0, -89.0, 17.8)], object)
    cell = Grid(CRS.from_epsg(4326), -91.0, 17.8, 2.0, 0.8, 1, 1)
    assert municipalities.geodesic_ha(box)[0] == pytest.approx(cell.areas.mm2.item() / 1e10, rel=1e-6)


def test_an_unknown_datum_is_told() -> None:
    wkt = 'PROJCS["x",GEOGCS["x",DATUM["D_Unknown_Local",SPHEROID["Everest_1830",6377299.36,300.8017]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000],PARAMETER["False_Northing",0],PARAMETER["Central_Meridian",-90.5],PARAMETER["Scale_Factor",0.9998],PARAMETER["Latitude_Of_Origin",0],UNIT["Meter",1]]'  # noqa: E501
    _, faults = municipalities.clean(layer((360000, 1650000, 361000, 1651000), crs=wkt), AT)
    assert [(f.code, f.severity) for f in faults] == [("crs-datum-unknown", "warning")]


def test_selection() -> None:
    out, _ = municipalities.clean(layer((0, 0, 1, 1), (2, 0, 3, 1), codes=["1201", "0114"]), AT)
    assert municipalities.selected(Municipalities(path="x"), out) == ["0114", "1201"]
    assert municipalities.selected(Municipalities(path="x", select=["1201"]), out) == ["1201"]


def test_a_ring_that_crosses_itself_has_the_area_of_what_was_drawn() -> None:
    """Found by hand: the two wings of a bow-tie run opposite ways and cancel; cutting its edges had repaired it unseen."""
    wings = shapely.Polygon([(-91.80, 14.95), (-91.79, 14.96), (-91.79, 14.95), (-91.80, 14.96), (-91.80, 14.95)])
    drawn, repaired = municipalities.geodesic_ha(np.array([wings, shapely.make_valid(wings)], dtype=object))
    assert drawn == pytest.approx(0, abs=0.1)
    assert repaired == pytest.approx(59.5, rel=0.01)


@pytest.mark.parametrize("gone", ["excluded", "without polygons"])
def test_a_workspace_without_any_municipality_is_refused(tmp_path: Path, gone: str) -> None:
    """Found by a crash: the share of no area with data."""
    drawn = layer((360000, 1650000, 361000, 1651000), (361000, 1650000, 362000, 1651000))
    if gone == "excluded":
        out, faults = read(tmp_path, drawn, exclude=["0001", "0002"])
    else:
        out, faults = read(tmp_path, drawn.set_geometry([shapely.Polygon(), None], crs=GTM))
    assert out is None
    (stop,) = errors(faults)
    assert stop.code == "municipality-none-left"
    assert "m.gpkg" in locale.explain(stop, "es").what and "exclude" in locale.explain(stop, "en").remedy


def test_no_municipality_may_be_called_as_the_land_outside_is(tmp_path: Path) -> None:
    """Found by hand: 10,238 ha where there were 2,976; what lies outside was added to it."""
    drawn = layer((360000, 1650000, 361000, 1651000), (361000, 1650000, 362000, 1651000), codes=["outside", "0101"])
    out, (fault,) = read(tmp_path, drawn)
    assert out is None and (fault.code, fault.found) == ("municipality-code-reserved", OUTSIDE)
    assert "código «outside»" in locale.explain(fault, "es").what
    out, _ = read(tmp_path, drawn, exclude=["outside"])
    assert out is not None and list(out["code"]) == ["0101"]


def test_a_municipality_wholly_under_others_crashes_nothing() -> None:
    """Found by a crash: shapely 2.2 now and then dies rebuilding an empty polygon beside multipolygons from its arrays."""
    code = """
import geopandas as gpd, shapely
from envgis.faults import Place
from envgis.sources import municipalities
pair = shapely.MultiPolygon([shapely.box(0, 0, 900, 900), shapely.box(2000, 0, 2900, 900)])
shapes = [shapely.affinity.translate(s, 360000, 1650000) for s in (pair, shapely.box(100, 100, 200, 200), shapely.box(3000, 0, 3100, 100))]
drawn = gpd.GeoDataFrame({"code": ["1", "2", "3"], "name": list("abc")}, geometry=shapes, crs="ESRI:103598")
for _ in range(1500):
    out, _ = municipalities.clean(drawn, Place("m"), "lower_code")
assert shapely.is_empty(out.geometry.values).tolist() == [False, True, False]
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
