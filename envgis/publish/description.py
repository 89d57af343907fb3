"""What a file for other programs says of itself: what it is, whether its data are synthetic, where they come from."""

from __future__ import annotations

from envgis.assessment import Assessment
from envgis.publish import about
from envgis.publish.wording import Wording


def lines(assessment: Assessment, title: str) -> dict[str, str]:
    """``title``, ``notice`` (synthetic data only), ``sources`` and ``run``, in the workspace's language or both.

    title : the key of a phrase; what there is nothing to say of has no entry
    """
    words = Wording(assessment)
    sources = [f"{words.join(line.title)}: {line.text}" for line in about.about(assessment).credits]
    known = {
        "title": words.say(title),
        "notice": words.say("web.synthetic") if assessment.synthetic else "",
        "sources": "; ".join(sources),
        "run": assessment.run_id,
    }
    return {name: text for name, text in known.items() if text}


def paragraph(assessment: Assessment, title: str) -> str:
    """The same as running text: title, notice and sources, each a sentence."""
    said = lines(assessment, title)
    return " ".join(f"{said[name].rstrip('.')}." for name in ("title", "notice", "sources") if name in said)
