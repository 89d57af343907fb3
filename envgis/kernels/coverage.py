"""Exact cover of a lattice's cells by polygons, in whole numbers from the geometry up.

An outline is cut at the lattice's rows into spans: each a piece of an edge within one row. A vertex is snapped to 2⁻²⁰
of a cell, a crossing of an edge with a row to 2⁻³⁰, counted from the edge's northern end whichever way it runs; within
a row a span is followed from west to east. So two neighbours see the very same crossings, and their shares of a cell
cancel or add up exactly. What a span adds to a cell is its height there (cover, in 2⁻³⁰ cells, positive where its ring
runs south) and twice the area between it and the cell's east side (in 2⁻⁶⁰ cells; a whole cell is ``FULL``).

Inner loops index by unsigned numbers and hand no arrays on, for the reason given in `envgis.kernels.counting`.
"""

# Numba finds a type for a number that is now of Python and now of NumPy.
# mypy: disable-error-code="assignment, call-overload, operator"

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

SNAP = 1 << 20  # vertices
ONE = 1 << 30  # crossings
FULL = 1 << 61  # twice a whole cell's area, ONE · ONE · 2

# A piece of an outline within one row: its ends, in 2⁻³⁰ columns, and how far these are from the row's northern side, in
# 2⁻³⁰ rows, with the sign by which h1 - h0 is positive where the ring runs south.
SPAN = np.dtype([("west", np.int64), ("east", np.int64), ("h0", np.int32), ("h1", np.int32), ("zone", np.int32)], align=True)
# A zone in a row: where its runs of whole cells and its single cells begin.
ENTRY = np.dtype([("whole", np.int64), ("edge", np.int64), ("zone", np.int32)], align=True)
# Whole cells, columns begin … end - 1; and a single cell with the running sum of shares (of FULL) before and after the zone.
WHOLE = np.dtype([("begin", np.int32), ("end", np.int32)])
EDGE = np.dtype([("before", np.int64), ("upto", np.int64), ("column", np.int32)], align=True)

# Where the only bit of a word stands: powers of two leave different remainders.
_BIT_AT = np.zeros(67, np.int64)
_BIT_AT[[(1 << bit) % 67 for bit in range(64)]] = np.arange(64)


