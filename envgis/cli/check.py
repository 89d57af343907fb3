"""``envgis check``"""

from __future__ import annotations

from pathlib import Path

import click

from envgis.cli import options
from envgis.cli.terminal import text


@options.described("check")
@options.workspace
@click.option("--json", "as_json", is_flag=True, help=text("help.option.json"))
@click.option("--strict", is_flag=True, help=text("help.option.strict"))
@options.out
@options.language
def command(folder: Path, as_json: bool, strict: bool, out: Path | None, lang: str | None) -> None:
    """Tell all that is wrong; exit code 1 if a run is not possible, or with ``--strict`` if rows are set aside."""
    from envgis.checks import check
    from envgis.cli import checked

    found = check(folder, out)
    checked.tell_json(found) if as_json else checked.tell(found, folder, lang)
    if not found.runnable or (strict and found.set_aside):
        raise click.exceptions.Exit(1)
