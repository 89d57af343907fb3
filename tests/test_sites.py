"""Project sites: the same files and place rules as reports, but they may lie anywhere."""

from __future__ import annotations

import pytest
import reporting

from envgis.actions.sites import take_sites
from envgis.faults import BadInput

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


def test_sites_without_a_place_column_stop():
    with pytest.raises(BadInput) as stop:
        take_sites([reporting.table([{"sitio": "S-1", "nombre": "x"}])], {}, reporting.MUNICIPALITIES)
    assert [fault.code for fault in stop.value.faults] == ["report-no-location"]


def test_no_sites():
    sites, aside, notes = take_sites([], {}, reporting.MUNICIPALITIES)
    assert (len(sites), aside, notes) == (0, (), ())
