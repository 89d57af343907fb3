"""Which hazards were really examined at a site, in words: a map without data there examines nothing."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from envgis.levels import HazardMap
from envgis.locale import LANGUAGES, Language, both, listing

Words = Mapping[Language, str]
_WHOLE, _PARTLY, _NOT = range(3)


class Examined:
    """What to say of each site after the reason: the hazards seen there, those seen in part, those not seen at all."""

    def __init__(self, no_data_share: NDArray[np.float64], maps: Sequence[HazardMap]) -> None:
        """no_data_share (sites, maps) : share of each site's ground without data on each map"""
        titles = [tuple(m.hazard.title[language] for language in LANGUAGES) for m in maps]
        self._titles = list(dict.fromkeys(titles))
        of_title = [[j for j, one in enumerate(titles) if one == title] for title in self._titles]
        self._state = np.full((len(no_data_share), len(self._titles)), _WHOLE, np.int64)
        for k, columns in enumerate(of_title):
            gone = no_data_share[:, columns]
            self._state[:, k] = np.where((gone == 1).all(axis=1), _NOT, np.where((gone > 0).any(axis=1), _PARTLY, _WHOLE))
        # Thousands of sites have few combinations between them.
        self._said = functools.cache(self._say)

    def all(self) -> Words:
        """Every hazard, examined or not, as a list."""
        return _listed(self._titles)

    def at(self, site: int, told: HazardMap | None = None) -> Words:
        """The sentences about one site. ``told``: the map of which the reason itself says that data are missing."""
        title = tuple(told.hazard.title[language] for language in LANGUAGES) if told is not None else None
        return self._said(tuple(self._state[site].tolist()), title)

    def _say(self, states: tuple[int, ...], told: tuple[str, ...] | None) -> Words:
        seen = [title for title, state in zip(self._titles, states, strict=True) if state != _NOT]
        said = [both("screen.examined_one" if len(seen) == 1 else "screen.examined", names=_listed(seen))] if seen else []
        for state, key in ((_NOT, "screen.none_here"), (_PARTLY, "screen.part_here")):
            of_state = [title for title, one in zip(self._titles, states, strict=True) if one == state and title != told]
            if of_state:
                said.append(both(key, names={language: text[:1].upper() + text[1:] for language, text in _listed(of_state).items()}))
        return {language: " ".join(one[language] for one in said) for language in LANGUAGES}


def _listed(titles: Sequence[tuple[str, ...]]) -> Words:
    """Titles as a list in a sentence, in both languages."""
    return {language: listing([title[k].lower() for title in titles], language) for k, language in enumerate(LANGUAGES)}
