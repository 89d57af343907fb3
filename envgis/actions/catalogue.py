"""The catalogue of action types: what they are called, which hazards they address, how they are drawn and counted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd

from envgis.actions.words import Nearest, fold, shipped, synonyms
from envgis.locale import Language

FAMILIES = ("landslide", "flood", "erosion", "fire", "drought", "heat", "water_pollution")


@cache
def _types() -> pd.DataFrame:
    table = pd.DataFrame(shipped("catalogue"), dtype="string").set_index("action_type")
    table["width_m"] = pd.to_numeric(table["width_m"].replace("", pd.NA)).astype("Float64")
    table["support"] = table["support"] == "yes"
    return table


def types() -> pd.DataFrame:
    """The action types by their slug.

    Columns: name_es, name_en, hazards (families, space between them), geometry (kinds expected: point, line, polygon,
    any), units (which of them is its own: `own_unit`), width_m (m, of a line's footprint; NA = none), width_source, wocat,
    support (bool: such an action never changes a level), synonyms_es, synonyms_en (joined by ``|``).

    >>> types().loc["fire_break", "hazards"]
    'fire'
    """
    return _types().copy()


@cache
def names(language: Language) -> Mapping[str, str]:
    """Slug → name in one language.

    >>> names("es")["reforestation"], names("en")["reforestation"]
    ('Reforestación', 'Reforestation')
    """
    return {str(slug): str(name) for slug, name in _types()[f"name_{language}"].items()}


@cache
def _addressed() -> Mapping[str, frozenset[str]]:
    return {str(slug): frozenset(str(hazards).split()) for slug, hazards in _types()["hazards"].items()}


def addresses(action_type: str, family: str) -> bool:
    """Whether actions of this type address hazards of this family. An unknown type addresses none.

    >>> addresses("terraces", "erosion"), addresses("terraces", "fire")
    (True, False)
    """
    return family in _addressed().get(action_type, frozenset())


@cache
def families() -> tuple[str, ...]:
    """The families of hazards that some type of action addresses.

    >>> families()[:2], "earthquake" in families()
    (('drought', 'erosion'), False)
    """
    return tuple(sorted(frozenset().union(*_addressed().values())))


@cache
def words() -> Mapping[str, str]:
    """Folded name or synonym, Spanish or English → slug.

    >>> words()[fold("Reforestación")]
    'reforestation'
    """
    known: dict[str, str] = {}
    for slug, row in _types().iterrows():
        for word in (str(slug), row["name_es"], row["name_en"], *synonyms(row["synonyms_es"]), *synonyms(row["synonyms_en"])):
            known[fold(word)] = str(slug)
    return known


@cache
def nearest() -> Nearest:
    """The types that an unknown word may have meant, for a person to choose from.

    >>> nearest()("reforestasion de cuencas")[0]
    'reforestation'
    """
    return Nearest(words().items())
