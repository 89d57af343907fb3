"""What people did, summed for a page: actions in force by type, who took part, what it cost and who paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from envgis.actions.record import PARTICIPANTS
from envgis.assessment import Assessment
from envgis.publish import marks
from envgis.publish.bilingual import Words


@dataclass(frozen=True)
class Sums:
    """Sums over some actions; None where no report gives any: missing is not 0."""

    count: int
    area_ha: float | None
    people: int | None
    cost_gtq: float | None
    remittance_gtq: float | None


@dataclass(frozen=True)
class FieldWork:
    """The actions of a municipality.

    by_type : (name, sums) of the actions in force, the most frequent first; ``total``: of all in force
    participants : people who took part in the actions in force, by `PARTICIPANTS`
    by_sign : how many actions stand under each of `marks.SIGNS`
    """

    by_type: tuple[tuple[Words, Sums], ...]
    total: Sums
    participants: Mapping[str, int | None]
    by_sign: Mapping[str, int]

    @property
    def reported(self) -> int:
        return sum(self.by_sign.values())

    @property
    def remittance_share(self) -> float | None:
        if not self.total.cost_gtq or self.total.remittance_gtq is None:
            return None
        return self.total.remittance_gtq / self.total.cost_gtq


def field_work(assessment: Assessment, code: str) -> FieldWork:
    """The field work of one municipality, from its accepted actions."""
    table = marks.actions_of(assessment, code)
    signs = [marks.sign(row) for _, row in table.iterrows()]
    in_force = table[[s == "in_force" for s in signs]]
    groups = [(str(slug), rows) for slug, rows in in_force.groupby("action_type", sort=True)]
    groups.sort(key=lambda group: -len(group[1]))
    return FieldWork(
        by_type=tuple((marks.type_name(slug), _sums(rows)) for slug, rows in groups),
        total=_sums(in_force),
        participants={who: _whole(in_force[f"participants_{who}"]) for who in PARTICIPANTS},
        by_sign={sign: signs.count(sign) for sign in marks.SIGNS},
    )


def _sums(rows: pd.DataFrame) -> Sums:
    people = [n for who in PARTICIPANTS if (n := _whole(rows[f"participants_{who}"])) is not None]
    return Sums(len(rows), _sum(rows["area_ha"]), sum(people) if people else None, _sum(rows["cost_gtq"]), _sum(rows["remittance_gtq"]))


def _sum(values: pd.Series) -> float | None:
    return float(values.sum()) if values.notna().any() else None


def _whole(values: pd.Series) -> int | None:
    total = _sum(values)
    return None if total is None else round(total)
