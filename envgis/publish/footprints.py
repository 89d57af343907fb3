"""The ground that actions in force take up, as outlines for a map."""

from __future__ import annotations

from shapely.geometry.base import BaseGeometry

from envgis.assessment import Assessment
from envgis.publish import marks


def in_force(assessment: Assessment, code: str) -> list[BaseGeometry]:
    """The drawn polygons of a municipality's actions in force (EPSG:4326)."""
    table = marks.actions_of(assessment, code)
    return [g for g in table[table["in_force"].astype(bool)].geometry if g is not None and g.geom_type in ("Polygon", "MultiPolygon")]
