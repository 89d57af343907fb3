"""The demonstration workspace, copied to where somebody can try it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from pathlib import Path

from envgis import files
from envgis.faults import BadInput, Fault, Place
from envgis.workspace import FILE


def write_demo(folder: Path) -> None:
    """Copy the demonstration workspace into ``folder``, which must be new or empty.

    Raises BadInput if it is not empty or cannot be written to.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput([Fault("demo-folder-not-empty", Place(str(folder)))])
    for name, source in _files(_demo(), ""):
        try:
            files.write_file(folder / name, source.read_bytes())
        except BadInput as stop:  # what it advises is for a run's output
            raise BadInput([Fault("demo-not-written", Place(str(folder)), fault.found) for fault in stop.faults]) from stop


def _demo() -> Traversable:
    """In an installed package ``envgis/data/demo``; in a clone ``layers/`` is the same folder."""
    packaged = resources("envgis.data").joinpath("demo")
    if packaged.joinpath(FILE).is_file():
        return packaged
    return Path(__file__).parents[2] / "layers"


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.startswith((".", "__")):
            continue
        if entry.is_dir():
            if not entry.joinpath(files.RECORD).is_file():  # a result, not a layer
                yield from _files(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry
