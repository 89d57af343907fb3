"""What a screening of its own leaves: tables for programs, a workbook for people, and its record, in one folder."""

from __future__ import annotations

from pathlib import Path

from envgis import files, provenance
from envgis.actions.record import quarantine
from envgis.locale import leading
from envgis.planning.screened import Screening
from envgis.publish import site_workbook, tables_csv


def write(found: Screening, out: Path) -> None:
    """Write sites.csv, site_hazards.csv, sites.xlsx, quarantine.csv (only where a row was set aside) and run.json into ``out``.

    Raises BadInput if ``out`` is refused (see `envgis.files.staged`).
    """
    notice = tables_csv.notice(found.synthetic)
    with files.staged(out) as part:
        products = {f"{name}.csv": tables_csv.render(table, notice) for name, table in found.tables.items()}
        products["sites.xlsx"] = site_workbook.render(found)
        if found.set_aside:
            products["quarantine.csv"] = tables_csv.render(quarantine(found.set_aside, leading(found.language)), notice)
        for name, content in products.items():
            files.write_file(part / name, content)
        outputs = {name: files.sha256(part / name) for name in products}
        files.write_file(part / files.RECORD, provenance.render(found.record, outputs))
