"""Field reports: which rows are accepted, which are set aside, and with what words."""

from __future__ import annotations

import csv
import io
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import reporting
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envgis.actions import intake, record, shapes
from envgis.actions.places import Gazetteer
from envgis.actions.record import Actions, quarantine
from envgis.locale import LANGUAGES, explain, faults, remedy, sentence
from envgis.workspace import Reports

# What people write, and what becomes of it


def test_a_good_row_by_hand():
    taken = reporting.take([reporting.GOOD | {"mujeres": "3", "remesas": "", "costo": "Q 2,500.00", "financiamiento": "remesas; comunidad"}])
    row = taken.table.iloc[0]
    assert list(taken.table.columns) == [*record.COLUMNS, "geometry"]
    assert {name: str(taken.table[name].dtype) for name in record.COLUMNS} == record.COLUMNS
    assert row["action_type"] == "terraces"
    assert row["status"] == "done"
    assert row["date_start"] == pd.Timestamp("2026-03-12")
    assert (row.geometry.x, row.geometry.y) == (-91.7944, 14.9650)
    assert row["municipality_code"] == row["municipality_declared"] == "1201"
    assert row["participants_women"] == 3
    assert pd.isna(row["participants_men"])
    assert (row["cost"], row["cost_currency"], row["cost_gtq"]) == (2500.0, "GTQ", 2500.0)
    assert row["funding_source"] == "community;remittance"
    assert row["source_row"] == 2


