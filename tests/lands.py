"""Small random lands, on which laws of the ledger are tried: a lattice, municipalities, soil loss, land use, people, actions."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from envgis import adaptation, ledger, levels, zones
from envgis.actions import effects, record
from envgis.blocks import How
from envgis.grid import ArrayLayer, Grid, Layer
from envgis.landuse import Classes
from envgis.levels import Hazard, HazardKey, HazardMap
from envgis.population import People

BOUNDS = levels.published()["erosion", "soil_loss"]
SOIL = Hazard(HazardKey("erosion", "present"), "erosion", "susceptibility", "soil_loss", BOUNDS, {"es": "", "en": ""})
LEGEND = ("10", "20", "30", "40", "50")
# Two types that lower soil loss, one more that also does something else, and one that does nothing to it.
TYPES = ("terraces", "living_barrier", "reforestation", "training")
# CRS, width of a cell, longitude and latitude of the corner: also where a UTM zone has run far into the next.
LATTICES = ((32615, 10.0, -91.8, 14.96), ("ESRI:103598", 25.0, -90.6, 14.5), (4326, 1 / 3600, -91.8, 14.96), (32615, 30.0, -89.2, 15.9))
# Corners on so small a part of a cell are kept by the ledger as they are.
FINE = 1024


@dataclass(frozen=True)
class Land:
    """towns : in the grid's CRS, in order of code; values : soil loss, t/ha/yr; use (rows, columns) : places in ``legend``

    actions : all of them in force, with footprints in EPSG:4326
    """

    grid: Grid
    towns: gpd.GeoSeries
    values: Layer
    use: NDArray[np.uint8] | Classes
    people: Layer
    actions: gpd.GeoDataFrame
    legend: tuple[str, ...] = LEGEND

    @property
    def codes(self) -> list[str]:
        return [f"{i:02}" for i in self.towns.index]

    def faces(self) -> adaptation.Faces:
        areas = gpd.GeoDataFrame({"code": self.codes}, geometry=self.towns.values, crs=self.towns.crs).to_crs(4326)
        return adaptation.faces(self.actions, self.actions.geometry, areas)

    def ledger(self, how: How | None = None) -> pd.DataFrame:
        """What the ledger says of it."""
        return ledger.tabulate(
            zones.cover(self.towns, self.grid), HazardMap(SOIL, self.grid, self.values), self.use, self.codes, self.legend,
            People(self.people, self.grid), self.faces(), effects.factors(), how,
        )  # fmt: skip

    def with_actions(self, *more: gpd.GeoDataFrame) -> Land:
        return replace(self, actions=pd.concat([self.actions, *more], ignore_index=True))


def in_place(grid: Grid, shapes: NDArray[np.object_]) -> gpd.GeoSeries:
    """Shapes given in cells, x to the east and y to the south of the grid's corner."""
    moved = shapely.transform(shapes, lambda xy: np.column_stack([grid.x + xy[:, 0] * grid.dx, grid.y - xy[:, 1] * grid.dy]))
    return gpd.GeoSeries(moved, crs=grid.crs)


def actions(grid: Grid, shapes: NDArray[np.object_], types: list[str], first: str = "a") -> gpd.GeoDataFrame:
    """Actions whose footprints are given in cells."""
    ids = [f"{first}{i}" for i in range(len(shapes))]
    return record.frame({"action_id": ids, "action_type": types}, list(in_place(grid, shapes).to_crs(4326)))


def blobs(rng: np.random.Generator, grid: Grid, count: int) -> NDArray[np.object_]:
    """Crooked polygons in cells, of some cells or smaller than one, some of them reaching beyond the grid."""
    out = []
    for _ in range(count):
        angle, radius = np.sort(rng.uniform(0, 2 * np.pi, 7)), rng.uniform(0.3, 1, 7) * rng.choice([0.4, 2, 5])
        middle = rng.uniform(0, 1, 2) * (grid.columns, grid.rows)
        out.append(shapely.convex_hull(shapely.multipoints(middle + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))))
    return np.array(out, object)


def towns(rng: np.random.Generator, grid: Grid) -> gpd.GeoSeries:
    """One to five neighbours that tile a little more or less than the grid, with gaps between them; the first has a lake."""
    x, y = np.meshgrid(np.linspace(-0.2, 1.1, 4) * grid.columns, np.linspace(-0.2, 1.1, 3) * grid.rows)
    step = 0.4 * min(grid.columns / 3, grid.rows / 2)
    x, y = (np.round((v + rng.uniform(-step, step, v.shape)) * FINE) / FINE for v in (x, y))
    corners = [np.column_stack([x[at].ravel(), y[at].ravel()]) for at in (np.s_[:-1, :-1], np.s_[:-1, 1:], np.s_[1:, 1:], np.s_[1:, :-1])]
    kept = rng.permutation(shapely.polygons(np.stack(corners, axis=1)))[: rng.integers(1, 6)]
    left, top = np.floor(shapely.get_coordinates(shapely.centroid(kept[0])))[0]
    lake = shapely.box(left, top, left + 0.5, top + 0.75)
    kept[0] = shapely.difference(kept[0], lake) if shapely.contains_properly(kept[0], lake) else kept[0]
    return in_place(grid, kept)


@st.composite
def lands(draw: st.DrawFn) -> Land:
    """One of them, made of a seed: what fails is told by it."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    crs, cell, lon, lat = draw(st.sampled_from(LATTICES))
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(lon, lat)
    grid = Grid(CRS(crs), float(x), float(y), cell, cell, draw(st.integers(2, 12)), draw(st.integers(2, 12)))
    values = rng.choice([*BOUNDS.bounds, *(b / 0.28 for b in BOUNDS.bounds), *rng.uniform(0, 90, 8), np.nan], grid.shape)
    count = draw(st.integers(0, 4))
    wide = Grid(grid.crs, grid.x - 0.4 * cell, grid.y + 0.7 * cell, 2.3 * cell, 2.3 * cell, grid.rows // 2 + 1, grid.columns // 2 + 1)
    people = rng.choice([0, np.nan, 3e-6, *rng.uniform(0, 40, 5)], wide.shape)
    return Land(
        grid,
        towns(rng, grid),
        ArrayLayer(grid, values, np.nan),
        rng.integers(0, len(LEGEND) + 1, grid.shape).astype(np.uint8),
        ArrayLayer(wide, people, np.nan),
        actions(grid, blobs(rng, grid, count), list(rng.choice(TYPES, count))),
    )
