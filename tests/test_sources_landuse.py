"""Land use: envgis/sources/{landuse,landuse_files,legends}.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon, box

from envgis import workspace
from envgis.faults import Fault
from envgis.grid import ArrayLayer, Grid, Window
from envgis.landuse import LEGEND_COLUMNS, MOST_CLASSES, LandUse
from envgis.locale import LANGUAGES, explain
from envgis.sources import file_layer, landuse, legends
from envgis.sources.gathering import Gathering
from envgis.sources.landuse_files import read_landuse

GRID = Grid.from_bounds("EPSG:32615", (600_000, 1_650_000, 600_080, 1_650_060), 10)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    file_layer.close()


def positions(use: LandUse, grid: Grid, window: Window | None = None) -> NDArray[np.uint16]:
    """Place in the legend of each cell, -1 where there are no data."""
    classes = use.on(grid)
    found = classes.table[classes.read(window or grid.window)].astype(int)
    return np.where(found == len(use.legend), -1, found)


def polygons(*shapes: Polygon, crs: str = "EPSG:32615") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


# Rasters -----------------------------------------------------------------------------------------


def test_raster_on_its_own_lattice_and_on_another() -> None:
    values = np.array([[10, 20], [30, 99]], np.uint8)
    layer = ArrayLayer(Grid.from_bounds("EPSG:32615", (600_000, 1_650_000, 600_040, 1_650_040), 20), values, 255)
    use = landuse.from_raster(layer, legends.plain(["10", "20", "30"]))
    assert list(use.legend.columns) == list(LEGEND_COLUMNS)
    assert positions(use, layer.grid).tolist() == [[0, 1], [2, -1]]
    wider = layer.grid.extend((599_990, 1_650_000, 600_040, 1_650_040))
    assert positions(use, wider).tolist() == [[-1, 0, 1], [-1, 2, -1]]
    fine = Grid.from_bounds("EPSG:32615", (600_000, 1_650_000, 600_040, 1_650_040), 10)
    assert positions(use, fine).tolist() == np.kron([[0, 1], [2, -1]], np.ones((2, 2), int)).tolist()


# Polygons ----------------------------------------------------------------------------------------


def test_class_at_the_centre_gaps_and_overlaps() -> None:
    shapes = polygons(
        box(600_000, 1_650_030, 600_034, 1_650_060),  # its edge lies short of the fourth column's centre
        box(600_020, 1_650_040, 600_060, 1_650_060),
        box(600_070, 1_650_000, 600_080, 1_650_010),
    )
    use = landuse.from_polygons(shapes, ["10", "2", "x"], legends.plain(["10", "2"]))
    expected = np.full((6, 8), -1)
    expected[0:3, 0:3] = 0
    expected[0:2, 2:6] = 1  # 2 is lower than 10, and counts where both lie
    assert positions(use, GRID).tolist() == expected.tolist()


def test_hole_and_multipolygon() -> None:
    ring = Polygon(box(600_000, 1_650_000, 600_050, 1_650_050).exterior.coords, [box(600_020, 1_650_020, 600_030, 1_650_030).exterior.coords])
    use = landuse.from_polygons(polygons(MultiPolygon([ring, box(600_060, 1_650_000, 600_080, 1_650_020)])), ["a"], legends.plain(["a"]))
    found = positions(use, GRID)
    assert (found == 0).sum() == 24 + 4 and found[3, 2] == -1


star = st.lists(st.tuples(st.floats(0, 80), st.floats(0, 60)), min_size=3, max_size=9)


@settings(max_examples=60, deadline=None)
@given(st.lists(star, min_size=1, max_size=5), st.integers(1, 6), st.integers(-2, 3))
def test_any_bands_of_rows_give_the_same_bits(rings: list[list[tuple[float, float]]], height: int, shift: int) -> None:
    shapes = [shapely.make_valid(Polygon([(600_000 + x, 1_650_000 + y) for x, y in ring]), method="structure") for ring in rings]
    shapes = [shape for shape in shapes if shape.area > 0]
    codes = [str(i) for i in range(len(shapes))]
    use = landuse.from_polygons(polygons(*shapes), codes, legends.plain(codes))
    expected = positions(use, GRID)
    parts = [positions(use, GRID, Window(r, 0, min(height, 6 - r), 8)) for r in range(0, 6, height)]
    assert np.array_equal(np.vstack(parts), expected)
    # The same land seen on another cut of the lattice.
    larger = GRID.crop(Window(-3, shift, 12, 8))
    again = positions(use, larger)[3:9]
    if shift >= 0:
        assert np.array_equal(again[:, : 8 - shift], expected[:, shift:])
    else:
        assert np.array_equal(again[:, -shift:], expected[:, : 8 + shift])


@settings(max_examples=40, deadline=None)
@given(star)
def test_cells_are_those_whose_centre_lies_inside(ring: list[tuple[float, float]]) -> None:
    shape = shapely.make_valid(Polygon([(600_000 + x, 1_650_000 + y) for x, y in ring]), method="structure")
    if shape.area == 0:
        return
    x, y = GRID.centers(GRID.window)
    centres = shapely.points(*np.meshgrid(x, y))
    found = positions(landuse.from_polygons(polygons(shape), ["a"], legends.plain(["a"])), GRID) == 0
    clear = shapely.distance(shape.boundary, centres) > 1e-4  # elsewhere rounding may decide
    assert np.array_equal(found[clear], shapely.contains(shape, centres)[clear])


def test_polygons_in_another_crs() -> None:
    area = box(600_005, 1_650_005, 600_075, 1_650_055)
    there = gpd.GeoSeries([area.segmentize(5)], crs="EPSG:32615").to_crs(4326)
    use = landuse.from_polygons(gpd.GeoDataFrame(geometry=there), ["a"], legends.plain(["a"]))
    direct = landuse.from_polygons(polygons(area), ["a"], legends.plain(["a"]))
    assert np.array_equal(positions(use, GRID), positions(direct, GRID))


def test_polygon_where_the_grid_has_no_place_is_a_gap() -> None:
    far = polygons(box(-91, 14, -90, 15), box(170, -89.9, 171, -89), crs="EPSG:4326")
    use = landuse.from_polygons(far, ["a", "b"], legends.plain(["a", "b"]))
    assert set(np.unique(positions(use, Grid.from_bounds("EPSG:3857", (-1e7, 1.6e6, -9.9e6, 1.7e6), 1000)))) <= {-1, 0}


def test_overlaps_are_told_in_hectares() -> None:
    shapes = polygons(box(600_000, 1_650_000, 600_200, 1_650_200), box(600_100, 1_650_000, 600_300, 1_650_200), box(600_100, 0, 600_200, 1))
    (fault,) = landuse.overlaps(shapes, ["1", "2", "1"], "uso.gpkg")
    assert fault.severity == "warning" and fault.values["area"] == pytest.approx(2.0, rel=2e-3)
    assert explain(fault, "es").what == "En «uso.gpkg» se traslapan polígonos de clases distintas, 2.0 ha en total."
    assert landuse.overlaps(shapes, ["1", "1", "1"], "uso.gpkg") == []


# Legends -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", legends.SCHEMES)
def test_schemes(name: str) -> None:
    legend = legends.scheme(name)
    assert legend["value"].is_unique and (legend[list(LEGEND_COLUMNS)] != "").all(axis=None)
    assert all(legends.whole(value) is not None for value in legend["value"])
    assert legend["color"].str.fullmatch("#[0-9A-F]{6}").all()


def test_schemes_by_hand() -> None:
    assert legends.scheme("esa-worldcover").set_index("value").loc["40", "name_es"] == "Tierra de cultivo"
    assert list(legends.scheme("ipcc")["name_en"]) == ["Forest land", "Cropland", "Grassland", "Wetlands", "Settlements", "Other land"]
    assert len(legends.scheme("nlcd")) == 20


def legend_of(folder: Path, content: str | bytes) -> tuple[pd.DataFrame | None, list[Fault]]:
    (folder / "uso.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return legends.read_legend(folder / "uso.csv", "uso.csv")


@pytest.mark.parametrize(
    "content",
    [
        "value,code,name_es,name_en,color\n1,01,Café,Coffee,#aa5500\n2,NA,Maíz,Maize,\n",
        "\ufeffvalue;code;name_es;name_en;color\r\n1;01;Café;Coffee;#aa5500\r\n2;NA;Maíz;Maize;\r\n",
        "Value\tCode\tNAME_ES\tname_en\tcolor\n1\t01\tCafé\tCoffee\t#AA5500\n\n2\tNA\tMaíz\tMaize\t",
        "value,code,name_es,name_en,color\n1,01,Café,Coffee,#aa5500\n2,NA,Maíz,Maize,\n".encode("cp1252"),
        "value,code,name_es,name_en,color\n1,01,Café,Coffee,#aa5500\n2,NA,Maíz,Maize,\n".encode("utf-16"),
        "sep=;\nValor;Código;Nombre;Nombre (en);Color\n1;01;Café;Coffee;#aa5500\n2;NA;Maíz;Maize;\n",
        "Leyenda de uso 2020\n\nvalor,CODIGO,nombre_es,name,color\n1,01,Café,Coffee,#aa5500\n2,NA,Maíz,Maize,\n",
    ],
)
def test_legend_however_it_was_saved(tmp_path: Path, content: str | bytes) -> None:
    legend, faults = legend_of(tmp_path, content)
    assert faults == [] and legend is not None
    assert legend.drop(columns="color").to_numpy().tolist() == [["1", "01", "Café", "Coffee"], ["2", "NA", "Maíz", "Maize"]]
    assert legend["color"][0] == "#AA5500" and legend["color"][1].startswith("#")


def test_legend_names_stand_for_each_other(tmp_path: Path) -> None:
    legend, _ = legend_of(tmp_path, "code,name_es\nbosque,Bosque\n")
    assert legend is not None and legend.iloc[0].tolist()[:4] == ["bosque", "bosque", "Bosque", "Bosque"]


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ("valor,nombre\n1,Bosque\n", ["1", "1", "Bosque"]),
        ("clase,nombre\n1,Bosque\n", ["1", "1", "Bosque"]),
        ("Código;Clase\n1;Bosque\n", ["1", "1", "Bosque"]),
        ("valor,clase\n1,Bosque\n", ["1", "1", "Bosque"]),
        ("value,class,name\n1,BLD,Bosque\n", ["1", "1", "Bosque"]),
        ("value,valor,name_es\n1,7,Bosque\n", ["1", "1", "Bosque"]),
    ],
)
def test_headings_in_spanish(tmp_path: Path, content: str, row: list[str]) -> None:
    legend, faults = legend_of(tmp_path, content)
    assert faults == [] and legend is not None and legend.iloc[0].tolist()[:3] == row


def test_a_row_is_counted_as_a_person_sees_it(tmp_path: Path) -> None:
    _, (fault,) = legend_of(tmp_path, "Leyenda\n\nvalue,name_es\n1,A\n\n1,B\n")
    assert (fault.code, fault.at.row) == ("legend-twice", 6)


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        ("", ["legend-unreadable"]),
        ('value,name_es\n1,"A\n', ["legend-unreadable"]),
        ("PK\x03\x04\0", ["legend-unreadable"]),
        ("a,b\n1,2\n", ["legend-missing-column", "legend-missing-column"]),
        ("value,name_es\n", ["legend-size"]),
        ("value,name_es,color\n1,A,#12345\n1,B,\n,C,\n", ["legend-colour", "legend-twice", "legend-no-value"]),
    ],
)
def test_legend_faults_come_at_once(tmp_path: Path, content: str, codes: list[str]) -> None:
    legend, faults = legend_of(tmp_path, content)
    assert legend is None and [f.code for f in faults] == codes
    for fault in faults:
        for language in LANGUAGES:
            assert "uso.csv" in explain(fault, language).what


# 1 and 2 belong together; 254 codes are as many as are counted.
MERGED = "value,code,name_es\n1,A,Bosque\n2,A,Bosque\n" + "".join(f"{i},c{i},Clase {i}\n" for i in range(3, 256))


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (MERGED + "256,c256,De más\n", "landuse-many-classes", "255 clases de uso de la tierra, y se cuentan 254"),
        ("value,code,name_es\n1,no_data,Laguna\n", "landuse-reserved-code", "«uso.csv» llama «no_data» a una clase"),
        ("value,code,name_es\n1,A,Bosque\n2,A,Maíz\n", "legend-code-twice", "código A: «Bosque / Bosque» y «Maíz / Maíz» (fila 3)"),
    ],
)
def test_classes_that_tables_could_not_tell_apart(tmp_path: Path, content: str, code: str, words: str) -> None:
    """Found by hand: a crash of the run, land counted as missing, a name that vanished."""
    legend, (fault,) = legend_of(tmp_path, content)
    assert legend is None and fault.code == code and words in explain(fault, "es").what


def test_values_of_one_code_and_name_are_one_class(tmp_path: Path) -> None:
    legend, faults = legend_of(tmp_path, MERGED)
    assert faults == [] and legend is not None
    values = np.array([[1, 2], [3, 255]], np.uint8)
    layer = ArrayLayer(Grid.from_bounds("EPSG:32615", (600_000, 1_650_000, 600_040, 1_650_040), 20), values, 0)
    use = landuse.from_raster(layer, legend)
    assert len(use.legend) == MOST_CLASSES and use.legend["code"].is_unique
    assert positions(use, layer.grid).tolist() == [[0, 0], [1, 253]]
    drawn = landuse.from_polygons(polygons(box(600_000, 1_650_000, 600_010, 1_650_060)), ["2"], legend)
    assert set(np.unique(positions(drawn, GRID))) == {-1, 0}


def test_polygons_may_carry_the_legend_s_codes(tmp_path: Path) -> None:
    """Found by reading: a code of the legend that is no value of it was let pass, and its land was no data."""
    legend, _ = legend_of(tmp_path, "value,code,name_es\n1,BLD,Bosque\n2,MAI,Maíz\n")
    use = landuse.from_polygons(polygons(WEST_HALF, EAST_HALF), ["MAI", "1"], legend)
    assert positions(use, GRID).tolist() == [[1] * 4 + [0] * 4] * 6


# From a workspace --------------------------------------------------------------------------------

AREA = gpd.GeoSeries([box(600_000, 1_650_000, 600_080, 1_650_060)], crs="EPSG:32615").to_crs(4326).to_numpy()


def ask(folder: Path, **table: object) -> tuple[LandUse | None, list[Fault]]:
    to = Gathering(folder, allow_outside=False)
    to.select(AREA)
    found = read_landuse(workspace.LandUse.model_validate(table), to)
    for fault in to.faults:
        for language in LANGUAGES:
            explain(fault, language)
    return found, to.faults


def raster(folder: Path, values: NDArray[np.generic], cell: float = 10, **options: object) -> None:
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": values.dtype, "crs": "EPSG:32615"}
    with rasterio.open(folder / "uso.tif", "w", **profile, transform=Affine(cell, 0, 600_000, 0, -cell, 1_650_060), **options) as file:
        file.write(values, 1)


def test_raster_with_its_legend(tmp_path: Path) -> None:
    raster(tmp_path, np.tile(np.array([1, 2], np.uint8), (6, 4)))
    (tmp_path / "uso.csv").write_text("value,name_es\n1,Bosque\n2,Maíz\n", encoding="utf-8")
    use, faults = ask(tmp_path, path="uso.tif", legend="uso.csv")
    assert faults == [] and use is not None
    assert positions(use, GRID).tolist() == [[0, 1] * 4] * 6


def test_raster_without_a_legend_shows_its_codes(tmp_path: Path) -> None:
    raster(tmp_path, np.tile(np.array([1, 7], np.float32), (6, 4)), nodata=-9999)
    use, (fault,) = ask(tmp_path, path="uso.tif")
    assert use is not None and list(use.legend["code"]) == ["1", "7"] and fault.code == "landuse-no-legend"
    assert explain(fault, "es").what == "El uso de la tierra «uso.tif» no tiene leyenda: sus clases (2) se muestran por su código."
    assert positions(use, GRID).tolist() == [[0, 1] * 4] * 6


def test_nodata_255_used_as_a_class(tmp_path: Path) -> None:
    raster(tmp_path, np.tile(np.array([1, 255], np.uint8), (6, 4)), nodata=255)
    (tmp_path / "uso.csv").write_text("value,name_es\n1,Bosque\n255,Ciudad\n", encoding="utf-8")
    use, (fault,) = ask(tmp_path, path="uso.tif", legend="uso.csv")
    assert use is None and fault.code == "nodata-is-class"
    assert explain(fault, "es").what == "En «uso.tif» el valor 255 está declarado «sin datos» y es también una clase."
    assert explain(fault, "en").what == "In “uso.tif” the value 255 is declared “no data” and is a class as well."


def test_legend_lacking_a_class_that_occurs(tmp_path: Path) -> None:
    raster(tmp_path, np.tile(np.array([1, 2, 3, 3], np.uint8), (6, 2)))
    (tmp_path / "uso.csv").write_text("value,name_es\n1,Bosque\n2,Maíz\n", encoding="utf-8")
    use, (fault,) = ask(tmp_path, path="uso.tif", legend="uso.csv")
    assert use is None and fault.code == "landuse-class-unnamed"
    assert explain(fault, "es").what == "«uso.tif» tiene clases que la leyenda «uso.csv» no nombra: 3 (50.0% de los municipios)."
    assert explain(fault, "en").what == "“uso.tif” has classes that the legend “uso.csv” does not name: 3 (50.0% of the municipalities)."


def test_a_class_outside_the_municipalities_needs_no_name(tmp_path: Path) -> None:
    values = np.ones((6, 12), np.uint8)
    values[:, 10:] = 9
    raster(tmp_path, values)
    use, faults = ask(tmp_path, path="uso.tif", scheme="ipcc")
    assert faults == [] and use is not None
    assert set(np.unique(positions(use, GRID))) == {0}


def test_measures_are_no_classes(tmp_path: Path) -> None:
    raster(tmp_path, np.linspace(0, 1, 48, dtype=np.float32).reshape(6, 8))
    use, (fault,) = ask(tmp_path, path="uso.tif")
    assert use is None and fault.code == "landuse-not-classes"


def test_legend_with_letters_for_a_raster(tmp_path: Path) -> None:
    raster(tmp_path, np.ones((6, 8), np.uint8))
    (tmp_path / "uso.csv").write_text("value,name_es\n1,Bosque\nBLD,Bosque latifoliado\n", encoding="utf-8")
    use, (fault,) = ask(tmp_path, path="uso.tif", legend="uso.csv")
    assert use is None and fault.code == "legend-value" and "BLD" in explain(fault, "es").what


def vector(folder: Path, codes: list[object], shapes: list[Polygon], crs: str = "EPSG:32615") -> None:
    gpd.GeoDataFrame({"clase": codes}, geometry=shapes, crs=crs).to_file(folder / "uso.gpkg", driver="GPKG")


WEST_HALF, EAST_HALF = box(600_000, 1_650_000, 600_040, 1_650_060), box(600_040, 1_650_000, 600_080, 1_650_060)


def test_polygons_with_codes_as_text_and_as_numbers(tmp_path: Path) -> None:
    for codes in (["01", "02"], [1, 2], [1.0, 2.0]):
        vector(tmp_path, codes, [WEST_HALF, EAST_HALF])
        use, faults = ask(tmp_path, path="uso.gpkg", code="clase")
        assert [f.code for f in faults] == ["landuse-no-legend"] and use is not None
        assert list(use.legend["code"]) == (["01", "02"] if codes == ["01", "02"] else ["1", "2"])
        assert positions(use, GRID).tolist() == [[0] * 4 + [1] * 4] * 6


@pytest.mark.parametrize("legend", ["nada,de,esto\n1,2,3\n", None])
def test_a_legend_that_cannot_be_read_is_told_alone(tmp_path: Path, legend: str | None) -> None:
    """Found by hand: beside it stood that the land use has no legend."""
    if legend:
        (tmp_path / "uso.csv").write_text(legend, encoding="utf-8")
    raster(tmp_path, np.tile(np.array([1, 2], np.uint8), (6, 4)))
    vector(tmp_path, ["1", "2"], [WEST_HALF, EAST_HALF])
    for table in ({"path": "uso.tif"}, {"path": "uso.gpkg", "code": "clase"}):
        use, faults = ask(tmp_path, **table, legend="uso.csv")
        assert use is None and {f.code for f in faults} == {"legend-missing-column" if legend else "path-missing"}


def test_polygons_without_a_legend_whose_classes_cannot_be_told_apart(tmp_path: Path) -> None:
    vector(tmp_path, ["bosque", "no_data"], [WEST_HALF, EAST_HALF])
    use, faults = ask(tmp_path, path="uso.gpkg", code="clase")
    assert use is None and [f.code for f in faults if f.severity == "error"] == ["landuse-reserved-code"]
    vector(tmp_path, list(range(255)), [WEST_HALF] * 255)
    use, faults = ask(tmp_path, path="uso.gpkg", code="clase")
    assert use is None and [f.code for f in faults if f.severity == "error"] == ["landuse-many-classes"]


def test_a_raster_of_more_classes_than_are_counted_needs_a_legend(tmp_path: Path) -> None:
    """Found by a crash of the run, which the check had not foreseen."""
    for count in (MOST_CLASSES, MOST_CLASSES + 1):
        raster(tmp_path, np.arange(300).reshape(15, 20).clip(max=count - 1).astype(np.uint16), cell=4)
        use, (fault,) = ask(tmp_path, path="uso.tif")
        assert (use is None, fault.code) == ((False, "landuse-no-legend") if count == MOST_CLASSES else (True, "landuse-not-classes"))


def test_polygons_that_cross_themselves_or_are_empty(tmp_path: Path) -> None:
    bow = Polygon([(600_000, 1_650_000), (600_080, 1_650_060), (600_080, 1_650_000), (600_000, 1_650_060)])
    vector(tmp_path, ["1", "1"], [bow, Polygon()])
    use, faults = ask(tmp_path, path="uso.gpkg", code="clase", scheme="ipcc")
    assert use is not None and {f.code: f.values.get("count") for f in faults if f.code.startswith("landuse")} == {
        "landuse-repaired": 1,
        "landuse-not-polygons": 1,
    }
    assert (
        explain(next(f for f in faults if f.code == "landuse-repaired"), "es").what
        == "Polígonos de «uso.gpkg» que se cruzaban a sí mismos y fueron reparados: 1."
    )


def test_polygon_faults(tmp_path: Path) -> None:
    vector(tmp_path, ["1", "x"], [WEST_HALF, EAST_HALF])
    for table, code in [
        ({"code": "class"}, "landuse-column"),
        ({}, "landuse-column"),
        ({"code": "clase", "scheme": "ipcc"}, "landuse-class-unnamed"),
        ({"code": "clase", "path": ["uso.gpkg", "otro.gpkg"]}, "landuse-one-file"),
    ]:
        use, (fault,) = ask(tmp_path, **{"path": "uso.gpkg"} | table)
        assert use is None and fault.code == code
    vector(tmp_path, ["1"], [box(400_000, 1_500_000, 400_100, 1_500_100)])
    assert [f.code for f in ask(tmp_path, path="uso.gpkg", code="clase", scheme="ipcc")[1]] == ["raster-no-overlap"]
