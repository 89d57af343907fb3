"""The whole job on a small workspace: the same bits however it is carried out, and rows that add up."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import psutil
import pytest
import rasterio.features
import shapely
from affine import Affine
from pandas.testing import assert_frame_equal
from workspaces import LEGEND, UTM, Country, Raster, country, fingerprint, geoshape, write

from envgis import ledger, pipeline
from envgis.assessment import Assessment
from envgis.faults import BadInput
from envgis.grid import Grid
from envgis.levels import Hazard, HazardKey, class_map
from envgis.locale import sentence
from envgis.pipeline import Plan
from envgis.sources import file_layer, inputs, workspace_file
from envgis.workspace import Workspace

BY_MAP = ["hazard", "scenario", "return_period"]
Read = tuple[Workspace, inputs.Inputs]
PEOPLE = ["population", "high_population", "gap_population"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("country"), country())


@pytest.fixture(scope="module")
def found(folder: Path) -> Assessment:
    return pipeline.assess(folder)


@pytest.fixture(scope="module")
def read(folder: Path) -> Read:
    table = workspace_file.read_workspace(folder)
    return table, inputs.gather(table, folder)[0]


@pytest.fixture
def assess(tmp_path: Path) -> Callable[..., Assessment]:
    """The assessment of a country that differs in some fields."""

    def of(**changes: object) -> Assessment:
        return pipeline.assess(write(tmp_path / "changed", dataclasses.replace(country(), **changes)))

    return of


def sums(table: pd.DataFrame, by: list[str], values: list[str]) -> pd.DataFrame:
    return table.groupby(by, dropna=False)[values].sum()


# Same inputs, same bits (for any blocks, threads and workers: test_dask.py)


def test_tiles_change_no_bit(tmp_path: Path, found: Assessment) -> None:
    """Every raster cut where it happens to be cut, the pieces named in any order; two pieces share some rows."""
    rng = np.random.default_rng(5)
    tiles: dict[str, list[str]] = {}
    made = country()
    rasters = {f"landslide_{s}.tif": r for s, r in made.landslide.items()} | {f"depth_{s}_{t:g}.tif": r for (s, t), r in made.depth.items()}
    assert isinstance(made.landuse, Raster) and made.population is not None
    for name, one in {**rasters, "landuse.tif": made.landuse, "population.tif": made.population}.items():
        rows, columns = one.values.shape
        r, c = int(rng.integers(1, rows)), int(rng.integers(1, columns))
        shared = min(rows, r + 3)
        parts = [one.part(slice(0, shared), slice(0, c)), one.part(slice(r, rows), slice(0, c)), one.part(slice(0, rows), slice(c, columns))]
        tiles[name] = [f"{i}_{name}" for i in rng.permutation(len(parts))]
        for i, part in enumerate(parts):
            part.write(tmp_path / f"{i}_{name}")
    assert fingerprint(pipeline.assess(write(tmp_path, made, tiles=tiles))) == fingerprint(found)


def test_south_up_rasters_change_no_bit(tmp_path: Path, found: Assessment) -> None:
    made = country()
    write(tmp_path, made)
    made.landslide["present"].write(tmp_path / "landslide_present.tif", south_up=True)
    made.depth["present", 100.0].write(tmp_path / "depth_present_100.tif", south_up=True)
    made.landuse.write(tmp_path / "landuse.tif", south_up=True)
    made.population.write(tmp_path / "population.tif", south_up=True)
    assert fingerprint(pipeline.assess(tmp_path)) == fingerprint(found)


def test_the_order_of_municipalities_in_their_file_changes_no_bit(found: Assessment, assess: Callable[..., Assessment]) -> None:
    assert fingerprint(assess(municipalities=country().municipalities.iloc[[2, 0, 1]])) == fingerprint(found)


def test_the_order_of_reports_in_their_file_changes_no_bit_of_the_ledger(found: Assessment, assess: Callable[..., Assessment]) -> None:
    assert_frame_equal(assess(actions=country().actions.iloc[::-1]).ledger, found.ledger)


def test_a_wider_raster_changes_no_bit(found: Assessment, assess: Callable[..., Assessment]) -> None:
    """Cells and their areas go by the lattice and the municipalities, not by where a file happens to begin."""
    wider = {scenario: one.padded(211, 97) for scenario, one in country().landslide.items()}
    again = assess(landslide=wider)
    assert next(iter(again.maps.values())).layer.grid.shape != next(iter(found.maps.values())).layer.grid.shape
    assert_frame_equal(again.ledger, found.ledger)


# What adds up


def test_levels_and_no_data_are_the_municipality(found: Assessment) -> None:
    table = found.tables["hazard_levels"]
    assert (table.groupby(["municipality_code", *BY_MAP], dropna=False).size() == 7).all()
    assert np.allclose(sums(table, ["municipality_code", *BY_MAP], ["area_share"])["area_share"], 1, rtol=0, atol=1e-12)
    # Printed areas are geodesic; every lattice's total is the same to 0.1 % (and in fact to 1e-5).
    geodesic = found.municipalities.set_index("code")["area_ha"]
    total = sums(table, ["municipality_code", *BY_MAP], ["area_ha"])["area_ha"].reset_index("municipality_code")
    assert np.allclose(total["area_ha"], geodesic.loc[total["municipality_code"]], rtol=2e-5, atol=0)


def test_land_use_and_no_data_are_the_municipality(found: Assessment) -> None:
    by = ["municipality_code", *BY_MAP, "level"]
    by_use = sums(found.tables["landuse_hazard"], by, ["area_ha", "population"])
    by_level = found.tables["hazard_levels"].set_index(by)[["area_ha", "population"]]
    assert "no_data" in set(found.tables["landuse_hazard"]["landuse_code"])
    assert_frame_equal(by_use.sort_index(), by_level.sort_index(), check_dtype=False, rtol=1e-12)


def test_municipalities_and_outside_are_the_whole_grid(read: Read, found: Assessment) -> None:
    lattices = pipeline.by_lattice(read[1].maps.values())
    assert len(lattices) == 2
    counted = found.ledger.groupby(["hazard", "scenario", "return_period"], dropna=False)["area_mm2"].sum()
    for grid, maps in lattices:
        whole = int(grid.areas.array(grid.window).sum())
        for one in maps:
            years = counted.xs((one.key.hazard, one.key.scenario), level=[0, 1])
            assert (years.item() if one.key.return_period is None else years[one.key.return_period]) == whole
    outside = found.ledger[found.ledger["municipality"] == ledger.OUTSIDE]
    assert len(outside) and (outside["face"] == "").all()


def test_people_are_all_there_on_every_map(found: Assessment) -> None:
    people = country().population
    assert people is not None
    everybody = int(np.floor(people.values.astype(np.float64) * 1e6 + 0.5).sum())
    assert set(sums(found.ledger, BY_MAP, ["people_micro"])["people_micro"]) == {everybody}
    assert found.tables["hazard_levels"]["population"].sum() > 0


def test_the_tables_are_views_of_the_ledger(found: Assessment) -> None:
    by = ["municipality", *BY_MAP]
    rows = found.ledger[found.ledger["municipality"] != ledger.OUTSIDE].fillna({"return_period": 0})
    table = found.tables["adaptation"].drop(columns="municipality").rename(columns={"municipality_code": "municipality"})
    table = table.fillna({"return_period": 0}).set_index(by).sort_index()
    high = rows[rows["level"].isin([4, 5])]
    expected = sums(high, by, ["area_mm2", "people_micro"])
    assert np.allclose(table["high_area_ha"], expected["area_mm2"] / 1e10, rtol=1e-15)
    assert np.allclose(table["high_population"].astype(float), expected["people_micro"] / 1e6, rtol=1e-15)
    assert np.allclose(table["gap_area_ha"], table["high_area_ha"] - table["high_action_ha"], rtol=1e-12)
    under_any = sums(high[high["face"] != ""], by, ["area_mm2"])["area_mm2"].reindex(table.index, fill_value=0) / 1e10
    assert np.allclose(table["high_any_action_ha"], under_any, rtol=1e-15) and under_any.max() > 1


# What actions do


def test_residual_levels_never_rise_and_depth_falls_by_its_own_effect(found: Assessment) -> None:
    rows = found.ledger
    known = rows[rows["level"] != 255]
    assert (known["level_best"] <= known["level_central"]).all()
    assert (known["level_central"] <= known["level_worst"]).all()
    assert (known["level_worst"] <= known["level"]).all()
    gone = rows[rows["level"] == 255]
    assert (gone[["level_best", "level_central", "level_worst"]] == 255).all(axis=None)
    bare = rows[rows["face"] == ""]
    assert all((bare["level"] == bare[f"level_{case}"]).all() for case in ("best", "central", "worst"))
    # Wetlands halve depths (A01, A07, A10, A13 …); trees have an effect on landslides that is not one on depth.
    lowered = known[known["level_central"] < known["level"]]
    assert set(lowered["hazard"]) == {"flood"}
    wetlands = {f"A{i:02}" for i in range(1, 15, 3)}
    assert all(wetlands & set(face.split("|")) for face in lowered["face"])
    assert "landslide" in set(known[known["level_best"] < known["level"]]["hazard"])


def test_planned_and_stopped_actions_are_counted_but_have_no_face(found: Assessment) -> None:
    assert found.tables["actions"]["count"].sum() == 15
    faces = {name for face in found.ledger["face"] for name in face.split("|")}
    assert {"A04", "A09"}.isdisjoint(faces)
    assert any("|" in face for face in found.ledger["face"])


def test_an_action_given_twice_changes_nothing_but_the_count(found: Assessment, assess: Callable[..., Assessment]) -> None:
    actions = country().actions
    again = actions[actions["id_accion"].isin(["A01", "A07", "A14"])].assign(id_accion=["X01", "X07", "X14"])
    twice = assess(actions=pd.concat([actions, again]))
    assert twice.tables["actions"]["count"].sum() == 18
    assert_frame_equal(twice.ledger, found.ledger)
    for name in ("hazard_levels", "landuse_hazard", "adaptation", "coverage"):
        assert_frame_equal(twice.tables[name], found.tables[name])


def test_an_action_reported_again_under_its_id_is_set_aside_and_changes_nothing(found: Assessment, assess: Callable[..., Assessment]) -> None:
    actions = country().actions
    twice = assess(actions=pd.concat([actions, actions.iloc[[1, 7]]]))
    assert [[f.code for f in row.faults] for row in twice.set_aside] == [["report-repeated"]] * 2
    assert fingerprint(twice) == fingerprint(found)


def test_an_action_outside_changes_nothing(assess: Callable[..., Assessment]) -> None:
    """Of two of three municipalities nothing changes by what is done in the third."""
    actions, chosen = country().actions, ("0101", "0102")
    corner = shapely.box(635_000, 1_654_000, 635_400, 1_654_400)
    far = actions.iloc[[1]].assign(id_accion="Z99", geoshape=geoshape(corner))
    without = assess(select=chosen)
    assert "0103" not in set(without.ledger["municipality"])
    with_it = assess(select=chosen, actions=pd.concat([actions, far]))
    assert len(with_it.actions) == len(without.actions) + 1
    assert fingerprint(with_it) == fingerprint(without)


# Maps that say the same in another way


def test_merging_classes_then_adding_is_adding_then_merging(found: Assessment, assess: Callable[..., Assessment]) -> None:
    use = country().landuse
    assert isinstance(use, Raster)
    merged = assess(landuse=dataclasses.replace(use, values=np.where(use.values == 30, 20, use.values).astype(np.uint8)))
    by_hand = found.ledger.assign(landuse=found.ledger["landuse"].replace("30", "20"))
    assert_frame_equal(ledger.add([by_hand]), ledger.add([merged.ledger]))


def test_cells_of_half_the_size_say_the_same(found: Assessment, assess: Callable[..., Assessment]) -> None:
    finer = assess(landslide={s: r.refined() for s, r in country().landslide.items()}, landuse=None, population=None)
    by = ["municipality", "face", "scenario", "level", "level_best", "level_worst"]
    one, two = (sums(t.ledger[t.ledger["hazard"] == "landslide"], by, ["area_mm2"])["area_mm2"] for t in (found, finer))
    one, two = one.drop(ledger.OUTSIDE), two.drop(ledger.OUTSIDE)
    cells = 4 * country().landslide["present"].values.size
    difference = one.subtract(two, fill_value=0).abs()
    # Two square millimetres a cell, as far as cells there are in so much land.
    assert (difference <= 2 * (cells * one.reindex(difference.index) / one.sum() + 1) + 2e-5 * one.reindex(difference.index)).all()


def test_land_use_polygons_are_the_raster_that_they_outline(found: Assessment, assess: Callable[..., Assessment]) -> None:
    """Squares drawn around a raster's cells give its classes at every centre."""
    use = country().landuse
    assert isinstance(use, Raster)
    drawn = assess(landuse=_outlined(use))
    assert_frame_equal(drawn.ledger, found.ledger)


