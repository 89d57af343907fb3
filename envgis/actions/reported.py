"""A file of reports as it was read: text in columns, nothing interpreted yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class ReportFile:
    """One table of rows that somebody reported: a delimited file, a sheet of a workbook, a layer of a vector file.

    name : the file as the workspace names it
    path : where it lies
    sha256 : of the file's bytes
    rows : every cell as text ("" where empty), the header as it stood there; entirely empty rows are no reports
    row_numbers : for each row the number a person sees in the file: the spreadsheet's row (the header is 1 where
        nothing stands above it); of a vector layer the feature's, from 1
    geometry : for each row a shape in EPSG:4326 or None; None as a whole for a table without shapes
    typed : per column, whether each cell was a number in the file and not text; columns that hold none are left out
    layer : the sheet or layer, where the file has more than one
    too_long : positions of rows that have more cells than the header
    """

    name: str
    path: Path
    sha256: str
    rows: pd.DataFrame
    row_numbers: NDArray[np.int64]
    geometry: gpd.GeoSeries | None = None
    typed: dict[str, NDArray[np.bool_]] | None = None
    layer: str | None = None
    too_long: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """What names this table to a person, and nothing else: ``acciones.xlsx · Hoja2``."""
        return self.name if self.layer is None else f"{self.name} · {self.layer}"
