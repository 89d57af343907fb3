"""What actions are assumed to change."""

from __future__ import annotations

import pytest

from envgis.actions import catalogue, effects
from envgis.locale import LANGUAGES, explain

HEADER = "action_type,hazard,acts_on,f_low,f_central,f_high,source,verified\n"


def test_shipped_factors_are_in_order_and_have_a_source():
    table = effects.factors()
    assert ((table["f_low"] <= table["f_central"]) & (table["f_central"] <= table["f_high"])).all()
    assert table["f_low"].between(0, 1).all()
    assert table["f_high"].between(0, 1).all()
    assert (table["source"].str.len() > 10).all()
    assert not table.duplicated(list(effects.KEYS)).any()


def test_effects_are_of_types_that_address_the_hazard():
    table = effects.factors()
    assert all(catalogue.addresses(kind, family) for kind, family in zip(table["action_type"], table["hazard"], strict=True))
    support = catalogue.types().index[catalogue.types()["support"]]
    assert not table["action_type"].isin(support).any()


def test_what_is_not_verified_says_so_in_its_source():
    table = effects.factors()
    assert table[~table["verified"]]["source"].str.contains("not verified").all()


@pytest.mark.parametrize(
    ("action", "hazard", "acts_on", "factors"),
    [
        ("terraces", "erosion", "soil_loss", (0.10, 0.28, 0.48)),
        ("living_barrier", "erosion", "soil_loss", (0.14, 0.26, 0.38)),
        ("drainage_works", "landslide", "drainage", (0.3, 0.5, 0.8)),
        ("fire_break", "fire", "fire_passage", (0.54, 0.70, 0.95)),
    ],
)
def test_factors_of_the_source(action: str, hazard: str, acts_on: str, factors: tuple[float, ...]):
    table = effects.factors().set_index(list(effects.KEYS))
    assert tuple(table.loc[(action, hazard, acts_on), list(effects.FACTORS)]) == factors


def test_own_rows_replace_and_add():
    own, faults = effects.parse(
        HEADER + "terraces,erosion,soil_loss,0.2,0.3,0.4,measured here,yes\nwetland_restoration,flood,depth,0.5,0.6,0.7,our own trial,no\n", "e.csv"
    )
    assert faults == []
    table = effects.factors(own).set_index(list(effects.KEYS))
    assert len(table) == len(effects.factors()) + 1
    assert table.loc[("terraces", "erosion", "soil_loss"), "f_central"] == 0.3
    assert table.loc[("wetland_restoration", "flood", "depth"), "f_low"] == 0.5
    assert effects.factors().equals(effects.factors(own.iloc[:0]))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("terrazas,erosion,soil_loss,0.1,0.2,0.3,s,yes", "effects-type-unknown"),
        ("terraces,,soil_loss,0.1,0.2,0.3,s,yes", "effects-cell-empty"),
        ("terraces,erosion,soil_loss,0.1,0.2,0.3,,yes", "effects-cell-empty"),
        ("terraces,erosion,soil_loss,a,0.2,0.3,s,yes", "effects-factor-unreadable"),
        ("terraces,erosion,soil_loss,0.5,0.2,0.3,s,yes", "effects-factor-order"),
        ("terraces,erosion,soil_loss,-0.5,0.2,0.3,s,yes", "effects-factor-order"),
        ("terraces,erosion,soil_loss,0.1,0.2,inf,s,yes", "effects-factor-order"),
        ("terraces,erosion,soil_loss,nan,0.2,0.3,s,yes", "effects-factor-order"),
    ],
)
def test_own_rows_that_cannot_be_used(row: str, code: str):
    table, (fault,) = effects.parse(HEADER + row + "\n", "e.csv")
    assert (fault.code, fault.at.row, len(table)) == (code, 2, 0)
    assert all(explain(fault, language).remedy for language in LANGUAGES)


def test_a_factor_above_one_is_taken_as_one_and_told():
    table, (fault,) = effects.parse(HEADER + "terraces,erosion,soil_loss,0.9,1.2,1.5,collapsed terraces,no\n", "e.csv")
    assert fault.severity == "warning"
    assert table[list(effects.FACTORS)].values.tolist() == [[0.9, 1.0, 1.0]]


def test_missing_columns_are_named():
    _, (fault,) = effects.parse("action_type,hazard\nx,y\n", "e.csv")
    assert "f_low" in explain(fault, "es").what
