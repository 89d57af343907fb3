"""The summary tables: tidy views of the ledger, one fact a row, the unit in the column's name.

All seven levels always have a row; only municipalities have rows; what is not known is blank, never 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from envgis.actions.own_unit import in_own_unit
from envgis.actions.record import PARTICIPANTS
from envgis.levels import HIGH, LEVELS, NO_DATA, HazardKey
from envgis.locale import Language, phrase
from envgis.population import MICRO

MM2_A_HA = 1e10
LEVEL_NAMES = {**{level: str(level) for level in LEVELS}, NO_DATA: "no_data"}
_MAP = ["hazard", "scenario", "return_period"]
_PLACE = ["municipality_code", "municipality"]


def hazard_levels(ledger: pd.DataFrame, municipalities: pd.DataFrame, keys: Sequence[HazardKey], has_population: bool) -> pd.DataFrame:
    """Area, share and people by municipality, hazard map and level.

    ledger : see `envgis.ledger`; municipalities : code and name, in order of code; keys : the maps, in their order
    returns : municipality_code, municipality, hazard, scenario, return_period, level (0…5, no_data), area_ha,
        area_share (of the municipality on that lattice), population (blank without a population layer)

    >>> towns = pd.DataFrame({"code": ["0101"], "name": ["Oeste"]})
    >>> key = HazardKey("flood", "present")
    >>> where = {"hazard": "flood", "scenario": "present", "return_period": np.nan, "municipality": "0101"}
    >>> counted = pd.DataFrame({**where, "level": [1, 5], "area_mm2": [3 * 10**10, 10**10], "people_micro": [0, 8_000_000]})
    >>> table = hazard_levels(counted, towns, [key], has_population=True)
    >>> table.loc[table["area_ha"] > 0, ["level", "area_ha", "area_share", "population"]].values.tolist()
    [['1', 3.0, 0.75, 0.0], ['5', 1.0, 0.25, 8.0]]
    """
    sums = _sums(ledger, ["level"])
    rows = [
        (code, name, *key, LEVEL_NAMES[level], *sums.get((code, *_plain(key), level), (0, 0)))
        for code, name in _named(municipalities)
        for key, level in itertools.product(keys, LEVEL_NAMES)
    ]
    table = pd.DataFrame(rows, columns=[*_PLACE, *_MAP, "level", "mm2", "micro"])
    whole = table.groupby([*_PLACE, *_MAP], dropna=False)["mm2"].transform("sum")
    table["area_ha"] = table["mm2"] / MM2_A_HA
    table["area_share"] = table["mm2"] / whole
    return _finished(table, has_population)


def landuse_hazard(
    ledger: pd.DataFrame,
    municipalities: pd.DataFrame,
    keys: Sequence[HazardKey],
    legend: pd.DataFrame,
    has_population: bool,
    language: Language,
) -> pd.DataFrame:
    """Area and people by municipality, hazard map, land-use class (those that occur in the municipality) and level.

    returns : municipality_code, municipality, hazard, scenario, return_period, landuse_code, landuse, level, area_ha,
        population

    >>> towns = pd.DataFrame({"code": ["0101"], "name": ["Oeste"]})
    >>> key = HazardKey("flood", "present")
    >>> where = {"hazard": "flood", "scenario": "present", "return_period": np.nan, "municipality": "0101"}
    >>> counted = pd.DataFrame({**where, "landuse": "2", "level": [1, 5], "area_mm2": [3 * 10**10, 10**10], "people_micro": 0})
    >>> legend = pd.DataFrame({"code": ["1", "2"], "name_es": ["Bosque", "Maíz"], "name_en": ["Forest", "Maize"]})
    >>> table = landuse_hazard(counted, towns, [key], legend, has_population=False, language="en")
    >>> table.loc[table["area_ha"] > 0, ["landuse", "level", "area_ha"]].values.tolist()
    [['Maize', '1', 3.0], ['Maize', '5', 1.0]]
    """
    names = {str(c): str(n) for c, n in zip(legend["code"], legend[f"name_{language}"], strict=True)}
    names["no_data"] = phrase("level.no_data", language)
    sums = _sums(ledger, ["landuse", "level"])
    present = ledger.groupby("municipality")["landuse"].unique()
    rows = []
    for code, name in _named(municipalities):
        here = set(present.get(code, ()))
        for key, use, level in itertools.product(keys, [u for u in names if u in here], LEVEL_NAMES):
            value = sums.get((code, *_plain(key), use, level), (0, 0))
            rows.append((code, name, *key, use, names[use], LEVEL_NAMES[level], *value))
    table = pd.DataFrame(rows, columns=[*_PLACE, *_MAP, "landuse_code", "landuse", "level", "mm2", "micro"])
    table["area_ha"] = table["mm2"] / MM2_A_HA
    return _finished(table, has_population)


def adaptation(
    ledger: pd.DataFrame,
    municipalities: pd.DataFrame,
    keys: Sequence[HazardKey],
    addressed: Callable[[str, str], bool],
    has_population: bool,
    recorded: bool = True,
) -> pd.DataFrame:
    """How much dangerous land has an action in force, how much has none, and what the actions leave over.

    addressed : (hazard, face) → whether an action of the face addresses that hazard
    recorded : whether there are reports of actions; without them all that depends on actions is blank

    returns : municipality_code, municipality, hazard, scenario, return_period, mapped_area_ha (levels 0…5),
        high_area_ha (4-5), high_any_action_ha (of it, under any footprint in force), high_action_ha (under one that
        addresses the hazard), gap_area_ha = high_area_ha − high_action_ha, gap_share (blank if high is 0),
        high_after_best_ha, high_after_central_ha, high_after_worst_ha, high_population, gap_population;
        where nothing of a municipality is mapped, all but mapped_area_ha is blank

    >>> towns = pd.DataFrame({"code": ["0101"], "name": ["Oeste"]})
    >>> key = HazardKey("flood", "present")
    >>> where = {"hazard": "flood", "scenario": "present", "return_period": np.nan, "municipality": "0101"}
    >>> after = {"level_best": [3, 5], "level_central": [4, 5], "level_worst": [4, 5]}
    >>> counted = pd.DataFrame({**where, "face": ["a1", ""], "level": [4, 5], **after, "area_mm2": [3 * 10**10, 10**10], "people_micro": 0})
    >>> table = adaptation(counted, towns, [key], lambda hazard, face: face == "a1", has_population=False)
    >>> table[["high_area_ha", "high_action_ha", "gap_area_ha", "high_after_best_ha"]].values.tolist()
    [[4.0, 3.0, 1.0, 1.0]]
    """
    rows = ledger[ledger["municipality"].isin(municipalities["code"])]
    pairs = rows[["hazard", "face"]].drop_duplicates()
    known = {(h, f): bool(f) and addressed(h, f) for h, f in zip(pairs["hazard"], pairs["face"], strict=True)}
    addressing = np.fromiter((known[hf] for hf in zip(rows["hazard"], rows["face"], strict=True)), bool, len(rows))
    high = rows["level"].isin(HIGH).to_numpy()
    parts = {
        "mapped_area_ha": rows["level"] != NO_DATA,
        "high_area_ha": high,
        "high_any_action_ha": high & (rows["face"] != ""),
        "high_action_ha": high & addressing,
        "gap_area_ha": high & ~addressing,
        **{f"high_after_{case}_ha": rows[f"level_{case}"].isin(HIGH) for case in ("best", "central", "worst")},
    }
    people = {"high_population": high, "gap_population": high & ~addressing}
    data = rows[["municipality", *_MAP]].copy()
    for column, chosen in parts.items():
        data[column] = rows["area_mm2"].where(chosen, 0)
    for column, chosen in people.items():
        data[column] = rows["people_micro"].where(chosen, 0)
    sums = data.groupby(["municipality", *_MAP], dropna=False, observed=True).sum()
    found = {_key(index): tuple(values) for index, values in zip(sums.index, sums.to_numpy(), strict=True)}
    nothing = (0,) * (len(parts) + len(people))
    out = [(code, name, *key, *found.get((code, *_plain(key)), nothing)) for code, name in _named(municipalities) for key in keys]
    table = pd.DataFrame(out, columns=[*_PLACE, *_MAP, *parts, *people])
    for column in parts:
        table[column] = table[column].astype("float64") / MM2_A_HA
    for column in people:
        table[column] = table[column].astype("Float64") / MICRO if has_population else pd.array([pd.NA] * len(table), "Float64")
    # Where nothing is mapped, how much is high is not known: 0 would read as safe.
    drawn = [column for column in (*parts, *people) if column != "mapped_area_ha"]
    table[drawn] = table[drawn].where(table["mapped_area_ha"] > 0)
    if not recorded:  # 0 would read as land on which nothing was done
        done = [column for column in drawn if column not in ("high_area_ha", "high_population")]
        table[done] = table[done].mask(table["mapped_area_ha"] >= 0)
    share = table["gap_area_ha"] / table["high_area_ha"].where(table["high_area_ha"] > 0)
    table.insert(list(table.columns).index("gap_area_ha") + 1, "gap_share", share)
    return table.astype({"return_period": "Float64"})


def actions(accepted: gpd.GeoDataFrame, municipalities: pd.DataFrame) -> pd.DataFrame:
    """Reports added up by municipality, action_type, status and funding_source.

    Areas add up reports, so overlaps count twice here and only here. A sum is blank where no report gives a number.

    returns : municipality_code, municipality, action_type, status, funding_source, count, area_ha, length_km,
        units (in the type's own unit: plants, kg, m3, people, units; see `envgis.actions.own_unit`),
        cost_gtq, remittance_gtq, participants_women, _men, _young_women, _young_men, _girls, _boys

    >>> from envgis.actions.record import frame
    >>> told = {"action_type": ["terraces"] * 2, "status": ["done"] * 2, "municipality_code": ["0101"] * 2, "area_ha": [1.5, None]}
    >>> table = actions(frame(told, [None, None]), pd.DataFrame({"code": ["0101"], "name": ["Oeste"]}))
    >>> table[["municipality", "action_type", "count", "area_ha"]].values.tolist()
    [['Oeste', 'terraces', 2, 1.5]]
    """
    rows = accepted[accepted["municipality_code"].isin(municipalities["code"])]
    by = ["municipality_code", "action_type", "status", "funding_source"]
    data = pd.DataFrame({column: rows[column].fillna("") for column in by})
    data["area_ha"], data["length_km"], data["units"] = rows["area_ha"], rows["length_m"] / 1000, in_own_unit(rows)
    for column in ("cost_gtq", "remittance_gtq", *(f"participants_{who}" for who in PARTICIPANTS)):
        data[column] = rows[column]
    groups = data.groupby(by, sort=True)
    table = groups.sum(min_count=1)
    table.insert(0, "count", groups.size())
    table = table.reset_index()
    table.insert(1, "municipality", table["municipality_code"].map(dict(_named(municipalities))))
    return table


def coverage(shares: Mapping[str, Mapping[str, float]], municipalities: pd.DataFrame) -> pd.DataFrame:
    """Share of each municipality's area for which each layer has data.

    shares : layer → municipality code → share
    returns : municipality_code, municipality, layer, data_share

    >>> towns = pd.DataFrame({"code": ["0101", "0102"], "name": ["Oeste", "Este"]})
    >>> coverage({"landuse": {"0101": 1.0}}, towns)["data_share"].to_list()
    [1.0, 0.0]
    """
    rows = [(code, name, layer, by_code.get(code, 0.0)) for code, name in _named(municipalities) for layer, by_code in shares.items()]
    return pd.DataFrame(rows, columns=[*_PLACE, "layer", "data_share"])


def data_shares(ledger: pd.DataFrame, key: HazardKey, column: str = "level") -> dict[str, float]:
    """By municipality code: share of its area on a map's lattice with data in ``column`` ("level" or "landuse").

    >>> where = {"hazard": "flood", "scenario": "present", "return_period": np.nan, "municipality": "0101"}
    >>> counted = pd.DataFrame({**where, "level": [4, NO_DATA], "area_mm2": [3 * 10**10, 10**10]})
    >>> data_shares(counted, HazardKey("flood", "present"))
    {'0101': 0.75}
    """
    rows = ledger[_of(ledger, key)]
    good = rows["area_mm2"].where(rows[column] != (NO_DATA if column == "level" else "no_data"), 0)
    sums = pd.DataFrame({"code": rows["municipality"], "good": good, "all": rows["area_mm2"]}).groupby("code").sum()
    return {str(code): float(share) for code, share in (sums["good"] / sums["all"]).items()}


def _of(ledger: pd.DataFrame, key: HazardKey) -> pd.Series:
    period = ledger["return_period"].isna() if key.return_period is None else ledger["return_period"] == key.return_period
    return ((ledger["hazard"] == key.hazard) & (ledger["scenario"] == key.scenario) & period.fillna(False)).astype(bool)


def _sums(ledger: pd.DataFrame, by: list[str]) -> dict[tuple[object, ...], tuple[int, int]]:
    """(municipality, hazard, scenario, return period or None, *by) → area and people."""
    sums = ledger.groupby(["municipality", *_MAP, *by], dropna=False, observed=True)[["area_mm2", "people_micro"]].sum()
    return {_key(index): (int(a), int(p)) for index, a, p in zip(sums.index, sums["area_mm2"], sums["people_micro"], strict=True)}


def _key(index: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(None if pd.isna(part) else part for part in index)  # type: ignore[call-overload]


def _plain(key: HazardKey) -> tuple[str, str, float | None]:
    return key.hazard, key.scenario, None if key.return_period is None else float(key.return_period)


def _named(municipalities: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(municipalities["code"].astype(str), municipalities["name"].astype(str), strict=True))


def _finished(table: pd.DataFrame, has_population: bool) -> pd.DataFrame:
    people = table.pop("micro")
    table["population"] = people.astype("Float64") / MICRO if has_population else pd.array([pd.NA] * len(table), "Float64")
    return table.drop(columns="mm2").astype({"return_period": "Float64"})
