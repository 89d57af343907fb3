"""What a run found, in a few lines on the screen: the same figures, rounded in the same way, as on its pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from envgis.cli import screen_text
from envgis.locale import Language, number, percent, phrase

if TYPE_CHECKING:
    from envgis.assessment import Assessment
    from envgis.levels import Hazard, HazardKey
    from envgis.planning.screened import Screening
    from envgis.publish.figures import Book

MOST_MUNICIPALITIES = 6
DECISIONS = ("proceed", "caution", "avoid", "not_enough_data")


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
        covered = None if found.gap_share is None else 1 - found.gap_share
        rows += [
            (title, found.high_ha, found.high_share, people),
            (f"    {phrase('run.addressed', language)}", found.covered_ha, covered, ""),
            (f"    {phrase('run.gap', language)}", found.gap_ha, found.gap_share, ""),
        ]
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


def tell_sites(found: Screening, language: Language, radius_m: float) -> None:
    """The table of screened sites, and how many of each decision."""
    sites = found.tables["sites"]
    labels = [" ".join(str(part) for part in row if isinstance(part, str)) for row in sites[["site_id", "name"]].itertuples(index=False)]
    decisions = [phrase(f"decision.{decision}", language) for decision in sites["decision"]]
    columns = [(phrase("screen.site", language), labels), (phrase("screen.decision", language), decisions)]
    first, second = (max(map(len, [head, *words])) for head, words in columns)
    counts = Counter(sites["decision"])
    each = ", ".join(f"{counts[d]} {phrase(f'decision.{d}', language)}" for d in DECISIONS if counts[d])
    with screen_text.printer() as say:
        say((f"  {columns[0][0]:<{first}}  {columns[1][0]:<{second}}  {phrase('screen.reason', language)}", "bold"))
        for label, decision, reason in zip(labels, decisions, sites["reason"], strict=True):
            say((f"  {label:<{first}}  {decision:<{second}}  {reason}", ""))
        say((phrase("screen.counts", language, count=len(sites), each=each), ""))
        say((phrase("screen.radius", language, radius=radius_m), ""))
        if found.set_aside:
            say((phrase("run.aside", language, count=len(found.set_aside)), ""))
