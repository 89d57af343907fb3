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
from pyproj import Transformer
from shapely.geometry import box

from envgis import workspace
from envgis.faults import Fault, errors
from envgis.grid import read_padded
from envgis.levels import HazardKey
from envgis.locale import LANGUAGES, Language, explain
from envgis.sources import file_layer, safety
from envgis.sources.inputs import Inputs, gather

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
    count, height, width = bands.shape
    profile = {"driver": "GTiff", "height": height, "width": width, "count": count, "dtype": bands.dtype, "crs": crs, "transform": transform}
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


def says(fault: Fault, language: Language) -> str:
    return explain(fault, language).what


def test_plain_case(folder: Path) -> None:
    inputs, faults = look(folder)
    assert faults == []
    assert list(inputs.municipalities["code"]) == inputs.selected == ["0101", "0102"]
    hazard_map = inputs.maps[HazardKey("landslide", "present", None)]
    assert hazard_map.grid.shape == (42, 62), "the municipalities and a cell around, for outlines may be rounded"
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


def test_a_larger_raster_is_taken_around_the_municipalities(folder: Path) -> None:
    """That of a whole country costs no more than one of the municipality, and its cells are the same."""
    values = np.full((1050, 1070), 5, np.uint8)
    values[500:540, 500:560] = 3
    write(folder / "landslide.tif", values, transform=Affine(100, 0, WEST - 50_000, 0, -100, NORTH + 50_000))
    inputs, faults = look(folder)
    assert errors(faults) == []
    (hazard_map,) = inputs.maps.values()
    assert hazard_map.grid.shape == (42, 62) and hazard_map.grid.aligned(hazard_map.layer.grid)
    found = hazard_map.levels(hazard_map.grid.window)
    assert (found[1:-1, 1:-1] == 3).all() and (found == 5).sum() == 42 * 62 - 40 * 60


def test_values_by_published_breakpoints(folder: Path) -> None:
    depth = np.full((50, 70), 0.3, np.float32)
    depth[:, 35:] = 0
    write(folder / "flood.tif", depth)
    inputs, faults = look(folder, TOML + '[[hazard]]\nname = "flood"\nreturn_period = 10\npath = "flood.tif"\nkind = "depth"\n')
    assert errors(faults) == []
    hazard_map = inputs.maps[HazardKey("flood", "present", 10.0)]
    assert set(np.unique(hazard_map.levels(hazard_map.grid.window))) == {0, 1}  # a stored 0.3 equals the bound 0.3
    assert hazard_map.hazard.title["en"] and hazard_map.hazard.breakpoints is not None


def test_class_map_with_codes_of_its_own(folder: Path) -> None:
    values = levels(10)
    values[10] = 40
    values[:, 10] = 200
    write(folder / "landslide.tif", values, nodata=200)
    inputs, faults = look(folder, TOML + 'codes = { "10" = 5, "40" = 0 }\n')
    assert errors(faults) == []
    (hazard_map,) = inputs.maps.values()
    found = hazard_map.levels(hazard_map.grid.window)
    there = read_padded(hazard_map.layer, hazard_map.grid, hazard_map.grid.window)
    assert (found == np.select([there == 10, there == 40], [5, 0], 255)).all()
    assert {0, 5, 255} == set(np.unique(found).tolist())


@pytest.mark.parametrize(("zero", "level"), [("none", 0), ("no_data", 255)])
def test_zero_means_what_the_workspace_says(folder: Path, zero: str, level: int) -> None:
    values = levels()
    values[20:22] = 0
    write(folder / "landslide.tif", values)
    inputs, faults = look(folder, TOML + f'zero = "{zero}"\n')
    assert errors(faults) == []
    (hazard_map,) = inputs.maps.values()
    # The raster begins four rows north of the grid.
    assert (hazard_map.levels(hazard_map.grid.window)[16:18] == level).all()


