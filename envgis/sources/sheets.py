"""Workbooks (XLSX, XLSB, XLS, ODS): every sheet's cells as text, each date and number as it can be read back."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_UNPACKED = 500_000_000
LARGEST_RATIO = 150  # a table of repeated words packs 20 to 60 times
_RATIO_MATTERS = 20_000_000
MOST_CELLS = 8_000_000
_CHUNK = 1 << 20
_COMPOUND = b"\xd0\xcf\x11\xe0"
# Under a password Office puts a whole XLSX into one stream of this name; in an XLS the record FILEPASS (0x2F) comes
# right after the first one, or after WRITEPROT (0x86).
_PASSWORD = re.compile(re.escape("EncryptedPackage".encode("utf-16-le")) + rb"|\x09\x08\x10\x00.{16}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)


# Whatever zipfile raises on an archive that is broken or of a kind it does not know.
_DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError, OSError)


class DamagedWorkbook(Exception):
    """A workbook that cannot be read."""


class UnsafeWorkbook(Exception):
    """A workbook that would take more memory than any table of reports needs."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: records from its first row on, and which of the cells were numbers."""

    name: str
    records: list[list[str]]
    numbers: list[list[bool]]


def is_workbook(raw: bytes) -> bool:
    """Whether the bytes are a workbook's: OLE (XLS, or XLSX under a password), or a ZIP with a workbook's parts.

    >>> is_workbook(b"municipio,area\\n"), is_workbook(b"PK\\x03\\x04 broken")  # so that it is called a damaged workbook
    (False, True)
    """
    if raw.startswith(_COMPOUND):
        return True
    if not raw.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = set(archive.namelist())
    except _DAMAGED:
        return True  # so that it is called a damaged workbook, which it is most likely
    return any(name.startswith("xl/") for name in names) or "content.xml" in names


def read_sheets(raw: bytes) -> list[Sheet]:
    """All visible sheets that hold anything.

    Raises UnsafeWorkbook for what unpacks to too much, DamagedWorkbook for what cannot be read, and python_calamine's
    PasswordError.

    >>> import pandas as pd
    >>> book = io.BytesIO()
    >>> pd.DataFrame({"código": ["0114"], "ha": [2.5]}).to_excel(book, sheet_name="mayo", index=False)
    >>> [(sheet.name, sheet.records, sheet.numbers[1]) for sheet in read_sheets(book.getvalue())]
    [('mayo', [['código', 'ha'], ['0114', '2.5']], [False, True])]
    """
    import python_calamine

    if raw.startswith(b"PK"):
        _weigh(raw)
    # Told by us: where no file name gives the kind away, calamine only says that it knows none.
    if raw.startswith(_COMPOUND) and _PASSWORD.search(raw):
        raise python_calamine.PasswordError
    try:
        return _sheets(raw)
    except (python_calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise DamagedWorkbook(str(error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how a Rust library gives up
            raise
        raise DamagedWorkbook(str(error)) from None


def _sheets(raw: bytes) -> list[Sheet]:
    import python_calamine

    sheets = []
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw)) as workbook:
        for about in workbook.sheets_metadata:
            if about.typ == python_calamine.SheetTypeEnum.WorkSheet and about.visible == python_calamine.SheetVisibleEnum.Visible:
                cells = workbook.get_sheet_by_name(about.name).to_python(skip_empty_area=False)
                records = [[as_text(cell) for cell in record] for record in cells]
                numbers = [[isinstance(cell, int | float) and not isinstance(cell, bool) for cell in record] for record in cells]
                if any(any(record) for record in records):
                    sheets.append(Sheet(about.name, records, numbers))
    return sheets


def as_text(cell: Any) -> str:
    """A cell's value as text: 114.0 is "114", a day is ISO, what is missing is "".

    >>> as_text(114.0), as_text(0.1), as_text(dt.datetime(2026, 3, 4)), as_text(None)
    ('114', '0.1', '2026-03-04', '')
    """
    if cell is None or cell is np.nan:
        return ""
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, float | np.floating):
        number = float(cell)
        if number != number:
            return ""
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if isinstance(cell, dt.datetime):
        if cell != cell:  # NaT
            return ""
        return cell.date().isoformat() if cell.time() == dt.time() and cell.tzinfo is None else cell.isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _weigh(raw: bytes) -> None:
    """Refuse an archive by what it really unpacks to (what it declares may be a lie) and by the cells it spans."""
    total, part = 0, ""
    span: _Span | _Repeats = _Span()
    for name, chunk in _unpacked(raw):
        if name != part:
            part, span = name, _Repeats() if name == "content.xml" else _Span()
        total += len(chunk)
        if total > LARGEST_UNPACKED or (total > _RATIO_MATTERS and total > LARGEST_RATIO * len(raw)):
            raise UnsafeWorkbook("size")
        span.add(chunk)
        if span.cells > MOST_CELLS:
            raise UnsafeWorkbook("cells")


