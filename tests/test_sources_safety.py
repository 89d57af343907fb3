"""What GDAL may do: envgis/sources/safety.py. Each attack is first shown to work on GDAL as it comes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from envgis.faults import Fault
from envgis.locale import LANGUAGES, phrases, sentence
from envgis.sources import file_layer, safety
from envgis.sources.rasters import open_layer

SECRET = b"SECRET-CANARY-0123456789ABC"
PRELUDE = "from envgis.sources import safety; safety.apply()\n"
# A server that writes a line for every request, in a process of its own: GDAL holds this one's lock while it waits.
SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open(sys.argv[1], "a", encoding="utf-8").write(self.path + "\\n")
        self.send_response(404); self.end_headers()
    do_HEAD = do_GET
    def log_message(self, *a): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def child(code: str, *arguments: object, guarded: bool = True) -> str:
    """What a process of its own prints that runs ``code``, guarded or as GDAL comes."""
    environment = {k: v for k, v in os.environ.items() if k not in safety.settings()}
    command = [sys.executable, "-c", (PRELUDE if guarded else "") + code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Web:
    """A loopback server's address, and what was asked of it."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process = subprocess.Popen([sys.executable, "-c", SERVER, str(log)], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    @property
    def hits(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    server = Web(tmp_path / "hits.txt")
    yield server
    server.process.terminate()
    server.process.wait()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.bin"
    path.write_bytes(SECRET)
    return path


def vrt(source: str) -> str:
    """A VRT whose cells are the bytes of another file."""
    return f"""<VRTDataset rasterXSize="27" rasterYSize="1"><SRS>EPSG:32615</SRS><GeoTransform>600000,10,0,1650000,0,-10</GeoTransform>
<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand"><SourceFilename relativetoVRT="0">{source}</SourceFilename>
<ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>27</LineOffset></VRTRasterBand></VRTDataset>"""


def good(folder: Path) -> Path:
    path = folder / "good.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=54, height=2, count=1, dtype="uint8", crs="EPSG:32615", transform=from_origin(6e5, 1.65e6, 10, 10)
    ) as file:
        file.write(np.full((1, 2, 54), 3, np.uint8))
    return path


# Settings ----------------------------------------------------------------------------------------


def test_only_the_allowed_drivers_remain() -> None:
    code = "import rasterio\nwith rasterio.Env() as e: print(*e.drivers(), sep='|')"
    assert len(child(code, guarded=False).split("|")) > 100
    assert set(child(code).strip().split("|")) <= set(safety.ALLOWED)
    code = "import pyogrio; print(*pyogrio.list_drivers(), sep='|')"
    assert set(child(code).strip().split("|")) - {"MEM", "Memory"} == set(safety.ALLOWED) - {"GTiff", "COG", "MEM", "Memory"}


def test_importing_the_package_sets_nothing() -> None:
    code = "import os; before = dict(os.environ); import envgis.sources.inputs; print(dict(os.environ) == before)"
    assert child(code, guarded=False).strip() == "True"


