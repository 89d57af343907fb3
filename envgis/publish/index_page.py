"""The entry page of a run: every municipality with its figures, links to all products, what was set aside and why."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from envgis import locale
from envgis.actions.record import SetAside
from envgis.assessment import Assessment
from envgis.levels import HazardKey
from envgis.publish import about, bilingual, legend, outlines, shell
from envgis.publish.bilingual import Words
from envgis.publish.figures import Book, Figures
from envgis.publish.names import folder_names

# Per cent between the classes of the gap, the same for every run. Actions cover little of a municipality: classes of
# equal width would give all of them one colour, so the last ones are narrow.
_BOUNDS = (50, 80, 95, 99)
# More rows than this are in quarantine.csv only: a page of thousands is no help.
_MOST_SET_ASIDE = 300


@dataclass(frozen=True)
class Row:
    """A municipality in the table. ``folder``: of its products; ``in_force``: how many actions are."""

    number: int
    code: str
    name: str
    folder: str
    area: str
    in_force: int


@dataclass(frozen=True)
class Refused:
    """A row of a report that was set aside: where, and (what, remedy) for each reason."""

    file: str
    row: int
    reasons: Sequence[tuple[Words, Words]]


def page(assessment: Assessment) -> str:
    """The whole index page, as text: the same bytes for the same assessment."""
    book, start = Book(assessment), about.start_language(assessment)
    views = _views(assessment)
    rows = _rows(assessment, book)
    cells = {f"k{i}": _cells(book, key, rows) for i, key in enumerate(views)}
    title: Words = {language: f"{assessment.name} · {locale.phrase('web.subtitle', language)}" for language in locale.LANGUAGES}
    return shell.page(
        "index.html.jinja",
        start=start,
        title=title,
        styles=[shell.asset("page.css"), shell.asset("index.css")],
        scripts=[shell.asset("language.js"), shell.asset("index.js")],
        name=assessment.name,
        synthetic=assessment.synthetic,
        views={f"k{i}": words for i, words in enumerate(views.values())},
        cells=cells["k0"],
        data=shell.data(cells),
        rows=rows,
        panels=outlines.panels(assessment.municipalities),
        classes=list(itertools.pairwise((0, *_BOUNDS, 100))),
        has_population=assessment.has_population,
        reported=not assessment.actions.empty,
        has_actions=bool(assessment.residuals),
        refused=[_refused(one) for one in assessment.set_aside[:_MOST_SET_ASIDE]],
        refused_count=len(assessment.set_aside),
        taken=len(assessment.actions),
        tables=sorted(assessment.tables),
        rasters=[(key.slug, words) for key, words in views.items() if assessment.maps[key].hazard.public],
        about=about.about(assessment),
    )


def _views(assessment: Assessment) -> dict[HazardKey, Words]:
    order = list(dict.fromkeys(key.hazard for key in assessment.maps))
    keys = sorted(assessment.maps, key=lambda k: (order.index(k.hazard), k.return_period or 0.0, k.scenario != "present"))
    titles = {key: {language: assessment.maps[key].hazard.title[language] for language in locale.LANGUAGES} for key in keys}
    return {key: legend.view(titles[key], key) for key in keys}


def _rows(assessment: Assessment, book: Book) -> list[Row]:
    table = assessment.municipalities
    standing = assessment.actions["in_force"].astype(bool)
    in_force = assessment.actions.loc[standing, "municipality_code"].value_counts()
    folders = folder_names(zip(table["code"].astype(str), table["name"].astype(str), strict=True))
    return [
        Row(
            number,
            code := str(row["code"]),
            str(row["name"]),
            folders[code],
            f"{book.area(float(row['area_ha']))} ha",
            int(in_force.get(code, 0)),
        )
        for number, (_, row) in enumerate(table.iterrows())
    ]


def _cells(book: Book, key: HazardKey, rows: Sequence[Row]) -> dict[str, Any]:
    """What changes with the hazard map chosen: ``text`` by cell, the colour ``shade`` by municipality."""
    figures = {f"m{row.number}": book.of(row.code, key) for row in rows}
    text: dict[str, str] = {}
    for place, one in {**figures, "t": book.total(key)}.items():
        text |= {f"{place}.{name}": value for name, value in _texts(book, one).items()}
    return {"text": text, "shade": {place: _shade(one.gap_share) for place, one in figures.items()}}


def _texts(book: Book, one: Figures) -> dict[str, str]:
    def share(value: float | None) -> str:
        return "–" if value is None else locale.percent(value, "es")

    def people(value: int | None) -> str:
        return "–" if value is None else locale.number(value, "es")

    areas = ("high_ha", "covered_ha", "gap_ha", "after_central_ha")
    return {
        **{name: book.area(getattr(one, name)) for name in areas},
        "high_share": share(one.high_share),
        "gap_share": share(one.gap_share),
        "after_range": f"{book.area(one.after_best_ha)} – {book.area(one.after_worst_ha)}",
        "no_data_share": share(one.no_data_share),
        "high_people": people(one.high_people),
        "gap_people": people(one.gap_people),
    }


def _shade(gap_share: float | None) -> str:
    # Of the share as it is printed: 99.0% has the colour of 99–100%.
    return "none" if gap_share is None else str(bisect.bisect_right(_BOUNDS, round(gap_share * 100, 1)))


def _refused(one: SetAside) -> Refused:
    reasons = [(bilingual.told(fault.message), bilingual.remedy(fault)) for fault in one.faults]
    return Refused(one.file, one.row, reasons)
