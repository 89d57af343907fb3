"""run.json names all that a run was made of, and finds out what changed since."""

import datetime as dt
import json
from pathlib import Path

import pytest

from envgis import files, provenance
from envgis.faults import BadInput, Fault, Place
from envgis.locale import LANGUAGES, sentence
from envgis.workspace import Workspace, parse

TOML = """
[workspace]
name = "San Marcos"
[municipalities]
path = "layers/limites.gpkg"
[[hazard]]
name = "landslide"
kind = "levels"
path = "landslide.tif"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with a finished run in maps/."""
    for name, content in {"envgis.toml": TOML, "layers/limites.gpkg": "limits", "landslide.tif": "levels"}.items():
        files.write_file(tmp_path / name, content.encode())
    with files.staged(tmp_path / "maps") as part:
        files.write_file(part / "tables/a.csv", b"1")
        outputs = {"tables/a.csv": files.sha256(part / "tables/a.csv")}
        files.write_file(part / files.RECORD, provenance.render(record(tmp_path), outputs))
    return tmp_path


def record(folder: Path, text: str = TOML) -> dict[str, object]:
    inputs = [(name, files.sha256(folder / name)) for name in ("landslide.tif", "layers/limites.gpkg")]
    return provenance.record(parse(text), inputs)


def told(folder: Path) -> list[tuple[str, str, str]]:
    return [(c.state, c.role, c.name) for c in provenance.verify(folder / "maps", folder)]


def test_nothing_changed(folder: Path) -> None:
    assert told(folder) == []


def test_every_change_is_found(folder: Path) -> None:
    (folder / "landslide.tif").write_bytes(b"Levels")
    (folder / "layers/limites.gpkg").unlink()
    (folder / "maps/tables/a.csv").write_bytes(b"2")
    (folder / "maps/notes.txt").touch()
    (folder / "envgis.toml").write_text(TOML.replace('"levels"', '"levels"\nzero = "none"'), encoding="utf-8")
    assert told(folder) == [
        ("changed", "output", "tables/a.csv"),
        ("extra", "output", "notes.txt"),
        ("changed", "input", "landslide.tif"),
        ("missing", "input", "layers/limites.gpkg"),
        ("changed", "settings", "envgis.toml"),
    ]


def test_a_missing_output_is_found(folder: Path) -> None:
    (folder / "maps/tables/a.csv").unlink()
    assert told(folder) == [("missing", "output", "tables/a.csv")]


def test_a_comment_in_the_settings_is_no_change(folder: Path) -> None:
    (folder / "envgis.toml").write_text("# a comment\n" + TOML, encoding="utf-8")
    assert told(folder) == []


def test_a_record_that_was_edited_is_found(folder: Path) -> None:
    path = folder / "maps/run.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"numpy": "', '"numpy": "9.'), encoding="utf-8")
    assert told(folder) == [("changed", "record", "run.json")]


def test_a_result_that_was_sent_to_somebody_is_checked_without_its_workspace(folder: Path) -> None:
    (folder / "landslide.tif").unlink()
    assert provenance.verify(folder / "maps") == []


@pytest.mark.parametrize("content", [None, "", "{", '{"outputs": {}}', "[]"])
def test_without_a_record_there_is_nothing_to_verify(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(BadInput) as stop:
        provenance.verify(tmp_path)
    assert [fault.code for fault in stop.value.faults] == ["no-run-record"]


def test_every_change_has_its_sentence() -> None:
    states = [("missing", "input"), ("changed", "input"), ("missing", "output"), ("changed", "output"), ("extra", "output"), ("changed", "settings")]
    for state, role in [*states, ("changed", "record")]:
        change = provenance.Change(state, role, "x.tif")  # type: ignore[arg-type]
        assert all("x.tif" in sentence(change.message, language) for language in LANGUAGES)


def test_the_same_inputs_have_the_same_name(folder: Path) -> None:
    workspace: Workspace = parse(TOML)
    inputs = [("a", "1" * 64), ("b", "2" * 64)]
    first = provenance.record(workspace, inputs, started=dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC))
    again = provenance.record(workspace, inputs[::-1], started=dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC))
    other = provenance.record(workspace, [("a", "1" * 64), ("b", "3" * 64)])
    assert first["run_id"] == again["run_id"] != other["run_id"]
    assert first["started"] != again["started"]


def test_versions_name_both_gdals_both_projs_and_geos() -> None:
    found = provenance.versions()
    assert {"envgis", "python", "numpy", "geos (shapely)", "proj (pyproj)", "proj (rasterio)", "gdal (rasterio)", "gdal (pyogrio)"} <= set(found)
    assert all(text[0].isdigit() for text in found.values())


@pytest.mark.parametrize("path", ["/home/ana.lopez/datos/limites.gpkg", "C:\\\\Users\\\\ana\\\\limites.gpkg", "D:/datos/ana/limites.gpkg"])
def test_no_folder_of_anybodys_computer_is_published(path: str) -> None:
    text = TOML.replace("layers/limites.gpkg", path).replace("[workspace]", "[workspace]\nallow_outside = true")
    known = provenance.record(parse(text), [(path.replace("\\\\", "\\"), "1" * 64)])
    assert "ana" not in json.dumps(known)
    assert known["parameters"]["municipalities"]["path"] == "…/limites.gpkg"
    assert known["inputs"] == {"…/limites.gpkg": "1" * 64}


def test_warnings_stand_in_both_languages() -> None:
    fault = Fault("output-busy", Place("maps", row=3), severity="warning")
    (warning,) = provenance.record(parse(TOML), [], [fault])["warnings"]
    assert warning["code"] == "output-busy"
    assert warning["row"] == 3
    assert warning["es"] != warning["en"]
    assert "column" not in warning


def test_an_input_outside_the_workspace_is_checked_where_the_settings_say(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    limits = tmp_path_factory.mktemp("shared drive") / "limites.gpkg"
    limits.write_bytes(b"limits")
    text = TOML.replace("layers/limites.gpkg", limits.as_posix()).replace("[workspace]", "[workspace]\nallow_outside = true")
    (folder / "envgis.toml").write_text(text, encoding="utf-8")
    known = provenance.record(parse(text), [(limits.as_posix(), files.sha256(limits))])
    outputs = files.written(folder / "maps")
    files.write_file(folder / "maps/run.json", provenance.render(known, outputs))
    assert told(folder) == []
    limits.write_bytes(b"other limits")
    assert told(folder) == [("changed", "input", "…/limites.gpkg")]
