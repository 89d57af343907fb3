"""What one run found: the only thing a publisher takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from envgis.actions.record import SetAside
from envgis.adaptation import ResidualMap
from envgis.faults import Fault, Message
from envgis.grid import Grid
from envgis.landuse import LandUse
from envgis.levels import NO_DATA, HazardKey, HazardMap

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Credit:
    """Where a layer comes from, for the foot of every product. ``role``: "municipalities", "landuse", a hazard's slug …"""

    role: str
    title: Mapping[str, str]
    source: str
    date: str
    licence: str


@dataclass(frozen=True)
class Assessment:
    """Everything that one run found.

    municipalities : code, name, area_ha (geodesic), geometry (EPSG:4326), one row each, by code
    maps : hazard maps by key, in the order of the workspace
    residuals : for each key, levels with the actions in force (only where there are actions)
    landuse : legend and cells, or None
    actions : accepted actions (see `envgis.actions.record`); ``in_force`` is a boolean column beside them
    set_aside : rows of reports and of sites that were not taken
    ledger : hazard, scenario, return_period, municipality, face, level, level_best, level_central, level_worst,
        landuse, area_mm2, people_micro
    tables : the summary tables by name ("hazard_levels", "landuse_hazard", "adaptation", "actions", "coverage",
        "sites", "site_hazards")
    sites : screened sites with their geometry (EPSG:4326) and ``reason``, a Message; None if they are not to be drawn
    public_fields : columns of ``actions`` that may be shown; none: no action is drawn
    warnings, assumptions, credits : what the reader must be told
    record : what becomes run.json
    """

    name: str
    language: Literal["es", "en", "both"]
    synthetic: bool
    date: dt.date | None
    municipalities: gpd.GeoDataFrame
    maps: Mapping[HazardKey, HazardMap]
    residuals: Mapping[HazardKey, ResidualMap]
    landuse: LandUse | None
    actions: gpd.GeoDataFrame
    set_aside: tuple[SetAside, ...]
    ledger: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    sites: gpd.GeoDataFrame | None
    has_population: bool
    public_fields: tuple[str, ...]
    warnings: tuple[Fault, ...] = ()
    assumptions: tuple[Message, ...] = ()
    credits: tuple[Credit, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def recorded(self) -> bool:
        """Whether there are reports of actions at all: without them, how much land has none is not known."""
        return self.date is not None

    @property
    def run_id(self) -> str:
        """Short name of the run: the first characters of the hash of its inputs and parameters."""
        return str(self.record.get("run_id", ""))

    @property
    def hazards(self) -> Mapping[HazardKey, xr.DataArray]:
        """Levels as DataArrays (y, x) on their own grids, 255 = no data, read when asked for."""
        return _Arrays(self.maps)


class _Arrays(Mapping[HazardKey, "xr.DataArray"]):
    def __init__(self, maps: Mapping[HazardKey, HazardMap]) -> None:
        self._maps = maps

    def __getitem__(self, key: HazardKey | tuple[str, str, float | None]) -> xr.DataArray:
        hazard_map = self._maps[HazardKey(*key)]
        return data_array(hazard_map.levels(hazard_map.grid.window), hazard_map.grid, hazard_map.key.slug)

    def __iter__(self) -> Iterator[HazardKey]:
        return iter(self._maps)

    def __len__(self) -> int:
        return len(self._maps)


def data_array(levels: NDArray[np.uint8], grid: Grid, name: str) -> xr.DataArray:
    """Levels (rows, columns) as a DataArray with coordinates, CRS and no-data value.

    >>> grid = Grid.from_bounds("EPSG:32615", (600_000, 1_660_000, 600_300, 1_660_200), 100)
    >>> flood = data_array(np.full(grid.shape, 4, np.uint8), grid, "flood")
    >>> flood.rio.crs.to_epsg(), flood.rio.nodata, flood["y"].values.tolist()
    (32615, np.uint8(255), [1660150.0, 1660050.0])
    """
    import rioxarray  # noqa: F401  (registers the .rio accessor)
    import xarray as xr

    x, y = grid.centers(grid.window)
    array = xr.DataArray(levels, coords={"y": y, "x": x}, dims=("y", "x"), name=name)
    return array.rio.write_crs(grid.crs.to_wkt()).rio.write_nodata(NO_DATA)  # type: ignore[no-any-return]
