"""The ledger by hand: slow, cell by cell, and plainly right.

Shares of cells come from shapely, levels from np.searchsorted, areas from the grid, rounding from the design's rules.
"""

import math
from collections import Counter

import numpy as np
import shapely


def rounded(x):
    return math.floor(x + 0.5)


def in_cells(polygon, grid):
    return shapely.transform(polygon, lambda xy: np.column_stack([(xy[:, 0] - grid.x) / grid.dx, (grid.y - xy[:, 1]) / grid.dy]))


def levels(values, bounds, closed):
    return np.where(np.isnan(values), 255, 1 + np.searchsorted(bounds, values, side="left" if closed == "right" else "right"))


def tabulate(grid, zones, level, landuse, faces=()):
    """{(zone, face, level, residual level, land use): mm²}, and how many amounts lay within 0.01 of a rounding step.

    zones : polygons in the grid's CRS, in order of code; None stands for what they leave; level, landuse (rows, columns)
    faces : (zone, name, polygon in the grid's CRS, (rows, columns) residual levels) of disjoint ground, in turn
    """
    areas, out, doubtful = grid.areas.array(grid.window), Counter(), 0
    shapes = [in_cells(zone, grid) for zone in zones]
    grounds = [(zone, name, in_cells(polygon, grid), residual) for zone, name, polygon, residual in faces]
    for r, c in np.ndindex(grid.shape):
        cell, area, total, left = shapely.box(c, r, c + 1, r + 1), int(areas[r, c]), 0.0, {}
        for zone, shape in enumerate(shapes):
            upto = min(1.0, total + shapely.intersection(shape, cell).area)
            left[zone] = rounded(area * upto) - rounded(area * total)
            doubtful += abs((area * upto) % 1 - 0.5) < 0.01
            total = upto
        left[None] = area - sum(left.values())
        for zone, name, shape, residual in grounds:
            own = area * shapely.intersection(shape, cell).area
            taken = min(rounded(own), left[zone])
            doubtful += abs(own % 1 - 0.5) < 0.01
            left[zone] -= taken
            out[zone, name, int(level[r, c]), int(residual[r, c]), int(landuse[r, c])] += taken
        for zone, rest in left.items():
            out[zone, "", int(level[r, c]), int(level[r, c]), int(landuse[r, c])] += rest
    return Counter({key: mm2 for key, mm2 in out.items() if mm2}), doubtful
