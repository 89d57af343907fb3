"""One additive table of whole numbers, out of which every figure comes.

Rows: hazard, scenario, return period, municipality, face (a set of actions in force; "" for none), level, residual
levels (best, central, worst) and land use. Values: area in mm² and millionths of a person. Blocks, files and workers
each make a part and the parts are added, so the same inputs give the same bits however the work was cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from envgis import zones
from envgis.adaptation import Faces, Factors, factors, residual
from envgis.blocks import How, Progress
from envgis.grid import ArrayLayer, Grid, Window
from envgis.kernels import counting, transfer
from envgis.landuse import MOST_CLASSES, NO_CLASS, Classes
from envgis.levels import LEVELS, NO_DATA, Hazard, HazardKey, HazardMap, class_map, true_values
from envgis.population import People
from envgis.zones import Cover, Runs

OUTSIDE = "outside"
KEYS = [
    "hazard", "scenario", "return_period", "municipality", "face",
    "level", "level_best", "level_central", "level_worst", "landuse",
]  # fmt: skip
VALUES = ["area_mm2", "people_micro"]
# A NumPy, Dask or xarray array: their types have nothing in common.
Cells = Any
_STORED_ROWS = 512
_LEVELS = np.array([*LEVELS, NO_DATA], np.uint8)


@dataclass(frozen=True)
class Study:
    """All that is counted on one lattice.

    maps : hazard maps, all on ``cover.grid``
    landuse : classes on that grid, and ``classes`` how many there are
    people, faces and effects : or None
    """

    cover: Cover
    maps: tuple[HazardMap, ...]
    landuse: Classes | None = None
    classes: int = 0
    people: People | None = None
    faces: Faces | None = None
    effects: pd.DataFrame | None = None
    face_cover: Cover | None = None
    face_factors: tuple[Factors, ...] = ()


@dataclass
class Part:
    """What some blocks add, for each map: (zones + outside, bins) areas and people, and what faces take out of them."""

    area: NDArray[np.int64]
    people: NDArray[np.int64]
    taken: list[dict[tuple[int, ...], tuple[int, int]]] = field(default_factory=list)

    def __add__(self, other: Part) -> Part:
        self.area += other.area
        self.people += other.people
        for mine, theirs in zip(self.taken, other.taken, strict=True):
            for key, (area, people) in theirs.items():
                had = mine.get(key, (0, 0))
                mine[key] = (had[0] + area, had[1] + people)
        return self


def add(ledgers: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One ledger out of several: rows with the same keys are added; sorted by keys.

    >>> import geopandas as gpd, shapely
    >>> grid = Grid.from_bounds(32615, (500_000, 0, 500_020, 10), 10)
    >>> one = tabulate(zones.cover(gpd.GeoSeries([shapely.box(*grid.bounds)], crs=32615), grid), np.array([[1, 4]]))
    >>> twice = add([one, one])
    >>> len(twice) == len(one), bool((twice["area_mm2"] == 2 * one["area_mm2"]).all())
    (True, True)
    """
    rows = pd.concat(ledgers, ignore_index=True)
    return rows.groupby(KEYS, dropna=False, sort=True, observed=True)[VALUES].sum().reset_index()


