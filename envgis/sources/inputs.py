"""The one place that turns a workspace into values, for `check` and for a run alike. All that is wrong comes at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from envgis import workspace
from envgis.actions.effects import parse as parse_effects
from envgis.actions.reported import ReportFile
from envgis.assessment import Credit
from envgis.faults import Fault, Place, errors
from envgis.grid import Grid, Layer
from envgis.landuse import LandUse
from envgis.levels import HazardKey, HazardMap
from envgis.locale import both
from envgis.sources import hazard_maps, municipalities
from envgis.sources.file_layer import FileLayer
from envgis.sources.gathering import Gathering
from envgis.sources.landuse_files import read_landuse
from envgis.sources.rasters import MOST_CELLS
from envgis.sources.reports import read_files
from envgis.sources.survey import survey
from envgis.workspace import Workspace

# More people than these are a mistake; a ledger's whole millionths of a person hold nine hundred times as many.
_MANKIND = 10e9


@dataclass(frozen=True)
class Inputs:
    """What a workspace holds, as values.

    municipalities : all of them, by code: code, name, area_ha, geometry (EPSG:4326); selected : codes of those asked for
    maps : by hazard, scenario and return period, in the workspace's order, each on the cells of its raster's
        lattice around the selected municipalities
    reports, sites : rows of files as text (see `envgis.actions.reported`)
    effects : a table of the user's own effects of actions, or None
    files : name in the workspace, absolute path and SHA-256 of every file read
    """

    municipalities: gpd.GeoDataFrame
    selected: list[str]
    maps: dict[HazardKey, HazardMap]
    landuse: LandUse | None
    population: Layer | None
    reports: list[ReportFile]
    sites: list[ReportFile]
    files: list[tuple[str, Path, str]]
    credits: list[Credit] = field(default_factory=list)
    effects: pd.DataFrame | None = None


def gather(table: Workspace, folder: Path) -> tuple[Inputs, list[Fault]]:
    """Read everything that a workspace names in ``folder``.

    Returns what could be read with all faults; only without errors among them (`envgis.faults.errors`) is it whole.

    >>> from envgis.sources.workspace_file import read_workspace
    >>> found, faults = gather(read_workspace(workspace), workspace)
    >>> found.selected, [key.slug for key in found.maps], [name for name, _, _ in found.files], errors(faults)
    (['0101', '0102'], ['landslide_present'], ['m.gpkg', 'l.tif', 'a.csv', 's.csv'], [])
    """
    to = Gathering(folder.resolve(), table.workspace.allow_outside)
    to.faults += workspace.doubts(table)
    to.faults += hazard_maps.unaddressed(table.hazard) if table.actions else []
    areas, selected = _municipalities(table.municipalities, to)
    towns = [f"{name} ({code})" for code, name in zip(areas["code"], areas["name"], strict=True) if code in set(selected)]
    maps = {hazard_maps.key_of(hazard): found for hazard in table.hazard if (found := _hazard(hazard, towns, to)) is not None}
    landuse = read_landuse(table.landuse, to) if table.landuse else None
    population = _population(table.population, to) if table.population else None
    reports = _reports(table.actions, "actions", to) if table.actions else []
    sites = _reports(table.sites, "sites", to) if table.sites else []
    effects = _effects(table.actions.effects, to) if table.actions and table.actions.effects else None
    inputs = Inputs(areas, selected, maps, landuse, population, reports, sites, list(to.files.values()), to.credits, effects)
    # A file that several layers share has its faults once.
    return inputs, list(dict.fromkeys(to.faults))


def _municipalities(table: workspace.Municipalities, to: Gathering) -> tuple[gpd.GeoDataFrame, list[str]]:
    areas, faults = municipalities.read(table, to.folder, to.allow_outside)
    to.faults += faults
    to.credit("municipalities", both("inputs.municipalities"), table)
    if areas is None:
        return gpd.GeoDataFrame({"code": [], "name": [], "area_ha": []}, geometry=[], crs=4326), []
    to.read_vector(table.path, (to.folder / table.path).resolve())
    selected = municipalities.selected(table, areas)
    to.select(areas.geometry.to_numpy()[areas["code"].isin(selected).to_numpy()])
    if to.near is not None and to.near[2] - to.near[0] > 180:
        to.faults.append(Fault("municipality-across-180", Place(table.path, table.layer)))
    return areas, selected


def _hazard(table: workspace.Hazard, towns: Sequence[str], to: Gathering) -> HazardMap | None:
    slug = hazard_maps.key_of(table).slug
    rules, faults = hazard_maps.rules_of(table, Place(workspace.FILE, layer=slug))
    to.faults += faults
    to.credit(slug, hazard_maps.title_of(table), table)
    layer = to.raster(table.path, table.band, f"[[hazard]] {slug}")
    if layer is None or rules is None:
        return None
    zones = to.outlines(layer.grid.crs)
    names = ", ".join(layer.names)
    # An outline without a place in the raster's CRS was left out: then nobody knows which is whose.
    called = towns if len(towns) == len(zones) else ()
    good = to.told(lambda: hazard_maps.check(table, layer, rules, zones, names, called))
    around = _around(hazard_maps.map_of(table, layer, rules), zones)
    return around if good and to.told(lambda: _too_large(around.grid, Place(names))) else None


def _around(hazard_map: HazardMap, zones: Sequence[BaseGeometry]) -> HazardMap:
    """The map on the cells of its lattice around the zones, which are in its CRS.

    A raster of a whole country is counted as fast as one of the municipality; one that ends within it has no data beyond.
    """
    if not zones:
        return hazard_map
    grid = hazard_map.grid
    west, south, east, north = shapely.total_bounds(zones)
    # A hundredth of a cell, so that no rounding of an outline can put a vertex beyond the grid.
    x, y = grid.dx / 100, grid.dy / 100
    return dataclasses.replace(hazard_map, grid=grid.crop(grid.cover((west - x, south - y, east + x, north + y))))


def _too_large(grid: Grid, at: Place) -> list[Fault]:
    """Whether more cells would be counted than is sensible, or more land than whole square millimetres hold."""
    if grid.rows * grid.columns <= MOST_CELLS and grid.areas.countable:
        return []
    return [Fault("raster-area-too-large", at, values={"columns": grid.columns, "rows": grid.rows})]


def _population(table: workspace.Population, to: Gathering) -> Layer | None:
    to.credit("population", both("inputs.population"), table)
    layer = to.raster(table.path, table.band, "[population]")
    return layer if layer is not None and to.told(lambda: _people_faults(layer, to)) else None


def _people_faults(layer: FileLayer, to: Gathering) -> list[Fault]:
    at = Place(", ".join(layer.names))
    facts = survey(layer, to.outlines(layer.grid.crs))
    if facts.empty:
        return [Fault("raster-all-nodata", at, values={"nodata": layer.declared})]
    faults = list(hazard_maps.sentinel_faults(layer, facts, at))
    faults += hazard_maps.suspect_faults(layer, facts, at)
    if facts.low < 0 and not errors(faults):
        place = hazard_maps.place_of(layer, facts.low_at)
        faults.append(Fault("amount-negative", at, f"{facts.low:g}", {"value": facts.low, "place": place, "nodata": layer.declared}))
    if facts.total > _MANKIND and not errors(faults):
        place = hazard_maps.place_of(layer, facts.high_at)
        values = {"total": facts.total, "value": facts.high, "place": place, "nodata": layer.declared}
        faults.append(Fault("people-too-many", at, f"{facts.total:g}", values))
    return faults


def _reports(table: workspace.Reports | workspace.Sites, role: str, to: Gathering) -> list[ReportFile]:
    found, faults = read_files(table.paths, to.folder, to.allow_outside)
    to.faults += faults
    to.credit(role, both(f"inputs.{role}"), table)
    for report in found:
        to.read(report.name, report.path, report.sha256)
    return found


def _effects(name: str, to: Gathering) -> pd.DataFrame | None:
    path = to.locate(name, "[actions] effects")
    if path is None:
        return None
    to.read(name, path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        to.faults.append(Fault("text-not-utf8", Place(name)))
        return None
    table, faults = parse_effects(text, name)
    to.faults += faults
    return table
