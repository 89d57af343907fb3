"""The ground that actions in force cover, as outlines for a map."""

from __future__ import annotations

from shapely.geometry.base import BaseGeometry

from envgis import adaptation
from envgis.assessment import Assessment
from envgis.publish import marks


def in_force(assessment: Assessment, code: str) -> list[BaseGeometry]:
    """The footprints (EPSG:4326) of a municipality's actions in force: as they are counted, those that have one."""
    table = marks.actions_of(assessment, code)
    return list(adaptation.footprints(table[table["in_force"].astype(bool)]).dropna())
