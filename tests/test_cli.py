"""The command line: exit codes, both languages, the path last, and never a stack trace for a fault that is expected."""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import dask
import numpy as np
import pandas as pd
import pytest
import sample
import small_workspace
from rich.console import Console

from envgis import cli
from envgis.cli import faults as shown_faults
from envgis.cli import screen_text, summary, terminal
from envgis.faults import Fault, Place
from envgis.landuse import LandUse
from envgis.levels import HazardKey
from envgis.locale import phrases

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.out.rstrip().splitlines()[-1]


Call = Callable[..., Said]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command in this process: exit code, output, errors."""
    monkeypatch.setenv("ENVGIS_LANG", "es")
    monkeypatch.setattr("envgis.sources.safety.apply", lambda: None)  # GDAL is here already

    def run(*arguments: object) -> Said:
        with pytest.raises(SystemExit) as stop:
            cli.main([str(a) for a in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Said(int(str(stop.value.code)), captured.out, captured.err)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_workspace.write(tmp_path / "mi municipio")


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as the shell runs it."""
    code = "import sys; from envgis.cli import main; main(sys.argv[1:])"
    env = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, encoding="utf-8", env=env, cwd=ROOT, check=False)


# Help


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_command_has_help_and_an_example(language: str) -> None:
    said = process("--help", ENVGIS_LANG=language)
    assert said.returncode == 0
    for name in cli.COMMANDS:
        assert re.search(rf"^  {name} +\S", said.stdout, re.MULTILINE)
        own = process(name, "--help", ENVGIS_LANG=language)
        assert own.returncode == 0
        assert f"{'Ejemplo' if language == 'es' else 'Example'}: envgis {name}" in own.stdout
        assert "--lang [es|en|both]" in own.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom envgis.cli import group\n"
        "try:\n group.main(['--help'])\nexcept SystemExit:\n pass\n"
        "print('\\n'.join(sorted(sys.modules)), file=sys.stderr)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=True)
    heavy = {"numpy", "pandas", "geopandas", "shapely", "pyproj", "rasterio", "pyogrio", "numba", "xarray", "folium", "pydantic", "babel", "rich"}
    assert not heavy & set(said.stderr.split())


# Calls that are wrong: 2

QUOTED = terminal.quoted("Mi municipio ñandú")


@pytest.mark.parametrize(
    ("arguments", "spanish"),
    [
        (["chek"], "No existe el comando «chek». ¿Quiso decir check?"),
        (["check", "--jsn"], "No existe la opción --jsn. ¿Quiso decir --json?"),
        (["screen"], "Falta SITIOS."),
        (["screen", "none.csv"], "El valor de SITIOS no sirve: no existe ese archivo, o es una carpeta."),
        (["screen", "tests"], "El valor de SITIOS no sirve: no existe ese archivo, o es una carpeta."),
        (["run", "--workers", "0"], "El valor de --workers no sirve: debe ser un número de 1 o más."),
        (["run", "--block", "x"], "El valor de --block no sirve: debe ser un número de 1 o más."),
        *[
            (["screen", "pyproject.toml", "--radius", value], "El valor de --radius no sirve: debe ser un número mayor que 0 y hasta 10,000.")
            for value in ("0", "nan", "1e9", "x")
        ],
        (["check", "--lang", "fr"], "El valor de --lang no sirve: debe ser es, en o both."),
        (["check", "Mi", "municipio", "ñandú"], f"Sobra «municipio ñandú». Un nombre con espacios va entre comillas: envgis check {QUOTED}"),
        (["run", "--out"], "A --out le falta su valor."),
        (["check", "--json=x"], "--json va sin valor."),
        (["run", "--scheduler", "localhost"], "La llamada no se entiende: una dirección se escribe tcp://SERVIDOR:PUERTO, no «localhost»."),
    ],
)
def test_wrong_calls(call: Call, arguments: list[str], spanish: str) -> None:
    said = call(*arguments)
    assert said.code == 2 and not said.out
    assert said.err.startswith(spanish)
    assert said.err.rstrip().endswith("--help")


