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

from envgis.actions.words import fold
from envgis.faults import Fault, Place
from envgis.landuse import LEGEND_COLUMNS, MOST_CLASSES, NO_CLASS
from envgis.sources import delimited

COLUMNS = ("value", *LEGEND_COLUMNS)
SCHEMES = ("esa-worldcover", "nlcd", "ipcc")
# What a column may be called, without accents and capitals; the first counts where there are several.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "value": ("value", "valor"),
    "code": ("code", "codigo"),
    "name_es": ("name es", "nombre es", "nombre"),
    "name_en": ("name en", "nombre en", "name"),
    "color": ("color", "colour"),
}
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

    Delimited text as reports are (see `envgis.sources.delimited`). A column ``value`` or ``code`` is required (each
    stands for the other) and a name in one language at least (which stands for the other), or the same in Spanish;
    colours are #RRGGBB. Values with one code and one name are one class.

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
    if not content:
        return None, [Fault("legend-unreadable", Place(name), f"{size} bytes")]
    try:
        records = delimited.parse(content).records
    except UnicodeError:
        return None, [Fault("legend-unreadable", Place(name), f"{size} bytes")]
    except csv.Error as error:
        return None, [Fault("legend-unreadable", Place(name, row=int(str(error))), '"')]
    top = delimited.header_at(records) or 0
    header = records[top] if records else []
    columns = _columns(header)
    faults = list(_column_faults(columns, header, name))
    if faults:
        return None, faults
    entries, faults = _entries(columns, records, top, name)
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


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Which column of the file is which of ours: by our names, or by what they are called in Spanish and English.

    >>> _columns(["Código", "Clase", "Color"])
    {'code': 0, 'color': 2, 'name_es': 1}
    """
    words = [fold(cell) for cell in header]
    found = {column: words.index(word) for column, known in _HEADINGS.items() for word in reversed(known) if word in words}
    # Beside a value or a code a class is its name, else it is the value itself.
    spare = next((i for i, word in enumerate(words) if word in ("clase", "class")), None)
    if spare is not None and not {"value", "code"} & set(found):
        found["value"] = spare
    elif spare is not None and not {"name_es", "name_en"} & set(found):
        found["name_es"] = spare
    return found


def _column_faults(columns: Mapping[str, int], header: Sequence[str], name: str) -> Iterable[Fault]:
    shown = ", ".join(cell.strip() for cell in header)[:120]
    if not {"value", "code"} & set(columns):
        yield Fault("legend-missing-column", Place(name), shown, {"column": "value"})
    if not {"name_es", "name_en"} & set(columns):
        yield Fault("legend-missing-column", Place(name), shown, {"column": "name_es"})


def _entries(columns: Mapping[str, int], records: Sequence[Sequence[str]], top: int, name: str) -> tuple[list[dict[str, str]], list[Fault]]:
    """The rows below the header, which is the record at ``top``."""
    entries: list[dict[str, str]] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    called: dict[str, tuple[str, str]] = {}
    rows = [(number, cells) for number, cells in enumerate(records[top + 1 :], start=top + 2) if any(cell.strip() for cell in cells)]
    for number, cells in rows:
        row = {column: cells[i].strip() for column, i in columns.items() if i < len(cells)}
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