def _outlined(use: Raster) -> gpd.GeoDataFrame:
    transform = Affine(use.cell, 0, use.corner[0], 0, -use.cell, use.corner[1])
    found = rasterio.features.shapes(use.values, mask=use.values != use.nodata, transform=transform)
    rows = [(str(int(value)), shapely.geometry.shape(geometry)) for geometry, value in found]
    return gpd.GeoDataFrame({"clase": [c for c, _ in rows]}, geometry=[g for _, g in rows], crs=use.crs)


# Scenarios, return periods, and what may be missing


def test_every_map_has_its_rows_in_the_order_of_the_workspace(found: Assessment) -> None:
    expected = [
        ("landslide", "present", None), ("landslide", "2050", None),
        ("flood", "present", 10.0), ("flood", "present", 100.0), ("flood", "2050", 100.0),
    ]  # fmt: skip
    assert list(found.maps) == expected
    for name in ("hazard_levels", "adaptation"):
        keys = found.tables[name][BY_MAP].drop_duplicates()
        assert [(h, s, None if pd.isna(t) else t) for h, s, t in keys.itertuples(index=False)] == expected
    high = found.tables["adaptation"].groupby(BY_MAP, dropna=False)["high_area_ha"].sum()
    assert high["flood", "present", 10.0] < high["flood", "present", 100.0] < high["flood", "2050", 100.0]


