"""What does not fit the models of ``envgis.toml``, as faults that name the key as it stands in the file."""

from __future__ import annotations

import difflib
import re
import types
import typing
from typing import Any

from pydantic import BaseModel

from envgis.faults import Fault, Message, Place

# What pydantic asks for, by its error's type, as a phrase of ours.
_EXPECTED = {
    "string_type": "text",
    "int_type": "whole",
    "int_from_float": "whole",
    "float_type": "number",
    "finite_number": "number",
    "bool_type": "yes-no",
    "list_type": "list",
    "dict_type": "table",
    "model_type": "table",
    "date_type": "date",
    "greater_than": "above",
    "greater_than_equal": "at-least",
    "less_than_equal": "at-most",
    "too_short": "items-at-least",
    "too_long": "items-at-most",
    "string_too_short": "text-not-empty",
    "string_pattern_mismatch": "plain-name",
}


def misfit(error: Any, root: type[BaseModel], file: str) -> Fault:
    """One of pydantic's errors (an `ErrorDetails`) as a fault; an unknown key with the nearest known one.

    root : the model of the whole file

    >>> from envgis.workspace import Workspace
    >>> error = {"type": "int_type", "loc": ("hazard", 1, "band"), "input": "two"}
    >>> fault = misfit(error, Workspace, "envgis.toml")
    >>> fault.code, fault.found, fault.values["key"]
    ('toml-wrong-value', '"two"', '[[hazard]] 2, band')
    """
    loc, at = tuple(error["loc"]), Place(file)
    values: dict[str, object] = {"key": _key(loc, root)}
    match error["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(str(loc[-1]), _keys_beside(loc, root), n=1, cutoff=0.6)
            if near:
                return Fault("toml-unknown-key-near", at, str(loc[-1]), {**values, "near": near[0]})
            return Fault("toml-unknown-key", at, str(loc[-1]), {**values, "known": sorted(_keys_beside(loc, root))})
        case "missing":
            return Fault("toml-missing-key", at, str(loc[-1]), values)
        case "literal_error":
            allowed = re.findall(r"'([^']*)'", error["ctx"]["expected"])
            return Fault("toml-not-allowed", at, _shown(error["input"]), {**values, "allowed": allowed})
        case "list_type" if loc == ("hazard",) and isinstance(error["input"], dict):
            return Fault("toml-hazard-single", at, "[hazard]", values)
    limits = {k: v for k, v in error.get("ctx", {}).items() if isinstance(v, int | float)}
    expected = Message(f"expected.{_EXPECTED.get(error['type'], 'other')}", limits)
    return Fault("toml-wrong-value", at, _shown(error["input"]), {**values, "expected": expected})


def _shown(value: object) -> str:
    """A value as it stands in the file, cut short."""
    match value:
        case str():
            text = f'"{value}"'
        case bool():
            text = str(value).lower()
        case dict():
            text = "{…}"
        case list():
            text = "[" + ", ".join(_shown(v) for v in value[:5]) + (", …]" if len(value) > 5 else "]")
        case _:
            text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _key(loc: tuple[Any, ...], root: type[BaseModel]) -> str:
    """A key as a person finds it in the file: ``[municipalities] path``, ``[[hazard]] 2, kind``."""
    table, rest = str(loc[0]), list(loc[1:])
    if table not in root.model_fields:
        return table
    head = f"[[{table}]]" if table == "hazard" else f"[{table}]"
    if rest and isinstance(rest[0], int) and table == "hazard":
        head += f" {rest.pop(0) + 1}" + ("," if rest else "")
    tail = ".".join(str(part + 1) if isinstance(part, int) else part for part in rest)
    return f"{head} {tail}".strip()


def _keys_beside(loc: tuple[Any, ...], model: type[BaseModel]) -> list[str]:
    """The keys that the table around ``loc`` knows."""
    for part in loc[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            inner = model_in(model.model_fields[part].annotation)
            if inner is None:
                return []
            model = inner
    return list(model.model_fields)


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds: itself, a list of them, or one that may be missing.

    >>> from envgis.workspace import Hazard, Workspace
    >>> model_in(Workspace.model_fields["hazard"].annotation) is Hazard, model_in(str)
    (True, None)
    """
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is not None:
        for argument in typing.get_args(annotation):
            found = model_in(argument)
            if found is not None:
                return found
    return None