def tabulate(
    cover: Cover,
    level: HazardMap | Cells,
    landuse: Classes | Cells | None = None,
    codes: Sequence[str] | None = None,
    legend: Sequence[str] | None = None,
    people: People | None = None,
    faces: Faces | None = None,
    effects: pd.DataFrame | None = None,
    how: How | None = None,
) -> pd.DataFrame:
    """Area of each zone by level and land use, in whole mm².

    cover : zones on a grid; level : a hazard map, or (rows, columns) levels 0…5 and 255 on that grid: NumPy, Dask (read
        block by block) or xarray (south-up is turned round)
    landuse : classes on that grid, or (rows, columns) positions in ``legend``; legend : the classes' codes
    codes : the zones' names (default: their numbers)

    Raises ValueError if a legend is missing or too long, if there are not as many codes as zones, or if two have one name
    or the name of what lies outside or has no data; TypeError if levels or classes are no whole numbers.

    >>> import geopandas as gpd, shapely
    >>> grid = Grid.from_bounds(32615, (500_000, 0, 500_030, 30), 10)
    >>> square = gpd.GeoSeries([shapely.box(500_005, 5, 500_025, 25)], crs=32615)
    >>> level = np.array([[1, 1, 1], [1, 4, 1], [1, 1, 255]], np.uint8)
    >>> t = tabulate(zones.cover(square, grid), level, codes=["0114"])
    >>> t = t[t["municipality"] == "0114"]
    >>> [(int(l), round(a / 1e6)) for l, a in zip(t["level"], t["area_mm2"])]
    [(1, 275), (4, 100), (255, 25)]
    """
    if not isinstance(level, HazardMap):
        plain = Hazard(HazardKey("hazard", "present"), "hazard", "susceptibility", "levels", None, {"es": "", "en": ""})
        level = class_map(plain, cover.grid, _bytes(level))
    if landuse is not None and legend is None:
        raise ValueError("land use needs its legend")
    if codes is not None and len(codes) != cover.count:
        raise ValueError(f"{len(codes)} codes for {cover.count} zones")
    if landuse is not None and hasattr(landuse, "shape"):
        landuse = _Held(ArrayLayer(cover.grid, _bytes(landuse), NO_DATA), len(legend or ()))
    study = Study(cover, (replace(level, grid=cover.grid),), landuse, len(legend or ()), people, faces, effects)
    names = [str(i) for i in range(cover.count)] if codes is None else list(codes)
    return count(study, names, list(legend or ()), how or How())


def _bytes(cells: Cells) -> Any:
    """Cells as uint8 from north to south, still lazy if they are so. Raises TypeError if they are no whole numbers."""
    if hasattr(cells, "dims"):
        down = np.asarray(cells[cells.dims[0]])
        cells = (cells[::-1] if len(down) > 1 and down[0] < down[-1] else cells).data
    cells = cells if hasattr(cells, "dtype") else np.asarray(cells)
    if not np.issubdtype(cells.dtype, np.integer):
        raise TypeError(f"levels and classes are whole numbers, not {cells.dtype}")
    return cells if cells.dtype == np.uint8 else cells.astype(np.uint8)


@dataclass(frozen=True)
class _Held:
    """Positions in a legend held in memory."""

    layer: ArrayLayer
    classes: int

    @property
    def table(self) -> NDArray[np.uint16]:
        return np.minimum(np.arange(256, dtype=np.uint16), np.uint16(self.classes))

    def read(self, window: Window) -> NDArray[np.uint8]:
        return np.asarray(self.layer.read(window), np.uint8)


def count(study: Study, codes: Sequence[str], legend: Sequence[str], how: How, progress: Progress | None = None) -> pd.DataFrame:
    """The ledger of all maps of a study. ``progress`` gets the number of blocks done.

    codes : the zones' names; legend : those of the classes of land use

    >>> import geopandas as gpd, shapely
    >>> grid = Grid.from_bounds(32615, (500_000, 0, 500_020, 10), 10)
    >>> now, then = (Hazard(HazardKey("flood", s), "flood", "susceptibility", "levels", None, {"es": "", "en": ""}) for s in ("present", "2050"))
    >>> maps = class_map(now, grid, np.array([[1, 4]], np.uint8)), class_map(then, grid, np.array([[4, 4]], np.uint8))
    >>> rows = count(Study(zones.cover(gpd.GeoSeries([shapely.box(*grid.bounds)], crs=32615), grid), maps), ["0114"], [], How())
    >>> [(s, int(level), round(mm2 / 1e6)) for s, level, mm2 in rows[["scenario", "level", "area_mm2"]].itertuples(index=False)]
    [('2050', 4, 200), ('present', 1, 100), ('present', 4, 100)]

    Raises ValueError if there are more than 254 land-use classes, or more land than whole square millimetres hold, or if
    two zones or classes have one name.
    """
    for names, reserved in ((codes, OUTSIDE), (legend, NO_CLASS)):
        if len({*names, reserved}) <= len(names):
            raise ValueError(f"names that are not distinct, or are {reserved!r}")
    if not study.cover.grid.areas.countable:
        raise ValueError("a lattice of more than 9.2 million km²")
    if study.classes > MOST_CLASSES:
        raise ValueError(f"at most {MOST_CLASSES} land-use classes")
    study = _prepared(study)
    part = how.add_up(_count_block, study, blocks(study, how.cells), Part.__add__, progress)
    return _frame(study, part, codes, legend)


