"""Actions drawn in QGIS: polygons and lines, put where such works belong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

from . import hazards
from .cover import BARE, BROADLEAF, COFFEE, CONIFER, MAIZE, PASTURE, SHRUB, VEGETABLES, WATER, Place
from .design import lake_polygon, projected
from .geography import municipalities
from .lattice import GTM, WGS, at, blur, generator
from .layers import write_vector
from .terrain import gradient

_TO_WGS = Transformer.from_crs(GTM, WGS, always_xy=True)
FARMED = (MAIZE, VEGETABLES)
_INDOORS_M = 420  # a spot lies at least so far inside its municipality


@dataclass(frozen=True)
class Drawn:
    """One drawn action. anchor: about where; size: hectares of a polygon, metres of a line; want: what the spot is
    chosen for ("soil_loss", "steep", "coffee", "bush") or how a line runs ("contour", "river", "across", "shore")."""

    kind: str
    status: str
    start: str
    end: str
    municipality: str
    place: str
    anchor: tuple[float, float]
    want: str
    size: float
    people: tuple[int, int, int, int, int, int]
    cost: float
    funding: str
    share: float
    notes: str


_POLYGONS = [
    Drawn("terraces", "done", "2025-02-10", "2026-04-30", "1201", "Serchil", (-91.8090, 15.0060), "soil_loss", 34, (38, 52, 16, 21, 0, 0), 486000, "remittance;community", 70, "Terrazas de banco; fondo de migrantes de Serchil / Bench terraces; Serchil migrants' fund"),
    Drawn("terraces", "verified", "2025-01-20", "2026-03-28", "1202", "Piedra Grande", (-91.7480, 14.9880), "soil_loss", 36, (44, 47, 19, 18, 0, 0), 512000, "cooperation;community", 0, "Terrazas y zanjas / Terraces and ditches"),
    Drawn("terraces", "done", "2025-10-06", "2026-05-22", "0114", "Las Trojes", (-90.6230, 14.4990), "soil_loss", 24, (21, 26, 9, 11, 0, 0), 298000, "municipality;remittance", 35, "Terrazas en maíz / Terraces on maize"),
    Drawn("soil_cover", "done", "2026-04-06", "2026-06-19", "1201", "La Federación", (-91.8120, 14.9540), "soil_loss", 26, (29, 24, 12, 9, 0, 0), 62000, "central;community", 0, "Rastrojo y abono verde / Stubble and green manure"),
    Drawn("reforestation", "done", "2025-05-26", "2026-08-14", "1201", "Caxaque", (-91.8210, 14.9850), "steep", 32, (61, 70, 34, 38, 22, 25), 174000, "inab;municipality", 0, "Pino, aliso y encino / Pine, alder and oak"),
    Drawn("reforestation", "done", "2025-06-09", "2026-07-31", "0114", "Mesillas Altas", (-90.6080, 14.4200), "steep", 28, (47, 55, 28, 31, 15, 12), 158000, "inab;private", 0, "Restauración de la falda norte / Restoring the northern flank"),
    Drawn("agroforestry", "done", "2024-05-13", "2026-02-27", "1202", "San Pedro Petz", (-91.7500, 14.8960), "coffee", 30, (26, 33, 10, 14, 0, 0), 210000, "private;remittance", 45, "Café con sombra de chalum / Coffee under Inga shade"),
    Drawn("natural_regeneration", "ongoing", "2026-01-15", "", "0114", "Tacatón", (-90.5660, 14.4330), "bush", 24, (8, 14, 3, 6, 0, 0), 26000, "basin_authority", 0, "Cercado, sin quema / Fenced, no burning"),
    Drawn("wetland_restoration", "done", "2025-11-03", "2026-06-26", "0114", "Desembocadura del Villalobos", (-90.5990, 14.4895), "delta", 9, (12, 21, 7, 10, 0, 0), 395000, "basin_authority;cooperation", 0, "Tul y siembra de aliso / Bulrush and alder"),
    Drawn("use_restriction", "planned", "2027-01-11", "", "0114", "Vega del Villalobos", (-90.5920, 14.5040), "delta", 20, (0, 0, 0, 0, 0, 0), 0, "municipality", 0, "Zona sin construcción, en consulta / No-build zone under consultation"),
]
_LINES = [
    Drawn("living_barrier", "done", "2026-04-20", "2026-07-10", "1201", "San José Caben", (-91.8140, 14.9690), "contour", 520, (31, 18, 14, 11, 0, 0), 24500, "community", 0, "Zacatón y té de limón, nueve hileras / Nine rows of bunch grass and lemon grass"),
    Drawn("living_barrier", "done", "2026-05-04", "2026-06-30", "0114", "El Durazno", (-90.5600, 14.4680), "contour", 420, (19, 12, 8, 6, 0, 0), 18200, "remittance", 100, "Vetiver pagado con remesas / Vetiver paid by remittances"),
    Drawn("riparian_restoration", "done", "2025-06-16", "2026-08-28", "1201", "Río Naranjo, Cabecera", (-91.7990, 14.9800), "river", 1500, (35, 29, 24, 22, 17, 16), 92000, "municipality;cooperation", 0, "Aliso y sauce en ambas orillas / Alder and willow on both banks"),
    Drawn("river_bank_protection", "verified", "2025-11-17", "2026-04-24", "1202", "Río Nahualá, Chamac", (-91.7640, 14.9640), "river", 420, (4, 38, 2, 11, 0, 0), 640000, "codede;municipality", 0, "Gaviones / Gabions"),
    Drawn("channel_dredging", "done", "2026-03-02", "2026-04-18", "0114", "Río Villalobos", (-90.5930, 14.5050), "river", 1600, (2, 27, 0, 6, 0, 0), 880000, "basin_authority;central", 0, "Antes de las lluvias / Before the rains"),
    Drawn("waste_barrier", "done", "2026-05-11", "2026-05-23", "0114", "Desembocadura del Villalobos", (-90.5975, 14.4910), "across", 150, (14, 19, 12, 13, 0, 0), 37500, "basin_authority;community", 0, "Biobarda de envases / Barrier made of bottles"),
    Drawn("fire_break", "done", "2026-01-26", "2026-02-20", "1202", "Sacuchum", (-91.7270, 14.9570), "contour", 1800, (9, 44, 3, 17, 0, 0), 21000, "community;inab", 0, "Brecha de tres metros / Three metres wide"),
]  # fmt: skip


def write(path: Path, places: list[Place]) -> None:
    """Both layers of the GeoPackage: ``poligonos`` and ``lineas``."""
    by_code = {code: place for place in places for code in (("0114",) if place.region.tag == "am" else ("1201", "1202"))}
    rows = [(a, _polygon(a, by_code[a.municipality])) for a in _POLYGONS]
    write_vector(path, "poligonos", _frame(rows, 1))
    rows = [(a, _line(a, by_code[a.municipality])) for a in _LINES]
    write_vector(path, "lineas", _frame(rows, 1 + len(_POLYGONS)), append=True)


def _frame(rows: list[tuple[Drawn, shapely.Geometry]], first: int) -> gpd.GeoDataFrame:
    who = ("women", "men", "young_women", "young_men", "girls", "boys")
    table: dict[str, list[object]] = {
        "action_id": [f"QGIS-{first + i:02d}" for i in range(len(rows))],
        "action_type": [a.kind for a, _ in rows],
        "status": [a.status for a, _ in rows],
        "date_start": [a.start for a, _ in rows],
        "date_end": [a.end or None for a, _ in rows],
        "municipality_code": [a.municipality for a, _ in rows],
        "community": [a.place for a, _ in rows],
        **{f"participants_{w}": [a.people[k] for a, _ in rows] for k, w in enumerate(who)},
        "cost": [a.cost for a, _ in rows],
        "cost_currency": ["GTQ" for _ in rows],
        "funding_source": [a.funding for a, _ in rows],
        "remittance_share": [a.share or None for a, _ in rows],
        "notes": [a.notes for a, _ in rows],
    }
    shapes = [shapely.transform(shape, lambda p: np.round(np.column_stack(_TO_WGS.transform(p[:, 0], p[:, 1])), 6)) for _, shape in rows]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=WGS)


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
        merit = np.where(np.isin(use, (MAIZE, PASTURE, SHRUB, BARE)), 1.0, 0.2) * (1 + np.minimum(terrain.slope, 0.8))
    elif action.want == "coffee":
        merit = np.isin(use, (COFFEE, MAIZE)) * (0.3 + np.minimum(terrain.slope, 0.6))
    elif action.want == "bush":
        merit = np.isin(use, (SHRUB, PASTURE, BROADLEAF, CONIFER)) * 1.0
    else:
        return centre
    outline = next(shape for code, _, _, shape in municipalities() if code == action.municipality)
    inside = shapely.contains_xy(shapely.buffer(outline, -_INDOORS_M / 107_600), *lattice.lonlat)
    reach = np.hypot(x - centre[0], y - centre[1])
    score = np.where(inside & (reach < 900), blur(merit.astype(np.float64), 6) - reach / 4e5, -np.inf)
    best = np.unravel_index(np.argmax(np.round(score, 6)), score.shape)
    return np.array([x[best], y[best]])


def _polygon(action: Drawn, place: Place) -> shapely.Polygon:
    """A field drawn by hand: longer along the contour than across it, off the water."""
    centre = _spot(action, place)
    random = generator(f"drawn {action.place}")
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
        rows = 9 if action.kind == "living_barrier" else 1
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
