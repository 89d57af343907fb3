"""Exact cover of a lattice's cells by polygons, in whole numbers from the geometry up.

An outline is cut at the lattice's rows into spans: each a piece of an edge within one row. A vertex is snapped to 2⁻²⁰
of a cell, a crossing of an edge with a row to 2⁻³⁰, counted from the edge's northern end whichever way it runs; within
a row a span is followed from west to east. So two neighbours see the very same crossings, and their shares of a cell
cancel or add up exactly. What a span adds to a cell is its height there (cover, in 2⁻³⁰ cells, positive where its ring
runs south) and twice the area between it and the cell's east side (in 2⁻⁶⁰ cells; a whole cell is ``FULL``).

Inner loops index by unsigned numbers and hand no arrays on, for the reason given in `envgis.kernels.counting`.
"""

# Numba finds a type for a number that is now of Python and now of NumPy.
# mypy: disable-error-code="assignment"

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

SNAP = 1 << 20  # vertices
ONE = 1 << 30  # crossings
FULL = 1 << 61  # twice a whole cell's area, ONE · ONE · 2

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
    zone: NDArray[np.int32],
    west: NDArray[np.int64],
    east: NDArray[np.int64],
    h0: NDArray[np.int32],
    h1: NDArray[np.int32],
) -> None:
    """Cut outlines at rows. Spans come row by row, and in each row by zone.

    x, y : vertices in columns and rows of the grid, snapped; exterior rings and holes run opposite ways
    rings, zone_rings : where each ring begins in them, where each zone's rings begin in ``rings``
    start : of `count_spans`
    Written: zone; west, east : a span's ends, in 2⁻³⁰ columns; h0, h1 : how far these are from the row's northern
    side, in 2⁻³⁰ rows, with the sign by which h1 - h0 is positive where the ring runs south
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
                slope = (x[b] - x[a]) / (y[b] - y[a])
                south = _fine(x[a] if y[a] >= first else x[a] + (first - y[a]) * slope)
                for r in range(first, last + 1):
                    north, south = south, _fine(x[b] if y[b] <= r + 1 else x[a] + (r + 1 - y[a]) * slope)
                    top, bottom = sign * int(max(y[a] - r, 0.0) * ONE), sign * int(min(y[b] - r, 1.0) * ONE)
                    n = np.uint64(fill[r])
                    fill[r] += 1
                    zone[n], west[n], east[n] = z, min(north, south), max(north, south)
                    h0[n], h1[n] = (top, bottom) if north <= south else (-bottom, -top)


@njit(cache=True, nogil=True)
def _fine(value):  # type: ignore[no-untyped-def]
    return np.int64(np.floor(value * ONE + 0.5))


@njit(cache=True, nogil=True)
def gather(
    start: NDArray[np.int64],
    zone: NDArray[np.int32],
    west: NDArray[np.int64],
    east: NDArray[np.int64],
    h0: NDArray[np.int32],
    h1: NDArray[np.int32],
    r0: int,
    r1: int,
    columns: int,
    outside: int,
    row_entry: NDArray[np.int64],
    entry_zone: NDArray[np.int32],
    cell_at: NDArray[np.int64],
    column: NDArray[np.int32],
    cover: NDArray[np.int32],
    area: NDArray[np.int64],
) -> tuple[int, int]:
    """Cells that the outlines cross on rows r0 … r1 - 1, by row and zone and from west to east, each once.

    start, zone, west, east, h0, h1 : of `cut`
    outside : a zone that comes last in each row and crosses no cell; none if below 0
    Written: row_entry (rows + 1,) where each row's zones begin in ``entry_zone``; cell_at (entries + 1,) where each
    one's cells begin in ``column``, ``cover``, ``area``. Returns how many entries and cells there are.
    """
    touched = np.zeros((columns + 63) // 64, np.uint64)
    dense_cover, dense_area = np.zeros(columns, np.int64), np.zeros(columns, np.int64)
    n, m, i = 0, 0, np.uint64(start[r0])
    for r in range(r0, r1):
        row_entry[r - r0] = n
        while i < np.uint64(start[r + 1]):
            z, low, high = zone[i], len(touched), 0
            entry_zone[n], cell_at[n] = z, m
            n += 1
            while i < np.uint64(start[r + 1]) and zone[i] == z:
                x, h, c = west[i], np.int64(h0[i]), west[i] >> 30
                if c < 0:
                    # What lies west of the grid counts as a whole at its first column.
                    to = np.int64(h1[i]) if east[i] <= 0 else h + np.int64(np.rint(-x * ((h1[i] - h) / (east[i] - x))))
                    dense_cover[0] += to - h
                    dense_area[0] += (to - h) * (2 * ONE)
                    touched[0] |= np.uint64(1)
                    x, h, c = 0, to, 0
                while c < columns:
                    stop, to = east[i], np.int64(h1[i])
                    if stop > (c + 1) << 30:
                        stop = (c + 1) << 30
                        to = h0[i] + np.int64(np.rint((stop - west[i]) * ((to - h0[i]) / (east[i] - west[i]))))
                    u = np.uint64(c)
                    dense_cover[u] += to - h
                    dense_area[u] += (to - h) * (((c + 1) << 31) - x - stop)
                    touched[u >> np.uint64(6)] |= np.uint64(1) << (u & np.uint64(63))
                    if stop >= east[i]:
                        break
                    x, h, c = stop, to, c + 1
                low, high = min(low, max(0, west[i]) >> 36), max(high, min(c, columns - 1) >> 6)
                i += np.uint64(1)
            for v in range(np.uint64(low), np.uint64(high + 1)):
                word = touched[v]
                touched[v] = 0
                while word != 0:
                    u = (v << np.uint64(6)) + np.uint64(_lowest(word))
                    word &= word - np.uint64(1)
                    column[m], cover[m], area[m] = u, dense_cover[u], dense_area[u]
                    m += 1
                    dense_cover[u], dense_area[u] = 0, 0
        if outside >= 0:
            entry_zone[n], cell_at[n] = outside, m
            n += 1
    row_entry[r1 - r0] = n
    cell_at[n] = m
    return n, m


@njit(cache=True, nogil=True)
def settle(
    row_entry: NDArray[np.int64],
    entry_zone: NDArray[np.int32],
    cell_at: NDArray[np.int64],
    column: NDArray[np.int32],
    cover: NDArray[np.int32],
    area: NDArray[np.int64],
    columns: int,
    outside: int,
    entry_whole: NDArray[np.int64],
    entry_edge: NDArray[np.int64],
    begin: NDArray[np.int32],
    end: NDArray[np.int32],
    edge: NDArray[np.int32],
    before: NDArray[np.int64],
    upto: NDArray[np.int64],
) -> tuple[int, int]:
    """Runs of some rows, zone by zone: whole cells, and single cells with the share that the zone takes there.

    row_entry … area : of `gather`
    outside : number of the zone that takes what the others leave, each cell being shared at most once in all; -1 if
        every zone is counted alone
    Written: entry_whole, entry_edge (entries + 1,) where each entry's runs begin; begin, end : whole cells; edge,
    before, upto : single cells with the running sum of shares before and after the zone.
    Returns how many whole runs and edge cells there are; beyond the arrays' length they are counted only.
    """
    full, part = np.zeros((columns + 63) // 64, np.uint64), np.zeros((columns + 63) // 64, np.uint64)
    taken = np.zeros(columns, np.int64)
    w, e = 0, 0
    for r in range(len(row_entry) - 1):
        row_edge, done = e, 0
        for k in range(row_entry[r], row_entry[r + 1]):
            entry_whole[k], entry_edge[k] = w, e
            if entry_zone[k] == outside:
                if done < columns:
                    w, e = _rest(columns, full, part, taken, begin, end, edge, before, upto, w, e)
                continue
            i, last, total = np.uint64(cell_at[k]), np.uint64(cell_at[k + 1]), np.int64(0)
            c = np.int64(column[i]) if i < last else columns
            while c < columns:
                # Cells of one share: one that an edge crosses, or all those before the next such cell.
                if i < last and column[i] == c:
                    share, beyond = total * (2 * ONE) + area[i], c + 1
                    total += np.int64(cover[i])
                    i += np.uint64(1)
                else:
                    share, beyond = total * (2 * ONE), np.int64(column[i]) if i < last else columns
                # A border that touches itself may leave a few units below nothing or above everything.
                whole = share >= FULL
                if whole and outside >= 0:
                    for v in range(np.uint64(c >> 6), np.uint64((beyond - 1 >> 6) + 1)):
                        whole &= (full[v] | part[v]) & _mask(v, c, beyond) == 0
                    if whole:
                        for v in range(np.uint64(c >> 6), np.uint64((beyond - 1 >> 6) + 1)):
                            full[v] |= _mask(v, c, beyond)
                if whole:
                    if w < len(begin):
                        begin[w], end[w] = c, beyond
                    w += 1
                    done += beyond - c
                elif share > 0:
                    for u in range(np.uint64(c), np.uint64(beyond)):
                        had = np.int64(0)
                        if outside >= 0:
                            v, bit = u >> np.uint64(6), np.uint64(1) << (u & np.uint64(63))
                            had = FULL if full[v] & bit != 0 else taken[u]
                            part[v] |= bit
                        has = min(had + share, FULL)
                        if has > had:
                            if e < len(edge):
                                edge[e], before[e], upto[e] = u, had, has
                            e += 1
                            taken[u] = has
                            done += has == FULL
                c = beyond
        if outside >= 0:
            full[:] = 0
            part[:] = 0
            if e <= len(edge):
                for i in range(np.uint64(row_edge), np.uint64(e)):
                    taken[edge[i]] = 0
            else:
                taken[:] = 0
    entry_whole[len(entry_whole) - 1], entry_edge[len(entry_edge) - 1] = w, e
    return w, e


@njit(cache=True, nogil=True)
def _rest(columns, full, part, taken, begin, end, edge, before, upto, w, e):  # type: ignore[no-untyped-def]
    """What no zone of a row took."""
    c = 0
    while c < columns:
        if _is_set(full, c):
            c = _next(full, c, columns, False)
        elif _is_set(part, c):
            if taken[c] < FULL:
                if e < len(edge):
                    edge[e], before[e], upto[e] = c, taken[c], FULL
                e += 1
            c += 1
        else:
            stop = min(_next(full, c, columns, True), _next(part, c, columns, True))
            if w < len(begin):
                begin[w], end[w] = c, stop
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
