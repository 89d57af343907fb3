"""The map page as people meet it: without a network, on a desktop and a phone."""

import base64
import itertools
import re

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from small_assessment import municipalities, ready

from envgis import locale
from envgis.levels import COLOURS, HazardKey
from envgis.publish import figures
from envgis.publish.placement import lonlat
from envgis.publish.web_map import page as render

CODE = "1201"
SOURCES = {
    "high_ha": "high_area_ha",
    "any_action_ha": "high_any_action_ha",
    "covered_ha": "high_action_ha",
    "gap_ha": "gap_area_ha",
    "after_best_ha": "high_after_best_ha",
    "after_central_ha": "high_after_central_ha",
    "after_worst_ha": "high_after_worst_ha",
    "high_people": "high_population",
    "gap_people": "gap_population",
}
NAMES = {"no_data": 255} | {str(n): n for n in range(6)}


@pytest.fixture(scope="module")
def text():
    return render(ready(), CODE)


def painted(page, key=None, actions="without"):
    """Wait until a map is painted, having chosen it."""
    if key is not None:
        k = page.evaluate(f"envgis.page.levels.keys.find(k => k.slug === {key.slug!r})")
        page.select_option("#hazard", k["hazard"])
        choose(page, f'input[name=scenario][value="{k["scenario"]}"]')
        if k["period"]:
            page.select_option("#period", k["period"])
        choose(page, f"#actions-{actions}")
        page.wait_for_function(f"document.documentElement.dataset.shown === '{k['id']}/{actions}'")
    else:
        page.wait_for_function("document.documentElement.dataset.shown")
    return page


def choose(page, radio):
    """Click a segment: the label of a radio that is there for the keyboard and not to be seen."""
    page.click(f"label[for={page.get_attribute(radio, 'id')}]")


def pixels(page):
    """The canvas of levels as (rows, columns, 4), and where it lies: world pixel of its corner, zoom, pixels a CSS pixel."""
    got = page.evaluate("""() => {
        const layer = envgis.page.layer, map = envgis.page.map, canvas = layer._container;
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let text = "";
        for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
        const corner = map.getPixelOrigin().add(layer._bounds.min);
        return { text: btoa(text), width: canvas.width, height: canvas.height, x: corner.x, y: corner.y, zoom: map.getZoom(),
                 ratio: canvas.width / layer._bounds.getSize().x };
    }""")
    image = np.frombuffer(base64.b64decode(got.pop("text")), np.uint8).reshape(got["height"], got["width"], 4)
    return image, got


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_every_choice_is_quiet_and_offline(visit, text, size):
    seen = visit(text, size, scale=3 if size == "phone" else 1)
    page = painted(seen.page)
    for key in ready().maps:
        for actions in ("without", "with"):
            painted(page, key, actions)
            assert page.locator(".panel h2 >> visible=true").first.inner_text() == locale_view(page, key)
    page.click(".layers summary")
    for box in page.locator("[data-switch]").all():
        box.set_checked(not box.is_checked())
    page.click(".layers summary")
    page.click("[data-speak=en]")
    page.click("[data-speak=es]")
    page.locator("button.row").first.click()
    assert page.locator(".leaflet-popup-content").is_visible()
    page.click(".leaflet-control-zoom-in")
    assert (seen.errors, seen.requests) == ([], [])


