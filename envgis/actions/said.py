"""What each row says in words: type, status, dates, who paid, what the reviewer decided."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from envgis.actions import catalogue, dates
from envgis.actions.columns import Columns
from envgis.actions.review import Review
from envgis.actions.words import fold, or_missing, translate, vocabulary
from envgis.faults import Message
from envgis.locale import LANGUAGES

Mask = NDArray[np.bool_]

_IN_FORCE = ("done", "verified")
_TOTALS = frozenset({"total", "totales", "total general", "suma", "subtotal", "grand total", "sum"})


def action_types(columns: Columns, own: Mapping[str, str], review: Review) -> pd.Series:
    """The slug of each row's type, by the user's own words, then the catalogue's. An unknown one is never guessed.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"accion": ["Terrazas", "Siembra buena", "azul"]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3, 4]))
    >>> named, review = Columns(file, {"action_type": "accion"}), Review(file)
    >>> action_types(named, {"siembra buena": "reforestation"}, review).to_list()
    ['terraces', 'reforestation', <NA>]
    >>> [(one.row, one.faults[0].code) for one in review.set_aside()]
    [(4, 'type-unknown')]
    """
    words = columns.text("action_type")
    known = {**catalogue.words(), **{fold(word): slug for word, slug in own.items() if slug in catalogue.types().index}}
    slugs = translate(words, lambda word: known.get(fold(word), "")).astype("string")
    column = columns.header("action_type")
    review.refuse((words == "").to_numpy(bool), "type-missing", column)
    unknown = ((words != "") & (slugs == "")).to_numpy(bool)
    near = translate(words.where(unknown, ""), lambda word: _nearest(word) if word else None)
    review.refuse(unknown, "type-unknown", column, words, near=near)
    return or_missing(slugs)


def _nearest(word: str) -> Message:
    """The three types most like a word; where none is much like it, that is said too."""
    near = catalogue.nearest()
    return Message("actions.near" if near.alike(word) else "actions.near-none", {"names": _names(near(word))})


def _names(slugs: list[str]) -> dict[str, str]:
    return {language: ", ".join(f"{catalogue.names(language)[slug]} ({slug})" for slug in slugs) for language in LANGUAGES}


def refuse_totals(columns: Columns, review: Review) -> None:
    """A row that adds up the others is no report.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"accion": ["Terrazas", "Total"], "area_ha": ["2", "2"]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3]))
    >>> named, review = Columns(file, {"action_type": "accion", "area_ha": "area_ha"}), Review(file)
    >>> refuse_totals(named, review)
    >>> review.refused.tolist()
    [False, True]
    """
    first = pd.Series([""] * len(columns.file.rows), dtype="string")
    for header in columns.file.rows.columns:
        empty = first == ""
        if not empty.any():
            break
        first = first.mask(empty, columns.file.rows[header].reset_index(drop=True).fillna("").str.strip())
    total = translate(first, lambda cell: fold(cell) in _TOTALS)
    review.refuse(total.to_numpy(bool), "row-is-total", found=first)


def statuses(columns: Columns, review: Review) -> pd.Series:
    """One of `record.STATUSES`; NA where the row says nothing.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"estado": ["terminada", "", "azul"]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3, 4]))
    >>> named, review = Columns(file, {"status": "estado"}), Review(file)
    >>> statuses(named, review).to_list(), review.refused.tolist()
    (['done', <NA>, <NA>], [False, False, True])
    """
    words = columns.text("status")
    known = vocabulary("status")
    values = translate(words, lambda word: known.get(fold(word), "")).astype("string")
    unknown = ((words != "") & (values == "")).to_numpy(bool)
    review.refuse(unknown, "status-unknown", columns.header("status"), words)
    review.note((words == "").to_numpy(bool), "status-missing")
    return or_missing(values)


def reviewed(columns: Columns, status: pd.Series, review: Review) -> tuple[pd.Series, pd.Series]:
    """What the reviewer decided, and the status that follows from it: approved and done is verified.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"_validation_status": ["validation_status_approved", "validation_status_not_approved"]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3]))
    >>> named, review = Columns(file, {"review_state": "_validation_status"}), Review(file)
    >>> state, status = reviewed(named, pd.Series(["done", "done"], dtype="string"), review)
    >>> state.to_list(), status.to_list(), review.refused.tolist()
    (['approved', 'rejected'], ['verified', 'done'], [False, True])
    """
    words = columns.text("review_state")
    known = vocabulary("review_state")
    state = translate(words, lambda word: known.get(fold(word), "")).astype("string")
    review.refuse((state == "rejected").to_numpy(bool), "report-rejected", columns.header("review_state"), words)
    review.note(state.isin(["on_hold", "has_issues"]).to_numpy(bool), "review-open")
    review.note(((words != "") & (state == "")).to_numpy(bool), "review-unknown")
    confirmed = ((state == "approved") & (status == "done")).fillna(False)
    return or_missing(state), status.mask(confirmed.astype(bool), "verified")


def periods(columns: Columns, status: pd.Series, today: dt.date, review: Review) -> dict[str, pd.Series]:
    """date_start and date_end, and what speaks against them. ``today`` is the workspace's day, never the clock's.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"fecha_inicio": ["2026-03-01", "2026-03-01"], "fecha_fin": ["2026-05-29", "2026-01-01"]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3]))
    >>> named, review = Columns(file, {"date_start": "fecha_inicio", "date_end": "fecha_fin"}), Review(file)
    >>> found = periods(named, pd.Series(["done", "done"]), dt.date(2026, 11, 24), review)
    >>> found["date_end"].dt.strftime("%d/%m").to_list(), [one.faults[0].code for one in review.set_aside()]
    (['29/05', '01/01'], ['date-order'])
    """
    start, end = _dates("date_start", columns, review), _dates("date_end", columns, review)
    # As dates, however they were written: one of them may be a number of Excel's.
    found = (start.dt.strftime("%Y-%m-%d") + " → " + end.dt.strftime("%Y-%m-%d")).fillna("").tolist()
    review.refuse((end < start).to_numpy(bool), "date-order", columns.header("date_end"), found)
    finished = status.isin(_IN_FORCE).to_numpy(bool)
    last = end.where(end.notna(), start)
    column = columns.header("date_end") or columns.header("date_start")
    late = finished & ((last > pd.Timestamp(today)) | (start > pd.Timestamp(today))).to_numpy(bool)
    review.refuse(late, "date-future", column, last.dt.strftime("%Y-%m-%d").fillna("").tolist(), day=today)
    review.note(finished & last.isna().to_numpy(bool), "date-missing")
    return {"date_start": start, "date_end": end}


def _dates(name: str, columns: Columns, review: Review) -> pd.Series:
    text = columns.text(name)
    read = dates.read(text)
    column = columns.header(name)
    review.refuse(read.unreadable, "date-unreadable", column, text)
    review.refuse(read.impossible, "date-impossible", column, text)
    review.refuse(read.undecided, "date-undecided", column, text)
    review.note(read.assumed, "date-day-first", name=column)
    return read.value


def funding(columns: Columns, review: Review) -> pd.Series:
    """Who paid: values of `record.FUNDING_SOURCES`, sorted, joined by ``;``; NA where the row says nothing.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"fondos": ["municipalidad, INAB", "mi tío", ""]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3, 4]))
    >>> named, review = Columns(file, {"funding_source": "fondos"}), Review(file)
    >>> funding(named, review).to_list()
    ['inab;municipality', 'other', <NA>]
    """
    words = columns.text("funding_source")
    review.note(translate(words, lambda cell: _funders(cell)[1]).to_numpy(bool), "funding-unknown")
    return or_missing(translate(words, lambda cell: ";".join(_funders(cell)[0])))


def _funders(cell: str) -> tuple[list[str], bool]:
    """Funding sources of one cell, and whether a word in it is unknown (counted as "other")."""
    known = vocabulary("funding_source")
    found: set[str] = set()
    unknown = False
    for part in filter(None, (piece.strip() for piece in re.split(r"[;|,/+]", cell))):
        if fold(part) in known:
            found.add(known[fold(part)])
        elif all(fold(word) in known for word in part.split()):  # Kobo: several answers with blanks between
            found |= {known[fold(word)] for word in part.split()}
        else:
            found.add("other")
            unknown = True
    return sorted(found), unknown
