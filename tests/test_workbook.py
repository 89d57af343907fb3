"""The workbook: the tables' own numbers, translated labels, totals, and nothing in it that runs."""

import io
import re
import zipfile
from types import SimpleNamespace
from xml.etree import ElementTree

import pandas as pd
import pytest
import sample
from python_calamine import CalamineWorkbook

from envgis import locale
from envgis.faults import Fault, Place
from envgis.landuse import LandUse
from envgis.publish import sheets as book_sheets
from envgis.publish import totals, workbook
from envgis.publish.wording import Wording

# The columns of the summary tables, as the design lists them.
COLUMNS = [
    "municipality_code",
    "municipality",
    "hazard",
    "scenario",
    "return_period",
    "level",
    "area_ha",
    "area_share",
    "population",
    "landuse_code",
    "landuse",
    "mapped_area_ha",
    "high_area_ha",
    "high_any_action_ha",
    "high_action_ha",
    "gap_area_ha",
    "gap_share",
    "high_after_best_ha",
    "high_after_central_ha",
    "high_after_worst_ha",
    "high_population",
    "gap_population",
    "action_type",
    "status",
    "funding_source",
    "count",
    "length_km",
    "units",
    "cost_gtq",
    "remittance_gtq",
    "participants_women",
    "participants_men",
    "participants_young_women",
    "participants_young_men",
    "participants_girls",
    "participants_boys",
    "layer",
    "data_share",
    "site_id",
    "name",
    "decision",
    "decided_by",
    "reason",
    "actions_within_1km",
    "level_at_point",
    "max_level",
    "high_share",
    "no_data_share",
    "distance_to_high_m",
]


