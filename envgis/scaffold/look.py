"""What the files of a folder are, by what is in them; their names only say which hazard and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from envgis.actions import columns, located
from envgis.actions.reported import ReportFile
from envgis.actions.words import fold
from envgis.faults import Fault, Message, errors
from envgis.files import RECORD
from envgis.scaffold import guesses, names, places, rasters
from envgis.scaffold.guesses import Guess
from envgis.scaffold.rasters import Raster
from envgis.sources import legends, reports, safety, vectors
from envgis.sources.file_layer import closing

MOST_FILES = 400
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".ods", ".xls")
_LARGEST_BYTES = 200_000_000
Role = Literal["municipalities", "hazard", "landuse", "population", "actions", "sites", "legend", "unused"]


@dataclass(frozen=True)
class Finding:
    """A file, what it is (``about``), what it was taken for (``took``) and what its columns were (``columns``)."""

    file: str
    about: Message
    role: Role
    took: Message
    columns: tuple[Guess, ...] = ()


@dataclass(frozen=True)
class LandUse:
    """paths : tiles; legend : name of the table of classes; legend_is_new : it is not there yet; scheme : a published one"""

    paths: tuple[str, ...]
    classes: tuple[int, ...]
    legend: str
    legend_is_new: bool
    scheme: str | None


@dataclass
class Seen:
    """Everything that was found in a folder.

    cuerdas : whether any report gives an area in them
    unplaced : what is wrong with a file whose name says that it holds the municipalities, where no other does
    """

    municipalities: places.Guess | None = None
    unplaced: Fault | None = None
    hazards: list[Raster] = field(default_factory=list)
    landuse: LandUse | None = None
    population: Raster | None = None
    actions: list[str] = field(default_factory=list)
    action_columns: dict[str, str] = field(default_factory=dict)
    cuerdas: bool = False
    sites: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@closing()
def at(folder: Path, this_year: int | None = None) -> Seen:
    """Look at every file in ``folder`` but results, hidden files and what lies deeper than three folders."""
    seen, found, tables = Seen(), [], []
    year = this_year or dt.datetime.now().astimezone().year
    for path, name in _files(folder):
        if not _opens(path):
            seen.findings.append(Finding(name, Message("init.about.file"), "unused", Message("init.took.unreadable")))
        elif path.stat().st_size == 0:
            continue
        elif safety.sniff(path) == "tiff":
            found.append(rasters.look(path, name, year))
        elif vectors.sniff(path)[0] is not None and path.suffix.lower() != ".shx":
            _vector(path, name, seen)
        elif path.suffix.lower() in _TABLES:
            tables.append((path, name))
    legend = _tables(tables, seen)
    _rasters(folder, found, legend, seen)
    seen.hazards.sort(key=_order)
    seen.findings.sort(key=lambda finding: finding.file)
    return seen


def _order(raster: Raster) -> tuple[str, bool, str, float]:
    """Hazards together, the present first."""
    told = raster.said
    return told.hazard or "", told.scenario != "present", told.scenario, told.return_period or 0.0


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    count = 0
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith((".", "~$")) for part in parts)
        results = any((folder.joinpath(*parts[:i]) / RECORD).is_file() for i in range(1, len(parts)))
        if hidden or results or len(parts) > 3 or path.is_symlink() or not path.is_file():
            continue
        count += 1
        if count > MOST_FILES:
            return
        yield path, path.relative_to(folder).as_posix()


def _opens(path: Path) -> bool:
    """Whether we may read a file at all. Asking the system is surer than modes."""
    try:
        path.open("rb").close()
    except OSError:
        return False
    return True


def _vector(path: Path, name: str, seen: Seen) -> None:
    """One vector file: boundaries, or places that somebody reported."""
    if path.stat().st_size > _LARGEST_BYTES:
        return
    guess, about, wrong = places.look(path, name)
    if guess is not None and seen.municipalities is None:
        seen.municipalities, seen.unplaced = guess, None
        seen.findings.append(Finding(name, about, "municipalities", guess.message))
        return
    if guess is not None:
        seen.findings.append(Finding(name, about, "unused", Message("init.took.second-boundaries")))
        return
    if wrong is not None and places.are_named(name) and not (seen.municipalities or seen.unplaced):
        seen.unplaced = wrong
        seen.findings.append(Finding(name, about, "municipalities", Message("init.took.unplaced")))
    elif wrong is not None:
        seen.findings.append(Finding(name, about, "unused", wrong.message))
    else:
        _reported(path, name, about, seen)


def _tables(tables: Sequence[tuple[Path, str]], seen: Seen) -> str | None:
    """Tables: reports, sites, a legend. Returns the legend's name where there is exactly one."""
    found = []
    for path, name in tables:
        if _is_legend(path, name):
            found.append(name)
        else:
            _reported(path, name, None, seen)
    for name in found if len(found) > 1 else ():
        seen.findings.append(Finding(name, Message("init.about.legend"), "unused", Message("init.took.several-legends")))
    return found[0] if len(found) == 1 else None


