"""Land use: towns along their roads, fields in parcels on valleys and gentle slopes, forest on ridges and in ravines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from .design import lake_polygon, projected
from .geography import Region, municipalities_of, rough
from .lattice import Lattice, at, distance_to_line, generator, noise, sample_nearest
from .terrain import Terrain

URBAN, COFFEE, MAIZE, VEGETABLES, PASTURE, BROADLEAF, CONIFER, SHRUB, WATER, BARE, WETLAND = range(1, 12)
LEGEND = [
    (URBAN, "urban", "Área urbana y poblados", "Town and villages", "#8C8C94"),
    (COFFEE, "coffee", "Café y sistemas agroforestales", "Coffee and agroforestry", "#8A6A3B"),
    (MAIZE, "maize_beans", "Maíz y frijol", "Maize and beans", "#E8D37A"),
    (VEGETABLES, "vegetables", "Hortalizas y papa", "Vegetables and potato", "#B9C94A"),
    (PASTURE, "pasture", "Pastos", "Pasture", "#CFE3A6"),
    (BROADLEAF, "broadleaf", "Bosque latifoliado", "Broadleaf forest", "#2F7D4F"),
    (CONIFER, "conifer_mixed", "Bosque de coníferas y mixto", "Conifer and mixed forest", "#1F5A46"),
    (SHRUB, "shrub", "Matorral y guamil", "Shrub and fallow", "#9DB37C"),
    (WATER, "water", "Cuerpos de agua", "Water", "#9CC9E6"),
    (BARE, "bare", "Suelo desnudo y lava", "Bare ground and lava", "#B8A99A"),
    (WETLAND, "wetland", "Humedal", "Wetland", "#6FB3A8"),
]
_PARCEL_M = 170


@dataclass(frozen=True)
class Place:
    """All that is known of a region on the terrain's lattice: land use class, nearness of settlements [m], parcel."""

    region: Region
    terrain: Terrain
    use: np.ndarray
    settlement_m: np.ndarray
    parcel: np.ndarray

    @property
    def codes(self) -> list[str]:
        return [municipality.code for municipality in municipalities_of(self.region)]

    @property
    def lattice(self) -> Lattice:
        return self.terrain.lattice


def settle(region: Region, terrain: Terrain) -> Place:
    """Cover the terrain."""
    lattice = terrain.lattice
    parcel, seed_row, seed_column = _parcels(lattice)
    urban, settlement_m = _urban(region, terrain)
    use = _rural(region, terrain, settlement_m, parcel, (seed_row, seed_column))
    use[urban] = URBAN
    x, y = lattice.xy
    if region.lake:
        use[_lava(terrain) & ~urban] = BARE
    lake = lake_polygon(region)
    if not lake.is_empty:
        shore = shapely.contains_xy(lake.buffer(260), x, y)
        ((dx, dy),) = projected([(-90.597, 14.489)])
        marsh = shore & (terrain.height < region.lake_height + 2.2) & (np.hypot(x - dx, y - dy) < 1500)
        use[marsh & ~urban] = WETLAND
        use[shapely.contains_xy(lake, x, y)] = WATER
    use[(terrain.area > 6e6) & ((terrain.slope < 0.12) | (terrain.area > 3e7)) & (use != URBAN) & (use != WETLAND)] = WATER
    return Place(region, terrain, use, settlement_m, parcel)


def on_grid(place: Place, target: Lattice) -> np.ndarray:
    """The land use on another lattice."""
    return sample_nearest(place.use, place.lattice, target)


