"""The summary tables as one workbook: a sheet that explains, a summary with a chart, a sheet for each table.

No cell is a formula or a link, whatever texts people typed; numbers keep every digit and are shown rounded.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
import xlsxwriter

from envgis import locale
from envgis.assessment import Assessment
from envgis.levels import COLOURS, NO_DATA
from envgis.publish import legend, tables_csv, totals
from envgis.publish.figures import LEVEL_ROWS
from envgis.publish.wording import Wording, number_format

ORDER = ("adaptation", "hazard_levels", "landuse_hazard", "actions", "coverage", "sites", "site_hazards")
# Excel's own limits.
_LONGEST_SHEET = 1_048_576
_LONGEST_TEXT = 32_767
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_INERT = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# The same tables make the same bytes on any day.
_CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
_HEADER, _DARK, _MUTED = "#0B5FA5", "#1F2933", "#52606D"
# Widths in characters, heights in points.
_NARROW, _WIDEST, _LINE = 11, 60, 13.5
_README_WIDTH = 120


def render(assessment: Assessment) -> bytes:
    """The workbook's bytes; the same for the same assessment."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _INERT) as book:
        book.set_properties({"title": _clean(assessment.name), "comments": assessment.run_id, "created": _CREATED})
        _Sheets(book, assessment).fill()
    return out.getvalue()


