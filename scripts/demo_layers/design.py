"""The large-scale shape of the two regions: volcano flanks, basins, plateaus, rivers and the lake."""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import Transformer

from .geography import Region, rough
from .lattice import GTM, WGS, Lattice, distance_to_line, noise
from .terrain import Design

_TO_GTM = Transformer.from_crs(WGS, GTM, always_xy=True)


def projected(points: list[tuple[float, float]]) -> np.ndarray:
    """Points (lon, lat) as (n, 2) GTM coordinates."""
    return np.column_stack(_TO_GTM.transform(*np.array(points).T))


def lake_polygon(region: Region) -> shapely.Polygon:
    """The lake's outline in GTM; empty where there is none."""
    if not region.lake:
        return shapely.Polygon()
    return shapely.Polygon(projected(rough(region.lake, "lake", 4, 0.13)))


def design(region: Region, lattice: Lattice) -> Design:
    """What the terrain of ``region`` should be on ``lattice``."""
    x, y = lattice.xy
    shape = _amatitlan if region.lake else _san_marcos
    height, weakness, relief = shape(x, y)
    height = height + 70 * noise(lattice, f"{region.tag} large", (4200.0, 2100.0))
    weakness = weakness * np.exp(0.45 * noise(lattice, f"{region.tag} rock", (1500.0, 500.0, 180.0)))
    ceiling = np.full(lattice.shape, np.inf)
    inflow = np.zeros(lattice.shape)
    floor = np.full(lattice.shape, 2.0)
    for river in region.rivers:
        line, heights = _meander(river.name, projected([(p[0], p[1]) for p in river.line]), np.array([p[2] for p in river.line]))
        distance, along = distance_to_line(lattice, line)
        level = np.interp(along, np.arange(len(line)), heights)
        plain = np.exp(-((distance / (6.0 * river.floor_m)) ** 2))
        valley = level + 0.25 * np.minimum(distance, 1e4)
        height = height + plain * (np.minimum(height, valley) - height)
        floor = np.maximum(floor, (2.0 + river.floor_m / 14) * np.exp(-((distance / (4 * river.floor_m)) ** 2)))
        weakness = weakness * (1 + 2.2 * np.exp(-((distance / (3.5 * river.floor_m)) ** 2)))
        course = distance <= 0.75 * lattice.cell
        ceiling = np.where(course, np.minimum(ceiling, level), ceiling)
        if river.inflow_km2:
            head = np.unravel_index(np.argmin(np.where(course, along, np.inf)), lattice.shape)
            inflow[head] += river.inflow_km2 * 1e6
    lake = lake_polygon(region)
    inside = shapely.contains_xy(lake, x, y)
    height = np.where(inside, region.lake_height, height)
    return Design(height, inside, ceiling, weakness, relief, inflow, floor)


def _meander(name: str, line: np.ndarray, heights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The river with bends, and heights that go with it."""
    bent = np.array(rough([(float(a) / 1e5, float(b) / 1e5) for a, b in line], f"river {name}", 3, 0.16)) * 1e5
    return bent, np.interp(np.linspace(0, len(line) - 1, len(bent)), np.arange(len(line)), heights)


def _hill(x: np.ndarray, y: np.ndarray, lon: float, lat: float, radius_m: float, stretch: float = 1.0, turn: float = 0.0) -> np.ndarray:
    """1 at the centre, falling to nothing; ``stretch`` times as long along ``turn`` degrees anticlockwise from east."""
    ((cx, cy),) = projected([(lon, lat)])
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    u, v = ((x - cx) * c + (y - cy) * s) / stretch, (y - cy) * c - (x - cx) * s
    return np.exp(-(u * u + v * v) / radius_m**2)


def _cone(x: np.ndarray, y: np.ndarray, lon: float, lat: float, fall_m: float) -> np.ndarray:
    """A volcano's concave flank: 1 at the summit, 1/e at ``fall_m``."""
    ((cx, cy),) = projected([(lon, lat)])
    return np.exp(-np.hypot(x - cx, y - cy) / fall_m)


Shape = tuple[np.ndarray, np.ndarray, np.ndarray]


def _san_marcos(x: np.ndarray, y: np.ndarray) -> Shape:
    """Highlands that fall from Tajumulco's flank in the north-west to the boca costa in the south; a basin with the
    two towns in the middle."""
    ((_, north),) = projected([(-91.79, 14.93)])
    south = np.clip((north - y) / 1000, 0, None)  # km south of the highland's edge
    height = 2600 - 122 * south - 3 * south**1.5
    height = height + 1500 * _cone(x, y, -91.904, 15.043, 5600)
    height = height + 300 * _hill(x, y, -91.815, 15.035, 3600, 1.3, 60)
    height = height + 250 * _hill(x, y, -91.728, 15.020, 3400, 1.2, 20)
    height = height + 260 * _hill(x, y, -91.832, 14.962, 2100, 1.7, 70)
    height = height + 280 * _hill(x, y, -91.722, 14.968, 1500, 1.8, 100)
    height = height + 200 * _hill(x, y, -91.790, 14.917, 1800, 1.5, 60)
    basin = np.maximum(_hill(x, y, -91.788, 14.966, 2300, 1.45, 10), _hill(x, y, -91.757, 14.957, 1700, 1.5, 20))
    height = height + basin * (2385 - height) * 0.95
    weakness = 1 + 2.5 * basin
    relief = 76 * (1 - 0.6 * basin) * (1 + 0.25 * _cone(x, y, -91.904, 15.043, 6000))
    return height, weakness, relief


def _amatitlan(x: np.ndarray, y: np.ndarray) -> Shape:
    """A caldera with its lake, Pacaya's flank in the south, ridges in the west, the plain of Villalobos in the north."""
    height = 1330 + 330 * _hill(x, y, -90.672, 14.505, 4300, 1.4, 60)
    height = height + 210 * _hill(x, y, -90.690, 14.455, 2400, 1.3, 40)
    height = height + 190 * _hill(x, y, -90.530, 14.490, 4200, 1.3, 130)
    height = height + 170 * _hill(x, y, -90.545, 14.530, 2600)
    height = height + 1330 * _cone(x, y, -90.601, 14.381, 3300)
    height = height + 330 * _hill(x, y, -90.6010, 14.3980, 1100)
    height = height + 260 * _hill(x, y, -90.6230, 14.4330, 1000)
    height = height + 190 * _hill(x, y, -90.5790, 14.4330, 750)
    height = height + 120 * _hill(x, y, -90.5300, 14.4200, 2400)
    plain = np.maximum(_hill(x, y, -90.596, 14.500, 1500, 1.8, 105), _hill(x, y, -90.622, 14.474, 1050, 1.5, 50))
    height = height + plain * (1191 - height) * 0.93
    young = _cone(x, y, -90.601, 14.392, 3600)
    weakness = (1 + 3.0 * plain) * (1 - 0.35 * young)
    relief = 95 * (1 - 0.75 * plain) * (1 - 0.2 * young)
    return height, weakness, relief
