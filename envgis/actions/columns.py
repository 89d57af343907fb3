"""Which of a file's columns is which of ours.

In this order: what the user says in ``[…columns]``; what KoboToolbox and ODK write of themselves; names and synonyms,
without their group prefixes (``group/question``, ``group:question``, ``group-question``). Two columns for one field are
a fault, never a choice of ours.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from envgis.actions.reported import ReportFile
from envgis.actions.words import fold, shipped, synonyms
from envgis.faults import Fault, Place
from envgis.workspace import FILE

# The keys that a survey tool gives a report, the steadiest first: Kobo's _uuid changes with every edit.
SYSTEM_IDS = ("root_uuid", "key", "instance_id", "uuid", "kobo_id")
# A column called "id" and no more: a number that people give their rows, in every file from 1.
ROW_ID = "row_id"
_SYSTEM = {
    "meta/rootuuid": "root_uuid",
    "meta/instanceid": "instance_id",
    "key": "key",
    "__id": "key",
    "_uuid": "uuid",
    "_id": "kobo_id",
    "_submission_time": "submitted_at",
    "submissiondate": "submitted_at",
    "_validation_status": "review_state",
    "reviewstate": "review_state",
}
_KOBO_POINT = re.compile(r"^_(?P<question>.+)_(?P<part>latitude|longitude|altitude|precision)$", re.IGNORECASE)
_ODK_POINT = re.compile(r"^(?P<question>.+)[-:](?P<part>latitude|longitude|altitude|accuracy)$", re.IGNORECASE)
_PARTS = {"latitude": "latitude", "longitude": "longitude", "precision": "accuracy_m", "accuracy": "accuracy_m", "altitude": ""}
# By the shipped table of names: where in envgis.toml a user maps columns of such files.
SECTIONS = {"columns": "actions.columns", "site_columns": "sites.columns"}
# Names of so many things that they mean a coordinate only where no other column does, and where numbers stand in them.
_WEAK = frozenset({"x", "y"})
# Only degrees: "Longitud (m)" is a length, and "Latitud (2)" the second column of that name.
_DEGREES = re.compile(r"\s*[\[(]\s*(?:°|º|deg|gr|dec|dd\b|wgs)[^\])]*[\])]\s*$", re.IGNORECASE)
# What survey tools write of themselves and of the device, and who filled in the form: never read, hence never missed.
_ASIDE = frozenset(
    [
        *("start", "end", "today", "deviceid", "username", "simserial", "subscriberid", "phonenumber", "imei", "audit", "instanceid", "instancename"),
        *("formhub uuid", "version", "formversion", "fid", "ogc fid", "objectid", "submitterid", "submittername", "attachmentspresent"),
        *("attachmentsexpected", "edits", "devicephone", "nombre", "name", "apellidos", "reporta", "reportado por", "encuestador", "enumerator"),
        *("telefono", "celular", "phone", "correo", "correo electronico", "email", "dpi"),
    ]
)
_SHOWN = 40  # column names that a sentence lists


@dataclass(frozen=True)
class Columns:
    """A file with its columns named by our fields."""

    file: ReportFile
    headers: Mapping[str, str] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        return name in self.headers

    def header(self, name: str) -> str | None:
        """The column's name in the file."""
        return self.headers.get(name)

    def text(self, name: str) -> pd.Series:
        """The cells without outer blanks; empty text where the file has no such column."""
        if name not in self.headers:
            return pd.Series([""] * len(self.file.rows), dtype="string")
        return self.file.rows[self.headers[name]].astype("string").fillna("").str.strip().reset_index(drop=True)

    def typed(self, name: str) -> NDArray[np.bool_]:
        """Whether each cell was a number in the file, so that nobody has to ask how it was written."""
        cells = (self.file.typed or {}).get(self.headers.get(name, ""))
        return np.zeros(len(self.file.rows), bool) if cells is None else cells


@cache
def known(table: str) -> Mapping[str, str]:
    """Folded header → field, from ``data/columns.csv`` or ``data/site_columns.csv``.

    >>> known("columns")[fold("Estado")], known("site_columns")[fold("Nombre")]
    ('status', 'name')
    """
    return {fold(word): row["field"] for row in shipped(table) for word in (row["field"], *synonyms(row["synonyms"]))}