def test_no_command_at_all_shows_help(call: Call) -> None:
    said = call()
    assert said.code == 2 and "check" in said.err


# check


def test_check_in_both_languages(call: Call, folder: Path) -> None:
    said = call("check", folder)
    assert said.code == 0
    assert "\na.csv:\n  – fila 3, columna «tipo de accion»: «Cosa desconocida» no está en el catálogo" in said.out
    assert said.out.count("a.csv") == 1 and "✗" not in said.out
    assert "\n– s.csv, fila 4, columna «" in said.out  # alone in its file
    assert "✓ 1 de 3 acciones aceptadas · 2 de 3 sitios aceptados · mapas de amenaza: 1 · municipios: 2" in said.out
    assert "la capa con menos datos es Deslizamientos (landslide_present): 95.0%" in said.out
    assert "Se puede correr. Filas que quedarán en quarantine.csv: 3." in said.out
    assert said.last == f"Siga con: envgis run {terminal.quoted(folder)}" and " " in str(folder)
    said = call("check", folder, "--lang", "en")
    assert "It can be run. Rows that will stand in quarantine.csv: 3." in said.out
    assert call("check", folder, "--strict").code == 1


def test_check_speaks_the_workspace_s_language(call: Call, folder: Path) -> None:
    toml = (folder / "envgis.toml").read_text(encoding="utf-8").replace("[municipalities]", 'language = "en"\n[municipalities]')
    (folder / "envgis.toml").write_text(toml, encoding="utf-8")
    assert "It can be run." in call("check", folder).out
    assert "Se puede correr." in call("check", folder, "--lang", "both").out


def test_check_that_fails(call: Call, folder: Path) -> None:
    (folder / "l.tif").write_text("<html></html>", encoding="utf-8")
    said = call("check", folder)
    assert said.code == 1
    assert said.last == "No se puede correr todavía. Errores: 1."
    what = "✗ «l.tif» no es un GeoTIFF: es una página web (HTML)."
    assert said.out.startswith(what) and said.out.count(what) == 2
    head, end = said.out.index("Esto es lo que impide correr:"), said.out.rindex(what)
    assert said.out.index("– ") < head < end and "– " not in said.out[head:]
    assert "✗ «l.tif» no es un GeoTIFF: es una página web (HTML)." in said.out  # the place is in the sentence: not said twice


def test_check_as_json(call: Call, folder: Path) -> None:
    (folder / "l.tif").unlink()
    said = call("check", folder, "--json")
    found = json.loads(said.out)
    assert said.code == 1 and found["runnable"] is False
    (fault,) = (fault for fault in found["faults"] if fault["severity"] == "error")
    assert (fault["severity"], fault["code"], fault["file"], fault["found"]) == ("error", "path-missing", "envgis.toml", "l.tif")
    assert fault["es"]["remedy"] and fault["en"]["remedy"]
    assert found["reports"] == {"read": 3, "accepted": 1}
    assert [(row["file"], row["row"]) for row in found["set_aside"]] == [("a.csv", 3), ("a.csv", 4), ("s.csv", 4)]


# run, verify


