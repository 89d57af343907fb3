"""Files of field reports and of sites, whatever they are: rows of text, shapes in EPSG:4326, nothing interpreted."""

from __future__ import annotations

import contextlib
import csv
import glob
import hashlib
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from envgis.actions.reported import ReportFile
from envgis.faults import Fault, Message, Place
from envgis.sources import delimited, safety, sheets
from envgis.sources.sheets import typed_columns
from envgis.workspace import resolve

LARGEST_BYTES = 200_000_000
# What lies beside reports and is none: locks, a layer's other files, notes, photographs.
_BESIDE = frozenset(
    [
        *(".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".qmd", ".qml", ".qgz", ".qgs", ".xml"),
        *(".gpkg-wal", ".gpkg-shm", ".gpkg-journal", ".md", ".jpg", ".jpeg", ".png", ".pdf", ".docx", ".toml"),
    ]
)
_WILD = "*?["
# Kinds of file (see `envgis.sources.safety.kind_of`) that hold no rows, whatever they are called.
_ROWLESS = frozenset(
    ["tiff", "png", "jpeg", "gif", "jpeg2000", "netcdf", "hdf5", "erdas", "grib", "ascii_grid", "vrt", "pdf", "gzip", "rar", "7z", "lfs"]
)


def read_files(patterns: Sequence[str], folder: Path, allow_outside: bool) -> tuple[list[ReportFile], list[Fault]]:
    """Every table of the files that ``patterns`` name, and every fault.

    patterns : file names in ``folder``, with ``*`` for many
    folder : of the workspace; files outside it are a fault unless ``allow_outside``

    >>> tables, faults = read_files(["*.csv"], workspace, allow_outside=False)
    >>> [(table.label, len(table.rows)) for table in tables], faults
    ([('a.csv', 3), ('s.csv', 3)], [])
    """
    tables: list[ReportFile] = []
    faults: list[Fault] = []
    for path, name in _find(patterns, folder, allow_outside, faults):
        found, wrong = read_file(path, name)
        tables += found
        faults += wrong
    return tables, faults


def read_file(path: Path, name: str) -> tuple[list[ReportFile], list[Fault]]:
    """The tables of one file: one, or one for each sheet or layer that holds rows. ``name`` is what faults call it.

    >>> (table,), faults = read_file(workspace / "s.csv", "s.csv")
    >>> table.rows["nombre"].to_list(), table.row_numbers.tolist()
    (['Escuela', 'Puesto', 'Sin lugar'], [2, 3, 4])
    """
    at = Place(name)
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            return [], [Fault("report-too-large", at, values={"mb": size // 1_000_000, "limit_mb": LARGEST_BYTES // 1_000_000})]
        raw = path.read_bytes()
    except OSError as error:
        return [], [Fault("report-unreadable", at, error.strerror or str(error))]
    if not raw.strip():
        return [], [Fault("report-empty", at)]
    digest = hashlib.sha256(raw).hexdigest()
    start = raw[:400].removeprefix(b"\xef\xbb\xbf").lstrip()[:100].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return [], [Fault("report-is-html", at)]
    if (kind := safety.kind_of(raw[:4096])) in _ROWLESS:
        return [], [Fault("report-rowless", at, kind, {"kind": Message(f"file-type.{kind}")})]
    if sheets.is_workbook(raw):
        return _workbook(raw, path, name, digest)
    if _is_vector(raw, start):
        return _vector(path, name, digest)
    return _delimited(raw, path, name, digest)


def _find(patterns: Sequence[str], folder: Path, allow_outside: bool, faults: list[Fault]) -> list[tuple[Path, str]]:
    """Existing files with their names in the workspace, each once, in order of pattern and name."""
    found: dict[Path, str] = {}
    for pattern in patterns:
        wild = any(sign in pattern for sign in _WILD) and not (folder / pattern).is_file()
        names = sorted(_matching(pattern, folder)) if wild else [pattern]
        paths = [(folder / name, Path(name).as_posix()) for name in names]
        paths = [(path, name) for path, name in paths if path.is_file() and not (wild and _is_beside(path))]
        if not paths:
            faults.append(Fault("report-no-file", Place(pattern), pattern))
        for _, name in paths:
            inside = resolve(folder, name, allow_outside)
            if inside is None:
                faults.append(Fault("report-outside-workspace", Place(name), name))
            else:
                found.setdefault(inside, name)
    return list(found.items())


def _matching(pattern: str, folder: Path) -> list[str]:
    """Names that match; a pattern may lead out of the folder, which `Path.glob` does not allow."""
    return glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207


def _is_beside(path: Path) -> bool:
    return path.name.startswith((".", "~$", "README")) or path.suffix.lower() in _BESIDE


def _is_vector(raw: bytes, start: bytes) -> bool:
    return raw.startswith((b"SQLite format 3\x00", b"fgb\x03", b"\x00\x00\x27\x0a")) or start.startswith((b"{", b"[", b"<"))


def _delimited(raw: bytes, path: Path, name: str, digest: str) -> tuple[list[ReportFile], list[Fault]]:
    try:
        cells = delimited.parse(raw)
    except UnicodeError:
        return [], [Fault("report-not-a-table", Place(name))]
    except csv.Error as error:
        return [], [Fault("report-quotes", Place(name), str(error))]
    faults = []
    if not cells.encoding.startswith("utf"):
        faults.append(Fault("report-encoding", Place(name), cells.encoding, severity="warning"))
    if cells.repaired:
        faults.append(Fault("report-double-encoded", Place(name), values={"count": cells.repaired}, severity="warning"))
    table, wrong = _table(cells.records, None, path, name, None, digest)
    return ([] if table is None else [table]), faults + wrong


def _workbook(raw: bytes, path: Path, name: str, digest: str) -> tuple[list[ReportFile], list[Fault]]:
    import python_calamine

    try:
        found = sheets.read_sheets(raw)
    except python_calamine.PasswordError:
        return [], [Fault("report-password", Place(name))]
    except sheets.UnsafeWorkbook as error:
        return [], [Fault("report-workbook-unsafe", Place(name), str(error))]
    except sheets.DamagedWorkbook as error:
        return [], [Fault("report-unreadable", Place(name), str(error)[:200])]
    tables, faults = [], []
    for sheet in found:
        layer = sheet.name if len(found) > 1 else None
        table, wrong = _table(sheet.records, sheet.numbers, path, name, layer, digest)
        tables += [] if table is None else [table]
        faults += wrong
    # A sheet without rows beside one with rows is a cover or a list, not a failed report.
    return tables, [f for f in faults if f.severity == "warning"] if tables else faults or [Fault("report-empty", Place(name))]


def _table(
    records: list[list[str]], numbers: list[list[bool]] | None, path: Path, name: str, layer: str | None, digest: str
) -> tuple[ReportFile | None, list[Fault]]:
    """A table from records with its header found, its empty rows left out and its rows numbered as a person sees them."""
    at = Place(name, layer=layer)
    start = delimited.header_at(records)
    if start is None:
        return None, [Fault("report-empty", at)]
    headers, kept = _headers(records[start], records[start + 1 :])
    if len(headers) < 2:
        return None, [Fault("report-not-a-table", at)]
    faults = [Fault("report-title-rows", at, values={"count": start, "row": start + 1}, severity="warning")] if start else []
    first = start + 2 if start + 1 < len(records) and _is_tags(records[start + 1]) else start + 1
    rows = [i for i in range(first, len(records)) if records[i] and not "".join(records[i]).isspace() and any(records[i])]
    if not rows:
        return None, [Fault("report-no-rows", at)]
    width = len(records[start])
    padded = [records[i] if len(records[i]) >= width else [*records[i], *[""] * (width - len(records[i]))] for i in rows]
    columns = dict(zip(headers, ([record[k] for record in padded] for k in kept), strict=True))
    frame = pd.DataFrame({header: pd.Series(cells, dtype="string") for header, cells in columns.items()})
    typed = None if numbers is None else typed_columns(headers, [[k < len(numbers[i]) and numbers[i][k] for k in kept] for i in rows])
    too_long = tuple(n for n, i in enumerate(rows) if len(records[i]) > width and any(cell.strip() for cell in records[i][width:]))
    return ReportFile(name, path, digest, frame, np.array(rows, np.int64) + 1, None, typed, layer, too_long), faults


def _headers(header: list[str], body: list[list[str]]) -> tuple[list[str], list[int]]:
    """Names of the columns and their positions; a column without a name counts only where it holds something."""
    names: list[str] = []
    kept: list[int] = []
    for k, cell in enumerate(header):
        name = " ".join(cell.split())
        if not name:
            if not any(len(record) > k and record[k].strip() for record in body):
                continue
            name = f"#{k + 1}"
        times = sum(1 for other in names if other == name or other.startswith(f"{name} ("))
        names.append(name if name not in names else f"{name} ({times + 1})")
        kept.append(k)
    return names, kept


def _is_tags(record: list[str]) -> bool:
    """A row of HXL tags, which exports put under the header."""
    cells = [cell.strip() for cell in record if cell.strip()]
    return len(cells) > 1 and all(cell.startswith("#") and not cell[1:].isdigit() for cell in cells)


def _vector(path: Path, name: str, digest: str) -> tuple[list[ReportFile], list[Fault]]:
    from pyogrio.errors import DataLayerError, DataSourceError

    from envgis.sources import vectors

    layers: list[str | None] = [None]
    with contextlib.suppress(DataSourceError, DataLayerError, OSError, ValueError):  # the reader below says what is wrong
        layers = list(vectors.layer_names(path))
    if len(layers) < 2:
        layers = [None]
    tables, faults = [], []
    for layer in layers:
        table, wrong = vectors.read_vector(path, name, layer)
        faults += wrong
        if table is not None and len(table):
            tables.append(_of_features(table, path, name, layer, digest))
        elif table is not None:
            faults.append(Fault("report-no-rows", Place(name, layer=layer), severity="warning" if len(layers) > 1 else "error"))
    return tables, faults


def _of_features(table: gpd.GeoDataFrame, path: Path, name: str, layer: str | None, digest: str) -> ReportFile:
    geometry = gpd.GeoSeries(table.geometry.to_crs(4326).reset_index(drop=True))
    attributes = pd.DataFrame(table.drop(columns=table.geometry.name)).reset_index(drop=True)
    numeric = {
        str(column): attributes[column].notna().to_numpy(bool)
        for column in attributes
        if pd.api.types.is_numeric_dtype(attributes[column]) and not pd.api.types.is_bool_dtype(attributes[column])
    }
    rows = pd.DataFrame({str(c): pd.Series([_plain(v) for v in attributes[c]], dtype="string") for c in attributes}, index=attributes.index)
    return ReportFile(name, path, digest, rows, np.arange(1, len(rows) + 1, dtype=np.int64), geometry, numeric, layer)


def _plain(value: object) -> str:
    missing = value is None or value is pd.NA or value is pd.NaT
    return "" if missing else sheets.as_text(value.item() if isinstance(value, np.generic) else value)
