"""What ``envgis check`` found, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from envgis.checks import Checked
from envgis.cli import faults, screen_text
from envgis.cli.terminal import quoted, spoken
from envgis.faults import errors
from envgis.locale import Language, phrase

# A share that is printed as 100.0 %.
_ALL = 0.9995


def tell(found: Checked, folder: Path, wanted: str | None) -> None:
    """The list of faults, the counts, and whether a run is possible."""
    language = spoken(wanted or (found.workspace.workspace.language if found.workspace else None))
    # A reason that a whole file has is one.
    reasons = list(dict.fromkeys(fault for row in found.set_aside for fault in row.faults))
    stops = errors(found.faults)
    warnings = [fault for fault in found.faults if fault.severity == "warning"]
    faults.tell(stops, language)
    if reasons:
        with screen_text.printer() as say:
            say((phrase("check.aside-head", language), "bold"))
        faults.tell(reasons, language, mark=faults.ASIDE)
    faults.tell(warnings, language)
    if stops and (reasons or warnings):
        with screen_text.printer() as say:
            say((phrase("check.stops-head", language), "bold red"))
        faults.tell(stops, language)  # once more: what came between has moved them off the screen
    with screen_text.printer() as say:
        counts = list(_counts(found, language)) if found.workspace else []
        if counts:
            say(("✓ ", "bold green"), (" · ".join(counts), ""))
        if not found.runnable:
            say((phrase("check.stopped", language, count=len(errors(found.faults))), "bold red"))
        else:
            aside = phrase("check.aside", language, count=len(found.set_aside)) if found.set_aside else ""
            say((phrase("check.runnable", language), "bold"), (aside, ""))
            say((phrase("check.next", language, folder=quoted(folder)), ""))


def tell_json(found: Checked) -> None:
    """The same for programs, sentences in both languages."""
    click.echo(json.dumps(as_json(found), ensure_ascii=False, indent=1))


def as_json(found: Checked) -> dict[str, object]:
    """Everything that was found, as plain values."""
    return {
        "runnable": found.runnable,
        "faults": [faults.as_json(fault) for fault in found.faults],
        "set_aside": [{"file": r.file, "row": r.row, "reasons": [faults.as_json(f) for f in r.faults]} for r in found.set_aside],
        "reports": {"read": found.reports_read, "accepted": found.reports_accepted},
        "sites": {"read": found.sites_read, "accepted": found.sites_accepted},
        "municipalities": found.municipalities,
        "hazards": [hazard.key.slug for hazard in found.hazards],
        "coverage": dict(found.coverage),
    }


def _counts(found: Checked, language: Language) -> Iterator[str]:
    if found.reports_read is not None:
        yield phrase("check.actions", language, accepted=found.reports_accepted, read=found.reports_read)
    if found.sites_read is not None:
        yield phrase("check.sites", language, accepted=found.sites_accepted, read=found.sites_read)
    if found.hazards:
        yield phrase("check.hazards", language, count=len(found.hazards))
    if found.municipalities:
        yield phrase("check.municipalities", language, count=found.municipalities)
    if found.coverage:
        slug, share = min(found.coverage.items(), key=lambda item: item[1])
        if share < _ALL:
            title = next(hazard.title[language] for hazard in found.hazards if hazard.key.slug == slug)
            yield phrase("check.coverage", language, share=share, title=title, layer=slug)
