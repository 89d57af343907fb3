"""The summary tables as one workbook: a sheet that explains, a summary with a chart, a sheet for each table.

No cell is a formula or a link, whatever texts people typed; numbers keep every digit and are shown rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from envgis.assessment import Assessment
from envgis.publish import bilingual, legend, sheets, totals
from envgis.publish.figures import LEVEL_ROWS
from envgis.publish.wording import Wording, number_format

ORDER = ("adaptation", "hazard_levels", "landuse_hazard", "actions", "coverage", "sites", "site_hazards")


def render(assessment: Assessment) -> bytes:
    """The workbook's bytes; the same for the same assessment."""
    return sheets.book(assessment.name, assessment.run_id, lambda book: _Sheets(book, assessment).fill())


class _Sheets(sheets.Sheets):
    def __init__(self, book: Any, assessment: Assessment) -> None:
        super().__init__(book, Wording(assessment, None if assessment.landuse is None else assessment.landuse.legend))
        self.assessment = assessment

    def fill(self) -> None:
        tables = {name: self.assessment.tables[name] for name in ORDER if name in self.assessment.tables and len(self.assessment.tables[name])}
        made = {name: self.book.add_worksheet(self._sheet_name(name)) for name in ("readme", "summary", *tables)}
        self._readme(made["readme"], list(tables))
        self._summary(made["summary"])
        areas = self.assessment.municipalities.set_index("code")["area_ha"]
        for name, table in tables.items():
            self._table(made[name], name, table, totals.total(name, table, areas))
        made["readme"].activate()

    def _readme(self, sheet: Any, tables: Sequence[str]) -> None:
        a, say = self.assessment, self.words.say
        lines: list[tuple[str, str, Any]] = [(a.name, "", self.title)]
        if a.synthetic:
            lines.append((say("synthetic"), "", self.notice))
        if a.date is not None:
            lines.append((say("readme.date", day=a.date), "", self.plain))
        version = a.record.get("versions", {}).get("envgis", "")
        lines.append((say("readme.run", run_id=a.run_id, version=version), "", self.plain))
        lines += [("", say("readme.rounding"), self.plain), ("", "", self.plain), (say("readme.sheets"), "", self.bold)]
        lines += [(self._sheet_name(name), say(f"about.{name}"), self.plain) for name in ("summary", *tables)]
        if a.set_aside:
            lines += [("", "", self.plain), (say("readme.set_aside", count=len(a.set_aside)), "", self.bold)]
        lines += self._blocks(self._notes().items())
        self._lines(sheet, lines)

    def _notes(self) -> dict[str, list[tuple[str, str]]]:
        a = self.assessment
        return {
            "readme.assumptions": [("", self.words.join(bilingual.told(message))) for message in a.assumptions],
            "readme.warnings": self._warned(a.warnings),
            "readme.credits": self._credited(a.credits),
        }

    def _summary(self, sheet: Any) -> None:
        """Hectares by level of all municipalities together, and a chart of them in the levels' colours."""
        levels = self.assessment.tables["hazard_levels"]
        sheet.set_column(0, 0, max(sheets.WIDEST, *(len(self.words.view(key)) for key in self.assessment.maps)), self.plain)
        sheet.set_column(1, len(LEVEL_ROWS), 15, self.plain)
        sheet.set_row(0, 2 * sheets.LINE)
        self._text(sheet, 0, 0, self.words.say("column.map"), self.header)
        for column, level in enumerate(LEVEL_ROWS, start=1):
            self._text(sheet, 0, column, self.words.join(legend.level_name(level)), self._level_format(level))
        periods = levels["return_period"].astype(float).fillna(0)
        areas = levels["area_ha"].groupby([levels["hazard"], levels["scenario"], periods, levels["level"]]).sum()
        keys = list(self.assessment.maps)
        for row, key in enumerate(keys, start=1):
            self._text(sheet, row, 0, self.words.view(key), self.plain)
            for column, level in enumerate(LEVEL_ROWS, start=1):
                area = areas.get((key.hazard, key.scenario, key.return_period or 0.0, level))
                if area is not None:
                    sheet.write_number(row, column, float(area), self._format(num_format=number_format("area_ha")))
        sheet.freeze_panes(1, 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        self._chart(sheet, len(keys))

    def _chart(self, sheet: Any, rows: int) -> None:
        chart = self.book.add_chart({"type": "bar", "subtype": "percent_stacked"})
        name = sheet.get_name()
        for column, level in enumerate(LEVEL_ROWS, start=1):
            fill: dict[str, Any] = {"fill": {"color": sheets.colour(level)}, "border": {"color": sheets.MUTED, "width": 0.5}}
            if level == "no_data":
                fill = {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": "#7A7A7A", "bg_color": "#FFFFFF"}, "border": fill["border"]}
            at = {"name": [name, 0, column], "categories": [name, 1, 0, rows, 0], "values": [name, 1, column, rows, column]}
            chart.add_series({**at, **fill, "gap": 40})
        chart.set_title({"name": self.words.say("chart.title"), "name_font": {"size": 12}})
        chart.set_y_axis({"reverse": True, "num_font": {"size": 9}})
        chart.set_x_axis({"num_format": "0%", "major_gridlines": {"visible": True, "line": {"color": "#D9DEE3"}}})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 980, "height": 140 + 34 * rows})
        sheet.insert_chart(rows + 2, 0, chart, {"description": self.words.say("chart.description")})
