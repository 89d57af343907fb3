"""The output folder of a run: everything the design lists, the same bytes twice, nobody's secrets in any of it."""

import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import sample

from envgis import files, provenance
from envgis.faults import BadInput
from envgis.locale import LANGUAGES, phrase
from envgis.publish import run_folder

TABLES = {"tables/hazard_levels.csv", "tables/adaptation.csv", "tables/actions.csv", "tables/coverage.csv", "tables/sites.csv"}
ALWAYS = {*TABLES, "tables.xlsx", "ledger.parquet", "quarantine.csv", "run.json"}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "maps"
    run_folder.write(sample.assessment(), folder)
    return folder


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def text(path: Path) -> str:
    """All that is written in a file, also inside a workbook."""
    if path.suffix != ".xlsx":
        return path.read_bytes().decode("latin-1")
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist())


def test_everything_is_there(out: Path) -> None:
    found = names(out)
    rasters = {name for name in found if name.startswith("rasters/")}
    assert found - rasters == {*ALWAYS, "index.html", "envgis.gpkg", "0114-1-1-script-x/map.html", "1201-san-marcos-nandu/map.html"}
    assert len(rasters) == 5 * 3


def test_tables_only(tmp_path: Path) -> None:
    run_folder.write(sample.assessment(), tmp_path / "maps", tables_only=True)
    assert names(tmp_path / "maps") == ALWAYS


def test_nothing_set_aside_no_quarantine(tmp_path: Path) -> None:
    run_folder.write(sample.assessment(set_aside=()), tmp_path / "maps", tables_only=True)
    assert "quarantine.csv" not in names(tmp_path / "maps")


def test_the_record_names_every_file(out: Path) -> None:
    assert set(files.written(out)) == names(out) - {"run.json"}
    assert files.whole(out)
    assert files.extra_files(out) == []
    assert [c for c in provenance.verify(out) if c.role != "record"] == []


def test_the_same_assessment_makes_the_same_bytes(out: Path, tmp_path: Path) -> None:
    run_folder.write(sample.assessment(), tmp_path / "maps")
    for name in sorted(names(out)):
        assert (tmp_path / "maps" / name).read_bytes() == (out / name).read_bytes(), name


@pytest.mark.parametrize("secret", ["5555-0114", "Canary Person", "Canary Community"])
def test_nothing_that_was_not_allowed_is_published(out: Path, secret: str) -> None:
    assert not [path.name for path in sorted(out.rglob("*")) if path.is_file() and secret in text(path)]


def test_no_folder_of_this_computer_is_published(out: Path) -> None:
    here = {str(Path.home()), str(Path.cwd()), str(out.parent)} - {"/"}
    assert not [(path.name, place) for path in sorted(out.rglob("*")) if path.is_file() for place in here if place in text(path)]


def test_reports_set_aside_stand_with_reason_and_remedy(out: Path) -> None:
    table = pd.read_csv(out / "quarantine.csv", dtype=str, keep_default_na=False)
    assert table.loc[0, ["file", "row"]].to_list() == ["kobo.csv", "7"]
    assert len(table.loc[0, "reason"]) > 10
    assert len(table.loc[0, "remedy"]) > 10


def test_a_writer_that_fails_leaves_the_old_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "maps"
    run_folder.write(sample.assessment(), folder, tables_only=True)
    before = (folder / "run.json").read_bytes()
    monkeypatch.setattr(run_folder.geopackage, "render", lambda assessment: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_folder.write(sample.assessment(), folder)
    assert (folder / "run.json").read_bytes() == before
    assert files.whole(folder)
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["maps"]


def test_a_refused_folder_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps/informe.docx").touch()
    assert [fault.code for fault in run_folder.refusals(tmp_path / "maps")] == ["output-foreign"]
    with pytest.raises(BadInput):
        run_folder.write(sample.assessment(), tmp_path / "maps", tables_only=True)


def test_every_step_is_told_and_has_its_word(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    run_folder.write(sample.assessment(), tmp_path / "maps", progress=lambda step, share: told.append((step, share)))
    steps = list(dict.fromkeys(step for step, _ in told))
    assert steps == ["tables", "pages", "rasters"]
    for step in steps:
        shares = [share for name, share in told if name == step]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
        assert all(phrase(f"progress.{step}", language) for language in LANGUAGES)
