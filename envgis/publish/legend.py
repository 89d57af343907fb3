"""The legend of a hazard map: each level's name, colour and range of values with its unit, the darkest first."""

from __future__ import annotations

from dataclasses import dataclass

from envgis import locale
from envgis.levels import Breakpoints, Hazard, HazardKey
from envgis.publish.bilingual import Words, known
from envgis.publish.figures import LEVEL_ROWS


@dataclass(frozen=True)
class Row:
    """A level of a legend. ``values``: which values it stands for, "" where the map holds classes."""

    level: str
    name: Words
    values: str


def rows(hazard: Hazard, with_zero: bool) -> list[Row]:
    """The rows of a hazard's legend. ``with_zero``: whether level 0 occurs in what the page shows."""
    texts = ranges(hazard.breakpoints) if hazard.breakpoints else {}
    return [Row(level, level_name(level), texts.get(level, "")) for level in LEVEL_ROWS if level != "0" or with_zero]


def level_name(level: str) -> Words:
    """``Muy alto (5)``; no number where there is no level."""
    words = locale.both(f"level.{level}")
    return words if level == "no_data" else {language: f"{text} ({level})" for language, text in words.items()}


def ranges(points: Breakpoints) -> dict[str, str]:
    """The values of each level, as both languages write them.

    >>> ranges(Breakpoints((0.3, 0.5, 1.2, 2.0), "right", zero_is_absent=True))["5"]
    '> 2.0'
    """
    digits = max(len(f"{bound:.6f}".rstrip("0").partition(".")[2]) for bound in points.bounds)
    b = [locale.number(bound, "es", digits) for bound in points.bounds]
    beyond, upto = (">", "≤") if points.closed == "right" else ("≥", "<")
    if points.falling:
        beyond, upto = ("<", "≥") if points.closed == "right" else ("≤", ">")
    out = {"1": f"{upto} {b[0]}", "5": f"{beyond} {b[3]}"} | {str(i + 1): f"{b[i - 1]} – {b[i]}" for i in range(1, 4)}
    return {"0": "0", **out} if points.zero_is_absent else out


def unit(hazard: Hazard) -> Words:
    """The unit of a hazard's values in both languages; empty for classes."""
    return locale.both(f"unit.{hazard.kind}") if hazard.breakpoints else {"es": "", "en": ""}


def scenario(name: str) -> Words:
    """A scenario's name: ours in both languages, a user's own as it stands."""
    return known("scenario", name)


def return_period(years: float | None) -> Words:
    """``período de retorno de 100 años``; empty where the map has none."""
    return {"es": "", "en": ""} if years is None else locale.both("return_period", years=years)


def return_period_short(years: float | None) -> Words:
    """The same for a control, where there is little room."""
    return {"es": "", "en": ""} if years is None else locale.both("web.period_short", years=years)


def view(title: Words, key: HazardKey) -> Words:
    """What a map shows, in one line: hazard, scenario, return period."""
    words: dict[locale.Language, str] = {}
    for language in locale.LANGUAGES:
        parts = [title[language], scenario(key.scenario)[language], return_period(key.return_period)[language]]
        words[language] = " · ".join(part for part in parts if part)
    return words
