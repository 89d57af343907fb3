"""Rows under examination: what speaks against each, and what was noted about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from envgis.actions.record import SetAside
from envgis.actions.reported import ReportFile
from envgis.actions.words import or_missing
from envgis.faults import Fault, Place

Mask = NDArray[np.bool_]
_SHOWN = 80  # characters of a cell that a sentence shows
_NAMED = 10  # rows that a note names


class Review:
    """The rows of one file with the reasons against them. A row with a reason is set aside, a noted one is not.

    >>> from pathlib import Path
    >>> review = Review(ReportFile("a.csv", Path("a.csv"), "", pd.DataFrame({"estado": ["?", ""]}), np.array([2, 3])))
    >>> review.refuse(np.array([True, False]), "status-unknown", "estado", "?")
    >>> review.note(np.array([False, True]), "status-missing")
    >>> [(one.row, one.faults[0].code) for one in review.set_aside()], [fault.code for fault in review.notes()]
    ([(2, 'status-unknown')], ['status-missing'])
    """

    def __init__(self, file: ReportFile) -> None:
        self.file = file
        self.refused: Mask = np.zeros(len(file.rows), bool)
        self._faults: dict[int, list[Fault]] = {}
        self._noted: dict[str, Mask] = {}
        self._about: dict[str, Mapping[str, object]] = {}
        self._flagged: dict[str, Mask] = {}

    def refuse(self, where: Mask, code: str, column: str | None = None, found: Any = "", **values: Any) -> None:
        """Speak against the rows of ``where``. ``found`` and ``values`` hold for all rows (a tuple is one value), or are
        a list, an array or a column with one for each row."""
        rows = np.flatnonzero(where)
        numbers, texts = self.file.row_numbers[rows].tolist(), _at(rows, found)
        own = {name: _at(rows, value) for name, value in values.items()}
        for k, i in enumerate(rows.tolist()):
            at = Place(self.file.label, row=numbers[k], column=column)
            said = {name: value[k] for name, value in own.items()}
            self._faults.setdefault(i, []).append(Fault(code, at, str(texts[k])[:_SHOWN], said))
        self.refused |= where

    def refuse_all(self, fault: Fault) -> None:
        """Set aside every row for one reason, which takes the place of all others."""
        self.refused[:] = True
        self._faults = {i: [fault] for i in range(len(self.refused))}

    def note(self, where: Mask, code: str, **about: object) -> None:
        """Say something about the rows of ``where``, which stay; ``about`` are values of the sentence."""
        if where.any():
            self._noted[code] = self._noted.get(code, np.zeros(len(self.refused), bool)) | where
            self._about[code] = {**self._about.get(code, {}), **about}

    def flag(self, where: Mask, code: str) -> None:
        """Mark the rows of ``where`` in the column of flags alone: it is worth finding, but nobody need be told."""
        self._flagged[code] = where

    def set_aside(self) -> list[SetAside]:
        """The refused rows, in the file's order."""
        rows = self.file.row_numbers
        return [SetAside(self.file.label, int(rows[i]), tuple(self._faults[i])) for i in sorted(self._faults)]

    def flags(self) -> pd.Series:
        """For each row the codes noted or flagged, sorted and joined by ``;`` (NA where there is none)."""
        joined = np.full(len(self.refused), "", dtype=object)
        marked = self._noted | self._flagged
        for code in sorted(marked):
            where = marked[code]
            joined[where] = [f"{text};{code}" if text else code for text in joined[where]]
        return or_missing(pd.Series(joined, dtype="string"))

    def notes(self) -> list[Fault]:
        """Each thing noted about accepted rows, once for the file, with the rows it is about."""
        faults = []
        for code in sorted(self._noted):
            rows = self.file.row_numbers[self._noted[code] & ~self.refused]
            if len(rows):
                named = [str(row) for row in rows[:_NAMED].tolist()] + (["…"] if len(rows) > _NAMED else [])
                about = {**self._about[code], "count": len(rows), "rows": ", ".join(named)}
                faults.append(Fault(code, Place(self.file.label), values=about, severity="warning"))
        return faults


def _at(rows: NDArray[np.intp], value: Any) -> list[Any]:
    """The value of each of the rows."""
    if isinstance(value, pd.Series):
        value = value.to_numpy(object)
    if isinstance(value, np.ndarray):
        chosen: list[Any] = value[rows].tolist()
        return chosen
    return [value[i] for i in rows.tolist()] if isinstance(value, list) else [value] * len(rows)
