"""Rasters as layers: envgis/sources/{rasters,file_layer,cells,arrays,survey,georeference}.py."""

from __future__ import annotations

import pickle
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import xarray as xr
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.geometry import box

from envgis.faults import BadInput, Fault
from envgis.grid import Layer, Window, missing
from envgis.locale import LANGUAGES, explain
from envgis.sources import cells, file_layer, rasters
from envgis.sources.arrays import layer_of
from envgis.sources.file_layer import FileLayer
from envgis.sources.georeference import GTM, SWAPPED, likely_crs, parse_crs
from envgis.sources.rasters import open_layer
from envgis.sources.survey import survey

NORTH_UP = Affine(10, 0, 600_000, 0, -10, 1_650_000)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    file_layer.close()


def write(path: Path, values: NDArray[Any], mask: NDArray[np.bool_] | None = None, **options: Any) -> Path:
    """A GeoTIFF in UTM 15N with cells of 10 m, unless said otherwise."""
    bands = values if values.ndim == 3 else values[None]
    profile = {"driver": "GTiff", "height": bands.shape[1], "width": bands.shape[2], "count": len(bands), "dtype": bands.dtype}
    profile |= {"crs": "EPSG:32615", "transform": NORTH_UP} | options
    # An internal mask: one in a file beside is not read.
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as file:
        file.write(bands)
        if mask is not None:
            file.write_mask(mask)
    return path


def opened(path: Path, band: int = 1) -> FileLayer:
    layer, faults = open_layer([path], [path.name], band)
    assert layer is not None and [f for f in faults if f.severity == "error"] == []
    return layer


def refused(path: Path, band: int = 1) -> Fault:
    layer, faults = open_layer([path], [path.name], band)
    assert layer is None and len(faults) == 1, faults
    for language in LANGUAGES:  # every value that the sentences name is there
        explain(faults[0], language)
    return faults[0]


def whole(layer: Layer) -> NDArray[Any]:
    return layer.read(layer.grid.window)


def true(layer: Layer) -> NDArray[np.float64]:
    values = whole(layer)
    return np.where(missing(values, layer.fill), np.nan, values.astype(float))


# No data -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "nodata", "dtype", "fill"),
    [
        (np.uint8, None, np.int16, -32768),
        (np.uint8, 255, np.uint8, 255),
        (np.int16, -9999, np.int16, -9999),
        (np.uint16, None, np.int32, -(2**31)),
        (np.int32, None, np.int64, -(2**63)),
        (np.float32, -9999, np.float32, np.nan),
        (np.float64, None, np.float64, np.nan),
    ],
)
def test_type_and_fill(tmp_path: Path, stored: Any, nodata: Any, dtype: Any, fill: float) -> None:
    values = np.array([[1, 2], [3, 4]], stored)
    if nodata is not None:
        values[0, 0] = nodata
    layer = opened(write(tmp_path / "a.tif", values, nodata=nodata))
    assert layer.dtype == dtype == whole(layer).dtype
    assert layer.fill == fill or (layer.fill != layer.fill and fill != fill)
    expected = np.array([[np.nan if nodata is not None else 1, 2], [3, 4]])
    np.testing.assert_array_equal(true(layer), expected)


def test_nan_infinite_and_declared_are_all_no_data(tmp_path: Path) -> None:
    values = np.array([[np.nan, np.inf, -np.inf], [-9999, 0, 1.5]], np.float32)
    layer = opened(write(tmp_path / "a.tif", values, nodata=-9999))
    np.testing.assert_array_equal(true(layer), [[np.nan] * 3, [np.nan, 0, 1.5]])


def test_lowest_float32_written_as_a_short_text(tmp_path: Path) -> None:
    values = np.array([[np.finfo(np.float32).min, 2]], np.float32)
    layer = opened(write(tmp_path / "a.tif", values, nodata=-3.4e38))
    np.testing.assert_array_equal(true(layer), [[np.nan, 2]])


def test_mask_inside_the_file(tmp_path: Path) -> None:
    values = np.array([[1, 0], [0, 4]], np.uint8)
    layer = opened(write(tmp_path / "a.tif", values, mask=np.array([[True, True], [False, True]])))
    np.testing.assert_array_equal(true(layer), [[1, 0], [np.nan, 4]])
    classes = layer.as_classes(range(5))
    assert classes.dtype == np.uint8 and whole(classes).tolist() == [[1, 0], [classes.fill, 4]]


