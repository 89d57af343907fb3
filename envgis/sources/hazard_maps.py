"""One ``[[hazard]]`` of the workspace and its raster: the map of levels, or all that is wrong with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from shapely.geometry.base import BaseGeometry

from envgis import workspace
from envgis.actions import catalogue
from envgis.faults import Fault, Message, Place, errors
from envgis.levels import DEEPEST_M, DRY_M, LEVELS, NO_DATA, Breakpoints, Hazard, HazardKey, HazardMap, code_table, published
from envgis.locale import LANGUAGES, phrases
from envgis.sources.file_layer import FileLayer
from envgis.sources.georeference import to_lonlat
from envgis.sources.survey import FULLEST, Facts, survey

# Kinds whose values are amounts: none is below zero.
_AMOUNTS = ("depth", "soil_loss")
_LISTED = 8
# A municipality is "all 0" from this share of its cells on: its outline may take in a few of its neighbour's.
_WHOLLY = 0.999
# A class code fits a table of 65,536 and leaves one place for no data.
_MOST_CODE = 65_534


@dataclass(frozen=True)
class Rules:
    """How a hazard's stored values become levels: by a table of codes, or by breakpoints."""

    codes: Mapping[int, int] | None
    breakpoints: Breakpoints | None


def key_of(table: workspace.Hazard) -> HazardKey:
    """The hazard, scenario and return period of a ``[[hazard]]``."""
    return HazardKey(table.name, table.scenario, table.return_period)


def title_of(table: workspace.Hazard) -> dict[str, str]:
    """What the hazard is called in Spanish and English: in each as the workspace says, else by its name."""
    known = phrases().get(f"hazard.{table.name}", {})
    own = {"es": table.title_es, "en": table.title_en}
    return {language: own[language] or known.get(language, table.name) for language in LANGUAGES}


def unaddressed(tables: Sequence[workspace.Hazard]) -> list[Fault]:
    """A warning for each hazard that no type of action addresses: all its high land is gap, whatever is done."""
    apart = {table.name: table for table in tables if table.family not in catalogue.families()}
    return [
        Fault("hazard-unaddressed", Place(workspace.FILE), table.family, {"title": title_of(table), "known": catalogue.families()}, "warning")
        for table in apart.values()
    ]


def rules_of(table: workspace.Hazard, at: Place) -> tuple[Rules | None, list[Fault]]:
    """The codes or breakpoints of a ``[[hazard]]``; None and the faults where they are wanting or wrong."""
    if table.kind == "levels":
        codes, faults = _codes(table, at)
        rules = Rules(codes, None)
        faults += [Fault("hazard-key-unused", at, key, {"kind": table.kind}, "warning") for key in ("breakpoints", "closed") if getattr(table, key)]
    else:
        breakpoints, faults = _breakpoints(table, at)
        rules = Rules(None, breakpoints)
        faults += [Fault("hazard-key-unused", at, key, {"kind": table.kind}, "warning") for key in ("codes", "zero") if getattr(table, key)]
    return (None if errors(faults) else rules), faults


def _codes(table: workspace.Hazard, at: Place) -> tuple[dict[int, int], list[Fault]]:
    codes = {level: level for level in LEVELS[1:]} if table.codes is None else {int(code): level for code, level in table.codes.items()}
    if table.zero is not None:
        codes.setdefault(0, 0 if table.zero == "none" else NO_DATA)
    beyond = [code for code in codes if not 0 <= code <= _MOST_CODE]
    return codes, [Fault("hazard-code-range", at, ", ".join(map(str, beyond)))] if beyond else []


def _breakpoints(table: workspace.Hazard, at: Place) -> tuple[Breakpoints | None, list[Fault]]:
    if table.breakpoints is not None:
        first, second, third, fourth = table.breakpoints
        return Breakpoints((first, second, third, fourth), table.closed or "right", zero_is_absent=table.kind == "depth"), []
    row = published().get((table.family, table.kind))
    if row is None:
        return None, [Fault("hazard-no-breakpoints", at, f"{table.family} · {table.kind}", {"kind": table.kind, "family": table.family})]
    return dataclasses.replace(row, closed=table.closed or row.closed), []


def map_of(table: workspace.Hazard, layer: FileLayer, rules: Rules) -> HazardMap:
    """The map of levels on the raster's own grid."""
    codes = None
    if rules.codes is not None:
        layer = layer.as_classes([code for code, level in rules.codes.items() if level != NO_DATA])
        codes = code_table(rules.codes, 256 if layer.dtype == np.uint8 else 65_536)
    hazard = Hazard(
        key=key_of(table),
        family=table.family,
        measure=table.measure,
        kind=table.kind,
        breakpoints=rules.breakpoints,
        title=title_of(table),
        source=table.source,
        date=table.date,
        licence=table.licence,
        public=table.public,
    )
    return HazardMap(hazard, layer.grid, layer, codes)


def check(table: workspace.Hazard, layer: FileLayer, rules: Rules, zones: Sequence[BaseGeometry], name: str, towns: Sequence[str]) -> list[Fault]:
    """What is wrong with the values of a hazard's raster, by one pass over it.

    zones : the selected municipalities in the raster's CRS; name : the raster as the workspace names it; towns : what
        the zones are called, none where that is not known
    """
    facts = survey(layer, zones, count_classes=rules.codes is not None, count_zeros=bool(towns))
    at = Place(name)
    if facts.empty:
        return [Fault("raster-all-nodata", at, values={"nodata": layer.declared})]
    faults = list(
        _value_faults(table, layer, rules.breakpoints, facts, at) if rules.codes is None else _class_faults(table, layer, rules.codes, facts, at)
    )
    # Where 0 is a code of its own, or said to be no data, there is no doubt.
    if rules.codes is None or rules.codes.get(0, 0) == 0:
        faults += _wholly_zero(table, towns, facts, at)
    return faults


