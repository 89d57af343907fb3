"""The text of a commented envgis.toml, of a legend to fill in, and of the file to double-click on Windows."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Table

from envgis.landuse import LEGEND_COLUMNS
from envgis.locale import Language, both, phrase
from envgis.scaffold.look import Seen
from envgis.scaffold.rasters import Raster

_OF_EVERY_HAZARD = ("init.toml.hazard", "init.toml.scenario")


def text(seen: Seen, name: str, today: dt.date, language: str, words: Language) -> str:
    """envgis.toml for what was seen; every guess has its comment. What is missing has a line that `check` will name."""
    document = tomlkit.document()
    for line in phrase("init.toml.head", words).splitlines():
        document.add(tomlkit.comment(line))
    document["workspace"] = _table(words, name=name, language=(language, "init.toml.language"))
    document["municipalities"] = _municipalities(seen, words)
    if seen.landuse:
        document["landuse"] = _landuse(seen, words)
    hazards = tomlkit.aot()
    silent = next((raster for raster in seen.hazards if not raster.said.return_period), None)
    for number, raster in enumerate(seen.hazards):
        hazards.append(_hazard(raster, words, first=number == 0, asks_measure=raster is silent))
    if not seen.hazards:
        hazards.append(_table(words, name=("landslide", "init.toml.no-hazard"), path="landslide.tif", kind=("levels", "init.toml.kind")))
    document["hazard"] = hazards
    if seen.population:
        document["population"] = _table(words, path=(_paths(seen.population.paths), "init.toml.population"))
        _credits(document["population"], words)
    if seen.actions:
        document["actions"] = _table(words, paths=seen.actions, date=(today, "init.toml.date"))
        if seen.cuerdas:
            _offer(document["actions"], words, 'cuerda_varas = "?"', "init.toml.cuerda")
        if seen.action_columns:
            mapping = _table(words, **{column: (target, f"init.toml.columns.{target}") for column, target in seen.action_columns.items()})
            document["actions"]["columns"] = mapping
    if seen.sites:
        document["sites"] = _table(words, paths=seen.sites, radius_m=(30.0, "init.toml.radius"))
    document["outputs"] = _table(words, folder=("maps", "init.toml.outputs"))
    return tomlkit.dumps(document)


def legend(classes: Sequence[int]) -> bytes:
    """A table of classes with names to be filled in, as `envgis.sources.legends` reads it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("value", *LEGEND_COLUMNS))
    for value in classes:
        named = both("init.legend.class", code=str(value))
        writer.writerow((value, value, named["es"], named["en"], ""))
    # Excel takes a table without the mark for Latin-1.
    return out.getvalue().encode("utf-8-sig")


def batch(words: Language) -> bytes:
    """``envgis-run.bat``: checks, runs and opens the page, from the folder in which it lies. ASCII, as every console reads it."""
    lines = [
        "@echo off",
        "setlocal",
        'cd /d "%~dp0"',
        "where envgis >nul 2>nul",
        "if errorlevel 1 (",
        f"  echo {phrase('init.bat.no-envgis', words)}",
        "  pause",
        "  exit /b 1",
        ")",
        "envgis check .",
        "if errorlevel 1 goto end",
        "envgis run .",
        "if errorlevel 1 goto end",
        'if exist "maps\\index.html" start "" "maps\\index.html"',
        ":end",
        "pause",
    ]
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _table(words: Language, **entries: Any) -> Table:
    """A table of values; a pair is a value and the phrase of its comment."""
    table = tomlkit.table()
    for key, entry in entries.items():
        value, note = entry if isinstance(entry, tuple) else (entry, None)
        table[key] = value
        if note:
            table[key].comment(phrase(note, words))
    return table


def _offer(table: Table, words: Language, setting: str, note: str | None) -> None:
    """A setting that only the owner can decide, commented out: without its first "#" the line is TOML."""
    table.add(tomlkit.comment(f"{setting}  # {phrase(note, words)}" if note else setting))


