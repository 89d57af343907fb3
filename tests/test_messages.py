"""What is said of a bad file, layer or folder: place, what, why, what to do, in Spanish and in English."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import messages
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import small_workspace
from messages import Words, assert_told, found_in, the
from rasterio.transform import from_origin
from small_workspace import GTM, TOML, X, Y

from envgis import files, locale, pipeline
from envgis.checks import check
from envgis.faults import BadInput
from envgis.sources import geojson, municipalities, vectors
from envgis.workspace import Municipalities

ROOT = Path(__file__).resolve().parent.parent
BOX = shapely.box(X, Y - 2000, X + 2000, Y)
# Two triangles of 100 ha that meet in a point.
TIE = shapely.Polygon([(X, Y - 2000), (X + 2000, Y), (X + 2000, Y - 2000), (X, Y)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_workspace.write(tmp_path / "w")


def use(folder: Path, old: str, new: str) -> None:
    """The workspace with some of its settings changed."""
    assert old in TOML
    (folder / "envgis.toml").write_text(TOML.replace(old, new), encoding="utf-8")


COMMAND = "import sys; from envgis.cli import main; main(sys.argv[1:])"


def process(*arguments: object, code: str = COMMAND) -> subprocess.CompletedProcess[str]:
    """A command as the shell runs it."""
    command = [sys.executable, "-B", "-c", code, *map(str, arguments)]
    env = {**os.environ, "ENVGIS_LANG": "es"}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, cwd=ROOT, check=False)


# Municipal layers


def layer(*shapes: shapely.Geometry | None, codes: list[str] | None = None) -> gpd.GeoDataFrame:
    codes = codes or [f"010{i}" for i in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"code": codes, "name": [f"Pueblo {i}" for i in range(1, len(shapes) + 1)]}, geometry=list(shapes), crs=GTM)


FEATURES = layer(BOX).to_crs(4326)
SWAPPED = FEATURES.assign(geometry=shapely.transform(FEATURES.geometry.values, lambda xy: xy[:, ::-1]))
LINK = {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs", "type": "proj4"}}


@pytest.mark.parametrize(
    ("code", "content", "es", "en"),
    [
        (
            "geojson-crs-link",
            json.dumps({**json.loads(FEATURES.to_json()), "crs": LINK}),
            ("es un enlace", "nunca lo sigue", "QGIS en EPSG:4326"),
            ("is a link", "never follows it", "QGIS in EPSG:4326"),
        ),
        (
            "vector-swapped",
            SWAPPED.to_json(),
            ("latitud y la longitud están intercambiadas", "fuera del mundo o en la Antártida", "Intercambiar coordenadas"),
            ("Latitude and longitude are swapped", "off the world or into Antarctica", "Swap X and Y"),
        ),
        (
            "vector-format",
            "<?xml version='1.0'?><kml xmlns='http://www.opengis.net/kml/2.2'></kml>",
            ("KML", "primeros bytes", "GeoPackage"),
            ("KML", "first bytes", "GeoPackage"),
        ),
    ],
)
def test_a_geojson_that_cannot_be_placed(folder: Path, code: str, content: str, es: Words, en: Words) -> None:
    (folder / "m.geojson").write_text(content, encoding="utf-8")
    use(folder, "m.gpkg", "m.geojson")
    assert_told(the(found_in(folder), code), "m.geojson", es, en)


COVERED = ("cubierto por completo", "Es un duplicado", "Borre el duplicado"), ("wholly covered", "It is a duplicate", "Delete the duplicate")
EMPTY = (
    ("Pueblo 2 (0102) no tiene polígono", "La fila está vacía", "Dibuje de nuevo"),
    ("Pueblo 2 (0102) has no polygon", "The row is empty", "Draw the polygon again"),
)


@pytest.mark.parametrize(
    ("code", "table", "place", "es", "en"),
    [
        ("municipality-empty", layer(BOX, shapely.Polygon()), "m.gpkg", *EMPTY),
        ("municipality-empty", layer(BOX, None), "m.gpkg", *EMPTY),
        ("municipality-covered", layer(BOX, BOX), "m.gpkg", *COVERED),
        (
            "municipality-repaired",
            layer(TIE),
            "m.gpkg",
            ("Pueblo 1 (0101) se cruza consigo mismo", "Regla: vale lo que queda dentro", "QGIS"),
            ("Pueblo 1 (0101) crosses itself", "Rule: what lies inside", "QGIS"),
        ),
        (
            "municipality-code-twice",
            layer(BOX, shapely.affinity.translate(BOX, 2000, 0), codes=["0101", "0101"]),
            "m.gpkg, columna «code»",
            ("El código 0101 aparece varias veces (filas 1 y 2)", "como si fueran uno", "Disolver"),
            ("Code 0101 stands more than once (rows 1 and 2)", "added up as one", "Dissolve"),
        ),
    ],
    ids=["empty", "null", "duplicate", "self-crossing", "code-twice"],
)
def test_polygons_and_codes(tmp_path: Path, code: str, table: gpd.GeoDataFrame, place: str, es: Words, en: Words) -> None:
    table.to_file(tmp_path / "m.gpkg")
    _, faults = municipalities.read(Municipalities(path="m.gpkg", overlaps="lower_code"), tmp_path, False)
    assert_told(the(faults, code), place, es, en)


def test_a_latin1_attribute_table(folder: Path) -> None:
    layer(BOX).assign(name="Amatitlán").to_file(folder / "m.shp", encoding="cp1252")
    (folder / "m.cpg").unlink()
    use(folder, "m.gpkg", "m.shp")
    fault = the(found_in(folder), "text-latin1")
    assert fault.severity == "warning"
    es = ("«m.dbf» no dice su codificación", "Falta el archivo .cpg", "las tildes y las eñes")
    en = ("“m.dbf” does not say its encoding", "The .cpg file is missing", "names with accents")
    assert_told(fault, "m.shp", es, en)


def test_a_part_of_a_shapefile_is_named(folder: Path) -> None:
    layer(BOX).to_file(folder / "m.shp")
    use(folder, "m.gpkg", "m.shx")
    es = ("una parte de un Shapefile", "el que termina en .shp", "la ruta del archivo .shp")
    en = ("a part of a Shapefile", "the one that ends in .shp", "the path of the .shp file")
    assert_told(the(found_in(folder), "shapefile-part"), "m.shx", es, en)


@pytest.mark.parametrize(("name", "room"), [("m.gpkg", vectors), ("m.geojson", geojson)])
def test_a_layer_too_large(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, room: object) -> None:
    monkeypatch.setattr(room, "LARGEST_BYTES", 1_000_000)
    path = folder / name
    FEATURES.to_file(path)
    path.write_bytes(path.read_bytes().ljust(3_000_000))
    use(folder, "m.gpkg", name)
    es = ("mide 3 MB; se leen hasta 1 MB", "no cabe en la memoria", "Recorte la capa a su zona")
    en = ("has 3 MB; at most 1 MB are read", "does not fit in the memory", "Cut the layer to your area")
    assert_told(the(found_in(folder), "vector-too-large"), name, es, en)


# Rasters and land use


def test_a_map_that_another_system_would_place_better(folder: Path) -> None:
    """Metres of Guatemala's own projection declared as UTM 15N, on a strip so long that its east end still covers a little."""
    place = gpd.GeoSeries([shapely.Point(X, Y)], crs=GTM).to_crs(32615)[0]
    profile = {"driver": "GTiff", "height": 200, "width": 27, "count": 1, "dtype": "uint8", "nodata": 255}
    # As UTM it ends 1 km within the west municipality; as GTM both lie inside, at its west end.
    corner = from_origin(place.x + 1000 - 27 * 10_000, Y + 20_000, 10_000, 200)
    with rasterio.open(folder / "l.tif", "w", crs="EPSG:32615", transform=corner, **profile) as out:
        out.write(np.ones((1, 200, 27), np.uint8))
    fault = the(found_in(folder), "raster-doubtful-crs")
    assert fault.severity == "warning"
    es = ("leída como ESRI:103598", "Declara «WGS 84 / UTM zone 15N»", "mapa base en QGIS")
    en = ("read as ESRI:103598", "It declares “WGS 84 / UTM zone 15N”", "base map in QGIS")
    assert_told(fault, "l.tif", es, en)


