"""What people did, summed for a page: actions in force by type, who took part, what it cost and who paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from envgis.actions.record import PARTICIPANTS
from envgis.assessment import Assessment
from envgis.publish import marks
from envgis.publish.bilingual import Words
from envgis.publish.figures import apportion, nearest


@dataclass(frozen=True)
class Sums:
    """Sums over some actions; None where no report gives any: missing is not 0. As printed, see `field_work`."""

    count: int
    area_ha: float | None
    people: int | None
    cost_gtq: float | None
    remittance_gtq: float | None


@dataclass(frozen=True)
class FieldWork:
    """The actions of a municipality.

    by_type : (name, sums) of the actions in force, the most frequent first; ``total``: of all in force, their sum
    remittance_share : of the reported cost, None where no cost or no remittance was reported
    participants : people who took part in the actions in force, by `PARTICIPANTS`
    by_sign : how many actions stand under each of `marks.SIGNS`
    """

    by_type: tuple[tuple[Words, Sums], ...]
    total: Sums
    remittance_share: float | None
    participants: Mapping[str, int | None]
    by_sign: Mapping[str, int]

    @property
    def reported(self) -> int:
        return sum(self.by_sign.values())


def field_work(assessment: Assessment, code: str, unit_ha: float = 0.1) -> FieldWork:
    """The field work of one municipality, from its accepted actions.

    Areas come in whole ``unit_ha``, money in whole quetzales, and the rows of the types add up to the total.
    """
    table = marks.actions_of(assessment, code)
    signs = [marks.sign(row) for _, row in table.iterrows()]
    in_force = table.loc[[s == "in_force" for s in signs]]  # .loc: an empty list must select rows, not columns
    groups = [(str(slug), rows) for slug, rows in in_force.groupby("action_type", sort=True)]
    groups.sort(key=lambda group: -len(group[1]))
    exact = _sums(in_force)
    rounded = _rounded([_sums(rows) for _, rows in groups], exact, unit_ha)
    share = None if not exact.cost_gtq or exact.remittance_gtq is None else exact.remittance_gtq / exact.cost_gtq
    return FieldWork(
        by_type=tuple((marks.type_name(slug), sums) for (slug, _), sums in zip(groups, rounded[:-1], strict=True)),
        total=rounded[-1],
        remittance_share=share,
        participants={who: _whole(in_force[f"participants_{who}"]) for who in PARTICIPANTS},
        by_sign={sign: signs.count(sign) for sign in marks.SIGNS},
    )


def _rounded(parts: Sequence[Sums], total: Sums, unit_ha: float) -> list[Sums]:
    """The parts and, last, the total, in whole units: the parts keep the total, what is missing stays missing."""
    out = [*parts, total]
    for name, unit in (("area_ha", unit_ha), ("cost_gtq", 1.0), ("remittance_gtq", 1.0)):
        whole = getattr(total, name)
        if whole is None:
            continue
        target = nearest(whole, unit)
        values = apportion([getattr(part, name) or 0.0 for part in parts], target, unit)
        new = [None if getattr(one, name) is None else value for one, value in zip(out, [*values, target], strict=True)]
        out = [replace(one, **{name: value}) for one, value in zip(out, new, strict=True)]  # type: ignore[arg-type]
    return out


def _sums(rows: pd.DataFrame) -> Sums:
    people = [n for who in PARTICIPANTS if (n := _whole(rows[f"participants_{who}"])) is not None]
    return Sums(len(rows), _sum(rows["area_ha"]), sum(people) if people else None, _sum(rows["cost_gtq"]), _sum(rows["remittance_gtq"]))


def _sum(values: pd.Series) -> float | None:
    return float(values.sum()) if values.notna().any() else None


def _whole(values: pd.Series) -> int | None:
    total = _sum(values)
    return None if total is None else round(total)
