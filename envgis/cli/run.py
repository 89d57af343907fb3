"""``envgis run``"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import click

from envgis.cli import options
from envgis.cli.terminal import text

_ADDRESS = re.compile(r"(tcp|tls)://[^/\s:]+:\d{1,5}")


@options.described("run")
@options.workspace
@options.out
@click.option("--tables-only", is_flag=True, help=text("help.option.tables-only"))
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help=text("help.option.workers"))
@click.option("--scheduler", metavar=text("help.address"), help=text("help.option.scheduler"))
@click.option("--block", type=click.IntRange(min=1), metavar=text("help.cells"), help=text("help.option.block"))
@click.option("--restore", is_flag=True, help=text("help.option.restore"))
@options.language
@options.stops_on_bad_input
def command(
    folder: Path, out: Path | None, tables_only: bool, workers: int | None, scheduler: str | None, block: int | None, restore: bool, lang: str | None
) -> None:
    """Do the whole job or restore the result before it; the last line is what to open."""
    from envgis import files, pipeline
    from envgis.cli import faults, screen_text, summary
    from envgis.cli.terminal import spoken
    from envgis.sources.workspace_file import read_workspace
    from envgis.workspace import output_folder

    if workers or scheduler:
        _need_dask(scheduler)
    workspace = read_workspace(folder)
    language = spoken(lang or workspace.workspace.language)
    target = out or output_folder(workspace, folder)
    if restore:
        files.restore(target)
    else:
        replaces = bool(files.written(target))
        try:
            with screen_text.progress(language) as tell:
                assessment = pipeline.run(
                    folder, out=target, language=lang, tables_only=tables_only, workers=workers, scheduler=scheduler, block=block, progress=tell
                )
        except OSError as error:  # files say theirs as faults
            if scheduler is None:
                raise
            raise click.UsageError(text("usage.no-scheduler", address=scheduler, why=str(error))) from None
        summary.tell_grids(assessment, language)
        edited = files.replaced_changes(target) if replaces else []
        faults.tell([*assessment.warnings, *edited], language, error_stream=True)
        summary.tell(assessment, language)
    click.echo(summary.result(target))


def _need_dask(scheduler: str | None) -> None:
    if find_spec("distributed") is None:
        raise click.UsageError(text("usage.no-dask"))
    if scheduler and not _ADDRESS.fullmatch(scheduler):
        raise click.UsageError(text("usage.address", address=scheduler))
