"""Where the adaptation gap lies: land at level 4 or 5 on which no action in force addresses the hazard, as polygons."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes

from envgis.actions import catalogue
from envgis.adaptation import ResidualMap
from envgis.assessment import Assessment
from envgis.grid import Window
from envgis.levels import HIGH, HazardKey, HazardMap
from envgis.publish import planes
from envgis.publish.planes import Cut

# More cells than this in a municipality are drawn coarser; `cell_m` says how coarse.
LARGEST = 1_000_000
_OUTSIDE = 2


def gap_areas(assessment: Assessment, largest: int = LARGEST) -> gpd.GeoDataFrame:
    """A row for each municipality and public hazard map that has a gap.

    Columns: municipality_code, municipality, hazard, scenario, return_period, gap_area_ha, gap_share, cell_m, geometry
    (MultiPolygon, EPSG:4326).

    The area is the ledger's, exact to the edge. The outline is that of whole cells whose centre lies in the gap, each
    of ``cell_m`` metres: those of the hazard's own grid, coarser where a municipality has more than ``largest`` cells.
    """
    known = assessment.tables["adaptation"]
    rows = []
    for key, one in assessment.maps.items():
        if not one.hazard.public:
            continue
        covered = _Covered(one, assessment.residuals.get(key))
        mine = known[of_map(known, key)]
        for code, place in zip(assessment.municipalities["code"], assessment.municipalities.geometry, strict=True):
            figures = mine[mine["municipality_code"] == code]
            if figures.empty or not float(figures.iloc[0]["gap_area_ha"]) > 0:
                continue
            cut = Cut.of(one.grid, place, largest)
            outline = shapely.MultiPolygon(_polygons(cut, covered))
            if outline.is_empty:  # smaller than any cell
                continue
            drawn = gpd.GeoSeries([outline], crs=one.grid.crs.to_wkt()).to_crs(4326).iloc[0]
            columns = ["municipality_code", "municipality", "hazard", "scenario", "return_period", "gap_area_ha", "gap_share"]
            cell_m = planes.cell_metres(one.grid) * cut.factor
            rows.append({**figures.iloc[0][columns].to_dict(), "cell_m": cell_m, "geometry": drawn})
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=4326) if rows else gpd.GeoDataFrame(geometry=[], crs=4326)


def of_map(table: pd.DataFrame, key: HazardKey) -> pd.Series:
    """Which rows of a summary table are of one hazard map."""
    period = table["return_period"].astype("Float64")
    same = period.isna() if key.return_period is None else (period == key.return_period).fillna(False)
    return (table["hazard"] == key.hazard) & (table["scenario"] == key.scenario) & same.astype(bool)


class _Covered:
    """Which cells of a hazard map lie in the gap."""

    def __init__(self, hazard_map: HazardMap, residual: ResidualMap | None) -> None:
        self.map, self.residual = hazard_map, residual
        types: Iterable[tuple[str, ...]] = residual.faces.table["types"] if residual is not None else ()
        family = hazard_map.hazard.family
        # Face 0 is land without an action.
        self.addressed = np.array([False, *(any(catalogue.addresses(t, family) for t in kinds) for kinds in types)])

    def gap(self, window: Window) -> NDArray[np.uint8]:
        high = np.isin(self.map.levels(window), HIGH)
        if self.residual is not None:
            high &= ~self.addressed[self.residual.face(window)]
        return high.astype(np.uint8)


def _polygons(cut: Cut, covered: _Covered) -> list[shapely.Polygon]:
    """The outlines of the gap's cells, those that share a side together."""
    cells = cut.read(covered.gap, _OUTSIDE)
    found = shapes(cells, cells == 1, connectivity=4, transform=cut.shown.transform)
    return [shapely.Polygon(geometry["coordinates"][0], geometry["coordinates"][1:]) for geometry, _ in found]
