"""Layers that a user holds in memory: an xarray DataArray with a coordinate system, on NumPy or on Dask."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from envgis.faults import BadInput, Fault, Place
from envgis.grid import Grid, Window
from envgis.sources import cells

if TYPE_CHECKING:
    import xarray as xr

# Coordinates are evenly spaced if none is further from its place than this fraction of a cell.
_EVEN = 1e-3


@dataclass(frozen=True)
class MemoryLayer:
    """A `envgis.grid.Layer` over an array of any kind that slices like NumPy's; a window is computed when it is read.

    values : (rows, columns), from south to north where ``south_up``
    nodata : the value that the array declares as no data, if it declares one
    """

    grid: Grid
    values: Any
    nodata: float | int | None
    dtype: np.dtype[np.generic]
    fill: float | int
    south_up: bool = False
    scale: float = 1.0
    offset: float = 0.0
    classes: bool = False

    def read(self, window: Window) -> NDArray[np.generic]:
        """(rows, columns) values of a window within the grid, ``fill`` where there are no data."""
        row, column, rows, columns = window
        top = self.grid.rows - row - rows if self.south_up else row
        part = self.values[top : top + rows, column : column + columns]
        stored: NDArray[np.generic] = np.array(part[::-1] if self.south_up else part)
        gone = cells.absent(stored, self.nodata, self.dtype, self.fill, self.classes)
        return cells.handed_on(stored, gone, self.dtype, self.fill)

    def as_classes(self, codes: Collection[int]) -> MemoryLayer:
        """The same cells as class codes uint8 or uint16; what stands for no data is none of ``codes``."""
        dtype, fill = cells.as_codes(np.dtype(self.values.dtype), [self.nodata], codes)
        return replace(self, dtype=dtype, fill=fill, classes=True)


def layer_of(data_array: xr.DataArray) -> MemoryLayer:
    """A DataArray (y, x) as a layer: CRS, coordinates and no-data value as rioxarray finds them.

    Rows may run either way, a dimension of length one is left out, and nothing is computed before it is read.

    >>> import geopandas as gpd, rioxarray, shapely, xarray as xr
    >>> from envgis import ledger, levels, zones
    >>> at = {"y": [25.0, 15.0, 5.0], "x": [500_005.0, 500_015.0]}
    >>> index = xr.DataArray([[0.1, 0.9], [0.1, 0.9], [0.1, np.nan]], at, ("y", "x")).rio.write_crs(32615)
    >>> layer = layer_of(index)
    >>> bounds = levels.Breakpoints((0.2, 0.4, 0.6, 0.8), "right")
    >>> title = {"es": "Sequía", "en": "Drought"}
    >>> hazard = levels.Hazard(levels.HazardKey("drought", "present"), "drought", "hazard", "index", bounds, title)
    >>> town = gpd.GeoSeries([shapely.box(500_000, 0, 500_020, 30)], crs=32615)
    >>> t = ledger.tabulate(zones.cover(town, layer.grid), levels.HazardMap(hazard, layer.grid, layer), codes=["0114"])
    >>> [(int(level), round(area / 1e6)) for level, area in zip(t["level"], t["area_mm2"])]
    [(1, 300), (5, 200), (255, 100)]

    Raises BadInput if it has no CRS, is not a map of two dimensions, or is not evenly spaced from west to east.
    """
    import rioxarray  # noqa: F401  (registers the .rio accessor)

    array = data_array.squeeze(drop=True)
    at = Place(layer=str(data_array.name or "DataArray"))
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise BadInput([Fault("array-not-a-map", at, f"{dict(data_array.sizes)}, {data_array.dtype}")])
    if data_array.rio.crs is None:
        raise BadInput([Fault("array-no-crs", at)])
    crs = CRS.from_wkt(data_array.rio.crs.to_wkt())
    array = array.transpose(data_array.rio.y_dim, data_array.rio.x_dim)
    x, y = (np.asarray(array[dim], np.float64) for dim in (data_array.rio.x_dim, data_array.rio.y_dim))
    dx, dy = _step(x, data_array, 0), _step(y, data_array, 4)
    if dx is None or dy is None or dx <= 0:
        raise BadInput([Fault("array-uneven", at, f"x {x[:2]} … {x[-1]:g}, y {y[:2]} … {y[-1]:g}")])
    south_up = dy > 0
    grid = Grid(crs, float(x[0]) - dx / 2, float(y.max()) + abs(dy) / 2, dx, abs(dy), len(y), len(x))
    stored: np.dtype[np.generic] = np.dtype(array.dtype)
    nodata = cells.fitting(data_array.rio.nodata, stored) if stored.kind != "b" else None
    dtype, fill = cells.as_values(stored, [nodata])
    return MemoryLayer(grid, array.data, nodata, dtype, fill, south_up)


def _step(centres: NDArray[np.float64], array: xr.DataArray, position: int) -> float | None:
    """The distance between neighbouring centres; None if they are not evenly spaced."""
    if len(centres) == 1:
        # One cell's width stands in the transform alone.
        step = float(array.rio.transform()[position])
        return step if step else None
    step = float((centres[-1] - centres[0]) / (len(centres) - 1))
    even = centres[0] + np.arange(len(centres)) * step
    return step if step and np.abs(centres - even).max() <= _EVEN * abs(step) else None
