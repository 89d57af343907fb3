"""What ``envgis init`` found, a line for each file and for each of its columns that was guessed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from envgis.cli import screen_text
from envgis.cli.terminal import quoted
from envgis.locale import Language, phrase, sentence
from envgis.workspace import FILE

if TYPE_CHECKING:
    from envgis.scaffold import Proposal


def tell(proposal: Proposal, folder: Path, language: Language) -> None:
    """Every file, what it is, what it and its columns were taken for; then what to do next."""
    width = max((len(finding.file) for finding in proposal.findings), default=0)
    with screen_text.printer() as say:
        if proposal.findings:
            say((phrase("init.found", language, folder=str(folder)), "bold"))
        for finding in proposal.findings:
            style = "dim" if finding.role == "unused" else ""
            say((f"  {finding.file:<{width}}  {sentence(finding.about, language)} → {sentence(finding.took, language)}", style))
            for guess in finding.columns:
                # What is said is a guess anyway; the mark is for what somebody must look at.
                mark, look = ("  ", "") if guess.sure else ("? ", "bold yellow")
                say((f"    {mark}", look), (sentence(guess.message, language), ""))
        for name in proposal.extra:
            say((phrase("init.wrote-extra", language, file=(folder / name).as_posix()), ""))
        blank = bool(proposal.faults)
        say((phrase("init.wrote-blank" if blank else "init.wrote", language, file=(folder / FILE).as_posix(), folder=quoted(folder.as_posix())), ""))
