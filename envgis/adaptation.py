"""In force → footprints → faces → residual level.

An action in force has a *footprint*. Where footprints overlap they are cut into *faces*: disjoint pieces of land, each
under one set of actions and in one municipality. A face lowers what its actions are assumed to change, and so the
level, with a best, a central and a worst case.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio.features
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from envgis import zones
from envgis.actions import catalogue
from envgis.grid import Window
from envgis.levels import NO_DATA, Hazard, HazardMap, true_values

# Worse than this, a place is too vague to have a footprint.
WORST_ACCURACY_M = 50.0
# No product of remaining factors is taken to be smaller (SCIENCE: our convention).
SMALLEST_FACTOR = 0.05
# "Up to one level lower is assumed" where the central remaining factor is at most this.
HALVED = 0.5
_CIRCLE = 64
# Footprints are overlaid on a lattice of micrometres: borders that should fall together do, and no figure feels it.
_PRECISION_M = 1e-6


def in_force(actions: pd.DataFrame, date: dt.date) -> pd.Series:
    """Which actions count on ``date``: done or verified, and finished (else begun) by then. Without a date: not.

    >>> from envgis.actions.record import frame
    >>> told = {"status": ["done", "done", "planned", "done"], "date_start": ["2025-01-01", "2026-12-01", "2025-01-01", None]}
    >>> in_force(frame(told, [None] * 4), dt.date(2026, 11, 24)).to_list()
    [True, False, False, False]
    """
    day = actions["date_end"].fillna(actions["date_start"])
    return (actions["status"].isin(["done", "verified"]) & (day <= pd.Timestamp(date))).fillna(False).astype(bool)


def footprints(actions: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """The land that each action covers (EPSG:4326), None where it has none.

    The drawn polygon; a line with its type's width, flat caps; a point as a 64-gon of exactly its declared area. No
    area, no width of that type, or a place vaguer than 50 m: counted, but without a footprint.

    >>> from envgis.actions.record import frame
    >>> from envgis.actions.shapes import area_ha
    >>> told = {"action_type": ["reforestation"] * 2, "area_ha": [2.5, None]}
    >>> land = footprints(frame(told, [shapely.Point(-91.8, 14.96), shapely.Point(-91.8, 14.96)]))
    >>> area_ha(land.values[:1]).round(4).tolist(), land[1] is None
    ([2.5], True)
    """
    widths = catalogue.types()["width_m"].to_dict()
    columns = (actions.geometry, actions["action_type"], actions["area_ha"], actions["accuracy_m"])
    out = [
        None if pd.notna(accuracy_m) and accuracy_m > WORST_ACCURACY_M else _footprint(geometry, widths.get(kind), area_ha)
        for geometry, kind, area_ha, accuracy_m in zip(*columns, strict=True)
    ]
    return gpd.GeoSeries(np.array(out, dtype=object), index=actions.index, crs=4326)


def _footprint(geometry: BaseGeometry | None, width_m: Any, area_ha: Any) -> BaseGeometry | None:
    if geometry is None or geometry.is_empty:
        return None
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    if geometry.geom_type in ("LineString", "MultiLineString") and pd.notna(width_m):
        return _around(geometry, lambda line: line.buffer(width_m / 2, cap_style="flat"))
    if isinstance(geometry, shapely.Point) and pd.notna(area_ha) and area_ha > 0:
        return _around(geometry, lambda point: _circle(point.coords[0], area_ha * 10_000))
    return None


def _circle(center: tuple[float, ...], area_m2: float) -> shapely.Polygon:
    """A regular 64-gon of exactly this area."""
    radius = math.sqrt(2 * area_m2 / (_CIRCLE * math.sin(2 * math.pi / _CIRCLE)))
    angle = np.arange(_CIRCLE) * (2 * math.pi / _CIRCLE)
    return shapely.Polygon(np.column_stack([center[0] + radius * np.cos(angle), center[1] + radius * np.sin(angle)]))


def _around(geometry: BaseGeometry, draw: Callable[[BaseGeometry], BaseGeometry]) -> BaseGeometry:
    """Draw in a local azimuthal equal-area plane and bring the drawing back to EPSG:4326."""
    plane = local_plane([geometry])
    return _moved(draw(_moved(geometry, CRS(4326), plane)), plane, CRS(4326))


def local_plane(geometries: Iterable[BaseGeometry], projection: str = "laea") -> CRS:
    """An azimuthal projection in metres (equal-area, or "aeqd": equidistant) about the middle of what is in EPSG:4326.

    >>> plane = local_plane([shapely.Point(-91.8, 14.96)])
    >>> plane.coordinate_operation.method_name, plane.axis_info[0].unit_name
    ('Lambert Azimuthal Equal Area', 'metre')
    """
    west, south, east, north = shapely.total_bounds(np.asarray(list(geometries), dtype=object))
    return CRS.from_dict({"proj": projection, "lat_0": (south + north) / 2, "lon_0": (west + east) / 2, "datum": "WGS84", "units": "m"})


def _moved(geometry: BaseGeometry, source: CRS, target: CRS) -> BaseGeometry:
    there = Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(geometry, lambda xy: np.column_stack(there.transform(xy[:, 0], xy[:, 1])))


@dataclass(frozen=True)
class Faces:
    """table : municipality (position among the municipalities), face (sorted action ids joined by ``|``), types (sorted
    tuple of action types), geometry (disjoint, in a local equal-area plane); by municipality, then by shape.
    """

    table: gpd.GeoDataFrame

    def __len__(self) -> int:
        return len(self.table)


def faces(actions: gpd.GeoDataFrame, shapes: gpd.GeoSeries, municipalities: gpd.GeoDataFrame) -> Faces:
    """Overlay footprints into disjoint faces and cut them by municipality.

    actions : those in force, with action_id and action_type; shapes : their footprints (None: left out)
    municipalities : geometry in EPSG:4326, in order of code

    The same footprint of the same type twice counts once (as the first by id).

    >>> square = lambda west, east: shapely.box(west, 14.90, east, 14.91)
    >>> town = gpd.GeoDataFrame({"code": ["1201"]}, geometry=[square(-91.90, -91.80)], crs=4326)
    >>> told = pd.DataFrame({"action_id": ["a1", "a2"], "action_type": ["terraces", "reforestation"]})
    >>> land = gpd.GeoSeries([square(-91.88, -91.86), square(-91.87, -91.85)], crs=4326)
    >>> sorted(faces(told, land, town).table["face"])
    ['a1', 'a1|a2', 'a2']
    """
    plane = local_plane(municipalities.geometry) if len(municipalities) else CRS(6933)
    drawn = gpd.GeoDataFrame(
        {"action_id": actions["action_id"].astype(str), "action_type": actions["action_type"].astype(str)}, geometry=shapes, crs=4326
    )
    drawn = drawn[drawn.geometry.notna() & ~drawn.geometry.is_empty].sort_values("action_id", kind="stable")
    land = _densified(municipalities, plane)
    # What lies outside must not take part in the overlay: it would move the others' corners by a micrometre.
    drawn = drawn.iloc[np.unique(shapely.STRtree(land).query(drawn.geometry.to_crs(plane).values, predicate="intersects")[0])]
    flat = shapely.make_valid(shapely.set_precision(drawn.geometry.to_crs(plane).values, _PRECISION_M))
    flat = shapely.normalize(flat)
    first = ~pd.DataFrame({"type": drawn["action_type"].values, "shape": shapely.to_wkb(flat)}).duplicated().to_numpy()
    ids, kinds, flat = drawn["action_id"].to_numpy()[first], drawn["action_type"].to_numpy()[first], flat[first]
    rows: list[tuple[int, str, tuple[str, ...], BaseGeometry]] = []
    if len(flat):
        for members, piece in _overlay(flat):
            face, types = "|".join(sorted(ids[members])), tuple(sorted(set(kinds[members])))
            for m in np.flatnonzero(shapely.intersects(land, piece)):
                cut = _polygons(shapely.intersection(piece, land[m]))
                if cut is not None:
                    rows.append((int(m), face, types, cut))
    rows.sort(key=lambda row: (row[0], shapely.to_wkb(shapely.normalize(row[3]))))
    columns = {"municipality": [r[0] for r in rows], "face": [r[1] for r in rows], "types": [r[2] for r in rows]}
    return Faces(gpd.GeoDataFrame(columns, geometry=[r[3] for r in rows], crs=plane))


def _overlay(shapes: NDArray[np.object_]) -> list[tuple[NDArray[np.int64], BaseGeometry]]:
    """Disjoint pieces of overlapping shapes: which shapes lie over each, and the piece; one for each set of shapes."""
    lines = shapely.union_all(shapely.boundary(shapes), grid_size=_PRECISION_M)
    cells = shapely.get_parts(shapely.polygonize([lines]))
    inner = shapely.point_on_surface(cells)
    point, shape = shapely.STRtree(shapes).query(inner, predicate="intersects")
    order = np.lexsort([shape, point])
    groups: dict[tuple[int, ...], list[BaseGeometry]] = {}
    for i, members in zip(*_grouped(point[order], shape[order]), strict=True):
        groups.setdefault(tuple(members), []).append(cells[i])
    return [(np.asarray(members), shapely.union_all(pieces)) for members, pieces in groups.items()]


def _grouped(keys: NDArray[np.int64], values: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    unique, start = np.unique(keys, return_index=True)
    return unique, np.split(values, start[1:])


def _densified(municipalities: gpd.GeoDataFrame, plane: CRS) -> NDArray[np.object_]:
    """Municipalities in the plane; borders straight in EPSG:4326 followed to well below a cell."""
    dense = shapely.segmentize(municipalities.geometry.values, 0.005)
    return np.asarray(gpd.GeoSeries(dense, crs=4326).to_crs(plane).values)


def _polygons(geometry: BaseGeometry) -> BaseGeometry | None:
    """The polygons of a geometry, None if there are none."""
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type in ("Polygon", "MultiPolygon") and p.area > 0]
    return shapely.union_all(parts) if parts else None


@dataclass(frozen=True)
class Factors:
    """For each face: what remains of the layer's own variable (direct) and of others, best · central · worst.

    direct, other (faces, 3) float64, 0.05…1; addressed (faces,) bool : whether an action there addresses the hazard
    """

    direct: NDArray[np.float64]
    other: NDArray[np.float64]
    addressed: NDArray[np.bool_]


def factors(types: Iterable[tuple[str, ...]], hazard: Hazard, effects: pd.DataFrame) -> Factors:
    """What the actions of each face are assumed to change of one hazard.

    types : action types of each face; effects : see `envgis.actions.effects.factors`

    For each type the smallest factor counts, over types they multiply (Panagos et al. 2015 after Blanco and Lal); each
    is at most 1, each product at least 0.05. Maps of classes, and values that fall as danger rises, have no variable of
    their own on which a factor could act: there every effect is one on another variable.

    >>> from envgis.actions.effects import factors as effects
    >>> from envgis.levels import HazardKey
    >>> hazard = Hazard(HazardKey("erosion", "present"), "erosion", "hazard", "soil_loss", None, {"es": "", "en": ""})
    >>> found = factors([("terraces",), ("fire_break",)], hazard, effects())
    >>> found.direct[:, 1].tolist(), found.addressed.tolist()
    ([0.28, 1.0], [True, False])
    """
    rows = effects[effects["hazard"] == hazard.family]
    falling = hazard.breakpoints is not None and hazard.breakpoints.falling
    own = rows["acts_on"] == hazard.variable if hazard.variable is not None and not falling else pd.Series(False, index=rows.index)
    direct, other = _smallest(rows[own]), _smallest(rows[~own])
    kinds = list(types)
    shape = (len(kinds), 3)
    return Factors(
        np.array([_product(k, direct) for k in kinds]).reshape(shape),
        np.array([_product(k, other) for k in kinds]).reshape(shape),
        np.array([any(catalogue.addresses(t, hazard.family) for t in k) for k in kinds], bool),
    )


def _smallest(rows: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    least = rows.groupby("action_type")[["f_low", "f_central", "f_high"]].min().clip(upper=1.0)
    return {str(kind): row for kind, row in zip(least.index, least.to_numpy(), strict=True)}


def _product(types: tuple[str, ...], by_type: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    out = np.ones(3)
    for kind in types:
        out = out * by_type.get(kind, 1.0)
    return np.maximum(out, SMALLEST_FACTOR)


def residual(
    hazard: Hazard,
    level: NDArray[np.uint8],
    values: NDArray[np.float64] | None,
    dtype: np.dtype[np.generic] | None,
    direct: NDArray[np.float64],
    other: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """(3, cells) best, central and worst level of cells under actions.

    level (cells,) uint8; values (cells,) true values or None for classes; dtype : type in which they were stored
    direct, other (cells, 3) remaining factors

    Where values are known, the level of value · direct, against the same bounds. Effects on another variable: central
    and worst stay, the best is one level lower (at least 1) where half or less remains. Level 0 and no data stay.

    >>> from envgis.levels import HazardKey, published
    >>> hazard = Hazard(HazardKey("flood", "present"), "flood", "hazard", "depth", published()["flood", "depth"], {"es": "", "en": ""})
    >>> depth, half = np.array([2.2, 0.4]), np.array([[0.2, 0.5, 1.0]] * 2)
    >>> residual(hazard, hazard.breakpoints.levels(depth), depth, None, direct=half, other=np.ones((2, 3))).tolist()
    [[2, 1], [3, 1], [5, 2]]
    """
    out = np.stack([level, level, level])
    if values is not None and hazard.breakpoints is not None:
        for i in range(3):
            out[i] = hazard.breakpoints.levels(values * direct[:, i], dtype)
    lower = (other[:, 1] <= HALVED) & (out[0] > 1) & (out[0] != NO_DATA)
    out[0, lower] -= 1
    keep = (level == 0) | (level == NO_DATA)
    out[:, keep] = level[keep]
    # No action makes a hazard worse here, whatever a negative value times a factor would give.
    return np.where(keep, out, np.minimum(out, level))


class ResidualMap:
    """Levels with the actions in force, on a hazard's own grid: those of the face at each cell's centre."""

    def __init__(self, hazard: HazardMap, faces: Faces, effects: pd.DataFrame) -> None:
        self.hazard, self.faces = hazard, faces
        self._factors = factors(faces.table["types"], hazard.hazard, effects)

    def read(self, window: Window) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """(central, best), each (rows, columns) uint8 levels of a window; where no action lies both equal the level."""
        level = self.hazard.levels(window)
        central, best = level.copy(), level.copy()
        face = self.face(window)
        at = np.nonzero(face)
        if len(at[0]):
            index = face[at] - 1
            values = dtype = None
            if self.hazard.has_values:
                stored = self.hazard.stored(window)[at]
                values, dtype = true_values(stored, self.hazard.layer), self.hazard.bound_type
            three = residual(self.hazard.hazard, level[at], values, dtype, self._factors.direct[index], self._factors.other[index])
            best[at], central[at] = three[0], three[1]
        return central, best

    def face(self, window: Window) -> NDArray[np.int32]:
        """(rows, columns) number of the face at each cell's centre, counted from 1; 0 where there is none."""
        shapes = self._in_cells
        near = shapely.STRtree(shapes).query(shapely.box(window.column, window.row, window.column + window.columns, window.row + window.rows))
        if not len(near):
            return np.zeros(window.shape, np.int32)
        shift = Affine.translation(window.column, window.row)
        drawn = ((shapes[i], i + 1) for i in sorted(near))
        return np.asarray(rasterio.features.rasterize(drawn, window.shape, transform=shift, dtype="int32"))

    @cached_property
    def _in_cells(self) -> NDArray[np.object_]:
        """The faces in columns and rows of the grid, snapped as `zones` snaps them."""
        grid = self.hazard.grid
        x, y, rings, face_rings = zones.outlines(self.faces.table.geometry, grid)
        xy = np.column_stack([x, y])
        out = np.empty(len(face_rings) - 1, object)
        for i, (a, b) in enumerate(itertools.pairwise(face_rings)):
            loops = [shapely.LineString(xy[rings[k] : rings[k + 1]]) for k in range(a, b)]
            out[i] = shapely.build_area(shapely.MultiLineString(loops))
        return out
