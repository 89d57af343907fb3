"""Vector layers: what is read, what is refused, and that nothing else is opened or asked for."""

from __future__ import annotations

import json
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from envgis import locale
from envgis.sources.vectors import read_vector, sniff

SQUARE = shapely.box(-90.7, 14.4, -90.6, 14.5)
SECRET = "a-secret-that-must-not-appear"
FORMATS = {"gpkg": "GPKG", "geojson": "GeoJSON", "fgb": "FlatGeobuf", "shp": "ESRI Shapefile"}


@pytest.fixture
def layer() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": ["0114", "1201"], "name": ["Amatitlán", "NA"]}, geometry=[SQUARE, shapely.box(-91.8, 14.9, -91.7, 15)], crs=4326)


def collection(*geometries: dict[str, Any], **members: Any) -> str:
    features = [{"type": "Feature", "properties": {"code": f"{i:04}"}, "geometry": g} for i, g in enumerate(geometries, start=1)]
    return json.dumps({"type": "FeatureCollection", "features": features, **members})


def square(west: float, south: float, size: float = 0.1) -> dict[str, Any]:
    return json.loads(shapely.to_geojson(shapely.box(west, south, west + size, south + size)))


def codes(path: Path, layer: str | None = None) -> list[str]:
    table, faults = read_vector(path, path.name, layer)
    assert (table is None) == any(f.severity == "error" for f in faults)
    for fault in faults:
        for language in locale.LANGUAGES:
            assert "{" not in locale.explain(fault, language).what
    return [f.code for f in faults]


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_keeps_text_shape_and_crs(tmp_path: Path, layer: gpd.GeoDataFrame, suffix: str) -> None:
    path = tmp_path / f"límites año.{suffix}"
    layer.to_file(path, driver=FORMATS[suffix])
    table, faults = read_vector(path, path.name)
    assert table is not None and not faults
    assert sorted(table["code"]) == ["0114", "1201"]
    assert sorted(table["name"]) == ["Amatitlán", "NA"]
    assert table.crs == layer.crs
    assert table.set_index("code").geometry["0114"].equals(SQUARE)
    assert sniff(path)[0] == FORMATS[suffix]


def test_name_does_not_decide_the_format(tmp_path: Path, layer: gpd.GeoDataFrame) -> None:
    layer.to_file(tmp_path / "a.gpkg")
    (tmp_path / "a.gpkg").rename(tmp_path / "a.geojson")
    table, _ = read_vector(tmp_path / "a.geojson", "a.geojson")
    assert table is not None and len(table) == 2


def test_projected_layer_keeps_its_own_crs(tmp_path: Path, layer: gpd.GeoDataFrame) -> None:
    path = tmp_path / "a.geojson"
    layer.to_crs("ESRI:103598").to_file(path, driver="GeoJSON")
    table, faults = read_vector(path, path.name)
    assert table is not None and not faults
    assert table.crs.to_authority() == ("ESRI", "103598")


def test_numbers_are_seen_to_be_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"type": "Feature", "properties": {"n": 114, "t": "0114", "x": 1.5, "m": {"a": 1}}, "geometry": null}', encoding="utf-8")
    table, _ = read_vector(path, path.name)
    assert table is not None
    assert table["n"].dtype == "int64" and table["t"][0] == "0114" and table["x"][0] == 1.5 and table["m"][0] == '{"a": 1}'


# Layers of a GeoPackage


def test_several_layers_must_be_named(tmp_path: Path, layer: gpd.GeoDataFrame) -> None:
    path = tmp_path / "a.gpkg"
    layer.to_file(path, layer="municipios")
    layer.to_file(path, layer="departamentos")
    _, faults = read_vector(path, path.name)
    assert [f.code for f in faults] == ["vector-several-layers"]
    assert "municipios" in locale.explain(faults[0], "es").what and "departamentos" in locale.explain(faults[0], "en").what
    assert codes(path, "municipios") == []
    _, faults = read_vector(path, path.name, "municipio")
    assert [f.code for f in faults] == ["vector-unknown-layer"]
    assert faults[0].values["names"] == ["municipios", "departamentos"]


def test_table_without_geometry(tmp_path: Path, layer: gpd.GeoDataFrame) -> None:
    import pyogrio

    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(layer.drop(columns="geometry"), path, layer="t")
    assert codes(path) == ["vector-no-geometry"]