def test_classes_with_a_scale(folder: Path) -> None:
    with rasterio.open(folder / "l.tif", "r+") as raster:
        raster.scales, raster.offsets = (0.5,), (1.0,)
    es = ("clases con escala y desplazamiento (0.5, 1)", "no una medida", "sin escala")
    en = ("classes with a scale and an offset (0.5, 1)", "not a measure", "without a scale")
    assert_told(the(found_in(folder), "raster-scaled-classes"), "l.tif", es, en)


NO_POLYGONS = (
    ("no tiene ningún polígono", "superficies, no puntos ni líneas", "capa de polígonos"),
    ("has no polygons", "areas, not points or lines", "layer of polygons"),
)
OVERLAPS = (
    ("clases distintas, 200 ha en total", "cuenta el código menor", "Corrija los polígonos"),
    ("different classes overlap, 200 ha in all", "the lower code counts", "Correct the polygons"),
)


@pytest.mark.parametrize(
    ("code", "shapes", "words"),
    [
        ("landuse-no-polygons", [shapely.Point(X, Y), shapely.Point(X + 1, Y)], NO_POLYGONS),
        ("landuse-overlaps", [BOX, shapely.affinity.translate(BOX, 1000, 0)], OVERLAPS),
    ],
)
def test_polygons_of_land_use(folder: Path, code: str, shapes: list[shapely.Geometry], words: tuple[Words, Words]) -> None:
    gpd.GeoDataFrame({"clase": ["10", "20"]}, geometry=shapes, crs=GTM).to_file(folder / "u.gpkg")
    use(folder, "[actions]", '[landuse]\npath = "u.gpkg"\ncode = "clase"\n[actions]')
    fault = the(found_in(folder), code)
    assert (fault.severity == "warning") == (code == "landuse-overlaps")
    assert_told(fault, "u.gpkg", *words)