def test_population_landuse_and_bands(folder: Path) -> None:
    write(folder / "people.tif", np.full((50, 70), 2.5, np.float32))
    write(folder / "use.tif", levels(1))
    write(folder / "bands.tif", np.stack([levels(1), levels(4)]))
    text = TOML.replace("landslide.tif", "bands.tif") + 'band = 2\n[population]\npath = "people.tif"\n[landuse]\npath = "use.tif"\nscheme = "ipcc"\n'
    inputs, faults = look(folder, text)
    assert errors(faults) == []
    (hazard_map,) = inputs.maps.values()
    assert hazard_map.levels(hazard_map.grid.window)[9, 9] == 4
    assert inputs.population is not None and inputs.landuse is not None
    assert read_padded(inputs.population, inputs.population.grid, inputs.population.grid.window).sum() == 50 * 70 * 2.5
    assert [credit.role for credit in inputs.credits] == ["municipalities", "landslide_present", "landuse", "population"]


def test_values_that_cannot_be_classes(folder: Path) -> None:
    """Found by trying: the remedy for -9999 was a level for it, which was then refused as no code."""
    values = levels().astype(np.float32)
    values[20:22], values[22, 30] = -9999, 2.5
    write(folder / "landslide.tif", values)
    fault = only(look(folder)[1], "hazard-no-class-codes")
    assert says(fault, "es") == "«landslide.tif» tiene en los municipios valores que no pueden ser clases: -9999 (120), 2.5 (1)."
    assert "declárelo así" in explain(fault, "es").remedy


def test_more_people_than_there_are(folder: Path) -> None:
    """Found by trying: an undeclared 4294967295 made 42.9 thousand million people; more ran the ledger's numbers over."""
    people = np.full((50, 70), 3, np.uint32)
    people[:3, :3] = 4_294_967_295
    write(folder / "people.tif", people)
    _, faults = look(folder, TOML + '[population]\npath = "people.tif"\n')
    fault = only(faults, "people-too-many")
    assert says(fault, "es").startswith("«people.tif» suma 38,654,716,128 personas: más que toda la humanidad.")
    assert "raster-suspect" in {f.code for f in faults}


# Bad input: the code, the message in both languages, and that nothing else is wrong ------------------


def test_zero_inside_with_zero_unset(folder: Path) -> None:
    values = levels()
    values[20:22] = 0
    write(folder / "landslide.tif", values)
    inputs, faults = look(folder)
    fault = only(faults, "hazard-zero-unset")
    assert inputs.maps == {}
    assert says(fault, "es") == "«landslide.tif» tiene celdas con 0 dentro de los municipios (120; 5.0%), y no se sabe qué significa ahí el 0."
    assert says(fault, "en") == "“landslide.tif” has cells with 0 in the municipalities (120; 5.0%), and it is not known what 0 means there."
    # Outside the municipalities it is no matter.
    values = levels()
    values[0] = 0
    write(folder / "landslide.tif", values)
    assert errors(look(folder)[1]) == []


def test_unlisted_codes(folder: Path) -> None:
    values = levels()
    values[20, 20:23] = 255
    values[21, 20] = 9
    write(folder / "landslide.tif", values)
    fault = only(look(folder)[1], "hazard-unlisted-codes")
    assert (
        says(fault, "es") == "«landslide.tif» tiene dentro de los municipios códigos que no son niveles: 9 (1), 255 (3) (entre paréntesis, celdas)."
    )
    assert says(fault, "en") == "“landslide.tif” holds codes in the municipalities that are no levels: 9 (1), 255 (3) (cells in brackets)."


def test_levels_that_are_no_whole_numbers(folder: Path) -> None:
    write(folder / "landslide.tif", np.full((50, 70), 2.5, np.float32))
    assert "2.5 (" in only(look(folder)[1], "hazard-no-class-codes").found


def test_zero_is_nodata_and_a_level(folder: Path) -> None:
    values = levels()
    values[20] = 0
    write(folder / "landslide.tif", values, nodata=0)
    assert errors(look(folder)[1]) == []
    fault = only(look(folder, TOML + 'zero = "none"\n')[1], "nodata-is-class")
    assert says(fault, "es") == "En «landslide.tif» el valor 0 está declarado «sin datos» y es también una clase."


def test_all_nodata(folder: Path) -> None:
    write(folder / "landslide.tif", levels(255), nodata=255)
    fault = only(look(folder)[1], "raster-all-nodata")
    assert says(fault, "es") == "«landslide.tif» no tiene ningún dato dentro de los municipios."
    assert says(fault, "en") == "“landslide.tif” has no data at all in the municipalities."


FLOOD = TOML.replace('"landslide"', '"flood"').replace('"levels"', '"depth"')


@pytest.mark.parametrize("nodata", [None, -9999, 0])
def test_huge_negative_depth_under_a_wrong_nodata_tag(folder: Path, nodata: float | None) -> None:
    depth = np.full((50, 70), 0.5, np.float32)
    depth[20:30, 20:30] = np.finfo(np.float32).min
    write(folder / "landslide.tif", depth, nodata=nodata)
    inputs, faults = look(folder, FLOOD)
    fault = only(faults, "raster-sentinel")
    assert inputs.maps == {}
    assert says(fault, "es") == "«landslide.tif» tiene celdas con -3.40282e+38 (100), que parece «sin datos» pero no está declarado así."
    assert says(fault, "en") == "“landslide.tif” has cells with -3.40282e+38 (100), which looks like “no data” but is not declared so."


def test_depth_beyond_reason(folder: Path) -> None:
    depth = np.full((50, 70), 0.5, np.float32)
    depth[25, 30], depth[26, 31] = -0.4, 80
    write(folder / "landslide.tif", depth)
    faults = look(folder, FLOOD)[1]
    assert [f.code for f in errors(faults)] == ["depth-too-deep", "depth-negative"]
    lon, lat = Transformer.from_crs(UTM, 4326, always_xy=True).transform(WEST + 2550, NORTH - 2050)
    assert says(faults[1], "es") == f"«landslide.tif» tiene profundidades negativas, hasta -0.4 m (en {lon:.5f}, {lat:.5f})."
    assert says(faults[0], "en").startswith("“landslide.tif” has depths of up to 80 m (at -91.")


def test_depth_in_centimetres_with_a_scale_is_metres(folder: Path) -> None:
    path = write(folder / "landslide.tif", np.full((50, 70), 250, np.int16), nodata=-1)
    with rasterio.open(path, "r+") as file:
        file.scales = (0.01,)
    inputs, faults = look(folder, FLOOD)
    assert errors(faults) == []
    (hazard_map,) = inputs.maps.values()
    assert (hazard_map.levels(hazard_map.grid.window) == 5).all()


def test_255_that_counts_as_a_value_is_named(folder: Path) -> None:
    depth = np.full((50, 70), 20, np.uint8)
    depth[20] = 255
    path = write(folder / "landslide.tif", depth)
    with rasterio.open(path, "r+") as file:
        file.scales = (0.01,)
    (fault,) = look(folder, FLOOD)[1]
    assert (fault.code, fault.severity) == ("raster-suspect", "warning")
    assert says(fault, "es") == "«landslide.tif» tiene celdas con 255 (70), el número más alto que puede guardar."
    assert says(fault, "en") == "“landslide.tif” has cells with 255 (70), the highest number that it can store."


def test_between_the_municipalities_is_no_overlap(folder: Path) -> None:
    corners = [box(WEST, SOUTH, WEST + 500, SOUTH + 500), box(EAST - 500, NORTH - 500, EAST, NORTH)]
    frame = gpd.GeoDataFrame({"code": ["0101", "0102"], "name": ["Uno", "Dos"]}, geometry=corners, crs=UTM)
    frame.to_file(folder / "municipalities.gpkg", driver="GPKG")
    write(folder / "landslide.tif", levels()[:10, :10], transform=Affine(100, 0, WEST + 2000, 0, -100, SOUTH + 2500))
    fault = only(look(folder)[1], "raster-all-nodata")
    assert fault.at.file == "landslide.tif"


def test_index_without_breakpoints(folder: Path) -> None:
    write(folder / "landslide.tif", np.full((50, 70), 0.5, np.float32))
    text = TOML.replace('"levels"', '"index"')
    fault = only(look(folder, text)[1], "hazard-no-breakpoints")
    assert says(fault, "es") == "En envgis.toml, landslide_present no tiene breakpoints (landslide · index)."
    assert says(fault, "en") == "In envgis.toml, landslide_present has no breakpoints (landslide · index)."
    inputs, faults = look(folder, text + "breakpoints = [0.8, 0.6, 0.4, 0.2]\n")
    assert errors(faults) == []
    (hazard_map,) = inputs.maps.values()
    assert hazard_map.levels(hazard_map.grid.window)[0, 0] == 3