# FIELD-DATA §7: the row, what it becomes: "" accepted, "note:code" accepted with a note, else the reason against it.
BAD_INPUTS = [
    ("swapped", {"latitud": "-91.7944", "longitud": "14.9650"}, "coordinates-swapped"),
    ("unsigned", {"longitud": "91.7944"}, "coordinates-unsigned"),
    ("swapped and unsigned", {"latitud": "91.7944", "longitud": "14.9650"}, "coordinates-swapped-unsigned"),
    ("UTM 15N", {"latitud": "1654807", "longitud": "629640"}, "coordinates-utm15"),
    ("UTM 15N, northing first", {"latitud": "629640", "longitud": "1654807"}, "coordinates-utm15"),
    ("GTM", {"latitud": "1655192", "longitud": "360782"}, "coordinates-gtm"),
    ("UTM with thousands", {"latitud": "1,654,807", "longitud": "629,640.0"}, "coordinates-utm15"),
    ("GTM, no municipality", {"latitud": "1655192", "longitud": "360782", "municipio": ""}, "coordinates-gtm"),
    ("DMS", {"latitud": "14°57'54\"N", "longitud": "91°47'39.8\" O"}, "note:coordinates-sexagesimal"),
    ("DMS, other axis", {"latitud": "91 47 39.8 W", "longitud": "14 57 54 N"}, "note:coordinates-sexagesimal"),
    ("DMS, primes", {"latitud": "N 14° 57′ 54″", "longitud": "W 91° 47′ 39.8″"}, "note:coordinates-sexagesimal"),
    ("DMS without side", {"latitud": "14 57 54", "longitud": "91 47 39.8"}, "coordinates-unsigned"),
    ("letters clash", {"latitud": "14.9650 W", "longitud": "-91.7944"}, "coordinates-unreadable"),
    ("decimal comma", {"latitud": "14,9650", "longitud": "-91,7944"}, ""),
    ("point lost", {"latitud": "14965000", "longitud": "-91794400"}, "coordinates-pointless"),
    ("zero", {"latitud": "0", "longitud": "0"}, "coordinates-zero"),
    ("empty", {"latitud": "", "longitud": ""}, "coordinates-missing"),
    ("half", {"latitud": "14.9650", "longitud": ""}, "coordinates-half"),
    ("place name", {"latitud": "frente a la iglesia", "longitud": "frente a la iglesia"}, "coordinates-unreadable"),
    ("link", {"latitud": "https://maps.example/@14.96,-91.79", "longitud": "x"}, "coordinates-unreadable"),
    ("not a place", {"latitud": "95", "longitud": "-191"}, "coordinates-out-of-range"),
    ("infinite", {"latitud": "inf", "longitud": "1e999"}, "coordinates-unreadable"),
    ("300 m outside", {"latitud": "15.0627"}, "note:municipality-near"),
    ("4 km outside", {"latitud": "15.10"}, "municipality-far"),
    ("in another municipality", {"longitud": "-91.73"}, "municipality-differs"),
    ("outside all, none declared", {"latitud": "10", "longitud": "-80", "municipio": ""}, "place-outside"),
    ("accuracy 0", {"precision": "0"}, "note:accuracy-zero"),
    ("accuracy 80 m", {"precision": "80"}, "note:accuracy-poor"),
    ("accuracy as a word", {"precision": "buena"}, "note:accuracy-unreadable"),
    ("rejected", {"_validation_status": "validation_status_not_approved"}, "report-rejected"),
    ("rejected, label", {"_validation_status": "No aprobado"}, "report-rejected"),
    ("on hold", {"_validation_status": "validation_status_on_hold"}, "note:review-open"),
    ("dd/mm", {"fecha": "31/03/2026"}, ""),
    ("day first assumed", {"fecha": "03/04/2026"}, "note:date-day-first"),
    ("serial", {"fecha": "46100"}, ""),
    ("words", {"fecha": "12 de marzo de 2026"}, ""),
    ("short words", {"fecha": "12-mar-26"}, ""),
    ("31/02", {"fecha": "31/02/2026"}, "date-impossible"),
    ("month 13", {"fecha": "2026-13-01"}, "date-impossible"),
    ("yesterday", {"fecha": "ayer"}, "date-unreadable"),
    ("no day", {"fecha": "marzo 2026"}, "date-unreadable"),
    ("done in the future", {"fecha": "2026-12-01"}, "date-future"),
    ("planned in the future", {"fecha": "2027-01-01", "estado": "planificada"}, ""),
    ("end before start", {"fecha de fin": "2026-03-01"}, "date-order"),
    ("done without a date", {"fecha": ""}, "note:date-missing"),
    ("undecided number", {"plantas": "x", "peso": "1.200"}, "number-undecided"),
    ("text as number", {"area_ha": "poca"}, "number-unreadable"),
    ("negative", {"plantas": "-5"}, "number-negative"),
    ("half a woman", {"mujeres": "2.5"}, "number-fraction"),
    ("cuerdas", {"area_ha": "5 cuerdas"}, "area-unit-unknown"),
    ("cuerdas beside", {"cantidad": "5", "unidad": "cuerdas"}, "area-unit-unknown"),
    ("manzanas", {"area_ha": "2 mz"}, "note:unit-converted"),
    ("wrong dimension", {"area_ha": "12 qq"}, "unit-unknown"),
    ("area, no unit", {"area": "20000"}, "note:unit-missing"),
    ("area with its unit", {"area": "20000 m2"}, "note:unit-converted"),
    ("two units", {"cantidad": "12 qq", "unidad": "m3"}, "unit-two"),
    ("no unit", {"cantidad": "500"}, "note:unit-missing"),
    ("nothing done", {"cantidad": "0", "unidad": "kg"}, "note:quantity-zero"),
    ("absurd density", {"plantas": "107941", "area_ha": "1"}, "note:density-odd"),
    ("larger than its municipality", {"area_ha": "100000"}, "area-beyond-municipality"),
    ("very large", {"area_ha": "1001"}, "note:area-large"),
    ("large", {"area_ha": "999"}, ""),
    ("a wall of eleven hectares", {"tipo": "Muro de contención", "area_ha": "11"}, "note:area-large"),
    ("a wall of nine hectares", {"tipo": "Muro de contención", "area_ha": "9"}, ""),
    ("unknown type", {"tipo": "limpieza"}, "type-unknown"),
    ("no type", {"tipo": ""}, "type-missing"),
    ("unknown status", {"estado": "quién sabe"}, "status-unknown"),
    ("no status", {"estado": ""}, "note:status-missing"),
    ("name without accents", {"municipio": "SAN MARCOS"}, ""),
    ("unknown municipality", {"municipio": "San Marquitos"}, "declared-unknown"),
    ("name of two, place decides", {"municipio": "San Pedro Sac.", "longitud": "-91.73"}, ""),
    ("name of two, place does not", {"municipio": "San Pedro Sacatepéquez", "latitud": "14.5", "longitud": "-90.6"}, "municipality-ambiguous"),
    ("code and name differ", {"cod_muni": "1202"}, "municipality-two"),
    ("formula", {"notas": "=HYPERLINK(1)", "mujeres": "+3"}, ""),
    ("total", {"tipo": "TOTAL", "fecha": "", "latitud": "", "longitud": ""}, "row-is-total"),
    ("unknown currency", {"costo": "500", "moneda": "euros"}, "currency-unknown"),
    ("no currency", {"costo": "500"}, "note:currency-missing"),
    ("dollars", {"costo": "US$ 500"}, "note:currency-no-rate"),
    ("share above one", {"porcentaje de remesas": "130"}, "share-above-one"),
    ("unknown funder", {"financiamiento": "mi tía"}, "note:funding-unknown"),
]


