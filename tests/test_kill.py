"""A run that is killed leaves the old result or the new one, never half of one (twenty random instants)."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from envgis import files

RUN = """
import json, sys
from pathlib import Path
from envgis import files
out, version = Path(sys.argv[1]), sys.argv[2]
print("go", flush=True)
with files.staged(out) as part:
    names = [f"tables/{i}.csv" for i in range(12)]
    for name in names:
        files.write_file(part / name, (version + "\\n").encode() * 50_000)
    outputs = {name: files.sha256(part / name) for name in names}
    files.write_file(part / "run.json", json.dumps({"version": version, "outputs": outputs}).encode())
print("done", flush=True)
"""


def start(out: Path, version: str) -> subprocess.Popen[str]:
    child = subprocess.Popen([sys.executable, "-c", RUN, str(out), version], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "go\n"
    return child


def version(out: Path) -> str:
    """The one version of which every file of a result is."""
    assert files.whole(out), "half a result under the final name"
    found = {path.read_text(encoding="utf-8").split("\n")[0] for path in (out / "tables").iterdir()}
    (one,) = found
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["version"] == one
    return one


def test_killed_at_twenty_random_instants(tmp_path: Path) -> None:
    out = tmp_path / "maps"
    began = time.perf_counter()
    with start(out, "0") as child:
        child.communicate()
    took = time.perf_counter() - began
    instants = random.Random(20261124)
    old, seen = "0", set()
    for attempt in range(1, 21):
        new = str(attempt)
        with start(out, new) as child:
            time.sleep(instants.uniform(0, took))
            child.kill()
            finished = "done" in child.communicate()[0]
        if out.exists():  # before any repair, too
            assert version(out) in {old, new}
        files.repair(out)
        assert version(out) == new if finished else version(out) in {old, new}
        assert not [path for path in tmp_path.iterdir() if ".part-" in path.name or ".old-" in path.name]
        seen.add(version(out) == new)
        old = version(out)
    assert False in seen, "no kill came before the end: the instants test nothing"


@pytest.mark.parametrize("count", [4])
def test_many_starts_at_once_leave_one_whole_result(tmp_path: Path, count: int) -> None:
    out = tmp_path / "maps"
    children = [start(out, str(i)) for i in range(count)]
    for child in children:
        child.communicate()
    assert version(out) in {str(i) for i in range(count)}
    assert any(child.returncode == 0 for child in children)

PRODUCTS = """
import itertools, sys
from pathlib import Path
from envgis.publish import run_folder
import sample
print("go", flush=True)
for number in itertools.count():
    run_folder.write(sample.assessment(name=f"version {number}"), Path(sys.argv[1]))
    print(number, flush=True)
"""


@pytest.mark.parametrize("seed", range(4))
def test_killed_while_all_products_are_written(tmp_path: Path, seed: int) -> None:
    """Rasters, GeoPackage, pages and workbook, over and over, until the kill."""
    out = tmp_path / "maps"
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen([sys.executable, "-c", PRODUCTS, str(out)], stdout=subprocess.PIPE, text=True, env=here) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "go\n"
        first = child.stdout.readline()  # one whole result is there
        time.sleep(random.Random(seed).uniform(0, 2))
        child.kill()
        finished = int((first + child.stdout.read()).split()[-1])
    assert not out.exists() or files.whole(out)
    files.repair(out)
    assert files.whole(out)
    assert {path.name for path in tmp_path.iterdir()} <= {"maps", "maps.previous", ".maps.lock"}
    text = (out / "index.html").read_text(encoding="utf-8")
    assert f"version {finished}" in text or f"version {finished + 1}" in text