@pytest.mark.parametrize(
    ("own", "title"),
    [
        ("", {"es": "Deslizamientos", "en": "Landslides"}),
        ('\ntitle_es = "Derrumbes"', {"es": "Derrumbes", "en": "Landslides"}),
        ('\ntitle_en = "Slides"', {"es": "Deslizamientos", "en": "Slides"}),
    ],
)
def test_a_title_in_one_language_leaves_the_other_s_as_it_is(folder: Path, own: str, title: dict[str, str]) -> None:
    write(folder / "landslide.tif", levels())
    inputs, _ = look(folder, TOML.replace('name = "landslide"', 'name = "landslide"' + own))
    assert [found.hazard.title for found in inputs.maps.values()] == [title]


@pytest.mark.parametrize(("name", "family", "told"), [("sismo", "", True), ("frost", "", True), ("sismo", "landslide", False), ("fire", "", False)])
def test_a_hazard_that_no_action_addresses(folder: Path, name: str, family: str, told: bool) -> None:
    """Its whole high land is gap, whatever was done: that is said where actions are reported, and only there."""
    own = f'name = "{name}"\nfamily = "{family}"\ntitle_es = "Sismo"\ntitle_en = "Earthquake"'
    write(folder / "landslide.tif", levels())
    bare = TOML.replace('name = "landslide"', own)
    with_actions = bare + '[actions]\npaths = ["a.csv"]\ndate = 2026-11-24\n'
    (folder / "a.csv").write_text("tipo,lat,lon\n", encoding="utf-8")
    assert "hazard-unaddressed" not in [fault.code for fault in look(folder, bare)[1]]
    found = [fault for fault in look(folder, with_actions)[1] if fault.code == "hazard-unaddressed"]
    assert [fault.severity for fault in found] == ["warning"] * told
    if told:
        assert says(found[0], "es") == f'Ninguna acción del catálogo atiende la amenaza «Sismo» (family = "{name}").'
        assert "drought, erosion, fire, flood, heat, landslide or water_pollution" in explain(found[0], "en").remedy


FIRE = TOML.replace('"landslide"', '"fire"').replace('"levels"', '"index"')


@pytest.mark.parametrize("value", [80.0, -0.2])
def test_an_index_on_another_scale_than_the_published_bounds(folder: Path, value: float) -> None:
    """It was level 5 (or 1) without a word; with the map's own bounds it is what they say."""
    values = np.full((50, 70), 0.5, np.float32)
    values[20, 20] = value
    write(folder / "landslide.tif", values)
    fault = only(look(folder, FIRE)[1], "hazard-off-scale")
    assert fault.severity == "error"
    least, most = min(value, 0.5), max(value, 0.5)
    assert f"«landslide.tif» tiene valores de {least:g} a {most:g} ({value:g} en -9" in says(fault, "es")
    assert says(fault, "en").endswith("the published bounds between levels of “fire” are for an index of 0 to 1.")
    assert "[[hazard]] de fire_present" in explain(fault, "es").remedy and "breakpoints = [" in explain(fault, "es").remedy
    inputs, faults = look(folder, FIRE + "breakpoints = [20, 40, 60, 80]\n")
    assert errors(faults) == []
    (hazard_map,) = inputs.maps.values()
    assert set(np.unique(hazard_map.levels(hazard_map.grid.window))) - {255} == ({1, 4} if value > 0 else {1})


def test_an_index_on_the_scale_of_the_published_bounds(folder: Path) -> None:
    """Both ends belong to it, and what single precision makes of them."""
    values = np.linspace(0, 1, 3500, dtype=np.float32).reshape(50, 70)
    values[0, 0] = np.nextafter(np.float32(1), np.float32(2))
    write(folder / "landslide.tif", values)
    assert errors(look(folder, FIRE)[1]) == []


