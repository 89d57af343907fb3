"""What a screening of its own leaves: its two tables, and the rows without a place, in one folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from envgis import files, provenance
from envgis.actions.record import SetAside, quarantine
from envgis.locale import Language
from envgis.publish import tables_csv


def write(
    tables: Mapping[str, pd.DataFrame], set_aside: Sequence[SetAside], record: Mapping[str, Any], out: Path, language: Language, *, synthetic: bool
) -> None:
    """Write sites.csv, site_hazards.csv, quarantine.csv (only where a row was set aside) and run.json into ``out``.

    synthetic : whether every row says that its data are

    Raises BadInput if ``out`` is refused (see `envgis.files.staged`).
    """
    notice = tables_csv.notice(synthetic)
    with files.staged(out) as part:
        products = {f"{name}.csv": tables_csv.render(table, notice) for name, table in tables.items()}
        if set_aside:
            products["quarantine.csv"] = tables_csv.render(quarantine(set_aside, language), notice)
        for name, content in products.items():
            files.write_file(part / name, content)
        outputs = {name: files.sha256(part / name) for name in products}
        files.write_file(part / files.RECORD, provenance.render(record, outputs))
