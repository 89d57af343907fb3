"""The ledger of maps that are read from files: the same bits however they are cut into tiles and stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from lands import LEGEND, Land, lands
from numpy.typing import NDArray
from pandas.testing import assert_frame_equal
from rasterio.transform import Affine

from envgis.grid import Grid, Window
from envgis.sources import landuse
from envgis.sources.file_layer import FileLayer, close
from envgis.sources.rasters import open_layer

CODES = np.array([*map(int, LEGEND), 0], np.uint8)
FORMS = [{}, {"compress": "deflate"}, {"tiled": True, "blockxsize": 16, "blockysize": 16}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stored")


def write(path: Path, grid: Grid, values: NDArray[np.generic], nodata: float, south_up: bool = False, **form: object) -> Path:
    """One GeoTIFF; its first row is the northernmost unless ``south_up``."""
    x, south, _, north = grid.bounds
    shift = Affine(grid.dx, 0, x, 0, grid.dy, south) if south_up else Affine(grid.dx, 0, x, 0, -grid.dy, north)
    profile = {"driver": "GTiff", "height": grid.rows, "width": grid.columns, "count": 1, "dtype": values.dtype, "nodata": nodata}
    with rasterio.open(path, "w", crs=grid.crs.to_wkt(), transform=shift, **profile, **form) as out:
        out.write(values[::-1] if south_up else values, 1)
    return path


def opened(paths: Sequence[Path]) -> FileLayer:
    layer, faults = open_layer(paths, [path.name for path in paths], 1)
    assert layer is not None and faults == []
    return layer


@st.composite
def tiles(draw: st.DrawFn, whole: Window, cuts: int) -> list[Window]:
    """A window cut in two, and again, anywhere."""
    rows, columns = whole.shape
    if not cuts or whole.shape == (1, 1):
        return [whole]
    down = columns == 1 or (rows > 1 and draw(st.booleans()))
    at = draw(st.integers(1, (rows if down else columns) - 1))
    first = Window(whole.row, whole.column, at if down else rows, columns if down else at)
    other = Window(whole.row + at * down, whole.column + at * (not down), rows - at * down, columns - at * (not down))
    return [*draw(tiles(first, cuts - 1)), *draw(tiles(other, draw(st.integers(0, cuts - 1))))]


@st.composite
def stored(draw: st.DrawFn, path: Path, grid: Grid, values: NDArray[np.generic], nodata: Sequence[float]) -> list[Path]:
    """Files that together are one raster: in any tiles and order, some overlapping, some south-up, each with its own no data."""
    paths = []
    for r, c, rows, columns in draw(tiles(grid.window, draw(st.integers(0, 2)))):
        part = Window(r, c, min(rows + draw(st.integers(0, 1)), grid.rows - r), min(columns + draw(st.integers(0, 1)), grid.columns - c))
        cells = values[part.row : part.row + part.rows, part.column : part.column + part.columns]
        own = draw(st.sampled_from(nodata))
        cells = np.where(cells == nodata[0], own, cells).astype(values.dtype)
        if draw(st.booleans()):  # what overlaps another tile may be empty in this one
            cells[rows:], cells[:, columns:] = own, own
        to = path.with_name(f"{path.stem}_{len(paths)}.tif")
        paths.append(write(to, grid.crop(part), cells, own, draw(st.booleans()), **draw(st.sampled_from(FORMS))))
    return draw(st.permutations(paths))


def read(land: Land, values: FileLayer, use: FileLayer, people: FileLayer) -> Land:
    legend = pd.DataFrame({"value": LEGEND, "code": LEGEND, "name_es": LEGEND, "name_en": LEGEND, "color": "#000000"})
    classes = landuse.from_raster(use.as_classes([int(code) for code in LEGEND]), legend).on(values.grid)
    return replace(land, grid=values.grid, values=values, use=classes, people=people)


@settings(max_examples=30)
@given(lands(), st.data())
def test_tiles_and_row_order_change_no_bit(folder: Path, land: Land, data: st.DataObject) -> None:
    g = land.grid
    finer = Grid(g.crs, g.x - 0.3 * g.dx, g.y + 0.3 * g.dy, 0.8 * g.dx, 0.8 * g.dy, g.rows + 2, g.columns + 2)
    layers = [
        (g, np.nan_to_num(land.values.read(g.window), nan=-9999).astype(np.float32), (-9999.0, -1.0)),
        (finer, np.random.default_rng(g.rows).choice(CODES, finer.shape), (0, 255, 7)),
        (land.people.grid, np.nan_to_num(land.people.read(land.people.grid.window), nan=-9999).astype(np.float32), (-9999.0, -1.0)),
    ]
    whole = read(land, *(opened([write(folder / f"{i}.tif", grid, values, nodata[0])]) for i, (grid, values, nodata) in enumerate(layers)))
    expected = whole.ledger()
    close()
    cut = read(land, *(opened(data.draw(stored(folder / f"{i}.tif", *layer))) for i, layer in enumerate(layers)))
    assert_frame_equal(cut.ledger(), expected)
    close()
