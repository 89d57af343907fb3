"""The catalogue of action types."""

from __future__ import annotations

from collections import Counter

import pytest

from envgis.actions import catalogue
from envgis.actions.words import Nearest, fold, synonyms

TYPES = catalogue.types()


def test_there_are_31_types_and_each_is_whole():
    assert len(TYPES) == 31
    assert TYPES.index.is_unique
    assert not (TYPES[["name_es", "name_en", "geometry", "units"]] == "").any(axis=None)
    assert {family for cell in TYPES["hazards"] for family in cell.split()} == set(catalogue.FAMILIES)
    assert {kind for cell in TYPES["geometry"] for kind in cell.split()} == {"point", "line", "polygon", "any"}


def test_support_types_address_no_level_and_the_others_something():
    assert TYPES.index[TYPES["support"]].tolist() == ["nursery", "early_warning", "training"]
    silent = TYPES.index[TYPES["hazards"] == ""].tolist()
    assert silent == ["nursery", "training", "other"]


def test_addresses():
    assert catalogue.addresses("living_barrier", "landslide")
    assert not catalogue.addresses("living_barrier", "fire")
    assert not catalogue.addresses("no_such_type", "fire")


def test_widths_have_their_reason_and_only_lines_have_one():
    wide = TYPES[TYPES["width_m"].notna()]
    assert (wide["width_source"] != "").all()
    assert (wide["width_m"] > 0).all()
    assert wide["geometry"].str.contains("line").all()
    assert (TYPES[TYPES["width_m"].isna()]["width_source"] == "").all()


def test_no_word_means_two_types():
    meanings = Counter(
        word
        for slug, row in TYPES.iterrows()
        for word in {
            *map(fold, (str(slug), row["name_es"], row["name_en"])),
            *map(fold, synonyms(row["synonyms_es"]) + synonyms(row["synonyms_en"])),
        }
    )
    assert [word for word, times in meanings.items() if times > 1] == []


@pytest.mark.parametrize("language", ["es", "en"])
def test_no_name_begins_with_the_whole_of_another(language: str):
    names = [fold(name) for name in TYPES[f"name_{language}"]]
    assert [(a, b) for a in names for b in names if a != b and b.startswith(a + " ")] == []


@pytest.mark.parametrize(
    ("word", "slug"),
    [("BARRERAS VIVAS", "living_barrier"), ("Siembra de árboles", "reforestation"), ("fire_break", "fire_break"), ("Clean-up", "cleanup")],
)
def test_words(word: str, slug: str):
    assert catalogue.words()[fold(word)] == slug


def test_a_word_alone_is_never_enough():
    assert fold("limpieza") not in catalogue.words()
    assert "cleanup" in catalogue.nearest()("limpieza de basuras")
    assert len(catalogue.nearest()("zzzz")) == 3


def test_nearest_by_hand():
    nearest = Nearest([("terrazas", "t"), ("terraza", "t"), ("barrera", "b"), ("vivero", "v")])
    assert nearest("terrasas", 2) == ["t", "b"]


def test_words_in_common_count_before_letters():
    near = catalogue.nearest()
    assert near("Llantas en talud")[0] == "slope_bioengineering"
    assert near("Muro de piedra y contención")[0] == "retaining_wall"
    assert near("reforestacon")[0] == "reforestation"
    assert "wastewater_treatment" not in near("Mejoramiento del ornato")


def test_what_is_like_nothing_is_known_as_such():
    near = catalogue.nearest()
    assert [near.alike(word) for word in ("Mejoramiento del ornato", "zzzz", "limpieza de basuras", "reforestacon")] == [False, False, True, True]
    assert len(near("Mejoramiento del ornato")) == 3


def test_a_copy_is_given_away():
    mine = catalogue.types()
    mine.loc["fire_break", "hazards"] = "flood"
    assert catalogue.types().loc["fire_break", "hazards"] == "fire"
