"""Project sites: the same files and place rules as reports, but they may lie anywhere."""

from __future__ import annotations

import pytest
import reporting

from envgis.actions.sites import take_sites
from envgis.faults import BadInput
from envgis.locale import explain

# Sites


def test_sites_may_lie_outside_every_municipality():
    rows = [
        {"sitio": "S-1", "nombre": "Escuela", "latitud": "14.9650", "longitud": "-91.7944"},
        {"sitio": "S-1", "nombre": "Lejos", "latitud": "10", "longitud": "-80"},
        {"sitio": "", "nombre": "Sin lugar", "latitud": "", "longitud": ""},
        {"sitio": "S-4", "nombre": "Al revés", "latitud": "-91.7944", "longitud": "14.9650"},
        {"sitio": "", "nombre": "Sin clave", "latitud": "14.9651", "longitud": "-91.7944"},
    ]
    sites, aside, notes = take_sites([reporting.table(rows)], {}, reporting.MUNICIPALITIES)
    assert sites["site_id"].tolist() == ["S-1", "S-1 (2)", "#6"]
    assert sites["municipality_code"].fillna("").tolist() == ["1201", "", "1201"]
    assert [fault.code for row in aside for fault in row.faults] == ["coordinates-missing", "coordinates-swapped"]
    assert [note.code for note in notes] == ["site-id-repeated"]


def test_a_site_that_lies_elsewhere_than_it_says_stays_and_is_told():
    rows = [
        {"sitio": "S-1", "municipio": "San Marcos", "latitud": "14.50", "longitud": "-90.60"},
        {"sitio": "S-2", "municipio": "San Marcos", "latitud": "14.9650", "longitud": "-91.7944"},
        {"sitio": "S-3", "municipio": "San Marcos", "latitud": "14.9650", "longitud": "-91.7780"},  # 215 m into its neighbour
        {"sitio": "S-4", "municipio": "", "latitud": "14.50", "longitud": "-90.60"},
        {"sitio": "S-5", "municipio": "Amatitlán", "latitud": "10", "longitud": "-80"},
        {"sitio": "S-6", "municipio": "Roma", "latitud": "14.50", "longitud": "-90.60"},
        {"sitio": "S-7", "municipio": "San Marcos", "latitud": "", "longitud": ""},
        {"sitio": "S-8", "municipio": "", "latitud": "10", "longitud": "-80"},
    ]
    sites, aside, notes = take_sites([reporting.table(rows)], {}, reporting.MUNICIPALITIES)
    assert sites["municipality_code"].fillna("").tolist() == ["0114", "1201", "1202", "0114", "", "0114", ""]
    assert [one.row for one in aside] == [8]
    told = [(note.code, note.at.row, note.severity) for note in notes]
    assert told == [("site-municipality-differs", 2, "warning"), ("site-municipality-far", 6, "warning"), ("declared-unknown", 7, "warning")]
    said = [explain(note, language).what for note in notes[:2] for language in ("es", "en")]
    assert said[0].startswith("El sitio «S-1» dice San Marcos (1201) y cae en Amatitlán (0114), a 1")
    assert said[1].startswith("The site “S-1” says San Marcos (1201) and lies in Amatitlán (0114), 1")
    assert "fuera de todos los municipios" in said[2]


def test_sites_without_a_place_column_stop():
    with pytest.raises(BadInput) as stop:
        take_sites([reporting.table([{"sitio": "S-1", "nombre": "x"}])], {}, reporting.MUNICIPALITIES)
    assert [fault.code for fault in stop.value.faults] == ["report-no-location"]


def test_no_sites():
    sites, aside, notes = take_sites([], {}, reporting.MUNICIPALITIES)
    assert (len(sites), aside, notes) == (0, (), ())


PLACED = {"sitio": "S-1", "Lat (grados)": "14.9650", "Longitud (°)": "-91.7944"}


@pytest.mark.parametrize("more", [{}, {"x": "3", "y": "4"}, {"x": "marca"}])
def test_names_of_coordinates_with_a_unit_and_beside_other_columns(more):
    sites, aside, _ = take_sites([reporting.table([PLACED | more])], {}, reporting.MUNICIPALITIES)
    assert (sites.geometry.x.item(), sites.geometry.y.item(), aside) == (-91.7944, 14.9650, ())


def test_x_and_y_are_coordinates_where_nothing_else_is_and_numbers_stand_in_them():
    fine, _, _ = take_sites([reporting.table([{"id": "1", "x": "-91.7944", "y": "14.9650"}])], {}, reporting.MUNICIPALITIES)
    assert fine.geometry.x.item() == -91.7944
    with pytest.raises(BadInput):
        take_sites([reporting.table([{"id": "1", "x": "sí", "y": "no"}])], {}, reporting.MUNICIPALITIES)


def test_a_length_is_no_longitude():
    with pytest.raises(BadInput):
        take_sites([reporting.table([{"id": "1", "latitud": "14.9", "Longitud (km)": "91"}])], {}, reporting.MUNICIPALITIES)


@pytest.mark.parametrize("row", [{"sitio": "S-1", "nombre": "x"}, PLACED | {"lat": "14"}])
def test_faults_of_sites_name_the_section_of_sites(row):
    with pytest.raises(BadInput) as stop:
        take_sites([reporting.table([row])], {}, reporting.MUNICIPALITIES)
    assert all("[sites.columns]" in explain(fault, "es").remedy for fault in stop.value.faults)


def test_columns_that_nothing_takes_are_named_once():
    row = PLACED | {"Dueño": "Ana", "start": "2026", "_id": "7", "meta/x": "1", "Telefono": "5", "vacía": ""}
    (fault,) = take_sites([reporting.table([row, row])], {}, reporting.MUNICIPALITIES)[2][:1]
    assert (fault.code, fault.severity, fault.values["columns"]) == ("report-columns-unused", "warning", ["Dueño"])
    assert "[sites.columns]" in explain(fault, "es").remedy
