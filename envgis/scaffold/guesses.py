"""Which columns of a file of actions say who paid, by what stands in them. Only what can be checked is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from envgis.actions import columns, numbers
from envgis.actions.reported import ReportFile
from envgis.actions.words import fold, vocabulary

# So many of a column's cells must be sources of funding.
_ALMOST_ALL = 0.9


def paid(table: ReportFile, own: Mapping[str, str]) -> dict[str, str]:
    """Column (without its groups) → funding_source or remittance_share, where neither is known by a name of ours.

    own : columns mapped already. A guess is made only where exactly one column answers.
    """
    named = columns.match(table, own, "columns")[0]
    free = [str(header) for header in table.rows.columns if header not in named.headers.values() and not str(header).startswith("_")]
    tests = {"funding_source": _are_funders, "remittance_share": _are_shares}
    found = {}
    for field, holds in tests.items():
        fitting = [] if named.has(field) else [header for header in free if holds(header, _cells(table, header))]
        if len(fitting) == 1:
            found[re.split("[/:]", fitting[0])[-1]] = field
    return found


def _cells(table: ReportFile, header: str) -> pd.Series:
    text = table.rows[header].astype("string").fillna("").str.strip()
    return text[text != ""]


def _are_funders(_header: str, cells: pd.Series) -> bool:
    known = vocabulary("funding_source")

    def names_one(cell: str) -> bool:
        return fold(cell) in known or all(fold(part) in known for part in re.split(r"[;|,/+\s]+", cell) if part)

    return len(cells) > 0 and sum(map(names_one, cells)) / len(cells) >= _ALMOST_ALL


def _are_shares(header: str, cells: pd.Series) -> bool:
    """Numbers from 0 to 100 under a name that speaks of remittances and of no amount."""
    words = set(fold(header).split())
    if not words & {"remesa", "remesas", "remittance", "remittances"} or words & {"q", "gtq", "monto", "quetzales", "amount"}:
        return False
    read = numbers.read(cells.reset_index(drop=True), np.zeros(len(cells), bool))
    percent = bool(words & {"porcentaje", "pct", "percent", "percentage", "parte", "share"} or (read.after == "%").any())
    return percent and len(cells) > 0 and bool(((read.value >= 0) & (read.value <= 100)).all())