@cache
def taken_with(case: int) -> Actions:
    """What becomes of the good row with one of the changes of BAD_INPUTS."""
    return reporting.take([reporting.GOOD | BAD_INPUTS[case][1]])


@pytest.mark.parametrize("case", range(len(BAD_INPUTS)), ids=[case[0] for case in BAD_INPUTS])
def test_bad_inputs(case: int):
    taken, becomes = taken_with(case), BAD_INPUTS[case][2]
    if not becomes:
        assert (reporting.reasons(taken), len(taken.table)) == ([], 1)
    elif becomes.startswith("note:"):
        assert reporting.reasons(taken) == []
        assert becomes.removeprefix("note:") in reporting.flags(taken)
    else:
        assert becomes in reporting.reasons(taken)
        listed = quarantine(taken.set_aside, "es")
        assert listed[["file", "row"]].values.tolist() == [["reportes.csv", 2]]
        assert listed["remedy"].str.len().iloc[0] > 10


@pytest.mark.parametrize("said", [{"area_ha": "5 cuerdas"}, {"area": "5 crdas."}, {"cantidad": "5", "unidad": "Cuerdas"}])
@pytest.mark.parametrize(("varas", "square_m"), [(25, 436.7), (40, 1117.9)])  # the sizes of `units.csv`'s source
def test_a_cuerda_is_a_square_of_so_many_varas(said: dict[str, str], varas: float, square_m: float):
    taken = reporting.take([reporting.GOOD | said], cuerda_varas=varas)
    assert taken.table["area_ha"].tolist() == pytest.approx([5 * square_m / 10_000], rel=1e-4)
    assert (reporting.reasons(taken), "unit-converted" in reporting.flags(taken)) == ([], True)


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("San Mracos", "San Marcos"),
        ("AMATITLN", "Amatitlán"),
        ("San Pdero Sacatepequez", "San Pedro Sacatepéquez"),
        ("Amatitlán Centro", "Amatitlán"),
    ],
)
def test_a_misspelt_municipality_is_not_guessed_but_named(written: str, nearest: str):
    """Also where the place lies in the one that is meant: a name that is wrong may be the row's mistake or the place's."""
    (row,) = reporting.take([reporting.GOOD | {"municipio": written}]).set_aside
    (fault,) = row.faults
    assert fault.code == "declared-unknown"
    assert f"«{written}» no está en la capa de municipios. Los más parecidos: {nearest}" in sentence(fault.message, "es")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_note_can_be_said(language: str):
    for fault in [
        f for taken in map(taken_with, range(len(BAD_INPUTS))) for f in [*taken.notes, *(fault for row in taken.set_aside for fault in row.faults)]
    ]:
        said = explain(fault, language)
        assert all([said.what, said.cause, said.remedy])
        assert "None" not in said.what
        assert "nan" not in said.what


def test_an_area_is_compared_with_the_municipality_in_which_it_is_counted():
    """1201 is 0.10° × 0.16°: 10.76 km × 17.70 km by hand (111.32 km · cos 14.98°; 110.64 km), 19,037 ha."""
    taken = reporting.take([reporting.GOOD | {"area_ha": "19100"}, reporting.GOOD | {"area_ha": "18900"}])
    fault = taken.set_aside[0].faults[0]
    assert [(row.row, row.faults[0].code) for row in taken.set_aside] == [(2, "area-beyond-municipality")]
    assert fault.values["whole_ha"] == pytest.approx(19_037, rel=1e-3)
    assert sentence(fault.message, "es").startswith("Área de 19,100.0 ha: más que todo el municipio de San Marcos (1201)")


def test_a_drawing_larger_than_its_municipality_is_set_aside_whatever_is_declared():
    drawn = gpd.GeoSeries([shapely.box(-91.99, 14.80, -91.60, 15.10)], crs=4326)
    for row in (reporting.GOOD, reporting.GOOD | {"area_ha": "5"}):
        assert "area-beyond-municipality" in reporting.reasons(reporting.take(reporting.table([row], geometry=drawn)))


