"""The entry page, and what folders are called."""

import html
import itertools
import json
import re
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from small_assessment import municipalities, ready, unmapped

from envgis import locale
from envgis.levels import HazardKey
from envgis.publish import figures, labels, outlines
from envgis.publish.index_page import page
from envgis.publish.names import folder_name, folder_names


@given(st.text(max_size=60), st.text(max_size=80))
def test_folders_are_plain_and_short(code, name):
    folder = folder_name(code, name)
    assert 0 < len(folder) <= 40 and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", folder)


@given(st.lists(st.tuples(st.text(max_size=6), st.text(max_size=60)), unique_by=lambda pair: pair[0], max_size=20))
def test_no_two_municipalities_share_a_folder(pairs):
    folders = folder_names(pairs)
    assert len({f.lower() for f in folders.values()}) == len(pairs) and all(len(f) <= 40 for f in folders.values())


def test_folder_by_hand():
    assert folder_name("1201", "San Marcos") == "1201-san-marcos"
    assert folder_name("0114", "Amatitlán") == "0114-amatitlan"
    assert folder_name("GT/1", "</script>=1+1 “Ñuñoa”") == "gt-1-script-1-1-nunoa"


@pytest.fixture(scope="module")
def text():
    return page(ready())


def cells(text):
    data = re.search(r'<script type="application/json" id="cells">(.*?)</script>', text, re.DOTALL)
    return json.loads(data[1])


def test_same_run_same_bytes(text):
    assert page(ready()) == text


def test_rows_add_up_to_the_printed_total(text):
    for view in cells(text).values():
        for name in ("high_ha", "covered_ha", "gap_ha", "after_central_ha", "high_people"):
            numbers = {place: float(view["text"][f"{place}.{name}"].replace(",", "")) for place in ("m0", "m1", "m2", "t")}
            assert numbers["m0"] + numbers["m1"] + numbers["m2"] == pytest.approx(numbers["t"], abs=1e-6)


def test_figures_are_those_of_the_map_page(text):
    book = figures.Book(ready())
    first = cells(text)["k0"]["text"]
    for number, code in enumerate(ready().municipalities["code"]):
        one = book.of(code, HazardKey("landslide", "present"))
        assert first[f"m{number}.high_ha"] == book.area(one.high_ha)
        assert first[f"m{number}.gap_share"] == locale.percent(one.gap_share, "es")


@pytest.mark.parametrize(
    ("share", "shade"), [(None, "none"), (0.0, "0"), (0.4994, "0"), (0.5, "1"), (0.9494, "2"), (0.95, "3"), (0.98958, "4"), (0.9894, "3"), (1.0, "4")]
)
def test_the_colour_is_that_of_the_printed_share(share, shade):
    run = ready()
    table = run.tables["adaptation"].assign(gap_share=share)
    made = cells(page(replace(run, tables={**run.tables, "adaptation": table})))
    assert set(made["k0"]["shade"].values()) == {shade}


def test_no_data_never_looks_like_nothing_high():
    """One municipality wholly without data, one with a little of its low land unmapped, one with much."""
    run = unmapped(ready(), "1201")
    levels = run.tables["hazard_levels"].copy()
    for code, share in (("1202", 0.06), ("0114", 0.05)):
        mine = levels["municipality_code"] == code
        levels.loc[mine, "area_ha"] = levels["level"].map({"1": 1000 * (1 - share), "no_data": 1000 * share}).fillna(0.0)
    gaps = run.tables["adaptation"].copy()
    gaps.loc[gaps["municipality_code"] != "1201", ["high_area_ha", "gap_area_ha"]] = 0.0
    gaps["gap_share"] = np.nan
    made = page(replace(run, tables={**run.tables, "hazard_levels": levels, "adaptation": gaps}))
    one = cells(made)["k0"]
    assert one["shade"] == {"m0": "none", "m1": "unknown", "m2": "partly"}
    assert one["text"]["m1.label"] == {"es": "sin datos", "en": "no data"}
    assert one["text"]["m2.label"]["es"] == "6.0% sin datos" and one["text"]["m0.label"] == "–"
    assert one["text"]["t.lacking"] == "San Marcos" and one["text"]["m1.high_ha"] == "–" and one["text"]["t.high_ha.unit"] == "0.0 ha"
    for shade in ("unknown", "partly"):
        assert f'class="swatch shade-{shade}"' in made and f'class="swatch shade-{shade}"' not in page(ready())
    assert cells(page(unmapped(ready(), *ready().municipalities["code"])))["k0"]["text"]["t.high_ha.unit"] == "–"


