"""The workbook of screened sites: words for codes, the tables' own figures, and nothing in it that runs."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from types import SimpleNamespace
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from python_calamine import CalamineWorkbook

from envgis.actions.record import SetAside
from envgis.assessment import Credit
from envgis.faults import Fault, Place
from envgis.grid import Grid
from envgis.landuse import LandUse
from envgis.levels import Hazard, HazardKey, HazardMap, class_map
from envgis.planning import screening
from envgis.planning.screened import Screening
from envgis.publish import site_workbook

GRID = Grid.from_bounds("EPSG:4326", (-91, 15, -90.99, 15.01), 0.001)
TITLES = {"landslide": {"es": "Deslizamientos", "en": "Landslides"}, "flood": {"es": "Inundación", "en": "Flood"}}


def one_map(name: str, scenario: str, years: float | None, level: int) -> HazardMap:
    hazard = Hazard(HazardKey(name, scenario, years), name, "hazard", "levels", None, TITLES[name])
    return class_map(hazard, GRID, np.full(GRID.shape, level, np.uint8))


def found(language: Literal["es", "en", "both"] = "es") -> Screening:
    """One site: landslides 2 and 4 in 2050; floods 1 (10 years) and 3 (100 years), without data in 2050."""
    maps = [
        one_map("landslide", "present", None, 2), one_map("landslide", "2050", None, 4),
        one_map("flood", "present", 10, 1), one_map("flood", "present", 100, 3), one_map("flood", "2050", 100, 255),
    ]  # fmt: skip
    by_key = {m.key: m for m in maps}
    places = gpd.GeoDataFrame(
        {"site_id": ["S-1"], "name": ['=HYPERLINK("http://x","Escuela")'], "municipality_code": ["1201"]},
        geometry=[shapely.Point(-90.995, 15.005)],
        crs=4326,
    )
    seen = screening.screen(places, by_key, language="en" if language == "en" else "es")
    places["reason"] = pd.Series(seen.reasons, dtype=object)
    aside = SetAside("sitios.xlsx", 7, (Fault("coordinates-missing", Place("sitios.xlsx", row=7)),))
    return Screening(
        tables={"sites": seen.sites, "site_hazards": seen.site_hazards},
        sites=places,
        set_aside=(aside,),
        warnings=(),
        name="Prueba",
        language=language,
        synthetic=False,
        radius_m=45,
        maps=by_key,
        municipalities={"1201": "San Marcos"},
        credits=(Credit("flood", TITLES["flood"], "INSIVUMEH", "2024", "CC BY"),) * 2,
        record={"run_id": "0123abcd", "versions": {"envgis": "0.1.0"}},
    )


def sheets(content: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def test_a_site_stands_in_words() -> None:
    book = sheets(site_workbook.render(found()))
    assert list(book) == ["Sitios", "Amenazas por sitio", "Apartados", "Fuentes"]
    header, row = book["Sitios"]
    site = dict(zip(header, row, strict=True))
    assert site["Sitio"] == "S-1" and site["Municipio"] == "San Marcos" and site["Decisión"] == "faltan datos"
    assert str(site["Razón"]).startswith("Inundación, 2050 (cada 100 años): sin datos aquí")
    levels = {name: text for name, text in site.items() if str(name).endswith("peor nivel")}
    assert levels == {
        "Deslizamientos · Presente: peor nivel": "Bajo (2)",
        "Deslizamientos · 2050: peor nivel": "Alto (4)",
        "Inundación · Presente: peor nivel": "Medio (3)",  # the worst of two return periods
        "Inundación · 2050: peor nivel": "Sin datos",
    }
    distances = [value for name, value in site.items() if "distancia" in str(name)]
    assert distances == [0.0, ""]
    assert len(book["Amenazas por sitio"]) == 1 + 5


def test_what_was_set_aside_and_the_sources_are_told() -> None:
    book = sheets(site_workbook.render(found()))
    _, row = book["Apartados"]
    assert row[:2] == ["sitios.xlsx", 7.0] and row[2] == "Faltan las coordenadas." and "Complete latitud" in str(row[3])
    told = [str(cell) for line in book["Fuentes"] for cell in line]
    assert told.count("INSIVUMEH · 2024 · CC BY") == 1
    assert any("círculo de 45 m" in text for text in told) and any("no es un permiso" in text for text in told)


@pytest.mark.parametrize(
    ("language", "decision", "place"),
    [("en", "not enough data", "Municipality"), ("both", "faltan datos / not enough data", "Municipio / Municipality")],
)
def test_every_header_and_word_is_in_the_language(language: Literal["en", "both"], decision: str, place: str) -> None:
    book = sheets(site_workbook.render(found(language)))
    header, row = next(iter(book.values()))
    assert place in header and decision in row
    reason = str(row[header.index("Reason" if language == "en" else "Razón / Reason")])
    assert "no data here" in reason and ("sin datos aquí" in reason) == (language == "both")


def test_nothing_in_it_runs() -> None:
    content = site_workbook.render(found())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode()
            assert not re.search(r"<f>|<hyperlink|TargetMode", text), name
    assert content == site_workbook.render(found())


def test_land_use_is_in_both_languages() -> None:
    """Found by looking: the sheet by hazard had its Spanish names only."""
    legend = pd.DataFrame({"code": ["1"], "name_es": ["Bosque"], "name_en": ["Forest"], "color": [""]})
    seen = found("both")
    tables = {**seen.tables, "site_hazards": seen.tables["site_hazards"].assign(landuse="Bosque")}
    book = sheets(site_workbook.render(replace(seen, tables=tables, landuse=LandUse(legend, SimpleNamespace()))))  # type: ignore[arg-type]
    header, *rows = list(book.values())[1]
    at = header.index("Uso de la tierra / Land use")
    assert {row[at] for row in rows} == {"Bosque / Forest"}
