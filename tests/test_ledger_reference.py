"""The ledger against its reference of fifty lines, to the square millimetre."""

from __future__ import annotations

from collections import Counter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import reference
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import CRS

from envgis import adaptation, ledger, levels, zones
from envgis.blocks import How
from envgis.grid import ArrayLayer, Grid
from envgis.levels import Hazard, HazardKey, HazardMap

UTM = CRS(32615)
BOUNDS = levels.published()["erosion", "soil_loss"]
SOIL = Hazard(HazardKey("erosion", "present"), "erosion", "susceptibility", "soil_loss", BOUNDS, {"es": "", "en": ""})
EFFECTS = pd.DataFrame(
    [("terraces", "erosion", "soil_loss", 0.1, 0.28, 0.48)], columns=["action_type", "hazard", "acts_on", "f_low", "f_central", "f_high"]
)
# Corners on 2⁻¹⁰ m are corners on the ledger's own fine lattice: there both see the very same polygons.
FINE = 1024


def patches(rng: np.random.Generator, grid: Grid, across: int) -> NDArray[np.object_]:
    """Crooked four-cornered patches that tile a little more or less than the grid."""
    nodes = np.linspace(-0.2, 1.1, across + 1)
    x, y = np.meshgrid(nodes * grid.columns, nodes * grid.rows)
    step = min(grid.shape) * 1.3 / across
    x, y = (np.round((v + rng.uniform(-0.3, 0.3, v.shape) * step) * FINE) / FINE for v in (x, y))
    x, y = grid.x + x, grid.y - y
    corners = [np.column_stack([x[r].ravel(), y[r].ravel()]) for r in (np.s_[:-1, :-1], np.s_[:-1, 1:], np.s_[1:, 1:], np.s_[1:, :-1])]
    return np.asarray(shapely.polygons(np.stack(corners, axis=1)))


@st.composite
def cases(draw: st.DrawFn) -> Any:
    """A grid of metre cells, zones with gaps between them, one of them in two parts, and some faces of actions."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    grid = Grid(UTM, 500_000.0, 1_650_000.0, 1.0, 1.0, draw(st.integers(1, 12)), draw(st.integers(1, 12)))
    towns = patches(rng, grid, draw(st.integers(1, 3)))
    towns = rng.permutation(towns[rng.random(len(towns)) < 0.8])
    if len(towns) > 2:
        towns = np.append(towns[2:], shapely.multipolygons(towns[:2]))
        towns = towns[shapely.is_valid(towns)]
    grounds = patches(rng, grid, draw(st.integers(1, 4)))
    grounds = grounds[rng.random(len(grounds)) < 0.5]
    owner = np.sort(rng.integers(0, max(1, len(towns)), len(grounds)))
    values = rng.choice([*BOUNDS.bounds, *(b / 0.28 for b in BOUNDS.bounds), *rng.uniform(0, 90, 8), np.nan], grid.shape)
    return grid, towns, grounds if len(towns) else grounds[:0], owner, values, rng.integers(0, 3, grid.shape).astype(np.uint8)


@settings(deadline=None, max_examples=40)
@given(cases(), st.integers(1, 40))
def test_to_the_square_millimetre(case: Any, block: int) -> None:
    grid, towns, grounds, owner, values, use = case
    level = reference.levels(values, BOUNDS.bounds, BOUNDS.closed)
    after = reference.levels(values * 0.28, BOUNDS.bounds, BOUNDS.closed)
    names = [f"a{i}" for i in range(len(grounds))]
    expected, doubtful = reference.tabulate(grid, towns, level, use, [(o, n, g, after) for o, n, g in zip(owner, names, grounds, strict=False)])

    kinds = [("terraces",)] * len(grounds)
    table = gpd.GeoDataFrame({"municipality": owner[: len(grounds)], "face": names, "types": kinds}, geometry=grounds, crs=UTM)
    soil = HazardMap(SOIL, grid, ArrayLayer(grid, values, np.nan))
    cover = zones.cover(gpd.GeoSeries(towns, crs=UTM), grid)
    found = ledger.tabulate(cover, soil, use, legend=["0", "1", "2"], faces=adaptation.Faces(table), effects=EFFECTS, how=How(cells=block))

    counted: Counter[Any] = Counter()
    for row in found.itertuples():
        zone = None if row.municipality == ledger.OUTSIDE else int(row.municipality)
        counted[zone, row.face, row.level, row.level_central, int(row.landuse)] += row.area_mm2
    difference = {key: counted[key] - expected[key] for key in counted | expected if counted[key] != expected[key]}
    # A share may fall on the other side of a rounding step: then one millimetre passes from one amount to another.
    assert sum(map(abs, difference.values())) <= 2 * doubtful, difference
    assert sum(counted.values()) == sum(expected.values())
