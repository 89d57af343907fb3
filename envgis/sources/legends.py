"""Legends: what the values of a land-use layer are called. A user's table, a published scheme, or the bare codes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import pandas as pd

from envgis.faults import Fault, Place
from envgis.landuse import LEGEND_COLUMNS, MOST_CLASSES, NO_CLASS

COLUMNS = ("value", *LEGEND_COLUMNS)
SCHEMES = ("esa-worldcover", "nlcd", "ipcc")
_MOST_ROWS = 65_000
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_LARGEST_BYTES = 4 * 2**20
# For classes without a colour of their own: distinct to every kind of colour vision (Okabe and Ito 2008), then again.
_COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999")


@cache
def scheme(name: str) -> pd.DataFrame:
    """A published legend by name: value (text), code, name_es, name_en, color.

    Raises FileNotFoundError for a name that is not among `SCHEMES`.

    >>> scheme("esa-worldcover").iloc[0][["value", "name_en"]].to_list()
    ['10', 'Tree cover']
    """
    text = files("envgis.data").joinpath(f"landcover_{name}.csv").read_text(encoding="utf-8")
    return pd.DataFrame(list(csv.DictReader(io.StringIO(text))), dtype=str)[list(COLUMNS)]


def plain(codes: Iterable[str]) -> pd.DataFrame:
    """A legend of bare codes: each is its own name.

    >>> plain(["7", "9"])[["code", "name_es"]].values.tolist()
    [['7', '7'], ['9', '9']]
    """
    return _frame([{"value": code, "code": code, "name_es": code, "name_en": code, "color": ""} for code in codes])


def read_legend(path: Path, name: str) -> tuple[pd.DataFrame | None, list[Fault]]:
    """A user's legend as text: value, code, name_es, name_en, color; or None and the faults.

    CSV with comma, semicolon or TAB, UTF-8 or Windows-1252. A column ``value`` or ``code`` is required (each stands for
    the other) and a name in one language at least (which stands for the other); colours are #RRGGBB. Values with one
    code and one name are one class.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     written = Path(folder, "uso.csv").write_text("value;name_es\\n7;Bosque\\n", encoding="utf-8")
    ...     legend, faults = read_legend(Path(folder, "uso.csv"), "uso.csv")
    >>> legend[["value", "name_es", "name_en"]].values.tolist(), faults
    ([['7', 'Bosque', 'Bosque']], [])
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= _LARGEST_BYTES else b""
    except OSError as error:
        return None, [Fault("legend-unreadable", Place(name), error.strerror or str(error))]
    if not content or b"\x00" in content:
        return None, [Fault("legend-unreadable", Place(name), f"{size} bytes")]
    rows = _rows(_decoded(content))
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    faults = list(_header_faults(header, name))
    if faults:
        return None, faults
    entries, faults = _entries(header, rows[1:], name)
    legend = _frame(entries)
    faults = faults or uncountable(legend, Place(name))
    return (None, faults) if faults else (legend, [])


def uncountable(legend: pd.DataFrame, at: Place) -> list[Fault]:
    """Why the classes of a legend could not be told apart in the tables: too many of them, or one called "no data".

    >>> [fault.code for fault in uncountable(plain(["bosque", "no_data"]), Place("uso.csv"))]
    ['landuse-reserved-code']
    """
    codes = set(legend["code"])
    faults = [Fault("landuse-reserved-code", at, NO_CLASS)] if NO_CLASS in codes else []
    if len(codes) > MOST_CLASSES:
        faults.append(Fault("landuse-many-classes", at, str(len(codes)), {"count": len(codes), "most": MOST_CLASSES}))
    return faults


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Excel's "CSV" in Spanish Windows; every byte has a meaning with "replace".
        return content.decode("cp1252", errors="replace")


def _rows(text: str) -> list[list[str]]:
    """The lines of the table, cut at the separator that the header has most often."""
    head = text.lstrip().split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(cell.strip() for cell in row)]


def _header_faults(header: Sequence[str], name: str) -> Iterable[Fault]:
    if not {"value", "code"} & set(header):
        yield Fault("legend-missing-column", Place(name), ", ".join(header)[:120], {"column": "value"})
    if not {"name_es", "name_en"} & set(header):
        yield Fault("legend-missing-column", Place(name), ", ".join(header)[:120], {"column": "name_es"})


def _entries(header: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> tuple[list[dict[str, str]], list[Fault]]:
    entries: list[dict[str, str]] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    called: dict[str, tuple[str, str]] = {}
    for number, cells in enumerate(rows, start=2):
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        value = row.get("value") or row.get("code", "")
        entry = {
            "value": value,
            "code": row.get("code") or value,
            "name_es": row.get("name_es") or row.get("name_en") or value,
            "name_en": row.get("name_en") or row.get("name_es") or value,
            "color": row.get("color", "").upper(),
        }
        if not value:
            faults.append(Fault("legend-no-value", Place(name, row=number)))
        elif value in seen:
            faults.append(Fault("legend-twice", Place(name, row=number), value))
        else:
            faults += _row_faults(entry, called, Place(name, row=number))
        seen.add(value)
        entries.append(entry)
    if not rows or len(rows) > _MOST_ROWS:
        faults.append(Fault("legend-size", Place(name), str(len(rows)), {"most": _MOST_ROWS}))
    return entries, faults


def _row_faults(entry: Mapping[str, str], called: dict[str, tuple[str, str]], at: Place) -> Iterable[Fault]:
    """What is wrong with a row that has a value of its own. called : the names under which each code stood before"""
    if entry["color"] and not _COLOUR.fullmatch(entry["color"]):
        yield Fault("legend-colour", Place(at.file, row=at.row, column="color"), entry["color"][:40])
    names = entry["name_es"], entry["name_en"]
    before = called.setdefault(entry["code"], names)
    if before != names:
        yield Fault("legend-code-twice", at, entry["code"], {"first": " / ".join(before), "second": " / ".join(names)})


def _frame(entries: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """The legend, colours given to the classes that have none."""
    frame = pd.DataFrame(list(entries), columns=list(COLUMNS), dtype=str)
    bare = frame["color"] == ""
    frame.loc[bare, "color"] = [_COLOURS[i % len(_COLOURS)] for i in frame.index[bare]]
    return frame


def whole(value: str) -> int | None:
    """A legend's value as the number that a raster's cell can hold; None if it is none (0 to 65,535).

    >>> whole("0114"), whole("70000"), whole("A1")
    (114, None, None)
    """
    return int(value) if re.fullmatch(r"[0-9]{1,5}", value) and int(value) <= 65_535 else None
