"""Numbers, dates, units and money: one convention for a column, and never a silent guess."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import reporting
from hypothesis import given
from hypothesis import strategies as st

from envgis import tables
from envgis.actions import amounts, dates, numbers
from envgis.actions.words import fold
from envgis.locale import explain

# Numbers, dates, amounts


def values(*cells: str, whole: bool = False) -> numbers.Numbers:
    return numbers.read(pd.Series(cells, dtype="string"), np.zeros(len(cells), bool), whole)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1.234,5", "1.200"], [1234.5, 1200]),
        (["Q 2,500.00", "1,200"], [2500, 1200]),
        (["0.125", "1.200"], [0.125, 1.2]),
        (["1.234.567", "1,5"], [1234567, 1.5]),
        (["12 qq", "2 toneladas", "-", "5m3"], [12, 2, None, 5]),
        (["−3.5", "+4", "1 200"], [-3.5, 4, 1200]),
    ],
)
def test_one_convention_for_a_column(cells: list[str], expected: list[float | None]):
    read = values(*cells)
    assert not read.undecided.any()
    assert not read.unreadable.any()
    assert [None if np.isnan(v) else v for v in read.value] == expected


def test_a_column_that_does_not_tell_is_undecided():
    assert values("1.200", "3", "1,500").undecided.tolist() == [True, False, True]
    assert values("1.200", "1.5", "2,5").undecided.tolist() == [True, False, False]
    assert values("1.200", whole=True).value.tolist() == [1200]


def test_numbers_of_the_file_are_beyond_doubt():
    read = numbers.read(pd.Series(["1.234", "1,234"], dtype="string"), np.array([True, False]))
    assert read.value[0] == 1.234
    assert read.undecided.tolist() == [False, True]


@given(st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 2)), min_size=1), st.sampled_from([(".", ","), (",", ".")]))
def test_numbers_survive_either_convention(amounts_: list[float], marks: tuple[str, str]):
    decimal, group = marks
    written = [f"{x:,.2f}".replace(",", "G").replace(".", decimal).replace("G", group) for x in amounts_]
    assert values(*written).value.tolist() == amounts_


@given(st.lists(st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)), min_size=1), st.booleans())
def test_dates_are_never_silently_wrong(days: list[dt.date], month_first: bool):
    text = pd.Series([day.strftime("%m/%d/%Y" if month_first else "%d/%m/%Y") for day in days], dtype="string")
    read = dates.read(text)
    decided = ~(read.undecided | read.assumed)
    if any(day.day > 12 for day in days):
        assert decided.all()
    for value, day, sure in zip(read.value, days, decided, strict=True):
        assert not sure or value.date() == day


def test_iso_dates_keep_their_months():
    read = dates.read(pd.Series(["2026-03-12", "03/12/2026", "25/12/2026"], dtype="string"))
    assert [day.isoformat()[:10] for day in read.value] == ["2026-03-12", "2026-12-03", "2026-12-25"]


def test_dates_of_both_orders_leave_the_open_ones_aside():
    read = dates.read(pd.Series(["25/12/2026", "12/25/2026", "03/04/2026", "05/05/2026"], dtype="string"))
    assert read.undecided.tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("word", "field", "factor"), [("manzanas", "area_ha", 0.6987), ("qq", "weight_kg", 45.36), ("Árboles", "plants", 1), ("km", "length_m", 1000)]
)
def test_units(word: str, field: str, factor: float):
    unit = amounts.units()[fold(word)]
    assert (unit.field, unit.factor) == (field, factor)


def test_quantities_become_sizes():
    rows = [reporting.GOOD | {"cantidad": q, "unidad": u} for q, u in (("12", "qq"), ("2.5", "km"), ("300", "plantas"), ("20000", "m2"))]
    taken = reporting.take(rows).table
    assert taken["weight_kg"].iloc[0] == pytest.approx(544.32)
    assert taken["length_m"].iloc[1] == 2500
    assert taken["plants"].iloc[2] == 300
    assert taken["area_ha"].iloc[3] == pytest.approx(2.0)
    assert taken["unit"].tolist() == ["kg", "m", "plants", "ha"]


def test_what_is_reported_in_its_types_own_unit_is_in_the_table():
    """Plants of a nursery, kilograms of a clean-up, people of a training: summed by type, each in its unit."""
    reported = [
        ("Vivero", "8000", "plantas"),
        ("Vivero", "500", "arbolitos"),
        ("Jornada de limpieza", "2", "qq"),
        ("Capacitación", "46", "personas"),
        ("Reforestación", "300", "plantas"),
        ("Terrazas", "2", "ha"),
    ]
    taken = reporting.take([reporting.GOOD | {"tipo": t, "cantidad": q, "unidad": u} for t, q, u in reported])
    assert [note.code for note in taken.notes if note.code.startswith(("quantity", "unit-m"))] == []
    table = tables.actions(taken.table, reporting.MUNICIPALITIES).set_index("action_type")["units"]
    assert table.fillna(-1).to_dict() == pytest.approx({"nursery": 8500, "cleanup": 90.72, "training": 46, "reforestation": 300, "terraces": -1})


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"tipo": "Vivero", "cantidad": "20", "unidad": "kg"}, "quantity-uncounted"),
        ({"tipo": "Jornada de limpieza", "volumen m3": "12"}, "quantity-uncounted"),
        ({"tipo": "Reforestación", "cantidad": "30", "unidad": "personas"}, "quantity-uncounted"),
        ({"tipo": "Vivero", "cantidad": "8000", "unidad": "plantas", "plantas": "800"}, "quantity-differs"),
        ({"tipo": "Vivero", "cantidad": "8000"}, "unit-missing"),
        ({"tipo": "Vivero", "plantas": "800", "personas": "30"}, ""),
    ],
)
def test_a_quantity_that_no_table_holds_is_told(row: dict[str, str], code: str):
    taken = reporting.take([reporting.GOOD | row])
    assert [note.code for note in taken.notes if note.code != "report-columns-unused"] == ([code] if code else [])
    if code == "quantity-uncounted" and row["tipo"] == "Vivero":
        assert "Se cuentan: Vivero: plantas. Filas (1): 2." in explain(taken.notes[0], "es").what


def test_a_weight_of_a_type_counted_in_units_stays_in_the_record_and_is_told():
    """The catalogue has kilograms and units for it: the units win, and no kilogram becomes one."""
    rows = [reporting.GOOD | {"tipo": "Acopio y manejo de residuos", "cantidad": q, "unidad": u} for q, u in (("40", "kg"), ("3", "unidades"))]
    taken = reporting.take(rows)
    assert taken.table[["quantity", "unit", "weight_kg", "units"]].fillna(-1).values.tolist() == [[40, "kg", 40, -1], [3, "units", -1, 3]]
    assert tables.actions(taken.table, reporting.MUNICIPALITIES)["units"].tolist() == [3]
    (told,) = [note for note in taken.notes if note.code == "quantity-uncounted"]
    assert "Se cuentan: Acopio y manejo de residuos: unidades. Filas (1): 2." in explain(told, "es").what


def test_money_is_converted_only_with_a_rate():
    rows = [
        reporting.GOOD | {"costo": "100", "moneda": m, "tipo de cambio": r, "porcentaje de remesas": "30"}
        for m, r in (("GTQ", ""), ("USD", "7.7"), ("USD", ""))
    ]
    taken = reporting.take(rows).table
    assert taken["cost_gtq"].fillna(-1).tolist() == [100, 770, -1]
    assert taken["remittance_gtq"].fillna(-1).tolist() == pytest.approx([30, 231, -1])


@pytest.mark.parametrize(
    ("header", "cells", "shares"),
    [
        ("porcentaje de remesas", ["1", "0.5"], [0.01, 0.005]),
        ("parte de remesas", ["1", "0.5"], [1, 0.5]),
        ("parte de remesas", ["1", "50"], [0.01, 0.5]),
    ],
)
def test_a_share_or_per_cent(header: str, cells: list[str], shares: list[float]):
    taken = reporting.take([reporting.GOOD | {header: cell} for cell in cells]).table
    assert taken["remittance_share"].tolist() == pytest.approx(shares)
