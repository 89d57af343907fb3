"""Options that commands share, and what happens around every command."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from envgis.cli.terminal import Context, WrongCall, quoted, text

Command = Callable[..., Any]

language = click.option("--lang", type=click.Choice(["es", "en", "both"]), help=text("help.option.lang"))
workspace = click.argument("folder", type=click.Path(path_type=Path), default=".", metavar=f"[{text('help.folder')}]")
out = click.option("--out", type=click.Path(path_type=Path), metavar=text("help.folder"), help=text("help.option.out"))


class _Command(click.Command):
    context_class = Context
    allow_extra_args = True  # refused below, in our words

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What is left over is mostly the rest of a path with spaces: the call is shown as it should be."""
        try:
            extra = super().parse_args(ctx, args)
        except click.BadOptionUsage as error:
            error.ctx = error.ctx or ctx  # else nobody knows which command's option it is
            raise
        if extra and not ctx.resilient_parsing:
            first = next((ctx.params[one.name] for one in self.params if isinstance(one, click.Argument) and one.name), "")
            whole = f"{ctx.command_path} {quoted(' '.join([str(first), *extra]))}"
            raise WrongCall(text("usage.extra", extra=" ".join(extra), whole=whole), ctx)
        return extra


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
