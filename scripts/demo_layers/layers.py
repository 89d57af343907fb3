"""The rasters and the municipalities as files, the same bytes on every run."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely

from . import cover, hazards
from .cover import Place
from .geography import municipalities, municipalities_of
from .lattice import GTM, UTM, WGS, Lattice, moved
from .people import population

MARGIN_M = 450  # layers reach this far beyond the municipalities
_STAMP = "2026-11-24T12:00:00.000Z"


def write_all(folder: Path, places: list[Place]) -> None:
    """Every raster of every place, the legend and the municipalities."""
    write_vector(folder / "municipalities.gpkg", "municipalities", _frame())
    for place in places:
        _write_place(folder, place)
    rows = ["value,code,name_es,name_en,color"] + [f"{v},{c},{es},{en},{color}" for v, c, es, en, color in cover.LEGEND]
    (folder / "landuse.csv").write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")


def _frame() -> gpd.GeoDataFrame:
    table = {name: [getattr(m, name) for m in municipalities()] for name in ("code", "name", "department")}
    return gpd.GeoDataFrame(table, geometry=[m.outline for m in municipalities()], crs=WGS)


def write_vector(path: Path, layer: str, frame: gpd.GeoDataFrame, append: bool = False) -> None:
    """A GeoPackage layer without the time of writing in it."""
    if not append:
        path.unlink(missing_ok=True)  # a new file: an old one would keep its pages
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _STAMP})
    pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", append=append)


def _write_place(folder: Path, place: Place) -> None:
    tag = place.region.tag
    area = shapely.union_all([m.outline for m in municipalities_of(place.region)])
    bounds = shapely.bounds(shapely.buffer(area, MARGIN_M / 107_000))
    box = (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3]))

    def grid(crs: str, size: int | None = None, per_unit: int | None = None) -> tuple[Lattice, np.ndarray]:
        lattice = Lattice.around(crs, box, size=size, per_unit=per_unit)
        return lattice, _near(lattice, area)

    lattice, near = grid(GTM, 25)
    for scenario, future in (("present", False), ("2050", True)):
        level = hazards.landslide(place, lattice, future)
        write_raster(folder / f"landslide_{scenario}_{tag}.tif", lattice, np.where(near & ~_clouded(lattice), level, 255), 255)
    lattice, near = grid(UTM, 15)
    for scenario, future in (("present", False), ("2050", True)):
        for years in (10, 100):
            depth = hazards.flood_depth(place, lattice, years, future)
            write_raster(folder / f"flood_{scenario}_T{years}_{tag}.tif", lattice, np.where(near, depth, -9999), -9999, scale=0.01)
    lattice, near = grid(WGS, per_unit=3600)
    for scenario, future in (("present", False), ("2050", True)):
        loss = hazards.soil_loss(place, lattice, future)
        write_raster(folder / f"soil_loss_{scenario}_{tag}.tif", lattice, np.where(near, loss, np.float32(-9999)), -9999)
    lattice, near = grid(UTM, 30)
    write_raster(folder / f"landuse_{tag}.tif", lattice, np.where(near, cover.on_grid(place, lattice), 255), 255)
    lattice, near = grid(UTM, 100)
    people = population(place, lattice)
    write_raster(folder / f"population_{tag}.tif", lattice, np.where(near, people, np.float32(-9999)), -9999)


def _near(lattice: Lattice, area: shapely.Polygon) -> np.ndarray:
    """Cells whose centre is in ``area`` or within the margin of it."""
    wide = moved(shapely.buffer(moved(area, WGS, UTM), MARGIN_M), UTM, lattice.crs)
    shapely.prepare(wide)
    return shapely.contains_xy(wide, *lattice.xy)


def _clouded(lattice: Lattice) -> np.ndarray:
    """Where the landslide map has no data: a cloud over the northern tip of San Marcos."""
    lon, lat = lattice.lonlat
    u, v = (lon + 91.8245) / 0.0150, (lat - 15.0685) / 0.0115
    angle = np.arctan2(v, u)
    return np.hypot(u, v) < 0.92 + 0.10 * np.sin(3 * angle + 1) + 0.06 * np.sin(7 * angle) + 0.03 * np.sin(17 * angle)


def write_raster(path: Path, lattice: Lattice, values: np.ndarray, nodata: float, scale: float = 1.0) -> None:
    """A tiled, compressed GeoTIFF."""
    kind = values.dtype
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=lattice.columns,
        height=lattice.rows,
        count=1,
        dtype=kind,
        crs=lattice.crs,
        transform=lattice.transform,
        nodata=nodata,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        compress="deflate",
        zlevel=9,
        predictor=3 if kind.kind == "f" else 1,
    ) as target:
        target.write(values, 1)
        if scale != 1.0:
            target.scales = (scale,)