def test_run_verify_restore(call: Call, folder: Path) -> None:
    said = call("run", folder)
    assert said.code == 0
    assert said.last == str(folder / "maps" / "index.html") and (folder / "maps" / "index.html").is_file()
    assert "Oeste (0101), 400.0 ha" in said.out
    assert re.search(r"Deslizamientos \(presente\): susceptibilidad alta o muy alta +200\.0 ha +50\.0%\n", said.out)
    assert re.search(r"con una acción vigente que la atiende +2\.0 ha +1\.0%\n", said.out)
    assert re.search(r"brecha de adaptación +198\.0 ha +99\.0%\n", said.out)
    assert re.search(r"Este \(0102\).*sin datos +40\.0 ha +10\.0%\n", said.out, re.DOTALL)
    assert "Filas que quedaron aparte, con su razón y su remedio en quarantine.csv: 3." in said.out
    assert said.out.count("sin datos") == 1  # the other has data everywhere
    assert "Contando …" in said.err
    assert "Cada amenaza en su propia cuadrícula: Deslizamientos 200 m (" in said.err

    assert call("verify", folder).code == 0
    alone = call("verify", folder / "maps")
    assert alone.code == 0 and "las entradas no se comprueban" in alone.out
    (folder / "a.csv").write_text("changed", encoding="utf-8")
    changed = call("verify", folder, "--lang", "en")
    assert changed.code == 1 and "✗ the input a.csv changed after the run" in changed.out

    assert call("run", folder, "--restore").code == 1  # nothing before it yet
    small_workspace.write(folder)
    first = (folder / "maps" / "run.json").read_bytes()
    english = call("run", folder, "--lang", "en", "--tables-only")
    assert call("verify", folder).code == 0  # the language of a run is no change of its settings
    assert english.code == 0 and english.last == str(folder / "maps" / "tables.xlsx")
    assert re.search(r"Landslides \(present\): high or very high susceptibility +200\.0 ha", english.out)
    assert call("run", folder, "--restore").code == 0
    assert (folder / "maps" / "run.json").read_bytes() == first


def test_verify_says_what_to_do_about_each_kind_of_change_once(call: Call, folder: Path) -> None:
    out = folder.parent / "otra carpeta"
    call("run", folder, "--out", out, "--tables-only")
    (folder / "a.csv").write_text("changed", encoding="utf-8")
    (folder / "l.tif").write_text("changed", encoding="utf-8")
    (folder / "m.gpkg").unlink()
    said = call("verify", folder, "--out", out)
    lines = said.out.splitlines()
    changes, remedies = [i for i, x in enumerate(lines) if x.startswith("✗ ")], [i for i, x in enumerate(lines) if x.startswith("  → ")]
    assert said.code == 1 and (len(changes), len(remedies)) == (3, 2) and max(changes) < min(remedies)
    command = f"envgis run '{folder}' --out '{out}'"
    assert "→ Entradas que cambiaron: si lo nuevo es lo correcto, corra de nuevo" in said.out and f"de esos datos: {command};" in said.out
    assert f"→ Entradas que faltan: devuélvalas a su lugar, o escriba en envgis.toml dónde están ahora y corra de nuevo: {command}\n" in said.out
    assert said.last == str(out / "run.json")

    (out / "tables.xlsx").unlink()
    (out / "notas.txt").touch()
    alone = call("verify", out, "--lang", "en")
    remedies = [line.split(":")[0] for line in alone.out.splitlines() if line.startswith("  → ")]
    assert remedies == ["  → Files that envgis did not write", "  → If this folder was sent to you, do not use its figures"]


def test_every_change_that_verify_tells_has_a_remedy() -> None:
    changes = [key for key in phrases() if re.fullmatch(r"verify\.(input|output|settings|record)\.[a-z]+", key)]
    assert len(changes) == 7 and all(f"{key}.remedy" in phrases() for key in changes)


@pytest.mark.parametrize(("cell", "said"), [("30 m", "land use: 30 m, nearest\n"), (None, "land use: polygons, by each cell's centre\n")])
def test_how_land_use_comes_to_the_grids(capsys: pytest.CaptureFixture[str], cell: str | None, said: str) -> None:
    use = LandUse(pd.DataFrame(), SimpleNamespace(cell=cell))  # type: ignore[arg-type]
    summary.tell_grids(sample.assessment(landuse=use), "en")
    assert capsys.readouterr().err.endswith(said)
    summary.tell_grids(sample.assessment(), "en")
    assert "land use" not in capsys.readouterr().err


def test_the_screen_s_figures_are_the_tables(call: Call, folder: Path) -> None:
    said = call("run", folder, "--out", folder / "otra", "--tables-only")
    table = pd.read_csv(folder / "otra" / "tables" / "adaptation.csv", dtype={"municipality_code": str})
    west = table[table["municipality_code"] == "0101"].iloc[0]
    shown = re.search(r"brecha de adaptación +([\d.,]+) ha", said.out)
    assert shown is not None and float(shown[1]) == pytest.approx(west["gap_area_ha"], abs=0.05)


