"""Reports for tests: a good row, four municipalities, and the way from rows to actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from envgis.actions import intake
from envgis.actions.record import Actions
from envgis.actions.reported import ReportFile
from envgis.faults import errors
from envgis.workspace import Reports

TODAY = dt.date(2026, 11, 24)
# Squares about the true places; 1201 and 1202 share the meridian -91.78. The name of 1202 stands twice.
MUNICIPALITIES = gpd.GeoDataFrame(
    {"code": ["0114", "1201", "1202", "0102"], "name": ["Amatitlán", "San Marcos", "San Pedro Sacatepéquez", "San Pedro Sacatepéquez"]},
    geometry=[
        shapely.box(-90.70, 14.40, -90.50, 14.55),
        shapely.box(-91.88, 14.90, -91.78, 15.06),
        shapely.box(-91.78, 14.85, -91.70, 15.03),
        shapely.box(-90.66, 14.66, -90.60, 14.72),
    ],
    crs=4326,
)
GOOD = {
    "tipo": "Terrazas",
    "estado": "terminada",
    "fecha": "2026-03-12",
    "latitud": "14.9650",
    "longitud": "-91.7944",
    "municipio": "1201",
}


def table(rows: Sequence[Mapping[str, str]], name: str = "reportes.csv", **more: object) -> ReportFile:
    frame = pd.DataFrame([dict(row) for row in rows], dtype="string").fillna("")
    return ReportFile(name, Path(name), "0" * 64, frame, np.arange(2, len(rows) + 2), **more)  # type: ignore[arg-type]


def take(rows: Sequence[Mapping[str, str]] | ReportFile, **reports: object) -> Actions:
    file = rows if isinstance(rows, ReportFile) else table(rows)
    taken = intake.take([file], Reports(paths=["*"], date=TODAY, **reports), MUNICIPALITIES)  # type: ignore[arg-type]
    assert errors(taken.notes) == []
    assert taken.rows_read == len(file.rows)
    return taken


def reasons(taken: Actions) -> list[str]:
    return [fault.code for row in taken.set_aside for fault in row.faults]


def flags(taken: Actions) -> list[str]:
    return str(taken.table["flags"].fillna("").iloc[0]).split(";")


def without(*names: str) -> dict[str, str]:
    return {name: cell for name, cell in GOOD.items() if name not in names}
