"""Spanish and English: nothing is said in one language only, no fault lacks a remedy, no sentence is left over."""

from __future__ import annotations

import ast
import datetime as dt
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgis import locale
from envgis.faults import Fault, Message, Place

PACKAGE = Path(locale.__file__).parent.parent
PARTS = ("what", "cause", "remedy")
# The methods that take a fault's code beside `Fault` itself.
_TELLING = {"refuse", "note", "say"}
_CODE = re.compile(r"[a-z]+(-[a-z0-9]+)+")
_ALWAYS = {"file", "layer", "row", "column", "found"}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def constants(node: ast.AST) -> Iterator[str]:
    """Every text that an expression can be: of ``"a" if x else "b"`` both."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)


def codes_told() -> dict[str, str]:
    """Every fault code that the source names where faults are made → the file."""
    found = {}
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
            arguments = node.args[:1] if name == "Fault" else node.args if name in _TELLING else []
            for argument in arguments:
                for text in constants(argument):
                    if name == "Fault" or _CODE.fullmatch(text):
                        found[text] = path.name
    return found


def texts() -> str:
    """All that could name a sentence: source, templates, scripts, and the shipped tables."""
    suffixes = (".py", ".jinja", ".js", ".html", ".csv")
    files = [path for path in sorted(PACKAGE.rglob("*")) if path.suffix in suffixes]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def fields(template: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_every_code_has_its_sentences() -> None:
    missing = {code: where for code, where in codes_told().items() if code not in locale.faults()}
    assert not missing


def test_no_code_is_left_over() -> None:
    source = texts()
    assert [code for code in locale.faults() if f'"{code}"' not in source] == []


@pytest.mark.parametrize("code", sorted(locale.faults()))
def test_a_fault_says_what_why_and_what_to_do_in_both_languages(code: str) -> None:
    entry = locale.faults()[code]
    assert set(entry) == set(PARTS)
    for part in PARTS:
        assert set(entry[part]) == set(locale.LANGUAGES)
        spanish, english = entry[part]["es"], entry[part]["en"]
        assert spanish.strip() and english.strip()
        assert fields(spanish) == fields(english)
    assert entry["what"]["es"] != entry["what"]["en"]


@pytest.mark.parametrize("key", sorted(locale.phrases()))
def test_a_phrase_stands_in_both_languages(key: str) -> None:
    entry = locale.phrases()[key]
    assert set(entry) == set(locale.LANGUAGES)
    assert all(entry.values())
    assert fields(entry["es"]) == fields(entry["en"])


def test_phrases_that_the_source_names_exist() -> None:
    missing = set()
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
                if name in ("phrase", "both", "text", "Message") and node.args:
                    known = {*locale.phrases(), *locale.faults()}
                    missing |= {(path.name, key) for key in constants(node.args[0]) if re.fullmatch(r"[a-z_]+(\.[a-z0-9_-]+)+", key)} - {
                        (path.name, key) for key in known
                    }
    assert not missing


def test_no_phrase_is_left_over() -> None:
    """A phrase is named whole, or its beginning is: ``f"level.{n}"``, ``known("column", name)``."""
    source = texts()
    beginnings = set(re.findall(r"""["'`]([a-z_-]+(?:\.[a-z_-]+)*[._-])(?:\{|["'`] ?[+~]|\$\{)""", source))
    beginnings |= {f"{word}." for word in re.findall(r"known\(\s*[\"']([a-z_]+)[\"']", source)}
    # The vocabulary of the field is there for every room.
    shared = set(tomllib.loads((PACKAGE / "locale" / "phrases" / "words.toml").read_text(encoding="utf-8")))
    others = [key for key in locale.phrases() if key not in shared and not key.startswith(tuple(beginnings))]
    assert [key for key in others if f'"{key}"' not in source and f"'{key}'" not in source] == []


def test_plain_spanish() -> None:
    """The officer is "usted"; a sentence does not begin in English."""
    told = [text for entry in locale.faults().values() for part in PARTS for text in [entry[part]["es"]]]
    told += [entry["es"] for entry in locale.phrases().values()]
    familiar = re.compile(r"\b(tú|tienes|puedes|quieres|haz|tu archivo|tus)\b", re.IGNORECASE)
    assert [text for text in told if familiar.search(text)] == []


# How values are written


@pytest.mark.parametrize(
    ("template", "values", "spanish", "english"),
    [
        ("{a:ha}", {"a": 2871.4}, "2,871 ha", "2,871 ha"),
        ("{a:ha}", {"a": 57.25}, "57.2 ha", "57.2 ha"),
        ("{a:pct}", {"a": 0.238}, "23.8%", "23.8%"),
        ("{n}", {"n": 12059}, "12,059", "12,059"),
        ("{c:raw}", {"c": "0114"}, "0114", "0114"),
        ("{d:date}", {"d": dt.date(2026, 11, 24)}, "24 de noviembre de 2026", "November 24, 2026"),
        ("{w:and}", {"w": ["a", "b", "c"]}, "a, b y c", "a, b and c"),
        ("{w:and}", {"w": ["a", "inundación"]}, "a e inundación", "a and inundación"),
        ("{w:or}", {"w": ["a", "otro"]}, "a u otro", "a or otro"),
        ("{m}", {"m": Message("level.4")}, "Alto", "High"),
        ("[{x}]", {"x": None}, "[]", "[]"),
        ("{x}", {"x": float("nan")}, "nan", "nan"),
        ("{x:ha}", {"x": float("-inf")}, "-inf ha", "-inf ha"),
    ],
)
def test_values_in_sentences(template: str, values: dict[str, object], spanish: str, english: str) -> None:
    assert locale.fill(template, "es", values) == spanish
    assert locale.fill(template, "en", values) == english


@given(st.text(max_size=20))
def test_what_people_typed_stays_as_it_is(typed: str) -> None:
    """Braces, formats, anything: a value is never a template."""
    fault = Fault("path-missing", Place(typed or None), typed, {"key": typed, "hint": None})
    for language in locale.LANGUAGES:
        assert typed in locale.explain(fault, language).what


def test_every_fault_can_be_said_without_a_place() -> None:
    """Place and finding are always there for a sentence; whatever else it needs comes with the fault."""
    for code in locale.faults():
        wanted = set().union(*(fields(locale.faults()[code][part]["es"]) for part in PARTS)) - _ALWAYS
        values: dict[str, object] = dict.fromkeys(wanted)
        assert locale.explain(Fault(code, values=values), "es").what
