"""Synthetic data say so in every file that leaves a run or a screening; real data say nothing of the kind."""

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
import rasterio
import small_workspace

from envgis import pipeline
from envgis.locale import both

SYNTHETIC = small_workspace.TOML.replace("[workspace]", "[workspace]\nsynthetic = true")


def of_csv(path: Path) -> list[str]:
    """What each row says, the header too where there is no row."""
    header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    assert (header.count("notice") <= 1 and header[-1:] == ["notice"]) or "notice" not in header
    if "notice" not in header:
        return [""]
    return [row[-1] for row in rows] or [both("synthetic")["es"]]


def of_tif(path: Path) -> list[str]:
    with rasterio.open(path) as source:
        return [source.tags().get("notice", "")]


def of_xml(path: Path) -> list[str]:
    return [node.text or "" for node in ElementTree.parse(path).iterfind("Metadata/MDI[@key='notice']")] or [""]


def of_qml(path: Path) -> list[str]:
    notes = ElementTree.parse(path).getroot().find("userNotes")
    return ["" if notes is None else notes.get("value", "")]


def of_gpkg(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as book:
        return [text or "" for (text,) in book.execute("select description from gpkg_contents where table_name != 'layer_styles'")]


def of_xlsx(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as book:
        return [book.read("xl/sharedStrings.xml").decode()]


def of_parquet(path: Path) -> list[str]:
    return [(pq.read_schema(path).metadata or {}).get(b"notice", b"").decode()]


def of_html(path: Path) -> list[str]:
    return [path.read_text(encoding="utf-8")]


def of_json(path: Path) -> list[str]:
    """The record is for programs: it says so as the setting that it is."""
    return [both("synthetic")["es"] if json.loads(path.read_text(encoding="utf-8"))["parameters"]["workspace"]["synthetic"] else ""]


# By a file's ending, what it says of its data: a file of any other kind fails the test, and none is excepted.
READERS: dict[str, Callable[[Path], list[str]]] = {
    ".csv": of_csv, ".tif": of_tif, ".xml": of_xml, ".qml": of_qml, ".gpkg": of_gpkg,
    ".xlsx": of_xlsx, ".parquet": of_parquet, ".html": of_html, ".json": of_json,
}  # fmt: skip


def silent(folder: Path) -> list[str]:
    """The files of a folder in which something does not say that the data are synthetic."""
    words = [text.casefold() for text in both("synthetic").values()]
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) > 2
    return [
        path.relative_to(folder).as_posix()
        for path in files
        if not all(any(text in said.casefold() for text in words) for said in READERS[path.suffix](path))
    ]


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run in maps/ and a screening in screened/."""
    return done(tmp_path_factory.mktemp("synthetic"), SYNTHETIC)


def done(folder: Path, toml: str) -> Path:
    small_workspace.write(folder, toml)
    pipeline.run(folder)
    pipeline.screen(folder / "s.csv", folder, out=folder / "screened")
    return folder


def test_every_file_of_a_run_says_so(synthetic: Path) -> None:
    kinds = {path.suffix for path in (synthetic / "maps").rglob("*") if path.is_file()}
    assert kinds == set(READERS)
    assert silent(synthetic / "maps") == []


def test_every_file_of_a_screening_says_so(synthetic: Path) -> None:
    assert {path.name for path in (synthetic / "screened").iterdir()} == {"sites.csv", "site_hazards.csv", "sites.xlsx", "quarantine.csv", "run.json"}
    assert silent(synthetic / "screened") == []


def test_real_data_say_nothing_of_the_kind(tmp_path: Path) -> None:
    folder = done(tmp_path, small_workspace.TOML)
    for part in ("maps", "screened"):
        assert len(silent(folder / part)) == sum(path.is_file() for path in (folder / part).rglob("*"))
