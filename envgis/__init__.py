"""Risk rasters, land use and field-reported actions become climate-adaptation maps and tables for each municipality.

>>> import envgis
>>> a = envgis.run(workspace)  # the path of a folder with an envgis.toml
>>> a.tables["adaptation"][["municipality", "high_area_ha"]].round().values.tolist()
[['Oeste', 200.0], ['Este', 0.0]]

Every room is usable alone, on arrays and GeoDataFrames in memory: `envgis.zones`, `envgis.ledger`, `envgis.levels`,
`envgis.planning.screening`, `envgis.publish`; an xarray layer comes in through `envgis.sources.arrays.layer_of`
(``docs/library.md``).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from envgis.assessment import Assessment as Assessment
    from envgis.faults import BadInput as BadInput
    from envgis.pipeline import assess as assess
    from envgis.pipeline import run as run
    from envgis.pipeline import screen as screen

__version__ = "0.1.0"
__all__ = ["Assessment", "BadInput", "assess", "run", "screen"]

# Found when first asked for, so that `envgis --help` need not wait for GDAL, pandas and numba.
_HOMES = {"Assessment": "assessment", "BadInput": "faults", "assess": "pipeline", "run": "pipeline", "screen": "pipeline"}
_ROOMS = {"actions", "adaptation", "grid", "landuse", "ledger", "levels", "planning", "population", "publish", "sources", "tables", "zones"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"envgis.{_HOMES[name]}"), name)
    if name in _ROOMS:
        return importlib.import_module(f"envgis.{name}")
    raise AttributeError(f"module 'envgis' has no attribute '{name}'")