def test_an_undeclared_no_data_is_not_told_as_another_scale_too(folder: Path) -> None:
    values = np.full((50, 70), 0.5, np.float32)
    values[0, 0] = -9999
    write(folder / "landslide.tif", values)
    assert [fault.code for fault in errors(look(folder, FIRE)[1])] == ["raster-sentinel"]


def test_codes_that_no_class_map_holds(folder: Path) -> None:
    fault = only(look(folder, TOML + 'codes = { "70000" = 1, "3" = 3 }\n')[1], "hazard-code-range")
    assert "70000" in says(fault, "es") and "70000" in says(fault, "en")


def test_keys_that_do_nothing_are_told(folder: Path) -> None:
    _, faults = look(folder, TOML + "breakpoints = [1, 2, 3, 4]\n")
    assert [(f.code, f.severity) for f in faults] == [("hazard-key-unused", "warning")]


def test_layer_elsewhere(folder: Path) -> None:
    write(folder / "landslide.tif", levels(), transform=Affine(100, 0, 400_000, 0, -100, 5_000_000))
    fault = only(look(folder)[1], "raster-no-overlap")
    assert says(fault, "es").startswith("«landslide.tif» no cae sobre los municipios (x -94")
    assert says(fault, "en").startswith("“landslide.tif” does not lie over the municipalities (x -94")


@pytest.mark.parametrize(
    ("crs", "x", "y"), [("EPSG:6372", -97.5, 19.7), ("EPSG:2154", 2.3, 48.8), ("EPSG:32760", 179.7, -17.5), ("EPSG:3031", 60, -75)]
)
def test_any_projection_has_its_place(folder: Path, crs: str, x: float, y: float) -> None:
    """Found by trying: conic projections were refused, since PROJ looked for the pole; so was what crosses 180°."""
    area = gpd.GeoDataFrame({"code": ["0101"], "name": ["Uno"]}, geometry=[box(x, y, x + 0.2, y + 0.2)], crs=4326)
    area.to_file(folder / "municipalities.gpkg")
    west, south, east, north = area.to_crs(crs).total_bounds
    far = 70_000 if crs == "EPSG:32760" else 2_000  # beyond the 180th meridian
    size = (int((north - south) / 100) + 40, int((east - west + far) / 100) + 20)
    write(folder / "landslide.tif", np.full(size, 3, np.uint8), crs=crs, transform=Affine(100, 0, west - 1000, 0, -100, north + 1000))
    inputs, faults = look(folder)
    assert errors(faults) == []
    (hazard_map,) = inputs.maps.values()
    assert (hazard_map.levels(hazard_map.grid.window) == 3).all()