def _unpacked(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """The archive's parts, piece by piece. What goes wrong with a piece elsewhere is no damage: it passes through."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED:
                raise UnsafeWorkbook("size")
            for entry in archive.infolist():
                if entry.filename == "xl/workbook.bin":
                    raise UnsafeWorkbook("XLSB")  # its sheets cannot be weighed before they are opened
                entry.file_size = LARGEST_UNPACKED + 1  # zipfile stops at the declared size, other readers do not
                with archive.open(entry) as part:
                    while chunk := part.read(_CHUNK):
                        yield entry.filename, chunk
    except _DAMAGED as error:
        raise DamagedWorkbook(str(error)) from None


class _Span:
    """The rectangle that a sheet's cells span: one stray cell in the last row would make a reader fill all between."""

    # A cell that is closed at once holds nothing: spreadsheets leave such ones, with a style, down to the last row.
    _CELL = re.compile(rb'<(?:\w+:)?c\s[^>/]*?r="([A-Z]{1,3})(\d{1,7})"[^>/]*>')

    def __init__(self) -> None:
        self.cells = 0
        self._rest = b""
        self._columns, self._last_row = set[bytes](), 0

    def add(self, chunk: bytes) -> None:
        text = self._rest + chunk
        found = self._CELL.findall(text)
        self._columns.update(column for column, _ in found)
        if found:
            self._last_row = max(self._last_row, *(int(row) for _, row in found))
        self._rest = text[-200:]

        self.cells = max((_column_number(column) for column in self._columns), default=0) * self._last_row


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


class _Repeats:
    """The cells of an ODS, where one cell may stand for thousands of columns and one row for a million."""

    _TAG = re.compile(rb"<table:table-row\b([^>]*)>|</table:table-row>|<table:(?:covered-)?table-cell\b([^>]*)>")
    _TIMES = re.compile(rb'number-(?:rows|columns)-repeated="(\d{1,9})"')

    def __init__(self) -> None:
        self.cells = 0
        self._rest = b""
        self._rows, self._width, self._empty = 1, 0, 0

    def add(self, chunk: bytes) -> None:
        text = self._rest + chunk
        end = text.rfind(b">") + 1
        self._rest = text[end:][-10_000:]
        for found in self._TAG.finditer(text, 0, end):
            if found[1] is not None:
                self._rows, self._width, self._empty = self._times(found[1]), 0, 0
            elif found[2] is None:
                self.cells += self._rows * self._width
            elif found[2].endswith(b"/"):  # empty, and nothing at all if no filled one follows
                self._empty += self._times(found[2])
            else:
                self._width += self._empty + self._times(found[2])
                self._empty = 0

    def _times(self, attributes: bytes) -> int:
        found = self._TIMES.search(attributes)
        return int(found[1]) if found else 1


def typed_columns(headers: list[str], numbers: list[list[bool]]) -> dict[str, NDArray[np.bool_]]:
    """For each column that holds any number, whether each cell was one.

    >>> typed_columns(["código", "ha"], [[False, True], [False, False]])
    {'ha': array([ True, False])}
    """
    columns = {}
    for k, header in enumerate(headers):
        marks = np.array([k < len(record) and record[k] for record in numbers], bool)
        if marks.any():
            columns[header] = marks
    return columns
