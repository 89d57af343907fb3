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
    """The rows of a table under ``envgis/data``, as text."""
    text = files("envgis.data").joinpath(f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def translate(text: pd.Series, meaning: Callable[[str], object]) -> pd.Series:
    """What ``meaning`` makes of each cell, asked once for each different one."""
    codes, unique = pd.factorize(text.astype(object), use_na_sentinel=False)
    meanings = np.empty(len(unique), dtype=object)
    meanings[:] = [meaning(str(cell)) for cell in unique]
    return pd.Series(meanings[codes], index=text.index)


def or_missing(text: pd.Series) -> pd.Series:
    """Text with NA where it is empty."""
    return text.astype("string").mask(text == "")


def synonyms(cell: str) -> list[str]:
    """The words of a ``|``-joined cell."""
    return [word for word in cell.split("|") if word]


@cache
def vocabulary(field: str) -> Mapping[str, str]:
    """Folded word → value, of a field with a fixed set of values (``status``, ``funding_source``, …)."""
    words: dict[str, str] = {}
    for row in shipped("words"):
        if row["field"] == field:
            words |= {fold(word): row["value"] for word in [row["value"], *synonyms(row["synonyms"])]}
    return words


def _trigrams(text: str) -> set[str]:
    padded = "  " + " ".join(word for word in fold(text).split() if word not in _FILLERS) + " "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


class Nearest:
    """The known words nearest to an unknown one, by shared trigrams (Dice); to be shown to a person, never to decide."""

    def __init__(self, known: Iterable[tuple[str, str]]) -> None:
        """``known`` : pairs of word and what it stands for"""
        self._meanings: list[str] = []
        self._sizes: list[int] = []
        self._by_gram: dict[str, list[int]] = {}
        for i, (word, meaning) in enumerate(known):
            grams = _trigrams(word)
            self._meanings.append(meaning)
            self._sizes.append(len(grams))
            for gram in grams:
                self._by_gram.setdefault(gram, []).append(i)

    def __call__(self, word: str, count: int = 3) -> list[str]:
        """``count`` meanings, the nearest first (fewer where fewer are known)."""
        grams = _trigrams(word[:80])
        shared: dict[int, int] = {}
        for gram in grams:
            for i in self._by_gram.get(gram, ()):
                shared[i] = shared.get(i, 0) + 1
        best: dict[str, float] = {}
        for i, common in shared.items():
            meaning = self._meanings[i]
            best[meaning] = max(best.get(meaning, 0.0), 2 * common / (len(grams) + self._sizes[i]))
        if len(best) < count:
            best = dict.fromkeys(self._meanings, 0.0) | best
        return sorted(best, key=lambda meaning: (-best[meaning], meaning))[:count]
