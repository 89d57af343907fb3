"""What actions are assumed to change: remaining factors by type and hazard, each with its source."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import cache

import pandas as pd

from envgis.actions import catalogue
from envgis.actions.words import shipped
from envgis.faults import Fault, Place

KEYS = ("action_type", "hazard", "acts_on")
FACTORS = ("f_low", "f_central", "f_high")
COLUMNS = (*KEYS, *FACTORS, "source", "verified")


@cache
def _shipped() -> pd.DataFrame:
    return _typed(shipped("effects"))


def _typed(rows: list[dict[str, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype="string")
    for factor in FACTORS:
        table[factor] = table[factor].astype("float64")
    table["verified"] = table["verified"] == "yes"
    return table


def factors(own: pd.DataFrame | None = None) -> pd.DataFrame:
    """Remaining factors f (1 = no effect): one row for each action_type, hazard (family) and acts_on (a variable).

    own : rows of the user's (same columns), which replace those shipped for the same type, hazard and variable
    returns : action_type, hazard, acts_on, f_low ≤ f_central ≤ f_high (float64), source, verified (bool), sorted

    >>> terraces = factors().query("action_type == 'terraces'").iloc[0]
    >>> terraces["acts_on"], float(terraces["f_central"])
    ('soil_loss', 0.28)
    """
    table = _shipped() if own is None else pd.concat([_shipped(), own[list(COLUMNS)]], ignore_index=True)
    table = table.drop_duplicates(list(KEYS), keep="last")
    return table.sort_values(list(KEYS), ignore_index=True)


def parse(text: str, file: str) -> tuple[pd.DataFrame, list[Fault]]:
    """A user's table of effects (CSV with the columns of `factors`; ``verified`` may be missing).

    Returns the rows that can be used and every fault. A factor above 1 (an action that makes things worse) is taken as
    1, with a warning.

    >>> head = "action_type,hazard,acts_on,f_low,f_central,f_high,source\\n"
    >>> table, faults = parse(head + "terraces,erosion,soil_loss,0.1,0.2,0.3,own\\nterraza,erosion,soil_loss,0.1,0.2,0.3,own\\n", "effects.csv")
    >>> table["f_central"].to_list(), [(fault.code, fault.at.row) for fault in faults]
    ([0.2], [('effects-type-unknown', 3)])
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    missing = [c for c in COLUMNS[:-1] if c not in (reader.fieldnames or [])]
    if missing:
        return _typed([]), [Fault("effects-columns-missing", Place(file), ", ".join(reader.fieldnames or []), {"missing": missing})]
    rows, faults = [], []
    for number, raw in enumerate(reader, start=2):
        row = {c: (raw.get(c) or "").strip() for c in COLUMNS}
        found = _faults_of(row, Place(file, row=number))
        faults += found
        if not any(f.severity == "error" for f in found):
            rows.append(row | {factor: str(min(float(row[factor]), 1.0)) for factor in FACTORS})
    return _typed(rows), faults


def _faults_of(row: Mapping[str, str], at: Place) -> list[Fault]:
    faults = []
    if row["action_type"] not in catalogue.types().index:
        near = catalogue.nearest()(row["action_type"])
        faults.append(Fault("effects-type-unknown", Place(at.file, row=at.row, column="action_type"), row["action_type"], {"near": near}))
    faults += [
        Fault("effects-cell-empty", Place(at.file, row=at.row, column=column), values={"name": column})
        for column in ("hazard", "acts_on", "source")
        if not row[column]
    ]
    try:
        low, central, high = (float(row[factor]) for factor in FACTORS)
    except ValueError:
        return [*faults, Fault("effects-factor-unreadable", at, " / ".join(row[f] for f in FACTORS))]
    if not 0 <= low <= central <= high < float("inf"):
        return [*faults, Fault("effects-factor-order", at, f"{low:g} / {central:g} / {high:g}")]
    if high > 1:
        faults.append(Fault("effects-factor-above-one", at, f"{low:g} / {central:g} / {high:g}", severity="warning"))
    return faults
