"""Dates as people write them. Whether the day or the month comes first is decided for a whole column, never for one cell."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from envgis.actions.numbers import BLANKS
from envgis.actions.words import fold

Mask = NDArray[np.bool_]

_MONTHS = (
    ("enero", "ene", "january", "jan"),
    ("febrero", "feb", "february"),
    ("marzo", "mar", "march"),
    ("abril", "abr", "april", "apr"),
    ("mayo", "may"),
    ("junio", "jun", "june"),
    ("julio", "jul", "july"),
    ("agosto", "ago", "august", "aug"),
    ("septiembre", "setiembre", "sep", "sept", "set", "september"),
    ("octubre", "oct", "october"),
    ("noviembre", "nov", "november"),
    ("diciembre", "dic", "december", "dec"),
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}
_TIME = r"(?:[T ]\s*\d{1,2}:\d{2}.*)?"
_ISO = re.compile(rf"^(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}$")
_SLASHED = re.compile(rf"^(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}|\d{{2}}){_TIME}$")
_DAY_WORD_YEAR = re.compile(r"^(?:[a-z]+ )?(\d{1,2}) (?:de )?([a-z]+)(?: de| del)? (\d{4}|\d{2})$")
_WORD_DAY_YEAR = re.compile(r"^([a-z]+) (\d{1,2}) (\d{4})$")
_SERIAL = re.compile(r"^(\d{5})(?:\.\d+)?$")
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_SERIALS = range(32874, 73051)  # 1990 to 2099
_YEARS = range(1950, 2101)


@dataclass(frozen=True)
class Dates:
    """A column of dates.

    value : datetime64[s], NaT where there is none
    unreadable : cells with something that is no whole date ("ayer", "marzo 2026")
    impossible : dates that do not exist (31/02)
    undecided : cells that may be read two ways, in a column with proof of both
    assumed : cells that may be read two ways, in a column without proof: the day is taken to come first
    """

    value: pd.Series
    unreadable: Mask
    impossible: Mask
    undecided: Mask
    assumed: Mask


def read(text: pd.Series) -> Dates:
    """The dates of one column of one file.

    >>> found = read(pd.Series(["24/11/2026", "03/04/2026", "24 de noviembre de 2026", "ayer"]))
    >>> found.value.dt.strftime("%Y-%m-%d").to_list(), found.unreadable.tolist()
    (['2026-11-24', '2026-04-03', '2026-11-24', nan], [False, False, False, True])
    """
    codes, unique = pd.factorize(text.fillna("").astype(object), use_na_sentinel=False)
    cells = [str(cell).strip() for cell in unique]
    slashed = {i: (int(m[1]), int(m[2]), _year(m[3])) for i, cell in enumerate(cells) if (m := _SLASHED.match(cell))}
    day_first = any(a > 12 >= b for a, b, _ in slashed.values())
    month_first = any(b > 12 >= a for a, b, _ in slashed.values())

    days: list[dt.date | None] = [None] * len(cells)
    unreadable, impossible, undecided, assumed = (np.zeros(len(cells), bool) for _ in range(4))
    for i, cell in enumerate(cells):
        if i in slashed:
            a, b, year = slashed[i]
            open_question = a != b and a <= 12 and b <= 12
            undecided[i] = open_question and day_first and month_first
            assumed[i] = open_question and not day_first and not month_first
            month_leads = b > 12 >= a or (open_question and month_first)
            parts: tuple[int, int, int] | None = (year, a, b) if month_leads else (year, b, a)
        else:
            parts = _worded(cell)
            unreadable[i] = parts is None and cell.casefold() not in BLANKS
        if parts is not None and not undecided[i]:
            days[i] = _date(*parts)
            impossible[i] = days[i] is None
    value = pd.Series(pd.to_datetime(pd.Series(days, dtype="object")).astype("datetime64[s]").to_numpy()[codes])
    return Dates(value, unreadable[codes], impossible[codes], undecided[codes], assumed[codes])


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def _worded(cell: str) -> tuple[int, int, int] | None:
    """Year, month, day of a cell that can be read one way only, whether or not that day exists."""
    if found := _ISO.match(cell):
        return int(found[1]), int(found[2]), int(found[3])
    if (found := _SERIAL.match(cell)) and int(found[1]) in _SERIALS:
        day = _EXCEL_EPOCH + dt.timedelta(days=int(found[1]))
        return day.year, day.month, day.day
    words = fold(cell)
    if (found := _DAY_WORD_YEAR.match(words)) and found[2] in _MONTH_OF:
        return _year(found[3]), _MONTH_OF[found[2]], int(found[1])
    if (found := _WORD_DAY_YEAR.match(words)) and found[1] in _MONTH_OF:
        return int(found[3]), _MONTH_OF[found[1]], int(found[2])
    return None


def moments(text: pd.Series) -> pd.Series:
    """When reports were sent in (UTC, seconds), from ISO times or dates; NaT where that cannot be told.

    >>> moments(pd.Series(["2026-06-02T15:00:08.000-06:00", "24/11/2026", "ayer"])).to_list()
    [Timestamp('2026-06-02 21:00:08'), Timestamp('2026-11-24 00:00:00'), NaT]
    """
    when = pd.to_datetime(text.replace("", pd.NA), errors="coerce", utc=True, format="ISO8601").dt.tz_localize(None).astype("datetime64[s]")
    return when.where(when.notna(), read(text).value)
