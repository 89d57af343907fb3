"""Small synthetic workspaces for tests: a country as values, changed at will, then written into a folder.

Three municipalities with wiggly borders over San Marcos; landslide levels in Guatemala Transverse Mercator, flood depths
in UTM 15N, land use in degrees, people in UTM; fifteen actions that overlap, of which one kind lowers depths.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.transform import Affine

from envgis.assessment import Assessment

UTM, GTM, DEGREES = "EPSG:32615", "ESRI:103598", "EPSG:4326"
WEST, SOUTH, EAST, NORTH = 630_000.0, 1_650_000.0, 636_000.0, 1_655_000.0
NO_DATA, NO_DEPTH, NO_PEOPLE = 255, -9999.0, -1.0
LEGEND = pd.DataFrame(
    [(10, "Bosque", "Forest"), (20, "Cultivos", "Crops"), (30, "Pasto", "Grass"), (40, "Ciudad", "Town")], columns=["value", "name_es", "name_en"]
)
# A kind of action that lowers depths, which none of those shipped does.
EFFECTS = """action_type,hazard,acts_on,f_low,f_central,f_high,source,verified
wetland_restoration,flood,depth,0.2,0.5,0.8,a test,no
"""


@dataclass(frozen=True)
class Raster:
    """(rows, columns) values north-up, their CRS, the north-west corner and the cell's size."""

    values: NDArray[np.generic]
    crs: str
    corner: tuple[float, float]
    cell: float
    nodata: float | None

    def write(self, path: Path, *, south_up: bool = False) -> None:
        """As one GeoTIFF, in tiles of 64 cells; ``south_up``: with the southernmost row first."""
        (x, y), c = self.corner, self.cell
        values, shift = (self.values[::-1], Affine(c, 0, x, 0, c, y - c * len(self.values))) if south_up else (self.values, Affine(c, 0, x, 0, -c, y))
        shape = {"height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": values.dtype}
        tiles = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
        with rasterio.open(path, "w", driver="GTiff", crs=self.crs, transform=shift, nodata=self.nodata, **shape, **tiles) as out:
            out.write(values, 1)

    def part(self, rows: slice, columns: slice) -> Raster:
        """Some rows and columns of it."""
        corner = self.corner[0] + (columns.start or 0) * self.cell, self.corner[1] - (rows.start or 0) * self.cell
        return Raster(self.values[rows, columns], self.crs, corner, self.cell, self.nodata)

    def padded(self, rows: int, columns: int) -> Raster:
        """The same map in a wider file: more cells without data to the north and west, and a few to the south and east."""
        values = np.pad(self.values, ((rows, 5), (columns, 5)), constant_values=self.nodata)
        return Raster(values, self.crs, (self.corner[0] - columns * self.cell, self.corner[1] + rows * self.cell), self.cell, self.nodata)

    def refined(self) -> Raster:
        """The same map in cells of half the size."""
        return Raster(np.kron(self.values, np.ones((2, 2), self.values.dtype)), self.crs, self.corner, self.cell / 2, self.nodata)


@dataclass(frozen=True)
class Country:
    """What the workspace holds. landslide : by scenario; depth : by scenario and return period"""

    municipalities: gpd.GeoDataFrame
    landslide: dict[str, Raster]
    depth: dict[tuple[str, float], Raster]
    landuse: Raster | gpd.GeoDataFrame | None
    population: Raster | None
    actions: pd.DataFrame | None
    sites: pd.DataFrame | None
    select: tuple[str, ...] = ()
    legend: pd.DataFrame = field(default_factory=lambda: LEGEND)