def test_a_municipality_without_data_has_no_zeros(call: Call, folder: Path) -> None:
    levels = np.full((10, 20), 255, np.uint8)
    levels[:, :10] = 1
    small_workspace.raster(folder / "l.tif", levels, nodata=255)
    said = call("run", folder, "--tables-only")
    assert re.search(r"Este \(0102\).*\n +Deslizamientos \(presente\): [a-z ]+ sin datos en todo el municipio\n", said.out)
    west, east = said.out.split("Oeste (0101)")[1].split("Este (0102)")
    assert " 0.0 ha" in west and "ha" not in east.splitlines()[1]
    table = pd.read_csv(folder / "maps" / "tables" / "adaptation.csv", dtype={"municipality_code": str}).set_index("municipality_code")
    assert table.loc["0101", "high_area_ha"] == 0 and pd.isna(table.loc["0102", "high_area_ha"])


def test_run_that_fails_leaves_nothing_and_says_all(call: Call, folder: Path) -> None:
    (folder / "l.tif").unlink()
    (folder / "m.gpkg").unlink()
    said = call("run", folder)
    assert said.code == 1 and not said.out
    assert said.err.count("✗") == 2
    assert not (folder / "maps").exists()
    said = call("run", folder / "none", "--lang", "en")
    assert said.code == 1 and "There is no folder" in said.err
    said = call("verify", folder)
    assert said.code == 1 and "run.json" in said.err


def test_foreign_files_in_the_output_folder(call: Call, folder: Path) -> None:
    (folder / "maps").mkdir()
    (folder / "maps" / "tesis.docx").touch()
    said = call("run", folder)
    assert said.code == 1 and "tesis.docx" in said.err
    assert (folder / "maps" / "tesis.docx").exists()


def test_results_stay_inside_the_workspace(call: Call, folder: Path) -> None:
    toml = (folder / "envgis.toml").read_text(encoding="utf-8")
    (folder / "envgis.toml").write_text(toml + '[outputs]\nfolder = "../fuera"\n', encoding="utf-8")
    for command in ("run", "check", "verify"):
        said = call(command, folder)
        assert said.code == 1 and "«../fuera» está fuera de la carpeta" in said.out + said.err
    assert not (folder.parent / "fuera").exists()