def match(file: ReportFile, own: Mapping[str, str], table: str) -> tuple[Columns, list[Fault]]:
    """The file's columns by our fields, and a fault for each field that two columns claim.

    own : the user's column name → field; it wins over everything else
    table : the shipped table of names, "columns" or "site_columns"

    >>> from pathlib import Path
    >>> rows = pd.DataFrame({"datos/estado": ["hecho"], "Latitud": ["14.9"], "labor": ["Vivero"]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2]))
    >>> named, faults = match(file, {"labor": "action_type"}, "columns")
    >>> dict(sorted(named.headers.items())), faults
    ({'action_type': 'labor', 'latitude': 'Latitud', 'status': 'datos/estado'}, [])
    """
    headers = [str(header) for header in file.rows.columns]
    claims: dict[str, list[str]] = {}
    mine = {header: target for header in headers if (target := _own(header, own)) is not None}
    for header, target in mine.items():
        claims.setdefault(target, []).append(header)
    given = frozenset(claims)
    questions = _point_questions(headers)
    for header in headers:
        if header not in mine and not _is_option(header, headers):
            target = _field_of(header, known(table), questions)
            if target and target not in given:
                claims.setdefault(target, []).append(header)
    claims = {target: names for target, claimed in claims.items() if (names := _without_weak(claimed, mine, file))}
    faults = [
        Fault(
            "report-two-columns",
            Place(file.label, column=names[0]),
            " · ".join(names),
            {"name": target, "columns": names, "section": SECTIONS[table]},
        )
        for target, names in claims.items()
        if len(names) > 1
    ]
    named = {target: names[0] for target, names in claims.items()}
    plain = [header for header in headers if header.strip().casefold() == "id" and header not in named.values()]
    return Columns(file, {**named, **({ROW_ID: plain[0]} if len(plain) == 1 else {})}), faults


def check_own(own: Mapping[str, str], files: Sequence[ReportFile], table: str) -> list[Fault]:
    """Faults in the user's mapping itself: fields that we do not have, columns that no file has.

    >>> [(fault.code, fault.values["near"][0]) for fault in check_own({"labor": "action_typ"}, [], "columns")]
    [('mapping-field-unknown', 'action_type')]
    """
    fields = {*known(table).values(), *SYSTEM_IDS}
    faults = []
    for name, target in own.items():
        at, values = Place(FILE), {"section": SECTIONS[table], "name": name}
        if target not in fields:
            near = difflib.get_close_matches(target, sorted(fields), n=3, cutoff=0.4)
            faults.append(Fault("mapping-field-unknown", at, target, {**values, "near": near or sorted(fields)}))
        elif files and not any(_own(str(header), {name: target}) for file in files for header in file.rows.columns):
            faults.append(Fault("mapping-column-unused", at, name, values, "warning"))
    return faults


def unused(named: Columns, table: str) -> list[Fault]:
    """A warning that names the columns with something in them that no field takes, without what survey tools add.

    >>> from pathlib import Path
    >>> file = ReportFile("a.csv", Path("a.csv"), "", pd.DataFrame({"estado": ["hecho"], "color": ["azul"], "_id": ["7"]}), np.array([2]))
    >>> [fault.values["columns"] for fault in unused(match(file, {}, "columns")[0], "columns")]
    [['color']]
    """
    file, taken = named.file, set(named.headers.values())
    headers = [str(header) for header in file.rows.columns]
    lost = [
        header
        for header in headers
        if header not in taken and not _is_aside(header, headers) and file.rows[header].astype("string").fillna("").str.strip().ne("").any()
    ]
    if not lost:
        return []
    shown = lost[:_SHOWN] + (["…"] if len(lost) > _SHOWN else [])
    values = {"columns": shown, "count": len(lost), "section": SECTIONS[table]}
    return [Fault("report-columns-unused", Place(file.label), values=values, severity="warning")]


