"""The demonstration workspace: made again from its seed it is the same, and it is the place it claims to be."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import rasterio.mask
import rasterio.warp
from pyproj import Geod
from python_calamine import CalamineWorkbook

from envgis.actions import intake
from envgis.sources import inputs
from envgis.workspace import parse

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ROOT / "layers"
RASTERS = sorted(path.name for path in LAYERS.glob("*.tif"))
BY_HAND = {"envgis.toml", "README.md"}
SOIL_BOUNDS = (6.7, 11.2, 22.4, 33.6)
DEPTH_BOUNDS = (0.3, 0.5, 1.2, 2.0)
# Another processor may round a sine elsewhere; a changed script changes far more than this share of the cells.
MAY_DIFFER = 1e-4


@pytest.fixture(scope="module")
def anew(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run([sys.executable, str(ROOT / "scripts" / "make_demo_layers.py"), "--out", str(folder)], check=True, capture_output=True)
    return folder


def _files(folder: Path) -> set[str]:
    """Names of all files but those of a run that somebody made in the folder."""
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in names if not name.startswith((".", "maps"))}


def _read(name: str) -> np.ndarray:
    """Values with scale and offset, NaN where there is no data."""
    with rasterio.open(LAYERS / name) as source:
        values = source.read(1, masked=True).astype(np.float64) * source.scales[0]
    return values.filled(np.nan)


def test_makes_every_file_that_is_not_written_by_hand(anew: Path) -> None:
    assert _files(anew) == _files(LAYERS) - BY_HAND


@pytest.mark.parametrize("name", RASTERS)
def test_rasters_are_the_same_again(anew: Path, name: str) -> None:
    with rasterio.open(LAYERS / name) as kept, rasterio.open(anew / name) as made:
        assert made.profile == kept.profile
        assert made.scales == kept.scales
        assert np.mean(made.read(1) != kept.read(1)) <= MAY_DIFFER


@pytest.mark.parametrize("name", ["landuse.csv", "actions/kobo_acciones.csv"])
def test_text_is_the_same_again(anew: Path, name: str) -> None:
    assert (anew / name).read_bytes() == (LAYERS / name).read_bytes()


def test_drawings_and_sites_are_the_same_again(anew: Path) -> None:
    for name in ("municipalities.gpkg", "actions/actions_drawn.gpkg"):
        for layer in pyogrio.list_layers(LAYERS / name)[:, 0]:
            kept, made = gpd.read_file(LAYERS / name, layer=layer), gpd.read_file(anew / name, layer=layer)
            assert made.drop(columns="geometry").equals(kept.drop(columns="geometry"))
            assert made.geometry.geom_equals_exact(kept.geometry, 1e-5).all()
    assert _sites(anew) == _sites(LAYERS)


def _sites(folder: Path) -> list[list[object]]:
    with CalamineWorkbook.from_path(folder / "sites.xlsx") as book:
        return [list(row) for row in book.get_sheet_by_index(0).to_python()]


def test_is_small() -> None:
    assert sum((LAYERS / name).stat().st_size for name in _files(LAYERS)) < 4_000_000


def test_municipalities_have_plausible_areas_and_exact_borders() -> None:
    table = gpd.read_file(LAYERS / "municipalities.gpkg").set_index("code")
    assert sorted(table.index) == ["0114", "1201", "1202"]
    km2 = {code: abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]) / 1e6 for code, shape in table.geometry.items()}
    assert 95 < km2["0114"] < 110
    assert 110 < km2["1201"] < 130
    assert 100 < km2["1202"] < 160
    west, east = table.geometry["1201"], table.geometry["1202"]
    assert west.intersection(east).area == 0
    shared = set(west.exterior.coords) & set(east.exterior.coords)
    border = west.intersection(east)
    assert border.geom_type in ("LineString", "MultiLineString")
    assert len(shared) > 50
    assert west.union(east).interiors[:] == []


def test_tiles_of_a_layer_lie_on_one_lattice() -> None:
    for name in (n for n in RASTERS if n.endswith("_sm.tif")):
        with rasterio.open(LAYERS / name) as a, rasterio.open(LAYERS / name.replace("_sm", "_am")) as b:
            assert (a.crs, a.res, a.dtypes, a.nodata, a.scales) == (b.crs, b.res, b.dtypes, b.nodata, b.scales)
            columns, rows = (b.transform.c - a.transform.c) / a.res[0], (b.transform.f - a.transform.f) / a.res[1]
            assert abs(columns - round(columns)) < 1e-6
            assert abs(rows - round(rows)) < 1e-6


@pytest.mark.parametrize("tag", ["sm", "am"])
def test_hazards_have_possible_values_and_are_worse_in_2050(tag: str) -> None:
    for now, later in (("landslide_present", "landslide_2050"), ("flood_present_T100", "flood_2050_T100"), ("soil_loss_present", "soil_loss_2050")):
        present, future = _read(f"{now}_{tag}.tif"), _read(f"{later}_{tag}.tif")
        assert np.array_equal(np.isnan(present), np.isnan(future))
        assert np.nanmean(future) > np.nanmean(present)
    levels = _read(f"landslide_present_{tag}.tif")
    assert set(np.unique(levels[np.isfinite(levels)])) == {0, 1, 2, 3, 4, 5}
    ten, hundred = _read(f"flood_present_T10_{tag}.tif"), _read(f"flood_present_T100_{tag}.tif")
    assert np.nanmin(ten) == 0
    assert np.all((hundred >= ten) | np.isnan(ten))
    assert 2 < np.nanmax(hundred) < 10
    assert 100 < np.nanmax(_read(f"soil_loss_present_{tag}.tif")) <= 260


def test_the_legend_names_every_class() -> None:
    with (LAYERS / "landuse.csv").open(encoding="utf-8", newline="") as file:
        legend = {int(row["value"]) for row in csv.DictReader(file)}
    used = {int(value) for tag in ("sm", "am") for value in np.unique(_read(f"landuse_{tag}.tif")) if np.isfinite(value)}
    assert used == legend


def test_people_live_where_they_should() -> None:
    people = {tag: float(np.nansum(_read(f"population_{tag}.tif"))) for tag in ("sm", "am")}
    assert 135_700 < people["sm"] < 145_000  # 55,300 and 80,400, and some beyond the borders
    assert 121_600 < people["am"] < 140_000


def test_the_workspace_is_read_without_a_fault_and_eight_of_forty_reports_are_set_aside() -> None:
    table = parse((LAYERS / "envgis.toml").read_text(encoding="utf-8"))
    assert table.workspace.synthetic
    found, faults = inputs.gather(table, LAYERS)
    assert faults == []
    assert len(found.maps) == 8
    assert table.actions is not None
    actions = intake.take(found.reports, table.actions, found.municipalities)
    assert actions.rows_read == 40
    assert len(actions.table) == 32
    assert sorted(fault.code for row in actions.set_aside for fault in row.faults) == [
        "coordinates-missing",
        "coordinates-swapped",
        "date-impossible",
        "municipality-differs",
        "number-negative",
        "report-rejected",
        "report-repeated",
        "type-unknown",
    ]
    assert set(actions.table["status"]) == {"planned", "ongoing", "done", "verified", "failed"}
    assert actions.table["action_type"].nunique() >= 20
    assert (actions.table["remittance_gtq"] > 0).sum() >= 5
    assert (actions.table[["participants_young_women", "participants_girls"]].sum() > 0).all()


def test_terraces_lower_the_levels_of_most_of_their_land() -> None:
    drawn = gpd.read_file(LAYERS / "actions" / "actions_drawn.gpkg", layer="poligonos")
    for _, action in drawn[drawn["action_type"] == "terraces"].iterrows():
        tag = "am" if action["municipality_code"] == "0114" else "sm"
        with rasterio.open(LAYERS / f"soil_loss_present_{tag}.tif") as source:
            values, _ = rasterio.mask.mask(source, [action.geometry], crop=True, filled=False)
        loss = values.compressed().astype(np.float64)
        assert np.mean(np.digitize(loss * 0.28, SOIL_BOUNDS) < np.digitize(loss, SOIL_BOUNDS)) > 0.6


@pytest.mark.parametrize(
    ("wish", "sites"), [("quiet", ["S-01", "S-02", "S-05", "S-08"]), ("medium", ["S-03", "S-06", "S-10"]), ("high", ["S-04", "S-07", "S-09"])]
)
def test_sites_stand_on_land_of_every_kind(wish: str, sites: list[str]) -> None:
    rows = {str(row[0]): row for row in _sites(LAYERS)[1:]}
    assert len(rows) == 12
    assert rows["S-12"][4] == ""
    for site in sites:
        lat, lon = float(str(rows[site][4])), float(str(rows[site][5]))
        present, ever = _levels_at(lon, lat)
        if wish == "quiet":
            assert ever <= 2
        elif wish == "medium":
            around = [_levels_at(lon + x / 1e4, lat + y / 1e4)[1] for x in range(-9, 10, 3) for y in range(-9, 10, 3)]
            assert present <= 3 <= max(around)
        else:
            assert present >= 4


def _levels_at(lon: float, lat: float) -> tuple[int, int]:
    """The worst level at a point: present, any scenario."""
    worst = {False: 0, True: 0}
    for name in (n for n in RASTERS if n.startswith(("landslide", "flood", "soil_loss"))):
        with rasterio.open(LAYERS / name) as source:
            (x,), (y,) = rasterio.warp.transform("EPSG:4326", source.crs, [lon], [lat])
            if not (source.bounds.left < x < source.bounds.right and source.bounds.bottom < y < source.bounds.top):
                continue
            value = float(next(source.sample([(x, y)]))[0]) * source.scales[0]
        if name.startswith("landslide"):
            level = int(value)
        elif name.startswith("flood"):
            level = 0 if value == 0 else 1 + int(np.digitize(value, DEPTH_BOUNDS, right=True))
        else:
            level = 1 + int(np.digitize(value, SOIL_BOUNDS))
        worst["2050" in name] = max(worst["2050" in name], level)
    return worst[False], max(worst.values())
