"""What published folders are called: plain ASCII, short, safe on every file system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_LONGEST = 40


def folder_name(code: str, name: str) -> str:
    """The folder of a municipality's products: ``1201-san-marcos``; ASCII, at most 40 characters.

    >>> folder_name("0114", "Amatitlán")
    '0114-amatitlan'
    """
    return "-".join(part for part in (_slug(code), _slug(name)) if part)[:_LONGEST].strip("-") or "municipality"


def folder_names(municipalities: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Code → folder, for all municipalities (code, name) of a run: two never share one, also where case is ignored.

    >>> folder_names([("1/1", "A"), ("1-1", "A")])
    {'1/1': '1-1-a', '1-1': '1-1-a-2'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for code, name in municipalities:
        folder, number = folder_name(code, name), 1
        while folder in taken:
            number += 1
            folder = f"{folder_name(code, name)[: _LONGEST - 5]}-{number}"
        taken.add(folder)
        names[code] = folder
    return names


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
