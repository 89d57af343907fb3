"""Files and result folders are whole or absent."""

import contextlib
import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgis import files
from envgis.faults import BadInput


def fill(folder: Path, version: str, names: tuple[str, ...] = ("tables/a.csv", "tables/b.csv")) -> None:
    """A small result of one version, its record last."""
    for name in names:
        files.write_file(folder / name, f"{name} {version}\n".encode() * 500)
    outputs = {name: files.sha256(folder / name) for name in names}
    files.write_file(folder / files.RECORD, json.dumps({"version": version, "outputs": outputs}).encode())


def run(out: Path, version: str) -> None:
    with files.staged(out) as part:
        fill(part, version)


def version(folder: Path) -> str:
    assert files.whole(folder)
    return str(json.loads((folder / files.RECORD).read_text(encoding="utf-8"))["version"])


def beside(out: Path) -> set[str]:
    return {path.name for path in out.parent.iterdir()} - {f".{out.name}.lock"}


def codes(caught: pytest.ExceptionInfo[BadInput]) -> list[str]:
    return [fault.code for fault in caught.value.faults]


# A single file


@given(st.binary(max_size=2000))
def test_a_file_holds_what_was_given(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("w") / "deep" / "a.bin"
    files.write_file(path, content)
    assert path.read_bytes() == content
    assert beside(path) == {"a.bin"}


def test_sha256_of_the_standards_example(tmp_path: Path) -> None:
    files.write_file(tmp_path / "abc", b"abc")  # FIPS 180-2, appendix B.1
    assert files.sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_writer_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    files.write_file(path, b"old")
    with pytest.raises(ZeroDivisionError), files.replacing(path) as temporary:
        assert temporary.suffix == ".tif"
        temporary.write_bytes(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert beside(path) == {"a.tif"}


REFUSED = {errno.ENOSPC: "output-disk-full", errno.EACCES: "output-in-use", errno.EIO: "output-write-failed"}


@pytest.mark.parametrize(("number", "code"), REFUSED.items())
def test_what_the_system_refuses_is_a_fault(tmp_path: Path, number: int, code: str) -> None:
    path = tmp_path / "a"
    files.write_file(path, b"old")
    with pytest.raises(BadInput) as caught, files.replacing(path):
        raise OSError(number, "no")
    assert codes(caught) == [code]
    assert path.read_bytes() == b"old"


# A result folder


def test_each_run_replaces_the_result_and_keeps_the_one_before(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    for number in "123":
        run(out, number)
    assert (version(out), version(files.previous(out))) == ("3", "2")
    assert beside(out) == {"maps", "maps.previous"}


def test_restore_undoes_and_undoes_its_undoing(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    run(out, "1")
    run(out, "2")
    (out / "README.md").write_text("kept", encoding="utf-8")
    files.restore(out)
    assert (version(out), version(files.previous(out))) == ("1", "2")
    assert (out / "README.md").read_text(encoding="utf-8") == "kept"
    files.restore(out)
    assert (version(out), version(files.previous(out))) == ("2", "1")


def test_nothing_to_restore(tmp_path: Path) -> None:
    run(tmp_path / "maps", "1")
    with pytest.raises(BadInput) as caught:
        files.restore(tmp_path / "maps")
    assert codes(caught) == ["nothing-to-restore"]


def test_a_changed_previous_result_is_not_restored_and_says_why(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    run(out, "1")
    (out / "tables/a.csv").write_text("mine", encoding="utf-8")
    run(out, "2")
    with pytest.raises(BadInput) as caught:
        files.restore(out)
    (fault,) = caught.value.faults
    assert (fault.code, fault.at.file, fault.found) == ("previous-changed", str(files.previous(out)), "tables/a.csv")
    assert version(out) == "2" and (files.previous(out) / "tables/a.csv").read_text(encoding="utf-8") == "mine"


def test_what_somebody_had_changed_is_told_when_it_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    run(out, "1")
    (out / "tables/a.csv").write_text("mine", encoding="utf-8")
    (out / "tables/b.csv").unlink()
    run(out, "2")
    (told,) = files.replaced_changes(out)
    # What was deleted is not lost by the replacement.
    assert (told.code, told.found, told.severity) == ("replaced-changed", "tables/a.csv", "warning")
    assert told.values["previous"] == str(files.previous(out))
    run(out, "3")
    assert files.replaced_changes(out) == []


def test_a_readme_is_carried_over(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    out.mkdir()
    (out / "README.md").write_text("mine", encoding="utf-8")
    run(out, "1")
    assert beside(out) == {"maps"}  # a README.md alone is no earlier result
    run(out, "2")
    assert (out / "README.md").read_text(encoding="utf-8") == "mine"
    assert version(files.previous(out)) == "1"


def test_a_run_that_fails_changes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    run(out, "1")
    with pytest.raises(ZeroDivisionError), files.staged(out) as part:
        fill(part, "2")
        raise ZeroDivisionError
    assert version(out) == "1"
    assert beside(out) == {"maps"}


def test_a_result_whose_files_are_not_what_its_record_says_is_not_put_in_place(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    with pytest.raises(RuntimeError), files.staged(out) as part:
        fill(part, "1")
        (part / "tables/a.csv").write_bytes(b"torn")
    assert beside(out) == set()


@pytest.mark.parametrize("name", ["informe.docx", "tables/notas.txt"])
def test_files_of_others_are_not_replaced(tmp_path: Path, name: str) -> None:
    out = tmp_path / "maps"
    run(out, "1")
    (out / name).write_text("hours of work", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        run(out, "2")
    assert codes(caught) == ["output-foreign"]
    assert caught.value.faults[0].found == name
    assert [fault.code for fault in files.refusals(out)] == ["output-foreign"]
    assert (out / name).read_text(encoding="utf-8") == "hours of work"


def test_a_folder_of_others_that_has_the_name_of_the_previous_result_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    files.previous(out).mkdir()
    (files.previous(out) / "tesis.docx").touch()
    with pytest.raises(BadInput) as caught:
        run(out, "1")
    assert codes(caught) == ["output-foreign"]


def test_what_a_file_manager_leaves_is_no_file_of_others(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    run(out, "1")
    for name in (".DS_Store", "Thumbs.db", "~$tables.xlsx", "envgis.gpkg-wal"):
        (out / name).touch()
    run(out, "2")
    assert version(out) == "2"


def test_a_file_is_no_output_folder(tmp_path: Path) -> None:
    (tmp_path / "maps").touch()
    with pytest.raises(BadInput) as caught:
        run(tmp_path / "maps", "1")
    assert codes(caught) == ["output-not-folder"]


# Two runs at once

HOLD = """
import sys
from pathlib import Path
from envgis import files
with files.staged(Path(sys.argv[1])) as part:
    print("in", flush=True)
    sys.stdin.readline()
    files.write_file(part / "a", b"first")
    files.write_file(part / "run.json", b'{"version": "first", "outputs": {"a": "%s"}}' % files.sha256(part / "a").encode())
"""


def test_two_runs_at_once(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "in\n"
        with pytest.raises(BadInput) as caught:
            run(out, "second")
        assert codes(caught) == ["output-busy"]
        assert [fault.code for fault in files.refusals(out)] == ["output-busy"]  # must not take the other's folder away
        first.communicate("go\n", timeout=30)
    assert first.returncode == 0
    assert version(out) == "first"


# Stops between the renames: every state they can leave


@pytest.mark.parametrize("had", [0, 1, 2])
@pytest.mark.parametrize("stop_after", range(4))
def test_a_stop_between_the_renames_is_repaired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, had: int, stop_after: int) -> None:
    out = tmp_path / "maps"
    for number in range(had):
        run(out, f"old{number}")
    renames = 0
    rename = files._rename

    class Stopped(BaseException):
        pass

    def stopping(source: Path, target: Path) -> None:
        nonlocal renames
        if source.is_dir():
            if renames == stop_after:
                raise Stopped
            renames += 1
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(files, "_rename", stopping)
        patch.setattr(files, "_repair", lambda out: None)
        with contextlib.suppress(Stopped):
            run(out, "new")
    assert files.refusals(out) == []
    if out.exists():
        assert version(out) in {"new", f"old{had - 1}"}
    else:
        assert had == 0
    if had == 2:
        assert version(files.previous(out)) == ("old1" if version(out) == "new" else "old0")
    assert beside(out) <= {"maps", "maps.previous"}


@pytest.mark.parametrize("stop_after", range(3))
def test_a_stop_while_restoring_is_repaired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int) -> None:
    out = tmp_path / "maps"
    run(out, "1")
    run(out, "2")
    rename, done = files._rename, []

    def stopping(source: Path, target: Path) -> None:
        if source.is_dir() and len(done) == stop_after:
            raise KeyboardInterrupt
        rename(source, target)
        done.append(target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(files, "_rename", stopping)
        files.restore(out)
    assert files.refusals(out) == []
    assert {version(out), version(files.previous(out))} == {"1", "2"}
    assert beside(out) == {"maps", "maps.previous"}


# Read-only: root may write anywhere, so a child gives its rights away first

READ_ONLY = """
import os, sys
from pathlib import Path
from envgis import files
from envgis.faults import BadInput
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    with files.staged(Path(sys.argv[1])):
        print("written")
except BadInput as stop:
    print(*[fault.code for fault in stop.faults], *[fault.code for fault in files.refusals(Path(sys.argv[1]))])
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no users to become")
@pytest.mark.parametrize("exists", [True, False])
def test_a_read_only_output_folder(tmp_path: Path, exists: bool) -> None:
    for folder in (tmp_path, *tmp_path.parents[:-2]):  # the other user must be able to come here at all
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    out = tmp_path / "maps"
    if exists:
        out.mkdir(mode=0o555)
    tmp_path.chmod(0o555)
    told = subprocess.run([sys.executable, "-B", "-c", READ_ONLY, str(out)], capture_output=True, text=True, check=True)
    tmp_path.chmod(0o755)
    assert told.stdout.split() == ["output-read-only", "output-read-only"]
    assert not any(out.iterdir()) if exists else not out.exists()


# A disk that is full: a limit on the size of a file does the same to a writer

FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from pyproj import CRS
from envgis import files
from envgis.faults import BadInput
from envgis.grid import Grid
from envgis.publish import geopackage, rasters
import sample

out = Path(sys.argv[1])
grid = Grid(CRS.from_epsg(32615), 600_000.0, 1_660_000.0, 10.0, 10.0, 2000, 2000)
noise = np.random.default_rng(0).integers(0, 6, grid.shape, dtype=np.uint8)
found = sample.assessment()
writers = {
    "bytes": lambda: files.write_file(out / "bytes", b"x" * 1_000_000),
    "raster": lambda: rasters.write_cog(out / "raster", grid, lambda w: noise[w.row : w.row + w.rows], {}),
    "geopackage": lambda: files.write_file(out / "geopackage", geopackage.render(found)),
}
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    writers[sys.argv[2]]()
except BadInput as stop:
    print("refused", *[fault.code for fault in stop.faults])
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
@pytest.mark.parametrize("what", ["bytes", "raster", "geopackage"])
@pytest.mark.parametrize("limit", [1_000, 50_000, 120_000])
def test_a_full_disk_is_a_fault_and_the_old_file_stays(tmp_path: Path, what: str, limit: int) -> None:
    (tmp_path / what).write_bytes(b"old")
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    told = subprocess.run([sys.executable, "-c", FULL, str(tmp_path), what, str(limit)], capture_output=True, text=True, env=here, check=False)
    assert told.stdout.split() == ["refused", "output-write-failed"], told.stderr
    assert (tmp_path / what).read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == [what]


def test_a_disk_without_room_is_called_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_is_full", lambda path: True)
    with pytest.raises(BadInput) as caught, files.told(tmp_path / "a", ZeroDivisionError):
        raise ZeroDivisionError
    assert codes(caught) == ["output-disk-full"]


@pytest.mark.parametrize(
    ("name", "code"), [("/", "output-whole-disk"), ("maps/tables", "output-inside-result"), ("maps.previous", "output-previous")]
)
def test_places_that_are_no_folder_of_their_own(tmp_path: Path, name: str, code: str) -> None:
    """Found by trying: a stack trace; a lock left inside a result, which then counted as changed; a result that the next run replaced."""
    out = tmp_path / "maps"
    run(out, "1")
    run(out, "2")
    place = tmp_path / name if name != "/" else Path(tmp_path.anchor)
    assert [fault.code for fault in files.refusals(place)] == [code]
    with pytest.raises(BadInput) as caught:
        run(place, "3")
    assert codes(caught) == [code]
    assert version(out) == "2" and beside(out) == {"maps", "maps.previous"} and files.refusals(out) == []


def test_a_probe_left_by_a_kill_is_no_foreign_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "maps"
    run(out, "1")
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    assert files.refusals(out) == []
    monkeypatch.undo()
    assert [path.name for path in out.iterdir() if path.name.startswith(".envgis-")]
    run(out, "2")
    assert version(out) == "2"
