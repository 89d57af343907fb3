"""In which municipality each row is counted, and what to say of the rows that fit nowhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from envgis.actions.columns import Columns
from envgis.actions.located import Located
from envgis.actions.places import NOWHERE, TOLERANCE_M, Gazetteer, fitting
from envgis.actions.review import Review
from envgis.locale import LANGUAGES, Language, phrase

Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]

_CODES = {
    "swapped": "coordinates-swapped",
    "unsigned": "coordinates-unsigned",
    "swapped_unsigned": "coordinates-swapped-unsigned",
    "pointless": "coordinates-pointless",
    "gtm": "coordinates-gtm",
    "utm15": "coordinates-utm15",
    "utm16": "coordinates-utm16",
}
_SAID = ("lat", "lon", "name")
UNKNOWN = -2  # something is declared that is no municipality of the layer


def declare(columns: Columns, located: Located, gazetteer: Gazetteer, review: Review) -> Whole:
    """The declared municipality of each row: its position, NOWHERE where none is declared, UNKNOWN where it cannot be told."""
    by_code = _resolved("municipality_code", columns, located, gazetteer, review)
    by_name = _resolved("municipality", columns, located, gazetteer, review)
    clash = (by_code >= 0) & (by_name >= 0) & (by_code != by_name)
    found = (columns.text("municipality_code") + " · " + columns.text("municipality")).tolist()
    review.refuse(clash, "municipality-two", columns.header("municipality"), found)
    declared = np.where(by_code == NOWHERE, by_name, by_code)
    return np.where(clash, UNKNOWN, declared)


def _resolved(name: str, columns: Columns, located: Located, gazetteer: Gazetteer, review: Review) -> Whole:
    texts = columns.text(name)
    codes, unique = pd.factorize(texts.astype(object), use_na_sentinel=False)
    position = np.full(len(texts), NOWHERE, np.int64)
    for k, text in enumerate(str(cell) for cell in unique):
        if not text:
            continue
        rows = codes == k
        declared = gazetteer.declared(text)
        if declared.padded:
            review.note(rows, "municipality-padded", found=text, padded=gazetteer.codes[declared.candidates[0]])
        if len(declared.candidates) == 1:
            position[rows] = declared.candidates[0]
        elif not declared.candidates:
            position[rows] = UNKNOWN
            review.refuse(rows, "declared-unknown", columns.header(name), text, near=tuple(gazetteer.nearest(text)))
        else:
            position[rows] = _by_place(rows, declared.candidates, located, gazetteer)
            labels = tuple(gazetteer.label(i) for i in declared.candidates)
            review.refuse(rows & (position == UNKNOWN), "municipality-ambiguous", columns.header(name), text, names=labels)
    return position


def _by_place(rows: Mask, candidates: tuple[int, ...], located: Located, gazetteer: Gazetteer) -> Whole:
    """Of several municipalities of one name the only one in which (or near which) each place lies, else UNKNOWN."""
    lon, lat = located.lon[rows], located.lat[rows]
    near = np.array([gazetteer.near(np.full(len(lon), i, np.int64), lon, lat) for i in candidates])
    chosen = np.asarray(candidates, np.int64)[near.argmax(axis=0)]
    return np.where(near.sum(axis=0) == 1, chosen, UNKNOWN)


def count_in(declared: Whole, located: Located, gazetteer: Gazetteer, review: Review) -> Whole:
    """The municipality in which each row is counted; NOWHERE for rows that lie elsewhere, which are refused."""
    asked = np.isfinite(located.lon) & np.isfinite(located.lat) & (declared != UNKNOWN)
    placed = asked & located.possible
    lon, lat = np.where(placed, located.lon, np.nan), np.where(placed, located.lat, np.nan)
    inside = gazetteer.containing(lon, lat)
    near = gazetteer.near(declared, lon, lat)
    counted = np.where(declared >= 0, np.where(near, declared, NOWHERE), inside)
    review.note(near & (gazetteer.distance_m(np.where(near, declared, NOWHERE), lon, lat) > 0), "municipality-near", limit=TOLERANCE_M)
    lost = asked & (counted == NOWHERE)
    suggested = _suggest(lost, declared, located, gazetteer, review)
    _explain(lost & ~suggested, declared, inside, located, gazetteer, review)
    return counted


def lie_in(located: Located, gazetteer: Gazetteer, review: Review) -> Whole:
    """The municipality in which each site lies; NOWHERE outside all. Refused are the rows of which only another reading
    is a place, or lies in a municipality."""
    undeclared = np.full(len(located.lon), NOWHERE, np.int64)
    readable = np.isfinite(located.lon) & np.isfinite(located.lat)
    lon, lat = (np.where(located.possible, value, np.nan) for value in (located.lon, located.lat))
    inside = gazetteer.containing(lon, lat)
    lost = readable & (inside == NOWHERE)
    suggested = _suggest(lost, undeclared, located, gazetteer, review)
    _explain(lost & ~suggested & ~located.possible, undeclared, inside, located, gazetteer, review)
    return inside


def _suggest(lost: Mask, declared: Whole, located: Located, gazetteer: Gazetteer, review: Review) -> Mask:
    """Refuse the rows of which another reading fits, with that reading."""
    rows = np.flatnonzero(lost)
    found = np.array([f"{lat:.10g}, {lon:.10g}" for lat, lon in zip(located.lat, located.lon, strict=True)], dtype=object)
    fits = np.full(len(lost), None, dtype=object)
    codes = np.full(len(lost), "", dtype=object)
    for k, readings in fitting(gazetteer, located.lon[rows], located.lat[rows], declared[rows]).items():
        i = int(rows[k])
        fits[i] = readings
        codes[i] = _CODES[str(readings[0]["reading"])] if len(readings) == 1 else "coordinates-several-readings"
    for code in sorted(set(codes) - {""}):
        where = codes == code
        if code == "coordinates-several-readings":
            said = np.array([_said(several) if chosen else None for several, chosen in zip(fits, where, strict=True)], dtype=object)
            review.refuse(where, code, found=found, readings=said)
        else:
            of_row: dict[str, Any] = {key: [one[0][key] if chosen else None for one, chosen in zip(fits, where, strict=True)] for key in _SAID}
            review.refuse(where, code, None, found, **of_row)
    return np.asarray(codes != "", bool)


def _said(fits: list[dict[str, object]]) -> dict[Language, str]:
    """The readings of one pair as a list, in both languages."""
    return {
        language: "; ".join(phrase(f"reading.{fit['reading']}", language) + f": {fit['lat']}, {fit['lon']} → {fit['name']}" for fit in fits)
        for language in LANGUAGES
    }


def _explain(lost: Mask, declared: Whole, inside: Whole, located: Located, gazetteer: Gazetteer, review: Review) -> None:
    """Refuse the rows of which no reading fits."""
    pair = [f"{lat:.10g}, {lon:.10g}" for lat, lon in zip(located.lat, located.lon, strict=True)]
    review.refuse(lost & ~located.possible, "coordinates-out-of-range", found=pair)
    lost = lost & located.possible
    review.refuse(lost & (declared < 0), "place-outside", found=pair)
    lost = lost & (declared >= 0)
    if not lost.any():
        return
    distance_km = gazetteer.distance_m(np.where(lost, declared, NOWHERE), located.lon, located.lat) / 1000
    name = [gazetteer.label(i) if i >= 0 else "" for i in declared.tolist()]
    other = [gazetteer.label(i) if i >= 0 else "" for i in inside.tolist()]
    review.refuse(lost & (inside >= 0), "municipality-differs", found=pair, name=name, other=other, distance_km=distance_km)
    review.refuse(lost & (inside < 0), "municipality-far", found=pair, name=name, distance_km=distance_km)
