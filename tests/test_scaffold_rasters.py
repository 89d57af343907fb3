"""``init`` and rasters: what it must ask because a wrong guess would look right, and which of several maps it takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_scaffold import TODAY, X, levels, propose, raster

from envgis import locale, scaffold
from envgis.faults import BadInput
from envgis.locale import LANGUAGES, Language
from envgis.scaffold.names import said
from envgis.workspace import parse


def proposed(folder: Path, language: Language = "es") -> tuple[str, dict[str, str]]:
    found = scaffold.propose(folder, today=TODAY, language=language)
    return found.text, {f.file: locale.sentence(f.took, language) for f in found.findings}


def refused(text: str) -> list[tuple[str, str]]:
    with pytest.raises(BadInput) as stop:
        parse(text)
    return [(fault.code, str(fault.values["key"])) for fault in stop.value.faults]


def depths(deepest: float) -> np.ndarray:
    return np.linspace(0, deepest, 100, dtype=np.float32).reshape(10, 10)


# What it asks


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("top", [1, 3, 4])
def test_classes_that_end_below_the_scale_are_asked_for_until_they_are_told(tmp_path: Path, top: int, language: Language) -> None:
    """3 of 3 is high, but 3 of 5 is medium: taken as levels, nothing would be high and all would look right."""
    raster(tmp_path / "deslizamientos.tif", levels(1, 0, top))
    text, took = proposed(tmp_path, language)
    assert {code for code, _ in refused(text)} == {"toml-wrong-value"} and {"codes" in key for _, key in refused(text)} == {True}
    assert f" {top}: " in took["deslizamientos.tif"]
    line = next(line for line in text.splitlines() if line.startswith("codes"))
    assert locale.phrase(f"level.{top}", language) in line and "{" not in line.split("#")[1]
    for n in range(top + 1):
        assert (f'"{n}" = "?"' in line) == (n > 0)
    assert parse(text.replace('"?"', "5")).hazard[0].codes == {str(n): 5 for n in range(1, top + 1)}
    assert parse(text.replace(line, "")).hazard[0].kind == "levels"


def test_classes_are_not_asked_for_where_the_scale_shows(tmp_path: Path) -> None:
    raster(tmp_path / "deslizamientos.tif", levels(1, 1, 5))
    raster(tmp_path / "deslizamientos_2050.tif", levels(1, 1, 4))
    raster(tmp_path / "heladas.tif", np.zeros((5, 5), np.uint8))
    found, _, took = propose(tmp_path)
    assert all(hazard.codes is None for hazard in found.hazard) and len(found.hazard) == 3
    assert took["deslizamientos_2050.tif"].endswith("(niveles)")


@pytest.mark.parametrize(
    "name", ["susceptibilidad_inundacion", "indice erosion", "flood_susceptibility", "erosion_index", "probabilidad_de_inundacion"]
)
def test_a_susceptibility_is_no_depth_and_no_soil_loss(tmp_path: Path, name: str) -> None:
    raster(tmp_path / f"{name}.tif", depths(1.0))
    found, proposal, _ = propose(tmp_path)
    assert found.hazard[0].kind == "index" and '# breakpoints = ["1|2"' in proposal.text


@pytest.mark.parametrize(("most", "asks"), [(1, False), (100, True)])
def test_the_bounds_of_an_index_are_asked_for_where_the_published_ones_are_for_another_scale(tmp_path: Path, most: float, asks: bool) -> None:
    raster(tmp_path / "incendios.tif", (np.random.default_rng(1).random((9, 9)) * most).astype(np.float32))
    found, proposal, took = propose(tmp_path)
    assert [(h.name, h.kind) for h in found.hazard] == [("fire", "index")]
    assert ('# breakpoints = ["1|2"' in proposal.text) == asks
    assert took["incendios.tif"].endswith("(índice; ponga en envgis.toml los límites entre sus niveles)" if asks else "(índice)")


def test_tiles_of_an_index_ask_for_bounds_where_one_of_them_does(tmp_path: Path) -> None:
    raster(tmp_path / "incendios_a.tif", np.full((5, 5), 0.5, np.float32))
    raster(tmp_path / "incendios_b.tif", np.full((5, 5), 80.5, np.float32), west=X + 500)
    found, proposal, _ = propose(tmp_path)
    assert len(found.hazard[0].path) == 2 and '# breakpoints = ["1|2"' in proposal.text


def test_a_susceptibility_of_five_classes_is_of_levels(tmp_path: Path) -> None:
    raster(tmp_path / "susceptibilidad_inundacion.tif", levels())
    assert propose(tmp_path)[0].hazard[0].kind == "levels"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "values"), [("inundacion_cm_T100", depths(29)), ("inundacion_cm", (depths(49)).astype(np.uint8)), ("flood", depths(49))]
)
def test_the_unit_of_a_depth_is_asked_for_where_it_may_not_be_metres(tmp_path: Path, name: str, values: np.ndarray, language: Language) -> None:
    raster(tmp_path / f"{name}.tif", values)
    text, took = proposed(tmp_path, language)
    assert refused(text) == [("toml-not-allowed", refused(text)[0][1])] and "kind" in refused(text)[0][1]
    assert "envgis.toml" in took[f"{name}.tif"]
    assert parse(text.replace('kind = "?"', 'kind = "depth"')).hazard[0].kind == "depth"


def test_a_depth_in_metres_is_not_asked_for(tmp_path: Path) -> None:
    raster(tmp_path / "inundacion.tif", depths(29))
    assert propose(tmp_path)[0].hazard[0].kind == "depth"


@pytest.mark.parametrize("name", ["amenaza_sismica", "peligro_volcanico", "earthquake_hazard", "lahares"])
def test_a_hazard_that_is_none_of_the_catalogues_is_told_as_one(tmp_path: Path, name: str) -> None:
    raster(tmp_path / f"{name}.tif", levels())
    _, _, took = propose(tmp_path)
    assert took[f"{name}.tif"].startswith("no se usa: una amenaza que no está en el catálogo de envgis")


def test_a_word_for_hazard_beside_one_that_is_known_is_that_one(tmp_path: Path) -> None:
    raster(tmp_path / "amenaza_por_inundacion.tif", levels())
    assert [hazard.name for hazard in propose(tmp_path)[0].hazard] == ["flood"]


# Which map it takes


def test_the_newest_of_two_years_is_the_present_and_that_is_said(tmp_path: Path) -> None:
    for year in (2010, 2020, 2015):
        raster(tmp_path / f"deslizamientos_{year}.tif", levels(year))
    found, _, took = propose(tmp_path)
    assert [(h.path, h.scenario, h.date) for h in found.hazard] == [(["deslizamientos_2020.tif"], "present", "2020")]
    assert took["deslizamientos_2010.tif"] == took["deslizamientos_2015.tif"] == "no se usa: deslizamientos_2020.tif es más reciente (2020)"


def test_two_years_that_say_the_same_are_not_tiles(tmp_path: Path) -> None:
    for year in (2010, 2020):
        raster(tmp_path / f"deslizamientos_{year}.tif", levels())
    found, _, _ = propose(tmp_path)
    assert [h.path for h in found.hazard] == [["deslizamientos_2020.tif"]]


@pytest.mark.parametrize(
    ("name", "scenario", "year"), [("flood_2040cc_6rp", "2040", ""), ("flood_2015_6rp", "present", "2015"), ("flood_2000m", "present", "")]
)
def test_years_with_letters_behind_them(name: str, scenario: str, year: str) -> None:
    """The first two are names of the published maps of San Salvador."""
    told = said(f"{name}.tif", 2026)
    assert (told.scenario, told.year, told.return_period) == (scenario, year, 6 if "rp" in name else None)


def test_of_one_year_the_first_is_taken(tmp_path: Path) -> None:
    for name in "ba":
        raster(tmp_path / f"deslizamientos_2020_{name}.tif", levels(ord(name)))
    found, _, took = propose(tmp_path)
    assert found.hazard[0].path == ["deslizamientos_2020_a.tif"]
    assert took["deslizamientos_2020_b.tif"].startswith("no se usa: deslizamientos_2020_a.tif ya es ese mapa")


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("inundacion_50_anios", 50),
        ("inundacion_5_años", 5),
        ("inundacion_periodo_retorno_10", 10),
        ("inundacion periodo de retorno de 25", 25),
        ("inundacion_100a", 100),
        ("inundacion_Q50", 50),
        ("inundacion_TR25", 25),
        ("inundacion_tr_100", 100),
        ("inundacion_T=100", 100),
        ("flood_return_period_20", 20),
        ("inundacion_2020_Q1", None),
        ("inundacion_hoja_2a", None),
        ("inundacion_2020a", None),
    ],
)
def test_return_periods_as_people_write_them(name: str, period: float | None) -> None:
    assert said(f"{name}.tif", 2026).return_period == period