def test_a_cluster_that_is_not_there(call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its settings must be there before some of them are lent, or all of them go when the loan ends.
    importlib.import_module("distributed")
    with dask.config.set({"distributed.comm.timeouts.connect": "1s", "distributed.comm.retry.count": 0}):
        said = call("run", folder, "--scheduler", "tcp://127.0.0.1:1")
    assert said.code == 2 and "no responde tcp://127.0.0.1:1" in said.err and not (folder / "maps").exists()
    monkeypatch.setattr("envgis.cli.run.find_spec", lambda name: None)
    said = call("run", folder, "--workers", "2")
    assert said.code == 2 and 'pip install "envgis[dask]"' in said.err


def test_run_says_what_it_replaced_and_restore_why_it_cannot(call: Call, folder: Path) -> None:
    call("run", folder, "--tables-only")
    (folder / "maps" / "tables.xlsx").write_bytes(b"edited in Excel")
    said = call("run", folder, "--tables-only")
    assert said.code == 0
    assert "que alguien había cambiado: tables.xlsx." in said.err and str(folder / "maps.previous") in said.err
    assert (folder / "maps.previous" / "tables.xlsx").read_bytes() == b"edited in Excel"
    said = call("run", folder, "--restore")
    assert said.code == 1 and "tiene archivos cambiados o borrados: tables.xlsx." in said.err and "copie a mano" in said.err
    assert "cambiado" not in call("run", folder, "--tables-only").err


# screen


def test_screen(call: Call, folder: Path) -> None:
    said = call("screen", folder / "s.csv", "--workspace", folder)
    assert said.code == 0
    assert re.search(r"S1 Escuela +evitar +\S", said.out) and re.search(r"S2 Puesto +seguir +\S", said.out)
    assert "2 sitios: 1 seguir, 1 evitar." in said.out
    assert "Un punto cuenta como un círculo de 30 m." in said.out
    assert said.last == str(folder / "s-screened" / "sites.xlsx") and Path(said.last).is_file()
    said = call("screen", folder / "s.csv", "--workspace", folder, "--lang", "en", "--radius", "50", "--out", folder / "x")
    assert re.search(r"S1 Escuela +avoid", said.out) and "a disc of 50 m" in said.out
    assert said.last == str(folder / "x" / "sites.xlsx")


def test_screen_names_the_rows_set_aside_and_says_nothing_of_the_reports(call: Call, folder: Path) -> None:
    reports = (folder / "a.csv").read_text(encoding="utf-8").splitlines()
    (folder / "a.csv").write_text("\n".join([reports[0] + ",Foto", *(f"{line},x.jpg" for line in reports[1:])]), encoding="utf-8")
    assert "Foto" in call("check", folder).out
    sites = (folder / "s.csv").read_text(encoding="utf-8").splitlines()
    width = sites[0].count(",")
    (folder / "s.csv").write_text("\n".join([*sites, "S8" + "," * width, "S9,Pozo,400,9"]), encoding="utf-8")
    said = call("screen", folder / "s.csv", "--workspace", folder)
    assert "Foto" not in said.out + said.err
    assert "Apartado de s.csv, por número de fila:" in said.out
    assert said.out.count("Faltan las coordenadas. Complete latitud y longitud") == 1 and "  4, 5: Faltan" in said.out and "\n  6: " in said.out
    assert str(folder / "s-screened" / "quarantine.csv") in said.out


def test_screen_without_a_workspace_asks_where_the_layers_are(call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    said = call("screen", folder / "s.csv")
    assert said.code == 1 and "Diga dónde están las capas: agregue --workspace mi-municipio" in said.err and "envgis init" not in said.err
    monkeypatch.chdir(folder)
    assert call("screen", "s.csv").code == 0


def test_screen_names_its_own_folder_and_refuses_a_raster_by_name(call: Call, folder: Path) -> None:
    told = call("screen", "--help").out
    assert "SITIOS-screened" in told and "envgis.toml" not in told
    said = call("screen", folder / "l.tif", "--workspace", folder)
    assert said.code == 1 and "l.tif: El archivo es un TIFF, no una tabla." in said.err and "CSV, XLSX, ODS" in said.err


# demo, init


def test_init_then_check_then_run(call: Call, folder: Path) -> None:
    (folder / "envgis.toml").unlink()
    for old, new in (("m.gpkg", "limites.gpkg"), ("l.tif", "deslizamientos.tif"), ("a.csv", "acciones.csv"), ("s.csv", "sitios.csv")):
        (folder / old).rename(folder / new)
    said = call("init", folder)
    assert said.code == 0 and said.last == str(folder / "envgis.toml")
    assert f"siga con: envgis check {terminal.quoted(folder.as_posix())}\n" in said.out
    assert "deslizamientos.tif" in said.out and "→ amenaza «Deslizamientos», presente (niveles)" in said.out
    assert call("init", folder).code == 1
    assert call("init", folder, "--force", "--lang", "en").code == 0
    assert call("check", folder).code == 0
    assert call("run", folder, "--tables-only").code == 0


def test_demo_runs_what_it_copied(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envgis.scaffold.write_demo", small_workspace.write)
    said = call("demo", tmp_path / "prueba", "--lang", "en")
    assert said.code == 0 and "high or very high susceptibility" in said.out
    assert said.last == str(tmp_path / "prueba" / "maps" / "index.html")


def test_demo_copies_and_refuses_a_full_folder(call: Call, folder: Path, tmp_path: Path) -> None:
    said = call("demo", tmp_path / "prueba", "--only-copy")
    assert said.code == 0 and said.last == str(tmp_path / "prueba" / "envgis.toml")
    said = call("demo", folder)
    assert said.code == 1 and "no está vacía" in said.err


def test_demo_into_a_folder_that_cannot_be(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("x", encoding="utf-8")
    said = call("demo", tmp_path / "a file" / "prueba")
    assert said.code == 1 and "envgis demo otra-carpeta" in said.err and "--out" not in said.err


# On any terminal


def test_a_console_without_utf8(folder: Path) -> None:
    said = process("check", str(folder), LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii")
    assert said.returncode == 0, said.stderr
    assert "  \\u2013 fila 3" in said.stdout


def test_what_files_say_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    fault = Fault("path-missing", Place("a\x1b[2Jb.csv"), "[red]x[/red]\x07\u202e:smile:", {"key": "k", "hint": None})
    shown_faults.tell([fault], "es")
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\x07" not in out and "\u202e" not in out
    assert "[red]x[/red]" in out and ":smile:" in out


def test_many_alike_are_told_as_a_few_and_a_number() -> None:
    many = [Fault("municipality-overlap", Place("m"), str(i), {"low": "a", "high": str(i), "area": 1.0, "share": 0.5}) for i in range(583)]
    shown = shown_faults.condensed([*many, Fault("toml-too-much")], "es")
    assert len(shown) == shown_faults.MOST_OF_A_KIND + 1
    assert [line.more for line in shown if line.more] == [583 - shown_faults.MOST_OF_A_KIND]


def test_rows_with_one_fault_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [Fault("coordinates-missing", Place("a.csv", row=row, column="lat")) for row in (15, 3, 12)]
    others = [Fault("number-unreadable", Place("a.csv", row=row, column="n"), found) for row, found in ((4, "x"), (9, "y"))]
    shown_faults.tell([rows[0], others[0], *rows[1:], others[1]], "es", mark=shown_faults.ASIDE)
    assert capsys.readouterr().out == (
        "a.csv:\n"
        "  – filas 3, 12, 15, columna «lat»: Faltan las coordenadas.\n"
        "      Sin un lugar, la fila no se puede ubicar en ningún municipio.\n"
        "      → Complete latitud y longitud en grados, por ejemplo 14.9650 y -91.7944.\n"
        "  – fila 4, columna «n»: «x» no es un número.\n"
        "  – fila 9, columna «n»: «y» no es un número.\n"
        "      En la columna «n» van números.\n"
        "      → Escriba un número, o deje la celda vacía si no se sabe.\n"
    )
    shown_faults.tell([Fault("coordinates-missing", Place("a.csv", row=row)) for row in range(2, 802)], "en")
    out = capsys.readouterr().out
    assert "✗ a.csv, rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 …: The coordinates are missing." in out
    assert "… and 300 more like it" in out


def test_progress_lines_come_once(capsys: pytest.CaptureFixture[str]) -> None:
    with screen_text.progress("en") as tell:
        for share in (0.0, 0.5, 1.0):
            tell("count", share)
    assert capsys.readouterr().err == "Counting …\n"


def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80)
    monkeypatch.setattr(screen_text, "console", lambda error_stream=False: console)
    with screen_text.progress("es") as tell:
        tell("count", 0.5)
        tell("count", 1.0)
    assert "Contando" in screen.getvalue() and "100%" in screen.getvalue()


@pytest.mark.parametrize(("value", "language"), [("es_GT.UTF-8", "es"), ("en_US.UTF-8", "en"), ("C", "es"), ("", "es"), ("fr_FR", "es")])
def test_language_of_the_terminal(monkeypatch: pytest.MonkeyPatch, value: str, language: str) -> None:
    for name in ("ENVGIS_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", value)
    assert terminal.language() == language


def test_the_map_that_is_shown() -> None:
    flood = [HazardKey("flood", "2050", 10), HazardKey("flood", "present", 100), HazardKey("flood", "present", 10)]
    assert summary.shown_maps([*flood, HazardKey("fire", "2050")]) == [HazardKey("flood", "present", 10), HazardKey("fire", "2050")]


def test_interrupted(call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("envgis.checks.check", interrupt)
    said = call("check", folder)
    assert said.code == 1 and "Lo que había antes sigue como estaba." in said.err
