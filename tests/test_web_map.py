"""A municipality's page: its figures, its rasters, its text, its bytes. What a browser makes of it: tests/browser."""

import base64
import hashlib
import html
import html.parser
import json
import re
import zlib
from dataclasses import replace

import folium
import numpy as np
import pytest
import shapely
from branca.element import Element
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from rasterio.features import geometry_mask
from small_assessment import assessment, municipalities, ready, unmapped

from envgis import locale
from envgis.faults import Fault, Message, Place
from envgis.grid import Grid
from envgis.levels import Breakpoints, HazardKey
from envgis.publish import about, bilingual, figures, index_page, legend, marks, planes, shell, web_map
from envgis.publish.field_work import field_work
from envgis.publish.placement import lonlat, mercator, place
from envgis.publish.web_map import page

CODE = "1201"
FLOOD = HazardKey("flood", "present", 10.0)
EROSION = HazardKey("erosion", "present")
LANDSLIDE = HazardKey("landslide", "present")


@pytest.fixture(scope="module")
def text():
    return page(ready(), CODE)


class Reader(html.parser.HTMLParser):
    """Elements of a page: (tag, attributes), and the text of each script and style."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self.styles, self.data, self._inside = [], [], [], {}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside = (tag, dict(attrs)) if tag in ("script", "style") else None

    def handle_endtag(self, tag):
        self._inside = None

    def handle_data(self, data):
        if self._inside is None:
            return
        tag, attrs = self._inside
        if tag == "style":
            self.styles.append(data)
        elif "type" not in attrs:
            self.scripts.append(data)
        else:
            self.data[attrs["id"]] = data


# ---- figures ---------------------------------------------------------------------------------------------------------


def test_rows_move_as_little_as_can_be_by_hand():
    assert figures.apportion([1.4, 1.4, 0.2, 0], 3, 1) == [2, 1, 0, 0]
    assert figures.apportion([33.36, 33.36, 33.28], 100, 0.1) == [33.3, 33.4, 33.3]
    assert figures.apportion([1000, 0.4, 0.4], 1001, 1) == [1000, 1, 0]  # what was whole stays as it was
    assert figures.apportion([0.6, 20.6, 30.6], 52, 1) == [1, 21, 30]  # and something stays something


def test_a_small_value_is_printed_alike_in_two_scenarios():
    """Of San Marcos: the largest remainder had made 50.7 of the 50.6388 in the first column only."""
    present = [3285.001973, 2710.317657, 2166.817399, 50.638829, 197.556891]
    future = [3011.272351, 2200.023864, 1864.992990, 50.638829, 197.556891]
    assert figures.apportion(present, 8410.4, 0.1) == [3285.1, 2710.3, 2166.8, 50.6, 197.6]
    assert figures.apportion(future, 7324.5, 0.1) == [3011.3, 2200.0, 1865.0, 50.6, 197.6]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=8), st.sampled_from([1.0, 0.1, 0.01]))
def test_rounded_rows_keep_their_total(values, unit):
    total = figures.nearest(sum(values), unit)
    rounded = figures.apportion(values, total, unit)
    assert sum(rounded) == pytest.approx(total, abs=unit / 1000)
    assert all(abs(r - v) < unit * (1 + 1e-6) for r, v in zip(rounded, values, strict=True))
    assert all(r == 0 for r, v in zip(rounded, values, strict=True) if v == 0)
    assert min(rounded) >= 0


def test_figures_add_up_and_are_those_of_the_tables():
    run = ready()
    book, table = figures.Book(run), run.tables["adaptation"]
    for _, row in table.iterrows():
        key = HazardKey(row["hazard"], row["scenario"], None if np.isnan(row["return_period"]) else row["return_period"])
        one = book.of(row["municipality_code"], key)
        assert one.high_ha == figures.nearest(row["high_area_ha"], 0.1)
        assert one.covered_ha + one.gap_ha == pytest.approx(one.high_ha, abs=1e-9)
        assert one.level_ha["4"] + one.level_ha["5"] == pytest.approx(one.high_ha, abs=1e-9)
        assert abs(one.gap_ha - row["gap_area_ha"]) < 0.1
        assert one.after_best_ha <= one.after_central_ha <= one.after_worst_ha <= one.high_ha
        assert sum(one.level_people.values()) == pytest.approx(sum(one.level_ha.values()) * 1.37, abs=5)


def test_total_is_the_sum_of_the_printed_rows():
    run = ready()
    book = figures.Book(run)
    for key in run.maps:
        rows = [book.of(code, key) for code in run.municipalities["code"]]
        total = book.total(key)
        for name in ("high_ha", "gap_ha", "covered_ha", "after_central_ha", "high_people"):
            assert getattr(total, name) == pytest.approx(sum(getattr(row, name) for row in rows), abs=1e-6)


def test_where_nothing_is_mapped_no_figure_is_0_and_totals_add_what_is_known():
    run = unmapped(ready(), CODE)
    book, whole = figures.Book(run), figures.Book(ready())
    for key in run.maps:
        one = book.of(CODE, key)
        assert one.unknown and one.no_data_share == 1
        assert {getattr(one, name) for name in ("high_ha", "covered_ha", "gap_ha", "gap_share", "after_central_ha", "high_people")} == {None}
        total = book.total(key)
        others = [whole.of(code, key) for code in run.municipalities["code"] if code != CODE]
        assert total.high_ha == pytest.approx(sum(other.high_ha for other in others))
        assert total.gap_people == sum(other.gap_people for other in others)
    nowhere = figures.Book(unmapped(ready(), *ready().municipalities["code"])).total(LANDSLIDE)
    assert nowhere.unknown and nowhere.high_people is None and nowhere.gap_share is None
    told = html.unescape(page(run, CODE))
    for language in locale.LANGUAGES:
        assert locale.phrase("web.high_unknown", language) in told
    assert "0.0 ha" not in re.sub(r"<svg.*?</svg>", "", told.partition('<div class="panel">')[2].partition("<table")[0], flags=re.DOTALL)
    assert not re.search(r'data-figure="(?!gap_share)[a-z_]+">.*?</th><td class="number">[0-9]', told)


def test_without_population_nobody_is_printed():
    run = assessment(has_population=False)
    one = figures.Book(run).of(CODE, FLOOD)
    assert (one.high_people, one.gap_people, one.level_people) == (None, None, None)
    assert locale.phrase("web.exposed", "es") not in page(run, CODE)


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_both_languages_write_numbers_alike(value, digits):
    """So a number stands once on a page, outside the elements of the languages."""
    assert locale.number(value, "es", digits) == locale.number(value, "en", digits)


def test_field_work_adds_up_to_the_reports():
    run = ready()
    work, table = field_work(run, CODE), marks.actions_of(run, CODE)
    standing = table[table["in_force"]]
    assert work.reported == len(table)
    assert work.total.count == len(standing) == sum(sums.count for _, sums in work.by_type)
    assert work.total.cost_gtq == figures.nearest(standing["cost_gtq"].sum(), 1)
    for name in ("area_ha", "cost_gtq", "remittance_gtq"):
        parts = [getattr(sums, name) or 0 for _, sums in work.by_type]
        assert sum(parts) == pytest.approx(getattr(work.total, name), abs=1e-6)
    assert work.participants["women"] == standing["participants_women"].sum()
    assert work.participants["men"] == standing["participants_men"].sum()
    assert work.participants["boys"] is None  # nobody reported any: not 0
    assert work.remittance_share == pytest.approx(standing["remittance_gtq"].sum() / standing["cost_gtq"].sum())


# ---- rasters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("crs", [32615, 4326, "ESRI:103598"])
def test_placement_is_projs(crs):
    area = municipalities().geometry.iloc[1]
    west, south, east, north = area.bounds
    to_grid = Transformer.from_crs(4326, CRS.from_user_input(crs), always_xy=True)
    x, y = to_grid.transform(west, north)
    size = 0.0001 if crs == 4326 else 10.0
    grid = Grid(CRS.from_user_input(crs), x, y, size, size, 2000, 2000)
    placed = place(grid, area.bounds)
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(west, east, 500), rng.uniform(south, north, 500)
    u, v = np.transpose([mercator(*one) for one in zip(lon, lat, strict=True)])
    column, row = placed.cells(u, v)
    px, py = to_grid.transform(lon, lat)
    assert np.abs(column - (px - grid.x) / size).max() < 1e-4
    assert np.abs(row - (grid.y - py) / size).max() < 1e-4
    assert lonlat(u, v)[1] == pytest.approx(lat, abs=1e-12)


@pytest.mark.parametrize("key", [LANDSLIDE, FLOOD, EROSION])
def test_planes_hold_every_cell_of_the_municipality(key):
    run = ready()
    geometry = run.municipalities.set_index("code").geometry[CODE]
    pictures = planes.pictures(run, geometry)
    lattice, number = pictures.maps[key]
    cells = unpacked(pictures, number).reshape(pictures.lattices[lattice].rows, -1)
    hazard_map = run.maps[key]
    cut = planes.Cut.of(hazard_map.grid, geometry)
    level = hazard_map.levels(cut.window)
    central, best = run.residuals[key].read(cut.window)
    outside = geometry_mask([cut.outline], cut.window.shape, cut.grid.crop(cut.window).transform)
    code = np.where(level == 255, 7, level)
    assert ((cells & 7) == np.where(outside, 6, code)).all()
    assert ((cells >> 3 & 7) == np.where(outside, 6, np.where(central == 255, 7, central))).all()
    assert ((cells >> 6)[~outside & (level <= 5)] == (central - best)[~outside & (level <= 5)]).all()
    assert (~outside).sum() > 1000
    assert (central != level).any()


def unpacked(pictures, number):
    plane = pictures.planes[number]
    cells = np.frombuffer(zlib.decompress(base64.b64decode(plane.data)), np.uint8)
    return cells if plane.base is None else cells ^ unpacked(pictures, plane.base)


def test_too_many_cells_are_shown_coarser_by_the_most_frequent():
    values = np.array([[1, 1, 3, 3], [1, 2, 3, 4], [5, 5, 0, 0]], np.uint8)
    assert planes.most_frequent(values, 2, 9).tolist() == [[1, 3], [5, 0]]
    run = ready()
    geometry = run.municipalities.set_index("code").geometry[CODE]
    lattice = planes.pictures(run, geometry, largest=2000).lattices[0]
    assert lattice.factor > 1 and lattice.rows * lattice.columns <= 2200
    assert lattice.shown_cell_m == lattice.factor * 60
    fine, coarse = (planes.Cut.of(run.maps[LANDSLIDE].grid, geometry, n).shown for n in (10**9, 2000))
    assert coarse.dx == lattice.factor * fine.dx and (coarse.x, coarse.y) == (fine.x, fine.y)


def test_a_layer_that_is_not_public_is_counted_but_not_drawn():
    run = ready()
    hidden = replace(run.maps[FLOOD], hazard=replace(run.maps[FLOOD].hazard, public=False))
    private = replace(run, maps={**run.maps, FLOOD: hidden})
    assert FLOOD not in planes.pictures(private, run.municipalities.geometry.iloc[0]).maps
    assert figures.Book(run).area(figures.Book(run).of(CODE, FLOOD).high_ha) + " ha" in page(private, CODE)


def test_legend_says_which_values_a_level_has():
    depth = Breakpoints((0.3, 0.5, 1.2, 2.0), "right", zero_is_absent=True)
    assert legend.ranges(depth) == {"0": "0", "1": "≤ 0.3", "2": "0.3 – 0.5", "3": "0.5 – 1.2", "4": "1.2 – 2.0", "5": "> 2.0"}
    assert legend.ranges(Breakpoints((6.7, 11.2, 22.4, 33.6), "left"))["5"] == "≥ 33.6"
    falling = legend.ranges(Breakpoints((4, 3, 2, 1), "right"))
    assert (falling["1"], falling["5"]) == ("≥ 4", "< 1")


# ---- the page --------------------------------------------------------------------------------------------------------


def test_same_run_same_bytes(text):
    before = Element.__dict__["_generate_id"]
    assert page(ready(), CODE) == text
    assert Element.__dict__["_generate_id"] is before
    assert Element()._id != Element()._id


def test_nothing_is_asked_from_outside(text):
    read = Reader(text)
    for tag, attrs in read.elements:
        for name in ("src", "href", "action", "data", "poster", "srcset", "background"):
            assert attrs.get(name, "data:").startswith("data:"), (tag, attrs)
        assert "style" not in attrs and not [name for name in attrs if name.startswith("on")], (tag, attrs)
        assert tag not in ("link", "iframe", "object", "embed", "base")
    assert not re.search(r"url\(\s*['\"]?(?!data:|#)", "".join(read.styles))
    assert "@import" not in "".join(read.styles)


def test_policy_names_every_script_and_style_and_nothing_else(text):
    read = Reader(text)
    policy = next(a["content"] for tag, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    hashes = {base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in read.scripts + read.styles}
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == hashes
    assert "default-src 'none'" in policy and "unsafe" not in policy


def test_leaflets_banner_and_licence_stay(text):
    assert "Leaflet 1.9.3, a JS library for interactive maps" in text
    assert "THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS" in text


def test_only_allowed_fields_are_in_the_page():
    run = ready()
    table = run.actions.copy()
    table["notes"], table["community"], table["action_id"] = "CANARY-NOTE", "CANARY-PLACE", "CANARY-ID"
    text = page(replace(run, actions=table), CODE)
    assert "CANARY" not in text
    allowed = page(replace(run, actions=table, public_fields=("action_type", "notes")), CODE)
    assert "CANARY-NOTE" in allowed and "CANARY-PLACE" not in allowed
    none = json.loads(Reader(page(replace(run, public_fields=()), CODE)).data["marks"])
    assert none["actions"] == [] and none["footprints"] == []


def test_data_that_look_like_a_template_stay_data():
    names = ("{{ 7*7 }}{% raw %}", "San Pedro", "Amatitlán")
    text = page(assessment(municipalities=municipalities(names)), CODE)
    assert "{{ 7*7 }}{% raw %} (1201)" in text and "49{" not in text


def test_json_cannot_end_its_element():
    assert "<" not in shell.data({"a": "</script><!--\u2028"})
    assert json.loads(shell.data({"a": "</script><!--\u2028"})) == {"a": "</script><!--\u2028"}


def test_a_folium_map_for_notebooks(tmp_path, text):
    made = web_map(ready(), CODE)
    assert isinstance(made, folium.Map)
    assert "<iframe srcdoc=" in made._repr_html_()
    made.save(tmp_path / "map.html")
    assert (tmp_path / "map.html").read_text(encoding="utf-8") == text
    assert folium.Map.default_js  # other maps keep their links


def test_a_page_that_travels_alone_says_what_was_set_aside(text):
    for language in locale.LANGUAGES:
        told = locale.phrase("web.refused_alone", language, taken=36, refused=1)
        assert told in text and told not in page(replace(ready(), set_aside=()), CODE)


def test_warnings_about_the_officers_files_stay_with_the_index():
    kept = [
        Fault("crs-datum-unknown", Place("limites.gpkg"), "NAD27", severity="warning"),
        Fault("action-undated", values={"count": 3}, severity="warning"),
    ]
    left = [
        Fault("report-columns-unused", Place("kobo_lopez.csv"), values={"count": 1, "columns": ["Foto"]}, severity="warning"),
        Fault("text-latin1", Place("limites.shp"), "limites.dbf", severity="warning"),
        Fault("review-open", Place("kobo_lopez.csv"), values={"count": 1, "rows": "12"}, severity="warning"),
    ]
    run = replace(ready(), warnings=(*kept, *left))
    alone = about.about(run, alone=True).warnings
    assert [what for _, what in alone] == [bilingual.told(fault.message) for fault in kept]
    assert len(about.about(run).warnings) == 5
    told, index = page(run, CODE), index_page.page(run)
    assert "kobo_lopez.csv" not in told and "Foto" not in told and "NAD27" in told
    assert "kobo_lopez.csv" in index and "Foto" in index


def test_a_page_says_how_large_cells_are_without_jargon():
    lattice = {"columns": 22, "rows": 12, "cell": "1″", "crs": "WGS 84", "title": {"es": "Erosión", "en": "Erosion"}, "slug": "erosion_present"}
    run = replace(ready(), assumptions=(Message("assume.grid", lattice), Message("assume.goal")))
    told = about.about(run).assumptions
    # 0.0008 degrees are 89 m; a map for each scenario and return period, one line for each hazard.
    metres = ["Deslizamientos: celdas de 60 m.", "Inundación: celdas de 45 m.", "Erosión del suelo: celdas de 89 m."]
    assert [words["es"] for words in told] == [locale.phrase("assume.goal", "es"), *metres]
    assert "cuadrícula" not in page(run, CODE)


def test_unknown_municipality():
    with pytest.raises(KeyError, match="9999"):
        page(ready(), "9999")


def test_every_map_default_is_the_present_and_the_shortest_return_period(text):
    keys = json.loads(Reader(text).data["classes"])["keys"]
    flood = next(key for key in keys if key["hazard"] == "flood")
    assert (flood["scenario"], flood["period"]) == ("present", "10")


def test_numbers_of_actions_are_rounded_like_those_of_the_tables():
    assert marks.written("area_ha", 67.995808) == "68.0 ha"
    assert marks.written("area_ha", 1234.5) == "1,234.5 ha"
    assert marks.written("area_ha", 0.0216) == "0.02 ha"  # small is not 0
    assert marks.written("area_ha", 0.05) == "0.05 ha" and marks.written("area_ha", 0.0) == "0.0 ha"
    assert marks.written("area_ha", 0.123456, 2) == "0.12 ha"
    assert marks.written("length_m", 1250.04) == "1,250 m"
    assert marks.written("volume_m3", 3.14159) == "3.1 m³"
    assert marks.written("quantity", 12) == "12"
    run = ready()
    table = run.actions.copy()
    table["area_ha"] = 67.995808
    read = Reader(page(replace(run, actions=table), CODE))
    assert "67.99" not in read.data["marks"] and '"68.0 ha"' in read.data["marks"]


def test_levels_say_that_they_are_without_actions_where_there_is_a_choice(text):
    alone = page(replace(ready(), residuals={}), CODE)
    for language in locale.LANGUAGES:
        for phrase in ("web.area_by_level_without", "web.hectares_without", "web.people_count_without"):
            assert locale.phrase(phrase, language) in text and locale.phrase(phrase, language) not in alone


def test_a_mark_stands_on_its_geometry():
    line = shapely.LineString([(0, 0), (0, 2), (2, 2)])
    assert marks.at(line) == [2.0, 0.0]
    ring = shapely.Point(0, 0).buffer(2).difference(shapely.Point(0, 0).buffer(1))
    lat, lon = marks.at(ring)
    assert ring.distance(shapely.Point(lon, lat)) < 1e-6
