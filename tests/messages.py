"""What a user is told, for tests: one workspace with one thing wrong, the fault found, its words in both languages."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import shapely
from small_workspace import GTM, X, Y

from envgis.checks import check
from envgis.faults import Fault
from envgis.locale import explain

# What is wrong, why it matters, what to do: some words of each.
Words = tuple[str, str, str]

_WEST = gpd.GeoSeries([shapely.Point(X + 500, Y - 1000)], crs=GTM).to_crs(4326)[0]
GOOD: Mapping[str, str] = {
    "id": "A1",
    "tipo": "Reforestación",
    "estado": "terminada",
    "fecha": "2026-01-05",
    "latitud": f"{_WEST.y:.6f}",
    "longitud": f"{_WEST.x:.6f}",
    "municipio": "0101",
}


def found_in(folder: Path) -> list[Fault]:
    """All that `check` says of a workspace, of its rows too."""
    found = check(folder)
    return [*found.faults, *(fault for row in found.set_aside for fault in row.faults)]


def the(faults: Iterable[Fault], code: str) -> Fault:
    """The one fault of that code."""
    (fault,) = [fault for fault in faults if fault.code == code]
    return fault


def assert_told(fault: Fault, place: str, es: Words, en: Words) -> None:
    """Its place is ``place`` (in Spanish), and each of its sentences holds the words, in both languages."""
    assert explain(fault, "es").place == place
    for language, words in (("es", es), ("en", en)):
        told = explain(fault, language)
        for sentence, part in zip((told.what, told.cause, told.remedy), words, strict=True):
            assert part in sentence
            assert sentence.strip() and not set("{}") & set(sentence)


def write_rows(path: Path, *rows: Mapping[str, str], **both: str) -> None:
    """A CSV of good reports with some cells changed: those of each row, and those of all."""
    full = [{**GOOD, "id": f"A{i}", **both, **row} for i, row in enumerate(rows, start=1)]
    names = list(dict.fromkeys(name for row in full for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(full)


def degrees(*shapes: shapely.Geometry) -> list[shapely.Geometry]:
    """Shapes in metres from the workspace's north-west corner (y to the north), in longitude and latitude."""
    moved = [shapely.affinity.translate(shape, X, Y) for shape in shapes]
    return list(gpd.GeoSeries(moved, crs=GTM).to_crs(4326))
