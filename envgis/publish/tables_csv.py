"""The summary tables as CSV: UTF-8 with BOM, comma, full precision; nothing in them starts a formula."""

from __future__ import annotations

import csv
import io

import pandas as pd

from envgis import locale

# What makes Excel, LibreOffice or Google Sheets take a text for a formula (OWASP), full-width forms too.
_FORMULA_HEADS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def notice(synthetic: bool) -> str:
    """What every row of a table says of its data, in both languages: a table travels alone. Empty for real data."""
    return " / ".join(locale.both("synthetic").values()) if synthetic else ""


def render(table: pd.DataFrame, notice: str = "") -> bytes:
    """A table as CSV. Missing values are blank; numbers keep every digit, so that reading gives the same bits.

    A text that begins like a formula gets an apostrophe before it; numbers stay numbers, a longitude of -90.6 too.

    notice : what every row says in a last column of that name; without it there is no such column

    >>> render(pd.DataFrame({"municipality": ["=1+1"], "area_ha": [-0.5]})).decode("utf-8-sig").split()
    ['municipality,area_ha', "'=1+1,-0.5"]
    >>> render(pd.DataFrame({"area_ha": [2.0]}), "trial").decode("utf-8-sig").split()
    ['area_ha,notice', '2.0,trial']
    """
    # A column, not a line of comment above the header: that line would be the header to whatever reads CSV.
    safe = table.assign(notice=notice) if notice else table.copy()
    for column in safe.columns[[is_text(safe[name]) for name in safe.columns]]:
        safe[column] = safe[column].map(_inert, na_action="ignore")
    text = io.StringIO()
    safe.to_csv(text, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL, date_format="%Y-%m-%d")
    return text.getvalue().encode("utf-8-sig")


def is_text(column: pd.Series) -> bool:
    """Whether a column holds texts (or a mixture in which texts may be), and so may hold a formula."""
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column))


def _inert(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_HEADS) else value
