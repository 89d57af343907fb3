"""The conductor: one page that reads like the picture of the house.

workspace → sources → hazards and actions → adaptation → ledger → tables and planning → assessment → publish
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from envgis import adaptation, files, ledger, provenance, tables, zones
from envgis.actions import catalogue, effects, intake, record
from envgis.actions.amounts import square_varas_ha
from envgis.actions.reported import ReportFile
from envgis.actions.sites import take_sites
from envgis.assessment import Assessment
from envgis.blocks import CELLS, How, cluster
from envgis.faults import Fault, Message, stop_if_any
from envgis.grid import Grid
from envgis.levels import Breakpoints, Hazard, HazardKey, HazardMap
from envgis.locale import leading
from envgis.planning import screening
from envgis.planning.screened import Screening
from envgis.population import People, cell_size_m, lonlat, presence
from envgis.sources import inputs, reports, workspace_file
from envgis.sources.file_layer import closing
from envgis.workspace import Workspace, output_folder

# step (a phrase "progress.<step>"), share done (0…1)
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Plan:
    """How a run is carried out; nothing of it changes a figure."""

    workers: int | None = None
    scheduler: str | None = None
    block: int = CELLS
    threads: int = min(4, os.cpu_count() or 1)


@closing()
def run(
    folder: Path | str,
    *,
    out: Path | None = None,
    language: str | None = None,
    tables_only: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    block: int | None = None,
    progress: Progress | None = None,
) -> Assessment:
    """Do the whole job of a workspace, and write its result into ``out`` (default: the workspace's own output folder).

    language : "es", "en" or "both" instead of the workspace's; tables_only : no maps and no rasters
    workers : processes of a local Dask cluster; scheduler : address of a running one; block : cells at most in a block

    Raises BadInput with every fault if the data stop the job.

    >>> a = run(workspace, out=workspace / "results", tables_only=True)
    >>> sorted(path.name for path in (workspace / "results").iterdir())
    ['ledger.parquet', 'quarantine.csv', 'run.json', 'tables', 'tables.xlsx']
    """
    from envgis.publish import run_folder

    folder = Path(folder)
    target = out if out is not None else output_folder(workspace_file.read_workspace(folder), folder)
    stop_if_any(run_folder.refusals(target))
    assessment = assess(folder, language=language, plan=Plan(workers, scheduler, block or CELLS), progress=progress)
    run_folder.write(assessment, target, tables_only=tables_only, progress=progress)
    return assessment


@closing()
def assess(folder: Path | str, *, language: str | None = None, plan: Plan = Plan(), progress: Progress | None = None) -> Assessment:
    """What one run of a workspace finds; nothing is written. Raises BadInput with every fault.

    >>> a = assess(workspace)
    >>> a.tables["adaptation"][["municipality", "high_area_ha"]].round().values.tolist()
    [['Oeste', 200.0], ['Este', 0.0]]
    >>> assess("no such folder")
    Traceback (most recent call last):
    envgis.faults.BadInput: workspace-no-folder (-): no such folder
    """
    started = dt.datetime.now(dt.UTC)
    folder = Path(folder)
    table = workspace_file.read_workspace(folder)
    if language is not None:
        table = table.model_copy(update={"workspace": table.workspace.model_copy(update={"language": language})})
    read, faults = inputs.gather(table, folder)
    stop_if_any(faults)
    found = study(table, read, plan, progress)
    hashes = [(name, digest) for name, _, digest in read.files]
    warnings = (*faults, *found.warnings)
    return replace(found, warnings=warnings, record=provenance.record(table, hashes, warnings, started))


@closing()
def screen(
    sites: Path | str,
    workspace: Path | str,
    *,
    out: Path | None = None,
    radius_m: float = 30.0,
    language: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Screening:
    """Screen the sites of a file against a workspace's hazards, and write tables and a workbook into ``out`` if it is given.

    radius_m : of the disc that stands for a point; columns : the file's own column names → ours, beside the workspace's

    Raises BadInput with every fault.

    >>> found = screen(workspace / "s.csv", workspace)
    >>> found.tables["sites"][["name", "decision"]].values.tolist(), len(found.set_aside)
    ([['Escuela', 'avoid'], ['Puesto', 'proceed']], 1)
    """
    from envgis.publish import screened as publish

    stop_if_any(files.refusals(out) if out is not None else [])
    table = workspace_file.read_workspace(Path(workspace))
    read, faults = inputs.gather(table.model_copy(update={"sites": None}), Path(workspace))
    rows, unreadable = reports.read_file(Path(sites), Path(sites).name)
    stop_if_any([*faults, *unreadable])
    named = {**(table.sites.columns if table.sites else {}), **(columns or {})}
    places, aside, notes = take_sites(rows, named, read.municipalities)
    taken, standing, shapes = _actions(table, read)
    asked = language or table.workspace.language
    words = leading(asked)
    near = _places(standing, shapes) if table.actions else None
    found = screening.screen(places, read.maps, read.landuse, near, radius_m, words)
    places["reason"] = pd.Series(found.reasons, index=places.index, dtype=object)
    named_files = [(name, digest) for name, _, digest in read.files] + [(one.name, one.sha256) for one in rows]
    screened = Screening(
        tables={"sites": found.sites, "site_hazards": found.site_hazards},
        sites=places,
        set_aside=aside,
        warnings=(*_not_of_reports(faults, read.reports), *unreadable, *notes),
        name=table.workspace.name,
        language="both" if asked == "both" else words,
        synthetic=table.workspace.synthetic,
        radius_m=radius_m,
        maps=read.maps,
        landuse=read.landuse,
        municipalities=dict(zip(read.municipalities["code"], read.municipalities["name"], strict=True)),
        credits=tuple(read.credits),
        record=provenance.record(table, named_files, (*faults, *unreadable, *notes, *taken.notes), dt.datetime.now(dt.UTC)),
    )
    if out is not None:
        publish.write(screened, out)
    return screened


def _not_of_reports(faults: Iterable[Fault], reports: Iterable[ReportFile]) -> list[Fault]:
    """Without what is told of the files of reports: it is no news to whoever asks about sites."""
    theirs = {name for file in reports for name in (file.name, file.label)}
    return [fault for fault in faults if fault.at.file not in theirs]


def study(table: Workspace, read: inputs.Inputs, plan: Plan = Plan(), progress: Progress | None = None) -> Assessment:
    """From what was read to what it means: values in, values out.

    Raises BadInput with every fault that only the rows of the files show.

    >>> table = workspace_file.read_workspace(workspace)
    >>> read, faults = inputs.gather(table, workspace)
    >>> [hazard.slug for hazard in study(table, read).maps]
    ['landslide_present']
    """
    words = leading(table.workspace.language)
    areas = read.municipalities[read.municipalities["code"].isin(read.selected)].reset_index(drop=True)
    taken, standing, shapes = _actions(table, read)
    sites, sites_aside, site_notes = take_sites(read.sites, table.sites.columns if table.sites else {}, read.municipalities)
    stop_if_any([*taken.notes, *site_notes])
    actions, assumed = taken.table, effects.factors(read.effects)
    faces = adaptation.faces(standing, shapes, areas)

    with cluster(plan.workers, plan.scheduler) as client:
        how = How(plan.threads, client, plan.block)
        counted = _count(areas, read, faces, assumed, how, progress)
        shares = _shares(areas, read, counted, how)
    keys, has_people = list(read.maps), read.population is not None
    summary = {
        "hazard_levels": tables.hazard_levels(counted, areas, keys, has_people),
        **({"landuse_hazard": tables.landuse_hazard(counted, areas, keys, read.landuse.legend, has_people, words)} if read.landuse else {}),
        "adaptation": tables.adaptation(counted, areas, keys, _addressed(faces, read.maps), has_people, table.actions is not None),
        "actions": tables.actions(actions, areas),
        "coverage": tables.coverage(shares, areas),
    }
    if table.sites:
        near = _places(standing, shapes) if table.actions else None
        screened = screening.screen(sites, read.maps, read.landuse, near, table.sites.radius_m, words)
        summary |= {"sites": screened.sites, "site_hazards": screened.site_hazards}
        sites["reason"] = pd.Series(screened.reasons, index=sites.index, dtype=object)
    return Assessment(
        name=table.workspace.name,
        language=table.workspace.language,
        synthetic=table.workspace.synthetic,
        date=table.actions.date if table.actions else None,
        municipalities=areas,
        maps=read.maps,
        residuals={key: adaptation.ResidualMap(m, faces, assumed) for key, m in read.maps.items()} if len(faces) else {},
        landuse=read.landuse,
        actions=actions,
        set_aside=(*taken.set_aside, *sites_aside),
        ledger=counted,
        tables=summary,
        sites=sites if table.sites and table.sites.public else None,
        has_population=has_people,
        public_fields=tuple(table.outputs.public_fields) if table.actions and table.actions.public else (),
        warnings=(*taken.notes, *site_notes, *_undated(actions)),
        assumptions=_assumptions(table, read, faces),
        credits=tuple(read.credits),
    )


def _actions(table: Workspace, read: inputs.Inputs) -> tuple[record.Actions, gpd.GeoDataFrame, gpd.GeoSeries]:
    """What was taken (with a column ``in_force``), those of it in force, and their footprints."""
    taken = intake.take(read.reports, table.actions, read.municipalities) if table.actions else record.empty()
    taken.table["in_force"] = adaptation.in_force(taken.table, table.actions.date) if table.actions else False
    standing = taken.table[taken.table["in_force"]]
    return taken, standing, adaptation.footprints(standing)


def _places(standing: gpd.GeoDataFrame, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """The land of each action in force; the place of those without a footprint."""
    return shapes.where(shapes.notna(), standing.geometry)


def _count(
    areas: gpd.GeoDataFrame, read: inputs.Inputs, faces: adaptation.Faces, assumed: pd.DataFrame, how: How, progress: Progress | None
) -> pd.DataFrame:
    """The ledger of all maps: those on one lattice share a pass."""
    parts = []
    lattices = by_lattice(read.maps.values())
    for i, (grid, maps) in enumerate(lattices):
        classes = read.landuse.on(grid) if read.landuse else None
        people = People(read.population, grid) if read.population is not None else None
        cover = zones.cover(areas, grid)
        legend = [str(code) for code in read.landuse.legend["code"]] if read.landuse else []
        one = ledger.Study(cover, maps, classes, len(legend), people, faces, assumed)
        blocks = len(ledger.blocks(one, how.cells))

        def tell(done: int, i: int = i, blocks: int = blocks) -> None:
            if progress is not None:
                progress("count", (i + done / blocks) / len(lattices))

        parts.append(ledger.count(one, list(areas["code"]), legend, how, tell))
    return ledger.add(parts)


def by_lattice(maps: Iterable[HazardMap]) -> list[tuple[Grid, tuple[HazardMap, ...]]]:
    """Maps cut from one lattice, together, each on the grid that covers them all.

    >>> read, _ = inputs.gather(workspace_file.read_workspace(workspace), workspace)
    >>> [(grid.shape, len(maps)) for grid, maps in by_lattice([*read.maps.values(), *read.maps.values()])]
    [((12, 22), 2)]
    """
    groups: list[list[HazardMap]] = []
    for one in maps:
        home = next((g for g in groups if g[0].grid.aligned(one.grid)), None)
        groups.append([one]) if home is None else home.append(one)
    out = []
    for group in groups:
        grid = group[0].grid
        for one in group[1:]:
            grid = grid.union(one.grid)
        out.append((grid, tuple(replace(one, grid=grid) for one in group)))
    return out


def _shares(areas: gpd.GeoDataFrame, read: inputs.Inputs, counted: pd.DataFrame, how: How) -> Mapping[str, Mapping[str, float]]:
    """For each layer, the share of each municipality with data."""
    shares = {key.slug: tables.data_shares(counted, key) for key in read.maps}
    if read.landuse:
        shares["landuse"] = tables.data_shares(counted, next(iter(read.maps)), "landuse")
    if read.population is not None:
        own = read.population.grid
        present = presence(read.population, own.crop(zones.extent(areas.geometry, own)))
        seen = ledger.tabulate(zones.cover(areas, present.grid), present, codes=list(areas["code"]), how=how)
        shares["population"] = tables.data_shares(seen, present.key)
    return shares


def _addressed(faces: adaptation.Faces, maps: Mapping[HazardKey, HazardMap]) -> Callable[[str, str], bool]:
    families = {key.hazard: m.hazard.family for key, m in maps.items()}
    types = dict(zip(faces.table["face"], faces.table["types"], strict=True))
    return lambda hazard, face: any(catalogue.addresses(kind, families[hazard]) for kind in types[face])


def _undated(actions: pd.DataFrame) -> list[Fault]:
    """Actions done, but without any date: they cannot be in force."""
    done = actions["status"].isin(["done", "verified"]) & actions["date_end"].isna() & actions["date_start"].isna()
    return [Fault("action-undated", values={"count": int(done.sum())}, severity="warning")] if done.any() else []


def _bounds(hazard: Hazard, points: Breakpoints) -> Message:
    """Which values make which level, and by whose authority."""
    bounds = " · ".join(f"{b:g}" for b in points.bounds)
    values = {"title": hazard.title, "bounds": bounds, "unit": Message(f"unit.{hazard.kind}")}
    if not points.source:
        return Message("assume.own_breakpoints", values)
    verified = Message("assume.verified" if points.verified else "assume.unverified")
    return Message("assume.breakpoints", {**values, "source": points.source, "verified": verified})


def _assumptions(table: Workspace, read: inputs.Inputs, faces: adaptation.Faces) -> tuple[Message, ...]:
    """What the reader must be told was assumed."""
    said = [Message("assume.goal" if table.actions else "assume.unrecorded"), Message("assume.no_permit")]
    if len(faces):
        said += [Message("assume.effects"), Message("assume.one_level"), Message("assume.outside_footprint")]
    said += [_bounds(m.hazard, m.hazard.breakpoints) for m in read.maps.values() if m.hazard.breakpoints]
    if read.population is not None:
        g = read.population.grid
        west, south, east, north = g.bounds
        size = max(cell_size_m(g, lonlat(g, (west + east) / 2, (south + north) / 2)))
        said.append(Message("assume.people", {"metres": round(size)}))
    if table.actions and table.actions.cuerda_varas:
        varas = table.actions.cuerda_varas
        said.append(Message("assume.cuerda", {"varas": varas, "m2": square_varas_ha(varas) * 10_000}))
    for m in read.maps.values():
        g = m.layer.grid
        lattice = {"columns": g.columns, "rows": g.rows, "cell": g.cell, "crs": g.crs.name}
        said.append(Message("assume.grid", {"title": m.hazard.title, "slug": m.key.slug, **lattice}))
    return tuple(dict.fromkeys(said))
