"""Spanish and English: every sentence, every number as it is written.

``faults/<room>.toml`` holds, under each fault's code, ``what``, ``cause`` and ``remedy``; ``phrases/<room>.toml`` all
other text. Both languages stand side by side, so that whoever changes one sees the other. Values are put in by
``str.format`` with the language's own number forms: ``{area:ha}``, ``{share:pct}``, ``{n}``, ``{x:n2}``, ``{day:date}``,
``{names:and}``, ``{names:or}``, ``{code:raw}``.
"""

from __future__ import annotations

import datetime as dt
import math
import string
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

from envgis.faults import Fault, Message

Language = Literal["es", "en"]
LANGUAGES: tuple[Language, ...] = ("es", "en")
# Plain "es" writes 1.234,5; Guatemala writes 1,234.5.
_BABEL = {"es": "es_GT", "en": "en"}


@dataclass(frozen=True)
class Explained:
    """A fault in one language: where it is, what it is, why it matters, what to do."""

    place: str
    what: str
    cause: str
    remedy: str


def phrase(key: str, language: Language, /, **values: object) -> str:
    """The phrase ``key`` in ``language`` with its values put in.

    Raises KeyError for a key that no file under ``phrases`` has: that is our bug.
    """
    return fill(phrases()[key][language], language, values)


def both(key: str, /, **values: object) -> dict[Language, str]:
    """The phrase in both languages."""
    return {language: phrase(key, language, **values) for language in LANGUAGES}


def sentence(message: Message, language: Language) -> str:
    """A message as a sentence: a fault's ``what``, or a phrase of that key."""
    if message.code in faults():
        return fill(faults()[message.code]["what"][language], language, message.values)
    return phrase(message.code, language, **message.values)


def remedy(message: Message, language: Language) -> str:
    """What to do about the fault that ``message`` names."""
    return fill(faults()[message.code]["remedy"][language], language, message.values)


def explain(fault: Fault, language: Language) -> Explained:
    """All that a user is told of a fault."""
    entry, values = faults()[fault.code], fault.message.values
    return Explained(place(fault, language), *(fill(entry[part][language], language, values) for part in ("what", "cause", "remedy")))


def place(fault: Fault, language: Language) -> str:
    """Where a fault lies, for example ``kobo.csv, fila 14, columna «fecha»``."""
    at = fault.at
    words = [str(at.file)] if at.file else []
    if at.layer:
        words.append(phrase("place.layer", language, layer=at.layer))
    if at.row is not None:
        words.append(phrase("place.row", language, row=str(at.row)))
    if at.column:
        words.append(phrase("place.column", language, column=at.column))
    return ", ".join(words)


@cache
def faults() -> Mapping[str, Mapping[str, Mapping[Language, str]]]:
    """Every fault's sentences by code."""
    return cast("Mapping[str, Mapping[str, Mapping[Language, str]]]", _catalogue("faults"))


@cache
def phrases() -> Mapping[str, Mapping[Language, str]]:
    """Every other phrase by key."""
    return cast("Mapping[str, Mapping[Language, str]]", _catalogue("phrases"))


def _catalogue(kind: str) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for file in sorted(files("envgis.locale").joinpath(kind).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            for key, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
                if key in entries:
                    raise KeyError(f"{kind}: {key} stands twice")
                entries[key] = entry
    return entries


def fill(template: str, language: Language, values: Mapping[str, object]) -> str:
    """Put values into a template, numbers and dates as the language writes them."""
    return _Formatter(language).vformat(template, (), values)


class _Formatter(string.Formatter):
    def __init__(self, language: Language) -> None:
        self.language = language

    def format_field(self, value: Any, spec: str) -> str:
        if isinstance(value, Message):
            return sentence(value, self.language)
        if isinstance(value, Mapping):  # a word in both languages
            return str(value[self.language])
        if value is None:
            return ""
        match spec:
            case "raw":
                return str(value)
            case "pct":
                return percent(float(value), self.language)
            case "ha":
                return hectares(float(value), self.language)
            case "date":
                return long_date(value, self.language)
            case "and" | "or":
                return listing([str(v) for v in value], self.language, spec)
        if isinstance(value, bool | str):
            return str(value)
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, int | float) or hasattr(value, "dtype"):
            return number(value, self.language, int(spec[1:]) if spec.startswith("n") else None)
        return str(value)


def number(value: float, language: Language, digits: int | None = None) -> str:
    """A number with the language's separators; ``digits`` after the point, None for as many as it needs (at most 6)."""
    from babel.numbers import format_decimal

    if not math.isfinite(value):
        return str(value)  # what a file holds must not stop the sentence about it
    pattern = "#,##0.######" if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(float(value) if digits is not None or value != int(value) else int(value), format=pattern, locale=_BABEL[language]))


def hectares(area_ha: float, language: Language) -> str:
    """An area as it is printed: whole hectares from 100 ha, one digit from 1 ha, two below."""
    return number(area_ha, language, 0 if abs(area_ha) >= 100 else 1 if abs(area_ha) >= 1 else 2) + " ha"


def percent(share: float, language: Language) -> str:
    """A share as a percentage with one digit, without a space: 23.8%."""
    return number(share * 100, language, 1) + "%"


def quetzales(amount: float, language: Language) -> str:
    """An amount in quetzales: Q1,234.50."""
    return "Q" + number(amount, language, 2)


def long_date(day: dt.date, language: Language) -> str:
    """24 de noviembre de 2026, November 24, 2026: short dates differ between the two and are never used."""
    from babel.dates import format_date

    return str(format_date(day, format="long", locale=_BABEL[language]))


def leading(language: str) -> Language:
    """The language of words in values, and in which pages open: Spanish where a workspace asks for both.

    >>> leading("both"), leading("en")
    ('es', 'en')
    """
    return "en" if language == "en" else "es"


def listing(words: Sequence[str] | Iterable[str], language: Language, join: str = "and") -> str:
    """Words as a list in a sentence. Spanish "y" becomes "e" before an i sound, "o" becomes "u" before an o sound."""
    items = list(words)
    if len(items) < 2:
        return "".join(items)
    last = items[-1].casefold()
    if language == "en":
        return ", ".join(items[:-1]) + f" {join} " + items[-1]
    if join == "and":
        glue = "e" if last.startswith(("i", "í", "hi", "hí")) and not last.startswith(("hie", "hia")) else "y"
    else:
        glue = "u" if last.startswith(("o", "ó", "ho", "hó")) else "o"
    return ", ".join(items[:-1]) + f" {glue} " + items[-1]
