"""What a Shapefile keeps beside itself: its parts, its reference system, the encoding of its attribute table."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from envgis.faults import Fault, Place

# A .prj is well-known text; GDAL would take a URL in its place.
_WKT = re.compile(rb"\s*(PROJCS|GEOGCS|PROJCRS|GEOGCRS|COMPD_CS|COMPOUNDCRS|BOUNDCRS)\s*[\[(]")
_SAMPLE_BYTES = 50_000_000
# The table of a .dbf: its header's length at byte 8, the language driver at byte 29.
_HEADER_BYTES = 32


def part(path: Path, suffix: str) -> Path | None:
    """The file beside ``path`` with ``suffix`` (".dbf"), in whichever case it is written.

    >>> (workspace / "LIMITES.DBF").touch()
    >>> part(workspace / "limites.shp", ".dbf").name, part(workspace / "limites.shp", ".shx")
    ('LIMITES.DBF', None)
    """
    wanted = (path.stem + suffix).casefold()
    return next((file for file in sorted(path.parent.iterdir()) if file.name.casefold() == wanted and file.is_file()), None)


def incomplete(path: Path, at: Place) -> list[Fault]:
    """Faults of the parts of a Shapefile: .shx and .dbf are needed, .prj must be well-known text.

    >>> (workspace / "limites.shp").touch()
    >>> [(fault.code, fault.found) for fault in incomplete(workspace / "limites.shp", Place("limites.shp"))]
    [('shapefile-part-missing', 'limites.shx, limites.dbf')]
    """
    if path.suffix.lower() != ".shp":
        return [Fault("shapefile-part", at, path.suffix or path.name)]
    missing = [suffix for suffix in (".shx", ".dbf") if part(path, suffix) is None]
    if missing:
        return [Fault("shapefile-part-missing", at, ", ".join(path.stem + suffix for suffix in missing))]
    prj = part(path, ".prj")
    with prj.open("rb") if prj else path.open("rb") as file:
        head = file.read(200).removeprefix(codecs.BOM_UTF8)
    if prj and not _WKT.match(head):
        return [Fault("shapefile-prj", at, head[:60].decode("ascii", errors="replace"))]
    return []


def encoding(path: Path, at: Place) -> tuple[str, list[Fault]]:
    """The encoding of the attribute table, by one rule: what the bytes can be comes before what the file says.

    Text that reads as UTF-8 is UTF-8; else what .cpg says, if that can read it; else Windows Latin-1 (cp1252), with a
    fault that tells so.

    >>> encoding(workspace / "limites.shp", Place("limites.shp"))
    ('utf-8', [])
    """
    table = part(path, ".dbf")
    if table is None:
        return "utf-8", []
    with table.open("rb") as file:
        head = file.read(_HEADER_BYTES)
        file.seek(int.from_bytes(head[8:10], "little"))
        records = file.read(_SAMPLE_BYTES)
    said = _said(path)
    if records.isascii() or _reads_as_utf8(records):
        return "utf-8", []
    if said and said not in ("utf-8", "ascii"):
        return said, []
    return "cp1252", [Fault("text-latin1", at, table.name, severity="warning")]


def _said(path: Path) -> str | None:
    """Python's name of the encoding in the .cpg file; None if there is none, or none that Python knows."""
    cpg = part(path, ".cpg")
    if cpg is None:
        return None
    word = cpg.read_bytes()[:40].decode("ascii", errors="ignore").strip()
    candidates = [word, f"cp{word.removeprefix('ANSI ')}", f"iso-8859-{word[4:]}" if word.startswith("8859") else ""]
    for candidate in candidates:
        try:
            return codecs.lookup(candidate).name
        except LookupError:
            continue
    return None


def _reads_as_utf8(content: bytes) -> bool:
    """Fixed-width fields may cut a letter in two, so a few bad bytes among many good letters do no harm."""
    text = content.decode("utf-8", errors="replace")
    good = sum(1 for letter in text if letter > "\x7f" and letter != "\ufffd")
    return good > text.count("\ufffd")
