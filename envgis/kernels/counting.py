"""The ledger's inner loop: areas and people by zone and by pair of codes, over runs of cells.

Inner loops index by unsigned numbers (no look whether one counts from the end) and take neither slices nor helpers with
arrays: each of these is a counted reference, which costs as much as fifty cells.
"""

# Numba finds a type for a number that is now of Python and now of NumPy.
# mypy: disable-error-code="assignment"

from __future__ import annotations

import threading

import numpy as np
from numba import njit
from numpy.typing import NDArray

from envgis.kernels.coverage import FULL

PAIRS = 1 << 16  # of two stored bytes: first · 256 + second
_LANES = 4  # tallies in turn: an addition need not wait until the one before it is stored
_TILES = 8  # counted at once: few zones reach over more
_APART = 16  # so that the same pair's places in two lanes do not fall on one line of the cache
_BAND = 1 << 19  # cells of a band of rows, whose pairs stay at hand while one zone after the other is counted


_own = threading.local()


def tallies() -> NDArray[np.uint32]:
    """Counts of pairs, all zero: what `tabulate` needs to work with.

    Each thread has its own and gets them again, since `tabulate` leaves zeros: 8 MB to clear for every block would be
    felt.
    """
    if not hasattr(_own, "tallies"):
        _own.tallies = np.zeros((_TILES, _LANES, PAIRS + _APART), np.uint32)
    kept: NDArray[np.uint32] = _own.tallies
    return kept