def _is_legend(path: Path, name: str) -> bool:
    if path.suffix.lower() not in (".csv", ".tsv", ".txt") or path.stat().st_size > 1_000_000:
        return False
    legend, _ = legends.read_legend(path, name)
    return legend is not None


def _reported(path: Path, name: str, about: Message | None, seen: Seen) -> None:
    """Rows with a place: actions where a column holds kinds of action, else sites where the name says so."""
    tables, faults = reports.read_file(path, name)
    if errors(faults) and not tables:
        seen.findings.append(Finding(name, about or Message("init.about.table"), "unused", Message("init.took.unreadable")))
        return
    about = about or Message("init.about.rows", {"count": sum(len(table.rows) for table in tables)})
    kinds = [kind for table in tables if _have_places(table, "columns") and (kind := guesses.kind(table)) is not None]
    if kinds:
        told = [kind for kind in kinds if kind.columns]
        for guess in told:
            seen.action_columns |= guess.mapping
        for table in tables:
            for guess in guesses.paid(table, seen.action_columns):
                seen.action_columns |= guess.mapping
                told.append(guess)
        seen.cuerdas |= any(guesses.in_cuerdas(table) for table in tables)
        seen.actions.append(name)
        seen.findings.append(Finding(name, about, "actions", Message("init.took.actions"), guesses.together(told)))
    elif any(_have_places(table, "site_columns") for table in tables) and names.begins(fold(name), names.SITES):
        seen.sites.append(name)
        seen.findings.append(Finding(name, about, "sites", Message("init.took.sites")))
    else:
        seen.findings.append(Finding(name, about, "unused", Message("init.took.unknown-rows")))


def _have_places(table: ReportFile, known: str) -> bool:
    return located.has_place(columns.match(table, {}, known)[0])


def _rasters(folder: Path, found: Sequence[Raster], legend: str | None, seen: Seen) -> None:
    """Hazards by hazard, scenario and return period, tiles together; land use and population."""
    for raster in rasters.joined(folder, found):
        if raster.role == "hazard":
            seen.hazards.append(raster)
        elif raster.role == "landuse" and seen.landuse is None:
            seen.landuse = _landuse(folder, raster, legend)
        elif raster.role == "population" and seen.population is None:
            seen.population = raster
        took = raster.took
        if raster.role == "landuse" and seen.landuse is not None:
            took = Message("init.took.landuse", {"legend": _legend_message(seen.landuse)})
        seen.findings.append(Finding(raster.paths[0], raster.about, raster.role, took))
        tile = Message("init.about.tile", {"file": raster.paths[0]})
        seen.findings += [Finding(name, tile, raster.role, took) for name in raster.paths[1:]]
    if legend is not None:
        used = seen.landuse is not None and seen.landuse.legend == legend
        took = Message("init.took.legend" if used else "init.took.legend-unused")
        seen.findings.append(Finding(legend, Message("init.about.legend"), "legend" if used else "unused", took))


def _landuse(folder: Path, raster: Raster, legend: str | None) -> LandUse:
    if legend is not None:
        return LandUse(raster.paths, raster.classes, legend, False, None)
    known = {legends.whole(value) for value in legends.scheme("esa-worldcover")["value"]}
    if raster.classes and set(raster.classes) <= known and max(raster.classes) > 9:
        return LandUse(raster.paths, raster.classes, "", False, "esa-worldcover")
    name = Path(raster.paths[0]).with_suffix(".csv").as_posix()
    if (folder / name).exists():
        name = Path(raster.paths[0]).with_suffix(".legend.csv").as_posix()
    return LandUse(raster.paths, raster.classes, name, not (folder / name).exists(), None)


def _legend_message(landuse: LandUse) -> Message:
    if landuse.scheme:
        return Message("init.took.scheme", {"scheme": landuse.scheme})
    return Message("init.took.new-legend" if landuse.legend_is_new else "init.took.own-legend", {"file": landuse.legend})