def test_nodata_that_no_cell_can_have_is_none(tmp_path: Path) -> None:
    layer = opened(write(tmp_path / "a.tif", np.ones((2, 2), np.float32), nodata=float("nan")))
    assert layer.nodata == () and layer.declared == "—"
    assert cells.fitting(-9999, np.dtype(np.uint8)) is None and cells.fitting(2.5, np.dtype(np.int16)) is None


@pytest.mark.parametrize("stored", [np.uint8, np.int8, np.uint16, np.int16, np.int32, np.float32, np.float64])
def test_classes_in_any_type(tmp_path: Path, stored: Any) -> None:
    layer = opened(write(tmp_path / "a.tif", np.array([[1, 5, 3], [2, 4, 100]], stored), nodata=100)).as_classes([1, 2, 3, 4, 5])
    assert layer.dtype == (np.uint8 if stored is np.uint8 else np.uint16)
    assert whole(layer).tolist() == [[1, 5, 3], [2, 4, layer.fill]] and layer.fill not in (1, 2, 3, 4, 5)


def test_what_is_no_code_is_no_data(tmp_path: Path) -> None:
    layer = opened(write(tmp_path / "a.tif", np.array([[1, 2.5, -9999, np.nan, 70_000, 0]], np.float64))).as_classes([0, 1])
    assert whole(layer).tolist() == [[1, *[layer.fill] * 4, 0]]


def test_plain_bytes_are_read_as_they_are(tmp_path: Path) -> None:
    """256 codes leave no byte for no data: only then a wider type."""
    layer = opened(write(tmp_path / "a.tif", np.arange(4, dtype=np.uint8)[None]))
    assert layer.as_classes(range(255)).dtype == np.uint8
    assert layer.as_classes(range(256)).dtype == np.uint16


def test_scale_and_offset_are_told_not_applied(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.array([[120]], np.int16))
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.01,), (1.0,)
    layer = opened(path)
    assert (layer.scale, layer.offset) == (0.01, 1.0) and whole(layer)[0, 0] == 120
    assert survey(layer, []).high == pytest.approx(2.2)


# Orientation and place ---------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_south_up_gives_the_same_bits(tmp_path: Path, rows: int, columns: int, data: st.DataObject) -> None:
    values = np.arange(rows * columns, dtype=np.int16).reshape(rows, columns)
    up = opened(write(tmp_path / "up.tif", values))
    down = opened(write(tmp_path / "down.tif", values[::-1], transform=Affine(10, 0, 600_000, 0, 10, 1_650_000 - rows * 10)))
    assert up.grid == down.grid
    r, c = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    window = Window(r, c, data.draw(st.integers(1, rows - r)), data.draw(st.integers(1, columns - c)))
    found = down.read(window)
    np.testing.assert_array_equal(found, up.read(window))
    np.testing.assert_array_equal(found, values[r : r + window.rows, c : c + window.columns])
    assert found.flags.c_contiguous
    file_layer.close()


def test_rotated_and_mirrored_are_refused(tmp_path: Path) -> None:
    for turned in (NORTH_UP @ Affine.rotation(10), Affine(-10, 0, 600_000, 0, -10, 1_650_000)):
        fault = refused(write(tmp_path / "a.tif", np.ones((3, 3), np.uint8), transform=turned))
        assert fault.code == "raster-rotated"
        assert explain(fault, "es").what.startswith("«a.tif» está girado o reflejado")
        assert explain(fault, "en").what.startswith("“a.tif” is rotated or mirrored")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_no_crs_and_no_georeference(tmp_path: Path) -> None:
    fault = refused(write(tmp_path / "a.tif", np.ones((3, 3), np.uint8), crs=None))
    assert fault.code == "raster-no-crs"
    assert explain(fault, "es").what == "«a.tif» no dice su sistema de coordenadas."
    assert explain(fault, "en").what == "“a.tif” does not say its coordinate reference system."
    fault = refused(write(tmp_path / "b.tif", np.ones((3, 3), np.uint8), transform=Affine.identity()))
    assert fault.code == "raster-no-georeference"