@cache
def country() -> Country:
    """The country itself. Nobody changes it: `dataclasses.replace` makes another."""
    rng = np.random.default_rng(20261124)
    towns = _municipalities(rng)
    wet = _noise(rng, _blank(UTM, 20.0).values.shape, 40)
    depths = np.clip(4 * (wet - 0.45), 0, 3).astype(np.float32)
    depths[100:140, 200:230] = NO_DEPTH
    slope = _noise(rng, _blank(GTM, 25.0).values.shape, 25)
    levels = np.digitize(slope, [0.2, 0.3, 0.45, 0.6, 0.75]).astype(np.uint8)
    levels[20:60, 30:60] = NO_DATA
    later = np.where(levels == NO_DATA, NO_DATA, np.minimum(levels + (slope > 0.5), 5)).astype(np.uint8)
    people = _noise(rng, _blank(UTM, 100.0).values.shape, 6) ** 4 * 20
    use = _blank(DEGREES, 1 / 3600, nodata=0)
    classes = np.array([10, 20, 30, 40], np.uint8)[np.digitize(_noise(rng, use.values.shape, 30), [0.35, 0.5, 0.7])]
    classes[40:50, 40:90] = 0
    return Country(
        municipalities=towns,
        landslide={"present": _blank(GTM, 25.0, levels), "2050": _blank(GTM, 25.0, later)},
        depth={
            ("present", 10.0): _blank(UTM, 20.0, depths, NO_DEPTH),
            ("present", 100.0): _blank(UTM, 20.0, np.where(depths > 0, depths * 1.5, depths).astype(np.float32), NO_DEPTH),
            ("2050", 100.0): _blank(UTM, 20.0, np.where(depths > 0, depths * 2, depths).astype(np.float32), NO_DEPTH),
        },
        landuse=_blank(DEGREES, 1 / 3600, classes, 0),
        population=_blank(UTM, 100.0, people.astype(np.float32), NO_PEOPLE),
        actions=_actions(rng),
        sites=pd.DataFrame({"id": ["S1", "S2", "S3"], "lat": [14.940, 14.955, 15.400], "lon": [-91.77, -91.755, -91.50]}).astype(str),
    )


def _blank(crs: str, cell: float, values: NDArray[np.generic] | None = None, nodata: float = NO_DATA) -> Raster:
    """A raster over the municipalities and some 300 m around, with its corner on no round number."""
    x, y = Transformer.from_crs(UTM, crs, always_xy=True).transform([WEST, EAST, EAST, WEST], [NORTH, NORTH, SOUTH, SOUTH])
    edge = 300 / 111_000 if crs == DEGREES else 300.0
    corner = min(x) - edge - 0.37 * cell, max(y) + edge + 0.21 * cell
    shape = round((max(y) - min(y) + 2 * edge) / cell), round((max(x) - min(x) + 2 * edge) / cell)
    return Raster(np.zeros(shape, np.uint8) if values is None else values, crs, corner, cell, nodata)


def _noise(rng: np.random.Generator, shape: tuple[int, int], size: int) -> NDArray[np.float64]:
    """Hills about ``size`` cells wide, from 0 to 1: random heights on a coarse lattice, linear between them."""
    rows, columns = (np.arange(n) / size for n in shape)
    coarse = rng.random((int(rows[-1]) + 2, int(columns[-1]) + 2))
    r, c = rows.astype(int), columns.astype(int)
    fr, fc = (rows - r)[:, None], (columns - c)[None, :]
    top = coarse[np.ix_(r, c)] * (1 - fc) + coarse[np.ix_(r, c + 1)] * fc
    bottom = coarse[np.ix_(r + 1, c)] * (1 - fc) + coarse[np.ix_(r + 1, c + 1)] * fc
    return np.asarray(top * (1 - fr) + bottom * fr)


