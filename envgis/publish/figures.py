"""The figures of a page, rounded once and here only, so that a figure is the same wherever it stands.

Areas on every page of a run have the same number of digits. Rounded rows keep their total: what does not go into
whole units moves the rows that it changes least.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from envgis import locale
from envgis.assessment import Assessment
from envgis.levels import HazardKey

# The rows of a table of levels, as `hazard_levels.csv` names them, the darkest first.
LEVEL_ROWS = ("5", "4", "3", "2", "1", "0", "no_data")
HIGH_ROWS = ("5", "4")
# What is not known without reports of actions, and what besides where nothing is mapped.
_FROM_ACTIONS = ("covered_ha", "gap_ha", "gap_share", "any_action_ha", "after_best_ha", "after_central_ha", "after_worst_ha", "gap_people")
_FROM_LEVELS = ("high_ha", "high_share", "high_people", *_FROM_ACTIONS)

_Plain = tuple[str, str, float | None]


@dataclass(frozen=True)
class Figures:
    """The figures of one municipality (or of all together) on one hazard map.

    level_ha, level_people : by `LEVEL_ROWS`, adding up to ``total_ha`` and to the people of the municipality
    high_ha = covered_ha + gap_ha, the area at level 4 or 5; ``high_share`` of the whole area
    gap_share : None where nothing is at level 4 or 5
    any_action_ha : under any action in force, whether or not it addresses the hazard
    after_best_ha, after_central_ha, after_worst_ha : still at level 4 or 5 with the actions in force
    high_people, gap_people, level_people : None where the run had no population

    Where nothing of the municipality is mapped (``unknown``), all figures but those by level are None; without reports
    of actions (not ``recorded``), all that depend on actions.
    """

    level_ha: Mapping[str, float]
    high_ha: float | None
    high_share: float | None
    covered_ha: float | None
    gap_ha: float | None
    gap_share: float | None
    any_action_ha: float | None
    after_best_ha: float | None
    after_central_ha: float | None
    after_worst_ha: float | None
    high_people: int | None
    gap_people: int | None
    level_people: Mapping[str, int] | None

    @property
    def unknown(self) -> bool:
        """Whether nothing is mapped: how much is at a high level is not known, which is not the same as nothing."""
        return self.high_ha is None

    @property
    def recorded(self) -> bool:
        """Whether it is known what was done."""
        return self.gap_ha is not None

    @property
    def total_ha(self) -> float:
        return math.fsum(self.level_ha.values())

    @property
    def no_data_ha(self) -> float:
        return self.level_ha["no_data"]

    @property
    def no_data_share(self) -> float | None:
        return self.no_data_ha / self.total_ha if self.total_ha else None


@dataclass(frozen=True)
class Book:
    """All figures of a run.

    >>> from envgis.pipeline import assess
    >>> round(Book(assess(workspace)).of("0101", HazardKey("landslide", "present")).high_ha)
    200
    """

    assessment: Assessment

    @cached_property
    def digits(self) -> int:
        """Digits after the point of every area in ha: one, more where the smallest municipality is tiny."""
        smallest = float(self.assessment.municipalities["area_ha"].min()) if len(self.assessment.municipalities) else 0.0
        return 1 if smallest >= 100 else 2 if smallest >= 1 else 4

    def area(self, area_ha: float | None) -> str:
        """An area as every page prints it, without its unit; both languages of the country write it alike."""
        return "–" if area_ha is None else locale.number(area_ha, "es", self.digits)

    def of(self, code: str, key: HazardKey) -> Figures:
        """The figures of a municipality on a hazard map. Raises KeyError if the tables have no such rows."""
        if code not in self._known:
            self._known[code] = self._municipality(code)
        return self._known[code][_plain(key)]

    def total(self, key: HazardKey) -> Figures:
        """The figures of all municipalities: the sums of those printed, so that the printed rows add up."""
        return self._sum([self.of(str(code), key) for code in self.assessment.municipalities["code"]])

    @cached_property
    def _known(self) -> dict[str, Mapping[_Plain, Figures]]:
        """Figures by municipality, then by hazard map; filled when first asked for."""
        return {}

    def _municipality(self, code: str) -> Mapping[_Plain, Figures]:
        levels: dict[_Plain, dict[str, dict[str, Any]]] = {}
        for row in _rows(self.assessment.tables["hazard_levels"], code):
            levels.setdefault(_map_of(row), {})[str(row["level"])] = row
        return {_map_of(row): self._figures(levels[_map_of(row)], row) for row in _rows(self.assessment.tables["adaptation"], code)}

    def _figures(self, levels: Mapping[str, Mapping[str, Any]], row: Mapping[str, Any]) -> Figures:
        unit = 10.0**-self.digits
        area = {level: _number(levels.get(level, {}).get("area_ha")) for level in LEVEL_ROWS}
        rounded = _levels(area, unit)
        people = None
        if self.assessment.has_population:
            counts = {level: _number(levels.get(level, {}).get("population")) for level in LEVEL_ROWS}
            people = {level: round(n) for level, n in _levels(counts, 1.0).items()}
        if pd.isna(row["high_area_ha"]):
            return Figures(level_ha=rounded, level_people=people, **dict.fromkeys(_FROM_LEVELS))
        high = math.fsum(rounded[level] for level in HIGH_ROWS)
        whole = math.fsum(area.values())
        return Figures(
            level_ha=rounded,
            high_ha=round(high, self.digits),
            high_share=(area["4"] + area["5"]) / whole if whole else None,
            high_people=None if people is None else people["4"] + people["5"],
            level_people=people,
            **self._of_actions(row, high, unit),
        )

    def _of_actions(self, row: Mapping[str, Any], high: float, unit: float) -> dict[str, Any]:
        """The figures that depend on actions; ``high`` : rounded area at level 4 or 5, which they divide."""
        if pd.isna(row["gap_area_ha"]):
            return dict.fromkeys(_FROM_ACTIONS)
        gap = _number(row["gap_area_ha"])
        covered_ha, gap_ha = apportion([max(0.0, _number(row["high_area_ha"]) - gap), gap], high, unit)
        return {
            "covered_ha": covered_ha,
            "gap_ha": gap_ha,
            "gap_share": None if pd.isna(row["gap_share"]) else float(row["gap_share"]),
            "any_action_ha": max(covered_ha, nearest(_number(row["high_any_action_ha"]), unit)),
            **{f"after_{case}_ha": nearest(_number(row[f"high_after_{case}_ha"]), unit) for case in ("best", "central", "worst")},
            "gap_people": round(nearest(_number(row["gap_population"]), 1.0)) if self.assessment.has_population else None,
        }

    def _sum(self, parts: Sequence[Figures]) -> Figures:
        known = [part for part in parts if not part.unknown]

        def add(name: str) -> float | None:
            values = [value for part in known if (value := getattr(part, name)) is not None]
            return round(math.fsum(values), self.digits) if values else None

        high, gap = add("high_ha"), add("gap_ha")
        level_ha = {level: round(math.fsum(p.level_ha[level] for p in parts), self.digits) for level in LEVEL_ROWS}
        whole = math.fsum(level_ha.values())
        people = None
        if self.assessment.has_population:
            people = {level: sum((p.level_people or {})[level] for p in parts) for level in LEVEL_ROWS}
        return Figures(
            level_ha=level_ha,
            high_ha=high,
            high_share=high / whole if whole and high is not None else None,
            covered_ha=add("covered_ha"),
            gap_ha=gap,
            gap_share=gap / high if high and gap is not None else None,
            any_action_ha=add("any_action_ha"),
            after_best_ha=add("after_best_ha"),
            after_central_ha=add("after_central_ha"),
            after_worst_ha=add("after_worst_ha"),
            high_people=people["4"] + people["5"] if people is not None and known else None,
            gap_people=sum(p.gap_people or 0 for p in known) if people is not None and gap is not None else None,
            level_people=people,
        )


def nearest(value: float, unit: float) -> float:
    """``value`` to the nearest whole ``unit``, halves up.

    >>> nearest(2871.35, 0.1)
    2871.4
    """
    return _exact(math.floor(value / unit + 0.5 + 1e-9), unit)


def apportion(values: Sequence[float], total: float, unit: float) -> list[float]:
    """``values`` in whole units that add up to ``total`` (itself whole units); 0 stays 0.

    Every value is rounded to the nearest. Where that misses the total, values are moved by one unit: none by more
    than a unit from what it is, if that can be, and then those for which it is the smallest part of themselves. So a
    small value is printed alike in one column and in the next, and a large one bears what is left over.

    >>> apportion([1.4, 1.4, 0.2, 0], 3, 1)
    [2.0, 1.0, 0.0, 0.0]
    >>> apportion([50.64, 3285.04, 2710.34], 6046.1, 0.1)
    [50.6, 3285.1, 2710.4]
    """
    units = [value / unit for value in values]
    whole = [math.floor(u + 0.5 + 1e-9) for u in units]
    short = round(total / unit) - sum(whole)
    step = 1 if short > 0 else -1

    def surprise(i: int) -> tuple[float, float, int]:
        off = abs(whole[i] + step - units[i])
        return max(1.0, off + 1e-6), off / units[i], i

    for _ in range(abs(short)):
        movable = [i for i, u in enumerate(units) if u > 0 and whole[i] + step >= 0]
        if not movable:
            break
        whole[min(movable, key=surprise)] += step
    return [_exact(n, unit) for n in whole]


def _levels(values: Mapping[str, float], unit: float) -> dict[str, float]:
    """Rounded rows by level: 4 and 5 keep their sum, all rows keep theirs."""
    high = nearest(math.fsum(values[level] for level in HIGH_ROWS), unit)
    total = max(high, nearest(math.fsum(values.values()), unit))
    others = [level for level in LEVEL_ROWS if level not in HIGH_ROWS]
    rounded = dict(zip(HIGH_ROWS, apportion([values[level] for level in HIGH_ROWS], high, unit), strict=True))
    rounded |= dict(zip(others, apportion([values[level] for level in others], total - high, unit), strict=True))
    return {level: rounded[level] for level in LEVEL_ROWS}


def _exact(units: int, unit: float) -> float:
    # A count of tenths divided by ten is the nearest double to the decimal; times 0.1 it is not.
    return units / round(1 / unit) if unit < 1 else float(units * round(unit))


def _number(value: object) -> float:
    return 0.0 if value is None or pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]


def _plain(key: HazardKey) -> _Plain:
    return key.hazard, key.scenario, key.return_period


def _map_of(row: Mapping[str, Any]) -> _Plain:
    years = row["return_period"]
    return str(row["hazard"]), str(row["scenario"]), None if pd.isna(years) else float(years)


def _rows(table: pd.DataFrame, code: str) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table[table["municipality_code"] == code].to_dict("records")]