def test_local_crs_has_no_place(tmp_path: Path) -> None:
    local = 'LOCAL_CS["taller",UNIT["metre",1]]'
    assert refused(write(tmp_path / "a.tif", np.ones((3, 3), np.uint8), crs=local)).code == "raster-crs-unusable"


def test_pixel_is_point_is_moved_by_half_a_cell_and_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.ones((3, 3), np.uint8))
    with rasterio.open(path, "r+") as file:
        file.update_tags(AREA_OR_POINT="Point")
    layer, (fault,) = open_layer([path], ["a.tif"], 1)
    assert layer is not None and fault.code == "raster-pixel-is-point" and fault.severity == "warning"
    # GDAL writes the tie point at the first cell's centre and reads it back to its corner.
    assert (layer.grid.x, layer.grid.y) == (600_000, 1_650_000)
    assert explain(fault, "en").what == "“a.tif” declares that its values are of points (PixelIsPoint)."


def test_gtm_has_no_epsg_code(tmp_path: Path) -> None:
    layer = opened(write(tmp_path / "a.tif", np.ones((3, 3), np.uint8), crs=CRS(GTM).to_wkt()))
    assert layer.grid.crs.equals(CRS(GTM), ignore_axis_order=True) or "Transverse" in layer.grid.crs.to_wkt()


# Budgets and broken files ------------------------------------------------------------------------


def test_million_by_million(tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "width": 10**6, "height": 10**6, "count": 1, "dtype": "uint8", "crs": "EPSG:32615", "transform": NORTH_UP}
    with rasterio.open(tmp_path / "a.tif", "w", **profile, tiled=True, blockxsize=16384, blockysize=16384, sparse_ok=True, bigtiff="yes"):
        pass
    assert (tmp_path / "a.tif").stat().st_size < 200_000
    fault = refused(tmp_path / "a.tif")
    assert fault.code == "raster-too-large"
    assert explain(fault, "es").what == "«a.tif» declara 1,000,000 × 1,000,000 celdas, más de las 20,000,000,000 que se aceptan."
    assert explain(fault, "en").what == "“a.tif” declares 1,000,000 × 1,000,000 cells, more than the 20,000,000,000 that are accepted."


def test_bomb_and_giant_block(tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "width": 65_536, "height": 65_536, "count": 1, "dtype": "uint8", "crs": "EPSG:32615", "transform": NORTH_UP}
    with rasterio.open(tmp_path / "a.tif", "w", **profile, tiled=True, blockxsize=16384, blockysize=16384, sparse_ok=True):
        pass
    assert refused(tmp_path / "a.tif").code == "raster-bomb"
    profile |= {"width": 32_768, "height": 16_384, "dtype": "uint8"}
    with rasterio.open(tmp_path / "b.tif", "w", **profile, tiled=True, blockxsize=32768, blockysize=16384, sparse_ok=True):
        pass
    fault = refused(tmp_path / "b.tif")
    assert fault.code == "raster-block-too-large"
    assert explain(fault, "en").what == "“b.tif” is stored in blocks of 32768 × 16384 cells: 512 MB each, more than 256."


def many_bands(count: int) -> bytes:
    """A TIFF of one cell with so many bands, written by hand: rasterio takes minutes."""
    short, long_, double = 3, 4, 12
    entries = [(256, short, [1]), (257, short, [1]), (258, short, [8] * count), (259, short, [1]), (262, short, [1]), (273, long_, [0])]
    entries += [(277, short, [count]), (278, short, [1]), (279, long_, [count]), (338, short, [0] * (count - 1))]
    entries += [(33550, double, [10.0, 10.0, 0.0]), (33922, double, [0.0, 0.0, 0.0, 6e5, 1.65e6, 0.0])]
    entries += [(34735, short, [1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32615])]
    position = 8 + 2 + 12 * len(entries) + 4
    directory, beyond = struct.pack("<H", len(entries)), b""
    for tag, kind, values in entries:
        if tag == 273:  # where the cell lies: in the last bytes
            values = [0xFFFFFFFF]
        data = struct.pack("<" + str(len(values)) + {short: "H", long_: "I", double: "d"}[kind], *values)
        if len(data) > 4:
            data, beyond = struct.pack("<I", position + len(beyond)), beyond + data
        directory += struct.pack("<HHI", tag, kind, len(values)) + data.ljust(4, b"\0")
    whole_file = b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 0) + beyond
    return whole_file.replace(b"\xff\xff\xff\xff", struct.pack("<I", len(whole_file))) + bytes(count)


