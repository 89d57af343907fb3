"""What actions take out of their municipality's land, cell by cell."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from envgis.kernels.counting import share
from envgis.kernels.coverage import FULL


@njit(cache=True, nogil=True)
def take(
    face_entry: NDArray[np.int64],
    face_zone: NDArray[np.int32],
    face_whole_at: NDArray[np.int64],
    face_edge_at: NDArray[np.int64],
    face_begin: NDArray[np.int32],
    face_end: NDArray[np.int32],
    face_edge: NDArray[np.int32],
    face_upto: NDArray[np.int64],
    municipality: NDArray[np.int32],
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
    people: NDArray[np.int64],
    columns: int,
    face: NDArray[np.int32],
    cell: NDArray[np.int64],
    area: NDArray[np.int64],
    persons: NDArray[np.int64],
) -> int:
    """Faces in turn take their own area of a cell, at most what their municipality has left there, and its people alike.

    face_* : the faces' runs, each counted alone; municipality (faces,) : the zone out of which each takes; faces of one
        municipality stand together
    row_entry … upto : the municipalities' runs of the same rows; row_tile … mm2 : areas, see `counting.tabulate`
    people (cells,) : millionths of a person, or empty
    face, cell, area, persons : written: one record a face and cell. Returns how many; beyond their length counted only.
    """
    left, total, living = np.zeros(columns, np.int64), np.zeros(columns, np.int64), np.zeros(columns, np.int64)
    owner = np.full(columns, -1, np.int64)
    n = 0
    for r in range(len(face_entry) - 1):
        owner[:] = -1
        for k in range(face_entry[r], face_entry[r + 1]):
            z = face_zone[k]
            m = municipality[z]
            wholes = face_whole_at[k + 1] - face_whole_at[k]
            for i in range(wholes + face_edge_at[k + 1] - face_edge_at[k]):
                if i < wholes:
                    c0, c1, part = face_begin[face_whole_at[k] + i], face_end[face_whole_at[k] + i], FULL
                else:
                    at = face_edge_at[k] + i - wholes
                    c0, c1, part = face_edge[at], face_edge[at] + 1, face_upto[at]
                for c in range(c0, c1):
                    size = mm2[row_tile[r], column_tile[c]]
                    if owner[c] != m:
                        had, has = _share_of(m, r, c, row_entry, zone, whole_at, edge_at, begin, end, edge, before, upto)
                        owner[c] = m
                        total[c] = left[c] = share(size, has) - share(size, had)
                        living[c] = share(people[r * columns + c], has) - share(people[r * columns + c], had) if len(people) > 0 else 0
                    got = min(share(size, part), left[c])
                    if got <= 0:
                        continue
                    if n < len(cell):
                        used = total[c] - left[c]
                        face[n], cell[n], area[n] = z, r * columns + c, got
                        persons[n] = _of(living[c], used + got, total[c]) - _of(living[c], used, total[c])
                    n += 1
                    left[c] -= got
    return n


@njit(cache=True, nogil=True)
def _of(people: int, part: int, whole: int) -> int:
    return int(np.floor(people * (part / whole) + 0.5))


@njit(cache=True, nogil=True)
def _share_of(m, r, c, row_entry, zone, whole_at, edge_at, begin, end, edge, before, upto):  # type: ignore[no-untyped-def]
    """Running sum of shares before and after zone m in one cell; (0, 0) if it has none."""
    for k in range(row_entry[r], row_entry[r + 1]):
        if zone[k] != m:
            continue
        i = _last_up_to(begin, whole_at[k], whole_at[k + 1], c)
        if i >= whole_at[k] and c < end[i]:
            return np.int64(0), np.int64(FULL)
        i = _last_up_to(edge, edge_at[k], edge_at[k + 1], c)
        if i >= edge_at[k] and edge[i] == c:
            return before[i], upto[i]
    return np.int64(0), np.int64(0)


@njit(cache=True, nogil=True)
def _last_up_to(columns, first, last, c):  # type: ignore[no-untyped-def]
    """Position of the last of columns[first … last - 1], which rise, that is at most c; first - 1 if there is none."""
    while first < last:
        middle = (first + last) // 2
        if columns[middle] <= c:
            first = middle + 1
        else:
            last = middle
    return first - 1
