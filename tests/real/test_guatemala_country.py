"""A whole country: 340 municipalities, levels and land use in cells of 100 m, made from a seed."""

# The run takes about 5 s of processor time: 20 million cells in two lattices, 340 outlines.

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray

from envgis import ledger, pipeline
from envgis.assessment import Assessment
from envgis.pipeline import Plan
from envgis.sources import municipalities

GTM = "ESRI:103598"
TOML = """
[workspace]
name = "Guatemala"
[municipalities]
path = "municipalities_a2sit.geojson"
code = "cod"
exclude = ["GT0100", "GT0700"]
overlaps = "lower_code"
[[hazard]]
name = "landslide"
path = "levels.tif"
kind = "levels"
zero = "none"
[landuse]
path = "landuse.tif"
"""


def patches(rng: np.random.Generator, shape: tuple[int, int], size: int, choices: list[int]) -> NDArray[np.uint8]:
    """Square patches of one class each, some cells of any class strewn over them."""
    coarse = rng.choice(np.array(choices, np.uint8), (shape[0] // size + 1, shape[1] // size + 1))
    out = np.kron(coarse, np.ones((size, size), np.uint8))[: shape[0], : shape[1]].copy()
    strewn = rng.integers(0, out.size, out.size // 20)
    out.ravel()[strewn] = rng.choice(np.array(choices, np.uint8), len(strewn))
    return out


def write(path: Path, values: NDArray[np.uint8], crs: str, transform: Affine) -> None:
    shape = {"height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": "uint8"}
    tiles = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate"}
    with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=transform, nodata=255, **shape, **tiles) as file:
        file.write(values, 1)


@pytest.fixture(scope="module")
def folder(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guatemala")
    shutil.copyfile(data / "guatemala" / "municipalities_a2sit.geojson", folder / "municipalities_a2sit.geojson")
    rng = np.random.default_rng(1)
    # In GTM from Mexico to Honduras; the far south and east have no data.
    write(folder / "levels.tif", patches(rng, (4500, 4300), 30, [0, 1, 2, 3, 4, 5, 255]), GTM, Affine(100, 0, 310_037, 0, -100, 1_972_013))
    write(folder / "landuse.tif", patches(rng, (4200, 4100), 17, list(range(1, 12))), "EPSG:4326", Affine(1e-3, 0, -92.3, 0, -1e-3, 17.9))
    (folder / "envgis.toml").write_text(TOML, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> Assessment:
    return pipeline.assess(folder, plan=Plan(threads=2))


def test_every_municipality_has_its_geodesic_area(found: Assessment) -> None:
    """What is printed is the cleaned polygon's geodesic area; what is counted equals it to 0.1 % and in truth far better."""
    assert len(found.municipalities) == 340
    geodesic = municipalities.geodesic_ha(found.municipalities.geometry.to_numpy())
    assert np.allclose(found.municipalities["area_ha"], geodesic, rtol=1e-12)
    counted = found.tables["hazard_levels"].groupby("municipality_code")["area_ha"].sum()
    assert list(counted.index) == list(found.municipalities["code"])
    assert np.allclose(counted, geodesic, rtol=1e-3)
    assert np.abs(counted.to_numpy() / geodesic - 1).max() < 3e-5


def test_rows_add_up(found: Assessment) -> None:
    by = ["municipality_code", "level"]
    by_use = found.tables["landuse_hazard"].groupby(by)["area_ha"].sum()
    by_level = found.tables["hazard_levels"].set_index(by)["area_ha"]
    assert len(by_level) == 340 * 7
    assert np.allclose(by_use.loc[by_level.index], by_level, rtol=1e-12)
    assert np.allclose(found.tables["hazard_levels"].groupby("municipality_code")["area_share"].sum(), 1, rtol=1e-12)
    (one,) = found.maps.values()
    assert found.ledger["area_mm2"].sum() == one.grid.areas.array(one.grid.window).sum()
    inside = found.ledger[found.ledger["municipality"] != ledger.OUTSIDE]
    assert inside["area_mm2"].sum() / 1e10 == pytest.approx(found.municipalities["area_ha"].sum(), rel=1e-5)


def test_shares_of_levels_are_those_of_the_cells(found: Assessment) -> None:
    """Seven levels were strewn alike over 4,500 × 4,300 cells: each covers about a seventh of the country."""
    area = found.tables["hazard_levels"].groupby("level")["area_ha"].sum()
    assert np.allclose(area / area.sum(), 1 / 7, atol=0.01)
    high = found.tables["adaptation"]
    # Nobody registered actions, and nobody was counted: that is not known, and no zero.
    assert high["gap_area_ha"].isna().all() and high["high_population"].isna().all()
