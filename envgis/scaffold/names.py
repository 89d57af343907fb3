"""What a file's name says: which hazard, which scenario, which return period, which year. Only words that are there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from envgis.actions.words import fold

# Beginnings of words, Spanish and English, without accents; with a blank behind it, a whole word.
HAZARDS = {
    "landslide": ("desliz", "landslid", "derrumb", "remocion en masa"),
    "flood": ("inunda", "flood", "crecida", "desbord"),
    "erosion": ("erosi", "soil loss", "perdida de suelo", "perdida suelo", "usle", "rusle"),
    "fire": ("incend", "fire", "quema"),
    "drought": ("sequia", "drought"),
    "heat": ("calor", "heat"),
    "frost": ("helada", "frost"),
    "water_pollution": ("contamin", "pollut"),
}
# Words for a hazard that is none of those: it is not known, but it is one.
OTHER_HAZARDS = (
    "amenaza", "peligro", "hazard", "sismo", "sismi", "seism", "terremot", "earthquake", "volcan", "lahar", "tsunami", "maremot", "huracan",
    "hurrican", "tormenta", "ciclon", "cyclon", "granizo",
)  # fmt: skip
LANDUSE = ("uso ", "usos ", "landuse", "land use", "landcover", "land cover", "lulc", "cobertura", "worldcover", "nlcd", "cultivos")
POPULATION = ("pobla", "popul", "people", "personas", "worldpop", "habitant", "ghs pop", "hrsl")
TERRAIN = ("dem ", "dtm ", "mdt ", "mde ", "elev", "srtm", "terrain", "pendiente", "slope", "hillshade", "sombra", "altura")
MUNICIPALITIES = ("municip", "limite", "adm2", "boundar", "muni")
SITES = ("sitio", "site", "proyecto", "project", "puesto", "escuela", "school")
PRESENT = ("present", "presente", "actual", "hoy", "current", "historic")

# Words for a score, whatever the hazard: never metres nor tonnes.
INDEX = ("suscept", "indice", "index ", "probab")
# Units of depth other than metres; whole words.
OTHER_UNITS = ("cm ", "mm ", "dm ", "ft ", "centimet", "milimet", "pies ", "feet ")

# Q50, 100a: so short that a quarter (Q1) or a sheet (2a) must not be taken for one.
_PERIOD = re.compile(
    r"\b(?:t|tr|rp|pr)[ ]?(\d{1,4})\b|\bq[ ]?([5-9]|\d{2,4})\b|\b(?:retorno|recurrencia|return period)(?: de| of)?[ ](\d{1,4})\b"
    r"|\b(\d{1,4})[ ]?(?:yr|yrs|year|years|ano|anos|anio|anios)\b|\b(\d{2,3}|1000)a\b|\b(\d{1,4})rp\b"
)
_STORYLINE = re.compile(r"\b(ssp[ ]?\d{1,3}|ssp[ ]?\d[ ]\d[ ]\d|rcp[ ]?\d(?:[ ]?\d)?)\b")
# Letters may follow ("2040cc", "2020a"), but not a cell's size ("2000m").
_YEAR = re.compile(r"\b(19[5-9]\d|20\d\d|2100)(?!k?m\b)[a-z]*\b")


@dataclass(frozen=True)
class Said:
    """What a name says.

    scenario : "present" where it names none
    year : of the data, where it is not a scenario's
    other_hazard : it speaks of a hazard, but of none that is known
    index : it speaks of a susceptibility or an index; other_unit : of a depth that is not in metres
    """

    hazard: str | None
    scenario: str
    return_period: float | None
    year: str
    landuse: bool
    population: bool
    terrain: bool
    other_hazard: bool = False
    index: bool = False
    other_unit: bool = False


def said(name: str, this_year: int) -> Said:
    """Read a file's name.

    >>> found = said("inundacion_2050_T100.tif", 2026)
    >>> found.hazard, found.scenario, found.return_period
    ('flood', '2050', 100.0)
    >>> said("deslizamientos_2024.tif", 2026).year
    '2024'
    """
    # Digits and letters grown together stay together: "T100", "ssp585".
    words = fold(PurePosixPath(name).stem)
    years = [int(year) for year in _YEAR.findall(words)]
    future = [year for year in years if year > this_year]
    storyline = _STORYLINE.search(words)
    parts = [storyline[1].replace(" ", "")] if storyline else []
    parts += [str(future[0])] if future else []
    hazard = next((hazard for hazard, beginnings in HAZARDS.items() if begins(words, beginnings)), None)
    period = next((float(next(filter(None, found))) for found in _PERIOD.findall(words)), None)
    return Said(
        hazard=hazard,
        scenario=" ".join(parts) or "present",
        return_period=period,
        year=str(max((year for year in years if year <= this_year), default="")),
        landuse=begins(words, LANDUSE),
        population=begins(words, POPULATION),
        terrain=begins(words, TERRAIN),
        other_hazard=hazard is None and begins(words, OTHER_HAZARDS),
        index=begins(words, INDEX),
        other_unit=begins(words, OTHER_UNITS),
    )


def begins(folded: str, beginnings: tuple[str, ...]) -> bool:
    """Whether a word in a folded text begins with one of these."""
    return any(f" {beginning}" in f" {folded} " for beginning in beginnings)
