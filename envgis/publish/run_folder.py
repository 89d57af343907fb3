"""What a run leaves: every product of an assessment in one folder, put in place whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from envgis import files, provenance
from envgis.actions.record import quarantine
from envgis.assessment import Assessment
from envgis.faults import Fault
from envgis.locale import leading
from envgis.publish import description, geopackage, index_page, ledger_parquet, rasters, tables_csv, workbook
from envgis.publish.names import folder_names
from envgis.publish.web_map import page as map_page

# step (a phrase "progress.<step>"), share done (0…1)
Progress = Callable[[str, float], None]


def refusals(out: Path) -> list[Fault]:
    """Why a run could not write to ``out``: asked before the work begins."""
    return files.refusals(out)


def write(assessment: Assessment, out: Path, *, tables_only: bool = False, progress: Progress | None = None) -> None:
    """Write every product into ``out``: the new result whole, or the old one stays.

    tables_only : the tables, the workbook, the ledger and the record; no pages, no rasters, no GeoPackage

    Raises BadInput if ``out`` is refused (see `envgis.files.staged`).
    """
    tell = progress or (lambda step, share: None)
    with files.staged(out) as part:
        for name, content in _tables(assessment, tell):
            files.write_file(part / name, content)
        if not tables_only:
            for name, content in _pages(assessment, tell):
                files.write_file(part / name, content)
            _rasters(assessment, part, tell)
        outputs = {path.relative_to(part).as_posix(): files.sha256(path) for path in sorted(part.rglob("*")) if path.is_file()}
        files.write_file(part / files.RECORD, provenance.render(assessment.record, outputs))


def _tables(assessment: Assessment, tell: Progress) -> Iterator[tuple[str, bytes]]:
    notice = tables_csv.notice(assessment.synthetic)
    for i, (name, table) in enumerate(assessment.tables.items()):
        tell("tables", i / (len(assessment.tables) + 1))
        yield f"tables/{name}.csv", tables_csv.render(table, notice)
    yield "tables.xlsx", workbook.render(assessment)
    yield "ledger.parquet", ledger_parquet.render(assessment.ledger, description.lines(assessment, "ledger.title"))
    if assessment.set_aside:
        yield "quarantine.csv", tables_csv.render(quarantine(assessment.set_aside, leading(assessment.language)), notice)
    tell("tables", 1.0)


def _pages(assessment: Assessment, tell: Progress) -> Iterator[tuple[str, bytes]]:
    places = assessment.municipalities[["code", "name"]].astype(str).itertuples(index=False, name=None)
    folders = folder_names(places)
    for i, (code, folder) in enumerate(folders.items()):
        tell("pages", i / (len(folders) + 1))
        yield f"{folder}/map.html", map_page(assessment, code).encode()
    yield "index.html", index_page.page(assessment).encode()
    tell("pages", 1.0)


def _rasters(assessment: Assessment, part: Path, tell: Progress) -> None:
    count = sum(one.hazard.public for one in assessment.maps.values()) + len(assessment.residuals) + 1
    for done, _ in enumerate(rasters.write(assessment, part / "rasters"), start=1):
        tell("rasters", done / count)
    files.write_file(part / "envgis.gpkg", geopackage.render(assessment))
    tell("rasters", 1.0)
