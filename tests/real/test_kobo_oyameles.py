"""Two real KoboToolbox exports of a forest survey in Mexico, made by others, read through a column mapping."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from envgis.actions import intake
from envgis.actions.record import Actions, quarantine
from envgis.sources.reports import read_files
from envgis.workspace import Reports

MAPPING = {"life_condition": "action_type", "locality_key": "community"}
# A survey of trees has no actions: living and dead ones stand for two types here.
TYPES = {"alive": "natural_regeneration", "dead": "other"}
AROUND = gpd.GeoDataFrame({"code": ["0900"], "name": ["Cuenca"]}, geometry=[shapely.box(-99.5, 19.0, -99.0, 19.5)], crs=4326)


@pytest.fixture(scope="module")
def trees(data: Path) -> Actions:
    files, faults = read_files(["muestreo_raw.txt"], data / "kobo_oyameles", allow_outside=False)
    assert faults == []
    reports = Reports(paths=["muestreo_raw.txt"], date=dt.date(2026, 11, 24), columns=MAPPING, types=TYPES)
    return intake.take(files, reports, AROUND)


def test_every_row_is_accepted_or_set_aside_with_its_reason(trees: Actions):
    assert trees.rows_read == 1781
    rows = sorted([*trees.table["source_row"], *(row.row for row in trees.set_aside)])
    assert rows == list(range(2, 1783))
    listed = quarantine(trees.set_aside, "es")
    assert len(listed) == len(trees.set_aside)
    assert (listed["remedy"].str.len() > 0).all()


def test_190_rows_have_no_coordinates(trees: Actions):
    reasons = Counter(fault.code for row in trees.set_aside for fault in row.faults)
    # Three rows say no life condition; sixteen were rejected by their reviewer, most of them without coordinates too.
    assert reasons == {"coordinates-missing": 190, "report-rejected": 16, "type-missing": 3}
    assert (len(trees.table), len(trees.set_aside)) == (1579, 202)


def test_places_accuracy_and_review_are_those_of_the_file(trees: Actions):
    first = trees.table.iloc[0]
    assert (first.geometry.x, first.geometry.y) == (-99.3064925, 19.2903456)
    assert (first["accuracy_m"], first["action_id"]) == (4.894, "b9ccd4fd-b3c8-4f8f-992f-245be180a56a")
    assert set(trees.table["review_state"].dropna()) == {"approved"}
    assert trees.table["action_id"].is_unique
    assert (trees.table["municipality_code"] == "0900").all()


def test_the_accuracy_counts_of_the_data(data: Path):
    files, _ = read_files(["muestreo_raw.txt"], data / "kobo_oyameles", allow_outside=False)
    rows = files[0].rows
    precision = rows["_coordinates_precision"].replace("", None).astype("Float64")
    assert int((precision > 10).sum()) == 38
    assert rows["reforested"].value_counts().loc[["yes", "no"]].tolist() == [351, 1427]


def test_mac_roman_is_told_apart(data: Path):
    (plots,), faults = read_files(["parcelas_raw.txt"], data / "kobo_oyameles", allow_outside=False)
    assert [(fault.code, fault.found) for fault in faults] == [("report-encoding", "mac_roman")]
    assert len(plots.rows) == 48