# Hostile files: none may reach GDAL under a name that it trusts


class Canary:
    """Counts who calls. On a thread of its own; nothing here may ever call it."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.calls = 0
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}/layer"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.calls += 1
            connection.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    canary = Canary()
    yield canary
    canary.server.close()


def hostile(secret: Path, url: str) -> dict[str, str]:
    vrt = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    return {
        "vrt": vrt.format(f"CSV:{secret}"),
        "vrt-bom": "\ufeff\n  " + vrt.format(f"/vsicurl/{url}"),
        "gdalg": json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {url} ! write x"}),
        "wfs": f"<OGRWFSDataSource><URL>{url}</URL></OGRWFSDataSource>",
        "crs-link": collection(square(-90, 14), crs={"type": "link", "properties": {"href": url, "type": "proj4"}}),
        "crs-name-url": collection(square(-90, 14), crs={"type": "name", "properties": {"name": url}}),
        "topology": json.dumps({"type": "Topology", "objects": {}, "arcs": []}),
        "kml": '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"></kml>',
        "html": "<!DOCTYPE html><html>404</html>",
        "csv": "a,b\n1,2\n",
        "empty": "",
        "deep": "[" * 200_000,
        "deep-object": '{"a":' * 200_000,
        "cut": collection(square(-90, 14))[:-9],
        "not-a-number": collection(square(-90, 14)).replace("-90.0", "NaN"),
    }


EXPECTED = {
    "gdalg": "vector-format",
    "crs-link": "geojson-crs-link",
    "crs-name-url": "geojson-crs-unknown",
    "topology": "vector-format",
    "deep-object": "geojson-syntax",
    "cut": "geojson-syntax",
    "not-a-number": "geojson-syntax",
}


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp", "fgb"])
@pytest.mark.parametrize("kind", hostile(Path("x"), "http://127.0.0.1:9/"))
def test_hostile_files_are_refused_by_their_first_bytes(tmp_path: Path, canary: Canary, kind: str, suffix: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(f"a\n{SECRET}\n", encoding="utf-8")
    path = tmp_path / f"layer.{suffix}"
    path.write_text(hostile(secret, canary.url)[kind], encoding="utf-8")
    table, faults = read_vector(path, path.name)
    assert table is None
    assert [f.code for f in faults] == [EXPECTED.get(kind, "vector-format")]
    assert SECRET not in repr(faults)
    assert canary.calls == 0


def test_the_command_line_s_settings_leave_every_format_readable(tmp_path: Path, layer: gpd.GeoDataFrame, canary: Canary) -> None:
    """In a process of its own, as the settings hold only before GDAL is first imported; none of the hostile files calls out."""
    for suffix, driver in FORMATS.items():
        layer.to_file(tmp_path / f"good.{suffix}", driver=driver)
    (tmp_path / "secret.csv").write_text(f"a\n{SECRET}\n", encoding="utf-8")
    for kind, content in hostile(tmp_path / "secret.csv", canary.url).items():
        (tmp_path / f"bad-{kind}.geojson").write_text(content, encoding="utf-8")
    code = """if True:
        import sys
        from pathlib import Path
        from envgis.sources import safety
        safety.apply()
        from envgis.sources.vectors import read_vector
        for path in sorted(Path(sys.argv[1]).iterdir()):
            if path.name.startswith(("good", "bad")) and path.suffix in (".gpkg", ".geojson", ".fgb", ".shp"):
                table, _ = read_vector(path, path.name)
                print(path.name, None if table is None else (list(table["name"]), table.crs.to_epsg()))
    """
    said = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, encoding="utf-8", check=True)
    lines = dict(line.split(" ", 1) for line in said.stdout.splitlines())
    assert {name: line for name, line in lines.items() if name.startswith("bad") and line != "None"} == {}
    good = {line for name, line in lines.items() if name.startswith("good")}
    assert len(lines) > 15 and good <= {"(['Amatitlán', 'NA'], 4326)", "(['NA', 'Amatitlán'], 4326)"}
    assert SECRET not in said.stdout + said.stderr and canary.calls == 0


def test_sidecar_prj_that_is_a_url(tmp_path: Path, layer: gpd.GeoDataFrame, canary: Canary) -> None:
    layer.to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").write_text(canary.url, encoding="utf-8")
    assert codes(tmp_path / "a.shp") == ["shapefile-prj"]
    assert canary.calls == 0


def test_sqlite_that_is_no_geopackage(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    with sqlite3.connect(path) as base:
        base.execute("create table t (a)")
    assert codes(path) == ["vector-format"]


def test_names_that_a_path_parser_would_take_apart(tmp_path: Path, layer: gpd.GeoDataFrame) -> None:
    layer.to_file(tmp_path / "a.gpkg")
    for name in ("x!a.gpkg", "a;b.gpkg"):
        shutil.copy(tmp_path / "a.gpkg", tmp_path / name)
        assert codes(tmp_path / name) == ["vector-path-awkward"]
    for name in ("a b.gpkg", "a#1.gpkg", "a%20.gpkg", "2026-01-01 10:20.gpkg", "año's.gpkg"):
        shutil.copy(tmp_path / "a.gpkg", tmp_path / name)
        assert codes(tmp_path / name) == []


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(sorted(FORMATS)))
def test_damaged_files_give_a_fault_or_a_layer(tmp_path_factory: pytest.TempPathFactory, rng: random.Random, suffix: str) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / f"a.{suffix}"
    gpd.GeoDataFrame({"code": ["0114"]}, geometry=[SQUARE], crs=4326).to_file(path, driver=FORMATS[suffix])
    content = bytearray(path.read_bytes())
    for _ in range(rng.randrange(1, 8)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    if rng.random() < 0.3:
        del content[rng.randrange(len(content)) :]
    path.write_bytes(bytes(content))
    table, faults = read_vector(path, path.name, None)
    assert (table is None) == any(fault.severity == "error" for fault in faults)
    assert all("{" not in locale.explain(fault, language).what for fault in faults for language in locale.LANGUAGES)


# Where it lies


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", None),
        ("urn:ogc:def:crs:EPSG::4326", None),
        ("EPSG:4326", None),
        ("epsg:4326", None),
        ("EPSG:999999", "geojson-crs-unknown"),
        ("WGS 84", "geojson-crs-unknown"),
        ("+proj=longlat", "geojson-crs-unknown"),
    ],
)
def test_crs_member_by_name(tmp_path: Path, name: str, code: str | None) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(collection(square(-90, 14), crs={"type": "name", "properties": {"name": name}}), encoding="utf-8")
    assert codes(path) == ([code] if code else [])


@pytest.mark.parametrize("member", ["EPSG:4326", 4326, [], {"type": "name"}, {"type": "name", "properties": {"name": None}}])
def test_crs_member_of_no_known_shape(tmp_path: Path, member: object) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(collection(square(-90, 14), crs=member), encoding="utf-8")
    assert codes(path) == ["geojson-crs-unknown"]


def test_geojson_in_metres_without_crs_suggests_what_fits(tmp_path: Path, layer: gpd.GeoDataFrame) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(layer.to_crs("ESRI:103598").set_crs(None, allow_override=True).to_json(drop_id=True), encoding="utf-8")
    table, faults = read_vector(path, path.name)
    assert table is None
    assert [f.code for f in faults] == ["geojson-projected"]
    assert "si fueran GTM (ESRI:103598)." in locale.explain(faults[0], "es").what
    assert "if they were GTM (ESRI:103598)." in locale.explain(faults[0], "en").what


def test_swapped_axes(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(collection(square(14.4, -90.7)), encoding="utf-8")
    assert codes(path) == ["vector-swapped"]
    path.write_text(collection(square(13.7, -89.2)), encoding="utf-8")  # El Salvador: no number is beyond ±90
    assert codes(path) == ["vector-swapped"]
    path.write_text(collection(square(-90.7, 14.4)), encoding="utf-8")
    assert codes(path) == []


def test_degrees_declared_on_metres(tmp_path: Path, layer: gpd.GeoDataFrame) -> None:
    layer.to_crs(32615).set_crs(4326, allow_override=True).to_file(tmp_path / "a.gpkg")
    _, faults = read_vector(tmp_path / "a.gpkg", "a.gpkg")
    assert [f.code for f in faults] == ["vector-outside-world"]
    assert "UTM 15N" in locale.explain(faults[0], "es").what


def test_shapefile_without_prj(tmp_path: Path, layer: gpd.GeoDataFrame) -> None:
    layer.to_crs(32615).to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    _, faults = read_vector(tmp_path / "a.shp", "a.shp")
    assert [f.code for f in faults] == ["vector-no-crs"]
    assert "UTM 15N (EPSG:32615)" in locale.explain(faults[0], "es").what


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_shapefile_without_a_part(tmp_path: Path, layer: gpd.GeoDataFrame, suffix: str) -> None:
    layer.to_file(tmp_path / "a.shp")
    (tmp_path / f"a{suffix}").unlink()
    _, faults = read_vector(tmp_path / "a.shp", "a.shp")
    assert [(f.code, f.found) for f in faults] == [("shapefile-part-missing", f"a{suffix}")]


# Text


def latin1_shapefile(folder: Path, layer: gpd.GeoDataFrame, cpg: str | None) -> Path:
    path = folder / "a.shp"
    layer.to_file(path, encoding="cp1252")
    (folder / "a.cpg").unlink(missing_ok=True)
    if cpg:
        (folder / "a.cpg").write_text(cpg, encoding="ascii")
    assert "Amatitlán".encode("cp1252") in (folder / "a.dbf").read_bytes()
    return path


@pytest.mark.parametrize(
    ("cpg", "told"),
    [(None, ["text-latin1"]), ("UTF-8", ["text-latin1"]), ("no-such-code", ["text-latin1"]), ("ISO-8859-1", []), ("ANSI 1252", []), ("88591", [])],
)
def test_latin1_attribute_table(tmp_path: Path, layer: gpd.GeoDataFrame, cpg: str | None, told: list[str]) -> None:
    table, faults = read_vector(latin1_shapefile(tmp_path, layer, cpg), "a.shp")
    assert table is not None
    assert list(table["name"]) == ["Amatitlán", "NA"]
    assert [f.code for f in faults] == told


def test_utf8_attribute_table_whatever_is_said(tmp_path: Path, layer: gpd.GeoDataFrame) -> None:
    layer.to_file(tmp_path / "a.shp", encoding="utf-8")
    for said in (None, "UTF-8", "ISO-8859-1"):
        (tmp_path / "a.cpg").unlink(missing_ok=True)
        if said:
            (tmp_path / "a.cpg").write_text(said, encoding="ascii")
        table, faults = read_vector(tmp_path / "a.shp", "a.shp")
        assert table is not None and not faults
        assert list(table["name"]) == ["Amatitlán", "NA"]


def test_geojson_in_latin1(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes('{"type": "Feature", "properties": {"name": "Amatitlán"}, "geometry": null}'.encode("cp1252"))
    table, faults = read_vector(path, path.name)
    assert table is not None and table["name"][0] == "Amatitlán"
    assert [f.code for f in faults] == ["text-not-utf8"]


@pytest.mark.parametrize("name", ['Sán "José"', "</script>", "${x}", "=1+1", "`a`", "O'Brien", "NULL", "None", "0114"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_odd_names_arrive_as_they_are(tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    gpd.GeoDataFrame({"name": [name]}, geometry=[SQUARE], crs=4326).to_file(path, driver=FORMATS[suffix])
    table, _ = read_vector(path, path.name)
    assert table is not None and table["name"][0] == name


# Geometry


def test_broken_and_infinite_geometries_are_told_with_their_row(tmp_path: Path) -> None:
    open_ring = {"type": "Polygon", "coordinates": [[[-90, 14], [-89, 14], [-89, 15]]]}
    infinite = square(-90, 14) | {"coordinates": [[[-90, 14], [-89, 14], [1e999, 15], [-90, 14]]]}
    path = tmp_path / "a.geojson"
    path.write_text(collection(square(-90, 14), open_ring, infinite).replace("Infinity", "1e999"), encoding="utf-8")
    table, faults = read_vector(path, path.name)
    assert table is not None
    assert list(table.geometry.isna()) == [False, True, True]
    assert [(f.code, f.at.row, f.severity) for f in faults] == [("vector-geometry-broken", 2, "warning"), ("vector-geometry-broken", 3, "warning")]


def test_missing_file(tmp_path: Path) -> None:
    assert codes(tmp_path / "none.gpkg") == ["vector-unreadable"]
