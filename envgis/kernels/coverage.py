"""Exact cover of a lattice's cells by polygons, in whole numbers from the geometry up.

A vertex is snapped to 2⁻²⁰ of a cell, a crossing of an edge with a line of the lattice to 2⁻³⁰. Each edge is followed
from its lower endpoint (smaller row), whichever way it runs, so two neighbours see the very same crossings and their
shares of a cell cancel or add up exactly. What an edge adds to a cell is its height there (cover, in 2⁻³⁰ cells) and
twice the area between it and the cell's east side (in 2⁻⁶⁰ cells; a whole cell is ``FULL``). Sums may overflow on the
way: whole numbers wrap round, and the end is right all the same.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

SNAP = 1 << 20  # vertices
ONE = 1 << 30  # crossings
FULL = 1 << 61  # twice a whole cell's area, ONE · ONE · 2


@njit(cache=True, nogil=True)
def trace(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    rings: NDArray[np.int64],
    rows: int,
    columns: int,
    row: NDArray[np.int32],
    column: NDArray[np.int32],
    cover: NDArray[np.int64],
    area: NDArray[np.int64],
) -> int:
    """What the edges of one polygon's rings add to the cells that they cross. Returns how many entries were written.

    x, y : vertices in columns and rows of the grid, already snapped; exterior rings and holes run opposite ways
    rings : where each ring begins in them, and the end of the last
    row, column, cover, area : written to; an edge needs at most |Δx| + |Δy| + 4 entries
    """
    n = 0
    for k in range(len(rings) - 1):
        for i in range(rings[k], rings[k + 1] - 1):
            xa, ya, xb, yb, sign = x[i], y[i], x[i + 1], y[i + 1], 1
            if ya == yb:
                continue
            if ya > yb:
                xa, ya, xb, yb, sign = xb, yb, xa, ya, -1
            first, last = max(0, int(np.floor(ya))), min(rows - 1, int(np.ceil(yb)) - 1)
            slope = (xb - xa) / (yb - ya)
            x1 = xa if ya >= first else _round(xa + (first - ya) * slope)
            for r in range(first, last + 1):
                x0, x1 = x1, (xb if yb <= r + 1 else _round(xa + (r + 1 - ya) * slope))
                y0, y1 = max(ya - r, 0.0), min(yb - r, 1.0)
                step, c, end = _columns(x0, x1, columns)
                h0, px = int(y0 * ONE), x0
                while True:
                    if c == end:
                        qx, h1 = x1, int(y1 * ONE)
                    else:
                        qx = float(c + 1) if step > 0 else float(c)
                        h1 = max(h0, int(min(y1, ya - r + (qx - xa) / slope) * ONE + 0.5))
                    if h1 != h0 and c < columns:
                        east = 2 * ONE if c < 0 else 2 * ONE - int((px - c) * ONE) - int((qx - c) * ONE)
                        row[n], column[n] = r, max(c, 0)
                        cover[n], area[n] = sign * (h1 - h0), sign * (h1 - h0) * east
                        n += 1
                    if c == end or c >= columns and step > 0:
                        break
                    h0, px = h1, qx
                    c += step
    return n


@njit(cache=True, nogil=True, inline="always")
def _columns(x0, x1, columns):  # type: ignore[no-untyped-def]
    """Step, first and last column of an edge within a row.

    What lies west of the grid counts as a whole at its first column: one step does for all of it. What lies east of
    it touches nothing.
    """
    if x1 >= x0:
        c = int(np.floor(x0))
        end = max(c, int(np.ceil(x1)) - 1)
        return 1, min(-1, end) if c < 0 else c, end
    c = int(np.ceil(x0)) - 1
    end = max(-1, min(c, int(np.floor(x1))))
    return -1, max(end, min(c, columns)), end


@njit(cache=True, nogil=True, inline="always")
def _round(value):  # type: ignore[no-untyped-def]
    return np.floor(value * ONE + 0.5) / ONE


@njit(cache=True, nogil=True)
def collect(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    rings: NDArray[np.int64],
    zone_rings: NDArray[np.int64],
    top: NDArray[np.int64],
    slot: NDArray[np.int64],
    room: int,
    z0: int,
    z1: int,
    rows: int,
    columns: int,
    start: NDArray[np.int64],
    column: NDArray[np.int32],
    cover: NDArray[np.int32],
    area: NDArray[np.int64],
) -> int:
    """Entries of zones z0 … z1 - 1, by zone, row and column, one for each cell. Returns how many there are.

    x, y, rings : of all zones; zone_rings (zones + 1,) : where each zone's rings begin
    top (zones,) : first row of each zone; slot (zones + 1,) : where each zone's rows begin in ``start``
    room : entries that the largest zone may need
    start : written: where each zone's row begins in ``column``, ``cover``, ``area``, from slot[z0] on
    """
    raw_row, raw_column = np.empty(room, np.int32), np.empty(room, np.int32)
    raw_cover, raw_area = np.empty(room, np.int64), np.empty(room, np.int64)
    at = np.empty(room, np.int32)
    n = 0
    for z in range(z0, z1):
        part = rings[zone_rings[z] : zone_rings[z + 1] + 1]
        entries = trace(x, y, part, rows, columns, raw_row, raw_column, raw_cover, raw_area)
        height = slot[z + 1] - slot[z]
        begin = np.zeros(height + 1, np.int32)
        for i in range(entries):
            begin[raw_row[i] - top[z] + 1] += 1
        for r in range(height):
            begin[r + 1] += begin[r]
        fill = begin.copy()
        for i in range(entries):
            r = raw_row[i] - top[z]
            j, c = fill[r], raw_column[i]
            # An edge runs on from cell to cell, so a row's entries come nearly sorted.
            while j > begin[r] and raw_column[at[j - 1]] > c:
                at[j] = at[j - 1]
                j -= 1
            at[j] = i
            fill[r] += 1
        for r in range(height):
            start[slot[z] + r] = n
            k = begin[r]
            while k < begin[r + 1]:
                c = raw_column[at[k]]
                total, twice = np.int64(0), np.int64(0)
                while k < begin[r + 1] and raw_column[at[k]] == c:
                    total += raw_cover[at[k]]
                    twice += raw_area[at[k]]
                    k += 1
                if total != 0 or twice != 0:
                    column[n], cover[n], area[n] = c, total, twice
                    n += 1
    return n


@njit(cache=True, nogil=True)
def settle(
    zones: NDArray[np.int32],
    top: NDArray[np.int64],
    slot: NDArray[np.int64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    column: NDArray[np.int32],
    cover: NDArray[np.int32],
    area: NDArray[np.int64],
    r0: int,
    r1: int,
    columns: int,
    outside: int,
    row_entry: NDArray[np.int64],
    entry_zone: NDArray[np.int32],
    entry_whole: NDArray[np.int64],
    entry_edge: NDArray[np.int64],
    begin: NDArray[np.int32],
    end: NDArray[np.int32],
    edge: NDArray[np.int32],
    before: NDArray[np.int64],
    upto: NDArray[np.int64],
) -> tuple[int, int]:
    """Runs of rows r0 … r1 - 1, zone by zone: whole cells, and single cells with the share that the zone takes there.

    zones : numbers of the zones that may touch these rows, in turn; start, stop : where each zone's row begins and ends
        in ``column``, ``cover``, ``area`` (see `collect`)
    outside : number of the zone that takes what the others leave, each cell being shared at most once in all; -1 if
        every zone is counted alone
    Written: row_entry (rows + 1,), entry_zone, and where each entry's runs begin (entries + 1,); begin, end : whole
    cells; edge, before, upto : single cells with the running sum of shares before and after the zone.
    Returns how many whole runs and edge cells there are; beyond the arrays' length they are counted only.
    """
    words = (columns + 63) // 64
    full, part = np.zeros(words, np.uint64), np.zeros(words, np.uint64)
    taken = np.zeros(columns, np.int64)
    w, e, n = 0, 0, 0
    for r in range(r0, r1):
        row_entry[r - r0] = n
        done = 0
        for z in zones:
            if r < top[z] or r >= top[z] + slot[z + 1] - slot[z]:
                continue
            entry_zone[n], entry_whole[n], entry_edge[n] = z, w, e
            n += 1
            s = slot[z] + r - top[z]
            total, reached = 0, 0
            i, last = start[s], stop[s]
            while i <= last:
                c = column[i] if i < last else columns
                if total > 0 and reached < c:
                    if total == ONE and (outside < 0 or not _any(full, part, reached, c)):
                        if w < len(begin):
                            begin[w], end[w] = reached, c
                        w += 1
                        if outside >= 0:
                            _set(full, reached, c)
                            done += c - reached
                    else:
                        for k in range(reached, c):
                            e, done = _cell(k, total * (2 * ONE), outside, full, part, taken, edge, before, upto, e, done)
                if i == last:
                    break
                # A border that touches itself may leave a few units below nothing or above everything.
                share = min(total * (2 * ONE) + area[i], FULL)
                total += cover[i]
                if share > 0:
                    e, done = _cell(c, share, outside, full, part, taken, edge, before, upto, e, done)
                reached = c + 1
                i += 1
        if outside >= 0:
            entry_zone[n], entry_whole[n], entry_edge[n] = outside, w, e
            n += 1
            if done < columns:
                w, e = _rest(columns, full, part, taken, begin, end, edge, before, upto, w, e)
            full[:] = 0
            part[:] = 0
    row_entry[r1 - r0] = n
    entry_whole[n], entry_edge[n] = w, e
    return w, e


@njit(cache=True, nogil=True, inline="always")
def _cell(c, share, outside, full, part, taken, edge, before, upto, e, done):  # type: ignore[no-untyped-def]
    """One zone's share of one cell, after what zones before it took there."""
    had = 0
    if outside >= 0:
        word, bit = c >> 6, np.uint64(1) << np.uint64(c & 63)
        if full[word] & bit != 0:
            had = FULL
        elif part[word] & bit != 0:
            had = taken[c]
        part[word] |= bit
    has = min(had + share, FULL)
    if has > had:
        if e < len(edge):
            edge[e], before[e], upto[e] = c, had, has
        e += 1
        taken[c] = has
        if has == FULL:
            done += 1
    return e, done