def sheets(content: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture(scope="module")
def content() -> bytes:
    return workbook.render(sample.assessment())


def test_the_sheet_that_explains_comes_first(content: bytes) -> None:
    names = list(sheets(content))
    assert names == ["Léame", "Resumen", "Adaptación", "Niveles", "Acciones", "Cobertura", "Sitios"]
    told = " ".join(str(cell) for row in sheets(content)["Léame"] for cell in row)
    for part in ("Muestra", "datos sintéticos", "24 de noviembre de 2026", "0123abcd", "CC0", "quarantine.csv", "kobo.csv"):
        assert part in told


def test_numbers_are_the_tables_own_to_the_last_digit(content: bytes) -> None:
    table = sample.assessment().tables["adaptation"]
    rows = sheets(content)["Adaptación"]
    column = rows[0].index("Brecha (parte del nivel 4-5)")
    assert [row[column] for row in rows[1 : len(table) + 1]] == table["gap_share"].to_list()


def test_the_total_rows_are_the_sums(content: bytes) -> None:
    table = sample.assessment().tables["hazard_levels"]
    rows = sheets(content)["Niveles"]
    total = [row for row in rows if row[0] == "Total"]
    assert len(total) == 3 * 7
    assert sum(row[6] for row in total) == pytest.approx(table["area_ha"].sum())
    assert sum(row[7] for row in total) == pytest.approx(3.0)  # for each map all shares together are the whole
    assert rows[len(table) + 1] == [""] * len(table.columns)  # the totals stand apart: filters and sums leave them alone


def test_shares_are_never_added_up() -> None:
    table = sample.assessment().tables["adaptation"]
    total = totals.total("adaptation", table, pd.Series(dtype=float))
    assert total is not None
    assert total["gap_share"].to_list() == pytest.approx((total["gap_area_ha"] / total["high_area_ha"]).to_list())


def test_a_share_of_nothing_is_blank() -> None:
    table = sample.assessment().tables["adaptation"].assign(high_area_ha=0.0, gap_area_ha=0.0)
    total = totals.total("adaptation", table, pd.Series(dtype=float))
    assert total is not None
    assert total["gap_share"].isna().all()


def test_data_coverage_is_weighted_by_area() -> None:
    table = pd.DataFrame({"municipality_code": ["a", "b"], "municipality": ["A", "B"], "layer": ["x"] * 2, "data_share": [1.0, 0.5]})
    total = totals.total("coverage", table, pd.Series({"a": 300.0, "b": 100.0}))
    assert total is not None
    assert total["data_share"].to_list() == [0.875]  # (300 + 50) of 400 ha


def test_a_sum_without_any_part_is_blank(content: bytes) -> None:
    (planned,) = [row for row in sheets(content)["Acciones"] if row[0] == "Total" and "Planificada" in row]
    header = sheets(content)["Acciones"][0]
    assert planned[header.index("Costo (Q)")] == ""
    assert planned[header.index("Acciones")] == 1


def test_codes_are_text(content: bytes) -> None:
    assert sheets(content)["Niveles"][1][0] == "0114"


def test_a_missing_value_is_blank_never_zero(content: bytes) -> None:
    rows = sheets(content)["Niveles"]
    assert {row[4] for row in rows[1:43] if row[2] == "Deslizamientos"} == {""}


def test_nothing_in_it_runs(content: bytes) -> None:
    for name, xml in parts(content).items():
        ElementTree.fromstring(xml)
        assert "<f>" not in xml or name.startswith("xl/charts/")
        assert "<hyperlink" not in xml
    texts = [cell for rows in sheets(content).values() for row in rows for cell in row]
    assert sample.NAMES[0] in texts
    assert '=HYPERLINK("x")' in texts


def test_the_same_tables_make_the_same_bytes(content: bytes) -> None:
    assert workbook.render(sample.assessment()) == content
    changed = sample.assessment(tables={**sample.assessment().tables, "coverage": sample.assessment().tables["coverage"].assign(data_share=0.5)})
    assert workbook.render(changed) != content


def test_the_chart_has_the_levels_colours_and_says_what_it_shows(content: bytes) -> None:
    found = parts(content)
    chart = found["xl/charts/chart1.xml"]
    assert [colour in chart for colour in ("531547", "AB2B36", "DD7325", "F7C04A", "FEF6CF", "E6EDF2")] == [True] * 6
    assert 'descr="Barras' in found["xl/drawings/drawing1.xml"]


@pytest.mark.parametrize(
    ("language", "names", "header"),
    [
        ("en", ["Read me", "Summary", "Adaptation"], "Adaptation gap (ha)"),
        ("both", ["Léame - Read me"], "Brecha de adaptación (ha) / Adaptation gap (ha)"),
    ],
)
def test_labels_are_in_the_workspaces_language(language: str, names: list[str], header: str) -> None:
    found = sheets(workbook.render(sample.assessment(language=language)))
    assert list(found)[: len(names)] == names
    assert any(header in rows[0] for rows in found.values())


def test_what_decided_about_a_site_is_in_words(content: bytes) -> None:
    """Found by looking: ``landslide|present||high_share`` in a book for people."""
    header, *rows = sheets(content)["Sitios"]
    assert [row[header.index("Decidido por")] for row in rows] == ["Deslizamientos · Presente: Parte en nivel 4-5", ""]


def test_values_are_in_words(content: bytes) -> None:
    texts = {cell for row in sheets(content)["Niveles"] for cell in row}
    assert {"Deslizamientos", "Presente", "2050", "Muy alto (5)", "Sin datos"} <= texts
    assert "evitar" in {cell for row in sheets(content)["Sitios"] for cell in row}
    assert "cooperación y remesas" in {cell for row in sheets(content)["Acciones"] for cell in row}


def test_land_use_is_in_both_languages_where_the_workspace_is() -> None:
    legend = pd.DataFrame({"code": ["1", "2", "3"], "name_es": ["Bosque", "Cultivo", "Cultivo"], "name_en": ["Forest", "Maize", "Coffee"]})
    rows = pd.DataFrame({"municipality_code": "0114", "landuse": ["Bosque", "Cultivo", "Sin datos"], "level": "1", "area_ha": 1.0})
    changes = {"landuse": LandUse(legend, SimpleNamespace()), "tables": {**sample.assessment().tables, "landuse_hazard": rows}}  # type: ignore[arg-type]

    def names(language: str, sheet: str) -> list[object]:
        return [row[1] for row in sheets(workbook.render(sample.assessment(language=language, **changes)))[sheet][1:4]]

    assert names("both", "Uso y nivel - Land use") == ["Bosque / Forest", "Cultivo", "Sin datos / No data"]
    assert names("es", "Uso y nivel") == ["Bosque", "Cultivo", "Sin datos"]


LAYERS = {"landuse": "Uso de la tierra", "population": "Población", "landslide_2050": "Deslizamientos · 2050"}


@pytest.mark.parametrize(("layer", "words"), LAYERS.items())
def test_layers_are_in_words(layer: str, words: str) -> None:
    assert Wording(sample.assessment()).value("layer", layer) == words


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_has_its_name(column: str) -> None:
    assert locale.phrases()[f"column.{column}"]


@pytest.mark.parametrize("name", workbook.ORDER)
@pytest.mark.parametrize("language", ["es", "en", "both"])
def test_every_sheet_has_a_name_that_excel_takes(name: str, language: str) -> None:
    text = Wording(sample.assessment(language=language)).say(f"sheet.{name}").replace(" / ", " - ")
    assert len(text) <= 31
    assert not re.search(r"[\[\]:*?/\\]", text)


def test_texts_that_a_workbook_cannot_hold_are_made_to_fit() -> None:
    table = sample.assessment().tables["sites"].assign(reason=["a\x00b\x1bc", "x" * 40_000])
    content = workbook.render(sample.assessment(tables={**sample.assessment().tables, "sites": table}))
    column = [row[5] for row in sheets(content)["Sitios"][1:3]]
    assert column[0] == "abc"
    assert len(column[1]) == 32_767
    assert column[1].endswith("…")


def test_a_table_that_no_sheet_can_hold_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_sheets, "_LONGEST_SHEET", 20)
    rows = sheets(workbook.render(sample.assessment()))["Niveles"]
    assert rows == [["Esta tabla tiene 42 filas, más de las que caben en una hoja: use tables/hazard_levels.csv."]]


def test_without_actions_or_warnings() -> None:
    tables = {name: table for name, table in sample.assessment().tables.items() if name in ("hazard_levels", "adaptation", "coverage")}
    content = workbook.render(sample.assessment(tables=tables, set_aside=(), warnings=(), assumptions=(), credits=(), date=None, synthetic=False))
    assert list(sheets(content)) == ["Léame", "Resumen", "Adaptación", "Niveles", "Cobertura"]


def test_a_warning_with_a_place_stands_beside_it() -> None:
    warned = workbook.render(sample.assessment(warnings=(Fault("output-busy", Place("a.tif", row=3)),)))
    (row,) = [row for row in sheets(warned)["Léame"] if row[0] == "a.tif, fila 3"]
    assert "a.tif" in str(row[1])
