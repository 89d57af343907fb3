"""QGIS styles as text: symbols and renderers only, so that every version from 3.22 on reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from xml.sax.saxutils import quoteattr

_HALO = "#FFFFFF"


@dataclass(frozen=True)
class Symbol:
    """How features of one kind are drawn.

    kind : "marker", "line" or "fill"; colour, outline : #RRGGBB, outline "" for none; shape : of a marker (QGIS's
    name); alpha : 0…1 of the fill; width : of the outline, in mm; size : of a marker, in mm
    """

    kind: str
    colour: str
    outline: str = ""
    shape: str = "circle"
    alpha: float = 1.0
    width: float = 0.3
    size: float = 2.6
    extra: Mapping[str, str] = field(default_factory=dict)


def single(symbol: Symbol) -> str:
    """One symbol for all features of a layer."""
    return style(f'<renderer-v2 type="singleSymbol">{_symbols([symbol])}</renderer-v2>')


def categorised(column: str, categories: Sequence[tuple[str, str, Symbol]]) -> str:
    """A symbol for each value of a column: (value, label, symbol), in the order of the legend."""
    entries = "".join(
        f'<category render="true" type="string" value={quoteattr(value)} label={quoteattr(label)} symbol="{i}"/>'
        for i, (value, label, _) in enumerate(categories)
    )
    symbols = _symbols([symbol for *_, symbol in categories])
    return style(f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(column)}><categories>{entries}</categories>{symbols}</renderer-v2>')


def style(drawing: str, note: str = "") -> str:
    """A style: how a layer is drawn, and a note that QGIS shows beside the layer's name.

    drawing : a ``<renderer-v2>`` or a raster's ``<pipe>``
    """
    # A style's metadata QGIS passes over (``<resourceMetadata>`` counts in projects only); its notes, which are HTML, it
    # reads since 3.20 (QgsMapLayer::readCommonStyle).
    notes = f"<userNotes value={quoteattr(escape(note))}/>" if note else ""
    parts = "Symbology|Notes" if note else "Symbology"
    head = f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22.0\" styleCategories=\"{parts}\">"
    return f"{head}{notes}{drawing}</qgis>\n"


def _symbols(symbols: Sequence[Symbol]) -> str:
    return "<symbols>" + "".join(_symbol(i, symbol) for i, symbol in enumerate(symbols)) + "</symbols>"


def _symbol(number: int, symbol: Symbol) -> str:
    color, outline = _rgba(symbol.colour, symbol.alpha), _rgba(symbol.outline or _HALO)
    style = "solid" if symbol.outline else "no"
    properties = {
        "marker": {
            "color": color, "name": symbol.shape, "outline_color": _rgba(symbol.outline or _HALO), "outline_style": "solid",
            "outline_width": f"{symbol.width:g}", "outline_width_unit": "MM", "size": f"{symbol.size:g}", "size_unit": "MM",
        },
        "line": {"line_color": color, "line_style": "solid", "line_width": f"{symbol.width:g}", "line_width_unit": "MM"},
        "fill": {
            "color": color, "style": "solid" if symbol.alpha else "no", "outline_color": outline, "outline_style": style,
            "outline_width": f"{symbol.width:g}", "outline_width_unit": "MM",
        },
    }[symbol.kind] | dict(symbol.extra)  # fmt: skip
    layer = {"marker": "SimpleMarker", "line": "SimpleLine", "fill": "SimpleFill"}[symbol.kind]
    # Both ways of writing properties: the second is what versions before 3.26 read.
    options = "".join(f'<Option type="QString" name="{name}" value={quoteattr(value)}/>' for name, value in properties.items())
    old = "".join(f'<prop k="{name}" v={quoteattr(value)}/>' for name, value in properties.items())
    inner = f'<layer class="{layer}" enabled="1" locked="0" pass="0"><Option type="Map">{options}</Option>{old}</layer>'
    return f'<symbol type="{symbol.kind}" name="{number}" alpha="1" clip_to_extent="1">{inner}</symbol>'


def _rgba(colour: str, alpha: float = 1.0) -> str:
    return ",".join([*(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)), str(round(alpha * 255))])