def test_the_reading_that_would_fit_is_shown_not_applied():
    taken = reporting.take([reporting.GOOD | {"latitud": "1655192", "longitud": "360782"}])
    fault = taken.set_aside[0].faults[0]
    assert (fault.values["lat"], fault.values["lon"]) == pytest.approx((14.9650, -91.7944), abs=2e-5)
    assert "San Marcos (1201)" in sentence(fault.message, "es")
    assert "14.96" in remedy(fault.message, "es")
    assert taken.table.empty


def test_without_a_municipality_every_reading_that_fits_is_named():
    # Read as GTM it lies in 1201; a square put where UTM 15N would lead makes the pair ambiguous.
    lon, lat = -94.291, 14.967
    there = gpd.GeoDataFrame({"code": ["9999"], "name": ["Lejos"]}, geometry=[shapely.box(lon - 1, lat - 1, lon + 1, lat + 1)], crs=4326)
    both = pd.concat([reporting.MUNICIPALITIES, there], ignore_index=True)
    file = reporting.table([reporting.GOOD | {"latitud": "1655192", "longitud": "360782", "municipio": ""}])
    taken = intake.take([file], Reports(paths=["*"], date=reporting.TODAY), both)
    fault = taken.set_aside[0].faults[0]
    assert fault.code == "coordinates-several-readings"
    assert "GTM" in sentence(fault.message, "es")
    assert "UTM 15N" in sentence(fault.message, "en")


def test_an_unknown_type_is_set_aside_with_three_neighbours():
    fault = reporting.take([reporting.GOOD | {"tipo": "barrera"}]).set_aside[0].faults[0]
    assert fault.values["near"].values["names"]["es"].count("(") == 3
    assert "living_barrier" in fault.values["near"].values["names"]["es"]


def test_the_users_own_words_and_columns_win():
    row = {
        "labor": "siembra de palitos",
        "latitud": "14.9650",
        "longitud": "-91.7944",
        "tipo": "no importa",
        "estado": "hecho",
        "fecha": "2026-01-01",
    }
    taken = reporting.take([row], columns={"labor": "action_type"}, types={"Siembra de palitos": "reforestation"})
    assert taken.table["action_type"].tolist() == ["reforestation"]


def test_distance_to_the_declared_municipality_is_geodesic():
    taken = reporting.take([reporting.GOOD | {"longitud": "-91.73"}])
    fault = taken.set_aside[0].faults[0]
    to_border = shapes.WGS84.inv(-91.73, 14.965, -91.78, 14.965)[2] / 1000
    assert fault.values["distance_km"] == pytest.approx(to_border, rel=1e-5)
    assert fault.values["other"] == "San Pedro Sacatepéquez (1202)"


def test_a_border_belongs_to_the_lower_code():
    taken = reporting.take([reporting.GOOD | {"municipio": "", "longitud": "-91.78"}])
    assert taken.table["municipality_code"].tolist() == ["1201"]


def test_a_code_that_lost_its_zero_is_read_and_said():
    taken = reporting.take([reporting.GOOD | {"municipio": "114", "latitud": "14.48", "longitud": "-90.6"}])
    assert taken.table["municipality_code"].tolist() == ["0114"]
    assert reporting.flags(taken) == ["municipality-padded"]
    assert "0114" in explain(taken.notes[0], "es").what


def test_rows_with_one_number_are_one_report_only_if_they_say_the_same():
    """People number their rows from 1 in every file: two actions that only have one number both count."""
    wall = {"id": "1", "tipo": "Muro de contención"}
    rows = [{"id": "1"}, wall, {"id": "1", "fecha": "2026-03-13"}, {"id": "1", "latitud": "14.97"}, {"id": "1", "mujeres": "4"}, {"id": "2"}]
    taken = reporting.take([reporting.GOOD | row for row in rows])
    assert [(row.row, row.faults[0].code, row.faults[0].values["other_row"]) for row in taken.set_aside] == [(2, "report-repeated", 6)]
    assert taken.table["action_id"].is_unique and len(taken.table) == 5
    assert not [note for note in taken.notes if note.code == "report-columns-unused"]


