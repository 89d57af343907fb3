"""`envgis run` killed at twenty random instants: the old result or the new one, never half of one."""

from __future__ import annotations

import bisect
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import small_workspace

from envgis import files, pipeline, provenance

# Putting a result in place takes half a millisecond: so slowed down, instants fall between its steps, whatever they are.
RUN = """
import sys, time
pauses = {"os.rename": 0.1, "os.mkdir": 0.01, "os.remove": 0.01, "os.rmdir": 0.01, "shutil.copyfile": 0.01}
written = False
def slowly(event, values):
    global written
    if written and event in pauses:  # sleeping is an event, too
        time.sleep(pauses[event])
    written |= event == "os.rename" and str(values[1]).endswith("run.json")
sys.addaudithook(slowly)
from envgis.cli import main
main(["run", sys.argv[1]])
"""
# While it reads and counts, while it fills a folder beside the result, while it puts that folder in the result's place.
KILLS = {"counts": 10, "writes": 5, "swaps": 5}


def start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", RUN, str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def staging(folder: Path) -> Path | None:
    """The folder in which a run gathers its result."""
    return next(folder.glob("maps.part-*"), None)


def open_ends(folder: Path) -> bool:
    """Whether a run has something left to do."""
    return staging(folder) is not None or any(folder.glob("maps.old-*"))


def progress(folder: Path) -> int:
    """How far a run has come: 0 before it writes, then one for the folder and one for each whole file in it."""
    part = staging(folder)
    return 0 if part is None else 1 + sum(".part-" not in name for _, _, names in os.walk(part) for name in names)


@dataclass(frozen=True)
class Course:
    """An undisturbed run. reached : when it first came so far, from 0 on; swapped : when the new result was in place [s]"""

    reached: tuple[float, ...]
    swapped: float

    def instants(self, phase: str) -> list[float]:
        """Random ones, one in each of so many equal parts of a phase."""
        count, bounds = KILLS[phase], (0.0, self.reached[1], self.reached[-1], self.swapped)
        begin, end = dict(zip(KILLS, itertools.pairwise(bounds), strict=True))[phase]
        dice = random.Random(phase)
        return [begin + (i + dice.random()) / count * (end - begin) for i in range(count)]


def watch(folder: Path) -> Course:
    began = time.perf_counter()
    reached, swapped = [0.0], 0.0
    with start(folder) as child:
        while child.poll() is None:
            far, now = progress(folder), time.perf_counter() - began
            reached += [now] * (far + 1 - len(reached))
            swapped = now if open_ends(folder) else swapped
            time.sleep(0.001)
    assert child.returncode == 0 and swapped > reached[20]
    return Course(tuple(reached), swapped)


def kill(folder: Path, course: Course, instant: float) -> None:
    """Kill a run at an instant of that course; a slower or faster one at the same step, as long after its begin."""
    step = bisect.bisect(course.reached, instant) - 1
    with start(folder) as child:
        while progress(folder) < step and child.poll() is None:
            time.sleep(0.001)
        time.sleep(instant - course.reached[step])
        child.kill()


def version(out: Path) -> str | None:
    """The name under which a result was made, every file of it being what its record says; None if there is none."""
    if not out.exists():
        return None
    assert provenance.verify(out) == []
    return str(json.loads((out / files.RECORD).read_text(encoding="utf-8"))["workspace"])


def name(folder: Path, new: str) -> None:
    (folder / "envgis.toml").write_text(small_workspace.TOML.replace("Dos municipios", new), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = small_workspace.write(tmp_path_factory.mktemp("killed"))
    for _ in range(2):  # so that there is a result before the one before; and compiled once is compiled
        pipeline.run(folder, tables_only=True)
    return folder


@pytest.fixture(scope="module")
def course(folder: Path) -> Course:
    return watch(folder)


@pytest.mark.parametrize("phase", KILLS)
def test_killed_at_random_instants(folder: Path, course: Course, phase: str) -> None:
    out, inputs = folder / "maps", {path.name for path in folder.iterdir() if not path.name.startswith(("maps", ".maps"))}
    hits, betweens = [], 0
    for i, instant in enumerate(course.instants(phase)):
        if i % 4 == 1:  # the first run of all
            shutil.rmtree(out)
            shutil.rmtree(files.previous(out))
        old, new = version(out), f"{phase} {i}"
        name(folder, new)
        kill(folder, course, instant)
        found, part = version(out), staging(folder)
        waits = found is None and part is not None and files.whole(part)  # killed between the last two renames
        assert waits or found in {old, new}
        assert old is None or not waits or version(files.previous(out)) == old
        betweens += waits and old is not None
        hits.append(open_ends(folder) == (phase != "counts"))

        pipeline.run(folder, tables_only=True)
        assert version(out) == new and provenance.verify(out, folder) == []
        assert version(files.previous(out)) == (new if waits else found)
        assert {path.name for path in folder.iterdir()} <= inputs | {"maps", "maps.previous", ".maps.lock"}
    # Else the instants would test something else than their phase.
    assert sum(hits) > len(hits) / 2 and (betweens or phase != "swaps")


STAGED = """
import json, sys
from pathlib import Path
from envgis import files
out, version = Path(sys.argv[1]), int(sys.argv[2])
with files.staged(out) as part:
    files.write_file(part / "a.csv", b"%d" % version * 50_000)
    outputs = {"a.csv": files.sha256(part / "a.csv")}
    files.write_file(part / "run.json", json.dumps({"version": version, "outputs": outputs}).encode())
"""


def test_many_starts_at_once_leave_one_whole_result(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    children = [subprocess.Popen([sys.executable, "-c", STAGED, str(out), str(i)], stderr=subprocess.DEVNULL) for i in range(4)]
    codes = [child.wait() for child in children]
    assert files.whole(out)
    assert codes[json.loads((out / files.RECORD).read_text(encoding="utf-8"))["version"]] == 0
