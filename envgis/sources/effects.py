"""A user's own table of effects, beside or instead of those shipped."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from envgis.actions import effects
from envgis.faults import Fault, Place
from envgis.sources.delimited import decode

LARGEST_BYTES = 1_000_000


def read_effects(path: Path, name: str) -> tuple[pd.DataFrame | None, str, list[Fault]]:
    """The rows of a CSV with the columns of ``data/effects.csv``, the file's SHA-256, and every fault.

    The rows go into `envgis.actions.effects.factors`; None if the file cannot be read.
    """
    try:
        raw = path.read_bytes() if path.stat().st_size <= LARGEST_BYTES else b""
        text, _ = decode(raw)
    except OSError as error:
        return None, "", [Fault("report-unreadable", Place(name), error.strerror or str(error))]
    except UnicodeError:
        return None, "", [Fault("report-not-a-table", Place(name))]
    if not text.strip():
        return None, "", [Fault("report-empty", Place(name))]
    table, faults = effects.parse(text, name)
    return table, hashlib.sha256(raw).hexdigest(), faults
