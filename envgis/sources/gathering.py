"""What the parts of one gathering share: where files lie, the municipalities over which layers must lie, what is wrong."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from envgis import workspace
from envgis.assessment import Credit
from envgis.faults import BadInput, Fault, Message, Place, errors
from envgis.files import sha256
from envgis.sources import georeference, shapefile
from envgis.sources.file_layer import FileLayer
from envgis.sources.georeference import Bounds
from envgis.sources.rasters import open_layer

# Vertices of an outline in another CRS: one every so many degrees.
_STEP_DEGREES = 0.005
# A layer that covers less than this of the municipalities, and would cover all of them in another CRS, is suspect.
_LITTLE, _ALL = 0.5, 0.98


class Gathering:
    """Faults, files and credits collect here on the way through a workspace.

    zones : the selected municipalities (EPSG:4326), none before they are read; near : their bounds in degrees
    """

    def __init__(self, folder: Path, allow_outside: bool) -> None:
        self.folder, self.allow_outside = folder, allow_outside
        self.faults: list[Fault] = []
        self.files: dict[Path, tuple[str, Path, str]] = {}
        self.credits: list[Credit] = []
        self.zones: NDArray[np.object_] = np.empty(0, object)
        self.near: Bounds | None = None
        self._outlines: dict[str, list[BaseGeometry]] = {}

    def select(self, zones: NDArray[np.object_]) -> None:
        """Take these polygons (EPSG:4326) for the land that layers must lie over."""
        self.zones = zones
        self.near = _bounds(zones) if len(zones) else None
        self._outlines = {}

    def outlines(self, crs: CRS) -> list[BaseGeometry]:
        """The zones in another CRS, edges densified; those without a place in it left out."""
        key = crs.to_wkt()
        if key not in self._outlines:
            self._outlines[key] = self._moved(crs)
        return self._outlines[key]

    def _moved(self, crs: CRS) -> list[BaseGeometry]:
        try:
            mover = Transformer.from_crs(4326, crs, always_xy=True)
        except ProjError:
            return []
        dense = shapely.segmentize(self.zones, _STEP_DEGREES)
        moved = shapely.transform(dense, lambda xy: np.column_stack(mover.transform(xy[:, 0], xy[:, 1])))
        return list(moved[np.isfinite(shapely.bounds(moved)).all(axis=1)])

    def locate(self, name: str, key: str) -> Path | None:
        """The file that the workspace names under ``key``; None if it is missing or lies outside, which is told."""
        path, faults = workspace.locate(self.folder, name, self.allow_outside, key)
        self.faults += faults
        return path

    def read(self, name: str, path: Path, digest: str | None = None) -> None:
        """Note that a file was read, by its hash."""
        if path not in self.files:
            self.files[path] = (name, path, digest or sha256(path))

    def read_vector(self, name: str, path: Path) -> None:
        """Note that a vector file was read; a Shapefile with the files beside it that belong to it."""
        self.read(name, path)
        if path.suffix.lower() != ".shp":
            return
        for suffix in (".shx", ".dbf", ".prj", ".cpg"):
            beside = shapefile.part(path, suffix)
            if beside is not None:
                self.read(PurePath(name).with_name(beside.name).as_posix(), beside)

    def credit(self, role: str, title: Mapping[Any, str], table: workspace.Credited) -> None:
        """Note where a layer comes from."""
        date = table.date if isinstance(table, workspace.Described) else ""
        self.credits.append(Credit(role, title, table.source, date, table.licence))

    def told(self, look: Callable[[], Sequence[Fault]]) -> bool:
        """Whether a look at a layer's cells finds nothing that stops the job; what it finds is told."""
        try:
            faults = look()
        except BadInput as error:
            faults = error.faults
        self.faults += faults
        return not errors(faults)

    def raster(self, names: list[str], band: int, key: str) -> FileLayer | None:
        """The layer of a raster that lies over the municipalities, or None and the faults."""
        paths = [path for name in names if (path := self.locate(name, key)) is not None]
        if len(paths) < len(names):
            return None
        layer, faults = open_layer(paths, names, band)
        self.faults += [self._with_hint(fault) for fault in faults]
        if layer is None:
            return None
        for tile in layer.tiles:
            self.read(tile.name, Path(tile.path), tile.sha256)
        layer = self._turned(layer, ", ".join(names))
        return layer if self.told(lambda: self.placed(layer.grid.crs, layer.grid.bounds, ", ".join(names))) else None

    def _turned(self, layer: FileLayer, name: str) -> FileLayer:
        """A raster whose longitudes are counted from 0 to 360, where municipalities have theirs; which is told."""
        grid = layer.grid
        turns = georeference.turns(grid.bounds, self.near) if self.near is not None and grid.crs.is_geographic else 0
        if turns == 0:
            return layer
        west, _, east, _ = grid.bounds
        self.faults.append(Fault("raster-longitudes-turned", Place(name), values={"west": west, "east": east}, severity="warning"))
        return dataclasses.replace(layer, grid=dataclasses.replace(grid, x=grid.x + 360 * turns))

    def _with_hint(self, fault: Fault) -> Fault:
        """A missing CRS with the one in which the raster would lie over the municipalities."""
        if fault.code != "raster-no-crs" or self.near is None:
            return fault
        bounds: Bounds = fault.values["bounds"]  # type: ignore[assignment]
        likely = georeference.likely_crs(bounds, self.near)
        hint = Message("rasters.likely", {"crs": likely}) if likely and likely != georeference.SWAPPED else fault.values["hint"]
        return dataclasses.replace(fault, values={**fault.values, "hint": hint})

    def placed(self, crs: CRS, bounds: Bounds, name: str) -> list[Fault]:
        """Faults of a layer that does not lie over the municipalities, with the reading that would."""
        if self.near is None:
            return []
        at, declared = Place(name), crs.name
        lonlat = georeference.to_lonlat(crs, bounds)
        likely = georeference.likely_crs(bounds, self.near)
        if likely is not None and CRS(likely.split(" ")[0]) == crs and likely != georeference.SWAPPED:
            likely = None
        values = {"crs": likely, "declared": declared, "distance": _away(lonlat, self.near)}
        if lonlat is None or not georeference.overlap(lonlat, self.near):
            if likely == georeference.SWAPPED:
                return [Fault("raster-axes-swapped", at, _box(bounds))]
            if likely is not None:
                return [Fault("raster-wrong-crs", at, declared, values)]
            return [Fault("raster-no-overlap", at, _box(lonlat or bounds), values)]
        if likely is not None and _share(lonlat, self.near) < _LITTLE:
            moved = georeference.to_lonlat(CRS(likely.split(" ")[0]), bounds)
            if moved is not None and _share(moved, self.near) > _ALL:
                return [Fault("raster-doubtful-crs", at, declared, {**values, "share": _share(lonlat, self.near)}, "warning")]
        return []


def _away(lonlat: Bounds | None, near: Bounds) -> float:
    return georeference.distance_km(lonlat, near) if lonlat else math.nan


def _share(box: Bounds, near: Bounds) -> float:
    """How much of the box ``near`` another covers."""
    turn = 360 * georeference.turns(box, near)
    width = min(box[2] + turn, near[2]) - max(box[0] + turn, near[0])
    height = min(box[3], near[3]) - max(box[1], near[1])
    return max(0.0, width) * max(0.0, height) / ((near[2] - near[0]) * (near[3] - near[1]))


def _box(bounds: Bounds) -> str:
    return "x {0:g} … {2:g}, y {1:g} … {3:g}".format(*bounds)


def _bounds(geometries: NDArray[np.object_]) -> Bounds:
    west, south, east, north = (float(v) for v in shapely.total_bounds(geometries))
    return west, south, east, north