def test_rows_with_one_number_in_two_files_are_one_report():
    one, other = (reporting.table([reporting.GOOD | {"ID": number} for number in numbers], name) for name, numbers in (("a", "123"), ("b", "39")))
    taken = intake.take([one, other], Reports(paths=["*"], date=reporting.TODAY), reporting.MUNICIPALITIES)
    assert [(row.file, row.row, row.faults[0].code) for row in taken.set_aside] == [("a", 4, "report-repeated")]


def test_a_number_beside_the_key_of_a_survey_tool_decides_nothing():
    taken = reporting.take([reporting.GOOD | {"id": "1", "_uuid": uuid} for uuid in "ab"] + [reporting.GOOD | {"id": ""}] * 2)
    assert taken.table["action_id"].to_list()[:2] == ["a", "b"] and len(taken.table) == 4


# Laws

WORDS = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "14.9650",
        "-91.7944",
        "1.200",
        "2,5",
        "Terrazas",
        "hecho",
        "31/02/2026",
        "2026-03-12",
        "1201",
        "114",
        "San Marcos",
        "5 cuerdas",
        "=1+1",
    ]
)
ROWS = st.lists(
    st.fixed_dictionaries({name: st.one_of(st.just(cell), WORDS) for name, cell in {**reporting.GOOD, "plantas": "3", "costo": "Q5"}.items()}),
    max_size=6,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_rows_in_are_rows_out(rows: list[dict[str, str]]):
    if rows:
        taken = reporting.take(rows)
        kept = taken.table["source_row"].tolist() + [row.row for row in taken.set_aside]
        assert sorted(kept) == list(range(2, len(rows) + 2))
        assert len(quarantine(taken.set_aside, "en")) == len(taken.set_aside)
        assert all(row.faults for row in taken.set_aside)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[dict[str, str]], random: object):
    if not rows:
        return
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    ids = [row | {"action_id": str(i)} for i, row in enumerate(rows)]
    plain, mixed = reporting.take(ids), reporting.take([ids[i] for i in order])
    content = [name for name in record.COLUMNS if name != "source_row"]
    first, second = (t.table.sort_values("action_id", ignore_index=True) for t in (plain, mixed))
    pd.testing.assert_frame_equal(first[content], second[content])
    assert first.geometry.to_wkt().tolist() == second.geometry.to_wkt().tolist()
    assert sorted(reporting.reasons(plain)) == sorted(reporting.reasons(mixed))


@settings(deadline=None)
@given(st.floats(-91.95, -91.65), st.floats(14.80, 15.10))
def test_the_gazetteer_agrees_with_plain_geometry(lon: float, lat: float):
    gazetteer = Gazetteer(reporting.MUNICIPALITIES)
    inside = [gazetteer.codes[i] for i, shape in enumerate(gazetteer.shapes) if shape.intersects(shapely.Point(lon, lat))]
    (found,) = gazetteer.containing(np.array([lon]), np.array([lat]))
    assert ([gazetteer.codes[found]] if found >= 0 else []) == sorted(inside)[:1]


def test_every_code_of_the_room_is_in_the_catalogue_of_faults():
    named = {case[2].removeprefix("note:") for case in BAD_INPUTS} - {"", "coordinates-sexagesimal"}  # a flag that nobody is told of
    assert named <= set(faults())


# Quarantine


def test_quarantine_has_one_row_for_each_set_aside_with_all_its_reasons():
    taken = reporting.take([reporting.GOOD | {"latitud": "", "tipo": "cosa", "fecha": "ayer"}, reporting.GOOD])
    listed = quarantine(taken.set_aside, "en")
    assert len(listed) == 1
    assert all(part in listed["reason"].iloc[0] for part in ("cosa", "ayer", "coordinates"))
    written = listed.to_csv(index=False)
    assert next(iter(csv.DictReader(io.StringIO(written))))["row"] == "2"


def test_a_day_that_excel_counts_is_shown_as_a_day() -> None:
    taken = reporting.take([reporting.GOOD | {"fecha": "2026-01-10", "fecha_fin": "46000"}])
    (fault,) = taken.set_aside[0].faults
    assert (fault.code, fault.found) == ("date-order", "2026-01-10 → 2025-12-09")


def test_the_coordinate_that_is_there_is_shown_alone_and_rounded() -> None:
    (fault,) = reporting.take([reporting.GOOD | {"latitud": "", "longitud": "-91.85502807301299"}]).set_aside[0].faults
    assert (fault.code, fault.found) == ("coordinates-half", "-91.855028")
