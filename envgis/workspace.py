"""``envgis.toml`` as typed models: text in, models out.

Nothing is opened here. All that is wrong in the file is reported at once, an unknown key with the nearest known one.
"""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from envgis.faults import BadInput, Fault, Place

FILE = "envgis.toml"
Kind = Literal["levels", "index", "depth", "soil_loss"]
Measure = Literal["susceptibility", "hazard"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else str(value) if isinstance(value, int) else value


Paths = Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)]


class Credited(_Table):
    """Where a layer comes from, printed at the foot of every product. ``public = false``: counted, never drawn."""

    source: str = ""
    licence: str = ""
    public: bool = True


class Described(Credited):
    """A layer with the date of what it shows: a day, a year, any text."""

    date: Annotated[str, BeforeValidator(_as_text)] = ""


class General(_Table):
    """``[workspace]``. ``synthetic``: every product says that the data are no basis for decisions."""

    name: str
    language: Literal["es", "en", "both"] = "es"
    allow_outside: bool = False
    synthetic: bool = False


class Municipalities(Described):
    """``[municipalities]``"""

    path: str
    layer: str | None = None
    code: str = "code"
    name: str = "name"
    select: list[str] | None = None
    exclude: list[str] = []
    overlaps: Literal["refuse", "lower_code"] = "refuse"


class LandUse(Described):
    """``[landuse]``: a raster with a legend, or polygons with a code column. One of legend and scheme."""

    path: Paths
    layer: str | None = None
    band: int = Field(1, ge=1)
    code: str | None = None
    legend: str | None = None
    scheme: Literal["esa-worldcover", "nlcd", "ipcc"] | None = None


class Hazard(Described):
    """One ``[[hazard]]``: one raster for one hazard, scenario and return period."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")
    family: str = ""
    scenario: str = Field("present", min_length=1)
    return_period: float | None = Field(None, gt=0)
    measure: Measure = "susceptibility"
    path: Paths
    band: int = Field(1, ge=1)
    kind: Kind
    codes: dict[str, int] | None = None
    zero: Literal["none", "no_data"] | None = None
    breakpoints: Annotated[list[float], Field(min_length=4, max_length=4)] | None = None
    closed: Literal["right", "left"] | None = None
    title_es: str | None = None
    title_en: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _family_is_the_name(cls, table: Any) -> Any:
        if isinstance(table, dict) and not table.get("family"):
            return {**table, "family": table.get("name", "")}
        return table


class Population(Described):
    """``[population]``: people per cell."""

    path: Paths
    band: int = Field(1, ge=1)


class Reports(Credited):
    """``[actions]``: files of field reports, the day on which actions count as in force, the user's words for ours."""

    paths: list[str] = Field(min_length=1)
    date: dt.date
    columns: dict[str, str] = {}
    types: dict[str, str] = {}


class Sites(Credited):
    """``[sites]``: project sites that every run screens."""

    paths: list[str] = Field(min_length=1)
    columns: dict[str, str] = {}
    radius_m: float = Field(30.0, gt=0)


class Outputs(_Table):
    """``[outputs]``"""

    folder: str = "maps"
    public_fields: list[str] = ["action_type", "status", "date_start", "area_ha"]


class Workspace(_Table):
    """A whole ``envgis.toml``."""

    workspace: General
    municipalities: Municipalities
    landuse: LandUse | None = None
    hazard: list[Hazard] = Field(min_length=1)
    population: Population | None = None
    actions: Reports | None = None
    sites: Sites | None = None
    outputs: Outputs = Outputs()


def parse(text: str, file: str = FILE) -> Workspace:
    """The workspace that ``text`` describes.

    Raises BadInput with every fault in it: text that is no TOML, unknown keys, wrong types, missing keys, two layers
    for one hazard, scenario and return period.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput([Fault("toml-syntax", Place(file), str(error))]) from None
    try:
        workspace = Workspace.model_validate(table)
    except ValidationError as error:
        raise BadInput([_fault(e, file) for e in error.errors()]) from None
    faults = list(_duplicates(workspace, file))
    if faults:
        raise BadInput(faults)
    return workspace


def _duplicates(workspace: Workspace, file: str) -> Iterator[Fault]:
    seen: set[tuple[str, str, float | None]] = set()
    for hazard in workspace.hazard:
        key = (hazard.name, hazard.scenario, hazard.return_period)
        if key in seen:
            found = f"{hazard.name} · {hazard.scenario}" + (f" · T{hazard.return_period:g}" if hazard.return_period else "")
            yield Fault("hazard-twice", Place(file), found)
        seen.add(key)


def _fault(error: Any, file: str) -> Fault:
    loc = tuple(error["loc"])
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    at = Place(file, column=where)
    match error["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(str(loc[-1]), _keys_beside(loc), n=1, cutoff=0.5)
            if near:
                return Fault("toml-unknown-key-near", at, str(loc[-1]), {"near": near[0]})
            return Fault("toml-unknown-key", at, str(loc[-1]), {"known": sorted(_keys_beside(loc))})
        case "missing":
            return Fault("toml-missing-key", at, str(loc[-1]))
        case "literal_error":
            return Fault("toml-not-allowed", at, str(error["input"]), {"allowed": error["ctx"]["expected"]})
        case _:
            return Fault("toml-wrong-type", at, str(error["input"])[:80], {"expected": error["msg"]})


def _keys_beside(loc: tuple[Any, ...]) -> list[str]:
    """The keys that the table around ``loc`` knows."""
    model: type[BaseModel] = Workspace
    for part in loc[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            inner = _model_in(model.model_fields[part].annotation)
            if inner is None:
                return []
            model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is not None:
        for argument in typing.get_args(annotation):
            found = _model_in(argument)
            if found is not None:
                return found
    return None


def resolve(folder: Path, path: str, allow_outside: bool) -> Path | None:
    """The absolute path of ``path`` in ``folder``; None if it lies outside and that is not allowed."""
    whole = (folder / path).resolve()
    inside = whole.is_relative_to(folder.resolve())
    return whole if inside or allow_outside else None
