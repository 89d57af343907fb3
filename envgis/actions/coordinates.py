"""Coordinates as people write them, and the readings that a wrong pair may have meant.

A pair is taken only as it stands. Swapped, unsigned and projected pairs are never repaired: the reading that would fit
is shown, and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from envgis.actions.numbers import BLANKS
from envgis.actions.shapes import never_one
from envgis.actions.words import fold

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

_DECIMAL = re.compile(r"^[+\-−]?\d+(?:[.,]\d*)?$")
_GROUPED = re.compile(r"^[+\-−]?\d{1,3}(?:(?:,\d{3})+(?:\.\d*)?|(?:\.\d{3})+(?:,\d*)?)$")
_SEXAGESIMAL = re.compile(
    r"^(?P<sign>[+\-−])?\s*(?P<lead>[NSEWO])?\s*"
    r"(?P<d>\d{1,3}(?:[.,]\d+)?)\s*[°º˚]?\s*"
    r"(?:(?P<m>\d{1,2}(?:[.,]\d+)?)\s*['’′´]?\s*)?"
    r"(?:(?P<s>\d{1,2}(?:[.,]\d+)?)\s*(?:[\"”″]|''|’’|′′|´´)?\s*)?"
    r"(?P<trail>[NSEWO]|norte|sur|este|oeste|north|south|east|west)?\.?$",
    re.IGNORECASE,
)
_AXIS = {"n": "lat", "norte": "lat", "north": "lat", "s": "lat", "sur": "lat", "south": "lat", "e": "lon", "este": "lon", "east": "lon"}
_AXIS |= dict.fromkeys(("w", "o", "oeste", "west"), "lon")
_NEGATIVE = frozenset({"s", "sur", "south", "w", "o", "oeste", "west"})

GTM = "+proj=tmerc +lat_0=0 +lon_0=-90.5 +k=0.9998 +x_0=500000 +y_0=0 +datum=WGS84 +units=m +no_defs"
PROJECTIONS = {"gtm": GTM, "utm15": "EPSG:32615", "utm16": "EPSG:32616"}
READINGS = ("swapped", "unsigned", "swapped_unsigned", "pointless", *PROJECTIONS)


@dataclass(frozen=True)
class Pairs:
    """What stood in the two columns.

    lon, lat : degrees, or whatever stood there; NaN where nothing could be read
    missing : one of the two or both are empty
    unreadable : something stood there that is no coordinate
    sexagesimal : read from degrees, minutes and seconds
    """

    lon: Floats
    lat: Floats
    missing: Mask
    unreadable: Mask
    sexagesimal: Mask

    @property
    def zero(self) -> Mask:
        """Exactly (0, 0): a device without a position."""
        return np.asarray((self.lon == 0) & (self.lat == 0))

    @property
    def possible(self) -> Mask:
        """A place on the Earth, taken as it stands, and not (0, 0)."""
        with np.errstate(invalid="ignore"):
            return (np.abs(self.lon) <= 180) & (np.abs(self.lat) <= 90) & ~self.zero


def read(lat: pd.Series, lon: pd.Series) -> Pairs:
    """Pairs from a column of latitudes and one of longitudes, as text.

    >>> pairs = read(pd.Series(["14.96", "14° 57′ 36″ N", "¿?"]), pd.Series(["-91.79", "91° 47′ 24″ W", "-91.79"]))
    >>> pairs.lat.round(4).tolist(), pairs.lon.round(4).tolist(), pairs.unreadable.tolist()
    ([14.96, 14.96, nan], [-91.79, -91.79, nan], [False, False, True])
    """
    one, other = _column(lat), _column(lon)
    # Letters decide the axis: "90°36'W" in the latitude's column is a longitude.
    turned = (one.axis == "lon") & (other.axis == "lat")
    clash = ((one.axis == "lon") | (other.axis == "lat")) & ~turned
    missing = one.blank | other.blank
    unreadable = ~missing & (one.unreadable | other.unreadable | clash)
    bad = missing | unreadable
    return Pairs(
        np.where(bad, np.nan, np.where(turned, one.value, other.value)),
        np.where(bad, np.nan, np.where(turned, other.value, one.value)),
        missing,
        unreadable,
        ~bad & (one.sexagesimal | other.sexagesimal),
    )


def point_parts(text: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Latitude, longitude and accuracy of raw answers: "lat lon alt acc", or "lat, lon" as pasted from a map.

    >>> [part.to_list() for part in point_parts(pd.Series(["14.96 -91.79 2350 4.5", "14.96, -91.79"]))]
    [['14.96', '14.96'], ['-91.79', '-91.79'], ['4.5', '']]
    """
    parts = text.map(_parts).tolist()
    lat, lon, accuracy = zip(*parts, strict=True) if parts else ((), (), ())
    return tuple(pd.Series(list(part), dtype="string") for part in (lat, lon, accuracy))  # type: ignore[return-value]