def _parcels(lattice: Lattice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each cell's parcel, as one random number in 0…1, and the fractional row and column of the parcel's centre."""
    x, y = lattice.xy
    random = generator("parcels").uniform(0, 1, (3, 512, 512))
    u, v = x / _PARCEL_M, y / _PARCEL_M
    best = np.full(lattice.shape, np.inf)
    number, px, py = np.zeros(lattice.shape), np.zeros(lattice.shape), np.zeros(lattice.shape)
    for di in (-1, 0, 1):
        for dj in (-1, 0, 1):
            i, j = np.floor(u).astype(np.int64) + di, np.floor(v).astype(np.int64) + dj
            jitter_x, jitter_y, value = random[:, j % 512, i % 512]
            cx, cy = i + 0.15 + 0.7 * jitter_x, j + 0.15 + 0.7 * jitter_y
            d = np.hypot(u - cx, v - cy)
            nearer = d < best
            best, number = np.where(nearer, d, best), np.where(nearer, value, number)
            px, py = np.where(nearer, cx, px), np.where(nearer, cy, py)
    row, column = lattice.index(px * _PARCEL_M, py * _PARCEL_M)
    return number, row, column


def _urban(region: Region, terrain: Terrain) -> tuple[np.ndarray, np.ndarray]:
    """Built-up land, and the distance to the next settlement or (half as near) road."""
    lattice = terrain.lattice
    x, y = lattice.xy
    road = np.full(lattice.shape, np.inf)
    for line in region.roads:
        road = np.minimum(road, distance_to_line(lattice, _winding(line))[0])
    patches = noise(lattice, f"{region.tag} houses", (420.0, 190.0, 90.0))
    built = np.zeros(lattice.shape, bool)
    nearest = np.full(lattice.shape, np.inf)
    for town in region.towns:
        ((cx, cy),) = projected([(town.lon, town.lat)])
        d = np.hypot(x - cx, y - cy)
        nearest = np.minimum(nearest, (d - town.radius_m).clip(0))
        ribbon = 0.75 * np.exp(-((road / 90) ** 2)) * (d < 2.4 * town.radius_m)
        score = 1 - d / town.radius_m + 0.42 * patches + ribbon - 1.5 * (terrain.slope - 0.16).clip(0)
        built |= (score > 0.05) & (terrain.slope < 0.55) & ((terrain.area < 4e6) | (terrain.above_stream > 0.7))
    return built, np.minimum(nearest, 400 + 0.8 * road)


def _winding(line: list[tuple[float, float]]) -> np.ndarray:
    return projected(rough(line, f"road {line[0]} {line[-1]}", 4, 0.11))


def _rural(region: Region, terrain: Terrain, settlement_m: np.ndarray, parcel: np.ndarray, seeds: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    lattice = terrain.lattice
    slope, height = at(terrain.slope, *seeds), at(terrain.height, *seeds)
    far = at(settlement_m, *seeds) / 1000
    wide = noise(lattice, f"{region.tag} fields", (2600.0, 1100.0, 450.0))
    # What a parcel grows: neighbours tend to do the same. About 0…1.
    custom = at(noise(lattice, f"{region.tag} crops", (1900.0, 800.0)), *seeds)
    draw = 0.5 + 0.42 * custom + 0.42 * ((parcel * 7.13) % 1.0 - 0.5)
    lowland = bool(region.lake)  # Amatitlán lies a thousand metres lower
    limit = 0.42 if lowland else 0.56
    farm = 1.15 - slope / limit - 0.26 * (far - 0.5).clip(0) + 0.30 * wide + 0.55 * (parcel - 0.5)
    forest = np.where(height > 2300 + 250 * wide, CONIFER, BROADLEAF)
    if lowland:
        forest = np.where(height > 1560 + 180 * wide, CONIFER, BROADLEAF)
    use = np.where(farm > -0.22, SHRUB, forest)
    use = np.where((farm > -0.12) & (draw < 0.45), PASTURE, use)
    use = np.where(farm > 0.0, MAIZE, use)
    use = np.where((farm > 0.0) & (draw > 0.82), PASTURE, use)
    flat = (slope < 0.17) & (farm > 0.25) & (draw < 0.62)
    use = np.where(flat, VEGETABLES, use)
    if lowland:
        warm = (height > 1210) & (height < 1720) & (slope > 0.1) & (slope < 0.62) & (wide > -0.25)
        use = np.where(warm & (farm > -0.35) & (draw < 0.66), COFFEE, use)
    else:
        use = np.where((height < 1850 + 120 * wide) & (farm > -0.45) & (draw < 0.74), COFFEE, use)
        cold = height > 3060 + 90 * wide
        use = np.where(cold & (farm > -0.3), np.where(draw < 0.62, PASTURE, np.where(draw < 0.75, SHRUB, CONIFER)), use)
        use = np.where((height > 2650) & (use == MAIZE) & (draw < 0.3), VEGETABLES, use)
    # Ravine sides and cliffs are left to the forest, cell by cell.
    ravine = (terrain.slope > (0.62 if lowland else 0.82)) | ((terrain.stream_distance < 60) & (terrain.slope > 0.3))
    wild = np.where(terrain.height > (1560 if lowland else 2300), CONIFER, BROADLEAF)
    return np.where(ravine & (use != BARE), wild, use).astype(np.uint8)


def _lava(terrain: Terrain) -> np.ndarray:
    """Lava tongues from Pacaya's northern flank."""
    lattice = terrain.lattice
    frays = 1 + 0.55 * noise(lattice, "lava", (420.0, 160.0, 80.0))
    found = np.zeros(lattice.shape, bool)
    for line, width in (
        ([(-90.6010, 14.3850), (-90.6060, 14.3990), (-90.6095, 14.4110), (-90.6120, 14.4205)], 190),
        ([(-90.6000, 14.3850), (-90.5960, 14.4000), (-90.5930, 14.4110), (-90.5945, 14.4180)], 150),
    ):
        distance, along = distance_to_line(lattice, projected(line))
        found |= distance < width * frays * (1.15 - 0.25 * along / (len(line) - 1))
    return found
