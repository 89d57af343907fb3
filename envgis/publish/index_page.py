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
from envgis.locale import leading
from envgis.publish import about, bilingual, legend, outlines, shell
from envgis.publish.bilingual import Words
from envgis.publish.figures import Book, Figures
from envgis.publish.names import folder_names

# Per cent between the classes of the gap, the same for every run. Actions cover little of a municipality: classes of
# equal width would give all of them one colour, so the last ones are narrow.
_BOUNDS = (50, 80, 95, 99)
# Without reports of actions there is no gap: a municipality is coloured by its share at a high level.
_HIGH_BOUNDS = (10, 25, 50, 75)
# The areas of all municipalities together that stand in large print, with their unit.
_TILES = ("high_ha", "covered_ha", "after_central_ha")
# Per cent of a municipality without data beyond which "nothing at a high level" would be too much to say.
_MUCH_MISSING = 5
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
    book, start = Book(assessment), leading(assessment.language)
    views = _views(assessment)
    rows = _rows(assessment, book)
    cells = {f"k{i}": _cells(book, key, rows) for i, key in enumerate(views)}
    shades = {shade for one in cells.values() for shade in one["shade"].values()}
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
        classes=list(itertools.pairwise((0, *(_BOUNDS if assessment.recorded else _HIGH_BOUNDS), 100))),
        recorded=assessment.recorded,
        missing=[shade for shade in ("partly", "unknown") if shade in shades],
        much_missing=_MUCH_MISSING,
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
    """What changes with the hazard map chosen: ``text`` by cell (plain or in each language), the colour ``shade`` by municipality."""
    figures = {f"m{row.number}": book.of(row.code, key) for row in rows}
    total = book.total(key)
    text: dict[str, str | Words] = {}
    for place, one in {**figures, "t": total}.items():
        text |= {f"{place}.{name}": value for name, value in _texts(book, one).items()}
    text |= {f"{place}.label": _label(one) for place, one in figures.items()}
    text |= {f"t.{name}.unit": "–" if getattr(total, name) is None else f"{book.area(getattr(total, name))} ha" for name in _TILES}
    text["t.lacking"] = ", ".join(row.name for row in rows if figures[f"m{row.number}"].unknown)
    return {"text": text, "shade": {place: _shade(one) for place, one in figures.items()}}


def _texts(book: Book, one: Figures) -> dict[str, str | Words]:
    def share(value: float | None) -> str:
        return "–" if value is None else locale.percent(value, "es")

    def people(value: int | None) -> str:
        return "–" if value is None else locale.number(value, "es")

    areas = ("high_ha", "covered_ha", "gap_ha", "after_central_ha")
    return {
        **{name: book.area(getattr(one, name)) for name in areas},
        "high_share": "" if one.unknown else share(one.high_share),
        "gap_share": share(one.gap_share),
        "after_range": "" if not one.recorded else f"{book.area(one.after_best_ha)} – {book.area(one.after_worst_ha)}",
        "no_data_share": share(one.no_data_share),
        "high_people": people(one.high_people),
        "gap_people": "" if one.gap_people is None else locale.both("web.people_in_gap", people=one.gap_people),
    }


def _shade(one: Figures) -> str:
    if one.unknown:
        return "unknown"
    share = _shown(one)
    if share is None:
        return "partly" if _percent(one.no_data_share) > _MUCH_MISSING else "none"
    # Of the share as it is printed: 99.0% has the colour of 99–100%.
    return str(bisect.bisect_right(_BOUNDS if one.recorded else _HIGH_BOUNDS, _percent(share)))


def _shown(one: Figures) -> float | None:
    """The share that colours a municipality: its gap, without reports of actions what is at a high level; None: nothing is."""
    return one.gap_share if one.recorded else one.high_share or None


def _label(one: Figures) -> str | Words:
    """What stands under a municipality's name on the outline map: its share, or how much of it has no data."""
    match _shade(one):
        case "unknown":
            return locale.both("web.label_unknown")
        case "partly":
            return locale.both("web.label_partly", share=one.no_data_share)
    share = _shown(one)
    return "–" if share is None else locale.percent(share, "es")


def _percent(share: float | None) -> float:
    return round((share or 0.0) * 100, 1)


def _refused(one: SetAside) -> Refused:
    reasons = [(bilingual.told(fault.message), bilingual.remedy(fault)) for fault in one.faults]
    return Refused(one.file, one.row, reasons)
