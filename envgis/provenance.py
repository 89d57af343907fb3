"""What a run was made of, and whether that is still so: run.json, and checking it again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal

from envgis import files
from envgis.faults import BadInput, Fault, Message, Place
from envgis.locale import LANGUAGES, sentence
from envgis.workspace import FILE, Workspace, parse

# These decide the numbers; a run's name changes with them.
_LIBRARIES = ("envgis", "numpy", "pandas", "shapely", "pyproj", "rasterio", "pyogrio", "numba", "odc-geo", "pyarrow")
_NAMED_BY = ("inputs", "parameters", "versions")

State = Literal["missing", "changed", "extra"]
Role = Literal["input", "output", "settings", "record"]


@dataclass(frozen=True)
class Change:
    """One thing that is no longer as run.json says.

    state : "missing", "changed", or "extra" (a file in the output folder that no run wrote)
    role : "input", "output", "settings" (envgis.toml), "record" (run.json itself)
    name : the file, relative to the workspace or to the output folder
    """

    state: State
    role: Role
    name: str

    @property
    def message(self) -> Message:
        """The change as a sentence to be said."""
        return Message(f"verify.{self.role}.{self.state}", {"name": self.name})


def record(
    workspace: Workspace,
    inputs: Iterable[tuple[str, str]],
    warnings: Iterable[Fault] = (),
    started: dt.datetime | None = None,
) -> dict[str, Any]:
    """What becomes run.json, but for the outputs, which are known only when they are written.

    inputs : (name relative to the workspace, SHA-256) of every file that was read
    started : when; not part of the run's name, so that the same inputs give the same name

    The run_id is the first eight digits of a hash of inputs, parameters and versions. Paths from outside the workspace
    are cut to their last part: a published record names no folder of anybody's computer.

    >>> from envgis.sources.workspace_file import read_workspace
    >>> made_of = record(read_workspace(workspace), [("l.tif", "0" * 64)])
    >>> made_of["workspace"], list(made_of["inputs"]), len(made_of["run_id"])
    ('Dos municipios', ['l.tif'], 8)
    """
    made_of = {"inputs": _by_name(inputs), "parameters": _parameters(workspace), "versions": versions()}
    return {
        "run_id": _run_id(made_of),
        "workspace": workspace.workspace.name,
        **({"started": started.isoformat(timespec="seconds")} if started else {}),
        **made_of,
        "warnings": [_warning(fault) for fault in warnings],
    }


def render(content: Mapping[str, Any], outputs: Mapping[str, str]) -> bytes:
    """run.json: a record and the outputs (relative name → SHA-256).

    >>> json.loads(render({"run_id": "0123abcd"}, {"tables/b.csv": "22", "tables/a.csv": "11"}))
    {'run_id': '0123abcd', 'outputs': {'tables/a.csv': '11', 'tables/b.csv': '22'}}
    """
    return (json.dumps({**content, "outputs": dict(sorted(outputs.items()))}, ensure_ascii=False, indent=1) + "\n").encode()


def versions() -> dict[str, str]:
    """Versions of all that decides the numbers. rasterio and pyogrio each bring their own GDAL, rasterio its own PROJ.

    >>> {"envgis", "numpy", "proj (pyproj)", "gdal (rasterio)"} <= set(versions())
    True
    """
    import pyogrio
    import pyproj
    import rasterio
    import shapely

    native = {
        "python": platform.python_version(),
        "geos (shapely)": shapely.geos_version_string,
        "proj (pyproj)": pyproj.proj_version_str,
        "proj (rasterio)": str(rasterio.__proj_version__),
        "gdal (rasterio)": str(rasterio.__gdal_version__),
        "gdal (pyogrio)": ".".join(map(str, pyogrio.__gdal_version__)),
    }
    return dict(sorted({**{name: version(name) for name in _LIBRARIES}, **native}.items()))


def verify(out: Path, folder: Path | None = None) -> list[Change]:
    """What changed since the run that wrote ``out``: every input, the settings and every output are hashed again.

    folder : the workspace; None leaves inputs and settings unchecked, as for a result that was sent to somebody

    Raises BadInput if ``out`` holds no run.json.

    >>> from envgis.pipeline import run
    >>> a = run(workspace, out=workspace / "results", tables_only=True)
    >>> verify(workspace / "results", workspace)
    []
    >>> (workspace / "results" / "tables.xlsx").unlink()
    >>> [(change.state, change.role, change.name) for change in verify(workspace / "results")]
    [('missing', 'output', 'tables.xlsx')]
    """
    try:
        known = json.loads((out / files.RECORD).read_text(encoding="utf-8"))
        outputs, inputs = dict(known["outputs"]), dict(known["inputs"])
        same_name = known["run_id"] == _run_id(known)
    except (OSError, ValueError, KeyError, TypeError):
        raise BadInput([Fault("no-run-record", Place(str(out)))]) from None
    changes = [] if same_name else [Change("changed", "record", files.RECORD)]
    changes += _compare(out, outputs, "output")
    changes += [Change("extra", "output", name) for name in files.extra_files(out)]
    if folder is not None:
        settings = _settings(folder)
        outside = dict(_absolute_paths(settings.model_dump())) if settings else {}
        changes += _compare(folder, inputs, "input", outside)
        if settings is None or _deciding(_parameters(settings)) != _deciding(known.get("parameters")):
            changes.append(Change("changed", "settings", FILE))
    return changes


def _compare(folder: Path, digests: Mapping[str, str], role: Role, outside: Mapping[str, str] | None = None) -> Iterator[Change]:
    for name, digest in digests.items():
        try:
            if files.sha256(folder / (outside or {}).get(name, name)) != digest:
                yield Change("changed", role, name)
        except OSError:
            yield Change("missing", role, name)


def _settings(folder: Path) -> Workspace | None:
    try:
        return parse((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, BadInput):
        return None


def _run_id(content: Mapping[str, Any]) -> str:
    text = json.dumps({key: content[key] for key in _NAMED_BY}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _parameters(workspace: Workspace) -> Any:
    return _without_folders(workspace.model_dump(mode="json", exclude_none=True))


def _deciding(parameters: Any) -> Any:
    """Parameters but the language, which a run may be given beside its file and which changes no figure."""
    if not isinstance(parameters, dict) or not isinstance(parameters.get("workspace"), dict):
        return parameters  # no run wrote that
    general = {key: value for key, value in parameters["workspace"].items() if key != "language"}
    return {**parameters, "workspace": general}


def _by_name(inputs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return dict(sorted((_published(name), digest) for name, digest in inputs))


def _without_folders(value: Any) -> Any:
    if isinstance(value, str):
        return _published(value)
    if isinstance(value, dict):
        return {key: _without_folders(item) for key, item in value.items()}
    return [_without_folders(item) for item in value] if isinstance(value, list) else value


def _absolute_paths(value: Any) -> Iterator[tuple[str, str]]:
    """Published name and path of everything that the settings name outside the workspace."""
    if isinstance(value, str) and _published(value) != value:
        yield _published(value), value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _absolute_paths(item)


def _published(name: str) -> str:
    windows = PureWindowsPath(name)
    if windows.drive:
        return f"…/{windows.name}"
    return f"…/{PurePosixPath(name).name}" if name.startswith("/") else name


def _warning(fault: Fault) -> dict[str, Any]:
    at = {"file": fault.at.file, "layer": fault.at.layer, "row": fault.at.row, "column": fault.at.column}
    what = {str(language): sentence(fault.message, language) for language in LANGUAGES}
    return {"code": fault.code, **{key: value for key, value in at.items() if value is not None}, **what}