def test_a_scenario_with_the_same_map_has_the_same_figures(assess: Callable[..., Assessment]) -> None:
    one = country().landslide["present"]
    table = assess(landslide={"present": one, "drier": one}).tables["hazard_levels"]
    now, later = (table[table["scenario"] == s].reset_index(drop=True) for s in ("present", "drier"))
    now = now[now["hazard"] == "landslide"].reset_index(drop=True)
    assert_frame_equal(now.drop(columns="scenario"), later.drop(columns="scenario"))


@pytest.mark.parametrize("missing", ["landuse", "population", "actions", "sites"])
def test_without_an_optional_part(found: Assessment, assess: Callable[..., Assessment], missing: str) -> None:
    without = assess(**{missing: None})
    areas = without.tables["hazard_levels"].drop(columns="population")
    assert_frame_equal(areas, found.tables["hazard_levels"].drop(columns="population"))
    coverage = set(found.tables["coverage"]["layer"]) - set(without.tables["coverage"]["layer"])
    assert coverage == ({missing} if missing in ("landuse", "population") else set())
    assert ("landuse_hazard" in without.tables) == (missing != "landuse")
    assert ("sites" in without.tables) == (missing != "sites") == (without.sites is not None)
    blank = [without.tables[t][c].isna().all() for t in ("hazard_levels", "adaptation") for c in PEOPLE if c in without.tables[t]]
    # Without reports of actions, how many people live in the gap is not known, nor how large it is.
    assert blank == [missing == "population"] * 2 + [missing in ("population", "actions")]
    adaptation = without.tables["adaptation"]
    if missing == "actions":
        assert without.tables["actions"].empty and not without.residuals
        assert adaptation["high_area_ha"].equals(found.tables["adaptation"]["high_area_ha"])
        assert adaptation[["high_action_ha", "gap_area_ha", "gap_share", "high_after_best_ha"]].isna().all(axis=None)


