"""tables: tidy views of a small ledger, every figure by hand."""

import numpy as np
import pandas as pd
import pytest
import sample
import shapely

from envgis import ledger, tables
from envgis.actions import record
from envgis.levels import HazardKey
from envgis.planning import screening

HA = 10**10
FLOOD = HazardKey("flood", "present", 100.0)
SLIDE = HazardKey("landslide", "present")
TOWNS = pd.DataFrame({"code": ["0114", "1201"], "name": ["Amatitlán", "San Marcos"]})


def book(*rows):
    """(key, municipality, face, level, best, central, worst, land use, hectares, people)"""
    data = [(*key, *rest[:-2], int(rest[-2] * HA), int(rest[-1] * 1e6)) for key, *rest in rows]
    return pd.DataFrame(data, columns=[*ledger.KEYS, *ledger.VALUES]).astype({"return_period": "Float64"})


LEDGER = book(
    (FLOOD, "0114", "", 0, 0, 0, 0, "forest", 6, 0),
    (FLOOD, "0114", "", 4, 4, 4, 4, "urban", 2, 30),
    (FLOOD, "0114", "a", 5, 3, 4, 5, "urban", 1, 10),
    (FLOOD, "0114", "b", 4, 4, 4, 4, "forest", 0.5, 2),
    (FLOOD, "0114", "", 255, 255, 255, 255, "no_data", 0.5, 1),
    (FLOOD, "outside", "", 5, 5, 5, 5, "urban", 99, 9),
    (SLIDE, "0114", "", 1, 1, 1, 1, "forest", 10, 43),
)


def row(table, **where):
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_hazard_levels():
    t = tables.hazard_levels(LEDGER, TOWNS, [FLOOD, SLIDE], True)
    assert len(t) == 2 * 2 * 7
    assert t["level"].iloc[:7].tolist() == ["0", "1", "2", "3", "4", "5", "no_data"]
    four = row(t, municipality_code="0114", hazard="flood", level="4")
    assert (four["area_ha"], four["area_share"], four["population"], four["return_period"]) == (2.5, 0.25, 32, 100)
    assert row(t, municipality_code="0114", hazard="landslide", level="1")["return_period"] is pd.NA
    assert t.groupby(["municipality_code", "hazard"])["area_share"].sum()["0114", "flood"] == pytest.approx(1)


def test_a_municipality_without_any_cell_has_its_rows_and_no_share():
    t = tables.hazard_levels(LEDGER, TOWNS, [FLOOD], True)
    mine = t[t["municipality_code"] == "1201"]
    assert mine["area_ha"].eq(0).all() and mine["area_share"].isna().all()


def test_without_a_population_layer_people_are_blank_never_0():
    assert tables.hazard_levels(LEDGER, TOWNS, [FLOOD], False)["population"].isna().all()
    t = tables.adaptation(LEDGER, TOWNS, [FLOOD], lambda h, f: True, False)
    assert t["high_population"].isna().all() and t["gap_population"].isna().all()


def test_landuse_hazard():
    legend = pd.DataFrame({"code": ["forest", "urban", "water"], "name_es": ["Bosque", "Poblado", "Agua"], "name_en": ["Forest", "Town", "Water"]})
    t = tables.landuse_hazard(LEDGER, TOWNS, [FLOOD], legend, True, "es")
    assert set(t["landuse"]) == {"Bosque", "Poblado", "Sin datos"}
    assert row(t, landuse_code="urban", level="5")["area_ha"] == 1
    assert t["area_ha"].sum() == 10
    assert set(tables.landuse_hazard(LEDGER, TOWNS, [FLOOD], legend, True, "en")["landuse"]) == {"Forest", "Town", "No data"}


def test_adaptation():
    t = tables.adaptation(LEDGER, TOWNS, [FLOOD, SLIDE], lambda hazard, face: face == "a", True)
    a = row(t, municipality_code="0114", hazard="flood")
    expected = {
        "mapped_area_ha": 9.5, "high_area_ha": 3.5, "high_any_action_ha": 1.5, "high_action_ha": 1.0, "gap_area_ha": 2.5,
        "gap_share": 2.5 / 3.5, "high_after_best_ha": 2.5, "high_after_central_ha": 3.5, "high_after_worst_ha": 3.5,
        "high_population": 42, "gap_population": 32,
    }  # fmt: skip
    assert {k: a[k] for k in expected} == pytest.approx(expected)
    assert np.isnan(row(t, municipality_code="0114", hazard="landslide")["gap_share"])


