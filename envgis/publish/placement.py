"""Where a lattice lies in Web Mercator: (u, v) of the map → (column, row) of the raster, as a polynomial.

u and v run from 0 to 1 over the Mercator square, u eastward, v southward. A class raster is never warped for a page:
the page asks, for each pixel, which cell lies under it, by the same mapping as PROJ's to a small part of a cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from envgis.grid import Grid

# Largest error of the mapping, in cells; a cubic is within 1e-6 over a municipality.
TOLERANCE = 0.01
_HIGHEST_DEGREE = 7
_NODES = 17


@dataclass(frozen=True)
class Placement:
    """column, row = Σ coefficient · a^i · b^j over i + j ≤ degree, a = (u − u0) / du, b = (v − v0) / dv.

    The terms stand in the order of `exponents`; ``error_cells`` is the largest difference from PROJ.
    """

    u0: float
    v0: float
    du: float
    dv: float
    degree: int
    column: tuple[float, ...]
    row: tuple[float, ...]
    error_cells: float

    def cells(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(column, row) of places of the map, 0 = the outer edge of the first cell."""
        terms = _terms((u - self.u0) / self.du, (v - self.v0) / self.dv, self.degree)
        return terms @ np.array(self.column), terms @ np.array(self.row)


def exponents(degree: int) -> list[tuple[int, int]]:
    """The exponents (i, j) of a polynomial's terms: 1, b, b², …, a, ab, …"""
    return [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]


def place(grid: Grid, bounds: tuple[float, float, float, float]) -> Placement:
    """The placement of a grid over ``bounds`` (west, south, east, north in degrees, WGS 84).

    Raises ValueError if no polynomial of a sensible degree fits: bounds far beyond the projection's own country.
    """
    (west, north), (east, south) = mercator(bounds[0], bounds[3]), mercator(bounds[2], bounds[1])
    u0, v0 = (west + east) / 2, (north + south) / 2
    du, dv = max((east - west) / 2, 1e-9), max((south - north) / 2, 1e-9)
    nodes = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    between = np.linspace(-1, 1, 2 * _NODES)
    to_grid = Transformer.from_crs(CRS.from_epsg(4326), grid.crs, always_xy=True)

    def exact(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = lonlat(u0 + a * du, v0 + b * dv)
        x, y = to_grid.transform(lon, lat, errcheck=True)
        return np.stack([(np.asarray(x) - grid.x) / grid.dx, (grid.y - np.asarray(y)) / grid.dy], axis=-1)

    (a, b), (check_a, check_b) = _square(nodes), _square(between)
    for degree in range(3, _HIGHEST_DEGREE + 1):
        k = np.linalg.pinv(_terms(a, b, degree)) @ exact(a, b)
        error = float(np.abs(_terms(check_a, check_b, degree) @ k - exact(check_a, check_b)).max())
        if error <= TOLERANCE:
            return Placement(u0, v0, du, dv, degree, tuple(map(float, k[:, 0])), tuple(map(float, k[:, 1])), error)
    raise ValueError(f"no polynomial places {grid} over {bounds}: {error:g} cells off")


def mercator(lon: float, lat: float) -> tuple[float, float]:
    """(u, v) of a place in degrees."""
    return lon / 360 + 0.5, float(0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi))


def lonlat(u: NDArray[np.float64], v: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude in degrees of places of the map."""
    return (u - 0.5) * 360, np.degrees(np.arctan(np.sinh((0.5 - v) * 2 * np.pi)))


def _square(nodes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.meshgrid(nodes, nodes)
    return a.ravel(), b.ravel()


def _terms(a: NDArray[np.float64], b: NDArray[np.float64], degree: int) -> NDArray[np.float64]:
    return np.stack([a**i * b**j for i, j in exponents(degree)], axis=-1)