def _municipalities(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Three side by side; each border is one line, so that both neighbours have the same vertices."""
    y = np.linspace(SOUTH, NORTH, 60)
    lines = [np.column_stack([x + rng.normal(0, 60, 60).cumsum() * 0.3, y]) for x in (WEST, WEST + 2200, WEST + 4300, EAST)]
    shapes = [shapely.Polygon(np.vstack([a, b[::-1]])) for a, b in itertools.pairwise(lines)]
    return gpd.GeoDataFrame({"code": ["0101", "0102", "0103"], "name": ["Uno", "Dos", "Tres"]}, geometry=shapes, crs=UTM).to_crs(DEGREES)


def _actions(rng: np.random.Generator) -> pd.DataFrame:
    """Five of each of three types, in two clusters so that they overlap, some across borders; one planned, one stopped."""
    types = ["reforestation", "wetland_restoration", "use_restriction"] * 5
    rows = []
    for i, kind in enumerate(types):
        middle = (WEST + 2200, SOUTH + 2500) if i % 2 else (WEST + 4200, SOUTH + 1500)
        x, y = np.asarray(middle) + rng.normal(0, 250, 2)
        angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radius = rng.uniform(80, 420, 9)
        ring = shapely.Polygon(np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])).convex_hull
        status = {4: "planned", 9: "failed"}.get(i, "done")
        rows.append((f"A{i:02}", kind, status, "2026-01-05", geoshape(ring)))
    return pd.DataFrame(rows, columns=["id_accion", "tipo de accion", "estado", "fecha", "geoshape"])


def geoshape(polygon: shapely.Polygon) -> str:
    """A polygon in UTM as survey tools write what was drawn: latitude, longitude, altitude, accuracy of each corner."""
    lon, lat = Transformer.from_crs(UTM, DEGREES, always_xy=True).transform(*polygon.exterior.coords.xy)
    return ";".join(f"{b:.9f} {a:.9f} 0 0" for a, b in zip(lon, lat, strict=True))


def write(folder: Path, made: Country, *, tiles: dict[str, Sequence[str]] | None = None) -> Path:
    """Write a workspace. ``tiles`` : by file, the files beside it that are read in its place."""
    folder.mkdir(parents=True, exist_ok=True)
    made.municipalities.to_file(folder / "municipalities.gpkg")
    select = f"select = {list(made.select)}\n".replace("'", '"') if made.select else ""
    toml = ['[workspace]\nname = "Prueba"\n', f'[municipalities]\npath = "municipalities.gpkg"\n{select}']

    def named(file: str) -> str:
        return "[" + ", ".join(f'"{name}"' for name in (tiles or {}).get(file, [file])) + "]"

    for scenario, one in made.landslide.items():
        one.write(folder / f"landslide_{scenario}.tif")
        head = f'[[hazard]]\nname = "landslide"\nscenario = "{scenario}"\nkind = "levels"\nzero = "none"\n'
        toml.append(f"{head}path = {named(f'landslide_{scenario}.tif')}\n")
    for (scenario, years), one in made.depth.items():
        one.write(folder / f"depth_{scenario}_{years:g}.tif")
        head = f'[[hazard]]\nname = "flood"\nscenario = "{scenario}"\nreturn_period = {years}\nmeasure = "hazard"\nkind = "depth"\n'
        toml.append(f"{head}path = {named(f'depth_{scenario}_{years:g}.tif')}\n")
    if made.landuse is not None:
        made.legend.to_csv(folder / "landuse.csv", index=False)
        if isinstance(made.landuse, Raster):
            made.landuse.write(folder / "landuse.tif")
            toml.append(f'[landuse]\npath = {named("landuse.tif")}\nlegend = "landuse.csv"\n')
        else:
            made.landuse.to_file(folder / "landuse.gpkg")
            toml.append('[landuse]\npath = "landuse.gpkg"\ncode = "clase"\nlegend = "landuse.csv"\n')
    if made.population is not None:
        made.population.write(folder / "population.tif")
        toml.append(f"[population]\npath = {named('population.tif')}\n")
    if made.actions is not None:
        made.actions.to_csv(folder / "actions.csv", index=False)
        (folder / "effects.csv").write_text(EFFECTS, encoding="utf-8")
        toml.append('[actions]\npaths = ["actions.csv"]\ndate = 2026-11-24\neffects = "effects.csv"\n')
    if made.sites is not None:
        made.sites.to_csv(folder / "sites.csv", index=False)
        toml.append('[sites]\npaths = ["sites.csv"]\n')
    (folder / "envgis.toml").write_text("\n".join(toml), encoding="utf-8")
    return folder


def fingerprint(found: Assessment) -> str:
    """One hash of the ledger and all tables: every number to its last bit, every word."""
    digest = hashlib.sha256()
    for name, table in sorted({**found.tables, "ledger": found.ledger}.items()):
        # A float is written with as many digits as tell it from its neighbours.
        digest.update(f"{name}\n{table.to_csv(index=False)}".encode())
    return digest.hexdigest()