def test_65535_bands(tmp_path: Path) -> None:
    (tmp_path / "few.tif").write_bytes(many_bands(3))
    assert whole(opened(tmp_path / "few.tif", 3)).tolist() == [[0]]
    (tmp_path / "a.tif").write_bytes(many_bands(65_535))
    fault = refused(tmp_path / "a.tif")
    assert fault.code == "raster-too-many-bands"
    assert explain(fault, "es").what == "«a.tif» declara 65,535 bandas; se aceptan hasta 64."
    assert explain(fault, "en").what == "“a.tif” declares 65,535 bands; at most 64 are accepted."


def test_band_that_is_not_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.stack([np.full((2, 2), i, np.uint8) for i in range(3)]))
    assert whole(opened(path, 3))[0, 0] == 2
    assert refused(path, 4).code == "raster-no-such-band"


def test_html_saved_as_tif(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("<!DOCTYPE html><html><body>404</body></html>", encoding="utf-8")
    fault = refused(tmp_path / "a.tif")
    assert fault.code == "raster-not-tiff"
    assert explain(fault, "es").what == "«a.tif» no es un GeoTIFF: es una página web (HTML)."
    assert explain(fault, "en").what == "“a.tif” is no GeoTIFF: it is a web page (HTML)."


@pytest.mark.parametrize("options", [{}, {"compress": "deflate"}, {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "lzw"}])
@pytest.mark.parametrize("share", [0.001, 0.3, 0.9])
def test_truncated(tmp_path: Path, options: dict[str, Any], share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200)).astype(np.uint8)
    path = write(tmp_path / "a.tif", noise, **options)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    layer, faults = open_layer([path], ["a.tif"], 1)
    if layer is not None:  # the head is whole: reading finds it
        with pytest.raises(BadInput) as error:
            survey(layer, [])
        faults = list(error.value.faults)
    (fault,) = faults
    assert fault.code in ("raster-unreadable", "raster-not-tiff")
    if fault.code == "raster-unreadable":
        assert explain(fault, "es").what == "«a.tif» no se puede leer hasta el final: está dañado o incompleto."
        assert explain(fault, "en").what == "“a.tif” cannot be read to its end: it is damaged or incomplete."


def test_complex_numbers(tmp_path: Path) -> None:
    assert refused(write(tmp_path / "a.tif", np.ones((2, 2), np.complex64))).code == "raster-complex"


def test_all_that_is_wrong_with_a_place_comes_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.ones((2, 2), np.uint8), crs=None, transform=NORTH_UP @ Affine.rotation(5))
    assert [f.code for f in open_layer([path], ["a.tif"], 1)[1]] == ["raster-rotated", "raster-no-crs"]


# Files change, layers travel ---------------------------------------------------------------------