def test_a_cloud_optimized_geotiff_is_a_map_like_any_other(folder: Path) -> None:
    plain = pipeline.assess(folder)
    cloud = small_workspace.write(folder.parent / "cog")
    with rasterio.open(folder / "l.tif") as source:
        profile = {"driver": "COG", "crs": source.crs, "transform": source.transform, "nodata": 255}
        with rasterio.open(cloud / "l.tif", "w", height=source.height, width=source.width, count=1, dtype="uint8", **profile) as out:
            out.write(source.read())
    with rasterio.open(cloud / "l.tif") as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert check(cloud).runnable
    pd.testing.assert_frame_equal(pipeline.assess(cloud).ledger, plain.ledger)


# The output folder


def test_foreign_files_in_the_output_folder(folder: Path) -> None:
    (folder / "maps").mkdir()
    (folder / "maps" / "tesis.docx").touch()
    with pytest.raises(BadInput) as stop:
        pipeline.run(folder)
    es = ("que envgis no escribió (1): tesis.docx", "esos archivos se perderían", "Muévalos a otro lugar")
    en = ("that envgis did not write (1): tesis.docx", "those files would be lost", "Move them somewhere else")
    assert_told(the(stop.value.faults, "output-foreign"), str(folder / "maps"), es, en)
    assert [f.code for f in found_in(folder)].count("output-foreign") == 1


