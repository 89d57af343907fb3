"""``envgis screen``"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from envgis.cli import options
from envgis.cli.terminal import text


class _Metres(click.FloatRange):
    """click lets NaN through any range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        metres = float(super().convert(value, param, ctx))
        if math.isnan(metres):
            self.fail(str(value), param, ctx)
        return metres


@options.described("screen")
@click.argument("sites", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar=text("help.sites"))
@click.option("--workspace", type=click.Path(path_type=Path), metavar=text("help.folder"), help=text("help.option.workspace"))
@click.option("--radius", "radius_m", type=_Metres(min=0, min_open=True, max=10_000), default=30.0, metavar="M", help=text("help.option.radius"))
@click.option("--out", type=click.Path(path_type=Path), metavar=text("help.folder"), help=text("help.option.screen-out"))
@options.language
@options.stops_on_bad_input
def command(sites: Path, workspace: Path | None, radius_m: float, out: Path | None, lang: str | None) -> None:
    """Screen the sites of a file and write their tables and a workbook, by default into ``<sites>-screened`` beside it."""
    from envgis import pipeline
    from envgis.cli import faults, screened
    from envgis.cli.terminal import spoken
    from envgis.faults import BadInput, Fault
    from envgis.locale import phrase
    from envgis.sources.workspace_file import read_workspace
    from envgis.workspace import FILE

    if workspace is None:
        workspace = Path()
        # Whoever wants to screen sites must name the layers, not write a workspace around the list.
        if not (workspace / FILE).is_file():
            raise BadInput([Fault("screen-no-workspace", found=str(sites))])
    settings = read_workspace(workspace).workspace
    language = spoken(lang or settings.language)
    target = out or sites.with_name(f"{sites.stem}-screened")
    found = pipeline.screen(sites, workspace, out=target, radius_m=radius_m, language=lang)
    faults.tell(found.warnings, language, error_stream=True)
    screened.tell(found, language, target)
    if settings.synthetic:
        click.echo(phrase("synthetic", language))
    click.echo(target / "sites.xlsx")
