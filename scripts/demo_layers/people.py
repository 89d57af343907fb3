"""People per cell: towns, villages, scattered houses."""

from __future__ import annotations

import numpy as np
import shapely

from .cover import BARE, COFFEE, MAIZE, PASTURE, URBAN, VEGETABLES, Place
from .geography import municipalities_of
from .lattice import Lattice, sample

TOTALS = {"1201": 55_300.0, "1202": 80_400.0, "0114": 121_600.0}


def population(place: Place, target: Lattice) -> np.ndarray:
    """People in each cell, float32, in tenths; each municipality's cells add up to its total to 1 %."""
    x, y = place.lattice.lonlat
    urban = place.use == URBAN
    weight = np.zeros(place.lattice.shape)
    for town in place.region.towns:
        d = np.hypot((x - town.lon) * 107_600, (y - town.lat) * 110_700)
        near = urban * np.exp(-((d / (1.15 * town.radius_m)) ** 2))
        weight += town.people * near / near.sum()
    farmed = np.isin(place.use, (MAIZE, VEGETABLES, COFFEE, PASTURE)) & (place.terrain.slope < 0.4)
    scattered = farmed * np.exp(-place.settlement_m / 900) * (place.parcel > 0.35)
    weight += 0.22 * weight.sum() * scattered / scattered.sum()
    weight[place.use == BARE] = 0
    people = sample(np.round(weight, 6), place.lattice, target) * 16  # a cell of 100 m holds sixteen of 25 m
    for municipality in municipalities_of(place.region):
        within = shapely.contains_xy(municipality.outline, *target.lonlat)
        people = np.where(within, people * TOTALS[municipality.code] / people[within].sum(), people)
    return np.round(people, 1).astype(np.float32)
