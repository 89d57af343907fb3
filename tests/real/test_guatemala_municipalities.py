"""All municipalities of Guatemala as drawn by others: 583 pairs overlap by more than 0.1 %, the worst by 7 %."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from envgis.sources import municipalities
from envgis.workspace import Municipalities

LAKES = ["GT0100", "GT0700"]


def overlapping(faults: list[municipalities.Fault]) -> list[float]:
    shares = [float(f.values["share"]) for f in faults if f.code == "municipality-overlap"]  # type: ignore[arg-type]
    return [s for s in shares if s > municipalities.TOLERATED_OVERLAP]


def test_overlaps_of_all_features(data: Path) -> None:
    table = Municipalities(path="municipalities_a2sit.geojson", code="cod", overlaps="lower_code")
    out, faults = municipalities.read(table, data / "guatemala", False)
    assert out is not None and len(out) == 342
    assert len(overlapping(faults)) == 583
    assert max(overlapping(faults)) == pytest.approx(0.07, abs=0.001)


def test_without_the_lakes_the_overlaps_are_refused_or_settled(data: Path) -> None:
    table = Municipalities(path="municipalities_a2sit.geojson", code="cod", exclude=LAKES)
    out, faults = municipalities.read(table, data / "guatemala", False)
    assert out is None
    assert sum(f.severity == "error" for f in faults) == len(overlapping(faults)) == 571

    out, faults = municipalities.read(table.model_copy(update={"overlaps": "lower_code"}), data / "guatemala", False)
    assert out is not None and len(out) == 340 and out.geometry.is_valid.all()
    assert list(out["code"]) == sorted(out["code"])
    left, right = shapely.STRtree(out.geometry.values).query(out.geometry.values, predicate="intersects")
    pairs = left < right
    shared = shapely.area(shapely.intersection(out.geometry.values[left[pairs]], out.geometry.values[right[pairs]]))
    assert shared.max() < 1e-12  # square degrees: some hundredths of a square metre
    whole = shapely.union_all(out.geometry.values)
    # Where a border was cut, one side has a vertex that the other has not: between two points a geodesic is no straight line.
    assert np.sum(out["area_ha"]) == pytest.approx(municipalities.geodesic_ha(np.array([whole], object))[0], rel=2e-6)
