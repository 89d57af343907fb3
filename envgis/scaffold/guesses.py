"""Which columns of a file say what was done and who paid, by what stands in them. Only what can be checked is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from envgis.actions import catalogue, columns, numbers
from envgis.actions.amounts import CUERDA, units
from envgis.actions.reported import ReportFile
from envgis.actions.words import fold, vocabulary
from envgis.faults import Message

# The share of a column's cells that must be kinds of action; sources of funding; parts of a hundred.
_MOSTLY, _ALMOST_ALL, _ALL = 0.5, 0.9, 1.0
# What stands before a unit, and the longest cell that may be no more than an amount with its unit.
_AMOUNT, _LONGEST = re.compile(r"^[\d.,\s]+"), 40


@dataclass(frozen=True)
class Guess:
    """What was made of columns that no name of ours gives away.

    columns : their names without groups: the one that was taken, or several that might be it, of which none was
    field : the field of ours
    fitting, count : cells of the column that speak for it, and cells with anything in them
    """

    columns: tuple[str, ...]
    field: str
    fitting: int = 0
    count: int = 0

    @property
    def mapping(self) -> dict[str, str]:
        """The column that was taken → field, as ``[actions.columns]`` has it; empty where none was."""
        return {self.columns[0]: self.field} if len(self.columns) == 1 else {}

    @property
    def sure(self) -> bool:
        """Whether one column was taken, and every cell of it speaks for it."""
        return len(self.columns) == 1 and self.fitting == self.count

    @property
    def message(self) -> Message:
        """The guess as a sentence to be said."""
        values: dict[str, object] = {"what": Message(f"init.column.{self.field}"), "field": self.field}
        if len(self.columns) != 1:
            return Message("init.columns.several", {**values, "columns": self.columns})
        counts = {"fitting": self.fitting, "count": self.count}
        return Message("init.columns.assumed" if self.sure else "init.columns.partly", {**values, **counts, "column": self.columns[0]})


def kind(table: ReportFile) -> Guess | None:
    """The column in which most cells are kinds of action of the catalogue; without a column where intake knows it itself.

    None if there is no such column; a column by the right name with other words in it is one if rows have a status.
    """
    named = columns.match(table, {}, "columns")[0]
    own = named.header("action_type")
    if own is not None and (_speaks(_kinds, own, table, _MOSTLY) or named.has("status")):
        return Guess((), "action_type")
    best = max(map(str, table.rows.columns), key=lambda header: _share(_kinds, header, table), default=None)
    return None if best is None or not _speaks(_kinds, best, table, _MOSTLY) else _guess([best], "action_type", _kinds, table)


def paid(table: ReportFile, own: Mapping[str, str]) -> list[Guess]:
    """The columns that say who paid and what share remittances paid, where neither is known by a name of ours.

    own : columns mapped already
    """
    named = columns.match(table, own, "columns")[0]
    free = [str(header) for header in table.rows.columns if header not in named.headers.values() and not str(header).startswith("_")]
    tests: dict[str, tuple[_Test, float]] = {"funding_source": (_funders, _ALMOST_ALL), "remittance_share": (_shares, _ALL)}
    found = []
    for field, (test, least) in tests.items():
        fitting = [] if named.has(field) else [header for header in free if _speaks(test, header, table, least)]
        if fitting:
            found.append(_guess(fitting, field, test, table))
    return found


def in_cuerdas(table: ReportFile) -> bool:
    """Whether any cell gives an amount in cuerdas, or names them as a unit."""
    words = {word for word, unit in units().items() if unit.name == CUERDA}
    cells = table.rows.astype("string").stack().drop_duplicates().str.strip()
    cells = cells[cells.str.len() < _LONGEST]
    return bool((cells.str.replace(_AMOUNT, "", regex=True).map(fold).isin(words)).any())


def together(told: Iterable[Guess]) -> tuple[Guess, ...]:
    """Guesses at the same columns of several sheets as one, their cells added."""
    sums: dict[tuple[tuple[str, ...], str], Guess] = {}
    for one in told:
        key = one.columns, one.field
        sums[key] = replace(one, fitting=sums[key].fitting + one.fitting, count=sums[key].count + one.count) if key in sums else one
    return tuple(sums.values())


# Header and cells of a column → how many of the cells speak for it.
_Test = Callable[[str, pd.Series], int]


def _guess(headers: list[str], field: str, test: _Test, table: ReportFile) -> Guess:
    cells = _cells(table, headers[0])
    return Guess(tuple(re.split("[/:]", header)[-1] for header in headers), field, test(headers[0], cells), len(cells))


def _speaks(test: _Test, header: str, table: ReportFile, least: float) -> bool:
    return _share(test, header, table) >= least


def _share(test: _Test, header: str, table: ReportFile) -> float:
    cells = _cells(table, header)
    return test(header, cells) / len(cells) if len(cells) else 0.0


def _cells(table: ReportFile, header: str) -> pd.Series:
    text = table.rows[header].astype("string").fillna("").str.strip()
    return text[text != ""]


def _kinds(_header: str, cells: pd.Series) -> int:
    known = catalogue.words()
    return sum(fold(cell) in known for cell in cells)


def _funders(_header: str, cells: pd.Series) -> int:
    known = vocabulary("funding_source")
    return sum(fold(cell) in known or all(fold(part) in known for part in re.split(r"[;|,/+\s]+", cell) if part) for cell in cells)


def _shares(header: str, cells: pd.Series) -> int:
    """Numbers from 0 to 100 under a name that speaks of remittances and of no amount."""
    words = set(fold(header).split())
    if not words & {"remesa", "remesas", "remittance", "remittances"} or words & {"q", "gtq", "monto", "quetzales", "amount"}:
        return 0
    read = numbers.read(cells.reset_index(drop=True), np.zeros(len(cells), bool))
    percent = bool(words & {"porcentaje", "pct", "percent", "percentage", "parte", "share"} or (read.after == "%").any())
    return int(((read.value >= 0) & (read.value <= 100)).sum()) if percent else 0
