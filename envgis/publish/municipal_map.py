"""folium's tree for a municipality's map, without anything from outside: no link, no popup, no icon with data.

Elements carry their data as JSON blocks and call the page's own script. The figure renders as the whole page, so that
the map shows in a notebook, and `save` writes it, exactly as `run` does.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import folium
from branca.element import Element, Figure, MacroElement
from markupsafe import Markup

from envgis.publish import shell

_NOTEBOOK_HEIGHT = "760px"
_lock = threading.RLock()


@contextmanager
def steady_ids() -> Iterator[None]:
    """While inside, elements get the ids 0001, 0002 …: the same map has the same bytes. One thread at a time."""
    with _lock:
        numbers, before = itertools.count(1), Element.__dict__["_generate_id"]
        setattr(Element, "_generate_id", classmethod(lambda cls: f"{next(numbers):04d}"))  # noqa: B010 (mypy: a method)
        try:
            yield
        finally:
            setattr(Element, "_generate_id", before)  # noqa: B010


class PageFigure(Figure):
    """A figure that renders as one of our pages: ``whole(html, script)`` puts the tree's parts into it."""

    def __init__(self, whole: Callable[[Markup, str], str]) -> None:
        super().__init__(height=_NOTEBOOK_HEIGHT)
        self._whole = whole

    def render(self, **kwargs: object) -> str:
        """The whole page."""
        with steady_ids():
            for child in self._children.values():
                child.render(**kwargs)
            return self._whole(Markup(self.html.render(**kwargs)), str(self.script.render(**kwargs)))  # noqa: S704


class _Verbatim(Element):
    """A text that stays as it is. A plain `Element` would take it for a Jinja template, and data with it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render(self, **kwargs: object) -> str:
        return self._text


class MunicipalMap(folium.Map):
    """A Leaflet map over ``bounds`` ([[south, west], [north, east]]), with none of folium's links."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 (so folium types it)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012 (so folium types it)

    def __init__(self, bounds: list[list[float]], label: Markup, whole: Callable[[Markup, str], str]) -> None:
        super().__init__(location=[(bounds[0][0] + bounds[1][0]) / 2, (bounds[0][1] + bounds[1][1]) / 2], tiles=None)
        self._bounds, self._label = bounds, label
        PageFigure(whole).add_child(self)

    def render(self, **kwargs: object) -> str:
        """Put the map's element and its call into the figure, then the children's; the map itself is no text."""
        figure, name = cast(Figure, self.get_root()), self.get_name()
        element = Markup('<div class="map" id="{}" role="application" {}></div>').format(name, self._label)
        figure.html.add_child(_Verbatim(str(element)), name=name)
        call = f"const {name} = envgis.map({json.dumps(name)}, {{ bounds: {json.dumps(self._bounds)} }});\n"
        figure.script.add_child(_Verbatim(call), name=name)
        for child in self._children.values():
            child.render(**kwargs)
        return ""


class Data(MacroElement):
    """A JSON block with the id ``block``, and a call of ``envgis.<block>(map, block)`` that puts it on the map.

    texts : further blocks of plain text by their ids, which hold no ``<``
    """

    def __init__(self, block: str, value: object, texts: Mapping[str, str] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Data"
        self._block, self._json, self._texts = block, shell.data(value), dict(texts or {})

    def render(self, **kwargs: object) -> str:
        """Put the blocks and the call into the figure."""
        figure, target = cast(Figure, self.get_root()), cast(Element, self._parent)
        parts = [Markup('<script type="application/json" id="{}">{}</script>').format(self._block, self._json)]
        parts += [Markup('<script type="text/plain" id="{}">{}</script>').format(key, text) for key, text in self._texts.items()]
        figure.html.add_child(_Verbatim("\n".join(parts) + "\n"), name=self.get_name())
        call = f"envgis.{self._block}({target.get_name()}, {json.dumps(self._block)});\n"
        figure.script.add_child(_Verbatim(call), name=self.get_name())
        return ""
