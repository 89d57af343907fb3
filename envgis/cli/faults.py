"""Faults on the screen: where, what, and what to do; many of one kind as a few and a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from envgis.cli import screen_text
from envgis.faults import Fault
from envgis.locale import LANGUAGES, Language, explain, phrase

MOST_OF_A_KIND = 10
_MARKS = {"error": ("✗", "bold red"), "warning": ("!", "bold yellow")}


def tell(faults: Iterable[Fault], language: Language, error_stream: bool = False) -> None:
    """Print faults, errors first."""
    ordered = sorted(faults, key=lambda f: f.severity != "error")
    with screen_text.printer(error_stream) as say:
        for fault, more in condensed(ordered):
            mark, style = _MARKS[fault.severity]
            said = explain(fault, language)
            say((f"{mark} ", style), (_placed(fault, said.place, said.what), ""))
            say(("    " + said.remedy, "dim"))
            if more:
                say(("    " + phrase("cli.more-like-it", language, count=more), "dim"))


def condensed(faults: Sequence[Fault]) -> Iterator[tuple[Fault, int]]:
    """At most `MOST_OF_A_KIND` faults of each code and severity; the last with how many more there are."""
    totals = Counter((f.code, f.severity) for f in faults)
    told: Counter[tuple[str, str]] = Counter()
    for fault in faults:
        kind = (fault.code, fault.severity)
        told[kind] += 1
        if told[kind] <= MOST_OF_A_KIND:
            yield fault, totals[kind] - MOST_OF_A_KIND if told[kind] == MOST_OF_A_KIND else 0


def _placed(fault: Fault, place: str, what: str) -> str:
    """The sentence after its place, unless it names the place itself."""
    names_it = fault.at.file is not None and place == fault.at.file and place in what
    return what if names_it or not place else f"{place}: {what}"


def as_json(fault: Fault) -> dict[str, Any]:
    """A fault for programs, its sentences in both languages."""
    at = fault.at
    told: dict[str, Any] = {}
    for language in LANGUAGES:
        said = explain(fault, language)
        told[language] = {"what": said.what, "cause": said.cause, "remedy": said.remedy}
    place = {"file": at.file, "layer": at.layer, "row": at.row, "column": at.column}
    return {"severity": fault.severity, "code": fault.code, **place, "found": fault.found, **told}