@njit(cache=True, nogil=True)
def tabulate(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
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

    first, second (cells,) : stored codes, row after row
    pairs (PAIRS,) : the bin of each pair of codes; known : pairs to expect (others are found all the same, but slowly)
    people (cells,) : millionths of a person in each cell; empty if there are none
    row_entry … upto : the block's `envgis.zones.Runs`
    row_tile (rows,), column_tile (columns,), mm2 : areas of its cells, see `envgis.grid.CellAreas`
    tally : of `tallies`, and all zero again at the end

    Whole cells are counted, and multiplied by their area once for each tile and zone; only single cells at edges are
    rounded on their own.
    """
    tile_end = np.empty(column_tile[-1] + 1, np.int64)
    for c in range(columns):
        tile_end[column_tile[c]] = c + 1
    seen, found = np.empty(PAIRS, np.int32), len(known)
    seen[:found] = known
    rows, height = len(row_entry) - 1, max(1, _BAND // columns)
    pair = np.empty(height * columns, np.uint16)
    r = 0
    while r < rows:
        stop = r + 1
        while stop < min(rows, r + height) and row_tile[stop] == row_tile[r]:
            stop += 1
        _join(first, second, r * columns, stop * columns, pair)
        at, at_line, start = _by_zone(row_entry, zone, r, stop, columns, area.shape[0])
        for z in range(area.shape[0]):
            if start[z] < start[z + 1]:
                low, high = _reach(at, start[z], start[z + 1], whole_at, begin, end, column_tile)
                for t in range(low, high + 1, _TILES):
                    cells = _count(pair, at, at_line, start[z], start[z + 1], whole_at, begin, end, column_tile, tile_end, t, tally)
                    found = _empty(tally, t, min(high, t + _TILES - 1), cells, seen, found, pairs, mm2, row_tile[r], area, z)
                _add_edges(pair, pairs, at, at_line, start[z], start[z + 1], edge_at, edge, before, upto, column_tile, mm2, row_tile[r], area, z)
        r = stop
    if len(people) > 0:
        _add_people(first, second, pairs, people, columns, row_entry, zone, whole_at, edge_at, begin, end, edge, before, upto, persons)


@njit(cache=True, nogil=True)
def _join(first, second, p0, p1, pair):  # type: ignore[no-untyped-def]
    """Pairs of codes of cells p0 … p1 - 1."""
    for p in range(np.uint64(p1 - p0)):
        q = np.uint64(p0) + p
        pair[p] = np.uint16(first[q]) << np.uint16(8) | np.uint16(second[q])


@njit(cache=True, nogil=True)
def _by_zone(row_entry, zone, r0, r1, columns, zones):  # type: ignore[no-untyped-def]
    """Entries of rows r0 … r1 - 1 sorted by zone, where the row of each begins in the band, and each zone's first."""
    start = np.zeros(zones + 1, np.int64)
    for e in range(row_entry[r0], row_entry[r1]):
        start[zone[e] + 1] += 1
    for z in range(zones):
        start[z + 1] += start[z]
    at, at_line = np.empty(start[zones], np.int64), np.empty(start[zones], np.int64)
    fill = start.copy()
    for r in range(r0, r1):
        for e in range(row_entry[r], row_entry[r + 1]):
            at[fill[zone[e]]], at_line[fill[zone[e]]] = e, (r - r0) * columns
            fill[zone[e]] += 1
    return at, at_line, start


@njit(cache=True, nogil=True)
def _reach(at, k0, k1, whole_at, begin, end, column_tile):  # type: ignore[no-untyped-def]
    """First and last tile in which entries k0 … k1 - 1 have whole cells; the last is less than the first if they have none."""
    low, high = np.int64(column_tile[-1]) + 1, np.int64(-1)
    for k in range(k0, k1):
        first, last = whole_at[at[k]], whole_at[at[k] + 1] - 1
        if first <= last:
            low = min(low, np.int64(column_tile[begin[first]]))
            high = max(high, np.int64(column_tile[end[last] - 1]))
    return low, high


@njit(cache=True, nogil=True)
def _count(pair, at, at_line, k0, k1, whole_at, begin, end, column_tile, tile_end, low, tally):  # type: ignore[no-untyped-def]
    """Count the pairs in whole cells of entries k0 … k1 - 1, in as many tiles from ``low`` on as there are tallies.

    Returns how many cells they are.
    """
    cells = np.int64(0)
    west = tile_end[low - 1] if low > 0 else np.int64(0)
    east = tile_end[min(low + _TILES, len(tile_end)) - 1]
    for k in range(k0, k1):
        for i in range(whole_at[at[k]], whole_at[at[k] + 1]):
            c, last = max(np.int64(begin[i]), west), min(np.int64(end[i]), east)
            if c >= last:
                continue
            cells += last - c
            t = np.int64(column_tile[c])
            while c < last:
                stop = min(tile_end[t], last)
                p, u = np.uint64(at_line[k] + c), np.uint64(t - low)
                for _ in range((stop - c) // _LANES):
                    tally[u, 0, pair[p]] += np.uint32(1)
                    tally[u, 1, pair[p + np.uint64(1)]] += np.uint32(1)
                    tally[u, 2, pair[p + np.uint64(2)]] += np.uint32(1)
                    tally[u, 3, pair[p + np.uint64(3)]] += np.uint32(1)
                    p += np.uint64(4)
                while p < np.uint64(at_line[k] + stop):
                    tally[u, 0, pair[p]] += np.uint32(1)
                    p += np.uint64(1)
                c, t = stop, t + 1
    return cells


@njit(cache=True, nogil=True)
def _empty(tally, low, high, cells, seen, found, pairs, mm2, row, area, z):  # type: ignore[no-untyped-def]
    """Turn the counts in tiles low … high into areas and set them to zero. Returns how many pairs have been seen."""
    i = 0
    while cells > 0:
        # Once all pairs that were seen before are through, each one is tried: one that is found joins them.
        p = seen[i] if i < found else i - found
        had = cells
        for u in range(high - low + 1):
            n = np.int64(0)
            for lane in range(_LANES):
                n += tally[u, lane, p]
            if n > 0:
                for lane in range(_LANES):
                    tally[u, lane, p] = 0
                area[z, pairs[p]] += n * mm2[row, low + u]
                cells -= n
        if i >= found and cells < had:
            seen[found] = p
            found += 1
        i += 1
    return found


@njit(cache=True, nogil=True)
def _add_edges(pair, pairs, at, at_line, k0, k1, edge_at, edge, before, upto, column_tile, mm2, row, area, z):  # type: ignore[no-untyped-def]
    """Add the zone's part of single cells of entries k0 … k1 - 1."""
    for k in range(k0, k1):
        for i in range(np.uint64(edge_at[at[k]]), np.uint64(edge_at[at[k] + 1])):
            c = np.uint64(edge[i])
            whole = mm2[row, np.uint64(column_tile[c])]
            b = np.uint64(pairs[pair[np.uint64(at_line[k]) + c]])
            area[z, b] += share(whole, upto[i]) - share(whole, before[i])


@njit(cache=True, nogil=True)
def _add_people(first, second, pairs, people, columns, row_entry, zone, whole_at, edge_at, begin, end, edge, before, upto, persons):  # type: ignore[no-untyped-def]
    for r in range(len(row_entry) - 1):
        line = r * columns
        for k in range(row_entry[r], row_entry[r + 1]):
            z = zone[k]
            for i in range(whole_at[k], whole_at[k + 1]):
                for p in range(np.uint64(line + begin[i]), np.uint64(line + end[i])):
                    if people[p] != 0:
                        persons[z, pairs[np.uint64(first[p]) << np.uint64(8) | np.uint64(second[p])]] += people[p]
            for i in range(edge_at[k], edge_at[k + 1]):
                p = np.uint64(line + edge[i])
                if people[p] != 0:
                    b = pairs[np.uint64(first[p]) << np.uint64(8) | np.uint64(second[p])]
                    persons[z, b] += share(people[p], upto[i]) - share(people[p], before[i])


@njit(cache=True, nogil=True)
def share(whole: int, part: int) -> int:
    """``whole`` times a running sum of shares (of FULL), rounded: differences of neighbours then add up to ``whole``."""
    rounded = int(np.floor(whole * (part / FULL) + 0.5))
    # A double may lose the last digits of a very large cell.
    return whole if part == FULL else rounded
