"""Screened sites as a workbook for people: a row for each site in words, then by hazard, then what was set aside.

The CSV tables beside it are for programs: their columns and codes stay the same in every language.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from envgis import locale
from envgis.actions.record import quarantine
from envgis.planning.screened import Screening
from envgis.publish import bilingual, legend
from envgis.publish.sheets import Sheets, book
from envgis.publish.wording import Wording

# A column of ours names its hazard after this mark, and its scenario after another.
_LEVEL, _DISTANCE, _MARK = "worst_level", "nearest_high_m", "|"


def render(found: Screening) -> bytes:
    """The workbook's bytes; the same for the same screening."""
    run_id = str(found.record.get("run_id", ""))
    return book(found.name, run_id, lambda opened: _SiteSheets(opened, found).fill())


class _SiteWording(Wording):
    """The words of the tables' columns, and of those that only this workbook has."""

    def __init__(self, found: Screening) -> None:
        super().__init__(found, found.landuse.legend if found.landuse else None)
        self._maps = found.maps

    def column(self, name: str) -> str:
        kind, *of = name.split(_MARK)
        if not of:
            return super().column(name)
        title = next(m.hazard.title for key, m in self._maps.items() if key.hazard == of[0])
        words = {language: title[language] for language in locale.LANGUAGES}
        return self.say(f"column.{kind}", title=words, scenario=legend.scenario(of[1]) if len(of) > 1 else "")

    def value(self, column: str, value: object) -> object:
        return super().value("level" if column.startswith(_LEVEL + _MARK) else column, value)


class _SiteSheets(Sheets):
    beside = ""
    wraps = frozenset({"reason", "remedy"})

    def __init__(self, opened: Any, found: Screening) -> None:
        super().__init__(opened, _SiteWording(found))
        self.found = found

    def fill(self) -> None:
        tables = {"sites": self._sites(), "site_hazards": self.found.tables["site_hazards"], "quarantine": self._aside()}
        tables = {name: table for name, table in tables.items() if len(table)}
        sheets = {name: self.book.add_worksheet(self._sheet_name(name)) for name in (*tables, "sources")}
        for name, table in tables.items():
            self._table(sheets[name], name, table, None)
        self._sources(sheets["sources"])

    def _sites(self) -> pd.DataFrame:
        """A row for each site: where, the decision and why, the worst level of each hazard by scenario, what is near."""
        table, found = self.found.tables["sites"], self.found
        reasons = [self.words.join(bilingual.told(message)) for message in found.sites["reason"]]
        municipality = table["municipality_code"].map(lambda code: found.municipalities.get(code, code), na_action="ignore")
        first = {"site_id": table["site_id"], "name": table["name"], "municipality": municipality, "decision": table["decision"], "reason": reasons}
        return pd.DataFrame({**first, **self._by_hazard(list(table["site_id"])), "actions_within_1km": table["actions_within_1km"]})

    def _is_level(self, column: str) -> bool:
        return super()._is_level(column) or column.startswith(_LEVEL + _MARK)

    def _by_hazard(self, site_ids: list[str]) -> dict[str, object]:
        rows = self.found.tables["site_hazards"]
        out: dict[str, object] = {}
        for hazard in dict.fromkeys(key.hazard for key in self.found.maps):
            of_hazard = rows[rows["hazard"] == hazard]
            for scenario in dict.fromkeys(key.scenario for key in self.found.maps if key.hazard == hazard):
                worst = of_hazard[of_hazard["scenario"] == scenario].groupby("site_id")["max_level"].max().reindex(site_ids)
                out[_MARK.join((_LEVEL, hazard, scenario))] = ["no_data" if pd.isna(level) else str(level) for level in worst]
            out[_DISTANCE + _MARK + hazard] = of_hazard.groupby("site_id")["distance_to_high_m"].min().reindex(site_ids).array
        return out

    def _aside(self) -> pd.DataFrame:
        each = {language: quarantine(self.found.set_aside, language) for language in locale.LANGUAGES}
        table = each["es"].copy()
        for column in ("reason", "remedy"):
            pairs = zip(each["es"][column], each["en"][column], strict=True)
            table[column] = [self.words.join({"es": es, "en": en}) for es, en in pairs]
        return table

    def _sources(self, sheet: Any) -> None:
        """Where the figures come from, and what they are not."""
        found, say = self.found, self.words.say
        lines: list[tuple[str, str, Any]] = [(found.name, "", self.title)]
        if found.synthetic:
            lines.append((say("synthetic"), "", self.notice))
        version = found.record.get("versions", {}).get("envgis", "")
        lines.append((say("readme.run", run_id=found.record.get("run_id", ""), version=version), "", self.plain))
        limits = ["screen.radius", "web.limit_no_data", "web.limit_site", "about.site_hazards", "readme.rounding"]
        lines += self._blocks(
            [
                ("readme.limits", [("", say(key, radius=found.radius_m)) for key in limits]),
                ("readme.warnings", self._warned(found.warnings)),
                ("readme.credits", self._credited(found.credits)),
            ]
        )
        self._lines(sheet, lines)