def test_with_one_map_and_nothing_else(tmp_path: Path) -> None:
    made = country()
    alone = Country(made.municipalities, {"present": made.landslide["present"]}, {}, None, None, None, None, legend=LEGEND)
    found = pipeline.assess(write(tmp_path, alone))
    assert set(found.tables) == {"hazard_levels", "adaptation", "actions", "coverage"}
    assert not (found.tables["hazard_levels"]["area_ha"] == 0).all()
    assert found.tables["hazard_levels"]["population"].isna().all()


def test_the_reader_is_told_whose_the_bounds_between_levels_are(tmp_path: Path, found: Assessment) -> None:
    assert "assume.breakpoints" in [message.code for message in found.assumptions]
    folder = write(tmp_path, country())
    settings = folder / "envgis.toml"
    settings.write_text(settings.read_text("utf-8").replace('kind = "depth"', 'kind = "index"\nbreakpoints = [0.25, 0.5, 1, 2]'), "utf-8")
    told = [sentence(message, "en") for message in pipeline.assess(folder).assumptions if "between levels" in sentence(message, "en")]
    assert told == ["Flood: bounds between levels 0.25 · 0.5 · 1 · 2 (index), as envgis.toml gives them."]


def test_the_reader_is_told_the_size_of_a_cuerda(tmp_path: Path) -> None:
    folder = write(tmp_path, country())
    settings = folder / "envgis.toml"
    settings.write_text(settings.read_text("utf-8").replace("[actions]\n", "[actions]\ncuerda_varas = 25\n"), "utf-8")
    told = {message.code: sentence(message, "en") for message in pipeline.assess(folder).assumptions}
    assert told["assume.cuerda"] == "A cuerda was counted as a square with sides of 25 varas, 436.7 m², as envgis.toml gives it."


