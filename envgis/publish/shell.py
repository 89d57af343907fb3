"""A self-contained page: styles, scripts and data inside it, and a policy that lets nothing else in or out.

The policy names the hash of every script and style; whatever a text might smuggle in has none and does not run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup

from envgis import locale
from envgis.locale import Language
from envgis.publish import bilingual

_URL_RULES = re.compile(r"^.*url\(.*$", re.MULTILINE)
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


@cache
def environment() -> jinja2.Environment:
    """The templates of this package: everything is escaped, an unknown name is an error."""
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("envgis.publish", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(say=bilingual.say, spans=bilingual.spans, option=bilingual.option, label=bilingual.label)
    env.filters.update(number=lambda n, digits=None: locale.number(n, "es", digits), percent=lambda n: locale.percent(n, "es"))
    env.filters.update(quetzales=lambda n: locale.quetzales(n, "es"))
    return env


def page(template: str, *, start: Language, title: bilingual.Words, styles: Sequence[str], scripts: Sequence[str], **values: object) -> str:
    """A whole page from ``template``, which extends ``base.html.jinja``.

    start : the language it opens in; title : of the window; styles, scripts : their texts, in order
    """
    styles, scripts = [_one_newline(s) for s in styles], [_one_newline(s) for s in scripts]
    return (
        environment()
        .get_template(template)
        .render(
            start=start,
            title=title,
            policy=policy(styles, scripts),
            styles=[Markup(s) for s in styles],  # noqa: S704 (our own and Leaflet's; no text of a user)
            scripts=[Markup(s) for s in scripts],  # noqa: S704
            **values,
        )
    )


def policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """The content security policy that lets only these styles and scripts run, and no request out."""
    allowed = {"script-src": scripts, "style-src": styles}
    parts = [f"{name} " + (" ".join(f"'{_hash(text)}'" for text in texts) or "'none'") for name, texts in allowed.items()]
    return "; ".join(["default-src 'none'", *parts, "img-src data: blob:", "base-uri 'none'", "form-action 'none'"])


def data(value: object) -> Markup:
    """A value as JSON that can stand in an element: no ``<`` ends the element, no line separator ends a line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 (just made safe)


@cache
def asset(name: str) -> str:
    """A script or style of this package."""
    return files("envgis.publish").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def leaflet() -> tuple[str, str]:
    """Leaflet's style and script, with its banner and licence; rules that ask for pictures are left out."""
    folder = files("xstatic.pkg.leaflet").joinpath("data")
    style = _URL_RULES.sub("", folder.joinpath("leaflet.css").read_text(encoding="utf-8"))
    script = _SOURCE_MAP.sub("", folder.joinpath("leaflet.js").read_text(encoding="utf-8"))
    return style, asset("leaflet-licence.txt") + script


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _one_newline(text: str) -> str:
    # A browser reads CRLF as LF before it hashes.
    return text.replace("\r\n", "\n").replace("\r", "\n")
