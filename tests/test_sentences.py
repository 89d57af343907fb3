"""Every sentence there is, said once with plausible values: whole, ended, and in two languages."""

from __future__ import annotations

import datetime as dt
import re
import string

import pytest

from envgis import locale
from envgis.faults import Fault, Message, Place

DAY = dt.date(2026, 3, 31)
# What may follow the last words without a full stop: a command, a line of code, what was found.
OPEN_END = re.compile(r": (envgis \w+( [\w\"-]+)*|code_digits = \d+|codes = \{ .* \}|hallado)$")


def plausible(code: str) -> Fault:
    """The fault with a value in every gap: words where words are listed, a day, numbers, a sentence elsewhere."""
    templates = [template for part in ("what", "cause", "remedy") for template in locale.faults()[code][part].values()]
    gaps = {name: form or "" for template in templates for _, name, form, _ in string.Formatter().parse(template) if name}
    own = {name: _value(name, form) for name, form in gaps.items() if name not in ("file", "layer", "row", "column", "found")}
    return Fault(code, Place("archivo.csv", "capa", 4, "columna"), "hallado", own)


def _value(name: str, form: str) -> object:
    if form in ("and", "or"):
        return ["uno", "dos", "tres"]
    if form == "date":
        return DAY
    if name in ("fit", "hint"):
        return Message("rasters.likely", {"crs": "EPSG:32615"})
    return 0.25 if form in ("pct", "ha") or form.startswith("n") else 4


@pytest.mark.parametrize("code", sorted(locale.faults()))
def test_every_sentence_can_be_said(code: str) -> None:
    fault = plausible(code)
    spanish, english = (locale.explain(fault, language) for language in locale.LANGUAGES)
    assert spanish.what != english.what and spanish.remedy != english.remedy
    for told in (spanish, english):
        for sentence in (told.what, told.cause, told.remedy):
            assert sentence == sentence.strip()
            assert sentence.endswith((".", "?", "!", "…")) or OPEN_END.search(sentence)
            assert not re.search(r"[{}]{2}|\{\w+(:\w+)?\}", sentence)


def test_the_gaps_of_a_sentence_are_all_filled() -> None:
    """The sweep above does put its values in: none of the sentences with gaps stays as it is in the file."""
    with_gaps = [code for code, entry in locale.faults().items() if "{" in entry["what"]["es"]]
    assert len(with_gaps) > 100
    assert [code for code in with_gaps if locale.explain(plausible(code), "es").what == locale.faults()[code]["what"]["es"]] == []
