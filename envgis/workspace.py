"""``envgis.toml`` as typed models: text in, models out.

No layer is opened here. All that is wrong in the file is reported at once (what a single key shows: `envgis.misfits`).
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from envgis.faults import BadInput, Fault, Message, Place
from envgis.locale import phrases
from envgis.misfits import misfit

FILE = "envgis.toml"
Kind = Literal["levels", "index", "depth", "soil_loss"]
Measure = Literal["susceptibility", "hazard"]
# What a class map's own codes may stand for: 0…5, and 255 for no data.
_LEVELS = (0, 1, 2, 3, 4, 5, 255)
# The scenario that the rules for sites look for, and words that mean it.
PRESENT = "present"
_MEANS_PRESENT = ("presente", "actual", "actualidad", "hoy", "ahora", "current", "today", "now")
# Of a scenario's name, in a file's name: Windows has room for 260 letters with all folders.
_LONGEST = 48
# Of the output folder, in bytes: names of 255 are the longest, and those of the folders beside it are longer.
_LONGEST_FOLDER = 200


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_text(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Paths = Annotated[list[str], BeforeValidator(_as_list, json_schema_input_type=str | list[str]), Field(min_length=1)]


class Credited(_Table):
    """Where a layer comes from, printed at the foot of every product."""

    source: str = ""
    licence: str = ""


class Published(Credited):
    """A layer that maps show. ``public = false``: counted, never drawn."""

    public: bool = True


class Described(Credited):
    """A layer with the date of what it shows: a day, a year, any text."""

    date: Annotated[str, BeforeValidator(_as_text, json_schema_input_type=dt.date | int | str)] = ""


class General(_Table):
    """``[workspace]``. ``synthetic``: every product says that the data are no basis for decisions."""

    name: str
    language: Literal["es", "en", "both"] = "es"
    allow_outside: bool = False
    synthetic: bool = False


class Municipalities(Described):
    """``[municipalities]``. ``code_digits``: how many digits a code has, where the layer keeps codes as numbers."""

    path: str
    layer: str | None = None
    code: str = "code"
    code_digits: int | None = Field(None, ge=1, le=12)
    name: str = "name"
    select: list[str] | None = None
    exclude: list[str] = []
    overlaps: Literal["refuse", "lower_code"] = "refuse"


class LandUse(Described, Published):
    """``[landuse]``: a raster with a legend, or polygons with a code column. One of legend and scheme."""

    path: Paths
    layer: str | None = None
    band: int = Field(1, ge=1)
    code: str | None = None
    legend: str | None = None
    scheme: Literal["esa-worldcover", "nlcd", "ipcc"] | None = None


class Hazard(Described, Published):
    """One ``[[hazard]]``: one raster for one hazard, scenario and return period."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")
    family: str = ""
    scenario: str = Field(PRESENT, min_length=1)
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


class Reports(Published):
    """``[actions]``: files of field reports, the day on which actions count as in force, the user's words for ours.

    ``effects`` : a table of the user's own effects (columns as in data/effects.csv), which replace those shipped.
    ``cuerda_varas`` : how many varas a side of the cuerda in use here has; without it areas in cuerdas are not known.
    """

    paths: list[str] = Field(min_length=1)
    date: dt.date
    columns: dict[str, str] = {}
    types: dict[str, str] = {}
    effects: str | None = None
    cuerda_varas: float | None = Field(None, ge=10, le=50)


class Sites(Published):
    """``[sites]``: project sites that every run screens."""

    paths: list[str] = Field(min_length=1)
    columns: dict[str, str] = {}
    radius_m: float = Field(30.0, gt=0, le=10_000)


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

    >>> try:
    ...     parse("[workspace]\\nname = 3")
    ... except BadInput as stop:
    ...     [(fault.code, fault.found) for fault in stop.faults]
    [('toml-wrong-value', '3'), ('toml-missing-key', 'municipalities'), ('toml-missing-key', 'hazard')]
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput([_syntax(str(error), text, file)]) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, lists in lists in lists
        raise BadInput([Fault("toml-too-much", Place(file))]) from None
    try:
        workspace = Workspace.model_validate(table)
    except ValidationError as error:
        raise BadInput([misfit(one, Workspace, file) for one in error.errors()]) from None
    looks = (_selection_faults, _hazard_faults, _legend_faults, _output_faults)
    faults = [fault for look in looks for fault in look(workspace, file)]
    if faults:
        raise BadInput(faults)
    return workspace


