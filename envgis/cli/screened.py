"""What ``envgis screen`` says: the table of sites, and each row that could not be screened."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from envgis.cli import screen_text
from envgis.locale import Language, phrase, remedy, sentence

if TYPE_CHECKING:
    from envgis.actions.record import SetAside
    from envgis.planning.screened import Screening

DECISIONS = ("proceed", "caution", "avoid", "not_enough_data")


def tell(found: Screening, language: Language, out: Path) -> None:
    """The table of screened sites, how many of each decision, and the rows set aside; ``out``: where all of it lies."""
    sites = found.tables["sites"]
    labels = [" ".join(str(part) for part in row if isinstance(part, str)) for row in sites[["site_id", "name"]].itertuples(index=False)]
    decisions = [phrase(f"decision.{decision}", language) for decision in sites["decision"]]
    columns = [(phrase("screen.site", language), labels), (phrase("screen.decision", language), decisions)]
    first, second = (max(map(len, [head, *words])) for head, words in columns)
    counts = Counter(sites["decision"])
    each = ", ".join(f"{counts[d]} {phrase(f'decision.{d}', language)}" for d in DECISIONS if counts[d])
    with screen_text.printer() as say:
        say((f"  {columns[0][0]:<{first}}  {columns[1][0]:<{second}}  {phrase('screen.reason', language)}", "bold"))
        for label, decision, reason in zip(labels, decisions, sites["reason"], strict=True):
            say((f"  {label:<{first}}  {decision:<{second}}  {reason}", ""))
        say((phrase("screen.counts", language, count=len(sites), each=each), ""))
        say((phrase("screen.radius", language, radius=found.radius_m), ""))
        for line in _aside(found.set_aside, language, out):
            say((line, ""))


def _aside(set_aside: tuple[SetAside, ...], language: Language, out: Path) -> list[str]:
    """The rows set aside by file, then why and what to do, rows of one fault together."""
    lines = []
    for file in dict.fromkeys(one.file for one in set_aside):
        theirs = [one for one in set_aside if one.file == file]
        lines.append(phrase("screen.aside", language, file=file))
        alike: dict[str, list[SetAside]] = {}
        for one in theirs:
            said = [f"{sentence(fault.message, language)} {remedy(fault.message, language)}" for fault in one.faults]
            alike.setdefault(" ".join(dict.fromkeys(said)), []).append(one)
        lines += [f"  {_rows(rows)}: {said}" for said, rows in alike.items()]
    return [*lines, phrase("screen.aside_file", language, path=str(out / "quarantine.csv"))] if lines else []


def _rows(set_aside: list[SetAside]) -> str:
    return ", ".join(str(one.row) for one in sorted(set_aside, key=lambda one: one.row))
