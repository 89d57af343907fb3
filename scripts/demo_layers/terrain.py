"""Terrain: a designed outline of heights, dissected by running water until it has ridges, ravines and valley floors.

Rivers incise by the stream-power law, solved implicitly along the drainage (Braun & Willett 2013, Geomorphology
180-181:170), while an uplift is adjusted so that the smoothed terrain stays the designed one. The lake keeps its level and
no river stands above its drawn profile. Resolution is refined in three steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .drainage import Flow, route
from .lattice import Lattice, at, blur, generator, noise

CELL_M = 25
_REFINEMENTS = ((4, 45), (2, 14), (1, 6))  # times the final cell, steps of erosion
_TIME_STEP = 0.3
_TRUNK = 900.0  # sqrt(area) [m] above which a river cuts no faster: keeps the long profile of the large ones
_HILLSLOPE = 260.0  # what bare hillslopes add to sqrt(area) [m]: bounds the slope where little water gathers


@dataclass(frozen=True)
class Design:
    """What the place should be, on one lattice. Heights in metres, shapes (rows, columns).

    height: large-scale height, the lake's exact one; lake: bool; ceiling: what a river's bed may not exceed (inf off the
    rivers); weakness: erodibility about 1 (more: gentler slopes); relief: slope times length that uplift keeps up, about
    50-250; inflow_m2: area that drains into the region from outside; floor_m: depth of the valleys' fill.
    """

    height: np.ndarray
    lake: np.ndarray
    ceiling: np.ndarray
    weakness: np.ndarray
    relief: np.ndarray
    inflow_m2: np.ndarray
    floor_m: np.ndarray


@dataclass(frozen=True)
class Terrain:
    """The finished place on its lattice.

    height [m]; slope [tangent]; area drained [m2]; above_stream [m] and stream_distance [m]: height above, and way of the
    water to, the first stream of 0.25 km2; above_river, river_distance, river_area [m2]: the same for rivers of 2.5 km2;
    relief [m]: standard deviation of heights within about 350 m.
    """

    lattice: Lattice
    height: np.ndarray
    slope: np.ndarray
    area: np.ndarray
    above_stream: np.ndarray
    stream_distance: np.ndarray
    above_river: np.ndarray
    river_distance: np.ndarray
    river_area: np.ndarray
    relief: np.ndarray


def build(lattice: Lattice, design: Callable[[Lattice], Design], name: str) -> Terrain:
    """Erode the design on ever finer lattices and measure the result."""
    assert lattice.size is not None
    grid = _coarsen(lattice, _REFINEMENTS[0][0])
    plan = design(grid)
    height = plan.height + 25 * noise(grid, f"{name} start", (900.0, 400.0, 200.0))
    for factor, steps in _REFINEMENTS:
        finer = _coarsen(lattice, factor)
        if finer != grid:
            plan = design(finer)
            height = at(height, *grid.index(*finer.xy)) + 2.0 * noise(finer, f"{name} rough {factor}", (220.0, 90.0))
            grid = finer
        lure = _lure(grid, name)
        height = _erode(height, plan, float(grid.size or 0), steps, lure)
    return _measure(height, plan, grid, lure)


def _coarsen(lattice: Lattice, factor: int) -> Lattice:
    size = (lattice.size or 0) * factor
    column0, row0 = lattice.column0 // factor, -(-lattice.row0 // factor)
    columns = -(-(lattice.column0 + lattice.columns) // factor) - column0
    return Lattice(lattice.crs, None, size, column0, row0, columns, row0 - (lattice.row0 - lattice.rows) // factor)


def _edge(height: np.ndarray) -> np.ndarray:
    edge = np.zeros(height.shape, bool)
    edge[[0, -1]] = True
    edge[:, [0, -1]] = True
    return edge


def _lure(lattice: Lattice, name: str) -> np.ndarray:
    return np.round(np.exp(generator(f"{name} lure {lattice.size}").normal(0, 0.3, lattice.shape)), 6)


def _erode(height: np.ndarray, plan: Design, cell: float, steps: int, lure: np.ndarray) -> np.ndarray:
    outlets = _edge(height) | plan.lake
    radius = max(1, int(1200 / cell))
    own = np.full(height.size, cell * cell) + plan.inflow_m2.ravel()
    for _ in range(steps):
        height = np.round(np.minimum(np.where(outlets, plan.height, height), plan.ceiling), 3)
        flow = route(height, outlets, cell, lure)
        area = flow.accumulate(own)
        lack = blur(plan.height - height, radius)
        uplift = np.clip(plan.relief + 1.2 * lack, 5.0, 3.0 * plan.relief)
        raised = np.where(outlets, height, height + _TIME_STEP * uplift)
        pace = _TIME_STEP * plan.weakness.ravel() * (np.minimum(np.sqrt(area), _TRUNK) + _HILLSLOPE) / flow.step
        pace[outlets.ravel()] = 0.0
        height = flow.recurse(raised.ravel() / (1 + pace), pace / (1 + pace)).reshape(height.shape)
        soft = 0.06 * (_neighbours(height) - height)
        height = np.where(outlets, height, height + soft)
    return np.round(height, 2)


def _neighbours(values: np.ndarray) -> np.ndarray:
    p = np.pad(values, 1, mode="edge")
    return (p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:]) / 4


def gradient(height: np.ndarray, cell: float) -> tuple[np.ndarray, np.ndarray]:
    """Slope components eastwards and northwards [tangent] by Horn's 3×3 formula."""
    p = np.pad(height, 1, mode="edge")
    east = p[:-2, 2:] + 2 * p[1:-1, 2:] + p[2:, 2:] - p[:-2, :-2] - 2 * p[1:-1, :-2] - p[2:, :-2]
    north = p[:-2, :-2] + 2 * p[:-2, 1:-1] + p[:-2, 2:] - p[2:, :-2] - 2 * p[2:, 1:-1] - p[2:, 2:]
    return east / (8 * cell), north / (8 * cell)