def blocks(study: Study, cells: int) -> list[Window]:
    """The bands of rows in which a study is counted, each of at most ``cells`` cells.

    They are cut where most files are: two threads that shared a row of stored tiles would both unpack it.

    >>> import geopandas as gpd, shapely
    >>> grid = Grid.from_bounds(32615, (500_000, 0, 500_020, 30), 10)
    >>> hazard = Hazard(HazardKey("flood", "present"), "flood", "susceptibility", "levels", None, {"es": "", "en": ""})
    >>> level = class_map(hazard, grid, np.zeros((3, 2), np.uint8))
    >>> study = Study(zones.cover(gpd.GeoSeries([shapely.box(*grid.bounds)], crs=32615), grid), (level,))
    >>> [(band.row, band.rows) for band in blocks(study, 4)]
    [(0, 2), (2, 1)]
    """
    grid = study.cover.grid
    return grid.blocks(min(cells, _STORED_ROWS * grid.columns), grid.offset(study.maps[0].layer.grid)[0])


def _prepared(study: Study) -> Study:
    """What every block needs of the faces, made once."""
    if study.faces is None or not len(study.faces) or study.effects is None:
        return replace(study, face_cover=None)
    cover = zones.cover(study.faces.table.geometry, study.cover.grid, overlap=True)
    kinds = list(study.faces.table["types"])
    return replace(study, face_cover=cover, face_factors=tuple(factors(kinds, m.hazard, study.effects) for m in study.maps))


def _count_block(study: Study, window: Window) -> Part:
    cover, grid = study.cover, study.cover.grid
    runs = cover.runs(window.row, window.rows)
    use = _landuse(study, window)
    people = study.people.read(window).ravel() if study.people is not None else np.zeros(0, np.int64)
    shape = (len(study.maps), cover.count + 1, len(_LEVELS) * (study.classes + 1))
    part = Part(np.zeros(shape, np.int64), np.zeros(shape, np.int64), [{} for _ in study.maps])
    taken = _taken(study, window, runs, people) if study.face_cover is not None else None
    for i, hazard in enumerate(study.maps):
        stored = hazard.stored(window)
        level = _levels(hazard, stored)
        _run_counts(grid, window, runs, level, use, people, part.area[i], part.people[i])
        if taken is not None:
            part.taken[i] = _residuals(study, i, taken, stored, level, use)
    return part


def _run_counts(
    grid: Grid, window: Window, runs: Runs, level: _Coded, use: _Coded, people: NDArray[np.int64], area: NDArray[np.int64],
    persons: NDArray[np.int64],
) -> None:  # fmt: skip
    if len(level.span) * len(use.span) > counting.MOST_PAIRS:
        level, use = level.dense(), use.dense()
    bins = level.span[:, None] * (use.none + 1) + use.span[None, :]
    areas = grid.areas
    counting.tabulate(
        level.cells, level.low, use.cells, use.low, bins.astype(np.int32), people, runs.row_entry, runs.entries, runs.wholes, runs.edges,
        areas.row_tile[window.row : window.row + window.rows], areas.column_tile, areas.mm2, area, persons,
    )  # fmt: skip


