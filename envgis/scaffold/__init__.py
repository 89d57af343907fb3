"""``init``: looks at a folder and writes a commented envgis.toml. It guesses only what can be checked, and says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from envgis import files
from envgis.faults import BadInput, Fault, Place
from envgis.locale import leading
from envgis.scaffold import look, settings
from envgis.scaffold.demo import write_demo
from envgis.scaffold.look import Finding
from envgis.workspace import FILE

__all__ = ["BATCH", "Finding", "Proposal", "propose", "write", "write_demo"]

BATCH = "envgis-run.bat"


@dataclass(frozen=True)
class Proposal:
    """What `init` would write.

    text : envgis.toml, commented; `envgis.workspace.parse` reads it
    extra : files beside it, by name: a legend to fill in, the file to double-click on Windows
    findings : every file that was looked at, what it is and what it was taken for
    faults : what is told besides
    """

    text: str
    extra: Mapping[str, bytes]
    findings: tuple[Finding, ...]
    faults: tuple[Fault, ...] = ()


def propose(folder: Path, *, today: dt.date, language: Literal["es", "en", "both"] = "es") -> Proposal:
    """Look at the files of a folder and propose its workspace. Nothing is written.

    today : the day on which actions will count as in force, until somebody changes it in the file
    language : of the results; the comments are in it, Spanish for "both"

    Raises BadInput if there is no such folder.
    """
    if not folder.is_dir():
        raise BadInput([Fault("workspace-no-folder", found=str(folder))])
    words = leading(language)
    seen = look.at(folder)
    skeletons = {seen.landuse.legend: settings.legend(seen.landuse.classes)} if seen.landuse and seen.landuse.legend_is_new else {}
    text = settings.text(seen, folder.resolve().name, today, language, words)
    return Proposal(text, {**skeletons, BATCH: settings.batch(words)}, tuple(seen.findings), tuple(_wanting(seen, folder)))


def _wanting(seen: look.Seen, folder: Path) -> Iterator[Fault]:
    """What a run needs and was not found: its line in envgis.toml names a file that is not there."""
    if seen.unplaced is not None:
        yield seen.unplaced
    without = not (seen.municipalities or seen.unplaced)
    if without and not seen.hazards:
        yield Fault("init-nothing-found", Place(str(folder)), severity="warning")
    elif without:
        yield Fault("init-no-municipalities", Place(str(folder)), severity="warning")
    elif not seen.hazards:
        yield Fault("init-no-hazard", Place(str(folder)), severity="warning")


def write(proposal: Proposal, folder: Path, *, replace: bool = False) -> list[Path]:
    """Write a proposal into its folder; files that are there stay, the old envgis.toml beside the new one.

    Returns what was written. Raises BadInput if there is an envgis.toml and ``replace`` is not set, or if the folder
    cannot be written to.
    """
    target = folder / FILE
    if target.exists() and not replace:
        raise BadInput([Fault("workspace-exists", Place(str(target)))])
    try:
        return _write(proposal, folder, target)
    except BadInput as stop:  # what it advises is for a run's output
        raise BadInput([Fault("init-not-written", Place(str(folder)), fault.found) for fault in stop.faults]) from stop


def _write(proposal: Proposal, folder: Path, target: Path) -> list[Path]:
    if target.exists():
        with files.told(target):
            old = target.read_bytes()
        files.write_file(target.with_name(f"{FILE}.previous"), old)
    written = [target]
    files.write_file(target, proposal.text.encode("utf-8"))
    for name, content in proposal.extra.items():
        if not (folder / name).exists():
            files.write_file(folder / name, content)
            written.append(folder / name)
    return written
