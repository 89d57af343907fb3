"""The benchmark's workload W1: hazard × land use by wiggly zones that tile the area, made from a seed."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin
from shapely.ops import polygonize

CRS = "EPSG:32615"
CELL_M = 10.0
WEST_M, NORTH_M = 440_000.0, 1_740_000.0
LAND_USE_CLASSES = 12


def zones(cells: int, count: int = 340, vertices: int = 640, seed: int = 1) -> gpd.GeoDataFrame:
    """``count`` zones that tile a square of ``cells`` × ``cells``, each border bent into a wiggly line both sides share."""
    rng = np.random.default_rng(seed)
    side = cells * CELL_M
    square = shapely.box(WEST_M, NORTH_M - side, WEST_M + side, NORTH_M)
    points = shapely.multipoints(np.column_stack([rng.uniform(WEST_M, WEST_M + side, count), rng.uniform(NORTH_M - side, NORTH_M, count)]))
    cells_of = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(points, extend_to=square)), square)
    lines = shapely.get_parts(shapely.line_merge(shapely.node(shapely.multilinestrings(shapely.get_parts(shapely.boundary(cells_of))))))
    edges = [segment for line in lines for segment in _segments(line)]
    per_edge = vertices // 5
    bent = [_bend(edge, square, per_edge, side / 100, rng) for edge in edges]
    polygons = list(polygonize(shapely.unary_union(bent)))
    large = [p for p in polygons if p.area > (side / 18) ** 2 / 50]
    frame = gpd.GeoDataFrame({"code": [f"{i:04d}" for i in range(len(large))]}, geometry=large, crs=CRS)
    return frame


def _segments(line: shapely.LineString) -> list[shapely.LineString]:
    xy = shapely.get_coordinates(line)
    return [shapely.LineString([a, b]) for a, b in zip(xy[:-1], xy[1:], strict=True)]


def _bend(edge: shapely.LineString, square: shapely.Polygon, points: int, most: float, rng: np.random.Generator) -> shapely.LineString:
    """A straight edge as a wiggly line between the same ends; the outer border keeps straight."""
    (xa, ya), (xb, yb) = edge.coords
    t = np.linspace(0, 1, max(3, points))
    length = edge.length
    on_rim = shapely.distance(square.boundary, edge.interpolate(0.5, normalized=True)) < 1e-6 * length
    sway = np.zeros_like(t)
    if not on_rim:
        for k in range(1, 12):
            sway += rng.normal(0, 1 / k) * np.sin(np.pi * k * t)
        sway *= min(most, length / 12)
    nx, ny = -(yb - ya) / length, (xb - xa) / length
    x, y = xa + (xb - xa) * t + nx * sway, ya + (yb - ya) * t + ny * sway
    x[[0, -1]], y[[0, -1]] = (xa, xb), (ya, yb)
    return shapely.LineString(np.column_stack([x, y]))


def rasters(folder: Path, cells: int, seed: int = 2) -> tuple[Path, Path]:
    """Hazard levels (0…5, some no data) and land use (12 classes) as deflate-compressed tiled uint8 GeoTIFF."""
    rng = np.random.default_rng(seed)
    return (
        _raster(folder / "hazard.tif", cells, [0, 1, 2, 3, 4, 5, 255], rng),
        _raster(folder / "landuse.tif", cells, list(range(1, LAND_USE_CLASSES + 1)), rng),
    )


def _raster(path: Path, cells: int, classes: list[int], rng: np.random.Generator) -> Path:
    """Patches of a few hundred metres, as classified maps have, written in bands."""
    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": 1, "width": cells, "height": cells, "nodata": 255, "crs": CRS,
        "transform": from_origin(WEST_M, NORTH_M, CELL_M, CELL_M), "tiled": True, "blockxsize": 512, "blockysize": 512,
        "compress": "deflate",
    }  # fmt: skip
    patch = 24
    with rasterio.open(path, "w", **profile) as out:
        for top in range(0, cells, 512):
            rows = min(512, cells - top)
            coarse = rng.integers(0, len(classes), (rows // patch + 2, cells // patch + 2))
            r = (np.arange(rows)[:, None] + rng.integers(0, patch, (1, cells)) // 4) // patch
            c = (np.arange(cells)[None, :] + rng.integers(0, patch, (rows, 1)) // 4) // patch
            band = np.asarray(classes, np.uint8)[coarse[r, c]]
            out.write(band, 1, window=((top, top + rows), (0, cells)))
    return path
