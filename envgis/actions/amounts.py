"""What each row says of its size: quantities in their units, people, money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from envgis.actions import numbers
from envgis.actions.columns import Columns
from envgis.actions.record import PARTICIPANTS
from envgis.actions.review import Review
from envgis.actions.words import fold, or_missing, shipped, synonyms, translate, vocabulary

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

# Field → its unit. Counted things cannot be fractions.
SIZES = {"area_ha": "ha", "length_m": "m", "plants": "plants", "weight_kg": "kg", "volume_m3": "m3", "units": "units", "people": "people"}
COUNTED = ("plants", "units", "people")
# A square whose side differs from place to place.
CUERDA = "cuerda"
# Columns whose name does not say the unit: only cells that say it themselves are read.
UNNAMED = {"area": "area_ha", "length": "length_m", "weight": "weight_kg", "volume": "volume_m3"}


@dataclass(frozen=True)
class Unit:
    """A unit: the field it measures, its size in that field's unit (None: no one knows), that unit."""

    name: str
    field: str
    factor: float | None
    main: str


@cache
def units(cuerda_varas: float | None = None) -> Mapping[str, Unit]:
    """Folded word → unit, from ``data/units.csv``; ``cuerda_varas`` is the side of the square that a cuerda is.

    >>> unit = units()["manzanas"]
    >>> unit.field, unit.factor, unit.main
    ('area_ha', 0.6987, 'ha')
    >>> units()["cuerda"].factor, round(units(25)["cuerda"].factor, 5)
    (None, 0.04367)
    """
    known: dict[str, Unit] = {}
    for row in shipped("units"):
        unit = Unit(row["unit"], row["field"], float(row["factor"]) if row["factor"] else None, row["main"])
        known |= {fold(word): unit for word in (row["unit"], *synonyms(row["synonyms"]))}
    if cuerda_varas is not None:
        known |= {word: replace(unit, factor=square_varas_ha(cuerda_varas)) for word, unit in known.items() if unit.name == CUERDA}
    return known


def square_varas_ha(side: float) -> float:
    """The area in hectares of a square whose side is so many varas.

    >>> round(square_varas_ha(100), 4)  # a manzana
    0.6987
    """
    metres = units()["vara"].factor
    assert metres is not None
    return (side * metres) ** 2 / 10_000


def read_number(name: str, columns: Columns, review: Review, whole: bool = False) -> numbers.Numbers:
    """A column's numbers; what cannot be read, may be read two ways or is negative speaks against the row.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"costo": ["1,500.50", "mucho"]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3]))
    >>> named, review = Columns(file, {"cost": "costo"}), Review(file)
    >>> read_number("cost", named, review).value.tolist(), [(one.row, one.faults[0].code) for one in review.set_aside()]
    ([1500.5, nan], [(3, 'number-unreadable')])
    """
    if not columns.has(name):
        return numbers.none(len(columns.file.rows))
    read = numbers.read(columns.text(name), columns.typed(name), whole)
    column, found = columns.header(name), columns.text(name)
    review.refuse(read.unreadable, "number-unreadable", column, found)
    review.refuse(read.undecided, "number-undecided", column, found)
    with np.errstate(invalid="ignore"):
        review.refuse(read.value < 0, "number-negative", column, found)
        review.refuse(whole & (read.value % 1 > 0), "number-fraction", column, found)
    return read