def test_pickled_and_read_by_threads(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 6, (64, 50)).astype(np.uint8)
    layer = opened(write(tmp_path / "a.tif", values, nodata=255))
    again = pickle.loads(pickle.dumps(layer))
    assert again == layer and again.tiles[0].path == str(tmp_path / "a.tif")
    found: dict[int, NDArray[Any]] = {}

    def read(row: int) -> None:
        found[row] = again.read(Window(row, 0, 8, 50))
        file_layer.close()

    threads = [threading.Thread(target=read, args=(row,)) for row in range(0, 64, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(np.vstack([found[row] for row in sorted(found)]), values)


@pytest.mark.parametrize("values", [np.ones((4, 8), np.uint8), np.full((4, 4), 2, np.uint8)], ids=["larger", "as large"])
def test_file_that_changed_since_it_was_checked(tmp_path: Path, values: NDArray[np.uint8]) -> None:
    layer = opened(write(tmp_path / "a.tif", np.ones((4, 4), np.uint8)))
    write(tmp_path / "a.tif", values)
    with pytest.raises(BadInput) as error:
        whole(layer)
    (fault,) = error.value.faults
    assert fault.code == "raster-changed"
    assert explain(fault, "es").what == "«a.tif» cambió después de que se revisó."


def test_overviews_are_never_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.tile(np.array([0, 10], np.uint8), (512, 256)), tiled=True, blockxsize=256, blockysize=256)
    with rasterio.open(path, "r+") as file:
        file.build_overviews([2, 4], rasterio.enums.Resampling.average)
    assert set(np.unique(whole(opened(path)))) == {0, 10}


# Tiles -------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 11), st.integers(1, 11), st.booleans())
def test_split_any_way_and_joined(tmp_path: Path, row: int, column: int, south_up: bool) -> None:
    values = np.random.default_rng(row * 12 + column).integers(-5, 5, (12, 12)).astype(np.int16)
    parts = [(0, 0, row, column), (0, column, row, 12), (row, 0, 12, column), (row, column, 12, 12)]
    paths = []
    for number, (top, left, bottom, right) in enumerate(parts):
        corner = NORTH_UP @ Affine.translation(left, top)
        piece = values[top:bottom, left:right]
        if south_up and number == 2:
            corner, piece = corner @ Affine.translation(0, bottom - top) @ Affine.scale(1, -1), piece[::-1]
        paths.append(write(tmp_path / f"{number}.tif", piece, transform=corner, nodata=[-5, None, -4, -5][number]))
    layer, faults = open_layer(paths[::-1], [p.name for p in paths[::-1]], 1)
    assert layer is not None and faults == []
    expected = values.astype(float)
    expected[:row, :column][values[:row, :column] == -5] = np.nan
    expected[row:, :column][values[row:, :column] == -4] = np.nan
    expected[row:, column:][values[row:, column:] == -5] = np.nan
    np.testing.assert_array_equal(true(layer), expected)
    file_layer.close()


def test_gap_between_tiles_is_no_data(tmp_path: Path) -> None:
    a = write(tmp_path / "a.tif", np.ones((2, 2), np.uint8))
    b = write(tmp_path / "b.tif", np.full((2, 2), 2, np.uint8), transform=NORTH_UP @ Affine.translation(3, 1))
    layer, _ = open_layer([a, b], ["a.tif", "b.tif"], 1)
    assert layer is not None
    nan = np.nan
    np.testing.assert_array_equal(true(layer), [[1, 1, nan, nan, nan], [1, 1, nan, 2, 2], [nan, nan, nan, 2, 2]])


def test_overlapping_tiles_the_first_that_has_data_counts_and_it_is_said(tmp_path: Path) -> None:
    a = write(tmp_path / "a.tif", np.array([[1, 255, 3, 4]], np.uint8), nodata=255)
    b = write(tmp_path / "b.tif", np.array([[7, 3, 6, 8]], np.uint8), nodata=255, transform=NORTH_UP @ Affine.translation(1, 0))
    layer, (fault,) = open_layer([a, b], ["a.tif", "b.tif"], 1)
    assert layer is not None and whole(layer).tolist() == [[1, 7, 3, 4, 8]]
    assert fault.code == "raster-tiles-overlap" and fault.severity == "warning"
    assert explain(fault, "es").what == "«a.tif» y «b.tif» se traslapan; celdas en que no dicen lo mismo: 1."
    assert explain(fault, "en").what == "“a.tif” and “b.tif” overlap; cells in which they do not say the same: 1."
    layer, (fault,) = open_layer([b, a], ["b.tif", "a.tif"], 1)
    assert layer is not None and whole(layer).tolist() == [[1, 7, 3, 6, 8]]


def test_overlapping_tiles_that_agree_are_no_matter(tmp_path: Path) -> None:
    a = write(tmp_path / "a.tif", np.array([[1, 255, 3]], np.uint8), nodata=255)
    b = write(tmp_path / "b.tif", np.array([[7, 3, 8]], np.uint8), nodata=255, transform=NORTH_UP @ Affine.translation(1, 0))
    layer, faults = open_layer([a, b], ["a.tif", "b.tif"], 1)
    assert layer is not None and faults == [] and whole(layer).tolist() == [[1, 7, 3, 8]]


def test_tiles_of_two_lattices_or_two_types_are_refused(tmp_path: Path) -> None:
    a = write(tmp_path / "a.tif", np.ones((2, 2), np.uint8))
    b = write(tmp_path / "b.tif", np.ones((2, 2), np.uint8), transform=NORTH_UP @ Affine.translation(2.5, 0))
    c = write(tmp_path / "c.tif", np.ones((2, 2), np.float32), transform=NORTH_UP @ Affine.translation(4, 0))
    layer, faults = open_layer([a, b, c], ["a.tif", "b.tif", "c.tif"], 1)
    assert layer is None and [f.code for f in faults] == ["raster-tiles-misaligned", "raster-tiles-differ"]
    assert explain(faults[0], "es").what.startswith("Las celdas de «b.tif» no encajan con las de «a.tif»")
    assert explain(faults[0], "en").what.startswith("The cells of “b.tif” do not fall in with those of “a.tif”")


# In memory ---------------------------------------------------------------------------------------


def array(values: NDArray[Any], south_up: bool = False) -> xr.DataArray:
    rows, columns = values.shape
    y = 1_650_000 - (np.arange(rows) + 0.5) * 10
    x = 600_000 + (np.arange(columns) + 0.5) * 10
    if south_up:
        values, y = values[::-1], y[::-1]
    import rioxarray  # noqa: F401

    return xr.DataArray(values, coords={"y": y, "x": x}, dims=("y", "x"), name="mapa").rio.write_crs("EPSG:32615")


@pytest.mark.parametrize("south_up", [False, True])
@pytest.mark.parametrize("dask", [False, True])
def test_data_array_is_the_layer_that_its_file_is(tmp_path: Path, south_up: bool, dask: bool) -> None:
    values = np.random.default_rng(3).normal(size=(9, 7)).astype(np.float32)
    values[2, 3] = np.nan
    file = opened(write(tmp_path / "a.tif", values))
    given = array(values, south_up)
    layer = layer_of(given.chunk(y=4, x=3) if dask else given)
    assert layer.grid.shape == file.grid.shape and layer.grid.aligned(file.grid) and layer.dtype == file.dtype
    window = Window(1, 2, 5, 4)
    np.testing.assert_array_equal(layer.read(window), file.read(window))
    assert not np.shares_memory(layer.read(window), values)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(layer)).read(window), file.read(window))


