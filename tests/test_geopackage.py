"""The GeoPackage: what GIS programs read, with nothing in it that was not allowed."""

import re
import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import sample

from envgis.publish import gap_areas, geopackage


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("gpkg") / "envgis.gpkg"
    out.write_bytes(geopackage.render(sample.assessment()))
    return out


def read(path: Path, layer: str) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(path, layer=layer)


def test_layers_are_of_one_kind_of_geometry_each(path: Path) -> None:
    layers = dict(pyogrio.list_layers(path).tolist())
    assert layers == {
        "gap_areas": "MultiPolygon",
        "municipalities": "Polygon",
        "actions_points": "Point",
        "actions_lines": "MultiLineString",
        "actions_areas": "MultiPolygon",
        "sites_points": "Point",
        "sites_areas": "MultiPolygon",
        "layer_styles": None,
    }


def test_municipalities_carry_the_tables_figures(path: Path) -> None:
    found = read(path, "municipalities").set_index("code")
    table = sample.assessment().tables["adaptation"]
    rows = table[(table["hazard"] == "flood")].set_index("municipality_code")
    for code in sample.CODES:
        assert found.loc[code, "flood_present_T100_gap_area_ha"] == rows.loc[code, "gap_area_ha"]
        assert found.loc[code, "flood_present_T100_gap_share"] == rows.loc[code, "gap_share"]
        assert found.loc[code, "name"] == sample.NAMES[sample.CODES.index(code)]
    assert found.crs.to_epsg() == 4326


def test_actions_have_the_allowed_fields_only(path: Path) -> None:
    areas = read(path, "actions_areas")
    assert list(areas.columns) == ["sign", "action_type", "status", "date_start", "area_ha", "geometry"]
    assert areas.loc[0, ["sign", "action_type", "date_start", "area_ha"]].to_list() == ["in_force", "reforestation", "2025-03-01", 16.0]
    assert read(path, "actions_points").loc[0, "sign"] == "planned"
    assert b"Canary" not in path.read_bytes()


def test_without_an_allowed_field_no_action_is_copied(tmp_path: Path) -> None:
    out = tmp_path / "a.gpkg"
    out.write_bytes(geopackage.render(sample.assessment(public_fields=())))
    assert not [name for name, _ in pyogrio.list_layers(out) if name.startswith("actions")]


def test_a_missing_value_is_null_never_zero(path: Path) -> None:
    assert np.isnan(read(path, "actions_points").loc[0, "area_ha"])


def test_sites_carry_their_decision(path: Path) -> None:
    site = read(path, "sites_points").loc[0]
    assert (site["site_id"], site["decision"], site["name"]) == ("S-1", "avoid", '=HYPERLINK("x")')


def test_every_layer_has_its_default_style(path: Path) -> None:
    with sqlite3.connect(path) as database:
        styles = dict(database.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault AND f_geometry_column = 'geom'"))
        listed = database.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchall()
        (columns,) = database.execute("SELECT count(*) FROM gpkg_geometry_columns WHERE column_name = 'geom'").fetchone()
    assert listed == [("attributes",)]
    assert set(styles) == {name for name, _ in pyogrio.list_layers(path)} - {"layer_styles"}
    assert columns == len(styles)
    for name, style in styles.items():
        tree = ElementTree.fromstring(re.sub("<!DOCTYPE.*?>", "", style))
        assert tree.find("renderer-v2") is not None
        kind = {"points": "marker", "lines": "line"}.get(name.rpartition("_")[2], "fill")
        assert {symbol.get("type") for symbol in tree.iter("symbol")} == {kind}
        if (categories := list(tree.iter("category"))) and name != "municipalities":
            values = {category.get("value") for category in categories}
            assert set(read(path, name)[tree.find("renderer-v2").get("attr")]) <= values  # type: ignore[union-attr]


def descriptions(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as database:
        return dict(database.execute("SELECT table_name, description FROM gpkg_contents WHERE data_type = 'features'"))


def test_every_layer_says_what_it_is_that_it_is_synthetic_and_its_sources(path: Path, tmp_path: Path) -> None:
    said = descriptions(path)
    assert set(said) == {name for name, _ in pyogrio.list_layers(path)} - {"layer_styles"}
    for text in said.values():
        assert "Datos sintéticos de demostración, no para decisiones." in text
        assert text.endswith("Uso de la tierra: Sample · 2026 · CC0.")
    assert said["gap_areas"].startswith("Brecha de adaptación: ") and said["actions_points"] == said["actions_areas"]
    real = tmp_path / "real.gpkg"
    real.write_bytes(geopackage.render(sample.assessment(synthetic=False, language="both")))
    assert descriptions(real)["sites_areas"].startswith("Sitios de proyecto con la decisión y su razón / Project sites")
    assert not any("sint" in text or "synth" in text for text in descriptions(real).values())


def test_the_same_content_makes_the_same_bytes(path: Path) -> None:
    assert geopackage.render(sample.assessment()) == path.read_bytes()


def test_without_actions_and_sites(tmp_path: Path) -> None:
    out = tmp_path / "a.gpkg"
    none = sample.actions().iloc[:0]
    out.write_bytes(geopackage.render(sample.assessment(actions=none, sites=None, residuals={})))
    assert {name for name, _ in pyogrio.list_layers(out)} == {"gap_areas", "municipalities", "layer_styles"}


# Gap areas


def test_gap_areas_are_the_cells_without_an_addressing_action() -> None:
    gaps = gap_areas.gap_areas(sample.assessment())
    table = sample.assessment().tables["adaptation"]
    assert len(gaps) == (table["gap_area_ha"] > 0).sum()
    drawn = gaps.to_crs(sample.GRID.crs.to_wkt()).area / 1e4
    assert drawn.to_list() == pytest.approx(gaps["gap_area_ha"].to_list(), rel=1e-6)
    assert set(gaps["cell_m"]) == {100.0}


def test_land_that_an_action_addresses_is_no_gap() -> None:
    gaps = gap_areas.gap_areas(sample.assessment())
    treated = sample.actions().geometry.iloc[0].buffer(-1e-6)
    mine = gaps[gaps["municipality_code"] == "0114"]
    assert not mine[mine["hazard"] == "landslide"].intersects(treated).any()
    assert gap_areas.gap_areas(sample.assessment(residuals={}))["gap_area_ha"].to_list() == gaps["gap_area_ha"].to_list()
    assert mine[mine["hazard"] == "flood"].intersects(treated).all()


def test_a_large_municipality_is_drawn_coarser_and_says_so() -> None:
    exact, coarse = gap_areas.gap_areas(sample.assessment()), gap_areas.gap_areas(sample.assessment(), largest=110)
    assert set(coarse["cell_m"]) == {200.0}  # some 200 cells in at most 110
    assert coarse["gap_area_ha"].to_list() == exact["gap_area_ha"].to_list()  # the figures stay the ledger's


def test_a_hidden_map_has_no_gap_areas() -> None:
    maps = {sample.KEYS[0]: sample.hazard_map(0, public=False)}
    assert gap_areas.gap_areas(sample.assessment(maps=maps, residuals={})).empty