def _syntax(said: str, text: str, file: str) -> Fault:
    """tomllib's English word, as a line and what stands there."""
    position = re.search(r"line (\d+)", said)
    lines = text.splitlines()
    row = int(position[1]) if position else max(1, len(lines))
    return Fault("toml-syntax", Place(file, row=row), lines[row - 1].strip()[:80] if row <= len(lines) else "")


def _selection_faults(workspace: Workspace, file: str) -> Iterator[Fault]:
    """An empty list asks for nothing, and hardly anybody means that; all are had by leaving the key out."""
    if workspace.municipalities.select == []:
        yield Fault("municipality-select-empty", Place(file), "select = []")


def _hazard_faults(workspace: Workspace, file: str) -> Iterator[Fault]:
    """What no single key shows: a map given twice, bounds out of order, codes that are no levels, a hazard without a title."""
    seen: dict[str, tuple[Hazard, str]] = {}
    for number, hazard in enumerate(workspace.hazard, start=1):
        at, where = Place(file), f"[[hazard]] {number}"
        found = f"{hazard.name} · {hazard.scenario}" + (f" · T{hazard.return_period:g}" if hazard.return_period else "")
        slug = map_slug(hazard.name, hazard.scenario, hazard.return_period)
        # Windows and GeoPackages take names that differ in capitals only for one.
        first = seen.setdefault(slug.casefold(), (hazard, found))
        if first[0] is not hazard:
            same = (first[0].scenario, first[0].return_period) == (hazard.scenario, hazard.return_period)
            yield Fault("hazard-twice" if same else "hazard-same-file", at, found, {"key": where, "first": first[1], "slug": slug, "most": _LONGEST})
        if _means_present(hazard.scenario):
            yield Fault("scenario-near-present", at, hazard.scenario, {"key": f"{where}, scenario", "near": PRESENT})
        bounds = hazard.breakpoints
        if bounds and not (all(a < b for a, b in pairwise(bounds)) or all(a > b for a, b in pairwise(bounds))):
            yield Fault("breakpoints-order", at, ", ".join(f"{b:g}" for b in bounds), {"key": f"{where}, breakpoints"})
        for code, level in (hazard.codes or {}).items():
            if not re.fullmatch(r"[0-9]{1,5}", code) or level not in _LEVELS:
                yield Fault("hazard-codes", at, f'"{code}" = {level}', {"key": f"{where}, codes"})
        if f"hazard.{hazard.name}" not in phrases() and not (hazard.title_es and hazard.title_en):
            yield Fault("hazard-title-missing", at, hazard.name, {"key": where})


def _means_present(scenario: str) -> bool:
    """Whether somebody meant the present and wrote another word: no rule would find it."""
    word = scenario.strip().casefold()
    near = word.isalpha() and bool(difflib.get_close_matches(word, [PRESENT], cutoff=0.85))
    return scenario != PRESENT and (word in _MEANS_PRESENT or near)


def doubts(workspace: Workspace, file: str = FILE) -> list[Fault]:
    """Warnings of what may be meant as it stands, but makes results say less than they seem to.

    >>> text = (workspace / FILE).read_text(encoding="utf-8")
    >>> [(fault.code, fault.found) for fault in doubts(parse(text.replace("[[hazard]]", "[[hazard]]\\nscenario = '2050'")))]
    [('scenario-no-present', '2050')]
    """
    names = dict.fromkeys(hazard.name for hazard in workspace.hazard)
    seen = {hazard.name for hazard in workspace.hazard if hazard.scenario == PRESENT}
    if not seen:
        scenarios = dict.fromkeys(hazard.scenario for hazard in workspace.hazard)
        return [Fault("scenario-no-present", Place(file), ", ".join(scenarios), severity="warning")]
    return [Fault("scenario-hazard-no-present", Place(file), name, severity="warning") for name in names if name not in seen]


