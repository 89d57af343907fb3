"""Printing: styled and wrapped on a terminal, plain whole lines otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from envgis.cli.terminal import plain
from envgis.locale import Language, phrase

Say = Callable[..., None]


def console(error_stream: bool = False) -> Any:
    """A rich console on the stream as it is now."""
    from rich.console import Console

    stream = sys.stderr if error_stream else sys.stdout
    return Console(file=stream, highlight=False, markup=False, emoji=False)


@contextmanager
def printer(error_stream: bool = False) -> Iterator[Say]:
    """``say((text, style), …)``: one line out of pieces."""
    from rich.text import Text

    screen = console(error_stream)

    def say(*pieces: tuple[str, str]) -> None:
        # Text, never markup: what files say must stay text.
        line = Text.assemble(*[(plain(words), style) for words, style in pieces])
        screen.print(line, soft_wrap=not screen.is_terminal)

    yield say


@contextmanager
def progress(language: Language) -> Iterator[Callable[[str, float], None]]:
    """``tell(step, share)``: a bar for each step on a terminal, a line when a step begins otherwise; on the error stream."""
    screen = console(error_stream=True)
    if not screen.is_terminal:
        begun: set[str] = set()

        def say(step: str, share: float) -> None:
            if step not in begun:
                begun.add(step)
                screen.print(phrase(f"progress.{step}", language) + " …", soft_wrap=True)

        yield say
        return

    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

    with Progress(TextColumn("{task.description}"), BarColumn(30), TaskProgressColumn(), TimeElapsedColumn(), console=screen) as bars:
        tasks: dict[str, TaskID] = {}

        def move(step: str, share: float) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(phrase(f"progress.{step}", language), total=1.0)
            bars.update(tasks[step], completed=share)

        yield move
