"""Numbers as people write them. What a point or a comma means is decided for a whole column, never for one cell.

Read cell by cell, one number in twenty of an undecided column is wrong, and "1.200" silently becomes 1.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

# Written where there is nothing to write.
BLANKS = frozenset({"", "-", "--", "—", "–", "n/a", "na", "n.a.", "nd", "n/d", "s/d", "sd", "ninguno", "ninguna", "none", "null", "nan", "no aplica"})
_CELL = re.compile(r"^(?P<before>[^\d.,+\-−]*)(?P<number>[+\-−]?\s?[.,]?\d[\d.,'’   ]*?)(?P<after>[^\d.,'’](?:.*[^\d])?[23²³]?|)$")
_GROUPED = {".": re.compile(r"^\d{1,3}(\.\d{3})+$"), ",": re.compile(r"^\d{1,3}(,\d{3})+$")}


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    value : float64, NaN where there is none
    before, after : the words around the number in its cell ("Q", "qq")
    unreadable : cells with something that is no number
    undecided : cells that may be read two ways ("1.200") in a column that does not tell which
    """

    value: NDArray[np.float64]
    before: pd.Series
    after: pd.Series
    unreadable: Mask
    undecided: Mask


@dataclass(frozen=True)
class _Parts:
    before: str
    digits: str
    after: str
    mark: str  # the decimal mark that the cell itself proves, "" if it proves none
    doubtful: bool  # one mark before exactly three digits


def none(count: int) -> Numbers:
    """A column that is not there.

    >>> none(2).value.tolist()
    [nan, nan]
    """
    nothing, words = np.zeros(count, bool), pd.Series([""] * count, dtype="string")
    return Numbers(np.full(count, np.nan), words, words, nothing, nothing)


def read(text: pd.Series, typed: Mask, whole: bool = False) -> Numbers:
    """The numbers of one column of one file.

    text : cells; typed : which of them were numbers in the file, hence beyond doubt
    whole : the column counts things, so that "1.200" is no fraction unless the column proves that its mark is decimal

    >>> found = read(pd.Series(["1.200", "3,5", "Q 20", "mucho"]), np.zeros(4, bool))
    >>> found.value.tolist(), found.before.to_list(), found.unreadable.tolist()  # the comma of 3,5 decides what the point of 1.200 is
    ([1200.0, 3.5, 20.0, nan], ['', '', 'Q', ''], [False, False, False, True])
    >>> read(pd.Series(["1.200"]), np.zeros(1, bool)).undecided.tolist()
    [True]
    """
    codes, unique = pd.factorize(text.fillna("").astype(object), use_na_sentinel=False)
    parts = [_split(str(cell)) for cell in unique]
    written = np.zeros(len(unique), bool)
    written[codes[~typed]] = True
    marks = {p.mark for p, counts in zip(parts, written, strict=True) if p is not None and counts and p.mark}
    decimal = marks.pop() if len(marks) == 1 else ""

    value = np.full(len(unique), np.nan)
    unreadable, undecided = np.zeros(len(unique), bool), np.zeros(len(unique), bool)
    for i, part in enumerate(parts):
        if part is None:
            unreadable[i] = str(unique[i]).strip().casefold() not in BLANKS
        elif part.doubtful and not whole and not decimal:
            undecided[i] = True
        else:
            number = _number(part, part.mark or decimal)
            unreadable[i], value[i] = number is None, np.nan if number is None else number
    plain = pd.to_numeric(text.where(pd.Series(typed, index=text.index), ""), errors="coerce").to_numpy(float, na_value=np.nan)
    return Numbers(
        np.where(typed, plain, value[codes]),
        pd.Series([p.before if p else "" for p in parts], dtype="string").iloc[codes].reset_index(drop=True),
        pd.Series([p.after if p else "" for p in parts], dtype="string").iloc[codes].reset_index(drop=True),
        unreadable[codes] & ~typed,
        undecided[codes] & ~typed,
    )


def _split(cell: str) -> _Parts | None:
    found = _CELL.match(cell.strip())
    if found is None or cell.strip().casefold() in BLANKS:
        return None
    digits = re.sub(r"[\s'’  ]", "", found["number"]).replace("−", "-")
    before, after = found["before"].strip(), found["after"].strip()
    bare = digits.lstrip("+-")
    points, commas = bare.count("."), bare.count(",")
    if points and commas:
        return _Parts(before, digits, after, max(".,", key=bare.rfind), doubtful=False)
    if points + commas == 0:
        return _Parts(before, digits, after, "", doubtful=False)
    mark = "." if points else ","
    if points + commas > 1:
        return _Parts(before, digits, after, "," if points else ".", doubtful=False)
    if _GROUPED[mark].match(bare) and not bare.startswith("0"):
        return _Parts(before, digits, after, "", doubtful=True)
    return _Parts(before, digits, after, mark, doubtful=False)


def _number(part: _Parts, decimal: str) -> float | None:
    """The value, where every mark but ``decimal`` parts groups of three; None if they do not."""
    whole, _, fraction = part.digits.lstrip("+-").partition(decimal) if decimal else (part.digits.lstrip("+-"), "", "")
    if any(mark in fraction for mark in ".,"):
        return None
    group = next((mark for mark in ".," if mark in whole), "")
    if group and not _GROUPED[group].match(whole):
        return None
    value = float(f"{whole.replace(group, '') if group else whole or '0'}.{fraction or '0'}")
    return -value if part.digits.startswith("-") else value
