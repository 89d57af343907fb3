"""Text in both languages on one page: elements marked ``lang="es"`` and ``lang="en"``, of which the page shows one.

All text passes through here and is escaped; a page works without its script in the language it starts in.
"""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup, escape

from envgis import locale
from envgis.faults import Fault, Message
from envgis.locale import LANGUAGES, Language

Words = Mapping[Language, str]


def spans(words: Words) -> Markup:
    """Both wordings as elements of which one is shown; plain text where they are alike."""
    if words["es"] == words["en"]:
        return escape(words["es"])
    return Markup("").join(Markup('<span lang="{}">{}</span>').format(language, words[language]) for language in LANGUAGES)


def say(key: str, /, **values: object) -> Markup:
    """The phrase ``key`` in both languages."""
    return spans(locale.both(key, **values))


def option(words: Words, start: Language) -> Markup:
    """Attributes and text of an ``<option>``, in which there can be no elements: the script changes the text."""
    return Markup(' data-es="{}" data-en="{}">{}').format(words["es"], words["en"], words[start])


def label(key: str, start: Language, /, **values: object) -> Markup:
    """An ``aria-label`` in the starting language, with both for the script."""
    words = locale.both(key, **values)
    return Markup('aria-label="{}" data-label-es="{}" data-label-en="{}"').format(words[start], words["es"], words["en"])


def told(message: Message) -> Words:
    """A message as a sentence in both languages."""
    return {language: locale.sentence(message, language) for language in LANGUAGES}


def place(fault: Fault) -> Words:
    """Where a fault lies, in both languages."""
    return {language: locale.place(fault, language) for language in LANGUAGES}


def remedy(fault: Fault) -> Words:
    """What to do about a fault, in both languages."""
    return {language: locale.remedy(fault.message, language) for language in LANGUAGES}


def known(prefix: str, word: str) -> Words:
    """The words for ``prefix.word`` where the catalogue has them, else the word itself: a user's own."""
    key = f"{prefix}.{word}"
    return locale.both(key) if key in locale.phrases() else {"es": word, "en": word}