def test_two_runs_at_once(folder: Path) -> None:
    """The first holds the folder in a process of its own; the second is told, and nothing of the first is touched."""
    out = folder / "maps"
    code = (
        "import sys\nfrom pathlib import Path\nfrom envgis import files\ntry:\n"
        " with files.staged(Path(sys.argv[1])):\n  print('at work', flush=True); sys.stdin.read(); raise KeyboardInterrupt\n"
        "except KeyboardInterrupt:\n pass\n"
    )
    first = subprocess.Popen([sys.executable, "-c", code, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdin is not None and first.stdout is not None
    try:
        assert first.stdout.readline() == "at work\n"
        with pytest.raises(BadInput) as stop:
            pipeline.run(folder)
    finally:
        first.stdin.close()
        first.wait()
    es = ("Otra corrida está escribiendo", "mezclarían sus resultados", "Espere a que termine")
    en = ("Another run is writing", "would mix their results", "Wait until it ends")
    assert_told(the(stop.value.faults, "output-busy"), str(out), es, en)
    assert files.refusals(out) == []


# Root may write anywhere: the child becomes another user, once all that it needs has been imported.
READ_ONLY = """
import json, os, sys
from pathlib import Path
from envgis.checks import check
from envgis.cli import checked
folder = Path(sys.argv[1])
checked.as_json(check(folder))
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(json.dumps(checked.as_json(check(folder))["faults"]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no users to become")
def test_a_read_only_output_folder(folder: Path) -> None:
    for one in (folder, *folder.parents[:-2]):  # the other user must be able to come here at all
        one.chmod(one.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    out = folder / "maps"
    out.mkdir(mode=0o555)
    folder.chmod(0o555)
    said = process(folder, code=READ_ONLY)
    folder.chmod(0o755)
    assert said.returncode == 0, said.stderr
    (fault,) = [fault for fault in json.loads(said.stdout) if fault["severity"] == "error"]
    assert (fault["code"], fault["severity"], fault["file"]) == ("output-read-only", "error", str(out))
    told = {language: " ".join(fault[language].values()) for language in locale.LANGUAGES}
    for words in (f"No se puede escribir en la carpeta de salida «{out}»", "protegida contra escritura", "Pida permiso de escritura"):
        assert words in told["es"]
    for words in (f"The output folder “{out}” cannot be written to", "write-protected", "Ask for permission to write"):
        assert words in told["en"]


# From end to end, in a process


def test_sites_drawn_as_polygons_can_be_screened(folder: Path) -> None:
    west, east = messages.degrees(shapely.box(100, -300, 300, -100), shapely.box(2100, -1000, 2300, -800))
    gpd.GeoDataFrame({"id": ["S1", "S2"]}, geometry=[west, east], crs=4326).to_file(folder / "sitios.geojson")
    said = process("screen", folder / "sitios.geojson", "--workspace", folder, "--out", folder / "out")
    assert said.returncode == 0, said.stderr
    table = pd.read_csv(folder / "out" / "sites.csv", dtype=str)
    assert table["site_id"].tolist() == ["S1", "S2"] and table["municipality_code"].tolist() == ["0101", "0102"]
    hazards = pd.read_csv(folder / "out" / "site_hazards.csv", dtype={"site_id": str})
    levels = dict(zip(hazards["site_id"], hazards["max_level"], strict=True))
    assert levels == {"S1": 5, "S2": 1}


def spoil(folder: Path) -> set[str]:
    """Much wrong at once; the codes that must be told."""
    (folder / "l.tif").write_text("<html>", encoding="utf-8")
    (folder / "m.gpkg").write_bytes((folder / "m.gpkg").read_bytes()[:5000])
    (folder / "a.csv").write_text("nada,de,esto\n1,2,3\n", encoding="utf-8")
    (folder / "s.csv").unlink()
    (folder / "maps").mkdir()
    (folder / "maps" / "tesis.docx").touch()
    more = '[landuse]\npath = "uso.tif"\n[population]\npath = "../p.tif"\n'
    (folder / "envgis.toml").write_text(TOML + more, encoding="utf-8")
    unread = {"vector-unreadable", "raster-not-tiff", "report-no-action-type", "report-no-location", "report-no-file"}
    return unread | {"path-missing", "path-outside", "output-foreign"}


def test_everything_wrong_is_listed_at_once_without_a_stack_trace(folder: Path) -> None:
    wanted = spoil(folder)
    said = process("check", folder)
    assert said.returncode == 1 and "Traceback" not in said.stdout + said.stderr
    told = json.loads(process("check", folder, "--json").stdout)
    assert wanted <= {fault["code"] for fault in told["faults"]} and told["runnable"] is False
    text = " ".join(said.stdout.split())
    for fault in told["faults"]:
        for sentence in (fault["es"]["what"], fault["es"]["remedy"]):
            # A long path may be broken where the line ends.
            assert " ".join(sentence.split()).replace(" ", "") in text.replace(" ", "")


@pytest.mark.parametrize("broken", ["missing", "html", "cut", "kml", "empty"])
def test_municipalities_that_cannot_be_read(folder: Path, broken: str) -> None:
    path = folder / "m.gpkg"
    whole = path.read_bytes()
    path.unlink()
    contents = {"html": b"<!DOCTYPE html><html>404</html>", "cut": whole[:5000], "kml": b"<?xml version='1.0'?><kml></kml>", "empty": b""}
    if broken != "missing":
        path.write_bytes(contents[broken])
    said = process("check", folder)
    assert said.returncode == 1 and "Traceback" not in said.stdout + said.stderr
    assert "m.gpkg" in said.stdout and "Errores: 1." in said.stdout