def test_data_array_of_classes(tmp_path: Path) -> None:
    given = array(np.array([[1, 2], [3, 99]], np.int64)).rio.write_nodata(99)
    layer = layer_of(given).as_classes([1, 2, 3])
    assert layer.dtype == np.uint16 and layer.read(Window(0, 0, 2, 2)).tolist() == [[1, 2], [3, 99]] and layer.fill == 99


def test_data_array_that_is_no_layer() -> None:
    good = array(np.ones((3, 4)))
    for bad, code in [
        (good.drop_vars("spatial_ref"), "array-no-crs"),
        (good.isel(x=[0, 1, 3]), "array-uneven"),
        (good.isel(x=[3, 2, 1, 0]), "array-uneven"),
        (good.expand_dims(time=2), "array-not-a-map"),
        (good.astype(str), "array-not-a-map"),
    ]:
        with pytest.raises(BadInput) as error:
            layer_of(bad)
        (fault,) = error.value.faults
        assert fault.code == code
        for language in LANGUAGES:
            assert "mapa" in explain(fault, language).what


# Facts -------------------------------------------------------------------------------------------


def test_survey_by_hand(tmp_path: Path) -> None:
    values = np.array([[-9999, 1, 2], [3, 4, 4], [0, 5, 250]], np.int16)
    layer = opened(write(tmp_path / "a.tif", values, nodata=0))
    # The polygon touches the four cells in the middle and the south-east.
    facts = survey(layer, [box(600_011, 1_649_971, 600_029, 1_649_989)], count_classes=True)
    assert (facts.valid, facts.low, facts.high) == (8, -9999, 250)
    assert facts.low_at == (600_005, 1_649_995) and facts.high_at == (600_025, 1_649_975)
    assert facts.sentinels == {-9999.0: 1}
    assert (facts.inside, facts.inside_valid, facts.classes) == (4, 4, {4.0: 2, 5.0: 1, 250.0: 1})


@pytest.mark.parametrize("value", [-999, -9999, -32768, 1e20, np.finfo(np.float32).min, np.finfo(np.float32).max])
def test_sentinels_in_float32(tmp_path: Path, value: float) -> None:
    layer = opened(write(tmp_path / "a.tif", np.array([[value, 1, value]], np.float32)))
    (found,) = survey(layer, []).sentinels.items()
    assert found == (pytest.approx(float(value)), 2)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 40), st.integers(0, 2**31))