@njit(cache=True, nogil=True)
def count_spans(y: NDArray[np.float64], rings: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """(rows + 1,) where each row's spans will begin, and their number.

    y : of all vertices, in rows of the grid; rings : where each ring begins in them, and the end of the last
    """
    start = np.zeros(rows + 2, np.int64)
    for k in range(len(rings) - 1):
        for i in range(rings[k], rings[k + 1] - 1):
            first, last = _rows(min(y[i], y[i + 1]), max(y[i], y[i + 1]), rows)
            if first <= last:
                start[first + 1] += 1
                start[last + 2] -= 1
    for _ in range(2):
        for r in range(rows + 1):
            start[r + 1] += start[r]
    return start[: rows + 1]


@njit(cache=True, nogil=True)
def _rows(north, south, rows):  # type: ignore[no-untyped-def]
    """First and last row that an edge has a part in; none if it is level or lies outside."""
    if north == south or south <= 0 or north >= rows:
        return 0, -1
    return max(0, int(np.floor(north))), min(rows - 1, int(np.ceil(south)) - 1)


@njit(cache=True, nogil=True)
def cut(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    rings: NDArray[np.int64],
    zone_rings: NDArray[np.int64],
    rows: int,
    start: NDArray[np.int64],
    spans: NDArray[np.void],
) -> None:
    """Cut outlines at rows. Spans come row by row, and in each row by zone.

    x, y : vertices in columns and rows of the grid, snapped; exterior rings and holes run opposite ways
    rings, zone_rings : where each ring begins in them, where each zone's rings begin in ``rings``
    start : of `count_spans`; spans : written (SPAN)
    """
    fill = start.copy()
    for z in range(len(zone_rings) - 1):
        for k in range(zone_rings[z], zone_rings[z + 1]):
            for i in range(rings[k], rings[k + 1] - 1):
                sign = 1 if y[i] < y[i + 1] else -1
                a, b = (i, i + 1) if sign > 0 else (i + 1, i)
                first, last = _rows(y[a], y[b], rows)
                if first > last:
                    continue
                xa, ya, slope = x[a], y[a], (x[b] - x[a]) / (y[b] - y[a])
                south = _fine(xa if ya >= first else xa + (first - ya) * slope)
                to = _fine(x[b] if y[b] <= last + 1 else xa + (last + 1 - ya) * slope)
                top, end = sign * int(max(ya - first, 0.0) * ONE), sign * int(min(y[b] - last, 1.0) * ONE)
                for r in range(first, last + 1):
                    north, south, bottom = south, to, end
                    if r < last:
                        south, bottom = _fine(xa + (r + 1 - ya) * slope), sign * ONE
                    u = np.uint64(r)
                    span = spans[np.uint64(fill[u])]
                    fill[u] += 1
                    span["zone"], span["west"], span["east"] = z, min(north, south), max(north, south)
                    span["h0"], span["h1"] = (top, bottom) if north <= south else (-bottom, -top)
                    top = 0


@njit(cache=True, nogil=True)
def _fine(value):  # type: ignore[no-untyped-def]
    return np.int64(np.floor(value * ONE + 0.5))


@njit(cache=True, nogil=True)
def most_cells(spans: NDArray[np.void], columns: int) -> int:
    """How many cells spans cross at most."""
    cells = 0
    for i in range(len(spans)):
        cells += min((spans[i]["east"] - spans[i]["west"]) >> 30, columns) + 2
    return cells


@njit(cache=True, nogil=True)
def settle(
    start: NDArray[np.int64],
    spans: NDArray[np.void],
    r0: int,
    r1: int,
    columns: int,
    outside: int,
    row_entry: NDArray[np.int64],
    entries: NDArray[np.void],
    wholes: NDArray[np.void],
    edges: NDArray[np.void],
) -> tuple[int, int, int]:
    """Runs of rows r0 … r1 - 1, zone by zone: whole cells, and single cells with the share that the zone takes there.

    start, spans : of `cut`
    outside : number of the zone that comes last in each row and takes what the others leave, each cell being shared at
        most once in all; -1 if every zone is counted alone
    Written: row_entry (rows + 1,) where each row's zones begin in ``entries`` (ENTRY; one more at the end tells where the
    last one's runs end); wholes (WHOLE), edges (EDGE).
    Returns how many entries, whole runs and edge cells there are; runs and cells beyond the arrays' length are counted only.
    """
    words = (columns + 63) // 64
    # Of one zone: which cells its outline crosses, and what all spans add to them: the height, and twice the area.
    crossed, cover, area = np.zeros(words, np.uint64), np.zeros(columns, np.int64), np.zeros(columns, np.int64)
    # Of one row: which cells are taken as a whole, which in part, and how much of these.
    full, part, taken = np.zeros(words, np.uint64), np.zeros(words, np.uint64), np.zeros(columns, np.int64)
    n, w, e, i = 0, 0, 0, np.uint64(start[r0])
    for r in range(r0, r1):
        row_entry[r - r0] = n
        row_edge, done = e, 0
        while i < np.uint64(start[r + 1]):
            z, low, high = spans[i]["zone"], words, 0
            entries[n]["zone"], entries[n]["whole"], entries[n]["edge"] = z, w, e
            n += 1
            while i < np.uint64(start[r + 1]) and spans[i]["zone"] == z:
                west, east, h0, h1 = spans[i]["west"], spans[i]["east"], np.int64(spans[i]["h0"]), np.int64(spans[i]["h1"])
                x, h, c = west, h0, west >> 30
                if c < 0:
                    # What lies west of the grid counts as a whole at its first column.
                    to = h1 if east <= 0 else h + np.int64(np.rint(-x * ((h1 - h) / (east - x))))
                    cover[0] += to - h
                    area[0] += (to - h) * (2 * ONE)
                    crossed[0] |= np.uint64(1)
                    x, h, c = 0, to, 0
                while c < columns:
                    stop, to = east, h1
                    if stop > (c + 1) << 30:
                        stop = (c + 1) << 30
                        to = h0 + np.int64(np.rint((stop - west) * ((h1 - h0) / (east - west))))
                    u = np.uint64(c)
                    cover[u] += to - h
                    area[u] += (to - h) * (((c + 1) << 31) - x - stop)
                    crossed[u >> np.uint64(6)] |= np.uint64(1) << (u & np.uint64(63))
                    if stop >= east:
                        break
                    x, h, c = stop, to, c + 1
                low, high = min(low, max(0, west) >> 36), max(high, min(c, columns - 1) >> 6)
                i += np.uint64(1)
            v, word, ahead, c, total = np.uint64(low), np.uint64(0), -1, 0, np.int64(0)
            while c < columns:
                if ahead < c:
                    while word == 0 and v <= np.uint64(high):
                        word, crossed[v] = crossed[v], 0
                        v += np.uint64(1)
                    ahead = columns
                    if word != 0:
                        ahead = (np.int64(v - np.uint64(1)) << 6) + _lowest(word)
                        word &= word - np.uint64(1)
                # Cells of one share: one that the outline crosses, or all those before the next such cell.
                share, beyond = total * (2 * ONE), ahead
                if ahead == c:
                    u = np.uint64(c)
                    share, beyond = share + area[u], c + 1
                    total += cover[u]
                    cover[u], area[u] = 0, 0
                # A border that touches itself may leave a few units below nothing or above everything.
                whole = share >= FULL
                if whole and outside >= 0:
                    for a in range(np.uint64(c >> 6), np.uint64((beyond - 1 >> 6) + 1)):
                        whole &= (full[a] | part[a]) & _mask(a, c, beyond) == 0
                    if whole:
                        for a in range(np.uint64(c >> 6), np.uint64((beyond - 1 >> 6) + 1)):
                            full[a] |= _mask(a, c, beyond)
                if whole:
                    if w < len(wholes):
                        wholes[w]["begin"], wholes[w]["end"] = c, beyond
                    w += 1
                    done += beyond - c
                elif share > 0:
                    for u in range(np.uint64(c), np.uint64(beyond)):
                        had = np.int64(0)
                        if outside >= 0:
                            a, bit = u >> np.uint64(6), np.uint64(1) << (u & np.uint64(63))
                            had = FULL if full[a] & bit != 0 else taken[u]
                            part[a] |= bit
                        has = min(had + share, FULL)
                        if has > had:
                            if e < len(edges):
                                edges[e]["column"], edges[e]["before"], edges[e]["upto"] = u, had, has
                            e += 1
                            taken[u] = has
                            done += has == FULL
                c = beyond
        if outside >= 0:
            entries[n]["zone"], entries[n]["whole"], entries[n]["edge"] = outside, w, e
            n += 1
            if done < columns:
                w, e = _rest(columns, full, part, taken, wholes, edges, w, e)
            full[:] = 0
            part[:] = 0
            if e <= len(edges):
                for k in range(np.uint64(row_edge), np.uint64(e)):
                    taken[edges[k]["column"]] = 0
            else:
                taken[:] = 0
    row_entry[r1 - r0] = n
    entries[n]["zone"], entries[n]["whole"], entries[n]["edge"] = -1, w, e
    return n, w, e


@njit(cache=True, nogil=True)
def _rest(columns, full, part, taken, wholes, edges, w, e):  # type: ignore[no-untyped-def]
    """What no zone of a row took."""
    c = 0
    while c < columns:
        if _is_set(full, c):
            c = _next(full, c, columns, False)
        elif _is_set(part, c):
            if taken[c] < FULL:
                if e < len(edges):
                    edges[e]["column"], edges[e]["before"], edges[e]["upto"] = c, taken[c], FULL
                e += 1
            c += 1
        else:
            stop = min(_next(full, c, columns, True), _next(part, c, columns, True))
            if w < len(wholes):
                wholes[w]["begin"], wholes[w]["end"] = c, stop
            w += 1
            c = stop
    return w, e


@njit(cache=True, nogil=True)
def _is_set(bits, c):  # type: ignore[no-untyped-def]
    return (bits[c >> 6] >> np.uint64(c & 63)) & np.uint64(1) != 0


@njit(cache=True, nogil=True)
def _mask(v, c0, c1):  # type: ignore[no-untyped-def]
    """The bits of columns c0 … c1 - 1 that lie in word v."""
    first = np.int64(v) << 6
    low, high = max(np.int64(0), c0 - first), min(np.int64(64), c1 - first)
    return (~np.uint64(0) >> np.uint64(64 - (high - low))) << np.uint64(low)


@njit(cache=True, nogil=True)
def _lowest(word):  # type: ignore[no-untyped-def]
    """Position of a word's lowest bit."""
    return _BIT_AT[(word & (~word + np.uint64(1))) % np.uint64(67)]


@njit(cache=True, nogil=True)
def _next(bits, c, columns, value):  # type: ignore[no-untyped-def]
    """The first column from c on whose bit is ``value``; ``columns`` if there is none."""
    while c < columns:
        word = bits[c >> 6] if value else ~bits[c >> 6]
        word >>= np.uint64(c & 63)
        if word != 0:
            return min(c + _lowest(word), columns)
        c = ((c >> 6) + 1) << 6
    return columns
