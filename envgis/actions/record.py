"""The action record: the fixed columns of what people report from the field, and rows that could not be taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from envgis.faults import Fault
from envgis.locale import Language, remedy, sentence

STATUSES = ("planned", "ongoing", "done", "verified", "failed")
FUNDING_SOURCES = ("municipality", "codede", "central", "inab", "basin_authority", "cooperation", "private", "community", "remittance", "other")
PARTICIPANTS = ("women", "men", "young_women", "young_men", "girls", "boys")

# Column → pandas type. Missing is missing (NA, NaT), never 0 and never "".
COLUMNS = {
    "action_id": "string",
    "source": "string",  # file name, as the workspace names it
    "source_row": "Int64",
    "action_type": "string",  # slug of the catalogue
    "status": "string",  # one of STATUSES
    "date_start": "datetime64[s]",
    "date_end": "datetime64[s]",
    "geometry_source": "string",  # gps, map, drawn, file
    "accuracy_m": "Float64",
    "municipality_code": "string",  # where it is counted
    "municipality_declared": "string",
    "community": "string",
    "quantity": "Float64",
    "unit": "string",
    "area_ha": "Float64",  # declared; for a drawn polygon without a declaration, its geodesic area
    "length_m": "Float64",
    "plants": "Float64",
    "weight_kg": "Float64",
    "volume_m3": "Float64",
    "units": "Float64",
    "people": "Float64",
    **{f"participants_{who}": "Int64" for who in PARTICIPANTS},
    "cost": "Float64",
    "cost_currency": "string",
    "cost_gtq": "Float64",
    "remittance_share": "Float64",  # 0…1
    "remittance_gtq": "Float64",
    "funding_source": "string",  # sorted, joined by ";"
    "review_state": "string",
    "notes": "string",
    "flags": "string",  # codes of all that was noted, joined by ";"
}


@dataclass(frozen=True)
class SetAside:
    """A row that was not taken, with every reason. ``row`` as a person counts it in the file (the header is row 1)."""

    file: str
    row: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Actions:
    """table : accepted actions, `COLUMNS` and geometry (EPSG:4326); rows read = len(table) + len(set_aside)"""

    table: gpd.GeoDataFrame
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[Fault, ...] = ()

    @property
    def rows_read(self) -> int:
        return len(self.table) + len(self.set_aside)


def empty() -> Actions:
    """No action at all, with every column.

    >>> nothing = empty()
    >>> nothing.rows_read, list(nothing.table.columns) == [*COLUMNS, "geometry"]
    (0, True)
    """
    return Actions(frame({}))


def frame(columns: dict[str, Sequence[Any]], geometry: Sequence[Any] = ()) -> gpd.GeoDataFrame:
    """A table of actions from some of its columns, the others missing.

    >>> table = frame({"status": ["done"], "area_ha": [2.5]}, [None])
    >>> table["area_ha"].to_list(), table["plants"].to_list()
    ([2.5], [<NA>])
    """
    index = pd.RangeIndex(len(geometry))
    data = {name: pd.Series(columns.get(name, [None] * len(index)), index=index, dtype=kind) for name, kind in COLUMNS.items()}
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(list(geometry), index=index, crs=4326), crs=4326)


def quarantine(set_aside: Sequence[SetAside], language: Language) -> pd.DataFrame:
    """What becomes quarantine.csv: one row for each row set aside, with all its reasons and what to do about each.

    Columns: file, row (Int64), reason, remedy (text in ``language``), by file and row.

    >>> from envgis.faults import Place
    >>> table = quarantine([SetAside("kobo.csv", 14, (Fault("coordinates-zero", Place("kobo.csv", row=14)),))], "en")
    >>> list(table.columns), table["row"].to_list()
    (['file', 'row', 'reason', 'remedy'], [14])
    """
    rows = [
        {
            "file": one.file,
            "row": one.row,
            "reason": " ".join(sentence(fault.message, language) for fault in one.faults),
            "remedy": " ".join(dict.fromkeys(remedy(fault.message, language) for fault in one.faults)),
        }
        for one in sorted(set_aside, key=lambda one: (one.file, one.row))
    ]
    table = pd.DataFrame(rows, columns=["file", "row", "reason", "remedy"])
    return table.astype({"file": "string", "row": "Int64", "reason": "string", "remedy": "string"})
