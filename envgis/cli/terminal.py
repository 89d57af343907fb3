"""The language of the terminal, and what every command says in it."""

from __future__ import annotations

import os
import re

import click

from envgis.locale import Language, phrase

# Control characters, and those that turn the direction of writing: a file's text must not command the terminal.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def language() -> Language:
    """ENVGIS_LANG, else the system's language; Spanish where it is neither Spanish nor English."""
    for name in ("ENVGIS_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "").lower()
        if value.startswith("es"):
            return "es"
        if value.startswith("en"):
            return "en"
    return "es"


def text(key: str, /, **values: object) -> str:
    """A phrase in the terminal's language."""
    return phrase(key, language(), **values)


def spoken(wanted: str | None) -> Language:
    """The language in which to speak when ``wanted`` is es, en, both or nothing."""
    if wanted is None:
        return language()
    return "en" if wanted == "en" else "es"


def plain(words: str) -> str:
    """Text that cannot command the terminal."""
    return _CONTROL.sub("\ufffd", words)


class _Formatter(click.HelpFormatter):
    """Help whose headings are in the terminal's language; click's own are the keys."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, text("help.usage") + " ")

    def write_heading(self, heading: str) -> None:
        super().write_heading({"Options": text("help.options"), "Commands": text("help.commands")}.get(heading, heading))


class Context(click.Context):
    """The context of every command."""

    formatter_class = _Formatter


def tell_usage(error: click.UsageError) -> None:
    """What is wrong with the call, on the error stream, and where help is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        click.echo(error.message, err=True)
        return
    near = [str(name) for name in getattr(error, "possibilities", None) or ()]
    hint = text("usage.near", near=near) if near else ""
    if isinstance(error, click.NoSuchOption):
        said = text("usage.no-such-option", option=error.option_name, near=hint)
    elif type(error).__name__ == "NoSuchCommand":  # a class of its own only in newer versions of click
        said = text("usage.no-such-command", name=getattr(error, "command_name", ""), near=hint)
    elif isinstance(error, click.MissingParameter) and error.param is not None:
        said = text("usage.missing", name=_name(error.param))
    elif isinstance(error, click.BadParameter) and error.param is not None:
        said = text("usage.bad-value", name=_name(error.param), why=_wanted(error.param.type) or error.message)
    else:
        said = text("usage.wrong", why=error.message)
    path = error.ctx.command_path if error.ctx else "envgis"
    click.echo(plain(f"{said}\n{text('usage.help', command=path)}"), err=True)


def _name(parameter: click.Parameter) -> str:
    return parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name


def _wanted(kind: object) -> str:
    """What a value must be; empty where only click can say it."""
    if isinstance(kind, click.Choice):
        return text("usage.one-of", allowed=[str(choice) for choice in kind.choices])
    if isinstance(kind, click.IntRange | click.FloatRange):
        return text("usage.above" if kind.min_open else "usage.at-least", least=kind.min or 0)
    return text("usage.no-file") if isinstance(kind, click.Path) else ""