def test_settings_reach_a_process_that_is_started_later() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import os; print(os.environ[\"GDAL_CACHEMAX\"])'])"
    assert child(code).strip() == "64"


def test_nothing_but_settings_is_changed_and_all_are_text() -> None:
    found = safety.settings()
    assert found["GDAL_DISABLE_READDIR_ON_OPEN"] == "EMPTY_DIR" and found["PROJ_NETWORK"] == "OFF" and found["GDAL_PAM_ENABLED"] == "NO"
    assert len(safety.skipped()) == 190 and not set(safety.skipped()) & set(safety.ALLOWED)
    assert all(isinstance(v, str) and v for v in found.values())


# What a file is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"II*\x00rest", "tiff"),
        (b"MM\x00*", "tiff"),
        (b"II+\x00", "tiff"),
        (b"MM\x00+", "tiff"),
        (b"", "empty"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html>", "html"),
        (b"<html lang='es'>", "html"),
        (b"<VRTDataset rasterXSize='1'>", "vrt"),
        (b"<?xml version='1.0'?>\n<OGRVRTDataSource/>", "vrt"),
        (b"\xff\xfe<\x00V\x00R\x00T\x00", "binary"),
        (b"<gml/>", "xml"),
        (b"PK\x03\x04", "zip"),
        (b"\x89PNG\r\n", "png"),
        (b"\x89HDF\r\n", "hdf5"),
        (b"CDF\x01", "netcdf"),
        (b'  {"type": "FeatureCollection"', "json"),
        (b"ncols 4\n", "ascii_grid"),
        (b"hola, mundo\n", "text"),
        (b"\x01\x02\x03", "binary"),
    ],
)
def test_first_bytes_say_what_a_file_is(head: bytes, kind: str) -> None:
    assert safety.kind_of(head) == kind


def test_every_kind_has_its_words() -> None:
    kinds = {kind for _, kind in safety._SIGNATURES} | {"empty", "html", "vrt", "kml", "xml", "json", "ascii_grid", "text", "binary"}
    for kind in kinds:
        assert set(phrases()[f"file-type.{kind}"]) == set(LANGUAGES)


# Attacks -----------------------------------------------------------------------------------------

READ = "import rasterio, sys; print(rasterio.open(sys.argv[1]{driver}).read(1{shape}).tobytes())"


def test_vrt_named_tif_reads_no_other_file(tmp_path: Path, secret: Path) -> None:
    path = tmp_path / "dem.tif"
    path.write_text(vrt(str(secret)), encoding="utf-8")
    plain = READ.format(driver="", shape="")
    if rasterio.__gdal_version__ < "3.12":  # newer GDALs refuse it by themselves
        assert SECRET.decode() in child(plain, path, guarded=False)
    layer, (fault,) = open_layer([path], ["dem.tif"], 1)
    assert layer is None and fault.code == "raster-not-tiff"
    assert sentence(fault.message, "es") == "«dem.tif» no es un GeoTIFF: es un VRT, que solo apunta a otros archivos."
    assert sentence(fault.message, "en") == "“dem.tif” is no GeoTIFF: it is a VRT, which only points at other files."
    code = "import rasterio, sys\ntry: rasterio.open(sys.argv[1])\nexcept rasterio.errors.RasterioIOError: print('refused')"
    assert child(code, path).strip() == "refused"


def test_vrt_stays_shut_after_a_warped_vrt_was_used(tmp_path: Path, secret: Path) -> None:
    bad = tmp_path / "dem.tif"
    bad.write_text(vrt(str(secret)), encoding="utf-8")
    code = """
import sys, rasterio
from pathlib import Path
from rasterio.vrt import WarpedVRT
from envgis.sources.rasters import open_layer
with rasterio.open(sys.argv[1], driver="GTiff") as d, WarpedVRT(d, crs="EPSG:4326") as v:
    v.read(1)
print(open_layer([Path(sys.argv[2])], ["dem.tif"], 1)[1][0].code)
"""
    assert child(code, good(tmp_path), bad).strip() == "raster-not-tiff"


def test_hostile_sidecars_change_nothing(tmp_path: Path, secret: Path) -> None:
    path = good(tmp_path)
    (tmp_path / "good.tif.ovr").write_text(vrt(str(secret)), encoding="utf-8")
    (tmp_path / "good.tif.aux.xml").write_text(
        '<PAMDataset><SRS>EPSG:4326</SRS><PAMRasterBand band="1"><NoDataValue>3</NoDataValue></PAMRasterBand></PAMDataset>', encoding="utf-8"
    )
    decimated = READ.format(driver=", driver='GTiff'", shape=", out_shape=(1, 27)")
    if rasterio.__gdal_version__ < "3.12":
        assert SECRET.decode() in child(decimated, path, guarded=False)
    assert SECRET.decode() not in child(decimated, path)
    # Also in a notebook, where nothing was set before GDAL was imported.
    layer, faults = open_layer([path], ["good.tif"], 1)
    assert layer is not None and [f.code for f in faults] == ["raster-sidecar-ignored"]
    assert sentence(faults[0].message, "es") == "Junto a «good.tif» hay un «good.tif.aux.xml» que no se lee."
    assert sentence(faults[0].message, "en") == "Beside “good.tif” lies a “good.tif.aux.xml” that is not read."
    assert layer.grid.crs.to_epsg() == 32615 and layer.nodata == ()
    assert (layer.read(layer.grid.window) == 3).all()
    file_layer.close()


def test_no_request_leaves_the_process(tmp_path: Path, web: Web) -> None:
    (tmp_path / "far.tif").write_text(vrt(f"/vsicurl/{web.url}/a.bin"), encoding="utf-8")
    path = good(tmp_path)
    (tmp_path / "good.tif.ovr").write_text(vrt(f"/vsicurl/{web.url}/b.bin"), encoding="utf-8")
    link = tmp_path / "link.geojson"
    link.write_text(
        f'{{"type":"FeatureCollection","crs":{{"type":"link","properties":{{"href":"{web.url}/crs","type":"ogcwkt"}}}},"features":'
        '[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[0,0]}}]}',
        encoding="utf-8",
    )
    code = """
import sys, rasterio, pyogrio
def attempt(f, *a, **k):
    try: f(*a, **k)
    except Exception: pass
attempt(lambda: rasterio.open(sys.argv[1]).read(1))
attempt(lambda: rasterio.open(sys.argv[2], driver="GTiff").read(1, out_shape=(1, 27)))
attempt(pyogrio.read_dataframe, sys.argv[3])
attempt(rasterio.CRS.from_string, sys.argv[4])
"""
    arguments = (tmp_path / "far.tif", path, link, f"{web.url}/epsg")
    child(code, *arguments)
    assert web.hits == []
    child(code, *arguments, guarded=False)
    assert web.hits, "the attack no longer works on a bare GDAL: this test shows nothing"


def test_reading_in_a_notebook_makes_no_request(tmp_path: Path, web: Web) -> None:
    (tmp_path / "far.tif").write_text(vrt(f"/vsicurl/{web.url}/a.bin"), encoding="utf-8")
    path = good(tmp_path)
    (tmp_path / "good.tif.ovr").write_text(vrt(f"/vsicurl/{web.url}/b.bin"), encoding="utf-8")
    code = """
import sys
from pathlib import Path
from envgis.sources.georeference import parse_crs
from envgis.sources.rasters import open_layer
print(open_layer([Path(sys.argv[1])], ["far.tif"], 1)[0])
layer, _ = open_layer([Path(sys.argv[2])], ["good.tif"], 1)
print(layer.read(layer.grid.window).sum(), parse_crs(sys.argv[3]))
"""
    assert child(code, tmp_path / "far.tif", path, f"{web.url}/epsg", guarded=False).split() == ["None", str(3 * 108), "None"]
    assert web.hits == []


def test_a_text_that_is_a_path_for_gdal_is_only_a_name(tmp_path: Path) -> None:
    names = ["a#b!.tif", "ñandú «x».tif", "zip+x.tif"] + ([] if os.name == "nt" else ["a?b.tif", "GTIFF_DIR:1:x.tif"])
    for name in names:
        path = tmp_path / name
        good(tmp_path).rename(path)
        layer, faults = open_layer([path], [name], 1)
        assert layer is not None and faults == []
        assert (layer.read(layer.grid.window) == 3).all()
        file_layer.close()
        path.unlink()
    layer, (fault,) = open_layer([Path("/vsimem/none.tif")], ["none.tif"], 1)
    assert layer is None and isinstance(fault, Fault) and fault.code == "raster-unreadable"
