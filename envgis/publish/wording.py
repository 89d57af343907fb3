"""What a table's columns and values are called in the languages of a workbook or a legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import pandas as pd

from envgis import locale
from envgis.levels import HazardKey, HazardMap
from envgis.locale import LANGUAGES, Language
from envgis.publish import legend, marks
from envgis.publish.bilingual import Words, known

_NUMBER_FORMATS = {"ha": "#,##0.00", "share": "0.0%", "km": "#,##0.0", "gtq": '"Q"#,##0.00'}
_WHOLE = "#,##0"


class Found(Protocol):
    """What words depend on: an assessment, or a screening of its own."""

    @property
    def language(self) -> Literal["es", "en", "both"]: ...

    @property
    def maps(self) -> Mapping[HazardKey, HazardMap]: ...


class Wording:
    """Columns and values of the tables of what was found, in its language, or in both side by side."""

    def __init__(self, found: Found, landuse: pd.DataFrame | None = None) -> None:
        """``landuse`` : the legend, where the tables have land use in them."""
        both = found.language == "both"
        self.languages: Sequence[Language] = LANGUAGES if both else ("en",) if found.language == "en" else ("es",)
        titles: dict[HazardKey, Words] = {key: {lang: one.hazard.title[lang] for lang in LANGUAGES} for key, one in found.maps.items()}
        self._titles = {key.hazard: title for key, title in titles.items()}
        self._views = {key.slug: legend.view(title, key) for key, title in titles.items()}
        self._uses = _uses(landuse) if both and landuse is not None else {}

    def join(self, words: Words) -> str:
        """Words in the one language, or ``Nivel / Level``; once where both are alike."""
        return " / ".join(dict.fromkeys(words[language] for language in self.languages))

    def say(self, key: str, /, **values: object) -> str:
        """The phrase ``key``."""
        return self.join(locale.both(key, **values))

    def view(self, key: HazardKey) -> str:
        """A hazard map in one line: hazard, scenario, return period."""
        return self.join(self._views[key.slug])

    def column(self, name: str) -> str:
        """What a column is called; a column that has no name of ours keeps its own."""
        return self.join(known("column", name))

    def value(self, column: str, value: object) -> object:
        """A value as a reader finds it: words for ours, numbers and texts of users as they are, None for missing."""
        if value is None or pd.isna(value):  # type: ignore[call-overload]
            return None
        text = str(value)
        match column:
            case "hazard":
                return self.join(self._titles[text]) if text in self._titles else text
            case "scenario":
                return self.join(known("scenario", text))
            case "level":
                return self.join(legend.level_name(text))
            case "action_type" | "funding_source":
                words = marks.written(column, text)
                return text if not words else words if isinstance(words, str) else self.join(words)
            case "decided_by":
                return self._rule(text)
            case "status" | "decision":
                return self.join(known(column, text))
            case "landuse":
                return self.join(self._uses[text]) if text in self._uses else text
            case "layer":
                return self.join(self._views[text] if text in self._views else known("inputs", text))
        return value

    def _rule(self, text: str) -> str | None:
        """What decided about a site (``hazard|scenario|period|column``): the map and what of it."""
        if not text:
            return None
        hazard, scenario, period, column = text.split("|")
        view, of = self._views[HazardKey(hazard, scenario, float(period) if period else None).slug], known("column", column)
        return self.join({language: f"{view[language]}: {of[language]}" for language in LANGUAGES})


def _uses(landuse: pd.DataFrame) -> dict[str, Words]:
    """The classes in both languages by the Spanish name, which tables of both have; one that two classes share says too little."""
    names = landuse[["name_es", "name_en"]].astype(str).drop_duplicates()
    names = names[~names["name_es"].duplicated(keep=False)]
    words: list[Words] = [{"es": es, "en": en} for es, en in names.itertuples(index=False)]
    return {one["es"]: one for one in [*words, locale.both("level.no_data")]}


def number_format(column: str) -> str:
    """How a spreadsheet shows the numbers of a column, by the unit in its name."""
    return _NUMBER_FORMATS.get(column.rpartition("_")[2], _WHOLE)
