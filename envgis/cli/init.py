"""``envgis init``"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from envgis.cli import options
from envgis.cli.terminal import text


@options.described("init")
@options.workspace
@click.option("--force", is_flag=True, help=text("help.option.force"))
@options.language
@options.stops_on_bad_input
def command(folder: Path, force: bool, lang: str | None) -> None:
    """Propose the workspace of a folder, write it, and tell what every file was taken for."""
    from envgis import scaffold
    from envgis.cli import faults, proposed
    from envgis.cli.terminal import spoken
    from envgis.workspace import FILE

    language = spoken(lang)
    proposal = scaffold.propose(folder, today=dt.datetime.now().astimezone().date(), language=lang or language)  # type: ignore[arg-type]  # one of click's choices
    scaffold.write(proposal, folder, replace=force)
    faults.tell(proposal.faults, language)
    proposed.tell(proposal, folder, language)
    click.echo(folder / FILE)