def test_where_nothing_is_mapped_what_is_high_is_blank_never_0():
    unmapped = book((FLOOD, "1201", "", 255, 255, 255, 255, "urban", 7, 20), (SLIDE, "1201", "a", 1, 1, 1, 1, "urban", 7, 20))
    counted = pd.concat([LEDGER, unmapped], ignore_index=True)
    t = tables.adaptation(counted, TOWNS, [FLOOD, SLIDE], lambda hazard, face: True, True)
    nothing = row(t, municipality_code="1201", hazard="flood")
    assert nothing["mapped_area_ha"] == 0
    assert nothing[list(t.columns[t.columns.get_loc("high_area_ha") :])].isna().all()
    # Mapped, and nothing of it high: that is known.
    low = row(t, municipality_code="1201", hazard="landslide")
    assert low["mapped_area_ha"] == 7 and low["high_area_ha"] == low["gap_area_ha"] == low["gap_population"] == 0
    # The rows of levels still close.
    levels = tables.hazard_levels(counted, TOWNS, [FLOOD], True).query("municipality_code == '1201'")
    assert levels["area_ha"].tolist() == [0, 0, 0, 0, 0, 0, 7]


def test_actions():
    rows = {
        "municipality_code": ["0114", "0114", "0114", "1202"],
        "action_type": ["terraces", "terraces", "training", "terraces"],
        "status": ["done"] * 4,
        "funding_source": ["remittance", "remittance", None, "remittance"],
        "area_ha": [1.5, 2.0, None, 9.0],
        "length_m": [None, None, 1500.0, None],
        "cost_gtq": [100.0, None, None, 1.0],
        "participants_women": [3, None, 4, 1],
    }
    t = tables.actions(record.frame(rows, [shapely.Point(0, 0)] * 4), TOWNS)
    assert len(t) == 2
    both = row(t, action_type="terraces")
    assert (both["count"], both["area_ha"], both["cost_gtq"], both["participants_women"]) == (2, 3.5, 100, 3)
    assert both["municipality"] == "Amatitlán" and pd.isna(both["remittance_gtq"]) and pd.isna(both["participants_men"])
    assert row(t, action_type="training")["length_km"] == 1.5


def test_coverage():
    shares = tables.data_shares(LEDGER, FLOOD)
    assert shares["0114"] == pytest.approx(0.95)
    assert tables.data_shares(LEDGER, FLOOD, "landuse")["0114"] == pytest.approx(0.95)
    t = tables.coverage({"flood_present_T100": shares}, TOWNS)
    assert t["data_share"].tolist() == [pytest.approx(0.95), 0.0]


# The columns are a promise to whoever reads the files: a change of one is a change of version.
PLACE = ["municipality_code", "municipality"]
MAP = ["hazard", "scenario", "return_period"]
COLUMNS = {
    "hazard_levels": [*PLACE, *MAP, "level", "area_ha", "area_share", "population"],
    "landuse_hazard": [*PLACE, *MAP, "landuse_code", "landuse", "level", "area_ha", "population"],
    "adaptation": [
        *PLACE, *MAP, "mapped_area_ha", "high_area_ha", "high_any_action_ha", "high_action_ha", "gap_area_ha", "gap_share",
        "high_after_best_ha", "high_after_central_ha", "high_after_worst_ha", "high_population", "gap_population",
    ],
    "actions": [
        *PLACE, "action_type", "status", "funding_source", "count", "area_ha", "length_km", "units", "cost_gtq", "remittance_gtq",
        "participants_women", "participants_men", "participants_young_women", "participants_young_men", "participants_girls", "participants_boys",
    ],
    "coverage": [*PLACE, "layer", "data_share"],
    "sites": ["site_id", "name", "municipality_code", "decision", "decided_by", "reason", "actions_within_1km"],
    "site_hazards": [
        "site_id", *MAP, "level_at_point", "max_level", "high_share", "no_data_share", "distance_to_high_m", "landuse",
    ],
}  # fmt: skip


def test_every_table_has_the_columns_that_were_promised():
    legend = pd.DataFrame({"code": ["forest"], "name_es": ["Bosque"], "name_en": ["Forest"]})
    screened = screening.screen(sample.sites().assign(municipality_code=list(sample.CODES)), {sample.KEYS[0]: sample.hazard_map(0)})
    made = {
        "hazard_levels": tables.hazard_levels(LEDGER, TOWNS, [FLOOD], True),
        "landuse_hazard": tables.landuse_hazard(LEDGER, TOWNS, [FLOOD], legend, True, "es"),
        "adaptation": tables.adaptation(LEDGER, TOWNS, [FLOOD], lambda hazard, face: True, True),
        "actions": tables.actions(record.frame({"municipality_code": ["0114"]}, [shapely.Point(0, 0)]), TOWNS),
        "coverage": tables.coverage({}, TOWNS),
        "sites": screened.sites,
        "site_hazards": screened.site_hazards,
    }
    assert {name: list(table.columns) for name, table in made.items()} == COLUMNS
