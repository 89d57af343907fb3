"""What went wrong, as values: a message, a message with its place, and the one exception that carries them.

Sentences are never written here: a code names them in ``envgis/locale/faults``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Message:
    """A sentence to be said later, in the reader's language: its code and the values in it."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted((k, repr(v)) for k, v in self.values.items()))))


@dataclass(frozen=True)
class Place:
    """Where a fault lies. ``row`` is the row a person sees in the file (the header is row 1)."""

    file: str | None = None
    layer: str | None = None
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True)
class Fault:
    """A message with its place.

    code : names cause and remedy under ``envgis/locale/faults``
    at : where
    found : what stood there, as text
    values : further values of the sentences
    severity : "error" stops the job, "warning" is told and the job goes on

    >>> from envgis.locale import explain
    >>> explain(Fault("toml-missing-key", Place("envgis.toml"), values={"key": "[population] path"}), "en").what
    '“[population] path” is missing.'
    """

    code: str
    at: Place = field(default_factory=Place)
    found: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    severity: Severity = "error"

    def __hash__(self) -> int:
        return hash((self.code, self.at, self.found, self.severity))

    @property
    def message(self) -> Message:
        """The message alone, with the place and the finding among its values."""
        place = {"file": self.at.file, "layer": self.at.layer, "row": self.at.row, "column": self.at.column}
        return Message(self.code, {**place, "found": self.found, **self.values})


class BadInput(Exception):
    """The data stop the job. Carries every fault found, never only the first.

    >>> [fault.code for fault in BadInput([Fault("path-missing", found="a.tif"), Fault("path-missing", found="b.tif")]).faults]
    ['path-missing', 'path-missing']
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{f.code} ({f.at.file or f.at.layer or '-'}): {f.found}" for f in self.faults))

    def __reduce__(self) -> tuple[type[BadInput], tuple[tuple[Fault, ...]]]:
        # An exception travels between processes by its text alone, unless it says what it was made of.
        return BadInput, (self.faults,)


def errors(faults: Iterable[Fault]) -> list[Fault]:
    """Those faults that stop the job.

    >>> [fault.code for fault in errors([Fault("path-missing"), Fault("status-missing", severity="warning")])]
    ['path-missing']
    """
    return [f for f in faults if f.severity == "error"]


def stop_if_any(faults: Iterable[Fault]) -> None:
    """Raise BadInput with all faults, warnings too, if at least one of them stops the job.

    >>> stop_if_any([Fault("status-missing", severity="warning")])
    >>> stop_if_any([Fault("path-missing", Place("envgis.toml"), "a.tif")])
    Traceback (most recent call last):
    envgis.faults.BadInput: path-missing (envgis.toml): a.tif
    """
    all_faults = list(faults)
    if errors(all_faults):
        raise BadInput(all_faults)