def _wholly_zero(table: workspace.Hazard, towns: Sequence[str], facts: Facts, at: Place) -> Iterator[Fault]:
    """A warning where whole municipalities are 0 and others are not: a map that was not made there is often filled with 0."""
    shares = {town: zero / valid for town, (valid, zero) in zip(towns, facts.zeros, strict=True) if valid}
    wholly = [town for town, share in shares.items() if share >= _WHOLLY]
    if wholly and len(wholly) < len(shares):
        shown = wholly[:_LISTED] + (["…"] if len(wholly) > _LISTED else [])
        how = Message(f"rasters.zero-{'levels' if table.kind == 'levels' else 'values'}", {"hazard": key_of(table).slug})
        yield Fault("hazard-zero-town", at, ", ".join(shown), {"count": len(wholly), "how": how}, "warning")


def _class_faults(table: workspace.Hazard, layer: FileLayer, codes: Mapping[int, int], facts: Facts, at: Place) -> Iterator[Fault]:
    if (layer.scale, layer.offset) != (1.0, 0.0):
        yield Fault("raster-scaled-classes", at, f"{layer.scale:g}, {layer.offset:g}")
    both = sorted(str(v) for v in layer.nodata if v in codes and codes[int(v)] != NO_DATA)
    if both:
        yield Fault("nodata-is-class", at, ", ".join(both))
    zeros = facts.classes.get(0.0, 0)
    if zeros and 0 not in codes:
        yield Fault("hazard-zero-unset", at, str(zeros), {"count": zeros, "share": zeros / facts.inside, "hazard": table.name})
    unlisted = {v: n for v, n in facts.classes.items() if v not in codes and v != 0}
    no_codes = {v: n for v, n in unlisted.items() if not (0 <= v <= _MOST_CODE and v.is_integer())}
    for code, found in (("hazard-unlisted-codes", {v: n for v, n in unlisted.items() if v not in no_codes}), ("hazard-no-class-codes", no_codes)):
        if found:
            shown = ", ".join(f"{v:g} ({n})" for v, n in sorted(found.items())[:_LISTED]) + ("…" if len(found) > _LISTED else "")
            listed = ", ".join(map(str, sorted(codes)))
            yield Fault(code, at, shown, {"count": len(found), "cells": sum(found.values()), "listed": listed, "nodata": layer.declared})


def _value_faults(table: workspace.Hazard, layer: FileLayer, points: Breakpoints | None, facts: Facts, at: Place) -> Iterator[Fault]:
    sentinels = list(sentinel_faults(layer, facts, at))
    yield from sentinels
    yield from suspect_faults(layer, facts, at)
    if table.kind == "depth" and facts.high > DEEPEST_M:
        yield Fault("depth-too-deep", at, f"{facts.high:g}", {"value": facts.high, "place": place_of(layer, facts.high_at), "most": DEEPEST_M})
    # A sentinel has said so already.
    if points is not None and not sentinels:
        yield from _scale_faults(table, layer, points, facts, at)
    if table.kind in _AMOUNTS and facts.low < 0 and not sentinels:
        values = {"value": facts.low, "place": place_of(layer, facts.low_at), "nodata": layer.declared}
        if table.kind != "depth":
            yield Fault("amount-negative", at, f"{facts.low:g}", values)
        elif facts.low > DRY_M:
            yield Fault("depth-below-dry", at, f"{facts.low:g}", values, "warning")
        else:
            yield Fault("depth-negative", at, f"{facts.low:g}", values)


def _scale_faults(table: workspace.Hazard, layer: FileLayer, points: Breakpoints, facts: Facts, at: Place) -> Iterator[Fault]:
    """Published bounds are for their own scale: of an index of 0 to 100 those for 0 to 1 would make level 5 everywhere."""
    ends = ((facts.high, facts.high_at), (facts.low, facts.low_at))
    beyond = [(value, place_of(layer, where)) for value, where in ends if points.off_scale(value)]
    if beyond:
        value, place = beyond[0]
        scale = {"family": table.family, "low": points.low, "high": points.high}
        values = {"least": facts.low, "most": facts.high, "value": value, "place": place, "hazard": key_of(table).slug}
        yield Fault("hazard-off-scale", at, f"{facts.low:g} … {facts.high:g}", {**scale, **values})


def sentinel_faults(layer: FileLayer, facts: Facts, at: Place) -> Iterator[Fault]:
    """A fault for each stored value that looks like "no data" and is not declared as such."""
    for value, count in facts.sentinels.items():
        yield Fault("raster-sentinel", at, f"{value:g}", {"value": f"{value:g}", "count": count, "nodata": layer.declared})


def suspect_faults(layer: FileLayer, facts: Facts, at: Place) -> Iterator[Fault]:
    """A warning where an unsigned type's highest number counts as a value: it may mean "no data"."""
    if facts.fullest:
        top = FULLEST[layer.stored.name]
        yield Fault("raster-suspect", at, str(top), {"value": str(top), "count": facts.fullest}, "warning")


def place_of(layer: FileLayer, at: tuple[float, float]) -> str:
    """Longitude and latitude of a point of the layer's CRS as text."""
    box = to_lonlat(layer.grid.crs, (*at, *at))
    return f"{box[0]:.5f}, {box[1]:.5f}" if box else f"{at[0]:g}, {at[1]:g}"