def sizes(columns: Columns, review: Review, known: Mapping[str, Unit]) -> dict[str, object]:
    """quantity, unit and the seven sizes, each in its own unit; NaN and NA where nothing is said. ``known`` : of `units`.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"area_ha": ["2.5", ""], "cantidad": ["", "3"], "unidad": ["", "km"]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3]))
    >>> named, review = Columns(file, {"area_ha": "area_ha", "quantity": "cantidad", "unit": "unidad"}), Review(file)
    >>> read = sizes(named, review, units())
    >>> read["area_ha"].tolist(), read["length_m"].tolist()
    ([2.5, nan], [nan, 3000.0])
    """
    read = {name: _size(name, columns, review, known) for name in SIZES}
    for name, meant in UNNAMED.items():
        read[meant] = np.where(np.isnan(read[meant]), _size(name, columns, review, known), read[meant])
    quantity, unit = _quantity(columns, review, known)
    for name, main in SIZES.items():
        said = (unit == main) & np.isnan(read[name])
        with np.errstate(invalid="ignore"):
            review.note((unit == main) & (np.abs(quantity - read[name]) > 1e-6 * read[name]), "quantity-differs")
        read[name] = np.where(said, quantity, read[name])
        if name in COUNTED:
            with np.errstate(invalid="ignore"):
                review.refuse(said & (quantity % 1 > 0), "number-fraction", columns.header("quantity"), columns.text("quantity"))
    with np.errstate(divide="ignore", invalid="ignore"):
        density = read["plants"] / read["area_ha"]
        review.note((density > 5000) | (density < 100), "density-odd")
    return {**read, "quantity": quantity, "unit": or_missing(pd.Series(unit))}


def _size(name: str, columns: Columns, review: Review, known: Mapping[str, Unit]) -> Floats:
    """One column of sizes; a unit written in a cell is converted, if it measures the same. None is ever assumed."""
    read = read_number(name, columns, review, whole=name in COUNTED)
    value = read.value.copy()
    if not columns.has(name):
        return value
    words = (read.before + " " + read.after).str.strip()
    if name in UNNAMED:
        silent = (words == "").to_numpy(bool) & np.isfinite(value)
        review.note(silent, "unit-missing")
        value[silent] = np.nan
    for word in words[words != ""].unique():
        rows = (words == word).to_numpy(bool) & np.isfinite(value)
        unit = known.get(fold(str(word)))
        measured = unit is not None and unit.field == UNNAMED.get(name, name)
        _refuse_unit(rows, unit if measured else None, name, columns, review)
        if unit is not None and unit.factor is not None:
            review.note(rows & (unit.factor != 1), "unit-converted")
            value[rows] *= unit.factor
    return value


def _quantity(columns: Columns, review: Review, known: Mapping[str, Unit]) -> tuple[Floats, NDArray[np.object_]]:
    """The reported quantity in its main unit, and that unit ("" where none is said: none is assumed)."""
    read = read_number("quantity", columns, review)
    value, main = read.value.copy(), np.full(len(read.value), "", dtype=object)
    in_cell, beside = (read.before + " " + read.after).str.strip(), columns.text("unit")
    words = in_cell.mask(in_cell == "", beside)
    for word in words[words != ""].unique():
        rows = (words == word).to_numpy(bool) & np.isfinite(value)
        unit = known.get(fold(str(word)))
        _refuse_unit(rows, unit, "quantity" if (in_cell == word).any() else "unit", columns, review)
        if unit is not None and unit.factor is not None:
            review.note(rows & (unit.factor != 1), "unit-converted")
            value[rows] *= unit.factor
            main[rows] = unit.main
    unlike = np.array(translate(in_cell, _named) != translate(beside, _named), bool)
    two = (in_cell != "").to_numpy(bool) & (beside != "").to_numpy(bool) & unlike
    review.refuse(two, "unit-two", columns.header("unit"), (in_cell + " · " + beside).tolist())
    review.note(np.isfinite(value) & (words == "").to_numpy(bool), "unit-missing")
    review.note(value == 0, "quantity-zero")
    return value, main


def _named(word: str) -> str:
    """The unit's name, the word itself where it is none."""
    unit = units().get(fold(word))
    return word if unit is None else unit.name


