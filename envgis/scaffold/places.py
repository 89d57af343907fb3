"""Boundaries: which layer of a vector file holds municipalities, and in which columns their codes and names are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from envgis.actions.words import fold
from envgis.faults import Fault, Message, errors
from envgis.scaffold import names
from envgis.sources.vectors import layer_names, read_vector

# Folded names of columns, the surest first.
_CODES = (
    *("code", "codigo", "cod mun", "cod muni", "codmun", "cod municipio", "codigo municipio", "mun code", "municipality code"),
    *("cod ine", "codigo ine", "cod", "adm2 pcode", "pcode", "id mun", "id municipio", "cve mun"),
)
_NAMES = (
    *("name", "nombre", "municipio", "nom mun", "nombre mun", "nombre municipio", "mun", "municipality", "mun name"),
    *("adm2 es", "adm2 name", "shapename", "nom muni"),
)
_CODE = re.compile(r"[A-Za-z]{0,4}\d{2,8}")


@dataclass(frozen=True)
class Guess:
    """A layer of municipalities. ``digits``: how many a code has, where the layer keeps codes as numbers."""

    path: str
    layer: str | None
    code: str
    name: str
    digits: int | None
    count: int

    @property
    def message(self) -> Message:
        """What it was taken for, with the columns that were chosen."""
        lost = Message("init.took.digits", {"digits": self.digits}) if self.digits else None
        return Message("init.took.municipalities", {"code": self.code, "name": self.name, "digits": lost})


def look(path: Path, name: str) -> tuple[Guess | None, Message, Fault | None]:
    """The municipalities of a vector file, None where no layer has them; what the file is; why it cannot be used, if so."""
    try:
        layers = layer_names(path)
    except Exception:  # whatever the reader raises on a broken file: it is not taken, and `check` says why when it is named
        return None, Message("init.about.unreadable"), None
    about = Message("init.about.unreadable")
    guesses, wrong = [], []
    for layer in layers:
        chosen = layer if len(layers) > 1 else None
        table, faults = read_vector(path, name, chosen)
        wrong += errors(faults)
        if table is None or table.empty:
            continue
        kind = "polygons" if table.geom_type.dropna().str.endswith("Polygon").all() else "features"
        about = Message(f"init.about.{kind}", {"count": len(table), "crs": table.crs.name if table.crs else ""})
        if kind == "polygons" and (guess := _guess(table, name, chosen)) is not None:
            guesses.append(guess)
    # A layer that says it is boundaries comes first; then the one with the most of them.
    guesses.sort(key=lambda g: (not names.begins(fold(f"{g.path} {g.layer or ''}"), names.MUNICIPALITIES), -g.count))
    return (guesses[0] if guesses else None), about, (wrong[0] if wrong and not guesses else None)


def are_named(name: str) -> bool:
    """Whether a file's name says that it holds municipalities."""
    return names.begins(fold(Path(name).stem), names.MUNICIPALITIES)


def _guess(table: gpd.GeoDataFrame, name: str, layer: str | None) -> Guess | None:
    columns = [str(c) for c in table.columns if c != table.geometry.name]
    codes = [c for c in columns if _is_code(table[c])]
    labels = [c for c in columns if _is_name(table[c])]
    code = _surest(codes, _CODES)
    label = _surest([c for c in labels if c != code], _NAMES)
    if code is None or label is None:
        return None
    digits = None
    if pd.api.types.is_numeric_dtype(table[code]):
        longest = len(str(int(table[code].max())))
        digits = longest + longest % 2
    return Guess(name, layer, code, label, digits, len(table))


def _surest(columns: list[str], known: tuple[str, ...]) -> str | None:
    """The first column by a known name; else the only one there is."""
    folded = {fold(column): column for column in reversed(columns)}
    named = next((folded[word] for word in known if word in folded), None)
    return named or (columns[0] if len(columns) == 1 else None)


def _is_code(column: pd.Series) -> bool:
    """Whether every row has a different value that looks like a code."""
    values = column.dropna()
    if len(values) < len(column) or values.nunique() < len(values) or pd.api.types.is_bool_dtype(values):
        return False
    if pd.api.types.is_integer_dtype(values):
        return bool((values > 0).all()) and int(values.max()) >= 100
    return not pd.api.types.is_numeric_dtype(values) and all(isinstance(v, str) and _CODE.fullmatch(v.strip()) for v in values)


def _is_name(column: pd.Series) -> bool:
    values = column.dropna()
    return len(values) > 0 and all(isinstance(v, str) and any(letter.isalpha() for letter in v) and not _CODE.fullmatch(v) for v in values)
