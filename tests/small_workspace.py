"""A workspace of two square municipalities of 400 ha and one map of levels, whose figures are counted in the head."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

GTM = "ESRI:103598"
X, Y = 360_000, 1_660_000

TOML = """
[workspace]
name = "Dos municipios"
[municipalities]
path = "m.gpkg"
[[hazard]]
name = "landslide"
path = "l.tif"
kind = "levels"
[actions]
paths = ["a.csv"]
date = 2026-11-24
[sites]
paths = ["s.csv"]
"""

ACTIONS = """id_accion,lat,lon,tipo de accion,estado,fecha,area_ha,municipio
A1,{a},Reforestación,terminada,2026-01-05,2,0101
A2,{a},Cosa desconocida,terminada,2026-01-05,2,0101
A3,,,Reforestación,terminada,2026-01-05,2,0101
"""

SITES = """id,nombre,lat,lon
S1,Escuela,{a}
S2,Puesto,{b}
S3,Sin lugar,,
"""


def write(folder: Path, toml: str = TOML) -> Path:
    """Write it. Level 5 in the west half of the west municipality, 1 elsewhere; of the east one a tenth has no data."""
    folder.mkdir(parents=True, exist_ok=True)
    boxes = [shapely.box(X, Y - 2000, X + 2000, Y), shapely.box(X + 2000, Y - 2000, X + 4000, Y)]
    table = gpd.GeoDataFrame({"code": ["0101", "0102"], "name": ["Oeste", "Este"]}, geometry=boxes, crs=GTM)
    table.to_file(folder / "m.gpkg")
    levels = np.ones((10, 20), np.uint8)
    levels[:, :5] = 5
    levels[:, 19] = 255
    raster(folder / "l.tif", levels, nodata=255)
    degrees = gpd.GeoSeries([shapely.Point(X + 500, Y - 1000), shapely.Point(X + 2900, Y - 1100)], crs=GTM).to_crs(4326)
    west, east = (f"{point.y:.6f},{point.x:.6f}" for point in degrees)
    (folder / "a.csv").write_text(ACTIONS.format(a=west), encoding="utf-8")
    (folder / "s.csv").write_text(SITES.format(a=west, b=east), encoding="utf-8")
    (folder / "envgis.toml").write_text(toml, encoding="utf-8")
    return folder


def raster(path: Path, values: np.ndarray, *, crs: str = GTM, nodata: float | None = None) -> None:
    """Cells of 200 m from the north-west corner of the two squares."""
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": values.dtype}
    with rasterio.open(path, "w", crs=crs, transform=from_origin(X, Y, 200, 200), nodata=nodata, **profile) as out:
        out.write(values, 1)
