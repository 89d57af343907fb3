"""The ledger's inner loop: areas and people by zone and by pair of codes, over runs of cells.

Inner loops index by unsigned numbers (no look whether one counts from the end) and take neither slices nor helpers with
arrays: each of these is a counted reference, which costs as much as fifty cells.
"""

# Numba finds a type for a number that is now of Python and now of NumPy.
# mypy: disable-error-code="assignment"

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from envgis.kernels.coverage import FULL

MOST_PAIRS = 1 << 13  # their places in a tally fit in 16 bits
_SHIFT = 3
_LANES = 1 << _SHIFT  # tallies in turn: an addition need not wait until the one before it is stored
_MOST = 1 << 22  # counts held at once


@njit(cache=True, nogil=True)
def tabulate(
    first: NDArray[np.uint8],
    first_low: int,
    second: NDArray[np.uint8],
    second_low: int,
    bins: NDArray[np.int32],
    people: NDArray[np.int64],
    row_entry: NDArray[np.int64],
    entries: NDArray[np.void],
    wholes: NDArray[np.void],
    edges: NDArray[np.void],
    row_tile: NDArray[np.int32],
    column_tile: NDArray[np.int32],
    mm2: NDArray[np.int64],
    area: NDArray[np.int64],
    persons: NDArray[np.int64],
) -> None:
    """Add a block of whole rows to ``area`` and ``persons`` (zones, bins).

    first, second (cells,) : stored codes, row after row
    bins (a + 1, b + 1) : the bin of each pair of codes, counted from first_low and second_low; the last row and column
        are for all codes beyond; at most MOST_PAIRS in all
    people (cells,) : millionths of a person in each cell; empty if there are none
    row_entry, entries, wholes, edges : the block's `envgis.zones.Runs`
    row_tile (rows,), column_tile (columns,), mm2 : areas of its cells, see `envgis.grid.CellAreas`

    Whole cells are counted, and multiplied by their area once for each tile and zone; only single cells at edges are
    rounded on their own.
    """
    rows, columns, pairs = len(row_entry) - 1, len(column_tile), bins.ravel()
    tile_end = np.empty(column_tile[-1] + 1, np.int64)
    for c in range(columns):
        tile_end[column_tile[c]] = c + 1
    # Where each zone's counts begin, and the first tile in which it has any.
    place, west = np.empty(area.shape[0] + 1, np.int64), np.empty(area.shape[0], np.int64)
    # A whole group of lanes may be read at a row's end.
    index = np.zeros(columns + _LANES, np.uint16)
    r = 0
    while r < rows:
        stop = r + 1
        while stop < rows and row_tile[stop] == row_tile[r]:
            stop += 1
        _give_places(row_entry[r], row_entry[stop], entries, wholes, column_tile, len(pairs), place, west)
        while stop > r + 1 and place[-1] > _MOST:
            stop = r + (stop - r) // 2
            _give_places(row_entry[r], row_entry[stop], entries, wholes, column_tile, len(pairs), place, west)
        tally = np.zeros(place[-1], np.uint32)
        for row in range(r, stop):
            k0, k1 = row_entry[row], row_entry[row + 1]
            _index(first, first_low, second, second_low, row * columns, columns, bins.shape[0] - 1, bins.shape[1] - 1, index)
            _count(index, k0, k1, entries, wholes, column_tile, tile_end, place, west, len(pairs), tally)
            _add_edges(index, pairs, k0, k1, entries, edges, column_tile, mm2, row_tile[r], area)
            if len(people) > 0:
                _add_people(index, pairs, people, row * columns, k0, k1, entries, wholes, edges, persons)
        _add_counts(tally, place, west, pairs, mm2, row_tile[r], area)
        r = stop


@njit(cache=True, nogil=True)
def _give_places(k0, k1, entries, wholes, column_tile, pairs, place, west):  # type: ignore[no-untyped-def]
    """Give each zone of entries k0 … k1 - 1 room for the counts of every tile from the first to the last that it has whole cells in."""
    east = np.full(len(west), -1, np.int64)
    west[:] = len(column_tile)
    for k in range(k0, k1):
        first, last = entries[k]["whole"], entries[k + 1]["whole"] - 1
        if first <= last:
            z = entries[k]["zone"]
            west[z] = min(west[z], np.int64(column_tile[wholes[first]["begin"]]))
            east[z] = max(east[z], np.int64(column_tile[wholes[last]["end"] - 1]))
    place[0] = 0
    for z in range(len(west)):
        place[z + 1] = place[z] + max(0, east[z] - west[z] + 1) * pairs * _LANES


