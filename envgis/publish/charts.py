"""Charts as SVG with real text: no library, no inline style (a page's policy refuses it), both languages at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from envgis.locale import LANGUAGES, Language
from envgis.publish.bilingual import Words
from envgis.publish.figures import LEVEL_ROWS

_WIDTH, _NAME, _BAR, _GAP = 388, 110, 12, 9
# Width of a letter of a scenario's name, of a digit of a value.
_LETTER, _DIGIT = 6.2, 7.5
_MOST_LETTERS = 14


def level_bars(
    series: Sequence[tuple[Words, Mapping[str, float]]], names: Mapping[str, Words], texts: Sequence[Mapping[str, str]], title: Words
) -> Markup:
    """Horizontal bars of the area at each level, one bar for each scenario.

    series : the scenario's name and its areas by level; texts : the same areas as they are printed
    names : of the levels; title : what the chart shows, read aloud for those who do not see it
    """
    largest = max((area for _, areas in series for area in areas.values()), default=0.0) or 1.0
    longest = max(len(text) for printed in texts for text in printed.values())
    letters = 0 if len(series) == 1 else min(_MOST_LETTERS, max(len(word) for name, _ in series for word in name.values()))
    left = _NAME + (letters * _LETTER + 6 if letters else 0)
    room = _WIDTH - left - _DIGIT * longest - 8
    rows = [level for level in LEVEL_ROWS if level != "0" or any(areas["0"] for _, areas in series)]
    out, y = [], 4
    for level in rows:
        height = len(series) * (_BAR + 2)
        out.append(_both(names[level], 0, y + height / 2 + 4, "chart-name"))
        for (name, areas), printed in zip(series, texts, strict=True):
            if letters:
                out.append(_both({lang: word[:_MOST_LETTERS] for lang, word in name.items()}, _NAME, y + _BAR - 2, "chart-series"))
            width = areas[level] / largest * room
            out.append(Markup('<rect class="fill-{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>').format(level, left, y, width, _BAR))
            out.append(Markup('<text class="chart-value" x="{:.1f}" y="{}">{}</text>').format(left + width + 5, y + _BAR - 2, printed[level]))
            y += _BAR + 2
        y += _GAP
    described = {lang: f"{title[lang]}: " + "; ".join(_spoken(series, texts, names, level, lang) for level in rows) for lang in LANGUAGES}
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" data-label-es="{}" data-label-en="{}" aria-label="{}">{}</svg>').format(
        _WIDTH, y, described["es"], described["en"], described["es"], Markup("").join(out)
    )


def _spoken(
    series: Sequence[tuple[Words, Mapping[str, float]]], texts: Sequence[Mapping[str, str]], names: Mapping[str, Words], level: str, lang: Language
) -> str:
    values = ", ".join(f"{name[lang]} {printed[level]} ha" for (name, _), printed in zip(series, texts, strict=True))
    return f"{names[level][lang]} {values}"


def _both(words: Words, x: float, y: float, css: str) -> Markup:
    if words["es"] == words["en"]:
        return Markup('<text class="{}" x="{}" y="{:.1f}">{}</text>').format(css, x, y, escape(words["es"]))
    return Markup("").join(
        Markup('<text class="{}" lang="{}" x="{}" y="{:.1f}">{}</text>').format(css, lang, x, y, words[lang]) for lang in LANGUAGES
    )
