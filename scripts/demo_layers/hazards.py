"""Landslide susceptibility, flood depth and soil loss, present and 2050, from terrain, drainage and cover.

The formulas are shortened forms of the usual ones: enough for maps that behave like real ones, no basis for decisions.
"""

from __future__ import annotations

import numpy as np
import shapely

from .cover import BARE, BROADLEAF, COFFEE, CONIFER, MAIZE, PASTURE, SHRUB, URBAN, VEGETABLES, WATER, WETLAND, Place, on_grid
from .design import lake_polygon
from .lattice import GTM, Lattice, blur, moved, noise, sample

_BOUNDS = (0.36, 0.62, 0.86, 1.10)
# What the cover adds to the landslide score, and its factor C of soil loss.
_LANDSLIDE_COVER = {
    URBAN: 0.02,
    MAIZE: 0.10,
    VEGETABLES: 0.08,
    PASTURE: 0.06,
    BROADLEAF: -0.10,
    CONIFER: -0.10,
    SHRUB: 0.02,
    BARE: 0.10,
}
_SOIL_COVER = {
    URBAN: 0.02,
    COFFEE: 0.035,
    MAIZE: 0.22,
    VEGETABLES: 0.26,
    PASTURE: 0.035,
    BROADLEAF: 0.003,
    CONIFER: 0.004,
    SHRUB: 0.02,
    BARE: 0.5,
    WETLAND: 0.001,
}


def _by_class(use: np.ndarray, values: dict[int, float]) -> np.ndarray:
    table = np.zeros(256)
    table[list(values)] = list(values.values())
    return table[use]


def landslide(place: Place, target: Lattice, future: bool) -> np.ndarray:
    """Levels 1-5, uint8; 0 on water."""
    terrain = place.terrain
    ravine = np.exp(-terrain.stream_distance / 110) * (terrain.slope > 0.2)
    score = 0.95 * np.minimum(terrain.slope / 0.85, 1.35) + 0.30 * np.minimum(terrain.relief / 70, 1.2) + 0.16 * ravine
    score = score + (0.10 if place.region.lake else -0.15)  # loose pumice; older, firmer rock
    score = score + _by_class(place.use, _LANDSLIDE_COVER) + 0.09 * noise(place.lattice, f"{place.region.tag} soils", (1700.0, 600.0, 250.0))
    if future:
        cleared = ((place.use == SHRUB) | (place.use == CONIFER) | (place.use == BROADLEAF)) & (place.settlement_m < 1300)
        score = 1.05 * score + 0.05 * ravine + 0.06 * cleared + 0.015
    score = np.round(blur(score, 1, 1), 6)
    level = 1 + np.digitize(sample(score, place.lattice, target), _BOUNDS)
    return np.where(on_grid(place, target) == WATER, 0, level).astype(np.uint8)


def flood_depth(place: Place, target: Lattice, return_period: int, future: bool) -> np.ndarray:
    """Depth in centimetres, int16, in steps of 5; 0 = dry, and the lake at its usual level."""
    terrain, lattice = place.terrain, place.lattice
    rise = {10: 0.50, 100: 0.86}[return_period] * (1.22 if future else 1.0)
    stage = rise * (terrain.river_area / 1e6) ** 0.25 * (1 + 0.16 * noise(lattice, f"{place.region.tag} stage", (700.0, 260.0)))
    signed = stage - terrain.above_river - 0.0016 * terrain.river_distance
    signed = np.where(terrain.river_area > 2.5e6, signed, -1.0)
    lake = lake_polygon(place.region)
    x, y = lattice.xy
    if not lake.is_empty:
        swell = ({10: 0.7, 100: 1.5}[return_period]) * (1.3 if future else 1.0)
        near = shapely.contains_xy(lake.buffer(900), x, y)
        beach = np.where(shapely.contains_xy(lake.buffer(45), x, y), 0.4, 9.0)
        above = np.minimum(terrain.height - place.region.lake_height, beach)
        signed = np.maximum(signed, np.where(near, swell - above, -1.0))
    signed = np.round(np.maximum(signed, -1.0), 4)
    depth = np.round(sample(signed, lattice, target) * 20) * 5
    if not lake.is_empty:
        depth[shapely.contains_xy(moved(lake, GTM, target.crs), *target.xy)] = 0
    return np.clip(np.where(depth < 10, 0, depth), 0, 900).astype(np.int16)


def soil_loss(place: Place, target: Lattice, future: bool) -> np.ndarray:
    """Tonnes per hectare and year, float32, in steps that grow with the value; 0 on water."""
    terrain = place.terrain
    sine = terrain.slope / np.sqrt(1 + terrain.slope**2)
    steepness = np.where(terrain.slope < 0.09, 10.8 * sine + 0.03, 16.8 * sine - 0.5)
    length = (np.clip(terrain.area / 25, 25, 90) / 22.13) ** 0.5
    rain = 4600.0 if place.region.lake else 4300 + 2200 * np.clip((2400 - terrain.height) / 1300, 0, 1)
    cover = _by_class(place.use, _SOIL_COVER) * (0.75 + 0.5 * place.parcel)
    if future:
        rain = rain * 1.16
        cover = cover * np.where(place.settlement_m < 1300, 1.12, 1.0)
    loss = np.round(rain * 0.0046 * length * steepness * cover, 4)
    values = sample(loss, place.lattice, target)
    step = np.select([values < 12, values < 40, values < 100], [0.5, 1.0, 4.0], 10.0)
    values = np.minimum(np.round(values / step) * step, 260.0)
    return np.where(on_grid(place, target) == WATER, 0, values).astype(np.float32)
