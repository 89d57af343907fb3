"""resample: the cell that holds each centre, whatever the window; PROJ itself and GDAL's exact warp are the peers."""

import numpy as np
import pytest
import rasterio
from pyproj import CRS, Transformer
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.vrt import WarpedVRT

from envgis.grid import ArrayLayer, Grid
from envgis.resample import Nearest

SOURCE = Grid(CRS(32615), 600_000, 1_660_000, 30, 30, 400, 300)
TARGETS = [
    Grid(CRS(4326), -92.08, 15.02, 1 / 10800, 1 / 10800, 900, 700),
    Grid(CRS.from_user_input("ESRI:103598"), 330_000, 1_665_000, 25, 25, 700, 600),
    Grid(CRS(32615), 600_005, 1_660_010, 20, 20, 500, 400),
    Grid(CRS(3857), -10_247_000, 1_690_000, 40, 40, 400, 300),
]


@pytest.fixture(scope="module")
def layer():
    return ArrayLayer(SOURCE, np.random.default_rng(3).integers(0, 200, SOURCE.shape).astype(np.uint8), 255)


@pytest.mark.parametrize("grid", TARGETS, ids=str)
def test_every_cell_is_proj_s(layer, grid):
    x, y = np.meshgrid(*grid.centers(grid.window))
    sx, sy = Transformer.from_crs(grid.crs, SOURCE.crs, always_xy=True).transform(x, y)
    # The rule for a centre on an edge is the cell south or east of it.
    row, column = np.floor((SOURCE.y - sy) / 30 + 1e-6).astype(int), np.floor((sx - SOURCE.x) / 30 + 1e-6).astype(int)
    inside = (row >= 0) & (row < SOURCE.rows) & (column >= 0) & (column < SOURCE.columns)
    expected = np.full(grid.shape, 255, np.uint8)
    expected[inside] = layer.values[row[inside], column[inside]]
    assert inside.any()
    assert (Nearest(layer, grid).read(grid.window) == expected).all()


@pytest.mark.parametrize("grid", TARGETS[:2], ids=str)
def test_gdal_s_exact_warp_agrees(layer, grid):
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "nodata": 255, "height": SOURCE.rows, "width": SOURCE.columns}
    with MemoryFile() as memory:
        with memory.open(**profile, crs=rasterio.crs.CRS.from_wkt(SOURCE.crs.to_wkt()), transform=SOURCE.transform) as out:
            out.write(np.asarray(layer.values), 1)
        place = {"crs": rasterio.crs.CRS.from_wkt(grid.crs.to_wkt()), "transform": grid.transform, "height": grid.rows, "width": grid.columns}
        with memory.open() as source, WarpedVRT(source, **place, tolerance=1e-6, resampling=Resampling.nearest) as warped:
            peer = warped.read(1)
    # Theirs may differ where a centre lies within a millionth of a cell of an edge.
    assert (Nearest(layer, grid).read(grid.window) != peer).mean() < 1e-5


@pytest.mark.parametrize("cells", [701, 5_000, 77_777])
def test_no_window_changes_a_cell(layer, cells):
    for grid in TARGETS:
        seen = Nearest(layer, grid)
        assert (np.vstack([seen.read(w) for w in grid.blocks(cells)]) == seen.read(grid.window)).all()


def test_a_layer_that_lies_elsewhere_is_all_no_data(layer):
    far = Grid(CRS(4326), 10.0, 50.0, 0.01, 0.01, 20, 20)
    assert (Nearest(layer, far).read(far.window) == 255).all()