def locale_view(page, key):
    return page.evaluate(f"envgis.page.levels.keys.find(k => k.slug === {key.slug!r}).title.es")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_nothing_sticks_out_and_targets_are_large_enough(visit, text, size):
    page = painted(visit(text, size).page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    small = page.evaluate("""() => [...document.querySelectorAll("button, select, input[type=search], summary, .segments label, .leaflet-bar a")]
        .filter((n) => n.offsetParent && (n.getBoundingClientRect().height < 41.5 || n.getBoundingClientRect().width < 40))
        .map((n) => n.outerHTML.slice(0, 80))""")
    assert small == []
    box = page.locator(".map-box").bounding_box()
    if size == "phone":
        assert box["height"] == pytest.approx(0.58 * 844, abs=2)
        assert page.locator(".figures >> visible=true").bounding_box()["y"] > box["y"] + box["height"]
    else:
        assert box["height"] > 500 and page.locator(".panel").bounding_box()["x"] >= box["x"] + box["width"]


def test_only_the_panel_scrolls_on_a_desktop_and_no_table_is_cut_on_a_phone(visit, text):
    page = painted(visit(text).page)
    assert page.evaluate("document.documentElement.scrollHeight") == 800
    assert page.evaluate("(({scrollHeight, clientHeight}) => scrollHeight > clientHeight)(document.querySelector('.panel'))")
    phone = painted(visit(text, "phone").page)
    assert phone.evaluate("(({scrollWidth, clientWidth}) => scrollWidth - clientWidth)(document.querySelector('table.tight').parentElement)") == 0


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_names_of_neighbours_are_whole_or_not_there(visit, text, size):
    page = painted(visit(text, size).page)
    seen = []
    for zoom in (11, 12.5, 13.25, 14):
        page.evaluate(f"envgis.page.map.setView([14.962, -91.805], {zoom}, {{ animate: false }})")
        box = page.locator(".map").bounding_box()
        for label in page.locator(".place-name >> visible=true").all():
            one = label.bounding_box()
            assert box["x"] <= one["x"] and one["x"] + one["width"] <= box["x"] + box["width"], zoom
            assert box["y"] <= one["y"] and one["y"] + one["height"] <= box["y"] + box["height"], zoom
            seen.append(zoom)
    assert 12.5 in seen


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_popup_can_be_closed(visit, text, size):
    page = painted(visit(text, size).page)
    page.click(".layers summary")
    page.evaluate("""() => {
        const map = envgis.page.map, latlng = map.getCenter(), size = map.getSize();
        map.panBy([110 - size.x / 2, size.y / 2 - 110], { animate: false });
        const still = new Promise((done) => map.once("autopanstart", () => map.once("moveend", done)));
        map.fire("click", { latlng });
        return still;  // a button that slides away between press and release was not clicked
    }""")
    page.locator(".leaflet-popup-close-button").click(timeout=3000)
    page.locator(".leaflet-popup-content").wait_for(state="detached", timeout=3000)  # it fades away
    assert not page.evaluate("document.querySelector('.layers').open")


def test_numbers_on_the_page_are_those_of_the_tables(visit, text):
    page = painted(visit(text).page)
    run = ready()
    levels, gaps = (run.tables[name].query("municipality_code == @CODE") for name in ("hazard_levels", "adaptation"))
    scenarios = ["present", "2050"]
    for hazard, period in (("landslide", None), ("flood", 10.0), ("flood", 100.0), ("erosion", None)):
        painted(page, HazardKey(hazard, "present", period))
        for column, scenario in enumerate(scenarios):
            here = f"hazard == {hazard!r} and scenario == {scenario!r}" + (f" and return_period == {period}" if period else "")
            rows, totals = shown(page, column)
            for _, row in levels.query(here).iterrows():
                assert abs(rows["level_ha", row["level"]] - row["area_ha"]) < 0.1
                assert abs(rows["level_people", row["level"]] - row["population"]) < 1
            row = gaps.query(here).iloc[0]
            for name, source in SOURCES.items():
                assert abs(rows["gap", name] - row[source]) < (1.0 if "people" in name else 0.1), name
            assert rows["gap", "gap_share"] == round(row["gap_share"] * 100, 1)
            for table, total in totals.items():
                assert sum(rows[table, level] for level in NAMES) == pytest.approx(total, abs=1e-6)


def shown(page, column):
    """The numbers of one column of the tables that are seen: by (table, row), and the totals by table."""
    cells = page.evaluate(
        """(column) => [...document.querySelectorAll("section:not([hidden]) table[data-table] tbody tr")].map((row) => [
            row.closest("table").dataset.table, row.dataset.level || row.dataset.figure || "total",
            row.querySelectorAll("td")[column].innerText])""",
        column,
    )
    rows = {(table, row): number(text) for table, row, text in cells}
    return rows, {table: rows.pop((table, "total")) for table in ("level_ha", "level_people")}


def number(text):
    return float(text.replace(",", "").replace("%", ""))


def test_key_figures_name_what_they_are_of_and_are_the_books(visit, text):
    page = visit(text).page
    for key in ready().maps:
        painted(page, key)
        section = page.locator("section[data-key]:visible")
        one = figures.Book(ready()).of(CODE, key)
        values = section.locator(".figure b").all_inner_texts()
        assert values[0] == f"{locale.number(one.high_ha, 'es', 1)} ha" and values[1] == locale.number(one.high_people, "es")
        title = section.locator("h2").inner_text()
        assert ("2050" in title) == (key.scenario == "2050") and ("período de retorno" in title) == (key.return_period is not None)


def test_language_changes_without_reload(visit, text):
    page = painted(visit(text).page)
    page.evaluate("window.kept = true")
    assert page.title().endswith("Amenazas y acciones ambientales")
    assert "Deslizamientos" in page.inner_text("body") and "Landslides" not in page.inner_text("body")
    page.click("[data-speak=en]")
    english = page.inner_text("body")
    assert page.get_attribute("html", "lang") == "en" and page.title().endswith("Hazards and environmental actions")
    assert "Landslides" in english and "adaptation gap" in english
    for word in ("Deslizamientos", "brecha", "Acciones", "Sin datos", "Reforestación", "Límites"):
        assert word not in english, word
    assert page.locator("#hazard option").all_inner_texts() == ["Landslides", "Flood", "Soil erosion"]
    assert page.get_attribute(".leaflet-control-zoom-in", "aria-label") == "Zoom in"
    assert page.evaluate("window.kept")


def test_a_copied_table_is_in_one_language(visit, text):
    page = painted(visit(text).page)
    copied = page.evaluate("""() => {
        const table = [...document.querySelectorAll("table")].find((t) => t.offsetParent);
        getSelection().selectAllChildren(table);
        return getSelection().toString();
    }""")
    assert "Muy alto" in copied and "Very high" not in copied and "\t" in copied


@pytest.mark.parametrize("language", ["es", "en"])
def test_no_choice_is_cut_on_a_phone(visit, text, language):
    page = painted(visit(text, "phone").page, HazardKey("flood", "present", 100.0))
    page.click(f"[data-speak={language}]")
    cut = page.evaluate("""() => [...document.querySelectorAll(".controls select")].filter((one) => {
        const free = one.cloneNode(true);
        Object.assign(free.style, { position: "absolute", width: "auto", padding: getComputedStyle(one).padding });
        document.body.append(free);
        const needed = free.offsetWidth;
        free.remove();
        return needed > one.offsetWidth + 0.5;
    }).map((one) => one.id)""")
    assert cut == []


def test_signs_of_sites_stand_under_sites_each_with_its_word(visit, text):
    page = painted(visit(text, "phone").page)
    sites, glyphs = (page.locator(f".legend [data-legend=site]{inner}").bounding_box() for inner in ("", " .glyphs"))
    assert sites["x"] <= glyphs["x"] and glyphs["y"] + glyphs["height"] <= sites["y"] + sites["height"] + 1
    for words in locale.both("web.glyphs").values():
        assert all(part[1] == "\u00a0" and " " not in part for part in words.split(", "))


def test_what_has_no_data_is_hatched_in_the_chart_too(visit, text):
    page = painted(visit(text).page)
    assert "#hatch" in page.evaluate("getComputedStyle(document.querySelector('.chart rect.fill-no_data')).fill")


def test_with_actions_the_panel_says_what_its_bars_show(visit, text):
    page = painted(visit(text).page, HazardKey("landslide", "present"), "without")
    told = page.locator("section[data-group]:visible [data-with]")
    assert not told.is_visible()
    painted(page, HazardKey("landslide", "present"), "with")
    assert told.is_visible() and "sin ellas" in told.inner_text()


def test_switching_repaints(visit, text):
    page = visit(text).page
    choices = [
        (HazardKey("landslide", "present"), "without"),
        (HazardKey("landslide", "present"), "with"),
        (HazardKey("landslide", "2050"), "with"),
        (HazardKey("flood", "2050", 10.0), "with"),
        (HazardKey("flood", "2050", 100.0), "with"),
    ]
    seen = []
    for key, actions in choices:
        painted(page, key, actions)
        seen.append(pixels(page)[0].tobytes())
    assert all(before != after for before, after in itertools.pairwise(seen))
    painted(page, *choices[0])
    assert pixels(page)[0].tobytes() == seen[0]


@pytest.mark.parametrize("key", [HazardKey("flood", "2050", 100.0), HazardKey("erosion", "present"), HazardKey("landslide", "present")])
def test_every_pixel_shows_the_cell_that_proj_puts_there(visit, text, key):
    page = painted(visit(text, scale=1.5).page, key)
    hazard_map, outline = ready().maps[key], ready().municipalities.set_index("code").geometry[CODE]
    level = hazard_map.levels(hazard_map.grid.window)
    to_grid = Transformer.from_crs(4326, hazard_map.grid.crs, always_xy=True)
    inside, wrong = outline.buffer(-0.0015), 0
    shapely.prepare(inside)
    colours = {n: tuple(int(COLOURS[n][i : i + 2], 16) for i in (1, 3, 5)) for n in COLOURS}
    for zoom, east in ((13, 0.0), (14.25, 0.01), (16, -0.005)):
        page.evaluate(f"envgis.page.map.setView([14.96, {-91.8 + east}], {zoom}, {{ animate: false }})")
        image, at = pixels(page)
        assert at["zoom"] == zoom
        y, x = (n.ravel() for n in np.mgrid[0 : at["height"] : 3, 0 : at["width"] : 3])
        world = 256 * 2**zoom
        u, v = (at["x"] + (x + 0.5) / at["ratio"]) / world, (at["y"] + (y + 0.5) / at["ratio"]) / world
        lon, lat = lonlat(u, v)
        keep = shapely.contains_xy(inside, lon, lat)
        px, py = to_grid.transform(lon[keep], lat[keep])
        g = hazard_map.grid
        expected = level[((g.y - py) / g.dy).astype(int), ((px - g.x) / g.dx).astype(int)]
        shown = image[y[keep], x[keep], :3]
        plain = expected != 255
        wrong += (shown[plain] != np.array([colours[n] for n in expected[plain]])).any(axis=1).sum()
        assert plain.sum() > 5_000
        no_data = {tuple(int(c) for c in row) for row in shown[~plain]}
        assert no_data <= {(255, 255, 255), (0x7A, 0x7A, 0x7A)}
    assert wrong <= 3  # pixels whose centre lies on a cell's edge to a thousandth of a cell


def test_the_level_under_the_finger_is_the_arrays(visit, text):
    page = visit(text).page
    outline = ready().municipalities.set_index("code").geometry[CODE]
    rng = np.random.default_rng(3)
    west, south, east, north = outline.bounds
    points = [(x, y) for x, y in zip(rng.uniform(west, east, 400), rng.uniform(south, north, 400), strict=True)]
    points = [p for p in points if outline.buffer(-0.001).contains(shapely.Point(p))]
    for key in (HazardKey("landslide", "present"), HazardKey("flood", "2050", 10.0), HazardKey("erosion", "2050")):
        painted(page, key, "with")
        found = page.evaluate("(points) => points.map(([lng, lat]) => envgis.page.layer.at(L.latLng(lat, lng)))", points)
        hazard_map = ready().maps[key]
        g = hazard_map.grid
        px, py = Transformer.from_crs(4326, g.crs, always_xy=True).transform(*np.transpose(points))
        row, column = ((g.y - py) / g.dy).astype(int), ((px - g.x) / g.dx).astype(int)
        central, best = ready().residuals[key].read(g.window)
        for name, values in (("level", hazard_map.levels(g.window)), ("central", central), ("best", best)):
            assert [NAMES[one[name]] for one in found] == values[row, column].tolist(), (key, name)
    assert len(points) > 150


def test_a_tap_tells_the_level_the_land_use_and_the_action(visit, text):
    page = painted(visit(text, "phone").page, HazardKey("landslide", "present"), "with")
    page.evaluate("document.querySelectorAll('[data-switch]').forEach((i) => { if (i.checked) i.click(); })")
    lat, lng = 14.955, -91.81
    point = page.evaluate(f"(({{x, y}}) => [x, y])(envgis.page.map.latLngToContainerPoint([{lat}, {lng}]))")
    page.locator(".map").tap(position={"x": point[0], "y": point[1]})
    told = page.locator(".leaflet-popup-content")
    told.wait_for()
    found = page.evaluate(f"envgis.page.layer.at(L.latLng({lat}, {lng})).central")
    name = locale.phrase(f"level.{found}", "es")
    page.wait_for_function("document.querySelector('.leaflet-popup-content').innerText.includes('acción vigente')")
    assert f"{name} ({found})" in told.inner_text()
    assert re.search("Bosque mixto|Cultivos|Poblado", told.inner_text())
    page.click("[data-speak=en]")
    assert not told.is_visible()


def test_an_action_in_force_is_under_the_finger_inside_its_footprint(visit, text):
    page = painted(visit(text).page)
    shape = page.evaluate("envgis.page.footprints[0]")
    inside = shapely.geometry.shape(shape).representative_point()
    for lng, lat, words in ((inside.x, inside.y, "Con acción vigente"), (-91.8, 14.945, "Sin acción vigente")):
        page.evaluate(f"envgis.page.map.fire('click', {{ latlng: L.latLng({lat}, {lng}) }})")
        page.wait_for_function(f"(document.querySelector('.leaflet-popup-content') || {{innerText: ''}}).innerText.includes('{words}')")
        assert words in page.locator(".leaflet-popup-content").last.inner_text()


def test_two_scenarios_side_by_side(visit, text):
    seen = visit(text)
    page = painted(seen.page, HazardKey("flood", "present", 10.0))
    page.check("#compare")
    page.locator("#divide b").nth(1).wait_for()
    assert page.locator("#divide b").all_inner_texts() == ["Presente · sin acciones", "2050 · sin acciones"]
    page.wait_for_function("envgis.page.divide.layer.view")
    wet = HazardKey("flood", "2050", 10.0)
    told = []
    for place in (0.2, 0.8):
        page.locator("#divide input").fill(str(round(100 * place)))
        page.evaluate("envgis.page.map.fire('click', { latlng: envgis.page.map.getCenter() })")
        told.append(page.locator(".leaflet-popup-content .finger-title").inner_text())
    assert told == [f"Inundación · {name} · período de retorno de 10 años · sin acciones" for name in ("2050", "Presente")]
    clip = page.evaluate("envgis.page.divide.pane.style.clip")
    assert clip.startswith("rect(")
    g, (lat, lng) = ready().maps[wet].grid, page.evaluate("(({lat, lng}) => [lat, lng])(envgis.page.map.getCenter())")
    x, y = Transformer.from_crs(4326, g.crs, always_xy=True).transform(lng, lat)
    level = ready().maps[wet].levels(g.window)[int((g.y - y) / g.dy), int((x - g.x) / g.dx)]
    assert NAMES[page.evaluate("envgis.page.divide.layer.at(envgis.page.map.getCenter())")["level"]] == level
    painted(page, HazardKey("flood", "2050", 10.0), "with")
    page.wait_for_function("document.querySelector('#divide b').textContent === '2050 · con acciones'")
    page.click("[data-speak=en]")
    assert page.locator("#divide b").all_inner_texts() == ["Present · with actions", "2050 · with actions"][::-1]
    page.uncheck("#compare")
    assert not page.locator("#divide").is_visible() and (seen.errors, seen.requests) == ([], [])


def test_the_keyboard_reads_the_map_and_finds_actions(visit, text):
    page = painted(visit(text).page)
    page.locator(".map").focus()
    page.keyboard.press("Enter")
    page.locator(".leaflet-popup-content").wait_for()
    assert "(" in page.locator("#heard").text_content()
    page.fill("#search", "drenaje")
    assert page.locator("#action-list li").count() == len(ready().actions.query("municipality_code == @CODE and action_type == 'drainage_works'"))
    page.locator("#action-list button").first.focus()
    page.keyboard.press("Enter")
    assert "Obras de drenaje" in page.locator(".leaflet-popup-content").inner_text()
    assert page.locator("[data-switch=failed]").is_checked()


def test_an_old_browser_shows_the_picture_and_says_so(visit, text):
    seen = visit(text, before="delete window.DecompressionStream")
    seen.page.wait_for_selector("#too-old:visible")
    assert seen.page.locator("#preview").is_visible() and seen.page.evaluate("document.querySelector('#preview').naturalWidth") > 50
    assert seen.page.locator("table >> visible=true").count() > 1 and seen.errors == []


def test_a_link_opens_the_map_it_names(visit, text):
    page = painted(visit(text, anchor="#flood_2050_T100").page)
    assert page.evaluate("envgis.page.key.slug") == "flood_2050_T100" and page.input_value("#period") == "100"


def test_printing_shows_the_map_and_all_notes(visit, text):
    page = painted(visit(text).page)
    before = pixels(page)[0].tobytes()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert not page.locator(".controls").is_visible() and not page.locator(".languages").is_visible()
    box, shown = page.locator(".map-box").bounding_box(), page.locator(".map").bounding_box()
    assert 300 < shown["height"] <= 561 and shown["width"] <= 691 and shown["height"] == pytest.approx(box["height"], abs=1)
    assert page.locator("table >> visible=true").count() >= 3
    assert page.locator(".notes details:not([open])").count() == 0
    assert pixels(page)[0].tobytes() == before
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator(".notes details[open]").count() == 0


def test_figures_stand_without_any_script(chromium, tmp_path, text):
    file = tmp_path / "map.html"
    file.write_text(text, encoding="utf-8")
    context = chromium.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(file.as_uri())
    one = figures.Book(ready()).of(CODE, HazardKey("landslide", "present"))
    assert f"{locale.number(one.high_ha, 'es', 1)} ha" in page.inner_text("body")
    assert page.locator("#preview").is_visible()
    context.close()


def test_outlines_are_the_municipalitys(visit, text):
    page = painted(visit(text).page)
    drawn = page.evaluate("envgis.json('outlines').outline")
    real = municipalities().set_index("code").geometry[CODE]
    assert shapely.geometry.shape(drawn).hausdorff_distance(real) < 1e-6
