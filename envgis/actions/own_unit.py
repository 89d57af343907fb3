"""The unit in which each type of action is counted beside its area and its length: plants of a nursery, kilograms of rubbish."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from envgis.actions import catalogue
from envgis.actions.amounts import SIZES
from envgis.actions.review import Review
from envgis.locale import LANGUAGES, phrase

# Every table has columns of these; all other sizes share one, each type in its own unit.
MEASURED = ("area_ha", "length_m")


@cache
def own_size(action_type: str) -> str:
    """The field of a type's own unit: units where the catalogue names them or nothing else, or the first that it names.

    >>> own_size("nursery"), own_size("cleanup"), own_size("waste_management"), own_size("terraces")
    ('plants', 'weight_kg', 'units', 'units')
    """
    fields = {unit: name for name, unit in SIZES.items() if name not in MEASURED}
    known = catalogue.types()["units"]
    named = str(known[action_type]).split() if action_type in known.index else []
    return "units" if "units" in named else next((fields[unit] for unit in named if unit in fields), "units")


def in_own_unit(actions: pd.DataFrame) -> pd.Series:
    """How much each action of the record is in its type's own unit; NA where its report does not say.

    >>> from envgis.actions.record import frame
    >>> told = {"action_type": ["nursery", "cleanup"], "plants": [8000, 5], "weight_kg": [None, 40]}
    >>> in_own_unit(frame(told, [None, None])).tolist()
    [8000.0, 40.0]
    """
    amount = pd.Series(pd.NA, index=actions.index, dtype="Float64")
    for action_type in actions["action_type"].dropna().unique():
        amount = amount.mask((actions["action_type"] == action_type).fillna(False), actions[own_size(str(action_type))])
    return amount


def tell_uncounted(action_type: pd.Series, sizes: Mapping[str, Any], review: Review) -> None:
    """Note the rows that give a size in another unit than their type's own: no table adds it up.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> review = Review(ReportFile("a.csv", Path("a.csv"), "", pd.DataFrame({"cantidad": ["20", "30"]}), np.array([2, 3])))
    >>> sizes = {name: np.full(2, np.nan) for name in SIZES} | {"weight_kg": np.array([20.0, 30.0]), "unit": pd.Series(["kg", "kg"])}
    >>> tell_uncounted(pd.Series(["nursery", "cleanup"]), sizes, review)
    >>> [(note.code, note.values["rows"], note.values["types"]["en"]) for note in review.notes()]
    [('quantity-uncounted', '2', 'Nursery: plants')]
    """
    types = action_type.fillna("").astype(str)
    own = types.map(own_size)
    quantity = pd.Series(sizes["unit"]).fillna("").astype(str)
    odd = np.zeros(len(types), bool)
    for name, unit in SIZES.items():
        if name not in MEASURED:
            # People stand beside any action, as those whom it reached; only as its quantity are they its size.
            meant = np.isfinite(np.asarray(sizes[name], float)) & ((name != "people") | (quantity == unit).to_numpy(bool))
            odd |= meant & (own != name).to_numpy(bool)
    odd &= (types != "").to_numpy(bool) & ~review.refused
    if odd.any():
        found = list(dict.fromkeys(zip(types[odd], own[odd], strict=True)))
        said = {lang: ", ".join(f"{catalogue.names(lang)[t]}: {phrase('unit.' + SIZES[o], lang)}" for t, o in found) for lang in LANGUAGES}
        review.note(odd, "quantity-uncounted", types=said)
