"""What every page says about itself: limits of use, warnings, assumptions, sources, date, the run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from envgis import locale
from envgis.assessment import Assessment, Credit
from envgis.faults import Fault
from envgis.publish import bilingual, planes
from envgis.publish.bilingual import Words

# Warnings about how the officer's files were read, besides all of codes "report-…". They change no figure.
_READING = ("text-latin1", "text-not-utf8", "raster-sidecar-ignored")


@dataclass(frozen=True)
class CreditLine:
    """A layer's source as it is printed."""

    title: Words
    text: str


@dataclass(frozen=True)
class About:
    """The foot of a page. ``warnings``: (place, what was found)."""

    limits: Sequence[Words]
    warnings: Sequence[tuple[Words, Words]]
    assumptions: Sequence[Words]
    credits: Sequence[CreditLine]
    date: dt.date | None
    run_id: str


def about(assessment: Assessment, *, alone: bool = False) -> About:
    """What the pages of a run say about themselves.

    alone : the page travels without the others, to people who do not have the officer's files
    """
    keys = ["web.limit_site", "web.limit_no_data", "web.limit_footprint"]
    if any(one.hazard.measure == "susceptibility" for one in assessment.maps.values()):
        keys.append("web.limit_susceptibility")
    if assessment.has_population:
        keys.append("web.limit_people")
    return About(
        limits=[locale.both(key) for key in keys],
        warnings=[(bilingual.place(fault), bilingual.told(fault.message)) for fault in assessment.warnings if not alone or _travels(fault)],
        assumptions=[*(bilingual.told(message) for message in assessment.assumptions if message.code != "assume.grid"), *_cells(assessment)],
        credits=_lines(assessment.credits),
        date=assessment.date,
        run_id=assessment.run_id,
    )


def _cells(assessment: Assessment) -> list[Words]:
    """How large the cells of each hazard are, once where its maps share them; lattices in full are for the workbook."""
    said: dict[tuple[str, str], Words] = {}
    for one in assessment.maps.values():
        metres = planes.cell_metres(one.grid)
        words = locale.both("web.grid", title=one.hazard.title, metres=round(metres, 0 if metres >= 10 else 1))
        said.setdefault((words["es"], words["en"]), words)
    return list(said.values())


def _travels(fault: Fault) -> bool:
    """Whether a warning qualifies the figures; the others are for whoever has the files, and stay with the index and run.json."""
    of_rows = "rows" in fault.message.values
    return not (of_rows or fault.code.startswith("report-") or fault.code in _READING)


def _lines(credits: Sequence[Credit]) -> list[CreditLine]:
    """Each source once: the maps of one hazard mostly share theirs."""
    lines: dict[tuple[str, str, str], CreditLine] = {}
    for credit in credits:
        title: Words = {language: credit.title[language] for language in locale.LANGUAGES}
        text = " · ".join(part for part in (credit.source, credit.date, credit.licence) if part) or "–"
        lines.setdefault((title["es"], title["en"], text), CreditLine(title, text))
    return list(lines.values())
