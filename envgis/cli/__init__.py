"""The command line: one thin file for each command. A command parses, calls, shows; heavy imports wait inside it."""

from __future__ import annotations

import difflib
import importlib
import io
import sys

import click

from envgis import __version__
from envgis.cli import terminal

COMMANDS = ("demo", "init", "check", "run", "screen", "verify")


class _Commands(click.Group):
    """Commands in the order in which they are used, each imported when it is asked for."""

    context_class = terminal.Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"envgis.cli.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Older versions of click know neither the commands that come close nor an error of its own for a wrong one."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=2)
            hint = terminal.text("usage.near", near=near) if near else ""
            raise terminal.WrongCall(terminal.text("usage.no-such-command", name=args[0], near=hint), ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    name="envgis",
    help=terminal.text("help.envgis"),
    epilog=terminal.text("help.envgis.example"),
    options_metavar=terminal.text("help.options-here"),
    subcommand_metavar=terminal.text("help.command-here"),
)
@click.help_option("--help", help=terminal.text("help.help"))
@click.version_option(__version__, "--version", message="envgis %(version)s", help=terminal.text("help.version"))
def group() -> None:
    """All commands; what comes before any of them."""
    from envgis.sources import safety

    # Before anything imports GDAL.
    safety.apply()


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave: 0 the result is complete, 1 the data stop the job, 2 the call is wrong."""
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot show an accent shows its number, and the command goes on.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = group.main(args=arguments, prog_name="envgis", standalone_mode=False)
    except click.UsageError as error:
        terminal.tell_usage(error)
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("\n" + terminal.text("cli.stopped"), err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)