def _parts(cell: str) -> tuple[str, str, str]:
    words = cell.split()
    if 2 <= len(words) <= 4 and all(_DECIMAL.match(word.rstrip(",;")) for word in words):
        return words[0].rstrip(",;"), words[1].rstrip(",;"), words[3] if len(words) == 4 else ""
    halves = [half.strip() for half in re.split(r"[;,]\s+|[;,](?=\s*[-−])|;", cell) if half.strip()]
    if len(halves) == 1:
        halves = [half.strip() for half in re.split(r"(?<=[NSnsEWOewo])\s+(?=\d)|,", cell) if half.strip()]
    if len(halves) == 2:
        return halves[0], halves[1], ""
    return cell, cell, ""  # unreadable, or empty, in both


def readings(lon: Floats, lat: Floats) -> Iterator[tuple[str, Floats, Floats]]:
    """Every other way to read pairs: its name (one of READINGS), longitudes and latitudes; NaN where it gives none.

    >>> {name: (x.tolist(), y.tolist()) for name, x, y in readings(np.array([14.96]), np.array([-91.79])) if np.isfinite(x).any()}
    {'swapped': ([-91.79], [14.96])}
    """
    yield "swapped", *_on_earth(lat, lon)
    yield "unsigned", *_on_earth(np.where(lon > 0, -lon, np.nan), lat)
    yield "swapped_unsigned", *_on_earth(np.where(lat > 0, -lat, np.nan), lon)
    pointless = np.isfinite(lon) & (np.abs(lon) > 180) & (np.abs(lat) > 90) & ((lon < 0) | (lat < 0))
    yield "pointless", *_on_earth(_with_point(np.where(pointless, lon, np.nan), 2), _with_point(np.where(pointless, lat, np.nan), 2))
    metric = np.isfinite(lon) & np.isfinite(lat) & (lon > 1000) & (lat > 1000)
    if metric.any():
        for name in PROJECTIONS:
            for easting, northing in ((lon, lat), (lat, lon)):
                yield name, *_on_earth(*_in_degrees(name, np.where(metric, easting, np.nan), np.where(metric, northing, np.nan)))


@cache
def _projection(name: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(PROJECTIONS[name], "EPSG:4326", always_xy=True)


def _in_degrees(name: str, easting: Floats, northing: Floats) -> tuple[Floats, Floats]:
    eastings, northings = never_one(easting, northing)
    x, y = _projection(name).transform(eastings, northings)
    return x[:-1], y[:-1]


def _on_earth(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    with np.errstate(invalid="ignore"):
        fine = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    return np.where(fine, lon, np.nan), np.where(fine, lat, np.nan)


def _with_point(value: Floats, whole_digits: int) -> Floats:
    """A number that lost its decimal point, with ``whole_digits`` before it again."""
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = np.floor(np.log10(np.abs(value))) + 1
        return np.asarray(value / np.power(10.0, digits - whole_digits))


@dataclass(frozen=True)
class _Axis:
    value: Floats
    axis: NDArray[np.object_]
    blank: Mask
    unreadable: Mask
    sexagesimal: Mask


def _column(text: pd.Series) -> _Axis:
    cells = text.fillna("").astype(object).to_numpy()
    value = pd.to_numeric(pd.Series(cells), errors="coerce").to_numpy(float, na_value=np.nan, copy=True)
    value[~np.isfinite(value)] = np.nan
    blank, unreadable, sexagesimal = (np.zeros(len(cells), bool) for _ in range(3))
    axis = np.full(len(cells), "", dtype=object)
    for i in np.flatnonzero(np.isnan(value)).tolist():
        cell = str(cells[i]).strip()
        blank[i] = cell.casefold() in BLANKS
        if not blank[i]:
            read_as = _cell(cell)
            unreadable[i] = read_as is None
            if read_as is not None:
                value[i], axis[i], sexagesimal[i] = read_as
    return _Axis(value, axis, blank, unreadable, sexagesimal)


def _cell(cell: str) -> tuple[float, str, bool] | None:
    """Value, axis that its letter names, and whether it had minutes; None if it is no coordinate."""
    text = cell.replace("−", "-")
    if _DECIMAL.match(text):
        return float(text.replace(",", ".")), "", False
    if _GROUPED.match(text):
        last = max(".,", key=text.rfind)
        group = "," if text.count(last) == 1 and last == "." else "."
        if text.count(last) > 1 or not ("." in text and "," in text):
            return float(text.replace(last, "")), "", False
        return float(text.replace(group, "").replace(",", ".")), "", False
    found = _SEXAGESIMAL.match(text)
    if found is None or (found["lead"] and found["trail"]):
        return None
    letter = fold(found["lead"] or found["trail"] or "")
    minutes, seconds = (float((found[part] or "0").replace(",", ".")) for part in "ms")
    if not letter and found["m"] is None and not re.search(r"[°º˚]", text):
        return None
    if minutes >= 60 or seconds >= 60 or (found["sign"] and letter):
        return None
    size = float(found["d"].replace(",", ".")) + minutes / 60 + seconds / 3600
    return (-size if found["sign"] == "-" or letter in _NEGATIVE else size), _AXIS.get(letter, ""), found["m"] is not None
