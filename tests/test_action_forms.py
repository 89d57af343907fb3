"""Field reports as KoboToolbox, ODK and drawing tools write them; the same report twice; files that cannot be used."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import reporting
import shapely

from envgis.actions import intake, record, shapes
from envgis.actions.reported import ReportFile
from envgis.faults import errors
from envgis.locale import explain
from envgis.workspace import Reports

# Kobo, ODK and others


def test_kobo_columns_with_groups_answers_and_system_columns():
    row = {
        "start": "2026-03-01T10:00:00-06:00",
        "grupo/action_type": "living_barrier",
        "grupo/status": "done",
        "grupo/date_start": "2026-03-01",
        "grupo/ubicacion": "14.9650 -91.7944 2350.5 4.8",
        "grupo/_ubicacion_latitude": "14.9650",
        "grupo/_ubicacion_longitude": "-91.7944",
        "grupo/_ubicacion_altitude": "2350.5",
        "grupo/_ubicacion_precision": "4.8",
        "grupo/funding_source": "municipality remittance",
        "grupo/funding_source/municipality": "1",
        "grupo/funding_source/remittance": "1",
        "grupo/municipality": "1201",
        "_id": "7",
        "_uuid": "abc",
        "meta/rootUuid": "uuid:root-1",
        "_submission_time": "2026-03-01T16:00:00",
        "_validation_status": "validation_status_approved",
        "_status": "submitted_via_web",
        "_notes": "",
        "_index": "1",
    }
    taken = reporting.take([row])
    action = taken.table.iloc[0]
    assert (action["action_id"], action["status"], action["funding_source"]) == ("root-1", "verified", "municipality;remittance")
    assert (action["accuracy_m"], action["geometry_source"]) == (4.8, "gps")
    assert pd.isna(action["flags"])


def test_odk_columns():
    row = {"SubmissionDate": "2026-03-02T01:00:00Z", "g-action_type": "cleanup", "g-status": "done", "g-date_start": "2026-03-01"}
    row |= {"g-lugar-Latitude": "14.48", "g-lugar-Longitude": "-90.6", "g-lugar-Altitude": "1200", "g-lugar-Accuracy": "3", "KEY": "uuid:k1"}
    taken = reporting.take([row | {"ReviewState": "hasIssues"}])
    assert taken.table[["action_id", "municipality_code", "accuracy_m"]].values.tolist() == [["k1", "0114", 3.0]]
    assert reporting.flags(taken) == ["review-open"]


@pytest.mark.parametrize("cell", ["14.9650 -91.7944 0 0", "14.9650, -91.7944", "14.9650,-91.7944", "14,9650; -91,7944", "14°57'54\"N 91°47'39.84\"W"])
def test_raw_points(cell: str):
    taken = reporting.take([reporting.without("latitud", "longitud") | {"ubicacion": cell}])
    assert reporting.reasons(taken) == []
    point = taken.table.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((-91.7944, 14.9650), abs=1e-5)


@pytest.mark.parametrize(
    ("cell", "kind", "becomes"),
    [
        ("14.96 -91.80 0 0; 14.97 -91.80 0 0; 14.97 -91.79 0 0; 14.96 -91.80 0 0;", "Polygon", ""),
        ("14.96 -91.80 0 0;14.97 -91.80 0 0;14.97 -91.79 0 0;14.960001 -91.800001 0 0", "Polygon", ""),
        ("14.96 -91.80 0 0;14.97 -91.80 0 0;14.96 -91.80 0 0", "LineString", "note:ring-is-a-line"),
        ("14.96 -91.80 0 0;14.97 -91.79 0 0;14.97 -91.80 0 0;14.96 -91.79 0 0;14.96 -91.80 0 0", "", "shape-crossing"),
        ("14.96 -91.80 0 0;14.97 -91.80 0 0;14.98 -91.80 0 0;14.96 -91.80 0 0", "", "shape-collapsed"),
        ("14.96 -91.80 0 0;aquí", "", "shape-unreadable"),
    ],
)
def test_drawn_answers(cell: str, kind: str, becomes: str):
    taken = reporting.take([reporting.without("latitud", "longitud") | {"poligono": cell}])
    if kind:
        assert reporting.reasons(taken) == []
        assert taken.table.geometry.iloc[0].geom_type == kind
        assert taken.table["geometry_source"].iloc[0] == "drawn"
        assert not becomes or becomes.removeprefix("note:") in reporting.flags(taken)
    else:
        assert reporting.reasons(taken) == [becomes]


def test_a_small_spur_is_repaired_and_a_large_one_is_not():
    square = [(-91.80, 14.96), (-91.79, 14.96), (-91.79, 14.97), (-91.80, 14.97)]
    small = shapely.Polygon([*square, (-91.8001, 14.9650), (-91.7999, 14.9651), (-91.8001, 14.9651), (-91.80, 14.9649)])
    large = shapely.Polygon([(-91.80, 14.96), (-91.79, 14.97), (-91.79, 14.96), (-91.80, 14.972)])
    cleaned = shapes.clean(np.array([small, large, None], dtype=object))
    assert cleaned.repaired.tolist() == [True, False, False]
    assert cleaned.crossing.tolist() == [False, True, False]
    assert shapely.is_valid(cleaned.shape[0])


def test_shapes_of_a_layer_give_area_and_length():
    rows = [{"tipo": "Terrazas", "estado": "terminada", "fecha": "2026-01-01", "area_ha": area} for area in ("", "1", "")]
    square, line = shapely.box(-91.80, 14.96, -91.79, 14.97), shapely.LineString([(-91.80, 14.96), (-91.80, 14.97)])
    taken = reporting.take(reporting.table(rows, geometry=gpd.GeoSeries([square, square, line], crs=4326)))
    exact = abs(shapes.WGS84.geometry_area_perimeter(square)[0]) / 10_000
    assert taken.table["area_ha"].fillna(-1).tolist() == [pytest.approx(exact), 1.0, -1.0]
    assert taken.table["length_m"].iloc[2] == pytest.approx(shapes.WGS84.geometry_length(line))
    assert ["area-differs" in mark for mark in taken.table["flags"]] == [False, True, False]
    assert "geometry-unusual" in taken.table["flags"].tolist()[2]


def test_the_newest_of_repeated_reports_stays():
    rows = [
        reporting.GOOD | {"_uuid": "a", "_submission_time": "2026-03-03T10:00:00", "mujeres": "3"},
        reporting.GOOD | {"_uuid": "a", "_submission_time": "2026-03-01T10:00:00", "mujeres": "1"},
        reporting.GOOD | {"_uuid": "b", "_submission_time": "", "mujeres": "5"},
        reporting.GOOD | {"_uuid": "b", "_submission_time": "", "mujeres": "6"},
    ]
    taken = reporting.take(rows)
    assert taken.table["participants_women"].tolist() == [3, 6]
    assert reporting.reasons(taken) == ["report-repeated"] * 2
    assert [(row.row, row.faults[0].values["other_row"]) for row in taken.set_aside] == [(3, 2), (4, 5)]


def test_a_newer_version_counts_even_where_it_is_wrong():
    rows = [
        reporting.GOOD | {"_uuid": "a", "_submission_time": "2026-03-01"},
        reporting.GOOD | {"_uuid": "a", "_submission_time": "2026-03-02", "latitud": ""},
    ]
    assert sorted(reporting.reasons(reporting.take(rows))) == ["coordinates-half", "report-repeated"]


def test_reports_across_files_are_one():
    one, other = (reporting.table([reporting.GOOD | {"_uuid": uuid} for uuid in ("a", name)], name) for name in ("uno.csv", "dos.csv"))
    taken = intake.take([one, other], Reports(paths=["*"], date=reporting.TODAY), reporting.MUNICIPALITIES)
    assert taken.table["source"].tolist() == ["uno.csv", "dos.csv", "dos.csv"]
    assert taken.set_aside[0].faults[0].values["other_file"] == "dos.csv"


def test_neighbours_of_one_type_and_day_are_marked_not_dropped():
    near = reporting.GOOD | {"latitud": "14.96510"}  # 11 m
    far = reporting.GOOD | {"latitud": "14.96530"}  # 33 m
    taken = reporting.take([reporting.GOOD, near, far | {"tipo": "Barrera viva"}, reporting.GOOD | {"fecha": "2026-03-13"}])
    marks = taken.table["flags"].fillna("").tolist()
    assert ["report-alike" in mark for mark in marks] == [True, True, False, False]
    assert ["coordinates-shared" in mark for mark in marks] == [True, False, False, True]


def test_a_crowd_on_one_point_costs_nothing():
    taken = reporting.take([reporting.GOOD] * 3000)
    assert len(taken.table) == 3000


# Whole files


def test_two_columns_for_one_field_stop_the_job_and_name_both():
    taken = intake.take(
        [reporting.table([reporting.GOOD | {"municipality": "1201"}])], Reports(paths=["*"], date=reporting.TODAY), reporting.MUNICIPALITIES
    )
    (fault,) = errors(taken.notes)
    assert fault.code == "report-two-columns"
    assert fault.values["columns"] == ["municipio", "municipality"]
    assert taken.rows_read == 0


@pytest.mark.parametrize(
    ("lacking", "code"), [(("tipo",), "report-no-action-type"), (("latitud",), "report-no-location"), (("latitud", "longitud"), "report-no-location")]
)
def test_a_file_without_what_or_where_stops_and_lists_its_columns(lacking: tuple[str, ...], code: str):
    taken = intake.take([reporting.table([reporting.without(*lacking)])], Reports(paths=["*"], date=reporting.TODAY), reporting.MUNICIPALITIES)
    (fault,) = errors(taken.notes)
    assert fault.code == code
    assert "estado" in explain(fault, "es").what


def test_wrong_mappings_are_named_with_the_nearest():
    wanted = Reports(paths=["*"], date=reporting.TODAY, columns={"tipo": "acton_type", "otra": "notes"}, types={"x": "terrace"})
    taken = intake.take([reporting.table([reporting.GOOD])], wanted, reporting.MUNICIPALITIES)
    found = {fault.code: fault for fault in taken.notes}
    assert "action_type" in found["mapping-field-unknown"].values["near"]
    assert found["mapping-type-unknown"].values["near"][0] == "terraces"
    assert found["mapping-column-unused"].severity == "warning"
    told = explain(found["mapping-column-unused"], "es")
    assert (told.place, told.what) == ("envgis.toml", "[actions.columns]: ningún archivo tiene una columna «otra».")


def test_degrees_and_minutes_are_flagged_and_nobody_is_troubled():
    taken = reporting.take([reporting.GOOD | {"latitud": "14°57'54\"N", "longitud": "91°47'39.8\" O"}])
    assert reporting.flags(taken) == ["coordinates-sexagesimal"]
    assert taken.notes == ()


def test_no_reason_begins_with_what_a_spreadsheet_takes_for_a_formula():
    taken = reporting.take([reporting.GOOD | {"plantas": "-520"}])
    (fault,) = taken.set_aside[0].faults
    assert explain(fault, "es").what == "El valor -520 es negativo."


def test_no_files_give_no_actions():
    taken = intake.take([], Reports(paths=["*"], date=reporting.TODAY), reporting.MUNICIPALITIES)
    assert taken.rows_read == 0
    assert list(taken.table.columns) == [*record.COLUMNS, "geometry"]


def export(name: str, count: int, **third: str) -> ReportFile:
    """An export of one form; of its rows the second has no coordinates, the third has some cells of its own."""
    rows = [reporting.GOOD | {"_uuid": f"u{i}", "latitud": f"14.96{i:02}"} for i in range(count)]
    rows[1] |= {"latitud": "", "longitud": ""}
    rows[2] |= third
    return reporting.table(rows, name)


def taken_from(*files: ReportFile) -> record.Actions:
    return intake.take(list(files), Reports(paths=["*"], date=reporting.TODAY), reporting.MUNICIPALITIES)


@pytest.mark.parametrize(("first", "second", "copy"), [(12, 12, "a.csv"), (20, 12, "a (1).csv"), (12, 20, "a.csv")])
def test_a_second_export_of_one_form_is_one_line(first: int, second: int, copy: str) -> None:
    """All of it stands aside for one reason; what was wrong with its rows is said of the other file alone."""
    taken = taken_from(export("a.csv", first), export("a (1).csv", second))
    assert taken.rows_read == first + second
    assert len(taken.table) == max(first, second) - 1
    aside = {(row.file == copy, fault) for row in taken.set_aside for fault in row.faults}
    assert sorted((of_copy, fault.code) for of_copy, fault in aside) == [(False, "coordinates-missing"), (True, "report-file-repeated")]
    (fault,) = [fault for of_copy, fault in aside if of_copy]
    other = ({"a.csv", "a (1).csv"} - {copy}).pop()
    assert explain(fault, "es").what == f"Todos los reportes de este archivo (12) ya están en {other}; se cuentan los de ese."
    assert len(record.quarantine(taken.set_aside, "es")) == 12 + 1


def test_a_copy_that_says_something_else_of_a_row_says_so() -> None:
    taken = taken_from(export("a.csv", 12, estado="planificada"), export("b.csv", 12))
    (fault,) = {fault for row in taken.set_aside for fault in row.faults if fault.code == "report-file-repeated"}
    assert explain(fault, "es").what.endswith("ya están en b.csv (no dicen lo mismo ahí: filas 4); se cuentan los de ese.")


def test_files_that_only_count_alike_are_no_copies() -> None:
    """1, 2, 3 … in both, other places: each row is told for itself, as another action may need another number."""
    one, other = (reporting.table([reporting.GOOD | {"id_accion": str(i), "latitud": f"14.9{k}{i}"} for i in range(9)], f"{k}.csv") for k in (5, 6))
    assert set(reporting.reasons(taken_from(one, other))) == {"report-repeated"}
    mine = reporting.table([reporting.GOOD | {"_uuid": f"u{i}"} for i in range(9)], "c.csv")
    assert set(reporting.reasons(taken_from(mine, export("d.csv", 5)))) == {"report-repeated", "coordinates-missing"}
