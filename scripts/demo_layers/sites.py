"""Twelve project sites for screening, one for each kind of answer and more."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import shapely
import xlsxwriter

from . import hazards
from .cover import WATER, Place
from .geography import municipalities
from .lattice import blur

# id, name, kind, municipality, about where (lon, lat), what the screening should say
_SITES = [
    ("S-01", "Escuela de San José Caben", "escuela", "1201", (-91.8060, 14.9720), "proceed"),
    ("S-02", "Mercado municipal de San Marcos", "mercado", "1201", (-91.7944, 14.9639), "proceed"),
    ("S-03", "Puesto de salud de Caxaque", "puesto de salud", "1201", (-91.8180, 14.9795), "caution"),
    ("S-04", "Escuela de San Sebastián", "escuela", "1201", (-91.8425, 15.0080), "avoid"),
    ("S-05", "Instituto básico de Chamac", "escuela", "1202", (-91.7640, 14.9645), "proceed"),
    ("S-06", "Pozo de Champollap", "pozo", "1202", (-91.7610, 14.9380), "caution"),
    ("S-07", "Salón comunal de Sacuchum", "salón comunal", "1202", (-91.7300, 14.9520), "avoid"),
    ("S-08", "Centro de acopio de Las Trojes", "centro de acopio", "0114", (-90.6080, 14.5000), "proceed"),
    ("S-09", "Puente peatonal del Villalobos", "puente", "0114", (-90.5930, 14.5030), "avoid"),
    ("S-10", "Puesto de salud de Mesillas Bajas", "puesto de salud", "0114", (-90.6050, 14.4440), "caution"),
    ("S-11", "Planta de compostaje, Quetzaltenango", "planta", "", (-91.5180, 14.8347), "outside"),
    ("S-12", "Guardería de Serchil", "guardería", "1201", None, "unplaced"),
]  # fmt: skip
_SOIL = (6.7, 11.2, 22.4, 33.6)
_DEPTH = (0.3, 0.5, 1.2, 2.0)


def write(path: Path, places: list[Place]) -> None:
    """The spreadsheet, as an office would keep it: Spanish headings, a place for each site but the last."""
    book = xlsxwriter.Workbook(path)
    book.set_properties({"title": "Sitios de proyecto (datos sintéticos)", "created": dt.datetime(2026, 11, 24, tzinfo=dt.UTC)})
    sheet = book.add_worksheet("sitios")
    bold = book.add_format({"bold": True})
    for column, (head, width) in enumerate((("id", 8), ("nombre", 38), ("tipo", 18), ("municipio", 26), ("latitud", 12), ("longitud", 12))):
        sheet.write_string(0, column, head, bold)
        sheet.set_column(column, column, width)
    names = {m.code: m.name for m in municipalities()}
    outlooks = {place.region.tag: _outlook(place) for place in places}
    for row, (key, name, kind, code, anchor, wish) in enumerate(_SITES, start=1):
        for column, text in enumerate((key, name, kind, names.get(code, ""))):
            sheet.write_string(row, column, text)
        if anchor:
            place = next((p for p in places if code in p.codes), places[0])
            lon, lat = anchor if wish == "outside" else _find(place, outlooks[place.region.tag], code, anchor, wish)
            sheet.write_number(row, 4, round(lat, 6))
            sheet.write_number(row, 5, round(lon, 6))
    book.close()


def _outlook(place: Place) -> dict[str, np.ndarray]:
    """For each wish, the cells where the screening's rules give it with room to spare."""
    grid = place.lattice
    present, ever = np.zeros(grid.shape, np.int64), np.zeros(grid.shape, np.int64)
    for future in (False, True):
        found = [hazards.landslide(place, grid, future).astype(np.int64), 1 + np.digitize(hazards.soil_loss(place, grid, future), _SOIL)]
        found += [np.digitize(hazards.flood_depth(place, grid, years, future) / 100, _DEPTH, right=True) + 1 for years in (10, 100)]
        worst = np.max(found, axis=0)
        ever = np.maximum(ever, worst)
        present = present if future else worst
    dry = place.use != WATER
    return {
        "proceed": (_widest(ever, 2) <= 2) & (_widest(ever, 7) <= 3) & dry,
        "caution": (_widest(present, 2) <= 3) & ((_widest(ever, 3) >= 4) | (blur((ever >= 3) * 1.0, 1, 1) > 0.5)) & dry,
        "avoid": (-_widest(-present, 2) >= 4) & dry,
    }


def _widest(values: np.ndarray, radius: int) -> np.ndarray:
    """The largest value within ``radius`` cells, in a square."""
    for axis in (0, 1):
        values = np.max([np.roll(values, k, axis) for k in range(-radius, radius + 1)], axis=0)
    return values


def _find(place: Place, outlook: dict[str, np.ndarray], code: str, anchor: tuple[float, float], wish: str) -> tuple[float, float]:
    lon, lat = place.lattice.lonlat
    outline = next(m.outline for m in municipalities() if m.code == code)
    distance = np.hypot((lon - anchor[0]) * 107_600, (lat - anchor[1]) * 110_700)
    near = distance < 2500
    fit = np.zeros(near.shape, bool)
    fit[near] = shapely.contains_xy(outline, lon[near], lat[near]) & outlook[wish][near]
    if not fit.any():
        raise ValueError(f"no place near {anchor} where the screening would say {wish}")
    best = np.unravel_index(np.argmin(np.where(fit, distance, np.inf)), near.shape)
    return float(lon[best]), float(lat[best])