def held_open(folder: Path) -> list[str]:
    return [file.path for file in psutil.Process().open_files() if Path(file.path).is_relative_to(folder.resolve())]


def test_no_file_is_left_open(tmp_path: Path) -> None:
    """Windows moves no open file, and whoever was told of a wrong one replaces it."""
    folder = write(tmp_path, country())
    found = pipeline.assess(folder)
    assert held_open(folder) == []
    assert np.asarray(found.hazards["landslide", "present", None]).size > 0 and held_open(folder)  # read when it is looked at
    file_layer.close()
    (folder / "actions.csv").write_text("nothing,of,this\n1,2,3\n", "utf-8")
    with pytest.raises(BadInput):
        pipeline.assess(folder)
    assert held_open(folder) == []


AT_EXIT = """
import atexit, psutil, sys
atexit.register(lambda: print([file.path for file in psutil.Process().open_files() if file.path.endswith(".tif")]))
from envgis import pipeline
found = pipeline.assess(sys.argv[1])
print(found.hazards["landslide", "present", None].values.size > 0, len(psutil.Process().open_files()) > 0)
"""


def test_what_was_looked_at_later_is_closed_before_python_takes_itself_down(tmp_path: Path) -> None:
    told = subprocess.run([sys.executable, "-c", AT_EXIT, write(tmp_path, country())], capture_output=True, text=True, check=True)
    assert told.stdout == "True True\n[]\n"


def test_progress_only_grows(read: Read) -> None:
    told: list[float] = []
    pipeline.study(*read, Plan(block=30_000), lambda step, share: told.append(share))
    assert told == sorted(told) and told[-1] == 1.0 and len(told) > 4


def test_a_lattice_is_shared_by_maps_of_different_extent() -> None:
    whole = Grid.from_bounds(UTM, (0, 0, 100, 100), 10)
    part = Grid.from_bounds(UTM, (50, 50, 150, 150), 10)
    other = Grid.from_bounds(UTM, (0, 0, 100, 100), 20)
    words = {"es": "", "en": ""}
    maps = [
        class_map(Hazard(HazardKey(name, "present"), name, "susceptibility", "levels", None, words), grid, np.ones(grid.shape, np.uint8))
        for name, grid in (("a", whole), ("b", part), ("c", other))
    ]
    (first, shared), (second, alone) = pipeline.by_lattice(maps)
    assert first.bounds == (0, 0, 150, 150) and [m.key.hazard for m in shared] == ["a", "b"]
    assert second == other and alone[0].key.hazard == "c"
    assert all(m.grid == first for m in shared)