@njit(cache=True, nogil=True)
def _rest(columns, full, part, taken, begin, end, edge, before, upto, w, e):  # type: ignore[no-untyped-def]
    """What no zone of a row took."""
    c = 0
    while c < columns:
        if _bit(full, c):
            c = _next(full, c, columns, False)
        elif _bit(part, c):
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
def _bit(bits, c):  # type: ignore[no-untyped-def]
    return (bits[c >> 6] >> np.uint64(c & 63)) & np.uint64(1) != 0


@njit(cache=True, nogil=True)
def _span(w, c0, c1):  # type: ignore[no-untyped-def]
    """The bits of columns c0 … c1 - 1 that lie in word w."""
    ones = ~np.uint64(0)
    low = ones << np.uint64(c0 & 63) if w == c0 >> 6 else ones
    high = ones >> np.uint64(63 - ((c1 - 1) & 63)) if w == (c1 - 1) >> 6 else ones
    return low & high


@njit(cache=True, nogil=True)
def _set(bits, c0, c1):  # type: ignore[no-untyped-def]
    for w in range(c0 >> 6, ((c1 - 1) >> 6) + 1):
        bits[w] |= _span(w, c0, c1)


@njit(cache=True, nogil=True)
def _any(a, b, c0, c1):  # type: ignore[no-untyped-def]
    for w in range(c0 >> 6, ((c1 - 1) >> 6) + 1):
        if (a[w] | b[w]) & _span(w, c0, c1) != 0:
            return True
    return False


@njit(cache=True, nogil=True)
def _next(bits, c, columns, value):  # type: ignore[no-untyped-def]
    """The first column from c on whose bit is ``value``; ``columns`` if there is none."""
    while c < columns:
        word = bits[c >> 6] if value else ~bits[c >> 6]
        word >>= np.uint64(c & 63)
        if word == 0:
            c = ((c >> 6) + 1) << 6
            continue
        while word & np.uint64(1) == 0:
            word >>= np.uint64(1)
            c += 1
        return min(c, columns)
    return columns
