"""``check``: everything wrong at once, nothing run, the same coverage as a run counts."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import small_workspace
from small_workspace import TOML

from envgis import locale
from envgis.checks import check
from envgis.cli import checked
from envgis.faults import errors
from envgis.sources.inputs import gather
from envgis.sources.workspace_file import read_workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_workspace.write(tmp_path / "w")


def test_a_good_workspace(folder: Path) -> None:
    found = check(folder)
    assert found.runnable and [fault.code for fault in found.faults] == ["layers-no-source"]
    assert (found.reports_read, found.reports_accepted, found.sites_read, found.sites_accepted) == (3, 1, 3, 2)
    assert [(row.file, row.row) for row in found.set_aside] == [("a.csv", 3), ("a.csv", 4), ("s.csv", 4)]
    assert found.municipalities == 2
    assert [hazard.key.slug for hazard in found.hazards] == ["landslide_present"]
    # 190 of 200 cells; the squares are as large as the cells say, to 1e-5.
    assert found.coverage == {"landslide_present": pytest.approx(0.95, abs=1e-5)}


def test_rows_in_are_rows_accepted_and_rows_aside(folder: Path) -> None:
    found = check(folder)
    assert found.reports_read is not None and found.sites_read is not None
    assert found.reports_read + found.sites_read == found.reports_accepted + found.sites_accepted + len(found.set_aside)


def test_everything_wrong_comes_at_once(folder: Path) -> None:
    (folder / "l.tif").write_text("<html>", encoding="utf-8")
    (folder / "a.csv").write_text("nada,de,esto\n1,2,3\n", encoding="utf-8")
    (folder / "s.csv").unlink()
    (folder / "maps").mkdir()
    (folder / "maps" / "tesis.docx").touch()
    toml = TOML + '[landuse]\npath = "uso.tif"\n[population]\npath = "../p.tif"\n'
    (folder / "envgis.toml").write_text(toml.replace('path = "m.gpkg"', 'path = "m.gpkg"\nselect = ["101"]'), encoding="utf-8")
    found = check(folder)
    assert not found.runnable and found.coverage == {}
    codes = {fault.code for fault in found.faults}
    wanted = {"raster-not-tiff", "report-no-action-type", "report-no-location", "report-no-file", "output-foreign"}
    assert wanted | {"path-missing", "path-outside", "municipality-not-in-layer"} <= codes
    for fault in found.faults:
        for language in locale.LANGUAGES:
            told = locale.explain(fault, language)
            assert "{" not in told.what + told.cause + told.remedy


def test_a_file_that_is_no_workspace(folder: Path, tmp_path: Path) -> None:
    (folder / "envgis.toml").write_text("name = ", encoding="utf-8")
    found = check(folder)
    assert found.workspace is None and [f.code for f in found.faults] == ["toml-syntax"] and not found.runnable
    assert [f.code for f in check(tmp_path / "none").faults] == ["workspace-no-folder"]


def test_nothing_of_the_inputs_is_changed_and_no_result_made(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    check(folder)
    after = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}
    assert after == before


def test_only_what_is_selected_counts_for_coverage(folder: Path) -> None:
    (folder / "envgis.toml").write_text(TOML.replace('path = "m.gpkg"', 'path = "m.gpkg"\nselect = ["0102"]'), encoding="utf-8")
    assert check(folder).coverage == {"landslide_present": pytest.approx(0.9, abs=1e-5)}


def test_a_map_beyond_the_municipalities(folder: Path) -> None:
    small_workspace.raster(folder / "l.tif", np.ones((10, 20), np.uint8), crs="EPSG:32616")
    codes = [f.code for f in check(folder).faults]
    assert codes == ["raster-wrong-crs", "layers-no-source"]


def test_all_parts_of_a_shapefile_are_inputs(folder: Path) -> None:
    gpd.read_file(folder / "m.gpkg").to_file(folder / "m.shp")
    (folder / "envgis.toml").write_text(TOML.replace("m.gpkg", "m.shp"), encoding="utf-8")
    read, faults = gather(read_workspace(folder), folder)
    assert not faults
    assert {name for name, _, _ in read.files} >= {"m.shp", "m.dbf", "m.shx", "m.prj", "m.cpg", "l.tif", "a.csv", "s.csv"}


@pytest.mark.parametrize("broken", ["missing", "html", "cut"])
def test_without_a_readable_municipality_no_row_is_judged(folder: Path, broken: str) -> None:
    """Found by hand: looking for the nearest of no municipalities broke the check itself."""
    layer = folder / "m.gpkg"
    if broken == "missing":
        layer.unlink()
    else:
        layer.write_bytes(b"<!DOCTYPE html><html></html>" if broken == "html" else layer.read_bytes()[:4000])
    found = check(folder)
    assert errors(found.faults)
    assert found.set_aside == () and found.reports_read is None


@pytest.mark.parametrize("zero", ["none", "no_data", None])
def test_a_municipality_that_is_wholly_zero_is_asked_about(folder: Path, zero: str | None) -> None:
    """Only where another is not, and where nobody has said that 0 is no data."""
    levels = np.ones((10, 20), np.uint8)
    levels[:, 10:] = 0
    levels[3, 19] = 255  # without data, and so neither zero nor not
    small_workspace.raster(folder / "l.tif", levels, nodata=255)
    said = f'\nzero = "{zero}"' if zero else ""
    (folder / "envgis.toml").write_text(TOML.replace('kind = "levels"', f'kind = "levels"{said}'), encoding="utf-8")
    told = [f for f in check(folder).faults if f.code == "hazard-zero-town"]
    assert [(f.severity, f.found, f.at.file) for f in told] == ([] if zero == "no_data" else [("warning", "Este (0102)", "l.tif")])
    for fault in told:
        assert 'zero = "no_data" en el [[hazard]] landslide_present' in locale.explain(fault, "es").remedy
        assert 'zero = "no_data" in the [[hazard]] landslide_present' in locale.explain(fault, "en").remedy


@pytest.mark.parametrize("change", ["both", "one cell", "values"])
def test_zeros_are_asked_about_only_where_they_stand_out(folder: Path, change: str) -> None:
    levels = np.zeros((10, 20), np.float32 if change == "values" else np.uint8)
    levels[:, :10] = 0 if change == "both" else 1
    levels[5, 15] = 3 if change == "one cell" else 0
    small_workspace.raster(folder / "l.tif", levels)
    kind = 'kind = "depth"' if change == "values" else 'kind = "levels"\nzero = "none"'
    (folder / "envgis.toml").write_text(TOML.replace('kind = "levels"', kind).replace("landslide", "flood"), encoding="utf-8")
    told = [f for f in check(folder).faults if f.code == "hazard-zero-town"]
    assert [f.found for f in told] == (["Este (0102)"] if change == "values" else [])
    assert all("declare el 0 «sin datos» en el ráster" in locale.explain(f, "es").remedy for f in told)


def test_a_second_export_is_told_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a (1).csv").write_bytes((folder / "a.csv").read_bytes())
    (folder / "envgis.toml").write_text(TOML.replace('["a.csv"]', '["a.csv", "a (1).csv"]'), encoding="utf-8")
    found = check(folder)
    assert (found.reports_read, found.reports_accepted, len(found.set_aside)) == (6, 1, 6)  # one of them a site
    checked.tell(found, folder, "es")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "ya están en" in line]
    assert line == "– a.csv: Todos los reportes de este archivo (3) ya están en a (1).csv; se cuentan los de ese."


def test_layers_without_a_source_are_named_in_one_warning(folder: Path) -> None:
    (fault,) = [fault for fault in check(folder).faults if fault.code == "layers-no-source"]
    assert fault.severity == "warning"
    assert locale.explain(fault, "es").what == "No se dice de dónde vienen: Municipios y Deslizamientos."
    assert locale.explain(fault, "en").what == "It is not said where these come from: Municipalities and Landslides."
    text = TOML.replace('path = "l.tif"', 'path = "l.tif"\nsource = "INSIVUMEH 2024"')
    (folder / "envgis.toml").write_text(text, encoding="utf-8")
    (fault,) = check(folder).faults
    assert locale.explain(fault, "es").what == "No se dice de dónde vienen: Municipios."
    (folder / "envgis.toml").write_text(text.replace('path = "m.gpkg"', 'path = "m.gpkg"\nsource = "IGN 2021"'), encoding="utf-8")
    assert check(folder).faults == ()