@pytest.mark.parametrize(("west", "cell", "size"), [(0.0, 1.0, (180, 360)), (269.9 - 4, 0.01, (1000, 1000))])
def test_longitudes_from_0_to_360_are_turned_and_told(folder: Path, west: float, cell: float, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(1, 6, size).astype(np.uint8)
    north = 90.0 if size[0] == 180 else 19.0
    write(folder / "landslide.tif", values, crs="EPSG:4326", transform=Affine(cell, 0, west, 0, -cell, north))
    inputs, faults = look(folder)
    turned = only(faults, "raster-longitudes-turned")
    assert says(turned, "es").startswith("«landslide.tif» cuenta sus longitudes de")
    (hazard_map,) = inputs.maps.values()
    x, y = hazard_map.grid.centers(hazard_map.grid.window)
    assert -92 < x[0] < -91 or cell == 1.0
    rows, columns = np.floor((north - y) / cell).astype(int), np.floor((x + 360 - west) / cell).astype(int)
    assert (hazard_map.levels(hazard_map.grid.window) == values[np.ix_(rows, columns)]).all()


def test_municipalities_across_the_180th_meridian_are_refused(folder: Path) -> None:
    areas = [box(179.5, -17, 180, -16.5), box(-180, -17, -179.8, -16.5)]
    gpd.GeoDataFrame({"code": ["01", "02"], "name": ["Uno", "Dos"]}, geometry=areas, crs=4326).to_file(folder / "municipalities.gpkg")
    write(folder / "landslide.tif", levels(), crs="EPSG:4326", transform=Affine(0.02, 0, 179.0, 0, -0.02, -16.2))
    fault = only(look(folder)[1], "municipality-across-180")
    assert says(fault, "es") == "Los municipios escogidos de «municipalities.gpkg» quedan a ambos lados del meridiano 180°."


def test_municipalities_at_the_ends_of_the_earth(folder: Path) -> None:
    """Their rectangle holds more square millimetres than 64 bits: refused, not counted wrong."""
    areas = [box(-91, 14, -90, 15), box(20, -60, 21, -59)]
    gpd.GeoDataFrame({"code": ["0101", "0102"], "name": ["Uno", "Dos"]}, geometry=areas, crs=4326).to_file(folder / "municipalities.gpkg")
    write(folder / "landslide.tif", np.full((180, 360), 3, np.uint8), crs="EPSG:4326", transform=Affine(1, 0, -180, 0, -1, 90))
    fault = only(look(folder)[1], "raster-area-too-large")
    assert says(fault, "es") == "Los municipios escogidos abarcan 114 × 77 celdas de la cuadrícula de «landslide.tif»: son demasiadas."
    one = TOML.replace('"municipalities.gpkg"', '"municipalities.gpkg"\nselect = ["0101"]')
    assert errors(look(folder, one)[1]) == []


def in_gtm() -> tuple[np.ndarray, Affine]:
    """A raster over both municipalities in Guatemala Transverse Mercator."""
    bounds = gpd.GeoSeries([box(WEST - 500, SOUTH - 500, EAST + 500, NORTH + 500)], crs=UTM).to_crs("ESRI:103598").total_bounds
    size = (int((bounds[3] - bounds[1]) // 100), int((bounds[2] - bounds[0]) // 100))
    return np.full(size, 3, np.uint8), Affine(100, 0, bounds[0], 0, -100, bounds[3])


def test_gtm_declared_as_utm_15n(folder: Path) -> None:
    values, transform = in_gtm()
    write(folder / "landslide.tif", values, crs="EPSG:32615", transform=transform)
    fault = only(look(folder)[1], "raster-wrong-crs")
    assert says(fault, "es") == "«landslide.tif» declara «WGS 84 / UTM zone 15N» y con él cae a 269 km de los municipios."
    assert says(fault, "en") == "“landslide.tif” declares “WGS 84 / UTM zone 15N” and with it lies 269 km from the municipalities."
    assert "ESRI:103598" in explain(fault, "es").remedy


def test_gtm_declared_as_gtm(folder: Path) -> None:
    values, transform = in_gtm()
    write(folder / "landslide.tif", values, crs="ESRI:103598", transform=transform)
    inputs, faults = look(folder)
    assert errors(faults) == [] and len(inputs.maps) == 1


def test_no_crs_names_the_one_that_fits(folder: Path) -> None:
    values, transform = in_gtm()
    write(folder / "landslide.tif", values, crs=None, transform=transform)
    fault = only(look(folder)[1], "raster-no-crs")
    assert says(fault, "es") == "«landslide.tif» no dice su sistema de coordenadas."
    assert says(fault, "en") == "“landslide.tif” does not say its coordinate reference system."
    assert "Leída como ESRI:103598 la capa sí cae sobre los municipios" in explain(fault, "es").remedy


def test_latitude_and_longitude_swapped(folder: Path) -> None:
    west, south, east, north = gpd.GeoSeries([box(WEST, SOUTH, EAST, NORTH)], crs=UTM).to_crs(4326).total_bounds
    write(folder / "landslide.tif", levels(), crs="EPSG:4326", transform=Affine((north - south) / 70, 0, south, 0, -(east - west) / 50, east))
    fault = only(look(folder)[1], "raster-axes-swapped")
    assert says(fault, "es").startswith("«landslide.tif» tiene latitud y longitud intercambiadas (x 14.9")
    assert says(fault, "en").startswith("“landslide.tif” has latitude and longitude swapped (x 14.9")


def test_rotated(folder: Path) -> None:
    write(folder / "landslide.tif", levels(), transform=Affine(100, 0, WEST, 0, -100, NORTH) @ Affine.rotation(3))
    fault = only(look(folder)[1], "raster-rotated")
    assert says(fault, "es").startswith("«landslide.tif» está girado o reflejado")


def test_truncated_raster(folder: Path) -> None:
    path = write(folder / "landslide.tif", np.random.default_rng(1).integers(1, 6, (50, 70)).astype(np.uint8), compress="deflate")
    path.write_bytes(path.read_bytes()[:-300])
    fault = only(look(folder)[1], "raster-unreadable")
    assert says(fault, "es") == "«landslide.tif» no se puede leer hasta el final: está dañado o incompleto."
    assert says(fault, "en") == "“landslide.tif” cannot be read to its end: it is damaged or incomplete."


def test_negative_people(folder: Path) -> None:
    people = np.ones((50, 70), np.float32)
    people[3, 3] = -1
    write(folder / "people.tif", people)
    fault = only(look(folder, TOML + '[population]\npath = "people.tif"\n')[1], "amount-negative")
    assert says(fault, "es").startswith("«people.tif» tiene valores negativos, hasta -1 (en -91.")
    assert says(fault, "en").startswith("“people.tif” has negative values, down to -1 (at -91.")


def test_all_faults_come_at_once(folder: Path) -> None:
    write(folder / "landslide.tif", levels(), crs=None)
    (folder / "flood.tif").write_text("<html>", encoding="utf-8")
    write(folder / "use.tif", levels(77))
    write(folder / "people.tif", levels(1), crs="EPSG:32616")
    text = (
        TOML
        + '[[hazard]]\nname = "flood"\npath = "flood.tif"\nkind = "depth"\n'
        + '[[hazard]]\nname = "erosion"\npath = "nowhere.tif"\nkind = "soil_loss"\n'
        + '[landuse]\npath = "use.tif"\nscheme = "nlcd"\n[population]\npath = "people.tif"\n[sites]\npaths = ["sites.xlsx"]\n'
    )
    inputs, faults = look(folder, text)
    codes = [f.code for f in errors(faults)]
    assert codes[:5] == ["raster-no-crs", "raster-not-tiff", "path-missing", "landuse-class-unnamed", "raster-wrong-crs"]
    assert len(codes) == 6  # and the sites' own
    assert inputs.maps == {} and inputs.landuse is None and inputs.population is None
    for fault in faults:
        for language in LANGUAGES:
            explain(fault, language)


def test_without_municipalities_the_rasters_are_looked_at_all_the_same(folder: Path) -> None:
    (folder / "municipalities.gpkg").unlink()
    write(folder / "landslide.tif", levels(), crs=None)
    inputs, faults = look(folder)
    assert [f.code for f in faults] == ["path-missing", "raster-no-crs"]
    assert len(inputs.municipalities) == 0 and inputs.selected == []


def test_one_file_with_one_warning(folder: Path) -> None:
    """Six bands of one file say once that an .aux.xml is not read."""
    write(folder / "bands.tif", np.stack([levels(i) for i in (1, 2, 3)]))
    (folder / "bands.tif.aux.xml").write_text("<PAMDataset/>", encoding="utf-8")
    text = TOML.replace("landslide.tif", "bands.tif")
    for band in (2, 3):
        text += f'[[hazard]]\nname = "landslide"\nscenario = "{band}"\npath = "bands.tif"\nband = {band}\nkind = "levels"\n'
    inputs, faults = look(folder, text)
    assert [f.code for f in faults] == ["raster-sidecar-ignored"]
    assert len(inputs.maps) == 3 and [name for name, _, _ in inputs.files] == ["municipalities.gpkg", "bands.tif"]


def test_every_part_of_a_shapefile_is_hashed(folder: Path) -> None:
    gpd.read_file(folder / "municipalities.gpkg").to_file(folder / "limites.shp", encoding="utf-8")
    inputs, faults = look(folder, TOML.replace("municipalities.gpkg", "limites.shp"))
    assert errors(faults) == []
    assert {name for name, _, _ in inputs.files} == {"limites.shp", "limites.shx", "limites.dbf", "limites.prj", "limites.cpg", "landslide.tif"}


def test_file_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(safety, "sniff", refuse)
    fault = only(look(folder, TOML + '[landuse]\npath = "landslide.tif"\n')[1], "raster-unreadable")
    assert fault.found == "Permission denied" and str(folder) not in explain(fault, "es").cause
