"""kernels: counting against NumPy; and the same laws hold with the compiler off, of the very lines that one reads.

The cover's own laws stand in test_zones.py, that of sampling in test_resample.py.
"""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from envgis import zones
from envgis.grid import CRS, Grid
from envgis.kernels import counting
from envgis.kernels.coverage import FULL

HERE = Path(__file__).parent
HELD = ("test_zones.py", "test_resample.py", "test_ledger.py", "test_ledger_reference.py", "test_levels.py", "test_population.py")


@st.composite
def counts(draw):
    """Zones over a grid, codes and people of its cells, and areas that change every few cells."""
    rows, columns, count = draw(st.integers(1, 30)), draw(st.integers(1, 60)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    home = Grid(CRS.from_epsg(32615), 500_000.0, 1_650_000.0, 1.0, 1.0, rows, columns)
    corners = np.sort(rng.uniform(-3, max(rows, columns) + 3, (count, 2, 2)), axis=2)
    boxes = [shapely.box(500_000 + w, 1_650_000 - s, 500_000 + e, 1_650_000 - n) for (w, e), (n, s) in corners]
    cover = zones.cover(gpd.GeoSeries(boxes, crs=32615), home, overlap=draw(st.booleans()))
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    row_tile, column_tile = (np.arange(rows) // height).astype(np.int32), (np.arange(columns) // width).astype(np.int32)
    mm2 = rng.integers(1, draw(st.sampled_from([10**3, 10**9, 5 * 10**15])), (row_tile[-1] + 1, column_tile[-1] + 1))
    first, second = (rng.choice(rng.integers(0, 256, 4), rows * columns).astype(np.uint8) for _ in range(2))
    people = rng.integers(0, 10**9, rows * columns) * (rng.random(rows * columns) < 0.5) if draw(st.booleans()) else np.zeros(0, np.int64)
    # Spans of codes with a place of their own, of which many occur or none.
    lows = [int(draw(st.sampled_from([0, codes[0], 200]))) for codes in (first, second)]
    bins = rng.integers(0, 7, [draw(st.integers(1, min(90, 257 - low))) for low in lows]).astype(np.int32)
    return cover, row_tile, column_tile, mm2, first, second, people, lows, bins


def tabulated(case, cuts):
    """Areas and people (zones + 1, bins) of bands of rows, added."""
    cover, row_tile, column_tile, mm2, first, second, people, lows, bins = case
    columns = cover.grid.columns
    area, persons = np.zeros((cover.count + 1, 7), np.int64), np.zeros((cover.count + 1, 7), np.int64)
    for top, bottom in pairwise(cuts):
        r, cells = cover.runs(top, bottom - top), slice(top * columns, bottom * columns)
        counting.tabulate(
            first[cells], lows[0], second[cells], lows[1], bins, people[cells], r.row_entry, r.entries, r.wholes, r.edges,
            row_tile[top:bottom], column_tile, mm2, area, persons,
        )  # fmt: skip
    return area, persons


def expected(case):
    """The same, cell by cell and in Python's whole numbers where they grow large."""
    cover, row_tile, column_tile, mm2, first, second, people, lows, bins = case
    runs, columns = cover.runs(0, cover.grid.rows), cover.grid.columns
    area, persons = np.zeros((cover.count + 1, 7), object), np.zeros((cover.count + 1, 7), object)
    for row in range(runs.rows):
        for k in range(runs.row_entry[row], runs.row_entry[row + 1]):
            wholes, edges = (of[slice(*runs.entries[at][k : k + 2])] for at, of in (("whole", runs.wholes), ("edge", runs.edges)))
            whole = [(c, 0, FULL) for begin, end in wholes.tolist() for c in range(begin, end)]
            single = [(edge["column"], int(edge["before"]), int(edge["upto"])) for edge in edges]
            for c, before, upto in whole + single:
                cell = row * columns + c
                b = bins[tuple(place(int(codes[cell]) - low, n) for codes, low, n in zip((first, second), lows, bins.shape, strict=True))]
                for sums, amount in ((area, mm2[row_tile[row], column_tile[c]]), (persons, people[cell] if len(people) else 0)):
                    sums[runs.entries["zone"][k], b] += part(int(amount), upto) - part(int(amount), before)
    return area, persons


def place(code, count):
    """In a span of codes, whose last place is for all others."""
    return code if 0 <= code < count - 1 else count - 1


def part(amount, share):
    return amount if share == FULL else int(np.floor(amount * (share / FULL) + 0.5))


@given(counts(), st.lists(st.integers(1, 29), max_size=4))
def test_counting_by_tiles_is_counting_by_cells(case, cuts):
    rows = case[0].grid.rows
    area, persons = tabulated(case, sorted({0, rows, *(c for c in cuts if c < rows)}))
    for got, want in zip((area, persons), expected(case), strict=True):
        assert (got.astype(object) == want).all()


@given(counts())
def test_shares_in_turn_add_up_to_the_cells(case):
    """Rounded along a running sum: nothing is lost."""
    cover, row_tile, column_tile, mm2, _, _, people, _, _ = case
    if cover.overlap:
        return
    area, persons = tabulated(case, [0, cover.grid.rows])
    assert area.sum() == mm2[np.ix_(row_tile, column_tile)].sum()
    assert persons.sum() == people.sum()


def test_a_whole_cell_is_whole_even_where_no_double_holds_it() -> None:
    cell = 2**60 + 1
    assert counting.share(cell, FULL) == cell
    assert counting.share(cell, 0) == 0


def test_the_same_with_the_compiler_off() -> None:
    """In a process of its own: numba reads the switch when it is first imported."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(str(HERE / name) for name in HELD)]
    done = subprocess.run(
        command, cwd=HERE.parent, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout and "skipped" not in done.stdout


def test_the_compiler_is_off_there() -> None:
    """Else the test above would show nothing."""
    code = "from envgis.kernels import counting; print(type(counting.tabulate).__name__)"
    for switch, kind in (("1", "function"), ("0", "CPUDispatcher")):
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "NUMBA_DISABLE_JIT": switch}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == kind