def _stream(flow: Flow, height: np.ndarray, area: np.ndarray, least_m2: float) -> list[np.ndarray]:
    """Height above the next stream that drains ``least_m2``, way of the water to it, area it drains."""
    flat = height.ravel()
    mark = area > least_m2
    drain = flow.first(mark)
    stops = mark | (flow.receiver == np.arange(flat.size))
    distance = flow.recurse(np.where(stops, 0.0, flow.step), np.where(stops, 0.0, 1.0))
    return [v.reshape(height.shape) for v in ((flat - flat[drain]).clip(0), distance, area[drain])]


def _measure(height: np.ndarray, plan: Design, lattice: Lattice, lure: np.ndarray) -> Terrain:
    """Route once more, now through rivers and lake to the edge of the region, and lay out the valley floors."""
    cell = float(lattice.size or 0)
    flow = route(height, _edge(height), cell, lure)
    area = flow.accumulate(np.full(height.size, cell * cell) + plan.inflow_m2.ravel())
    above = _stream(flow, height, area, 2.5e5)[0]
    # Rivers fill their valleys: what stands less than the floor's depth above the stream is levelled towards it.
    floor = np.maximum(plan.floor_m, 0.5)
    height = np.round(height - floor * (1 - np.exp(-above / floor)), 2)
    above_stream, stream_distance, _ = _stream(flow, height, area, 2.5e5)
    above_river, river_distance, river_area = _stream(flow, height, area, 2.5e6)
    slope = np.hypot(*gradient(height, cell))
    radius = max(1, int(350 / cell))
    middle = height - blur(height, radius)
    relief = np.sqrt(blur(middle * middle, radius).clip(0))
    return Terrain(
        lattice=lattice,
        height=height,
        slope=slope,
        area=area.reshape(height.shape),
        above_stream=above_stream,
        stream_distance=stream_distance,
        above_river=above_river,
        river_distance=river_distance,
        river_area=river_area,
        relief=relief,
    )
