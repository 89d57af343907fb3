"""Delimited text of any make: what its bytes are, what parts its cells, where its header stands. All cells stay text."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from dataclasses import dataclass

SEPARATORS = (";", ",", "\t", "|")
_SAMPLE = 300  # records that tell the separator
_HEADER_WITHIN = 15  # records among which the header is looked for
_SPANISH = frozenset("áéíóúñüÁÉÍÓÚÑÜ")
_SINGLE_BYTE = ("cp1252", "mac_roman", "cp850")
_DOUBLE = re.compile("[ÂÃ][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]")


@dataclass(frozen=True)
class Cells:
    """The records of a file. ``repaired`` : words whose letters had been encoded twice."""

    records: list[list[str]]
    encoding: str
    separator: str
    repaired: int


def parse(raw: bytes) -> Cells:
    """The records of a delimited file.

    Raises UnicodeError if the bytes are no text, csv.Error with the line's number if the quotes do not close.

    >>> found = parse("municipio;hectáreas\\n0114;2,5\\n".encode("cp1252"))
    >>> found.records, found.encoding, found.separator
    ([['municipio', 'hectáreas'], ['0114', '2,5']], 'cp1252', ';')
    """
    text, encoding = decode(raw)
    # CR alone ends a line in exports made on older Macs; csv refuses it.
    text, repaired = repair_double(text.replace("\r\n", "\n").replace("\r", "\n"))
    declared = re.match(r"^\ufeff?\"?sep=(.)\"?\n", text)
    if declared:
        text = text[declared.end() :]  # a spreadsheet does not show this line, so it has no number
    separator = declared[1] if declared else find_separator(text)
    return Cells(_records(text, separator), encoding, separator, repaired)


def _records(text: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records: list[list[str]] = []
    line = 0
    try:
        for record in reader:
            records.append(record)
            line = reader.line_num
    except csv.Error:
        raise csv.Error(str(line + 1)) from None
    return records


def decode(raw: bytes) -> tuple[str, str]:
    """Text and the name of its encoding: by its mark, else UTF-8 if it is, else by its Spanish letters.

    Raises UnicodeError for bytes that are no text.

    >>> decode("año".encode("utf-16")), decode("año".encode("mac_roman"))
    (('año', 'utf-16-le'), ('año', 'mac_roman'))
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if raw.startswith(mark):
            return raw.removeprefix(mark).decode(encoding), encoding
    if b"\x00" in raw:
        evens, odds = raw[0:2000:2].count(0), raw[1:2000:2].count(0)
        if len(raw) % 2 or max(evens, odds) < 0.3 * min(len(raw), 2000) / 2:
            raise UnicodeError("binary")
        encoding = "utf-16-le" if odds > evens else "utf-16-be"
        return raw.decode(encoding), encoding
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _single_byte(raw)


def _single_byte(raw: bytes) -> tuple[str, str]:
    best, name, text = -1.0, "", ""
    for encoding in _SINGLE_BYTE:
        try:
            candidate = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        beyond = [c for c in candidate if ord(c) > 127]
        share = sum(c in _SPANISH for c in beyond) / len(beyond)
        if share > best:
            best, name, text = share, encoding, candidate
    return text, name


def find_separator(text: str) -> str:
    """The sign that gives the records the most constant number of fields; the comma where none parts anything.

    >>> find_separator("lugar;hectáreas\\n\\"Amatitlán, Guatemala\\";2,5\\n")
    ';'
    """

    def constancy(separator: str) -> tuple[float, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            counts = [len(record) for record in itertools.islice(reader, _SAMPLE) if any(record)]
        except csv.Error:
            return 0.0, 0
        # Whatever stands above the header has fewer fields: the usual number is what counts.
        fields, times = max(Counter(n for n in counts if n > 1).items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return (times / len(counts) if counts else 0.0), fields

    return max(SEPARATORS, key=constancy) if text.strip() else ","


def header_at(records: list[list[str]]) -> int | None:
    """Position of the header: the first of the first records that is filled like the fullest; None if there is none.

    >>> header_at([["Reporte de mayo"], [], ["lat", "lon", "labor"], ["14.9", "-91.8", "Vivero"]])
    2
    """
    filled = [sum(1 for cell in record if cell.strip()) for record in records[:_HEADER_WITHIN]]
    if not any(filled):
        return None
    return next(i for i, count in enumerate(filled) if count >= 0.6 * max(filled))


def repair_double(text: str) -> tuple[str, int]:
    """UTF-8 that was once read as cp1252, as it was meant, and how many times; all else unchanged.

    >>> repair_double("AmatitlÃ¡n, año")
    ('Amatitlán, año', 1)
    """
    if not _DOUBLE.search(text):
        return text, 0
    repaired = 0

    def mend(found: re.Match[str]) -> str:
        nonlocal repaired
        try:
            meant = b"".join(_as_byte(sign) for sign in found[0]).decode("utf-8")
        except UnicodeError:
            return found[0]
        repaired += 1
        return meant

    return re.sub(r"[^\x00-\x7f]+", mend, text), repaired


def _as_byte(sign: str) -> bytes:
    """The byte that was read as this letter; five bytes have no letter in cp1252 and pass as they are."""
    try:
        return sign.encode("cp1252")
    except UnicodeError:
        return sign.encode("latin-1")
