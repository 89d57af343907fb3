"""Rasters: which hazard, land use or population each is, by its values and what its name says; tiles joined."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import shapely

from envgis.faults import BadInput, Message, errors
from envgis.levels import DEEPEST_M, published
from envgis.scaffold.names import Said, said
from envgis.sources.rasters import open_layer
from envgis.sources.survey import Facts, survey

_MOST_CELLS = 400_000_000
_MOST_CLASSES = 64
_LEVELS = frozenset(range(6))
# Deeper water than this is rather centimetres than metres.
_DOUBTED_M = 30.0
Role = Literal["hazard", "landuse", "population", "unused"]
Kind = Literal["levels", "index", "depth", "soil_loss"]


@dataclass(frozen=True)
class Raster:
    """A raster and what it was taken for.

    paths : one, or the tiles of one lattice
    classes : the whole numbers that occur, where it holds few; empty otherwise
    kind : of a hazard; needs_codes : its classes are not levels 0…5; needs_breakpoints : there is no published row for
        it, or one for another scale (off_scale)
    asks_unit : it may be a depth, but not in metres; asks_scale : its classes end below 5, so their highest may well
        mean more than that level, unless another map of the hazard reaches 5 (whole_scale)
    """

    paths: tuple[str, ...]
    said: Said
    role: Role
    about: Message
    took: Message
    kind: Kind | None = None
    classes: tuple[int, ...] = ()
    asks_unit: bool = False
    whole_scale: bool = False
    off_scale: bool = False

    @property
    def asks_scale(self) -> bool:
        return self.kind == "levels" and 0 < max(self.classes) < max(_LEVELS) and not self.whole_scale

    @property
    def has_zero(self) -> bool:
        """Whether a class map has zeros: only its maker can say what they mean."""
        return self.kind == "levels" and 0 in self.classes

    @property
    def needs_codes(self) -> bool:
        return self.kind == "levels" and not set(self.classes) <= _LEVELS

    @property
    def needs_breakpoints(self) -> bool:
        return self.kind not in (None, "levels") and (self.off_scale or (self.said.hazard or "", str(self.kind)) not in published())


def look(path: Path, name: str, this_year: int) -> Raster:
    """Read a raster once and say what it is."""
    told = said(name, this_year)
    layer, _ = open_layer([path], [name], 1)
    if layer is None:
        return Raster((name,), told, "unused", Message("init.about.raster"), Message("init.took.unreadable"))
    grid = layer.grid
    size = {"columns": grid.columns, "rows": grid.rows}
    if grid.rows * grid.columns > _MOST_CELLS:
        return Raster((name,), told, "unused", Message("init.about.cells", {**size, "values": None}), Message("init.took.too-large"))
    try:
        facts = survey(layer, [])
        classes = _classes(facts, layer.stored, layer.scale) and survey(layer, [shapely.box(*grid.bounds)], count_classes=True).classes
    except BadInput:
        return Raster((name,), told, "unused", Message("init.about.raster"), Message("init.took.unreadable"))
    whole = tuple(sorted(int(value) for value in classes)) if classes and len(classes) <= _MOST_CLASSES else ()
    few = Message("init.about.range", {"low": facts.low, "high": facts.high}) if facts.valid else None
    values = Message("init.about.classes", {"count": len(whole)}) if len(whole) > len(_LEVELS) else few
    about = Message("init.about.cells", {**size, "values": values})
    return _taken(Raster((name,), told, "unused", about, Message("init.took.unknown-raster"), None, whole), facts)


def _classes(facts: Facts, stored: np.dtype[np.generic], scale: float) -> bool:
    whole = stored.kind in "iu" and scale == 1.0
    return whole and facts.valid > 0 and facts.low >= 0 and facts.high <= 65_535 and facts.high - facts.low <= 255


def _taken(raster: Raster, facts: Facts) -> Raster:
    """What the name says, where the values do not speak against it."""
    told = raster.said
    if facts.valid == 0:
        return dataclasses.replace(raster, took=Message("init.took.no-data"))
    if told.hazard is not None:
        if told.hazard == "flood" and not told.index and (told.other_unit or (not raster.classes and _DOUBTED_M < facts.high <= DEEPEST_M)):
            return _told(dataclasses.replace(raster, role="hazard", kind="depth", asks_unit=True))
        kind = _kind(raster, facts)
        row = published().get((told.hazard, kind))
        off_scale = row is not None and (row.off_scale(facts.low) or row.off_scale(facts.high))
        return _told(dataclasses.replace(raster, role="hazard", kind=kind, off_scale=off_scale))
    if told.population and facts.low >= 0:
        return dataclasses.replace(raster, role="population", took=Message("init.took.population"))
    if told.landuse and raster.classes:
        return dataclasses.replace(raster, role="landuse", took=Message("init.took.landuse", {"legend": None}))
    unused = "other-hazard" if told.other_hazard else "terrain" if told.terrain else "unknown-raster"
    return dataclasses.replace(raster, took=Message(f"init.took.{unused}"))


def _told(raster: Raster) -> Raster:
    """A hazard with what is said of it, a question where only its maker can answer."""
    kind = Message(f"init.kind.{'unit' if raster.asks_unit else raster.kind}")
    if raster.kind == "index" and raster.needs_breakpoints:
        kind = Message("init.kind.bounds")
    if raster.asks_scale:
        kind = Message("init.kind.scale", {"top": max(raster.classes)})
    values = {"hazard": Message(f"hazard.{raster.said.hazard}"), "kind": kind, "when": _when(raster.said)}
    return dataclasses.replace(raster, took=Message("init.took.hazard", values))


def _kind(raster: Raster, facts: Facts) -> Kind:
    if raster.classes and (set(raster.classes) <= _LEVELS or len(raster.classes) <= 20):
        return "levels"
    if raster.said.index:
        return "index"
    if raster.said.hazard == "flood" and facts.low >= 0 and facts.high <= DEEPEST_M:
        return "depth"
    if raster.said.hazard == "erosion" and facts.low >= 0:
        return "soil_loss"
    return "index"


def _when(told: Said) -> Message:
    scenario = Message("init.present") if told.scenario == "present" else told.scenario
    period = Message("return_period", {"years": told.return_period}) if told.return_period else None
    return Message("init.when-period" if period else "init.when", {"scenario": scenario, "period": period})


def joined(folder: Path, found: Sequence[Raster]) -> Iterator[Raster]:
    """Rasters of one hazard, scenario and return period as one where they are tiles of one lattice; else the newest counts,
    of one year (or none) the first."""
    groups: dict[object, list[Raster]] = {}
    for raster in _on_one_scale(found):
        key = (raster.role, raster.said.hazard, raster.said.scenario, raster.said.return_period, raster.kind)
        groups.setdefault(key if raster.role != "unused" else raster.paths, []).append(raster)
    for group in groups.values():
        paths = [raster.paths[0] for raster in group]
        if len(group) == 1 or (len({raster.said.year for raster in group}) == 1 and _is_one_layer(folder, paths)):
            classes = tuple(sorted({value for raster in group for value in raster.classes}))
            off_scale = any(raster.off_scale for raster in group)
            whole = dataclasses.replace(group[0], paths=tuple(paths), classes=classes, off_scale=off_scale)
            yield _told(whole) if whole.role == "hazard" else whole
            continue
        first, *others = sorted(group, key=lambda raster: raster.said.year, reverse=True)
        yield first
        for raster in others:
            older = raster.said.year < first.said.year
            took = Message("init.took.older-raster" if older else "init.took.second-raster", {"file": first.paths[0], "year": first.said.year})
            yield dataclasses.replace(raster, role="unused", took=took)


def _on_one_scale(found: Sequence[Raster]) -> list[Raster]:
    """A map that ends below 5 asks nothing where another one of its hazard reaches 5: both are on one scale."""
    whole = {raster.said.hazard for raster in found if raster.kind == "levels" and max(raster.classes) == max(_LEVELS)}
    return [_told(dataclasses.replace(r, whole_scale=True)) if r.kind == "levels" and r.said.hazard in whole else r for r in found]


def _is_one_layer(folder: Path, paths: Sequence[str]) -> bool:
    layer, faults = open_layer([folder / path for path in paths], list(paths), 1)
    # Tiles that disagree where they overlap are two maps of one thing.
    return layer is not None and not errors(faults) and not any(fault.code == "raster-tiles-overlap" for fault in faults)