def test_a_single_municipality_is_named_and_not_counted(text):
    run = ready()
    alone = page(replace(run, municipalities=run.municipalities.iloc[[1]]))
    assert "<h2>San Marcos</h2>" in alone and "municipios juntos" not in alone and "municipalities together" not in alone
    assert "Los 3 municipios juntos" in text


def test_what_was_set_aside_is_told_in_both_languages_with_its_remedy(text):
    fault = ready().set_aside[0].faults[0]
    for language in locale.LANGUAGES:
        assert html.escape(locale.sentence(fault.message, language)) in text
        assert html.escape(locale.remedy(fault.message, language), quote=False) in html.unescape(text)
    assert "quarantine.csv" in text
    assert "quarantine.csv" not in page(replace(ready(), set_aside=()))


def test_links_lead_to_what_a_run_writes(text):
    links = set(re.findall(r'href="([^"]+)"', text))
    assert {"0114-amatitlan/map.html", "1201-san-marcos/map.html", "tables.xlsx", "envgis.gpkg", "run.json"} <= links
    assert {"tables/hazard_levels.csv", "tables/adaptation.csv", "rasters/flood_present_T10.tif"} <= links
    assert not [link for link in links if ":" in link or link.startswith("/")]


def test_a_layer_that_is_not_public_has_no_file_to_link_to():
    run, key = ready(), HazardKey("flood", "present", 10.0)
    hidden = replace(run.maps[key], hazard=replace(run.maps[key].hazard, public=False))
    assert "rasters/flood_present_T10.tif" not in page(replace(run, maps={**run.maps, key: hidden}))


def test_neighbours_share_a_panel_and_the_distant_one_has_its_own():
    found = outlines.panels(municipalities())
    assert [[one.number for one in panel.outlines] for panel in found] == [[1, 2], [0]]
    assert all(panel.bar_km in (1, 2, 5) and 0 < panel.bar < panel.width / 2 for panel in found)


@pytest.mark.parametrize("names", [("San Marcos", "San Pedro Sacatepéquez", "Amatitlán"), ("Santa María de Jesús de la Ermita", "Sibinal", "X" * 40)])
def test_names_stay_on_their_own_land_where_there_is_room_and_never_leave_the_map(names):
    for panel in outlines.panels(municipalities(names)):
        ground = shapely.box(0, 0, panel.width, panel.height)
        for one, other in itertools.combinations(panel.outlines, 2):
            assert not one.label.box.intersects(other.label.box)
        for one in panel.outlines:
            assert one.label.box.within(ground)
            if max(map(len, one.label.lines)) < 20:
                rings = [[tuple(map(float, at.split(","))) for at in ring.rstrip("Z").split()] for ring in one.path.split("M")[1:]]
                assert one.label.box.within(shapely.Polygon(rings[0]).buffer(0.2))


def test_a_long_name_is_broken_where_its_land_is_narrow():
    wide, narrow = labels.place(["San Pedro"] * 2, [shapely.box(0, 0, 120, 90), shapely.box(120, 0, 190, 90)], 190, 90)
    assert (wide.lines, narrow.lines) == (("San Pedro",), ("San", "Pedro"))
    (tiny,) = labels.place(["San Pedro"], [shapely.box(180, 80, 184, 84)], 190, 90)
    assert tiny.box.within(shapely.box(0, 0, 190, 90))


def test_a_scale_bar_is_as_long_as_it_says():
    panel = outlines.panels(municipalities())[1]
    west, _, east, _ = municipalities().geometry.iloc[0].bounds
    width_km = (east - west) * 111.32 * 0.9682  # the cosine of 14.47 degrees
    assert (panel.width - 28) / panel.bar == pytest.approx(width_km / panel.bar_km, rel=0.01)
