"""``envgis verify``"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from envgis.cli import options

if TYPE_CHECKING:
    from envgis.provenance import Change


@options.described("verify")
@options.workspace
@options.out
@options.language
@options.stops_on_bad_input
def command(folder: Path, out: Path | None, lang: str | None) -> None:
    """Tell what changed since a run and what to do about it; ``folder`` may be a result alone, whose inputs are not looked for."""
    from envgis import provenance
    from envgis.cli import screen_text
    from envgis.cli.terminal import quoted, spoken
    from envgis.files import RECORD
    from envgis.locale import phrase, sentence
    from envgis.sources.workspace_file import read_workspace
    from envgis.workspace import FILE, output_folder

    alone = out is None and (folder / RECORD).is_file() and not (folder / FILE).is_file()
    # A result folder alone, as it was sent to somebody, has no inputs beside it.
    settings = None if alone else read_workspace(folder)
    target = folder if settings is None else out or output_folder(settings, folder)
    language = spoken(lang or (settings.workspace.language if settings else None))
    changes = provenance.verify(target, folder if settings else None)
    with screen_text.printer() as say:
        for change in changes:
            say(("✗ ", "bold red"), (sentence(change.message, language), ""))
        again = " ".join(["envgis run", quoted(folder), *(["--out", quoted(out)] if out else [])])
        for remedy in _remedies(changes, alone):
            say(("  → ", "dim"), (phrase(remedy, language, command=again), "dim"))
        if not changes:
            say(("✓ ", "bold green"), (phrase("verify.same-alone" if alone else "verify.same", language), ""))
    click.echo(target / RECORD)
    if changes:
        raise click.exceptions.Exit(1)


def _remedies(changes: Iterable[Change], alone: bool) -> Iterator[str]:
    """A phrase for each kind of change, once; who holds a result alone may be unable to run it again."""
    for code in dict.fromkeys(change.message.code for change in changes):
        if not alone:
            yield f"{code}.remedy"
        elif code == "verify.output.extra":
            yield "verify.alone.extra.remedy"
    if alone and any(change.state != "extra" for change in changes):
        yield "verify.alone.remedy"