@dataclass(frozen=True)
class _Coded:
    """A block's cells as bytes, row after row, and the position (256,) for which each byte stands; ``none`` for no data."""

    cells: NDArray[np.uint8]
    position: NDArray[np.int64]
    none: int

    @cached_property
    def low(self) -> int:
        """The first code that stands for something."""
        known = np.flatnonzero(self.position < self.none)
        return int(known[0]) if len(known) else 0

    @cached_property
    def span(self) -> NDArray[np.int64]:
        """Positions from the first to the last code that stands for something; after them that of every other code."""
        known = np.flatnonzero(self.position < self.none)
        return np.append(self.position[self.low : known[-1] + 1] if len(known) else known, self.none)

    def dense(self) -> _Coded:
        """The same, with positions in place of codes."""
        return _Coded(self.at(slice(None)).astype(np.uint8), np.minimum(np.arange(256), self.none), self.none)

    def at(self, cells: slice | NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions of some cells."""
        return self.position[self.cells[cells]]


def _levels(hazard: HazardMap, stored: NDArray[np.generic]) -> _Coded:
    """Positions in the ledger's order of levels."""
    position = np.full(256, len(LEVELS), np.int64)
    position[: len(LEVELS)] = np.arange(len(LEVELS))
    if hazard.codes is not None and stored.dtype == np.uint8:
        return _Coded(np.ascontiguousarray(stored, np.uint8).ravel(), position[hazard.codes], len(LEVELS))
    return _Coded(np.ascontiguousarray(hazard.levels_of(stored)).ravel(), position, len(LEVELS))


def _landuse(study: Study, window: Window) -> _Coded:
    """Positions in the legend."""
    if study.landuse is None:
        return _Coded(np.zeros(window.rows * window.columns, np.uint8), np.zeros(256, np.int64), 0)
    stored = study.landuse.read(window)
    table = study.landuse.table.astype(np.int64)
    if stored.dtype == np.uint8:
        return _Coded(np.ascontiguousarray(stored, np.uint8).ravel(), table, study.classes)
    return _Coded(table[stored].astype(np.uint8).ravel(), np.minimum(np.arange(256), study.classes), study.classes)


@dataclass(frozen=True)
class _Taken:
    face: NDArray[np.int32]
    cell: NDArray[np.int64]
    area: NDArray[np.int64]
    people: NDArray[np.int64]


def _taken(study: Study, window: Window, runs: Runs, people: NDArray[np.int64]) -> _Taken | None:
    """What each face takes of each cell of a block; None if no face touches it."""
    assert study.face_cover is not None and study.faces is not None
    areas = study.cover.grid.areas
    of_faces = study.face_cover.runs(window.row, window.rows)
    room = int((of_faces.wholes["end"] - of_faces.wholes["begin"]).sum()) + len(of_faces.edges)
    if not room:
        return None
    municipality = study.faces.table["municipality"].to_numpy(np.int32)
    face, cell = np.empty(room, np.int32), np.empty(room, np.int64)
    area, persons = np.empty(room, np.int64), np.empty(room, np.int64)
    n = transfer.take(
        of_faces.row_entry, of_faces.entries, of_faces.wholes, of_faces.edges, municipality, runs.row_entry, runs.entries, runs.wholes,
        runs.edges, areas.row_tile[window.row : window.row + window.rows], areas.column_tile, areas.mm2, people, face, cell, area, persons,
    )  # fmt: skip
    return _Taken(face[:n], cell[:n], area[:n], persons[:n])


def _residuals(
    study: Study, i: int, taken: _Taken, stored: NDArray[np.generic], levels: _Coded, use: _Coded
) -> dict[tuple[int, ...], tuple[int, int]]:
    """By (face, level, best, central, worst, land use): area and people."""
    hazard, known = study.maps[i], study.face_factors[i]
    level = _LEVELS[levels.at(taken.cell)]
    values = true_values(stored.ravel()[taken.cell], hazard.layer) if hazard.has_values else None
    three = residual(hazard.hazard, level, values, hazard.bound_type, known.direct[taken.face], known.other[taken.face])
    keys = np.column_stack([taken.face, level, *three, use.at(taken.cell)]).astype(np.int64)
    unique, at = np.unique(keys, axis=0, return_inverse=True)
    area, people = np.zeros(len(unique), np.int64), np.zeros(len(unique), np.int64)
    np.add.at(area, at.ravel(), taken.area)
    np.add.at(people, at.ravel(), taken.people)
    return {tuple(map(int, key)): (int(a), int(p)) for key, a, p in zip(unique, area, people, strict=True)}


# Columns of the whole numbers in which rows are gathered: positions of the map, the zone, the face (0 for none) and the
# land use, and the levels as they are.
_MAP, _ZONE, _FACE, _LEVEL, _USE, _VALUES = 0, 1, 2, slice(3, 7), 7, slice(8, 10)


def _rows(study: Study, i: int, part: Part) -> NDArray[np.int64]:
    """(rows, 10) of one map: what no action covers, and each face."""
    area, people = part.area[i].copy(), part.people[i].copy()
    width = study.classes + 1
    position = {int(level): k for k, level in enumerate(_LEVELS)}
    covered = []
    for (face, level, best, central, worst, use), (mm2, micro) in part.taken[i].items():
        assert study.faces is not None
        m, b = int(study.faces.table["municipality"].iloc[face]), position[level] * width + use
        area[m, b] -= mm2
        people[m, b] -= micro
        covered.append((i, m, face + 1, level, best, central, worst, use, mm2, micro))
    if study.people is not None:
        # People whom the lattice does not reach are outside too: nobody is lost.
        people[-1, (len(_LEVELS) - 1) * width + study.classes] += study.people.total - int(part.people[i].sum())
    z, bins = np.nonzero((area != 0) | (people != 0))
    levels = [_LEVELS[bins // width]] * 4
    free = np.column_stack([np.full(len(z), i), z, np.zeros(len(z), int), *levels, bins % width, area[z, bins], people[z, bins]])
    return np.vstack([free, np.array(covered, np.int64).reshape(-1, free.shape[1])])


def _frame(study: Study, part: Part, codes: Sequence[str], legend: Sequence[str]) -> pd.DataFrame:
    """Rows of all maps, by their keys; strings are made last, once for each name and not for each row."""
    rows = np.vstack([_rows(study, i, part) for i in range(len(study.maps))])
    keys = [hazard.key for hazard in study.maps]
    faces = ["", *(study.faces.table["face"] if study.faces is not None else [])]
    # A map without a return period stands after those that have one.
    periods = np.array([np.inf if key.return_period is None else key.return_period for key in keys], np.float64)
    names: dict[str, tuple[Any, int]] = {
        "hazard": (np.array([key.hazard for key in keys], object), _MAP),
        "scenario": (np.array([key.scenario for key in keys], object), _MAP),
        "return_period": (periods, _MAP),
        "municipality": (np.array([*codes, OUTSIDE], object), _ZONE),
        "face": (np.array(faces, object), _FACE),
        "landuse": (np.array([*legend, NO_CLASS if legend else ""], object), _USE),
    }
    known = {name: np.unique(values, return_inverse=True) for name, (values, _) in names.items()}
    rank = {name: known[name][1][rows[:, column]] for name, (_, column) in names.items()}
    rank |= dict(zip(KEYS[5:9], rows[:, _LEVEL].T, strict=True))
    # Two keys sort faster than ten, and each fits in a whole number.
    place, value = (_joined([rank[name] for name in names]) for names in (KEYS[:5], KEYS[5:]))
    order = np.lexsort([value, place])
    # An action's id may hold the sign that joins ids: faces of one name are one.
    new = (np.diff(place[order]) != 0) | (np.diff(value[order]) != 0)
    first = np.flatnonzero(np.append(True, new)[: len(rows)])
    sums = np.add.reduceat(rows[order, _VALUES], first) if len(first) else rows[:, _VALUES]
    rank = {name: rank[name][order[first]] for name in KEYS}
    text = {name: pd.array(known[name][0], dtype="str").take(rank[name]) for name in names if name != "return_period"}
    period = known["return_period"][0][rank["return_period"]]
    levels = {name: rank[name].astype(np.uint8) for name in KEYS[5:9]}
    columns = text | levels | {"return_period": pd.arrays.FloatingArray(period, np.isinf(period))}
    return pd.DataFrame({name: columns[name] for name in KEYS} | dict(zip(VALUES, sums.T, strict=True)))


def _joined(ranks: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """One whole number for each row, in the order of its ranks, the first of them the highest."""
    joined = np.zeros(len(ranks[0]), np.int64)
    for rank in ranks:
        joined = joined * (rank.max(initial=0) + 1) + rank
    return joined
