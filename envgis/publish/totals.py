"""All municipalities together: the total rows of a summary table."""

from __future__ import annotations

import pandas as pd

# What a share is a share of: its total is one sum over another, never a sum or a mean of shares.
_SHARES = {"area_share": ("area_ha", None), "gap_share": ("gap_area_ha", "high_area_ha")}
_PLACE = ("municipality_code", "municipality")
_KEYS = ("hazard", "scenario", "return_period", "level", "landuse_code", "landuse", "action_type", "status", "funding_source", "layer")
# A site is no part of a sum.
_WITHOUT = ("sites", "site_hazards")


def total(name: str, table: pd.DataFrame, areas_ha: pd.Series) -> pd.DataFrame | None:
    """The total rows of a table, its columns in its order, the place blank; None where a total has no meaning.

    areas_ha : area of each municipality by its code, by which data coverage is weighted

    A sum is blank where every part is.
    """
    if name in _WITHOUT or table.empty:
        return None
    keys = [column for column in _KEYS if column in table]
    numbers = [column for column in table if column not in keys and column not in _PLACE]
    parts = table.copy()
    if "data_share" in parts:
        weight = parts["municipality_code"].map(areas_ha).astype(float)
        parts["data_share"] = parts["data_share"] * weight
        parts["_weight"] = weight
        numbers.append("_weight")
    sums = parts.groupby(keys, dropna=False, sort=False, observed=True)[numbers].sum(min_count=1).reset_index()
    for share, (part, whole) in _SHARES.items():
        if share in sums:
            sums[share] = _share(sums, part, whole)
    if "data_share" in sums:
        sums["data_share"] = sums["data_share"] / sums["_weight"]
    return sums.reindex(columns=table.columns)


def _share(sums: pd.DataFrame, part: str, whole: str | None) -> pd.Series:
    if whole is not None:
        return sums[part].div(sums[whole].where(sums[whole] != 0))
    of_map = [column for column in ("hazard", "scenario", "return_period") if column in sums]
    all_levels = sums.groupby(of_map, dropna=False)[part].transform("sum")
    return sums[part].div(all_levels.where(all_levels != 0))