def test_survey_is_the_same_for_any_blocks(tmp_path: Path, cells_at_once: int, seed: int) -> None:
    values = np.random.default_rng(seed).integers(-3, 9, (11, 6)).astype(np.float32)
    values[values == 8] = -9999
    layer = layer_of(array(values))
    zones = [box(600_003, 1_649_903, 600_041, 1_649_977), box(600_041, 1_649_903, 600_060, 1_649_977)]
    expected = survey(layer, zones, count_classes=True, count_zeros=True)
    assert len(expected.zeros) == 2 and all(0 <= zero <= valid <= 6 * 11 for valid, zero in expected.zeros)
    from envgis.sources import survey as module

    before, module._CELLS = module._CELLS, cells_at_once
    try:
        assert survey(layer, zones, count_classes=True, count_zeros=True) == expected
    finally:
        module._CELLS = before


# Coordinate systems ------------------------------------------------------------------------------

SAN_MARCOS = (-91.9, 14.85, -91.7, 15.05)


@pytest.mark.parametrize("crs", [GTM, "EPSG:32614", "EPSG:32615", "EPSG:32616", "EPSG:3857"])
def test_likely_crs_finds_its_own(crs: str) -> None:
    bounds = Transformer.from_crs(4326, crs, always_xy=True).transform_bounds(*SAN_MARCOS)
    assert likely_crs(bounds, SAN_MARCOS) == crs


def test_likely_crs_of_degrees() -> None:
    west, south, east, north = SAN_MARCOS
    assert likely_crs(SAN_MARCOS, SAN_MARCOS) == "EPSG:4326"
    assert likely_crs((south, west, north, east), SAN_MARCOS) == SWAPPED
    assert likely_crs((10, 50, 11, 51), SAN_MARCOS) is None
    assert likely_crs((0, 0, 30, 30), SAN_MARCOS) is None


def test_crs_texts() -> None:
    utm = CRS(32615)
    for text in ("EPSG:32615", "epsg:32615", "urn:ogc:def:crs:EPSG::32615", utm.to_wkt(), utm.to_wkt("WKT1_GDAL"), utm.to_json()):
        assert parse_crs(text) == utm
    for text in ("http://127.0.0.1/epsg", "/etc/hostname", "EPSG:0", "EPSG:4326 EPSG:1", "", "+init=epsg:4326", "{}", 'PROJCRS["x"]'):
        assert parse_crs(text) is None


def test_budgets_are_those_that_the_sentences_name() -> None:
    assert (rasters.MOST_BANDS, rasters.MOST_CELLS) == (64, 20_000_000_000)


# Bugs found --------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([{}, {"compress": "deflate", "nodata": 0}, {"tiled": True, "blockxsize": 16, "blockysize": 16}]), st.data())
def test_changed_bytes_give_a_fault_or_a_layer(tmp_path: Path, options: dict[str, Any], data: st.DataObject) -> None:
    """A CRS that is no UTF-8 came through as a UnicodeDecodeError."""
    content = bytearray(write(tmp_path / "a.tif", np.arange(400, dtype=np.uint16).reshape(20, 20), **options).read_bytes())
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=5)):
        content[position] = data.draw(st.integers(0, 255))
    path = tmp_path / "b.tif"
    path.write_bytes(content[: data.draw(st.one_of(st.just(len(content)), st.integers(1, len(content))))])
    layer, faults = open_layer([path], ["b.tif"], 1)
    assert (layer is None) == any(f.severity == "error" for f in faults)
    if layer is not None and layer.grid.rows * layer.grid.columns < 1e6:
        try:
            assert survey(layer, []).valid <= layer.grid.rows * layer.grid.columns
        except BadInput as error:
            assert [f.code for f in error.faults] == ["raster-unreadable"]
    file_layer.close()


def test_scale_without_a_tie_point_is_no_place(tmp_path: Path) -> None:
    """rasterio warns, and gives a transform with the scale alone, which puts the raster at 0, 0."""
    content = write(tmp_path / "a.tif", np.ones((3, 3), np.uint8)).read_bytes()
    tie_point = struct.pack("<H", 33922)
    assert content.count(tie_point) == 1
    (tmp_path / "b.tif").write_bytes(content.replace(tie_point, struct.pack("<H", 33921)))
    assert refused(tmp_path / "b.tif").code == "raster-no-georeference"