class _Sheets:
    def __init__(self, book: Any, assessment: Assessment) -> None:
        self.book, self.assessment, self.words = book, assessment, Wording(assessment)
        base = {"font_name": "Calibri", "font_size": 10, "font_color": _DARK, "valign": "top"}
        self.base = base
        self.plain = book.add_format(base)
        self.wrapped = book.add_format({**base, "text_wrap": True})
        self.bold = book.add_format({**base, "bold": True})
        self.title = book.add_format({**base, "bold": True, "font_size": 16})
        self.notice = book.add_format({**base, "bold": True, "font_color": "#AB2B36"})
        self.header = book.add_format({**base, "bold": True, "font_color": "#FFFFFF", "bg_color": _HEADER, "text_wrap": True, "valign": "vcenter"})
        self._formats: dict[tuple[object, ...], Any] = {}

    def fill(self) -> None:
        tables = {name: self.assessment.tables[name] for name in ORDER if name in self.assessment.tables and len(self.assessment.tables[name])}
        sheets = {name: self.book.add_worksheet(self._sheet_name(name)) for name in ("readme", "summary", *tables)}
        self._readme(sheets["readme"], list(tables))
        self._summary(sheets["summary"])
        areas = self.assessment.municipalities.set_index("code")["area_ha"]
        for name, table in tables.items():
            self._table(sheets[name], name, table, totals.total(name, table, areas))
        sheets["readme"].activate()

    def _sheet_name(self, name: str) -> str:
        return re.sub(r"[\[\]:*?/\\]", "-", self.words.say(f"sheet.{name}").replace(" / ", " - "))[:31]

    def _readme(self, sheet: Any, tables: Sequence[str]) -> None:
        a, say = self.assessment, self.words.say
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 40, self.plain)
        sheet.set_column(1, 1, _README_WIDTH, self.wrapped)
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
        for heading, texts in self._notes().items():
            if texts:
                lines += [("", "", self.plain), (say(heading), "", self.bold), *((left, right, self.plain) for left, right in texts)]
        for row, (left, right, look) in enumerate(lines):
            self._text(sheet, row, 0, left, look)
            self._text(sheet, row, 1, right, self.wrapped)
            sheet.set_row(row, 24 if look is self.title else _height([(right, _README_WIDTH)]))
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)

    def _notes(self) -> dict[str, list[tuple[str, str]]]:
        a, join = self.assessment, self.words.join
        told = [{language: locale.sentence(m, language) for language in locale.LANGUAGES} for m in a.assumptions]
        warned = [
            ({lang: locale.place(f, lang) for lang in locale.LANGUAGES}, {lang: locale.sentence(f.message, lang) for lang in locale.LANGUAGES})
            for f in a.warnings
        ]
        credits = [(join({k: c.title[k] for k in locale.LANGUAGES}), " · ".join(p for p in (c.source, c.date, c.licence) if p)) for c in a.credits]
        return {
            "readme.assumptions": [("", join(words)) for words in told],
            "readme.warnings": [(join(place), join(words)) for place, words in warned],
            "readme.credits": credits,
        }

    def _summary(self, sheet: Any) -> None:
        """Hectares by level of all municipalities together, and a chart of them in the levels' colours."""
        levels = self.assessment.tables["hazard_levels"]
        sheet.set_column(0, 0, max(_WIDEST, *(len(self.words.view(key)) for key in self.assessment.maps)), self.plain)
        sheet.set_column(1, len(LEVEL_ROWS), 15, self.plain)
        sheet.set_row(0, 2 * _LINE)
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
            fill: dict[str, Any] = {"fill": {"color": _colour(level)}, "border": {"color": _MUTED, "width": 0.5}}
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

    def _table(self, sheet: Any, name: str, table: pd.DataFrame, total: pd.DataFrame | None) -> None:
        titles = [self.words.column(str(column)) for column in table.columns]
        length = len(table) + (0 if total is None else len(total) + 1)
        if length + 1 > _LONGEST_SHEET:
            self._text(sheet, 0, 0, self.words.say("readme.too_long", count=len(table), file=f"tables/{name}.csv"), self.bold)
            return
        widths = [self._width(table[name], title) for name, title in zip(table.columns, titles, strict=True)]
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width, self.plain)
        sheet.set_row(0, _height(zip(titles, widths, strict=True)))
        self._rows(sheet, 1, table, bold=False)
        columns = [{"header": title, "header_format": self.header} for title in _distinct(titles)]
        sheet.add_table(0, 0, len(table), len(titles) - 1, {"name": f"envgis_{name}", "style": "Table Style Light 1", "columns": columns})
        if total is not None:
            first = len(table) + 2
            self._rows(sheet, first, total, bold=True)
            for row in range(first, first + len(total)):
                self._text(sheet, row, 0, self.words.say("total"), self.bold)
        sheet.freeze_panes(1, 2)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.set_paper(1)
        sheet.fit_to_pages(1, 0)

    def _rows(self, sheet: Any, first: int, table: pd.DataFrame, *, bold: bool) -> None:
        for column, name in enumerate(table.columns):
            values, text = table[name], tables_csv.is_text(table[name])
            look = self._format(bold=bold) if text else self._format(bold=bold, num_format=number_format(str(name)))
            for row, value in enumerate(values, start=first):
                worded = self.words.value(str(name), value)
                if worded is None:
                    continue
                if isinstance(worded, str):
                    self._text(sheet, row, column, worded, self._level_format(str(value)) if name == "level" else look)
                else:
                    sheet.write_number(row, column, float(worded), look)  # type: ignore[arg-type]

    def _width(self, column: pd.Series, title: str) -> float:
        words = [self.words.value(str(column.name), value) for value in column.unique()] if tables_csv.is_text(column) else []
        longest = max((len(word) for word in words if isinstance(word, str)), default=0)
        return max(_NARROW, min(_WIDEST, max(longest + 2, len(title) // 5 + 2, *(len(word) + 2 for word in title.split()))))

    def _text(self, sheet: Any, row: int, column: int, text: str, look: Any) -> None:
        sheet.write_string(row, column, _clean(text), look)

    def _level_format(self, level: str) -> Any:
        look = {"bg_color": _colour(level), "font_color": "#FFFFFF" if level in ("4", "5") else _DARK}
        return self._format(**look, border=1, border_color="#C9CFD6", text_wrap=True, indent=1)

    def _format(self, **look: object) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({**self.base, **look})
        return self._formats[key]


def _colour(level: str) -> str:
    return COLOURS[NO_DATA if level == "no_data" else int(level)]


def _height(cells: Iterable[tuple[str, float]]) -> float:
    """Of a row with wrapped texts in columns of these widths: not every program finds it by itself."""
    return _LINE * max([1, *(math.ceil(1.1 * len(text) / width) for text, width in cells)])


def _clean(text: str) -> str:
    """Text that a workbook can hold: no control characters, and no longer than a cell."""
    text = _CONTROL.sub("", text)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _distinct(titles: Sequence[str]) -> list[str]:
    """Headers of a table must differ, in any case of letters."""
    seen: dict[str, int] = {}
    out = []
    for title in titles:
        seen[title.casefold()] = seen.get(title.casefold(), 0) + 1
        count = seen[title.casefold()]
        out.append(title if count == 1 else f"{title} ({count})")
    return out
