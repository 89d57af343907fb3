"""The ledger's inner loop: areas and people by zone and by pair of codes, over runs of cells."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from envgis.kernels.coverage import FULL

PAIRS = 1 << 16  # of two stored bytes: first · 256 + second
_BYTES = np.uint64(0x0101010101010101)


@njit(cache=True, nogil=True)
def tabulate(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    first_words: NDArray[np.uint64],
    second_words: NDArray[np.uint64],
    pairs: NDArray[np.int32],
    known: NDArray[np.int32],
    people: NDArray[np.int64],
    columns: int,
    row_entry: NDArray[np.int64],
    zone: NDArray[np.int32],
    whole_at: NDArray[np.int64],
    edge_at: NDArray[np.int64],
    begin: NDArray[np.int32],
    end: NDArray[np.int32],
    edge: NDArray[np.int32],
    before: NDArray[np.int64],
    upto: NDArray[np.int64],
    row_tile: NDArray[np.int32],
    column_tile: NDArray[np.int32],
    mm2: NDArray[np.int64],
    tally: NDArray[np.uint32],
    area: NDArray[np.int64],
    persons: NDArray[np.int64],
) -> None:
    """Add a block of whole rows to ``area`` and ``persons`` (zones, bins).

    first, second (cells,) : stored codes, row after row; first_words, second_words : the same, eight cells in one word
    pairs (PAIRS,) : the bin of each pair of codes; known : the pairs that are expected (others are found all the same)
    people (cells,) : millionths of a person in each cell; empty if there are none
    row_entry … upto : the block's `envgis.zones.Runs`
    row_tile (rows,), column_tile (columns,), mm2 : areas of its cells, see `envgis.grid.CellAreas`
    tally (tiles in a row, PAIRS) : zeros, and zeros again at the end

    Whole cells are counted, and multiplied by their area once for each tile and zone; only single cells at edges are
    rounded on their own.
    """
    tiles = column_tile[-1] + 1
    tile_end = np.empty(tiles, np.int64)
    for c in range(columns):
        tile_end[column_tile[c]] = c + 1
    rows = len(row_entry) - 1
    r = 0
    while r < rows:
        stop = r + 1
        while stop < rows and row_tile[stop] == row_tile[r]:
            stop += 1
        at, at_row, start = _by_zone(row_entry, zone, r, stop, area.shape[0])
        sizes = mm2[row_tile[r]]
        for z in range(area.shape[0]):
            low, high, cells = tiles, -1, 0
            for k in range(start[z], start[z + 1]):
                line = at_row[k] * columns
                for i in range(whole_at[at[k]], whole_at[at[k] + 1]):
                    c, c1 = begin[i], end[i]
                    t = column_tile[c]
                    low, cells = min(low, t), cells + c1 - c
                    while c < c1:
                        last = min(tile_end[t], c1)
                        _count(first, second, first_words, second_words, line + c, line + last, tally[t])
                        c = last
                        t += 1
                    high = max(high, t - 1)
                for i in range(edge_at[at[k]], edge_at[at[k] + 1]):
                    c = edge[i]
                    a = sizes[column_tile[c]]
                    b = pairs[np.int64(first[line + c]) << 8 | np.int64(second[line + c])]
                    area[z, b] += share(a, upto[i]) - share(a, before[i])
            for t in range(low, high + 1):
                cells -= _empty(tally[t], known, pairs, sizes[t], area[z])
            if cells > 0:
                everything = np.arange(PAIRS, dtype=np.int32)
                for t in range(low, high + 1):
                    _empty(tally[t], everything, pairs, sizes[t], area[z])
        r = stop
    if len(people) > 0:
        _people(first, second, pairs, people, columns, row_entry, zone, whole_at, edge_at, begin, end, edge, before, upto, persons)


@njit(cache=True, nogil=True)
def _by_zone(row_entry, zone, r0, r1, zones):  # type: ignore[no-untyped-def]
    """Entries of rows r0 … r1 - 1 sorted by zone, so that a zone's tallies stay at hand; their rows; each zone's start."""
    start = np.zeros(zones + 1, np.int64)
    for e in range(row_entry[r0], row_entry[r1]):
        start[zone[e] + 1] += 1
    for z in range(zones):
        start[z + 1] += start[z]
    at, at_row = np.empty(start[zones], np.int64), np.empty(start[zones], np.int64)
    fill = start.copy()
    for r in range(r0, r1):
        for e in range(row_entry[r], row_entry[r + 1]):
            at[fill[zone[e]]], at_row[fill[zone[e]]] = e, r
            fill[zone[e]] += 1
    return at, at_row, start


@njit(cache=True, nogil=True)
def _count(first, second, first_words, second_words, c0, c1, tally):  # type: ignore[no-untyped-def]
    """Count cells c0 … c1 - 1. In maps of classes, eight neighbours are often alike: then they are counted at once."""
    head = min(c1, (c0 + 7) & ~7)
    tail = max(head, c1 & ~7)
    _each(first[c0:head], second[c0:head], tally)
    # Slices begin at 0, so that no index need be looked at for its sign: a third of the time.
    a8, b8, a, b = first_words[head >> 3 : tail >> 3], second_words[head >> 3 : tail >> 3], first[head:tail], second[head:tail]
    for i in range(len(a8)):
        p, q = np.uint64(a[8 * i]), np.uint64(b[8 * i])
        if a8[i] == p * _BYTES and b8[i] == q * _BYTES:
            tally[p << np.uint64(8) | q] += np.uint32(8)
        else:
            for k in range(8):
                tally[np.uint64(a[8 * i + k]) << np.uint64(8) | np.uint64(b[8 * i + k])] += np.uint32(1)
    _each(first[tail:c1], second[tail:c1], tally)


@njit(cache=True, nogil=True)
def _each(first, second, tally):  # type: ignore[no-untyped-def]
    for i in range(len(first)):
        tally[np.uint64(first[i]) << np.uint64(8) | np.uint64(second[i])] += np.uint32(1)


@njit(cache=True, nogil=True)
def _empty(tally, which, pairs, mm2, area):  # type: ignore[no-untyped-def]
    """Turn counts of some pairs into areas and set them to zero. Returns how many cells they were."""
    cells = 0
    for p in which:
        n = np.int64(tally[p])
        if n != 0:
            area[pairs[p]] += n * mm2
            cells += n
            tally[p] = 0
    return cells


@njit(cache=True, nogil=True)
def _people(first, second, pairs, people, columns, row_entry, zone, whole_at, edge_at, begin, end, edge, before, upto, persons):  # type: ignore[no-untyped-def]
    for r in range(len(row_entry) - 1):
        line = r * columns
        for k in range(row_entry[r], row_entry[r + 1]):
            z = zone[k]
            for i in range(whole_at[k], whole_at[k + 1]):
                for c in range(line + begin[i], line + end[i]):
                    if people[c] != 0:
                        persons[z, pairs[np.int64(first[c]) << 8 | np.int64(second[c])]] += people[c]
            for i in range(edge_at[k], edge_at[k + 1]):
                c = line + edge[i]
                if people[c] != 0:
                    b = pairs[np.int64(first[c]) << 8 | np.int64(second[c])]
                    persons[z, b] += share(people[c], upto[i]) - share(people[c], before[i])


@njit(cache=True, nogil=True)
def share(whole: int, part: int) -> int:
    """``whole`` times a running sum of shares (of FULL), rounded: differences of neighbours then add up to ``whole``."""
    if part == FULL:
        return whole
    return int(np.floor(whole * (part / FULL) + 0.5))