@njit(cache=True, nogil=True)
def _index(first, first_low, second, second_low, at, columns, a, b, index):  # type: ignore[no-untyped-def]
    """Where the pair of each cell of a row, which begins at cell ``at``, is counted."""
    most_a, most_b, width = np.uint8(a), np.uint8(b), np.uint16(b + 1)
    for c in range(np.uint64(columns)):
        p = np.uint64(at) + c
        i = np.minimum(np.uint8((np.int64(first[p]) - first_low) & 255), most_a)
        j = np.minimum(np.uint8((np.int64(second[p]) - second_low) & 255), most_b)
        # In this form the compiler takes 16 cells at once.
        index[c] = (np.uint16(i) * width + np.uint16(j)) << np.uint16(_SHIFT)


@njit(cache=True, nogil=True)
def _count(index, k0, k1, entries, wholes, column_tile, tile_end, place, west, pairs, tally):  # type: ignore[no-untyped-def]
    """Count the whole cells of a row, entries k0 … k1 - 1."""
    size, lanes = np.uint64(pairs * _LANES), np.uint64(_LANES)
    for k in range(np.uint64(k0), np.uint64(k1)):
        z = np.uint64(entries[k]["zone"])
        for i in range(np.uint64(entries[k]["whole"]), np.uint64(entries[k + np.uint64(1)]["whole"])):
            c, last = np.uint64(wholes[i]["begin"]), np.uint64(wholes[i]["end"])
            t = np.uint64(column_tile[c])
            u = np.uint64(place[z]) + size * (t - np.uint64(west[z]))
            while c < last:
                stop = min(np.uint64(tile_end[t]), last)
                for _ in range((stop - c) // lanes):
                    for lane in range(lanes):
                        tally[u + np.uint64(index[c + lane]) + lane] += np.uint32(1)
                    c += lanes
                if c < stop:
                    # Nothing is added for cells beyond: cheaper than a loop whose length no processor can foresee.
                    for lane in range(lanes):
                        tally[u + np.uint64(index[c + lane]) + lane] += np.uint32(c + lane < stop)
                    c = stop
                t += np.uint64(1)
                u += size


@njit(cache=True, nogil=True)
def _add_counts(tally, place, west, pairs, mm2, row, area):  # type: ignore[no-untyped-def]
    size = len(pairs) * _LANES
    for z in range(len(west)):
        for t in range((place[z + 1] - place[z]) // size):
            whole = mm2[row, west[z] + t]
            for p in range(len(pairs)):
                at, n = place[z] + t * size + p * _LANES, np.int64(0)
                for lane in range(_LANES):
                    n += tally[at + lane]
                area[z, pairs[p]] += n * whole


@njit(cache=True, nogil=True)
def _add_edges(index, pairs, k0, k1, entries, edges, column_tile, mm2, row, area):  # type: ignore[no-untyped-def]
    """Add the zones' parts of single cells of a row, entries k0 … k1 - 1."""
    for k in range(np.uint64(k0), np.uint64(k1)):
        z = np.uint64(entries[k]["zone"])
        for i in range(np.uint64(entries[k]["edge"]), np.uint64(entries[k + np.uint64(1)]["edge"])):
            c = np.uint64(edges[i]["column"])
            whole = mm2[row, np.uint64(column_tile[c])]
            area[z, np.uint64(pairs[np.uint64(index[c] >> _SHIFT)])] += share(whole, edges[i]["upto"]) - share(whole, edges[i]["before"])


@njit(cache=True, nogil=True)
def _add_people(index, pairs, people, at, k0, k1, entries, wholes, edges, persons):  # type: ignore[no-untyped-def]
    """Add the people of a row, which begins at cell ``at``, entries k0 … k1 - 1."""
    for k in range(k0, k1):
        z = entries[k]["zone"]
        for i in range(entries[k]["whole"], entries[k + 1]["whole"]):
            for c in range(np.uint64(wholes[i]["begin"]), np.uint64(wholes[i]["end"])):
                living = people[np.uint64(at) + c]
                if living != 0:
                    persons[z, pairs[np.uint64(index[c] >> _SHIFT)]] += living
        for i in range(entries[k]["edge"], entries[k + 1]["edge"]):
            c = np.uint64(edges[i]["column"])
            living = people[np.uint64(at) + c]
            persons[z, pairs[np.uint64(index[c] >> _SHIFT)]] += share(living, edges[i]["upto"]) - share(living, edges[i]["before"])


@njit(cache=True, nogil=True)
def share(whole: int, part: int) -> int:
    """``whole`` times a running sum of shares (of FULL), rounded: differences of neighbours then add up to ``whole``."""
    rounded = int(np.floor(whole * (part / FULL) + 0.5))
    # A double may lose the last digits of a very large cell.
    return whole if part == FULL else rounded
