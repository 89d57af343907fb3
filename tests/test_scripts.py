"""The two commands: what they need, what they say when it is missing."""

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ["environment", "demo", "test"]


@pytest.fixture
def environment(tmp_path: Path) -> ModuleType:
    """scripts/environment.py as it would be in a project in another place, with a lock and no environment yet."""
    for name in ("scripts/environment.py", "lock/run.txt", "lock/dev.txt", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    spec = importlib.util.spec_from_file_location("environment_elsewhere", tmp_path / "scripts/environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert tmp_path == module.ROOT
    return module


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_old_python_can_read_it(name: str) -> None:
    source = (ROOT / "scripts" / f"{name}.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))
    assert "from __future__ import annotations" in source  # else list[str] in a signature stops Python 3.8


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_needs_nothing_installed(name: str) -> None:
    tree = ast.parse((ROOT / "scripts" / f"{name}.py").read_text(encoding="utf-8"))
    imported = {alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert imported - {"environment"} <= set(sys.stdlib_module_names)


def test_too_old_a_python_is_said_in_one_sentence(environment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 20))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit) as stop:
        environment.prepare("run")
    english, spanish = str(stop.value).split("\n")
    assert english.startswith("This Python is 3.8 and envgis needs 3.11")
    assert spanish.startswith("Este Python es 3.8 y envgis necesita 3.11")


def test_an_old_python_finds_a_newer_one(environment: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    newer = tmp_path / ("python3.12.exe" if os.name == "nt" else "python3.12")
    newer.touch(mode=0o755)
    monkeypatch.setattr(sys, "version_info", (3, 8, 20))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment._base() == str(newer)


def test_without_any_tool_the_missing_package_is_named(environment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(environment, "_has", lambda python, module: module == "venv")
    with pytest.raises(SystemExit) as stop:
        environment.prepare("run")
    assert "sudo apt install python3-venv" in str(stop.value)
    assert not environment.VENV.exists()


@pytest.mark.parametrize(
    ("uv", "modules", "made_by"),
    [(True, set(), "uv"), (False, {"venv", "ensurepip", "pip"}, "venv --clear"), (False, {"venv", "pip"}, "--without-pip")],
)
def test_the_first_tool_that_is_there_makes_the_environment(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch, uv: bool, modules: set[str], made_by: str
) -> None:
    monkeypatch.setattr(environment.shutil, "which", lambda name: "uv" if uv and name == "uv" else None)
    monkeypatch.setattr(environment, "_has", lambda python, module: module in modules)
    tools = environment._tools(sys.executable)
    assert tools is not None
    assert made_by in " ".join(tools[0])


def test_a_second_start_installs_nothing(environment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    done = {"run": environment._wanted("run", sys.executable)}
    environment.BIN.mkdir(parents=True)
    environment.PYTHON.touch()
    environment.STAMP.write_text(json.dumps(done), encoding="utf-8")
    monkeypatch.setattr(environment, "_do", lambda *_: pytest.fail("it installed again"))
    assert environment.prepare("run") == environment.PYTHON


@pytest.mark.parametrize("name", ["lock/run.txt", "pyproject.toml"])
def test_another_lock_is_another_environment(environment: ModuleType, name: str) -> None:
    before = environment._wanted("run", sys.executable)
    with (environment.ROOT / name).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    assert environment._wanted("run", sys.executable) != before


def test_an_installation_that_fails_says_why_and_does_not_pass_for_a_whole_one(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    environment.BIN.mkdir(parents=True)
    environment.STAMP.write_text("{}", encoding="utf-8")
    fail = [sys.executable, "-c", "import sys; sys.exit('no such host')"]
    monkeypatch.setattr(environment, "_tools", lambda base: (fail, fail))
    with pytest.raises(SystemExit) as stop:
        environment.prepare("run")
    assert "could not" in str(stop.value)
    assert "no such host" in capfd.readouterr().err
    assert not environment.STAMP.exists()


@pytest.mark.parametrize("name", ["run", "dev"])
def test_the_lock_is_pinned_hashed_and_names_no_host(name: str) -> None:
    text = (ROOT / "lock" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    requirements = re.split(r"\n(?=\S)", text.replace("\\\n", ""))
    pinned = [entry for entry in requirements if "==" in entry]
    assert len(pinned) > 40
    assert all("--hash=sha256:" in entry for entry in pinned)


def test_everybody_but_intel_macs_gets_the_newest_compiler() -> None:
    pins = re.findall(r"^numba==(\S+) ; (.*?) \\", (ROOT / "lock/run.txt").read_text(encoding="utf-8"), re.MULTILINE)
    by_marker = {"darwin' \\" in f"{marker} \\" and "!=" not in marker: version for version, marker in pins}
    assert by_marker[True].startswith("0.62.")
    assert by_marker[False] > "0.63"


def test_both_locks_agree() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9-]+==\S+)", (ROOT / "lock" / f"{name}.txt").read_text(encoding="utf-8"), re.MULTILINE))

    assert pins("run") <= pins("dev")


def test_what_ci_runs_is_bash_that_parses() -> None:
    subprocess.run(["bash", "-n", str(ROOT / ".ci/run")], check=True)
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_ci_without_the_real_data_fails_in_one_sentence() -> None:
    here = {**os.environ, "ENVGIS_TEST_DATA": "/nowhere/at/all"}
    told = subprocess.run(["bash", str(ROOT / ".ci/run")], capture_output=True, text=True, env=here, check=False)
    assert told.returncode == 1
    assert told.stdout == ""
    assert told.stderr == "The real data are missing: set ENVGIS_TEST_DATA to their folder (/nowhere/at/all is none).\n"
