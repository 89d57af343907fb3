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
    face_entries: NDArray[np.void],
    face_wholes: NDArray[np.void],
    face_edges: NDArray[np.void],
    municipality: NDArray[np.int32],
    row_entry: NDArray[np.int64],
    entries: NDArray[np.void],
    wholes: NDArray[np.void],
    edges: NDArray[np.void],
    row_tile: NDArray[np.int32],
    column_tile: NDArray[np.int32],
    mm2: NDArray[np.int64],
    people: NDArray[np.int64],
    face: NDArray[np.int32],
    cell: NDArray[np.int64],
    area: NDArray[np.int64],
    persons: NDArray[np.int64],
) -> int:
    """Faces in turn take their own area of a cell, at most what their municipality has left there, and its people alike.

    face_* : the faces' runs, each counted alone; municipality (faces,) : the zone out of which each takes; faces of one
        municipality stand together
    row_entry … edges : the municipalities' runs of the same rows; row_tile … mm2 : areas, see `counting.tabulate`
    people (cells,) : millionths of a person, or empty
    face, cell, area, persons : written: one record a face and cell. Returns how many; beyond their length counted only.
    """
    columns = len(column_tile)
    left, total, living = np.zeros(columns, np.int64), np.zeros(columns, np.int64), np.zeros(columns, np.int64)
    owner = np.full(columns, -1, np.int64)
    n = 0
    for r in range(len(face_entry) - 1):
        owner[:] = -1
        for k in range(face_entry[r], face_entry[r + 1]):
            z = face_entries[k]["zone"]
            m = municipality[z]
            first_whole, first_edge = face_entries[k]["whole"], face_entries[k]["edge"]
            count = face_entries[k + 1]["whole"] - first_whole
            for i in range(count + face_entries[k + 1]["edge"] - first_edge):
                if i < count:
                    c0, c1, part = face_wholes[first_whole + i]["begin"], face_wholes[first_whole + i]["end"], FULL
                else:
                    at = face_edges[first_edge + i - count]
                    c0, c1, part = at["column"], at["column"] + 1, at["upto"]
                for c in range(c0, c1):
                    size = mm2[row_tile[r], column_tile[c]]
                    if owner[c] != m:
                        had, has = _share_of(m, r, c, row_entry, entries, wholes, edges)
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
def _share_of(m, r, c, row_entry, entries, wholes, edges):  # type: ignore[no-untyped-def]
    """Running sum of shares before and after zone m in one cell; (0, 0) if it has none."""
    for k in range(row_entry[r], row_entry[r + 1]):
        if entries[k]["zone"] != m:
            continue
        first, last = entries[k]["whole"], entries[k + 1]["whole"]
        while first < last:
            middle = (first + last) // 2
            if c < wholes[middle]["begin"]:
                last = middle
            elif c >= wholes[middle]["end"]:
                first = middle + 1
            else:
                return np.int64(0), np.int64(FULL)
        first, last = entries[k]["edge"], entries[k + 1]["edge"]
        while first < last:
            middle = (first + last) // 2
            if c < edges[middle]["column"]:
                last = middle
            elif c > edges[middle]["column"]:
                first = middle + 1
            else:
                return edges[middle]["before"], edges[middle]["upto"]
    return np.int64(0), np.int64(0)
