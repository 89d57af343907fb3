"""Every example in a docstring runs and shows what it says, and whatever a library's user may call has one.

In the examples ``workspace`` is the path of a small workspace, as on the library's page.
"""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import small_workspace

import envgis

MODULES = ["envgis", *sorted(m.name for m in pkgutil.walk_packages(envgis.__path__, "envgis.") if not m.name.endswith("__main__"))]
# The rooms that work alone, on values in memory, and those that read a user's files into values.
ROOMS = (
    "actions", "adaptation", "assessment", "blocks", "checks", "faults", "grid", "landuse", "ledger", "levels", "misfits", "pipeline", "planning",
    "population", "provenance", "resample", "sources", "tables", "workspace", "zones",
)  # fmt: skip
# Modules and functions of theirs without an example, and why.
WITHOUT = {
    "envgis.actions.counted": "steps of intake.take and sites.take_sites, which show what comes of them",
    "envgis.sources.file_layer": "the inside of what rasters.open_layer gives",
    "envgis.sources.hazard_maps": "steps of inputs.gather, on one [[hazard]]",
    "envgis.sources.landuse_files": "a step of inputs.gather, on [landuse]",
    "envgis.sources.survey": "a step of inputs.gather, on a raster that it has opened",
    "envgis.sources.safety.apply": "shuts GDAL's doors for the rest of the process, and of the tests",
}


def functions(module: ModuleType) -> Iterator[tuple[str, str]]:
    """The public functions that a module itself holds, those with a cache too: name and docstring."""
    for name, value in sorted(vars(module).items()):
        plain = inspect.unwrap(value) if callable(value) and not inspect.isclass(value) else None
        if inspect.isfunction(plain) and plain.__module__ == module.__name__ and not name.startswith("_"):
            yield name, plain.__doc__ or ""


def silent(names: list[str]) -> set[str]:
    """The functions of some modules that have no example."""
    return {f"{name}.{function}" for name in names for function, text in functions(importlib.import_module(name)) if ">>>" not in text}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_workspace.write(tmp_path_factory.mktemp("examples") / "workspace")


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, written: Path, tmp_path: Path) -> None:
    given = {"workspace": Path(shutil.copytree(written, tmp_path / "workspace"))}  # a copy: some examples write into it
    module = importlib.import_module(name)
    seen = {one.name for one in doctest.DocTestFinder().find(module) if one.examples}
    assert {f"{name}.{function}" for function, text in functions(module) if ">>>" in text} <= seen
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS, extraglobs=given)
    assert result.failed == 0


@pytest.mark.parametrize("room", ROOMS)
def test_every_function_of_a_room_has_an_example(room: str) -> None:
    names = [name for name in MODULES if name.split(".")[1:2] == [room]]
    assert names
    assert {name for name in silent(names) if name not in WITHOUT and name.rpartition(".")[0] not in WITHOUT} == set()


def test_no_exception_is_left_over() -> None:
    still = silent(MODULES)
    assert {name for name in WITHOUT if name not in still and not any(one.startswith(f"{name}.") for one in still)} == set()


def test_the_library_s_own_names_have_examples() -> None:
    for name in envgis.__all__:
        found = getattr(envgis, name)
        assert name == "Assessment" or ">>>" in (found.__doc__ or ""), name  # which is what `assess`, with an example, gives


def test_no_example_is_skipped() -> None:
    finder = doctest.DocTestFinder()
    examples = [example for name in MODULES for test in finder.find(importlib.import_module(name)) for example in test.examples]
    assert len(examples) > 400
    assert not [example.source for example in examples if doctest.SKIP in example.options]