def _is_aside(header: str, headers: Sequence[str]) -> bool:
    """Whether a column is a survey tool's own, one of its parts of an answer, or who filled in the form."""
    lower, tails = header.casefold(), _tails(header)
    own = lower.startswith(("_", "meta/", "meta:", "meta-", "formhub/", "system-")) or tails[-1].startswith("_") or lower in _SYSTEM
    part = _is_option(header, headers) or _point(header) is not None or "start-geopoint" in lower or "start_geopoint" in lower
    return own or part or any(fold(tail) in _ASIDE for tail in tails)


def listed(file: ReportFile) -> list[str]:
    """The columns found, as a sentence lists them.

    >>> from pathlib import Path
    >>> listed(ReportFile("a.csv", Path("a.csv"), "", pd.DataFrame({"estado": ["hecho"], "color": ["azul"]}), np.array([2])))
    ['estado', 'color']
    """
    headers = [str(header) for header in file.rows.columns]
    return headers[:_SHOWN] + (["…"] if len(headers) > _SHOWN else [])


def _without_weak(claimed: Sequence[str], mine: Mapping[str, str], file: ReportFile) -> list[str]:
    """The columns that claim a field, without an ``x`` or ``y`` that stands beside a better one or holds no numbers."""
    weak = [header for header in claimed if header not in mine and fold(_tails(header)[-1]) in _WEAK]
    if not weak:
        return list(claimed)
    strong = [header for header in claimed if header not in weak]
    return strong or [header for header in weak if _holds_numbers(file.rows[header])]


def _holds_numbers(cells: pd.Series) -> bool:
    written = cells.astype("string").fillna("").str.strip()
    written = written[written != ""]
    return bool(written.str.match(r"[+\-−]?\s?\d").mean() > 0.5) if len(written) else True


def _tails(header: str) -> list[str]:
    """The header without its group prefixes, one reading for each separator."""
    return [header, *(header.rsplit(mark, 1)[1] for mark in "/:-" if mark in header)]


def _own(header: str, own: Mapping[str, str]) -> str | None:
    for name in _tails(header):
        if name in own:
            return own[name]
    folded = {fold(name): target for name, target in own.items()}
    return next((folded[fold(name)] for name in _tails(header) if fold(name) in folded), None)


def _is_option(header: str, headers: Sequence[str]) -> bool:
    """Whether the column is one answer of a question with several (``funding/remittance`` beside ``funding``)."""
    return "/" in header and header.rsplit("/", 1)[0] in headers


def _point_questions(headers: Sequence[str]) -> frozenset[str]:
    """The questions of which a survey tool wrote latitude and longitude apart, in small letters, without groups."""
    found = (_point(header) for header in headers)
    return frozenset(question for question, _ in filter(None, found))


def _point(header: str) -> tuple[str, str] | None:
    """Question and field of a column such as ``group/_place_latitude`` or ``group-place-Latitude``."""
    tail = re.split(r"[/:]", header)[-1]
    parts = _KOBO_POINT.match(tail) or _ODK_POINT.match(header)
    if parts is None:
        return None
    question = re.split(r"[/:-]", parts["question"])[-1].casefold()
    if parts["question"].casefold().endswith(("start-geopoint", "start_geopoint")):
        return None  # where the form was opened, not where the action is
    return question, _PARTS[parts["part"].casefold()]


def _field_of(header: str, names: Mapping[str, str], questions: frozenset[str]) -> str | None:
    lower = header.casefold()
    if lower in _SYSTEM or lower.rsplit("/", 1)[-1] in _SYSTEM:
        return _SYSTEM.get(lower) or _SYSTEM[lower.rsplit("/", 1)[-1]]
    point = _point(header)
    if point is not None:
        return point[1] or None
    tails = _tails(header)
    if any(tail.casefold() in questions for tail in tails):
        return "geopoint"  # the raw answer beside its parts
    if tails[-1].startswith("_") or "start-geopoint" in lower:
        return None
    bare = [_DEGREES.sub("", tail) for tail in tails]
    return next((names[fold(tail)] for tail in (*tails, *bare) if fold(tail) in names), None)
