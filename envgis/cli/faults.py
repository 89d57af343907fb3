"""Faults on the screen: where, what, why, and what to do; rows with one fault as one line, many of a kind as a few and a number."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from envgis.cli import screen_text
from envgis.faults import Fault, Place, Severity
from envgis.locale import LANGUAGES, Language, explain, phrase, place

MOST_OF_A_KIND = 10
_MOST_ROWS = 12
# Of more of a kind than this the rest are only counted: a crowd must not take minutes to be put into words.
_MOST_SAID = 500
_MARKS = {"error": ("✗", "bold red"), "warning": ("!", "bold yellow")}
# A row set aside stops nothing.
ASIDE = ("–", "bold yellow")


# Severity and code.
_Kind = tuple[Severity, str]


@dataclass(frozen=True)
class Line:
    """Faults of one file that are told in the same words, the first with all their rows; more : others of the kind, not told."""

    fault: Fault
    what: str
    cause: str
    remedy: str
    rows: tuple[int, ...]
    more: int = 0

    @property
    def names_its_file(self) -> bool:
        """Whether the sentence itself says which file it is."""
        at = self.fault.at
        return at.file is not None and at == Place(at.file) and at.file in self.what


def tell(faults: Iterable[Fault], language: Language, error_stream: bool = False, mark: tuple[str, str] | None = None) -> None:
    """Print faults, errors first; a file with several of them is named once, above them.

    mark : the sign and its style before each; default by its severity
    """
    lines = condensed(sorted(faults, key=lambda f: f.severity != "error"), language)
    files = Counter(line.fault.at.file for line in lines if not line.names_its_file)
    with screen_text.printer(error_stream) as say:
        last, explained = None, set()
        for number, line in enumerate(lines):
            file = line.fault.at.file
            listed = file is not None and files[file] > 1 and not line.names_its_file
            if listed and file != last:
                say((f"{file}:", "bold"))
            last = file if listed else None
            indent = "  " if listed else ""
            sign, style = mark or _MARKS[line.fault.severity]
            say((f"{indent}{sign} ", style), (_placed(line, listed, language), ""))
            following = lines[number + 1] if number + 1 < len(lines) else None
            if following is None or (following.remedy, following.fault.at.file) != (line.remedy, file):
                # Why is said once of a kind: a list of rows should stay a list.
                if line.fault.code not in explained:
                    say((f"{indent}    {line.cause}", "dim"))
                    explained.add(line.fault.code)
                say((f"{indent}    → {line.remedy}", "dim"))
            if line.more:
                say((f"{indent}    " + phrase("cli.more-like-it", language, count=line.more), "dim"))


def condensed(faults: Iterable[Fault], language: Language) -> list[Line]:
    """Faults by file and kind, those in the same words as one line; at most `MOST_OF_A_KIND` lines of each kind."""
    totals: Counter[_Kind] = Counter()
    files: dict[tuple[str, str | None], dict[_Kind, dict[tuple[object, ...], list[Fault]]]] = {}
    for fault in faults:
        at, kind = fault.at, (fault.severity, fault.code)
        totals[kind] += 1
        if totals[kind] > _MOST_SAID:
            continue
        said = explain(fault, language)
        # Without a row two faults are two, however alike.
        words = (said.what, said.remedy, at.layer, at.column, 0 if at.row is not None else totals[kind])
        files.setdefault((fault.severity, at.file), {}).setdefault(kind, {}).setdefault(words, []).append(fault)
    lines: list[Line] = []
    last: dict[_Kind, int] = {}
    shown: Counter[_Kind] = Counter()
    told: Counter[_Kind] = Counter()
    for kind, alike in ((kind, alike) for kinds in files.values() for kind, groups in kinds.items() for alike in groups.values()):
        if told[kind] < MOST_OF_A_KIND:
            told[kind] += 1
            shown[kind] += len(alike)
            last[kind] = len(lines)
            said = explain(alike[0], language)
            lines.append(Line(alike[0], said.what, said.cause, said.remedy, tuple(sorted({f.at.row for f in alike if f.at.row is not None}))))
    for kind, number in last.items():
        lines[number] = dataclasses.replace(lines[number], more=totals[kind] - shown[kind])
    return lines


def _placed(line: Line, listed: bool, language: Language) -> str:
    """The sentence after its place, unless it names the place itself; without the file where that stands above."""
    if line.names_its_file:
        return line.what
    at = line.fault.at
    before = Place(None if listed else at.file, at.layer, at.row if len(line.rows) < 2 else None)
    parts = [before, Place(column=at.column)]
    words = [place(dataclasses.replace(line.fault, at=part), language) for part in parts]
    if len(line.rows) > 1:
        shown = ", ".join(map(str, line.rows[:_MOST_ROWS])) + (" …" if len(line.rows) > _MOST_ROWS else "")
        words.insert(1, phrase("cli.rows", language, rows=shown, count=len(line.rows)))
    where = ", ".join(word for word in words if word)
    return f"{where}: {line.what}" if where else line.what


def as_json(fault: Fault) -> dict[str, Any]:
    """A fault for programs, its sentences in both languages."""
    at = fault.at
    told: dict[str, Any] = {}
    for language in LANGUAGES:
        said = explain(fault, language)
        told[language] = {"what": said.what, "cause": said.cause, "remedy": said.remedy}
    place = {"file": at.file, "layer": at.layer, "row": at.row, "column": at.column}
    return {"severity": fault.severity, "code": fault.code, **place, "found": fault.found, **told}
