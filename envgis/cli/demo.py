"""``envgis demo``"""

from __future__ import annotations

from pathlib import Path

import click

from envgis.cli import options
from envgis.cli.terminal import text


@options.described("demo")
@click.argument("folder", type=click.Path(path_type=Path), default="envgis-demo", metavar=f"[{text('help.folder')}]")
@click.option("--only-copy", is_flag=True, help=text("help.option.only-copy"))
@options.language
@options.stops_on_bad_input
@click.pass_context
def command(ctx: click.Context, folder: Path, only_copy: bool, lang: str | None) -> None:
    """Copy the demonstration into a new folder and, unless ``only_copy``, run it as `envgis.cli.run` would."""
    from envgis import scaffold
    from envgis.cli import run
    from envgis.workspace import FILE

    scaffold.write_demo(folder)
    if only_copy:
        click.echo(folder / FILE)
    else:
        ctx.invoke(run.command, folder=folder, lang=lang)
