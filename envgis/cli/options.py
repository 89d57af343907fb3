"""Options that commands share, and what happens around every command."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from envgis.cli.terminal import Context, text

Command = Callable[..., Any]

language = click.option("--lang", type=click.Choice(["es", "en", "both"]), help=text("help.option.lang"))
workspace = click.argument("folder", type=click.Path(path_type=Path), default=".", metavar=f"[{text('help.folder')}]")
out = click.option("--out", type=click.Path(path_type=Path), metavar=text("help.folder"), help=text("help.option.out"))


class _Command(click.Command):
    context_class = Context


def described(name: str) -> Callable[[Command], click.Command]:
    """A command with its help and its example in the terminal's language."""
    said, example = text(f"help.{name}"), f"{text('help.example')}: {text(f'help.{name}.example')}"
    add_help: Callable[[Command], Command] = click.help_option("--help", help=text("help.help"))
    # Given as the short help, the sentence is not cut in the list of commands.
    make = click.command(name, cls=_Command, help=said, short_help=said, epilog=example, options_metavar=text("help.options-here"))
    return lambda function: make(add_help(function))


def stops_on_bad_input(function: Command) -> Command:
    """Faults that stop a job become a list and exit code 1, in ``--lang`` or the terminal's language."""

    @functools.wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        from envgis.faults import BadInput

        try:
            return function(*arguments, **options)
        except BadInput as stop:
            from envgis.cli import faults
            from envgis.cli.terminal import spoken

            faults.tell(stop.faults, spoken(options.get("lang")), error_stream=True)
            raise click.exceptions.Exit(1) from None

    return wrapped