def _refuse_unit(rows: Mask, unit: Unit | None, name: str, columns: Columns, review: Review) -> None:
    column, found = columns.header(name), columns.text(name)
    if unit is None:
        known = tuple(sorted({u.name for u in units().values()}))
        review.refuse(rows, "unit-unknown", column, found, units=known)
    elif unit.factor is None:
        review.refuse(rows, "area-unit-unknown", column, found)


def participants(columns: Columns, review: Review) -> dict[str, object]:
    """participants_women … participants_boys; a missing count stays missing.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"mujeres": ["14", ""]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3]))
    >>> named, review = Columns(file, {"participants_women": "mujeres"}), Review(file)
    >>> participants(named, review)["participants_women"].tolist()
    [14.0, nan]
    """
    names = [f"participants_{who}" for who in PARTICIPANTS]
    return {name: read_number(name, columns, review, whole=True).value for name in names}


def money(columns: Columns, review: Review) -> dict[str, object]:
    """cost, cost_currency, cost_gtq, remittance_share, remittance_gtq. Nothing is converted without a rate in the row.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"costo": ["Q 1,000.00", "$200.00"], "porcentaje remesas": ["25", "50"]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3]))
    >>> named, review = Columns(file, {"cost": "costo", "remittance_share": "porcentaje remesas"}), Review(file)
    >>> read = money(named, review)
    >>> read["cost_gtq"].tolist(), read["remittance_gtq"].tolist()  # no rate of exchange is ever assumed
    ([1000.0, nan], [250.0, nan])
    """
    cost, currency = _cost(columns, review)
    quetzales = read_number("cost_gtq", columns, review).value
    rate = read_number("exchange_rate", columns, review).value
    cost_gtq = np.where(currency == "GTQ", cost, np.where(currency == "USD", cost * rate, np.nan))
    cost_gtq = np.where(np.isfinite(quetzales), quetzales, cost_gtq)
    only_quetzales = np.isnan(cost) & np.isfinite(quetzales)
    cost, currency = np.where(only_quetzales, quetzales, cost), np.where(only_quetzales, "GTQ", currency)
    review.note(np.isfinite(cost) & np.isnan(cost_gtq) & (currency == ""), "currency-missing")
    review.note(np.isfinite(cost) & np.isnan(cost_gtq) & (currency != ""), "currency-no-rate")
    share = _share(columns, review)
    remitted = read_number("remittance_gtq", columns, review).value
    return {
        "cost": cost,
        "cost_currency": or_missing(pd.Series(currency)),
        "cost_gtq": cost_gtq,
        "remittance_share": share,
        "remittance_gtq": np.where(np.isfinite(remitted), remitted, cost_gtq * share),
    }


def _cost(columns: Columns, review: Review) -> tuple[Floats, NDArray[np.object_]]:
    read = read_number("cost", columns, review)
    in_cell, beside = (read.before + " " + read.after).str.strip(), columns.text("cost_currency")
    words = in_cell.mask(in_cell == "", beside)
    known = vocabulary("cost_currency")
    currency = translate(words, lambda word: known.get(fold(word), "")).to_numpy(object)
    said = (words != "").to_numpy(bool) & np.isfinite(read.value)
    column = columns.header("cost_currency") or columns.header("cost")
    review.refuse(said & (currency == ""), "currency-unknown", column, words)
    return read.value, np.where(np.isfinite(read.value), currency, "")


def _share(columns: Columns, review: Review) -> Floats:
    """The share that remittances paid, 0…1. A column is in per cent if it says so anywhere, or if it holds more than 1."""
    read = read_number("remittance_share", columns, review)
    name = fold(columns.header("remittance_share") or "").split()
    with np.errstate(invalid="ignore"):
        percent = bool((read.value > 1).any() or (read.after == "%").any() or {"porcentaje", "percent", "percentage", "pct", "%"} & set(name))
        share = read.value / 100 if percent else read.value
        review.refuse(share > 1, "share-above-one", columns.header("remittance_share"), columns.text("remittance_share"))
    return share
