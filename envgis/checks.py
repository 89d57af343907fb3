"""``check``: everything that is wrong with a workspace, all at once, and what a run would count. Nothing is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from envgis import files, ledger, tables, zones
from envgis.actions.intake import take
from envgis.actions.record import SetAside
from envgis.actions.sites import take_sites
from envgis.faults import BadInput, Fault, Place, errors
from envgis.levels import Hazard
from envgis.locale import LANGUAGES, listing
from envgis.sources.file_layer import closing
from envgis.sources.inputs import Inputs, gather
from envgis.sources.workspace_file import read_workspace
from envgis.workspace import FILE, Workspace, output_folder


@dataclass(frozen=True)
class Checked:
    """What `check` found.

    faults : errors stop a run, warnings are told
    set_aside : rows of reports and sites that would go to quarantine.csv
    reports_read, sites_read : rows in the files; None where the workspace names no such files
    municipalities : how many would be in the results
    hazards : the hazard maps that can be used
    coverage : hazard map (slug) → share of the municipalities' area with data; empty if a run is not possible
    """

    workspace: Workspace | None = None
    faults: tuple[Fault, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    reports_read: int | None = None
    reports_accepted: int = 0
    sites_read: int | None = None
    sites_accepted: int = 0
    municipalities: int = 0
    hazards: tuple[Hazard, ...] = ()
    coverage: Mapping[str, float] = field(default_factory=dict)

    @property
    def runnable(self) -> bool:
        """Whether nothing stops a run."""
        return not errors(self.faults)


@closing()
def check(folder: Path, out: Path | None = None) -> Checked:
    """Check a workspace and all that it names.

    folder : the workspace; out : where a run would write, default as its ``[outputs]`` says

    >>> found = check(workspace)
    >>> found.runnable, found.municipalities, found.reports_accepted, found.reports_read
    (True, 2, 1, 3)
    >>> [fault.code for fault in check(Path("no such folder")).faults]
    ['workspace-no-folder']
    """
    try:
        workspace = read_workspace(folder)
    except BadInput as stop:
        return Checked(faults=stop.faults)
    inputs, faults = gather(workspace, folder)
    faults += _output_faults(workspace, folder, out)
    faults += _unsourced(inputs)
    reports = take(inputs.reports, workspace.actions, inputs.municipalities) if workspace.actions else None
    if reports is not None:
        faults += reports.notes
    # Where no municipality could be read no place can be judged: that is said once, not for each row.
    placed = len(inputs.municipalities) > 0
    set_aside = reports.set_aside if reports and placed else ()
    sites = 0
    if workspace.sites:
        try:
            table, sites_aside, notes = take_sites(inputs.sites, workspace.sites.columns, inputs.municipalities)
            sites, set_aside = len(table), (*set_aside, *(sites_aside if placed else ()))
        except BadInput as stop:
            notes = stop.faults
        faults += notes
    return Checked(
        workspace=workspace,
        faults=tuple(dict.fromkeys(faults)),
        set_aside=set_aside,
        reports_read=reports.rows_read if reports and placed else None,
        reports_accepted=len(reports.table) if reports else 0,
        sites_read=sum(len(file.rows) for file in inputs.sites) if workspace.sites else None,
        sites_accepted=sites,
        municipalities=len(inputs.selected),
        hazards=tuple(found.hazard for found in inputs.maps.values()),
        coverage={} if errors(faults) else _coverage(inputs),
    )


def _unsourced(inputs: Inputs) -> list[Fault]:
    """One warning that names every layer without a source; reports and sites are the user's own."""
    bare = [credit.title for credit in inputs.credits if not credit.source.strip() and credit.role not in ("actions", "sites")]
    if not bare:
        return []
    layers = {language: listing(dict.fromkeys(title[language] for title in bare), language) for language in LANGUAGES}
    return [Fault("layers-no-source", Place(FILE), values={"layers": layers}, severity="warning")]


def _output_faults(workspace: Workspace, folder: Path, out: Path | None) -> list[Fault]:
    try:
        return files.refusals(out or output_folder(workspace, folder))
    except BadInput as stop:
        return list(stop.faults)


def _coverage(inputs: Inputs) -> dict[str, float]:
    """By hazard map: the share of all selected municipalities' area with data, exactly as a run counts it."""
    areas = inputs.municipalities[inputs.municipalities["code"].isin(inputs.selected)]
    shares = {}
    for key, found in inputs.maps.items():
        counted = ledger.tabulate(zones.cover(areas, found.grid), found, codes=list(areas["code"]))
        by_code = tables.data_shares(counted, key)
        weight = dict(zip(areas["code"], areas["area_ha"], strict=True))
        shares[key.slug] = sum(by_code.get(code, 0.0) * ha for code, ha in weight.items()) / sum(weight.values())
    return shares
