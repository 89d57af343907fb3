"""The benchmark: its work is what it says, every contestant does it, and what they find agrees. Nothing is timed here."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
CELLS, ZONES = 700, 15


@pytest.fixture(scope="module")
def scripts():
    """The scripts, which import one another by name."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        import contestants
        import workload
    finally:
        sys.path.remove(str(SCRIPTS))
    return workload, contestants


@pytest.fixture(scope="module")
def work(scripts, tmp_path_factory):
    workload, contestants = scripts
    folder = tmp_path_factory.mktemp("work")
    workload.zones(CELLS, ZONES).to_file(folder / "zones.gpkg")
    workload.rasters(folder, CELLS)
    made = contestants.Work(folder)
    contestants.join(made)
    return made


def test_zones_are_many_cornered_and_tile_the_square(scripts):
    frame = scripts[0].zones(12_000)
    assert len(frame) == 340 and frame.is_valid.all()
    assert shapely.get_num_coordinates(frame.geometry.to_numpy()).min() > 600
    square = shapely.box(*frame.total_bounds)
    assert square.area == (12_000 * 10) ** 2
    assert shapely.union_all(frame.geometry.to_numpy()).area == pytest.approx(square.area, rel=1e-12)
    assert frame.area.sum() == pytest.approx(square.area, rel=1e-12)


def test_rasters_are_rough_and_the_same_again(scripts, work, tmp_path):
    again = scripts[0].rasters(tmp_path, CELLS)
    for path, classes in zip(again, ({*range(6), 255}, {*range(1, 13), 255}), strict=True):
        with rasterio.open(path) as second, rasterio.open(work.folder / path.name) as first:
            cells = first.read(1)
            assert (cells == second.read(1)).all()
            assert (first.compression.name, first.block_shapes[0]) == ("deflate", (512, 512))
        assert set(np.unique(cells)) == classes
        assert 0.05 < (np.diff(cells.astype(int), axis=1) != 0).mean() < 0.2


def test_shares_agree_with_exactextract(scripts, work):
    mine, theirs = scripts[1].shares(work)
    assert theirs.sum() == pytest.approx(CELLS**2, rel=1e-6)
    assert (np.abs(mine - theirs) / theirs.sum(axis=1, keepdims=True)).max() < 1e-6


def test_every_contestant_finds_the_same_cells(scripts, work):
    """Exact shares and centres of cells differ only along the borders."""
    _, contestants = scripts
    by_hand = contestants.run("the same in bands", work)
    whole = contestants.run("rasterize + bincount", work)
    assert (whole[1:, 3, 7] == by_hand[1:, 3 * 13 + 6]).all() and whole.sum() == CELLS**2
    assert by_hand.sum() == CELLS**2 and not by_hand[0].any()
    stats = contestants.run("rasterstats", work)
    assert [sum(row.values()) for row in stats] == by_hand[1:].sum(axis=1).tolist()
    _, theirs = contestants.shares(work)
    assert np.abs(theirs - by_hand[1:]).max() < 0.02 * theirs.sum(axis=1).max()
    one, two = (contestants.run(f"envgis, {n}", work) for n in ("1 thread", "2 threads"))
    assert one.equals(two)
    assert one["area_mm2"].sum() / 1e8 == pytest.approx(CELLS**2, rel=2e-3)


@pytest.mark.parametrize("name", ["decode", "envgis, 1 thread"])
def test_a_process_tells_its_times_and_memory(work, name):
    command = [sys.executable, str(SCRIPTS / "side_by_side.py"), "once", name, str(work.folder), "2"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout)
    assert len(told["seconds"]) == 2 and min(told["seconds"]) > 0
    assert 20 < told["peak_mb"] < 2000
