"""Actions drawn in QGIS: the polygons and lines of ``drawn.csv``, put where such works belong."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from . import hazards
from .cover import BARE, BROADLEAF, COFFEE, CONIFER, MAIZE, PASTURE, SHRUB, VEGETABLES, WATER, Place
from .design import lake_polygon, projected
from .geography import municipalities
from .lattice import GTM, WGS, at, blur, generator, moved
from .layers import write_vector
from .terrain import gradient

FARMED = (MAIZE, VEGETABLES)
_INDOORS_M = 600  # a spot lies at least so far inside its municipality


@dataclass(frozen=True)
class Drawn:
    """A row of ``drawn.csv``, and what decides its shape.

    anchor: about where (lon, lat); size: hectares of a polygon, metres of a line; want: what the spot is chosen for
    ("soil_loss", "steep", "coffee", "bush", "delta") or how a line runs ("contour", "river", "across").
    """

    row: dict[str, str]
    anchor: tuple[float, float]
    want: str
    size: float

    @property
    def municipality(self) -> str:
        return self.row["municipality_code"]


def write(path: Path, places: list[Place]) -> None:
    """Both layers of the GeoPackage: ``poligonos`` and ``lineas``."""
    with Path(__file__).with_name("drawn.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    place_of = {code: place for place in places for code in place.codes}
    for layer, kind, draw in (("poligonos", "polygon", _polygon), ("lineas", "line", _line)):
        found = [(number, _drawn(row)) for number, row in enumerate(rows, start=1) if row["shape"] == kind]
        shapes = [draw(action, place_of[action.municipality]) for _, action in found]
        write_vector(path, layer, _frame(found, shapes), append=layer == "lineas")


def _drawn(row: dict[str, str]) -> Drawn:
    return Drawn(row, (float(row["longitude"]), float(row["latitude"])), row["want"], float(row["size"]))


def _frame(found: list[tuple[int, Drawn]], shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    rows = [action.row for _, action in found]
    texts = ("action_type", "status", "date_start", "date_end", "municipality_code", "community")
    who = ("women", "men", "young_women", "young_men", "girls", "boys")
    table: dict[str, list[object]] = {
        "action_id": [f"QGIS-{number:02d}" for number, _ in found],
        **{name: [row[name] or None for row in rows] for name in texts},
        **{f"participants_{name}": [int(row[name]) for row in rows] for name in who},
        "cost": [float(row["cost"]) for row in rows],
        "cost_currency": ["GTQ" for _ in rows],
        "funding_source": [row["funding_source"] for row in rows],
        "remittance_share": [float(row["remittance_share"]) if row["remittance_share"] else None for row in rows],
        "notes": [row["notes"] for row in rows],
    }
    lonlat = [shapely.transform(moved(shape, GTM, WGS), lambda points: np.round(points, 6)) for shape in shapes]
    return gpd.GeoDataFrame(table, geometry=lonlat, crs=WGS)


def _spot(action: Drawn, place: Place) -> np.ndarray:
    """The best spot within 900 m of the anchor."""
    lattice, terrain, use = place.lattice, place.terrain, place.use
    x, y = lattice.xy
    (centre,) = projected([action.anchor])
    if action.want == "soil_loss":
        merit = np.minimum(hazards.soil_loss(place, lattice, False), 70) * np.isin(use, FARMED)
    elif action.want == "contour":
        merit = np.isin(use, FARMED) * (1 - np.abs(terrain.slope - 0.35).clip(0, 1))
    elif action.want == "steep":
        open_land = np.where(np.isin(use, (MAIZE, PASTURE, SHRUB, BARE)), 1.0, 0.1)
        merit = open_land * np.where(hazards.landslide(place, lattice, False) >= 4, 2.5, 1.0)
    elif action.want == "coffee":
        merit = np.isin(use, (COFFEE, MAIZE)) * (0.3 + np.minimum(terrain.slope, 0.6))
    elif action.want == "bush":
        merit = np.isin(use, (SHRUB, PASTURE, BROADLEAF, CONIFER)) * 1.0
    else:
        return centre
    outline = next(m.outline for m in municipalities() if m.code == action.municipality)
    inside = shapely.contains_xy(shapely.buffer(outline, -_INDOORS_M / 107_600), *lattice.lonlat)
    reach = np.hypot(x - centre[0], y - centre[1])
    score = np.where(inside & (reach < 900), blur(merit.astype(np.float64), 6) - reach / 4e5, -np.inf)
    best = np.unravel_index(np.argmax(np.round(score, 6)), score.shape)
    return np.array([x[best], y[best]])


def _polygon(action: Drawn, place: Place) -> shapely.Polygon:
    """A field drawn by hand: longer along the contour than across it, off the water."""
    centre = _spot(action, place)
    random = generator(f"drawn {action.row['community']}")
    stretch = 1.0 if action.want == "delta" else 1.75
    angle = np.arange(22) * 2 * np.pi / 22
    radius = 1 + np.convolve(random.normal(0, 0.17, 24), [0.25, 0.5, 0.25], mode="valid")
    along = _contour_direction(place, centre)
    u, v = radius * np.cos(angle) * np.sqrt(stretch), radius * np.sin(angle) / np.sqrt(stretch)
    ring = np.column_stack([u * along[0] - v * along[1], u * along[1] + v * along[0]])
    shape = shapely.Polygon(ring)
    shape = shapely.transform(shape, lambda p: p * np.sqrt(action.size * 1e4 / shape.area) + centre)
    lake = lake_polygon(place.region)
    return shapely.normalize(shape if lake.is_empty else shape.difference(lake.buffer(4)))


def _contour_direction(place: Place, point: np.ndarray) -> np.ndarray:
    """Unit vector along the contour line of the smoothed ground."""
    lattice = place.lattice
    east, north = gradient(blur(place.terrain.height, 3), float(lattice.size or 0))
    row, column = lattice.index(point[0], point[1])
    across = np.array([float(at(east, row, column)), float(at(north, row, column))])
    return np.array([-across[1], across[0]]) / (np.hypot(*across) + 1e-9)


def _line(action: Drawn, place: Place) -> shapely.Geometry:
    point = _spot(action, place)
    if action.want == "contour":
        rows = 9 if action.row["action_type"] == "living_barrier" else 1
        across = _contour_direction(place, point)[::-1] * [1.0, -1.0]
        return shapely.MultiLineString([_contour(place, point + across * 22 * k, action.size) for k in range(rows)])
    river = _river(place, point, max(action.size, 200))
    if action.want == "across":
        middle = river.interpolate(0.5, normalized=True)
        a, b = river.interpolate(0.45, normalized=True), river.interpolate(0.55, normalized=True)
        normal = np.array([-(b.y - a.y), b.x - a.x]) / shapely.distance(a, b) * action.size / 2
        return shapely.LineString([(middle.x - normal[0], middle.y - normal[1]), (middle.x + normal[0], middle.y + normal[1])])
    return river


def _contour(place: Place, start: np.ndarray, length: float) -> shapely.LineString:
    """A line that keeps its height, both ways from ``start``."""
    lattice = place.lattice
    east, north = gradient(blur(place.terrain.height, 2), float(lattice.size or 0))
    ends = []
    for sign in (1.0, -1.0):
        points = [start]
        for _ in range(int(length / 2 / 20)):
            row, column = lattice.index(points[-1][0], points[-1][1])
            along = sign * np.array([-float(at(north, row, column)), float(at(east, row, column))])
            points.append(points[-1] + 20 * along / (np.hypot(*along) + 1e-9))
        ends.append(points)
    line = np.array(ends[1][:0:-1] + ends[0])
    return shapely.LineString(np.round(line, 1))


def _river(place: Place, point: np.ndarray, length: float) -> shapely.LineString:
    """A piece of the drained course nearest to ``point``: down from its highest cell to its lowest."""
    lattice, terrain = place.lattice, place.terrain
    x, y = lattice.xy
    reach = np.hypot(x - point[0], y - point[1])
    course = (terrain.area > 4e6) & (place.use != WATER) | (terrain.area > 6e6)
    lake = lake_polygon(place.region)
    if not lake.is_empty:
        course &= ~shapely.contains_xy(lake, x, y)
    row, column = np.unravel_index(np.argmin(np.where(course, reach, np.inf)), lattice.shape)
    down = _walk(place, course, int(row), int(column), length / 2, downstream=True)
    up = _walk(place, course, int(row), int(column), length / 2, downstream=False)
    cells = up[:0:-1] + down
    return shapely.LineString([(float(x[c]), float(y[c])) for c in cells]).simplify(12)


def _walk(place: Place, course: np.ndarray, row: int, column: int, length: float, downstream: bool) -> list[tuple[int, int]]:
    """From cell to neighbouring cell of the course, where most water comes from or goes to."""
    area = place.terrain.area
    cells, gone = [(row, column)], 0.0
    while gone < length:
        here = area[cells[-1]]
        near = [(cells[-1][0] + i, cells[-1][1] + j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
        near = [c for c in near if course[c] and c not in cells and (area[c] >= here if downstream else area[c] <= here)]
        if not near:
            break
        cells.append(min(near, key=lambda c: area[c]) if downstream else max(near, key=lambda c: area[c]))
        gone += float(place.lattice.size or 0) * float(np.hypot(cells[-1][0] - cells[-2][0], cells[-1][1] - cells[-2][1]))
    return cells
