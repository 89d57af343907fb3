"""``init``: what it takes files for, that it says each guess, and that what it writes can be read."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from envgis import locale, scaffold
from envgis.cli import proposed
from envgis.faults import BadInput
from envgis.locale import LANGUAGES, Language
from envgis.scaffold.names import said
from envgis.sources.legends import read_legend
from envgis.workspace import Workspace, parse

TODAY = dt.date(2026, 11, 24)
GTM = "ESRI:103598"
X, Y = 360000, 1660000


def raster(path: Path, values: np.ndarray, *, west: float = X, nodata: float | None = None, **tags: object) -> None:
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": values.dtype, "crs": GTM}
    with rasterio.open(path, "w", transform=from_origin(west, Y, 100, 100), nodata=nodata, **profile, **tags) as out:
        out.write(values, 1)


def municipalities(path: Path, **columns: list[object]) -> None:
    boxes = [shapely.box(X, Y - 2000, X + 1000, Y), shapely.box(X + 1000, Y - 2000, X + 2000, Y)]
    gpd.GeoDataFrame(columns, geometry=boxes, crs=GTM).to_file(path)


def levels(seed: int = 1, low: int = 1, high: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high + 1, (20, 20)).astype(np.uint8)


def propose(folder: Path, language: str = "es") -> tuple[Workspace, scaffold.Proposal, dict[str, str]]:
    """The workspace that the proposed text describes, the proposal, and by file what was said of it."""
    found = scaffold.propose(folder, today=TODAY, language=language)  # type: ignore[arg-type]
    for finding in found.findings:
        for spoken in LANGUAGES:
            told = [finding.about, finding.took, *(guess.message for guess in finding.columns)]
            assert not any("{" in locale.sentence(message, spoken) for message in told)
    return parse(found.text), found, {f.file: locale.sentence(f.took, "es") for f in found.findings}


@pytest.fixture
def officer(tmp_path: Path) -> Path:
    """The officer's folder of the first five minutes."""
    folder = tmp_path / "mi-municipio"
    folder.mkdir()
    municipalities(folder / "limites.shp", cod_mun=["1201", "1202"], mun=["San Marcos", "San Pedro Sacatepéquez"], depto=["SM", "SM"])
    raster(folder / "deslizamientos_2024.tif", levels())
    raster(folder / "uso_2020.tif", levels(2, 1, 11))
    rows = [["lat", "lon", "Tipo de acción", "estado"], ["14.96", "-91.79", "Reforestación", "terminada"]]
    with (folder / "kobo_acciones.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    return folder


def test_the_officer_s_folder(officer: Path) -> None:
    found, proposal, took = propose(officer)
    assert found.workspace.name == "mi-municipio"
    assert (found.municipalities.path, found.municipalities.code, found.municipalities.name) == ("limites.shp", "cod_mun", "mun")
    assert [(h.name, h.scenario, h.kind, h.date) for h in found.hazard] == [("landslide", "present", "levels", "2024")]
    assert found.landuse is not None and found.landuse.legend == "uso_2020.csv"
    assert found.actions is not None and found.actions.paths == ["kobo_acciones.csv"] and found.actions.date == TODAY
    assert took == {
        "limites.shp": "municipios (código: cod_mun, nombre: mun)",
        "deslizamientos_2024.tif": "amenaza «Deslizamientos», presente (niveles)",
        "uso_2020.tif": "uso de la tierra; escriba los nombres en uso_2020.csv (ya lo creé)",
        "kobo_acciones.csv": "acciones",
    }
    about = {f.file: locale.sentence(f.about, "es") for f in proposal.findings}
    assert about["deslizamientos_2024.tif"] == "20 × 20 celdas, 1 … 5"
    assert about["uso_2020.tif"] == "20 × 20 celdas, 11 clases"


def test_what_is_written_and_what_is_kept(officer: Path) -> None:
    proposal = scaffold.propose(officer, today=TODAY)
    written = scaffold.write(proposal, officer)
    assert sorted(path.name for path in written) == ["envgis-run.bat", "envgis.toml", "uso_2020.csv"]
    legend, faults = read_legend(officer / "uso_2020.csv", "uso_2020.csv")
    assert legend is not None and not faults
    assert list(legend["value"]) == [str(n) for n in range(1, 12)]
    with pytest.raises(BadInput) as stop:
        scaffold.write(proposal, officer)
    assert [f.code for f in stop.value.faults] == ["workspace-exists"]
    (officer / "envgis.toml").write_text("mine", encoding="utf-8")
    (officer / "uso_2020.csv").write_text("mine", encoding="utf-8")
    scaffold.write(proposal, officer, replace=True)
    assert (officer / "envgis.toml.previous").read_text(encoding="utf-8") == "mine"
    assert (officer / "uso_2020.csv").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("language", ["es", "en", "both"])
def test_comments_say_each_guess(officer: Path, language: str) -> None:
    found, proposal, _ = propose(officer, language)
    assert found.workspace.language == language
    lines = {line.split(" = ")[0]: line for line in proposal.text.splitlines()}
    word = "assumed" if language == "en" else "supuse"
    for key in ("code", "name", "date"):
        assert word in lines[key] or key in ("date", "name"), lines[key]
    assert sum(word in line for line in proposal.text.splitlines()) >= 5


def test_batch_file_as_text_only(officer: Path) -> None:
    """Nobody could double-click it here: no Windows. Its text is what is tested."""
    for language in ("es", "en"):
        content = scaffold.propose(officer, today=TODAY, language=language).extra[scaffold.BATCH]  # type: ignore[arg-type]
        text = content.decode("ascii")
        assert text.count("\r\n") == text.count("\n")
        assert 'cd /d "%~dp0"' in text and "envgis check ." in text and "envgis run ." in text and text.rstrip().endswith("pause")
        assert text.index("envgis check .") < text.index("envgis run .") < text.index('start "" "maps\\index.html"')


# Rasters


def test_tiles_are_one_layer_and_other_lattices_are_not(tmp_path: Path) -> None:
    raster(tmp_path / "inundacion_T100_a.tif", np.full((5, 5), 0.7, np.float32))
    raster(tmp_path / "inundacion_T100_b.tif", np.full((5, 5), 1.7, np.float32), west=X + 500)
    raster(tmp_path / "inundacion_T10_a.tif", np.full((5, 5), 0.7, np.float32))
    raster(tmp_path / "inundacion_T10_b.tif", np.full((5, 5), 1.7, np.float32), west=X + 530)
    raster(tmp_path / "inundacion_T2_a.tif", np.full((5, 5), 0.7, np.float32))
    raster(tmp_path / "inundacion_T2_b.tif", np.full((5, 5), 1.7, np.float32))  # over each other, and different
    found, _, took = propose(tmp_path)
    assert [(h.return_period, h.path, h.kind) for h in found.hazard] == [
        (2, ["inundacion_T2_a.tif"], "depth"),
        (10, ["inundacion_T10_a.tif"], "depth"),
        (100, ["inundacion_T100_a.tif", "inundacion_T100_b.tif"], "depth"),
    ]
    assert took["inundacion_T10_b.tif"].startswith("no se usa: inundacion_T10_a.tif ya es ese mapa")
    assert took["inundacion_T2_b.tif"].startswith("no se usa")


def test_what_only_the_owner_knows_is_a_comment(tmp_path: Path) -> None:
    raster(tmp_path / "landslide.tif", levels(3, 0, 5))
    raster(tmp_path / "fire.tif", np.random.default_rng(1).random((9, 9)).astype(np.float32))
    raster(tmp_path / "drought.tif", np.random.default_rng(1).random((9, 9)).astype(np.float32))
    raster(tmp_path / "frost.tif", (levels(3, 1, 3) * 10).astype(np.uint8))
    found, proposal, _ = propose(tmp_path)
    kinds = {h.name: h.kind for h in found.hazard}
    assert kinds == {"landslide": "levels", "fire": "index", "drought": "index", "frost": "levels"}
    assert all(h.zero is None and h.codes is None and h.breakpoints is None for h in found.hazard)
    assert '# zero = "none"' in proposal.text
    assert '# codes = { "10" = "?", "20" = "?", "30" = "?" }' in proposal.text
    assert proposal.text.count('# breakpoints = ["1|2", "2|3", "3|4", "4|5"]') == 1  # fire has a published row


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_in_a_comment_can_be_taken_into_use(tmp_path: Path, language: Language) -> None:
    """Without its first "#" each line is TOML, alone and with all the others; what must be filled in is refused by name."""
    municipalities(tmp_path / "m.gpkg", code=["0101", "0102"], name=["Uno", "Dos"])
    raster(tmp_path / "landslide.tif", levels(3, 0, 5))
    raster(tmp_path / "drought.tif", np.random.default_rng(1).random((9, 9)).astype(np.float32))
    raster(tmp_path / "frost.tif", (levels(3, 1, 3) * 10).astype(np.uint8))
    raster(tmp_path / "uso.tif", levels(2, 1, 11))
    raster(tmp_path / "poblacion.tif", np.ones((5, 5), np.float32))
    (tmp_path / "a.csv").write_text("labor,lat,lon,quien,cantidad\nTerrazas,14.9,-91.7,inab,3 cuerdas\n", encoding="utf-8")
    lines = scaffold.propose(tmp_path, today=TODAY, language=language).text.splitlines()
    offered = {number: line[2:] for number, line in enumerate(lines) if re.match(r"# \w+ = ", line)}
    to_fill = ("codes", "breakpoints", "cuerda_varas")
    assert {line.split(" = ")[0] for line in offered.values()} == {"source", "select", "exclude", "measure", "zero", *to_fill}
    layers = ["[municipalities]", "[landuse]", "[population]", *["[[hazard]]"] * 3]
    heads = [line for line in lines if line.startswith("[")]
    assert [head for head in heads if head in layers] and sum(line.startswith("source") for line in offered.values()) == len(layers)
    for number, line in offered.items():
        text = "\n".join([*lines[:number], line, *lines[number + 1 :]])
        if line.startswith(to_fill):
            with pytest.raises(BadInput) as stop:
                parse(text)
            assert {(f.code, line.split(" = ")[0] in str(f.values["key"])) for f in stop.value.faults} == {("toml-wrong-value", True)}
        else:
            parse(text)
    whole = "\n".join(offered.get(number, line) for number, line in enumerate(lines))
    with pytest.raises(BadInput) as stop:
        parse(whole)
    assert {f.code for f in stop.value.faults} == {"toml-wrong-value"}


def test_values_speak_against_a_name(tmp_path: Path) -> None:
    raster(tmp_path / "inundacion.tif", np.full((4, 4), 300.0, np.float32))  # 300 m of water
    raster(tmp_path / "poblacion.tif", np.full((4, 4), -1.0, np.float32))
    raster(tmp_path / "uso.tif", np.full((4, 4), 0.5, np.float32))
    raster(tmp_path / "erosion.tif", np.full((4, 4), -9999.0, np.float32), nodata=-9999)
    found, _, took = propose(tmp_path)
    assert [(h.name, h.kind) for h in found.hazard] == [("flood", "index")]
    assert found.population is None and found.landuse is None
    assert took["erosion.tif"] == "no se usa: no tiene ningún dato"


def test_unknown_and_hostile_files_are_named_and_not_used(tmp_path: Path) -> None:
    raster(tmp_path / "capa1.tif", levels())
    raster(tmp_path / "dem_srtm.tif", np.full((4, 4), 2300.0, np.float32))
    (tmp_path / "malo.tif").write_text("<VRTDataset/>", encoding="utf-8")
    (tmp_path / "roto.tif").write_bytes((tmp_path / "capa1.tif").read_bytes()[:200])
    (tmp_path / "malo.gpkg").write_bytes(b"SQLite format 3\x00" + b"\x00" * 52 + b"GPKG" + b"\x00" * 400)
    (tmp_path / "malo.geojson").write_text('{"type": "gdal_streamed_alg"}', encoding="utf-8")
    (tmp_path / "vacio.csv").touch()
    (tmp_path / "notas.txt").write_text("hola", encoding="utf-8")
    found, proposal, took = propose(tmp_path)
    assert [h.path for h in found.hazard] == [["landslide.tif"]]  # a line to be filled in
    assert took["capa1.tif"].startswith("no se usa: el nombre no dice qué es")
    assert "terreno" in took["dem_srtm.tif"]
    assert all(f.role == "unused" for f in proposal.findings)
    assert [f.code for f in proposal.faults] == ["init-nothing-found"]


def test_a_worldcover_raster_is_known_by_its_values(tmp_path: Path) -> None:
    raster(tmp_path / "landcover.tif", (levels(1, 1, 6) * 10).astype(np.uint8))
    found, _, _ = propose(tmp_path)
    assert found.landuse is not None and found.landuse.scheme == "esa-worldcover" and found.landuse.legend is None


@pytest.mark.parametrize(
    ("name", "hazard", "scenario", "period", "year"),
    [
        ("landslide_2050.tif", "landslide", "2050", None, ""),
        ("flood_ssp585_2050_T100.tif", "flood", "ssp585 2050", 100, ""),
        ("Inundación 50 años.tif", "flood", "present", 50, ""),
        ("sub/perdida_suelo_2019.tif", "erosion", "present", None, "2019"),
        ("soil_loss.tif", "erosion", "present", None, ""),
        ("incendios.tif", "fire", "present", None, ""),
        ("sequia-rcp85.tif", "drought", "rcp85", None, ""),
        ("tr25_desborde.tif", "flood", "present", 25, ""),
        ("capa.tif", None, "present", None, ""),
    ],
)
def test_names(name: str, hazard: str | None, scenario: str, period: float | None, year: str) -> None:
    told = said(name, 2026)
    assert (told.hazard, told.scenario, told.return_period, told.year) == (hazard, scenario, period, year)


# Boundaries and tables


def test_codes_kept_as_numbers_get_their_digits_and_a_word(tmp_path: Path) -> None:
    municipalities(tmp_path / "municipios.gpkg", codigo=[114, 1201], nombre=["Amatitlán", "San Marcos"])
    found, proposal, took = propose(tmp_path)
    assert found.municipalities.code_digits == 4
    assert "supuse 4 cifras" in took["municipios.gpkg"] and "supuse tantas cifras" in proposal.text


def test_columns_are_guessed_only_where_there_is_one_answer(tmp_path: Path) -> None:
    municipalities(tmp_path / "a.gpkg", clave=["0114", "1201"], etiqueta=["Amatitlán", "San Marcos"])
    found, _, _ = propose(tmp_path)
    assert (found.municipalities.code, found.municipalities.name) == ("clave", "etiqueta")
    municipalities(tmp_path / "a.gpkg", c1=["0114", "1201"], c2=["10", "20"], t1=["Amatitlán", "San Marcos"], t2=["x", "y"])
    found, proposal, took = propose(tmp_path)
    assert found.municipalities.path == "municipios.gpkg" and "a.gpkg" not in proposal.text
    assert took["a.gpkg"].startswith("no se usa")


def test_boundaries_without_a_coordinate_system_are_named_and_written(officer: Path) -> None:
    (officer / "limites.prj").unlink()
    gpd.GeoDataFrame(geometry=[shapely.LineString([(X, Y), (X + 9, Y)])]).to_file(officer / "rios.shp")
    found, proposal, took = propose(officer)
    assert found.municipalities.path == "limites.shp" and "municipios.gpkg" not in proposal.text
    (fault,) = proposal.faults
    assert fault.code == "vector-no-crs" and "caería en Guatemala si fueran GTM" in locale.explain(fault, "es").what
    assert took["limites.shp"] == "parecen los límites municipales; lo que hay que corregir está arriba"
    assert took["rios.shp"].startswith("La capa no dice en qué sistema de coordenadas está.")
    # Where another layer can be used, it is.
    municipalities(officer / "municipios.gpkg", code=["0101", "0102"], name=["Uno", "Dos"])
    found, proposal, _ = propose(officer)
    assert found.municipalities.path == "municipios.gpkg" and not proposal.faults


def test_a_name_made_up_for_a_layer_that_is_not_there_is_told(officer: Path) -> None:
    (officer / "deslizamientos_2024.tif").unlink()
    found, proposal, _ = propose(officer)
    assert found.hazard[0].path == ["landslide.tif"]
    (fault,) = proposal.faults
    assert fault.code == "init-no-hazard" and "landslide.tif es solo un nombre de ejemplo" in locale.explain(fault, "es").remedy
    raster(officer / "deslizamientos_2024.tif", levels())
    for part in officer.glob("limites.*"):
        part.unlink()
    _, proposal, _ = propose(officer)
    (fault,) = proposal.faults
    assert fault.code == "init-no-municipalities" and "municipios.gpkg is only a name" in locale.explain(fault, "en").remedy


def test_the_layer_that_says_so_is_the_boundaries(tmp_path: Path) -> None:
    municipalities(tmp_path / "zonas.gpkg", code=["0101", "0102"], name=["A", "B"])
    gpd.read_file(tmp_path / "zonas.gpkg").to_file(tmp_path / "todo.gpkg", layer="cuencas")
    gpd.read_file(tmp_path / "zonas.gpkg").to_file(tmp_path / "todo.gpkg", layer="municipios")
    (tmp_path / "zonas.gpkg").unlink()
    found, _, _ = propose(tmp_path)
    assert (found.municipalities.path, found.municipalities.layer) == ("todo.gpkg", "municipios")


def test_a_column_of_actions_is_known_by_its_words(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("lat,lon,labor\n14.9,-91.7,Reforestación\n14.9,-91.7,Terrazas\n", encoding="utf-8")
    (tmp_path / "s.csv").write_text("lat,lon,labor\n14.9,-91.7,azul\n14.9,-91.7,rojo\n", encoding="utf-8")
    (tmp_path / "sitios.csv").write_text("lat,lon,nombre\n14.9,-91.7,Escuela\n", encoding="utf-8")
    found, _, took = propose(tmp_path)
    assert found.actions is not None and found.actions.paths == ["r.csv"]
    assert found.actions.columns == {"labor": "action_type"}
    assert took["r.csv"] == "acciones"
    assert took["s.csv"].startswith("no se usa")
    assert found.sites is not None and found.sites.paths == ["sitios.csv"]


def test_results_and_hidden_files_are_not_looked_at(officer: Path) -> None:
    for folder in ("maps", ".hidden"):
        shutil.copytree(officer, officer / folder)
    (officer / "maps" / "run.json").write_text("{}", encoding="utf-8")
    _, proposal, _ = propose(officer)
    assert len(proposal.findings) == 4


@pytest.mark.parametrize("name", ['con "comillas"', "año's", "a#b", "[x]", "C\\D"])
def test_odd_names_make_a_file_that_can_be_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    raster(folder / f"{name} deslizamientos.tif", levels())
    found, _, _ = propose(folder)
    assert found.workspace.name == name
    assert found.hazard[0].path == [f"{name} deslizamientos.tif"]


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as stop:
        scaffold.propose(tmp_path / "none", today=TODAY)
    assert [f.code for f in stop.value.faults] == ["workspace-no-folder"]


# As another user. Root may read and write anywhere: the child becomes somebody else, once an `init` that works and one
# that does not have imported all that they need.

INIT = """
import os, sys
from envgis.cli import main
def init(folder, *more):
    try:
        main(["init", folder, *more])
    except SystemExit as stop:
        return stop.code
init(sys.argv[1]), init(sys.argv[1])
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
print("code", *[init(*call.split("|")) for call in sys.argv[2:]])
"""


def as_another_user(first: Path, *calls: str) -> subprocess.CompletedProcess[str]:
    for one in (first, *first.parents[:-2]):  # the other user must be able to come here at all
        one.chmod(one.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    command = [sys.executable, "-B", "-c", INIT, str(shutil.copytree(first, first.with_name("primera"))), *calls]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env={**os.environ, "ENVGIS_LANG": "es"}, check=False)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no users to become")
def test_a_folder_that_cannot_be_written_to(officer: Path) -> None:
    theirs = shutil.copytree(officer, officer.with_name("ajena"))
    (theirs / "envgis.toml").write_text("mine", encoding="utf-8")
    (theirs / "envgis.toml").chmod(0)  # not even to be read, and so not to be kept beside the new one
    theirs.chmod(0o777)
    officer.chmod(0o555)
    told = as_another_user(officer, str(officer), f"{officer}|--lang|en", f"{theirs}|--force")
    officer.chmod(0o755)
    assert told.stdout.splitlines()[-1] == "code 1 1 1", told.stderr
    assert "Traceback" not in told.stderr and "--out" not in told.stderr
    assert f"No se pudo escribir el espacio de trabajo en la carpeta «{officer}»" in told.stderr and "envgis init otra-carpeta" in told.stderr
    assert f"The workspace could not be written to the folder “{officer}”" in told.stderr and "envgis init another-folder" in told.stderr
    assert f"«{theirs}»" in told.stderr
    assert not (officer / "envgis.toml").exists() and (theirs / "envgis.toml").read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no users to become")
def test_a_file_that_cannot_be_read_is_named_and_the_others_are_taken(officer: Path) -> None:
    theirs = shutil.copytree(officer, officer.with_name("otra"))
    theirs.chmod(0o777)
    (theirs / "uso_2020.tif").chmod(0)
    told = as_another_user(officer, str(theirs))
    assert told.stdout.splitlines()[-1] == "code 0", told.stderr
    assert re.search(r"uso_2020\.tif +archivo → no se usa: no se puede leer", told.stdout)
    assert parse((theirs / "envgis.toml").read_text(encoding="utf-8")).hazard[0].path == ["deslizamientos_2024.tif"]


# The demonstration


def test_the_demo_is_copied_whole_and_only_into_an_empty_folder(tmp_path: Path) -> None:
    scaffold.write_demo(tmp_path / "demo")
    names = {path.relative_to(tmp_path / "demo").as_posix() for path in (tmp_path / "demo").rglob("*") if path.is_file()}
    found = parse((tmp_path / "demo" / "envgis.toml").read_text(encoding="utf-8"))
    assert found.workspace.synthetic
    assert {found.municipalities.path, *(path for hazard in found.hazard for path in hazard.path)} <= names
    with pytest.raises(BadInput) as stop:
        scaffold.write_demo(tmp_path / "demo")
    assert [f.code for f in stop.value.faults] == ["demo-folder-not-empty"]


def test_init_finds_the_demo_s_own_layers(tmp_path: Path) -> None:
    scaffold.write_demo(tmp_path / "demo")
    wanted = parse((tmp_path / "demo" / "envgis.toml").read_text(encoding="utf-8"))
    found, _, _ = propose(tmp_path / "demo")
    assert {(h.name, h.scenario, h.return_period, h.kind, *sorted(h.path)) for h in found.hazard} == {
        (h.name, h.scenario, h.return_period, h.kind, *sorted(h.path)) for h in wanted.hazard
    }
    assert found.landuse is not None and wanted.landuse is not None and found.landuse.legend == wanted.landuse.legend
    assert found.sites is not None and found.sites.paths == ["sites.xlsx"]
    assert found.actions is not None and len(found.actions.paths) == 2


def test_a_return_period_makes_a_hazard_and_what_holds_for_all_is_explained_once(tmp_path: Path) -> None:
    for number, name in enumerate(("inundacion_T10.tif", "inundacion_T50.tif", "deslizamientos.tif"), start=1):
        raster(tmp_path / name, levels(number))
    municipalities(tmp_path / "m.gpkg", code=["0101", "0102"], name=["Uno", "Dos"])
    workspace, proposal, _ = propose(tmp_path)
    assert [(h.name, h.measure) for h in workspace.hazard] == [("flood", "hazard"), ("flood", "hazard"), ("landslide", "susceptibility")]
    assert proposal.text.count("supuse cada amenaza") == proposal.text.count('# measure = "hazard"') == 1


def test_who_paid_is_guessed_from_the_cells(tmp_path: Path) -> None:
    text = (
        "labor,estado,lat,lon,quien_pago,pct_remesas_aldea,monto_remesas_x\n"
        "Terrazas,terminada,14.9,-91.7,municipalidad inab,25,100\nVivero,terminada,14.9,-91.7,remesas,40.5,30\n"
    )
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    workspace, proposal, _ = propose(tmp_path)
    assert workspace.actions is not None
    assert workspace.actions.columns == {"labor": "action_type", "quien_pago": "funding_source", "pct_remesas_aldea": "remittance_share"}
    assert proposal.text.count("supuse esta columna por") == 3
    assert guessed(proposal, "es") == [
        "  supuse que «labor» dice qué acción es",
        "  supuse que «quien_pago» dice quién pagó",
        "  supuse que «pct_remesas_aldea» dice qué parte pagaron las remesas",
    ]
    assert guessed(proposal, "en") == [
        "  “labor” is assumed to say which action it is",
        "  “quien_pago” is assumed to say who paid",
        "  “pct_remesas_aldea” is assumed to say what share remittances paid",
    ]


@pytest.mark.parametrize(("columns", "cells", "asked"), [
    ("cantidad", "2.5 cuerdas", True), ("cantidad,unidad", "3,cda", True), ("cantidad,unidad", "3,ha", False), ("notas", "mide 3 cuerdas", False),
])  # fmt: skip
def test_the_size_of_a_cuerda_is_asked_for_where_reports_have_any(tmp_path: Path, columns: str, cells: str, asked: bool) -> None:
    (tmp_path / "a.csv").write_text(f"labor,lat,lon,{columns}\nTerrazas,14.9,-91.7,{cells}\n", encoding="utf-8")
    workspace, proposal, _ = propose(tmp_path)
    assert workspace.actions is not None and workspace.actions.cuerda_varas is None
    assert ('# cuerda_varas = "?"' in proposal.text) == asked


def test_what_init_is_unsure_of_is_marked(tmp_path: Path) -> None:
    """One cell of three is no kind of action; two columns might say who paid, and none of them is taken."""
    rows = ["labor,lat,lon,quien,fondo", "Terrazas,14.9,-91.7,inab,inab", "Vivero,14.9,-91.7,remesas,inab", "azul,14.9,-91.7,inab,inab"]
    (tmp_path / "a.csv").write_text("\n".join(rows), encoding="utf-8")
    workspace, proposal, _ = propose(tmp_path)
    assert workspace.actions is not None and workspace.actions.columns == {"labor": "action_type"}
    assert guessed(proposal, "es") == [
        "? supuse que «labor» dice qué acción es, por 2 de 3 celdas: revísela",
        "? no supe cuál dice quién pagó: quien o fondo; escríbala en [actions.columns] como funding_source",
    ]
    assert guessed(proposal, "en") == [
        "? “labor” is assumed to say which action it is, from 2 of 3 cells: review it",
        "? it is not clear which says who paid: quien or fondo; write it under [actions.columns] as funding_source",
    ]


def test_the_same_column_of_several_sheets_is_told_once(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        for sheet, kind in (("enero", "Terrazas"), ("febrero", "Vivero"), ("marzo", "azul")):
            rows = {"labor": ["Terrazas", kind], "lat": [14.9, 14.8], "lon": [-91.7, -91.8]}
            pd.DataFrame(rows).to_excel(book, sheet_name=sheet, index=False)
    _, proposal, _ = propose(tmp_path)
    assert guessed(proposal, "es") == ["? supuse que «labor» dice qué acción es, por 5 de 6 celdas: revísela"]


def guessed(proposal: scaffold.Proposal, language: Language) -> list[str]:
    """The lines of the terminal that speak of columns, without their indent."""
    screen = io.StringIO()
    with contextlib.redirect_stdout(screen):
        proposed.tell(proposal, Path("carpeta"), language)
    return [line[4:] for line in screen.getvalue().splitlines() if line.startswith("    ")]


def test_a_column_of_other_words_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "labor,estado,lat,lon,quien\nTerrazas,terminada,14.9,-91.7,Ana\nVivero,terminada,14.9,-91.7,remesas\n", encoding="utf-8"
    )
    workspace, _, _ = propose(tmp_path)
    assert workspace.actions is not None and workspace.actions.columns == {"labor": "action_type"}
