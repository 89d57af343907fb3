"""What is packed: the demonstration's layers, and nothing that a run left beside them."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from envgis import scaffold

ROOT = Path(__file__).resolve().parent.parent
DEMO = "envgis/data/demo/"
# As runs, a screening and a stop leave them in a checkout.
LEFT = (
    "layers/maps/run.json", "layers/maps/tables/adaptation.csv", "layers/maps.previous/run.json", "layers/maps.part-0123abcd/a.csv",
    "layers/.maps.lock", "layers/actions/.sitios-screened.lock", "envgis/.maps.lock", ".maps.lock", "maps/index.html",
)  # fmt: skip


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel that is built from a checkout in which somebody has been at work."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, checkout)
    for name in ("envgis", "layers"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in LEFT:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("{}", encoding="utf-8")
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    told = subprocess.run([sys.executable, "-c", build, str(checkout / "dist")], cwd=checkout, capture_output=True, text=True, check=True)
    with zipfile.ZipFile(checkout / "dist" / told.stdout.split()[-1]) as wheel:
        return set(wheel.namelist())


def test_the_demo_is_packed_as_it_is_copied(packed: set[str], tmp_path: Path) -> None:
    scaffold.write_demo(tmp_path / "demo")
    layers = {path.relative_to(tmp_path / "demo").as_posix() for path in (tmp_path / "demo").rglob("*") if path.is_file()}
    assert {name.removeprefix(DEMO) for name in packed if name.startswith(DEMO)} == layers
    assert {"envgis.toml", "actions/kobo_acciones.csv"} <= layers


def test_what_runs_left_is_not(packed: set[str]) -> None:
    assert [name for name in packed if name.endswith(".lock") or "/maps" in name] == []


def test_all_that_the_program_reads_is_packed(packed: set[str]) -> None:
    """Code, sentences, tables, pages: every file of the package but the one that a run left in it."""
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "envgis").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {name for name in packed if not name.startswith(DEMO) and ".dist-info/" not in name} == ours - {"envgis/.maps.lock"}
