"""docs/settings.md and docs/ajustes.md: every key of envgis.toml.

Keys, kinds, choices, limits and defaults come from the models of `envgis.workspace`, by their JSON schema; the sentences
from ``settings.toml`` beside this file.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from envgis.actions import catalogue
from envgis.actions.columns import known
from envgis.levels import published
from envgis.locale import Language, listing, phrase, phrases
from envgis.workspace import Workspace, public_fields

TEXTS = tomllib.loads(Path(__file__).with_name("settings.toml").read_text(encoding="utf-8"))
SENTENCES: Mapping[str, Mapping[str, str]] = TEXTS["setting"]
EXAMPLE: str = TEXTS["example"]["text"].strip()
_PLURAL = {"text": "texts", "whole": "wholes", "number": "numbers"}


class Key(NamedTuple):
    """A key of a table, as the schema has it."""

    table: str
    name: str
    schema: Mapping[str, Any]
    required: bool

    @property
    def sentence(self) -> str:
        """Its sentence's name: its own, else the one for all tables."""
        own = f"{self.table}.{self.name}"
        return own if own in SENTENCES else f"*.{self.name}"


def page(language: Language) -> str:
    """The whole reference in one language."""
    whole = Workspace.model_json_schema()
    keys = list(every_key(whole))
    parts = [_part("head", language)]
    for table in whole["properties"]:
        need = _word("table-required" if table in whole["required"] else "table-optional", language)
        parts.append(f"## {_heading(table)}\n\n{_sentence(table, language)} {need}\n")
        own = [key for key in keys if key.table == table and not key.sentence.startswith("*")]
        parts.append(_rows([_row(key, _sentence(key.sentence, language), language) for key in own], language))
    parts += [_part("shared", language), _rows(list(_shared(keys, language)), language)]
    parts += [_part("example", language), f"```toml\n{EXAMPLE}\n```\n"]
    return "\n".join(parts)


def every_key(whole: Mapping[str, Any]) -> Iterator[Key]:
    """The keys of all tables, in the order of the models."""
    for table, schema in whole["properties"].items():
        reference = next(_references(schema))
        model = whole["$defs"][reference.rsplit("/", 1)[1]]
        for name, key in model["properties"].items():
            yield Key(table, name, key, name in model.get("required", ()))


def _references(schema: Mapping[str, Any]) -> Iterator[str]:
    """The model behind a table, which may stand in a list or be optional."""
    if "$ref" in schema:
        yield schema["$ref"]
    for inner in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])):
        yield from _references(inner)


def _shared(keys: list[Key], language: Language) -> Iterator[str]:
    """A row for each key that the tables of layers have in one meaning; which ones, where not all have it."""
    common: dict[str, list[Key]] = {}
    for key in keys:
        if key.sentence.startswith("*"):
            common.setdefault(key.name, []).append(key)
    layers = {key.table for some in common.values() for key in some}
    for some in common.values():
        meaning = _sentence(some[0].sentence, language)
        if len(some) < len(layers):
            tables = ", ".join(f"`{_heading(key.table)}`" for key in some)
            meaning += " " + _word("only-in", language, tables=tables)
        yield _row(some[0], meaning, language)


def _rows(rows: list[str], language: Language) -> str:
    return "\n".join([_word("columns", language), "| --- | --- | --- | --- |", *rows, ""])


def _row(key: Key, meaning: str, language: Language) -> str:
    cells = (f"`{key.name}`", kind(key.schema, language), _default(key, language), meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(key: Key, language: Language) -> str:
    if key.required:
        return _word("required", language)
    default = key.schema.get("default")
    empty = default is None or default in ("", [], {})
    return "–" if empty else f"`{json.dumps(default, ensure_ascii=False)}`"


def kind(schema: Mapping[str, Any], language: Language) -> str:
    """What a key's value is, in words, with its choices and limits."""
    if "anyOf" in schema:
        choices = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return _word("or", language).join(dict.fromkeys(kind(one, language) for one in choices))
    if "enum" in schema:
        return _word("one-of", language, choices=", ".join(f"`{choice}`" for choice in schema["enum"]))
    match schema["type"]:
        case "array":
            items, count = _word(_PLURAL[_plain(schema["items"])], language), schema.get("maxItems")
            return _word("list-of", language, items=items, count=count) if count else _word("list", language, items=items)
        case "object":
            return _word("table", language, items=kind(schema["additionalProperties"], language))
        case "string" if "pattern" in schema:
            return phrase("expected.plain-name", language)
    return _limited(schema, _word(_plain(schema), language), language)


def _plain(schema: Mapping[str, Any]) -> str:
    if schema.get("format") == "date":
        return "date"
    return {"string": "text", "integer": "whole", "number": "number", "boolean": "yes-no"}[schema["type"]]


def _limited(schema: Mapping[str, Any], what: str, language: Language) -> str:
    above, low, high = (schema.get(limit) for limit in ("exclusiveMinimum", "minimum", "maximum"))
    match above, low, high:
        case None, None, None:
            return what
        case None, _, None:
            return _word("at-least", language, what=what, low=f"{low:g}")
        case None, _, _:
            return _word("between", language, what=what, low=f"{low:g}", high=f"{high:,g}")
        case _, None, None:
            return _word("above", language, what=what, low=f"{above:g}")
    return _word("above-at-most", language, what=what, low=f"{above:g}", high=f"{high:,g}")


def _heading(table: str) -> str:
    return f"[[{table}]]" if table == "hazard" else f"[{table}]"


def _part(name: str, language: Language) -> str:
    return str(TEXTS["page"][name][language]).lstrip()


def _word(word: str, language: Language, **values: object) -> str:
    return str(TEXTS["word"][word][language]).format_map(values)


def _sentence(name: str, language: Language) -> str:
    """A sentence with the program's own words put in."""
    lists = {
        "names": [key.removeprefix("hazard.") for key in phrases() if key.startswith("hazard.")],
        "families": catalogue.families(),
        "site_fields": list(dict.fromkeys(known("site_columns").values())),
        "public_fields": public_fields(),
    }
    values = {word: ", ".join(f"`{one}`" for one in words) for word, words in lists.items()}
    bounds = listing([f"`{family}` · `{of}`" for family, of in published()], language)
    return SENTENCES[name][language].format_map({**values, "published": bounds})
