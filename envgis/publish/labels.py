"""Where the names of municipalities stand on an outline map: whole, in as few lines as their land has room for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

# Of the text on the map, in its units; a letter's width is that of a wide font, since each reader's is another.
LINE = 16.0
_LETTER = 7.8
_HALO = 6.0
# Room for the figure beneath the name.
_FIGURE = 52.0
_MOST_LINES = 3
_GRID = 11


@dataclass(frozen=True)
class Label:
    """A name in lines, around ``x``; ``y`` : the baseline of the first, the figure one line below the last."""

    lines: Sequence[str]
    x: float
    y: float

    @property
    def box(self) -> shapely.Polygon:
        """The room that the name and the figure take."""
        half, height = _size(self.lines)
        top = self.y - 0.75 * LINE
        return shapely.box(self.x - half, top, self.x + half, top + height)


def place(names: Sequence[str], shapes: Sequence[BaseGeometry], width: float, height: float) -> list[Label]:
    """A label for each shape: on its own land where it fits there, else as little beyond it as can be.

    None leaves the map of ``width`` × ``height``, and none lies on an earlier one where that can be.

    >>> [label.lines for label in place(["San Pedro", "San Pedro"], [shapely.box(0, 0, 90, 90), shapely.box(90, 0, 150, 90)], 150, 90)]
    [('San Pedro',), ('San', 'Pedro')]
    """
    ground, out = shapely.box(0, 0, width, height), []
    taken: BaseGeometry = shapely.Polygon()
    for name, shape in zip(names, shapes, strict=True):
        shapely.prepare(shape)
        home = shape.representative_point()

        def misplaced(label: Label, shape: BaseGeometry = shape, home: shapely.Point = home, taken: BaseGeometry = taken) -> tuple[float, ...]:
            box = label.box
            spilled = 0.0 if shape.contains(box) else box.difference(shape).area
            beyond = box.intersection(taken).area + box.difference(ground).area
            return round(10 * beyond + spilled), len(label.lines), box.centroid.distance(home)

        best = min(_candidates(name, shape, width, height), key=misplaced)
        taken = taken.union(best.box)
        out.append(best)
    return out


def _candidates(name: str, shape: BaseGeometry, width: float, height: float) -> Iterator[Label]:
    west, north, east, south = shape.bounds
    grid = itertools.product(np.linspace(west, east, _GRID + 2)[1:-1], np.linspace(north, south, _GRID + 2)[1:-1])
    places = [(shape.representative_point().x, shape.representative_point().y), *grid]
    for lines in _wrapped(name):
        half, tall = _size(lines)
        for x, y in places:
            inside_x = min(max(x, half), max(width - half, half))
            top = min(max(y - tall / 2, 0.0), max(height - tall, 0.0))
            yield Label(lines, round(float(inside_x), 1), round(float(top + 0.75 * LINE), 1))


def _wrapped(name: str) -> Iterator[tuple[str, ...]]:
    """The name in one line, two, three, each as even as its words let it be.

    >>> list(_wrapped("San Pedro Sacatepéquez"))[:2]
    [('San Pedro Sacatepéquez',), ('San Pedro', 'Sacatepéquez')]
    """
    words = name.split() or [name]
    for count in range(1, min(_MOST_LINES, len(words)) + 1):
        breaks = ([0, *inner, len(words)] for inner in itertools.combinations(range(1, len(words)), count - 1))
        cut = (tuple(" ".join(words[a:b]) for a, b in itertools.pairwise(ends)) for ends in breaks)
        yield min(cut, key=lambda lines: max(map(len, lines)))


def _size(lines: Sequence[str]) -> tuple[float, float]:
    """Half the width, and the height with the figure's line."""
    return (max(_FIGURE, _LETTER * max(map(len, lines))) + _HALO) / 2, LINE * (len(lines) + 1)
