"""The language of the terminal, and what every command says in it."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import PurePath

import click

from envgis.locale import Language, leading, phrase

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
    return leading(wanted)


def plain(words: str) -> str:
    """Text that cannot command the terminal."""
    return _CONTROL.sub("\ufffd", words)


def quoted(path: PurePath | str, windows: bool = os.name == "nt") -> str:
    """A path as it can be pasted into a command.

    >>> quoted("Mi municipio", windows=False), quoted("C:/Mi municipio", windows=True), quoted("capas", windows=False)
    ("'Mi municipio'", '"C:/Mi municipio"', 'capas')
    """
    if not windows:
        return shlex.quote(str(path))
    # No name on Windows has a double quote in it.
    return str(path) if re.fullmatch(r"[\w.:/\\~-]+", str(path)) else f'"{path}"'


class _Formatter(click.HelpFormatter):
    """Help whose headings are in the terminal's language; click's own are the keys."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, text("help.usage") + " ")

    def write_heading(self, heading: str) -> None:
        super().write_heading({"Options": text("help.options"), "Commands": text("help.commands")}.get(heading, heading))


class Context(click.Context):
    """The context of every command."""

    formatter_class = _Formatter


class WrongCall(click.UsageError):
    """A wrong call, its message a whole sentence of ours."""


def tell_usage(error: click.UsageError) -> None:
    """What is wrong with the call, on the error stream, and where help is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        click.echo(error.message, err=True)
        return
    near = [str(name) for name in getattr(error, "possibilities", None) or ()]
    hint = text("usage.near", near=near) if near else ""
    if isinstance(error, WrongCall):
        said = error.message
    elif isinstance(error, click.NoSuchOption):
        said = text("usage.no-such-option", option=error.option_name, near=hint)
    elif isinstance(error, click.BadOptionUsage):
        said = text("usage.no-value" if _is_flag(error) else "usage.needs-value", option=error.option_name)
    elif isinstance(error, click.MissingParameter) and error.param is not None:
        said = text("usage.missing", name=_name(error.param))
    elif isinstance(error, click.BadParameter) and error.param is not None:
        said = text("usage.bad-value", name=_name(error.param), why=_wanted(error.param.type) or error.message)
    else:
        said = text("usage.wrong", why=error.message)
    path = error.ctx.command_path if error.ctx else "envgis"
    click.echo(plain(f"{said}\n{text('usage.help', command=path)}"), err=True)


def _is_flag(error: click.BadOptionUsage) -> bool:
    known = error.ctx.command.params if error.ctx else []
    return any(isinstance(one, click.Option) and one.is_flag and error.option_name in one.opts for one in known)


def _name(parameter: click.Parameter) -> str:
    return parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name


def _wanted(kind: object) -> str:
    """What a value must be; empty where only click can say it."""
    if isinstance(kind, click.Choice):
        return text("usage.one-of", allowed=[str(choice) for choice in kind.choices])
    if isinstance(kind, click.IntRange | click.FloatRange) and kind.max is not None:
        return text("usage.between", least=kind.min or 0, most=kind.max)
    if isinstance(kind, click.IntRange | click.FloatRange):
        return text("usage.above" if kind.min_open else "usage.at-least", least=kind.min or 0)
    return text("usage.no-file") if isinstance(kind, click.Path) else ""
