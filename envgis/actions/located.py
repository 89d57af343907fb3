"""Where each row of a file says it is, before any municipality is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from envgis.actions import coordinates, numbers, shapes
from envgis.actions.columns import Columns
from envgis.actions.review import Review

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

POOR_ACCURACY_M = 50.0


@dataclass(frozen=True)
class Located:
    """The places of a file's rows.

    shape : drawn shapes and possible points (EPSG:4326); None where there is none
    lon, lat : where each stands, or the pair as it was written where that is no place on the Earth; NaN where nothing
        could be read
    source : "gps", "map", "drawn" or "file"
    accuracy_m : NaN where it is not known
    """

    shape: NDArray[np.object_]
    lon: Floats
    lat: Floats
    source: NDArray[np.object_]
    accuracy_m: Floats

    @property
    def possible(self) -> Mask:
        """Whether the row has a place on the Earth."""
        return ~shapely.is_missing(self.shape)


def has_place(columns: Columns) -> bool:
    """Whether the file says at all where its rows are.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"latitud": ["14.96"]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2]))
    >>> named, review = Columns(file, {"latitude": "latitud"}), Review(file)
    >>> has_place(named)  # without a longitude
    False
    """
    if columns.file.geometry is not None or any(columns.has(name) for name in ("geopoint", "geotrace", "geoshape")):
        return True
    return columns.has("latitude") and columns.has("longitude")


def _shown(cell: str) -> str:
    """A coordinate as it is shown: more than six decimals (0.1 m) say nothing."""
    return re.sub(r"^(-?\d+\.\d{6})\d+$", lambda m: f"{float(m[0]):.6f}", cell)


def locate(columns: Columns, review: Review) -> Located:
    """Read each row's place: its shape in the file, else what was drawn, else its coordinates. Speaks against the rest.

    >>> from pathlib import Path
    >>> from envgis.actions.reported import ReportFile
    >>> rows = pd.DataFrame({"latitud": ["14.96", "0", ""], "longitud": ["-91.79", "0", ""], "precision": ["4.5", "", ""]})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3, 4]))
    >>> named, review = Columns(file, {"latitude": "latitud", "longitude": "longitud", "accuracy_m": "precision"}), Review(file)
    >>> place = locate(named, review)
    >>> place.lon.tolist(), place.accuracy_m.tolist(), [one.faults[0].code for one in review.set_aside()]
    ([-91.79, nan, nan], [4.5, nan, nan], ['coordinates-zero', 'coordinates-missing'])
    """
    drawn, spoken = _drawn(columns, review)
    lat_text, lon_text, accuracy_text = _pair_texts(columns)
    pairs = coordinates.read(lat_text, lon_text)
    open_rows = shapely.is_missing(drawn) & ~spoken
    found = [", ".join(map(_shown, filter(None, (a, b)))) for a, b in zip(lat_text.tolist(), lon_text.tolist(), strict=True)]
    column = columns.header("latitude") or columns.header("geopoint") or columns.header("geoshape")
    empty = pairs.missing & (lat_text == "").to_numpy(bool) & (lon_text == "").to_numpy(bool)
    review.refuse(open_rows & empty, "coordinates-missing", column)
    review.refuse(open_rows & pairs.missing & ~empty, "coordinates-half", column, found)
    review.refuse(open_rows & pairs.unreadable, "coordinates-unreadable", column, found)
    review.flag(open_rows & pairs.sexagesimal, "coordinates-sexagesimal")

    shape = drawn.copy()
    points = open_rows & pairs.possible
    shape[points] = shapely.points(pairs.lon[points], pairs.lat[points])
    lon, lat = shapes.stand(shape)
    lon, lat = np.where(open_rows, pairs.lon, lon), np.where(open_rows, pairs.lat, lat)
    zero = (lon == 0) & (lat == 0)
    review.refuse(zero, "coordinates-zero", column)
    with np.errstate(invalid="ignore"):
        shape[zero | (np.abs(lon) > 180) | (np.abs(lat) > 90)] = None
    lon[zero] = lat[zero] = np.nan
    accuracy, asked = _accuracy(columns, accuracy_text, review)
    return Located(shape, lon, lat, _sources(shape, accuracy, asked), accuracy)


def _drawn(columns: Columns, review: Review) -> tuple[NDArray[np.object_], Mask]:
    """Shapes of the file and of drawn answers, and which rows have been spoken against."""
    geometry = columns.file.geometry
    count = len(columns.file.rows)
    shape = np.full(count, None, dtype=object) if geometry is None else np.array(geometry.array, dtype=object)
    spoken = np.zeros(count, bool)
    for name in ("geoshape", "geotrace"):
        texts = columns.text(name)
        for i in np.flatnonzero((texts != "").to_numpy(bool) & shapely.is_missing(shape)).tolist():
            shape[i] = shapes.parse(texts[i], closed=name == "geoshape")
            spoken[i] = shape[i] is None
        review.refuse(spoken & (texts != "").to_numpy(bool), "shape-unreadable", columns.header(name), texts)
        review.note((texts != "").to_numpy(bool) & (shapes.kinds(shape) == "line") & (name == "geoshape"), "ring-is-a-line")
    cleaned = shapes.clean(shape)
    review.refuse(cleaned.collapsed, "shape-collapsed")
    review.refuse(cleaned.crossing, "shape-crossing")
    review.refuse(cleaned.mixed, "shape-mixed")
    review.note(cleaned.repaired, "shape-repaired")
    return cleaned.shape, spoken | cleaned.collapsed | cleaned.crossing | cleaned.mixed


def _pair_texts(columns: Columns) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Latitude, longitude and accuracy as text: from their own columns, else from the raw answer."""
    lat, lon, accuracy = (columns.text(name) for name in ("latitude", "longitude", "accuracy_m"))
    raw = columns.text("geopoint")
    apart = (lat == "") & (lon == "") & (raw != "")
    if apart.any():
        raw_lat, raw_lon, raw_accuracy = coordinates.point_parts(raw)
        lat, lon = lat.mask(apart, raw_lat), lon.mask(apart, raw_lon)
        accuracy = accuracy.mask(apart & (accuracy == ""), raw_accuracy)
    return lat, lon, accuracy


def _accuracy(columns: Columns, text: pd.Series, review: Review) -> tuple[Floats, bool]:
    """Accuracy in metres, and whether the file speaks of it. 0 means placed by hand, not perfect."""
    asked = columns.has("accuracy_m") or bool((text != "").any())
    read = numbers.read(text, columns.typed("accuracy_m"))
    value = read.value
    review.note(read.unreadable | read.undecided, "accuracy-unreadable")
    review.note(value <= 0, "accuracy-zero")
    review.note(value > POOR_ACCURACY_M, "accuracy-poor", limit=POOR_ACCURACY_M)
    return np.where(value > 0, value, np.nan), asked


def _sources(shape: NDArray[np.object_], accuracy: Floats, asked: bool) -> NDArray[np.object_]:
    source = np.where(np.isfinite(accuracy), "gps", "map" if asked else "file").astype(object)
    source[(shapes.kinds(shape) == "line") | (shapes.kinds(shape) == "polygon")] = "drawn"
    return source
