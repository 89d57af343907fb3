"""A workspace becomes values, or every fault in it: envgis/sources/inputs.py and the rooms it calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely.geometry import Polygon, box

from envgis import workspace
from envgis.faults import Fault, errors
from envgis.grid import read_padded
from envgis.levels import HazardKey
from envgis.locale import LANGUAGES, explain
from envgis.sources import file_layer
from envgis.sources.inputs import Inputs, extend, gather

# Two municipalities of 3 × 4 km side by side in UTM 15N, over San Marcos.
WEST, SOUTH, EAST, NORTH = 630_000.0, 1_650_000.0, 636_000.0, 1_654_000.0
UTM = "EPSG:32615"
TOML = """
[workspace]
name = "Prueba"
[municipalities]
path = "municipalities.gpkg"
[[hazard]]
name = "landslide"
path = "landslide.tif"
kind = "levels"
"""


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    file_layer.close()


def write(path: Path, values: np.ndarray, crs: str | None = UTM, transform: Affine | None = None, **options: Any) -> Path:
    """A GeoTIFF of 100 m cells over both municipalities and 500 m around, unless said otherwise."""
    bands = values if values.ndim == 3 else values[None]
    transform = transform or Affine(100, 0, WEST - 500, 0, -100, NORTH + 500)
    profile = dict(driver="GTiff", height=bands.shape[1], width=bands.shape[2], count=bands.shape[0], dtype=bands.dtype, crs=crs, transform=transform)
    with rasterio.open(path, "w", **{**profile, **options}) as file:
        file.write(bands)
    return path


def levels(fill: int = 3) -> np.ndarray:
    """(50, 70) uint8: the raster that `write` places over everything."""
    return np.full((50, 70), fill, np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace's folder with its municipalities and a good landslide raster."""
    middle = (WEST + EAST) / 2
    areas = [box(WEST, SOUTH, middle, NORTH), box(middle, SOUTH, EAST, NORTH)]
    frame = gpd.GeoDataFrame({"code": ["0101", "0102"], "name": ["Uno", "Dos"]}, geometry=areas, crs=UTM)
    frame.to_file(tmp_path / "municipalities.gpkg", driver="GPKG")
    write(tmp_path / "landslide.tif", levels())
    return tmp_path


def look(folder: Path, text: str = TOML) -> tuple[Inputs, list[Fault]]:
    return gather(workspace.parse(text), folder)


def only(faults: list[Fault], code: str) -> Fault:
    """The fault of that code, and no other error than those of it."""
    assert {f.code for f in errors(faults)} <= {code}, faults
    return next(f for f in faults if f.code == code)


def test_plain_case(folder: Path) -> None:
    inputs, faults = look(folder)
    assert faults == []
    assert list(inputs.municipalities["code"]) == inputs.selected == ["0101", "0102"]
    hazard_map = inputs.maps[HazardKey("landslide", "present", None)]
    assert hazard_map.grid.shape == (50, 70)
    assert (hazard_map.levels(hazard_map.grid.window) == 3).all()
    assert [name for name, _, _ in inputs.files] == ["municipalities.gpkg", "landslide.tif"]
    assert all(len(digest) == 64 and path.is_absolute() for _, path, digest in inputs.files)


def test_lattice_is_extended_over_the_municipalities(folder: Path) -> None:
    small = Affine(100, 0, WEST + 1000, 0, -100, NORTH - 1000)
    write(folder / "landslide.tif", levels()[:10, :20], transform=small)
    inputs, faults = look(folder)
    assert errors(faults) == []
    (hazard_map,) = inputs.maps.values()
    west, south, east, north = hazard_map.grid.bounds
    assert WEST - 200 <= west <= WEST and EAST <= east <= EAST + 200
    assert SOUTH - 200 <= south <= SOUTH and NORTH <= north <= NORTH + 200
    found = hazard_map.levels(hazard_map.grid.window)
    assert (found == 3).sum() == 200 and (found == 255).sum() == found.size - 200
