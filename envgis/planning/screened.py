"""What one screening of a list of sites found: the value that its products are rendered from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from envgis.actions.record import SetAside
from envgis.assessment import Credit
from envgis.faults import Fault
from envgis.landuse import LandUse
from envgis.levels import HazardKey, HazardMap


@dataclass(frozen=True)
class Screening:
    """What a screening found.

    tables : "sites", "site_hazards"
    sites : with geometry, and in ``reason`` what it says in any language
    set_aside : rows without a place; warnings : what must be told beside
    name, language, synthetic : the workspace's; radius_m : of the disc that stood for a point
    municipalities : name by code
    maps, landuse, credits : what was screened against, and where it comes from
    record : what becomes run.json
    """

    tables: Mapping[str, pd.DataFrame]
    sites: gpd.GeoDataFrame
    set_aside: tuple[SetAside, ...]
    warnings: tuple[Fault, ...]
    name: str
    language: Literal["es", "en", "both"]
    synthetic: bool
    radius_m: float
    maps: Mapping[HazardKey, HazardMap]
    landuse: LandUse | None = None
    municipalities: Mapping[str, str] = field(default_factory=dict)
    credits: tuple[Credit, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
