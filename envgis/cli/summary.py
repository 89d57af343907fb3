"""What a run found, in a few lines on the screen: the same figures, rounded in the same way, as on its pages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from envgis.cli import screen_text
from envgis.locale import Language, number, percent, phrase

if TYPE_CHECKING:
    from envgis.assessment import Assessment
    from envgis.levels import Hazard, HazardKey
    from envgis.publish.figures import Book

MOST_MUNICIPALITIES = 6


def tell(assessment: Assessment, language: Language) -> None:
    """The municipalities with the most land at a high level, six at most; then what was set aside."""
    from envgis.publish.figures import Book

    book = Book(assessment)
    keys = shown_maps(assessment.maps)
    areas = assessment.municipalities
    codes = [str(code) for code in areas["code"]]
    most = sorted(codes, key=lambda code: -max(book.of(code, key).high_ha or 0.0 for key in keys))[:MOST_MUNICIPALITIES]
    with screen_text.printer() as say:
        for code, name, area_ha in zip(codes, areas["name"], areas["area_ha"], strict=True):
            if code in most:
                say((f"{name} ({code}), {book.area(float(area_ha))} ha", "bold"))
                for line in _lines(book, code, keys, language):
                    say((line, ""))
        if len(codes) > len(most):
            say((phrase("run.more", language, count=len(codes) - len(most)), ""))
        if not assessment.recorded:
            say((phrase("unrecorded", language), ""))
        if assessment.set_aside:
            say((phrase("run.aside", language, count=len(assessment.set_aside)), ""))
        if assessment.synthetic:
            say((phrase("synthetic", language), "bold yellow"))


def tell_grids(assessment: Assessment, language: Language) -> None:
    """On which lattice each hazard was counted (its own, never moved), and how land use came to it. On the error stream."""
    told = dict.fromkeys(f"{one.hazard.title[language]} {one.grid.cell} ({one.grid.crs.name})" for one in assessment.maps.values())
    with screen_text.printer(error_stream=True) as say:
        say((phrase("run.grids", language, grids=" · ".join(told)) + _landuse(assessment, language), "dim"))


def _landuse(assessment: Assessment, language: Language) -> str:
    if assessment.landuse is None:
        return ""
    cell = assessment.landuse.cell
    return " · " + (phrase("run.landuse-polygons", language) if cell is None else phrase("run.landuse-raster", language, cell=cell))


def result(out: Path) -> Path:
    """What to open next: the index page, or the workbook where there are no pages."""
    page = out / "index.html"
    return page if page.is_file() else out / "tables.xlsx"


def shown_maps(keys: Iterable[HazardKey]) -> list[HazardKey]:
    """One map for each hazard: the present, with the shortest return period; else the first that there is."""
    chosen: dict[str, HazardKey] = {}
    for key in keys:
        had = chosen.get(key.hazard)
        if had is None or _rank(key) < _rank(had):
            chosen[key.hazard] = key
    return list(chosen.values())


def _rank(key: HazardKey) -> tuple[bool, float]:
    return key.scenario != "present", key.return_period or 0.0


def _lines(book: Book, code: str, keys: Iterable[HazardKey], language: Language) -> list[str]:
    rows: list[tuple[str, float | None, float | None, str]] = []
    for key in keys:
        found, title = book.of(code, key), f"  {_title(book.assessment.maps[key].hazard, language)}"
        if found.unknown:
            rows.append((title, None, None, phrase("no_data_at_all", language)))
            continue
        people = "" if found.high_people is None else phrase("run.people", language, count=found.high_people)
        rows.append((title, found.high_ha, found.high_share, people))
        if found.recorded:
            covered = None if found.gap_share is None else 1 - found.gap_share
            rows.append((f"    {phrase('run.addressed', language)}", found.covered_ha, covered, ""))
            rows.append((f"    {phrase('run.gap', language)}", found.gap_ha, found.gap_share, ""))
        if found.no_data_ha > 0:
            rows.append((f"    {phrase('run.no-data', language)}", found.no_data_ha, found.no_data_share, ""))
    width = max((len(words) for words, *_ in rows), default=0)
    lines = []
    for words, area_ha, share, rest in rows:
        part = "" if share is None else percent(share, language)
        figures = "" if area_ha is None else f"{book.area(area_ha):>9} ha  {part:>6}  "
        lines.append(f"{words:<{width}}  {figures}{rest}".rstrip())
    return lines


def _title(hazard: Hazard, language: Language) -> str:
    """For example: Deslizamientos (presente): susceptibilidad alta o muy alta."""
    key = hazard.key
    scenario = phrase("scenario.present", language).lower() if key.scenario == "present" else key.scenario
    if key.return_period is not None:
        scenario += f", {number(key.return_period, language)} {phrase('run.years', language)}"
    return phrase(f"run.high-{hazard.measure}", language, title=hazard.title[language], scenario=scenario)
