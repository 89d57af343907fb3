"""Words as people write them → ours: accents, case and punctuation do not count, anything else does. Nothing is guessed."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

# Words that say nothing of what is meant.
_FILLERS = frozenset(
    (
        *("a", "al", "con", "de", "del", "e", "el", "en", "la", "las", "los", "para", "por", "un", "una", "y"),
        *("and", "for", "in", "of", "the", "to", "with"),
    )
)
_NOT_WORD = re.compile(r"[^\w$%]+|_")


def fold(text: str) -> str:
    """Lower case, no accents, punctuation as single spaces.

    >>> fold("  Tipo_de ACCIÓN: ")
    'tipo de accion'
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(_NOT_WORD.sub(" ", plain).split())


def shipped(table: str) -> list[dict[str, str]]:
    """The rows of a table under ``envgis/data``, as text.

    >>> shipped("screening")[0]["decision"]
    'avoid'
    """
    text = files("envgis.data").joinpath(f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def translate(text: pd.Series, meaning: Callable[[str], object]) -> pd.Series:
    """What ``meaning`` makes of each cell, asked once for each different one.

    >>> translate(pd.Series(["sí", "no", "sí"]), lambda word: word == "sí").to_list()
    [True, False, True]
    """
    codes, unique = pd.factorize(text.astype(object), use_na_sentinel=False)
    meanings = np.empty(len(unique), dtype=object)
    meanings[:] = [meaning(str(cell)) for cell in unique]
    return pd.Series(meanings[codes], index=text.index)


def or_missing(text: pd.Series) -> pd.Series:
    """Text with NA where it is empty.

    >>> or_missing(pd.Series(["a", ""])).to_list()
    ['a', <NA>]
    """
    return text.astype("string").mask(text == "")


def synonyms(cell: str) -> list[str]:
    """The words of a ``|``-joined cell.

    >>> synonyms("vivero|vivero forestal")
    ['vivero', 'vivero forestal']
    """
    return [word for word in cell.split("|") if word]


@cache
def vocabulary(field: str) -> Mapping[str, str]:
    """Folded word → value, of a field with a fixed set of values (``status``, ``funding_source``, …).

    >>> vocabulary("status")[fold("Terminada")]
    'done'
    """
    words: dict[str, str] = {}
    for row in shipped("words"):
        if row["field"] == field:
            words |= {fold(word): row["value"] for word in [row["value"], *synonyms(row["synonyms"])]}
    return words


# Endings that nouns of unlike meaning share: "mejoramiento" is not like "tratamiento".
_ENDING = re.compile(r"(?<=\w{3})(?:amientos?|imientos?|aciones|acion|ciones|cion|iones|ion)$")
# Two words are akin if they share so large a beginning, and this many letters at least.
_AKIN, _BEGINNING = 0.6, 4
# Below this share of letters in common, and without a word in common, nothing is really alike.
_ALIKE = 0.4


def _words(text: str) -> list[str]:
    return [word for word in fold(text).split() if word not in _FILLERS]


def _trigrams(words: Iterable[str]) -> set[str]:
    padded = "  " + " ".join(_ENDING.sub("", word) for word in words) + " "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def _kinship(word: str, other: str) -> float:
    """1 for one and the same word, less for words of one beginning, 0 for the rest."""
    if word == other:
        return 1.0
    same = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    share = same / max(len(word), len(other))
    return share if same >= _BEGINNING and share >= _AKIN else 0.0


class Nearest:
    """The known words nearest to an unknown one, to be shown to a person, never to decide.

    Words in common count first, then letters in common (trigrams); both as Dice's coefficient.

    >>> Nearest([("vivero forestal", "nursery"), ("terrazas", "terraces")])("viveros", count=1)
    ['nursery']
    """

    def __init__(self, known: Iterable[tuple[str, str]]) -> None:
        """``known`` : pairs of word and what it stands for"""
        self._known = [(words, _trigrams(words), meaning) for word, meaning in known for words in [_words(word)]]

    def __call__(self, word: str, count: int = 3) -> list[str]:
        """``count`` meanings, the nearest first (fewer where fewer are known)."""
        best = self._likeness(word)
        return sorted(best, key=lambda meaning: (-best[meaning][0], -best[meaning][1], meaning))[:count]

    def alike(self, word: str) -> bool:
        """Whether any known word is really like this one."""
        return any(words > 0 or letters >= _ALIKE for words, letters in self._likeness(word).values())

    def _likeness(self, word: str) -> dict[str, tuple[float, float]]:
        """By meaning, the best of its words: the share of words in common, and that of letters."""
        asked = _words(word[:80])
        grams = _trigrams(asked)
        best: dict[str, tuple[float, float]] = {}
        for words, known, meaning in self._known:
            akin = sum(max((_kinship(one, other) for other in words), default=0.0) for one in asked)
            shares = (2 * akin / max(1, len(asked) + len(words)), 2 * len(grams & known) / (len(grams) + len(known)))
            best[meaning] = max(best.get(meaning, (0.0, 0.0)), shares)
        return best