def _paths(paths: Sequence[str]) -> Any:
    return paths[0] if len(paths) == 1 else list(paths)


def _credits(table: Table, words: Language, year: str = "", explained: bool = True) -> None:
    """Where a layer comes from: only its owner knows."""
    _offer(table, words, 'source = "…"', "init.toml.source" if explained else None)
    if year:
        table["date"] = year
        if explained:
            table["date"].comment(phrase("init.toml.year", words))


def _municipalities(seen: Seen, words: Language) -> Table:
    found = seen.municipalities
    if found is None and seen.unplaced is not None:
        return _table(words, path=str(seen.unplaced.at.file), code=("code", "init.toml.unplaced"), name="name")
    if found is None:
        return _table(words, path=("municipios.gpkg", "init.toml.no-municipalities"), code="code", name="name")
    table = _table(words, path=found.path)
    if found.layer:
        table["layer"] = found.layer
    table["code"] = found.code
    table["code"].comment(phrase("init.toml.guessed", words))
    if found.digits:
        table["code_digits"] = found.digits
        table["code_digits"].comment(phrase("init.toml.digits", words))
    table["name"] = found.name
    table["name"].comment(phrase("init.toml.guessed", words))
    _offer(table, words, 'select = ["1201"]', "init.toml.select")
    _offer(table, words, 'exclude = ["…"]', "init.toml.exclude")
    _credits(table, words)
    return table


def _landuse(seen: Seen, words: Language) -> Table:
    found = seen.landuse
    assert found is not None
    table = _table(words, path=_paths(found.paths))
    if found.scheme:
        table["scheme"] = found.scheme
        table["scheme"].comment(phrase("init.toml.scheme", words))
    else:
        table["legend"] = found.legend
        table["legend"].comment(phrase("init.toml.new-legend" if found.legend_is_new else "init.toml.legend", words))
    _credits(table, words)
    return table


def _codes(raster: Raster) -> InlineTable:
    """Every class but 0, with its level to be filled in."""
    codes = ", ".join(f'"{value}" = "?"' for value in raster.classes if value != 0)
    table = tomlkit.value(f"{{ {codes} }}")
    assert isinstance(table, InlineTable)
    return table


def _hazard(raster: Raster, words: Language, first: bool, asks_measure: bool) -> Table:
    """One ``[[hazard]]``. What holds for every one of them is explained at the first alone."""
    told = raster.said
    names = {"name": told.hazard, "scenario": told.scenario}
    table = _table(words, **{key: (value, note if first else None) for (key, value), note in zip(names.items(), _OF_EVERY_HAZARD, strict=True)})
    if told.return_period:
        table["return_period"] = int(told.return_period)
        table["return_period"].comment(phrase("init.toml.return-period", words))
        table["measure"] = "hazard"
        table["measure"].comment(phrase("init.toml.measure-hazard", words))
    elif asks_measure:
        _offer(table, words, 'measure = "hazard"', "init.toml.measure")
    table["path"] = _paths(raster.paths)
    # A guess that would look right is not made: a "?" is refused by name until somebody answers.
    table["kind"] = "?" if raster.asks_unit else raster.kind
    if raster.asks_unit:
        table["kind"].comment(phrase("init.toml.unit", words))
    elif first:
        table["kind"].comment(phrase("init.toml.kind", words))
    if raster.asks_scale:
        top = max(raster.classes)
        table["codes"] = _codes(raster)
        table["codes"].comment(phrase("init.toml.scale", words, top=top, level=phrase(f"level.{top}", words)))
    # What must be filled in is text where a number belongs: left as it is, `check` names the key and nothing is counted.
    if raster.needs_codes:
        _offer(table, words, f"codes = {_codes(raster).as_string()}", "init.toml.codes")
    if raster.has_zero:
        _offer(table, words, 'zero = "none"', "init.toml.zero")
    if raster.needs_breakpoints:
        _offer(table, words, 'breakpoints = ["1|2", "2|3", "3|4", "4|5"]', "init.toml.breakpoints")
    _credits(table, words, told.year, explained=first)
    return table
