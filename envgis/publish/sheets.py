"""Sheets of a workbook: their look, tables with words for codes, and cells in which nothing runs.

No cell is a formula or a link, whatever texts people typed; numbers keep every digit and are shown rounded.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd
import xlsxwriter

from envgis.assessment import Credit
from envgis.faults import Fault
from envgis.levels import COLOURS, NO_DATA
from envgis.locale import LANGUAGES
from envgis.publish import bilingual, tables_csv
from envgis.publish.wording import Wording, number_format

# Excel's own limits.
_LONGEST_SHEET = 1_048_576
_LONGEST_TEXT = 32_767
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_INERT = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# The same tables make the same bytes on any day.
_CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
_HEADER, _DARK, MUTED = "#0B5FA5", "#1F2933", "#52606D"
# Widths in characters, heights in points.
_NARROW, WIDEST, LINE = 11, 60, 13.5
_README_WIDTH = 120


def book(title: str, run_id: str, fill: Callable[[Any], None]) -> bytes:
    """A workbook's bytes; the same for the same sheets. ``fill`` is given the open book."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _INERT) as opened:
        opened.set_properties({"title": clean(title), "comments": run_id, "created": _CREATED})
        fill(opened)
    return out.getvalue()


class Sheets:
    """Formats of a book, and how texts, tables and lines are written to its sheets.

    beside : the folder in which the same tables lie as CSV, as seen from the book
    wraps : columns of sentences, whose rows are as tall as they need
    """

    beside = "tables/"
    wraps: frozenset[str] = frozenset()

    def __init__(self, book: Any, words: Wording) -> None:
        self.book, self.words = book, words
        base = {"font_name": "Calibri", "font_size": 10, "font_color": _DARK, "valign": "top"}
        self.base = base
        self.plain = book.add_format(base)
        self.wrapped = book.add_format({**base, "text_wrap": True})
        self.bold = book.add_format({**base, "bold": True})
        self.title = book.add_format({**base, "bold": True, "font_size": 16})
        self.notice = book.add_format({**base, "bold": True, "font_color": "#AB2B36"})
        self.header = book.add_format({**base, "bold": True, "font_color": "#FFFFFF", "bg_color": _HEADER, "text_wrap": True, "valign": "vcenter"})
        self._formats: dict[tuple[object, ...], Any] = {}

    def _sheet_name(self, name: str) -> str:
        return re.sub(r"[\[\]:*?/\\]", "-", self.words.say(f"sheet.{name}").replace(" / ", " - "))[:31]

    def _lines(self, sheet: Any, lines: Sequence[tuple[str, str, Any]]) -> None:
        """Lines of text in two columns: left, right, the look of the left one."""
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 40, self.plain)
        sheet.set_column(1, 1, _README_WIDTH, self.wrapped)
        for row, (left, right, look) in enumerate(lines):
            self._text(sheet, row, 0, left, look)
            self._text(sheet, row, 1, right, self.wrapped)
            sheet.set_row(row, 24 if look is self.title else height([(right, _README_WIDTH)]))
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)

    def _blocks(self, blocks: Iterable[tuple[str, Sequence[tuple[str, str]]]]) -> list[tuple[str, str, Any]]:
        """Blocks of lines under a heading each; those without lines are left out."""
        lines: list[tuple[str, str, Any]] = []
        for heading, texts in blocks:
            if texts:
                lines += [("", "", self.plain), (self.words.say(heading), "", self.bold), *((left, right, self.plain) for left, right in texts)]
        return lines

    def _warned(self, warnings: Sequence[Fault]) -> list[tuple[str, str]]:
        """Where a warning lies, and what it says."""
        return [(self.words.join(bilingual.place(fault)), self.words.join(bilingual.told(fault.message))) for fault in warnings]

    def _credited(self, credits: Sequence[Credit]) -> list[tuple[str, str]]:
        """Each layer, and where it comes from."""
        join = self.words.join
        lines = [(join({k: c.title[k] for k in LANGUAGES}), " · ".join(p for p in (c.source, c.date, c.licence) if p)) for c in credits]
        return list(dict.fromkeys(lines))  # the maps of one hazard mostly share theirs

    def _table(self, sheet: Any, name: str, table: pd.DataFrame, total: pd.DataFrame | None) -> None:
        titles = [self.words.column(str(column)) for column in table.columns]
        length = len(table) + (0 if total is None else len(total) + 1)
        if length + 1 > _LONGEST_SHEET:
            self._text(sheet, 0, 0, self.words.say("readme.too_long", count=len(table), file=f"{self.beside}{name}.csv"), self.bold)
            return
        widths = [self._width(table[name], title) for name, title in zip(table.columns, titles, strict=True)]
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width, self.plain)
        sheet.set_row(0, height(zip(titles, widths, strict=True)))
        self._rows(sheet, 1, table, bold=False)
        tall = [(table[name].astype(str), width) for name, width in zip(table.columns, widths, strict=True) if name in self.wraps]
        for row in range(len(table) if tall else 0):
            sheet.set_row(row + 1, height((texts.iloc[row], width) for texts, width in tall))
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
            look = self._format(bold=bold, text_wrap=name in self.wraps) if text else self._format(bold=bold, num_format=number_format(str(name)))
            for row, value in enumerate(values, start=first):
                worded = self.words.value(str(name), value)
                if worded is None:
                    continue
                if isinstance(worded, str):
                    self._text(sheet, row, column, worded, self._level_format(str(value)) if self._is_level(str(name)) else look)
                else:
                    sheet.write_number(row, column, float(worded), look)  # type: ignore[arg-type]

    def _is_level(self, column: str) -> bool:
        return column == "level"

    def _width(self, column: pd.Series, title: str) -> float:
        words = [self.words.value(str(column.name), value) for value in column.unique()] if tables_csv.is_text(column) else []
        longest = max((len(word) for word in words if isinstance(word, str)), default=0)
        return max(_NARROW, min(WIDEST, max(longest + 2, len(title) // 5 + 2, *(len(word) + 2 for word in title.split()))))

    def _text(self, sheet: Any, row: int, column: int, text: str, look: Any) -> None:
        sheet.write_string(row, column, clean(text), look)

    def _level_format(self, level: str) -> Any:
        look = {"bg_color": colour(level), "font_color": "#FFFFFF" if level in ("4", "5") else _DARK}
        return self._format(**look, border=1, border_color="#C9CFD6", text_wrap=True, indent=1)

    def _format(self, **look: object) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({**self.base, **look})
        return self._formats[key]


def colour(level: str) -> str:
    """A level's colour, as everywhere."""
    return COLOURS[NO_DATA if level == "no_data" else int(level)]


def height(cells: Iterable[tuple[str, float]]) -> float:
    """Of a row with wrapped texts in columns of these widths: not every program finds it by itself."""
    return LINE * max([1, *(math.ceil(1.1 * len(text) / width) for text, width in cells)])


def clean(text: str) -> str:
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