def map_slug(hazard: str, scenario: str, return_period: float | None) -> str:
    """A hazard map's name in files and columns: ASCII letters and digits, a long scenario cut.

    >>> map_slug("flood", "2050 SSP5-8.5", 100)
    'flood_2050-SSP5-8-5_T100'
    """
    safe = re.sub(r"[^A-Za-z0-9]", "-", scenario)[:_LONGEST]
    return f"{hazard}_{safe}" + (f"_T{return_period:g}" if return_period is not None else "")


def _legend_faults(workspace: Workspace, file: str) -> Iterator[Fault]:
    if workspace.landuse and workspace.landuse.legend and workspace.landuse.scheme:
        yield Fault("landuse-two-legends", Place(file), workspace.landuse.legend, {"scheme": workspace.landuse.scheme})


def public_fields() -> list[str]:
    """What of an action may be shown: the fields for which the maps have a name.

    >>> fields = public_fields()
    >>> "area_ha" in fields, "phone" in fields
    (True, False)
    """
    return [key.removeprefix("field.") for key in phrases() if key.startswith("field.")]


def _output_faults(workspace: Workspace, file: str) -> Iterator[Fault]:
    folder, known = workspace.outputs.folder, public_fields()
    if (length := len(folder.encode())) > _LONGEST_FOLDER:
        values = {"key": "[outputs] folder", "length": length, "most": _LONGEST_FOLDER}
        yield Fault("outputs-folder-long", Place(file), folder[:40] + "…", values)
    for field in workspace.outputs.public_fields:
        if field not in known:
            yield Fault("outputs-public-field", Place(file), field, {"key": "[outputs] public_fields", "known": known})


def resolve(folder: Path, path: str, allow_outside: bool) -> Path | None:
    """The absolute path of ``path`` in ``folder``; None if it lies outside and that is not allowed, or is no path at all.

    >>> resolve(Path("layers"), "../elsewhere.tif", allow_outside=False) is None
    True
    >>> resolve(Path("layers"), "actions/a.csv", allow_outside=False).relative_to(Path("layers").resolve()).as_posix()
    'actions/a.csv'
    """
    try:
        whole = (folder / path).resolve()
    except (OSError, ValueError, RuntimeError):  # a NUL in it, links in a circle
        return None
    inside = whole.is_relative_to(folder.resolve())
    return whole if inside or allow_outside else None


def locate(folder: Path, path: str, allow_outside: bool, key: str) -> tuple[Path | None, list[Fault]]:
    """The file that ``path`` names in ``folder``; or the fault: outside, or missing, with the nearest names that are there.

    key : where the workspace names it, for example ``[municipalities] path``

    >>> (workspace / "landslide.tif").touch()
    >>> path, (fault,) = locate(workspace, "landslides.tif", False, "[[hazard]] 1, path")
    >>> path, fault.code, fault.values["hint"].values["near"]
    (None, 'path-missing', 'landslide.tif')
    """
    whole = resolve(folder, path, allow_outside)
    if whole is None:
        return None, [Fault("path-outside", Place(FILE), path, {"key": key})]
    try:
        if whole.is_file():
            return whole, []
        beside = [p.name for p in whole.parent.iterdir() if p.is_file()] if whole.parent.is_dir() and whole != folder.resolve() else []
    except OSError:
        beside = []
    near = difflib.get_close_matches(whole.name, beside, n=1, cutoff=0.6)
    hint = Message("path.near", {"near": Path(path).with_name(near[0]).as_posix()}) if near else None
    return None, [Fault("path-missing", Place(FILE), path, {"key": key, "hint": hint})]


def output_folder(workspace: Workspace, folder: Path) -> Path:
    """Where a run of ``folder`` writes unless told otherwise. Raises BadInput if that lies outside and is not allowed.

    >>> table = parse((workspace / FILE).read_text(encoding="utf-8"))
    >>> output_folder(table, Path("layers")).as_posix()
    'layers/maps'
    """
    out = resolve(folder, workspace.outputs.folder, workspace.workspace.allow_outside)
    if out is None:
        raise BadInput([Fault("path-outside", Place(FILE), workspace.outputs.folder, {"key": "[outputs] folder"})])
    return folder / workspace.outputs.folder
