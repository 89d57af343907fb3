"""The entry page as people meet it."""

import itertools

import pytest
from small_assessment import ready, unmapped

from envgis import locale
from envgis.levels import HazardKey
from envgis.publish import figures
from envgis.publish.index_page import page as render


@pytest.fixture(scope="module")
def text():
    return render(ready())


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_every_hazard_fills_the_table_and_colours_the_outlines(visit, text, size):
    seen = visit(text, size)
    page, book = seen.page, figures.Book(ready())
    for i, key in enumerate(sorted(ready().maps, key=order)):
        page.select_option("#view", f"k{i}")
        for number, code in enumerate(ready().municipalities["code"]):
            one = book.of(code, key)
            assert page.locator(f"td [data-cell='m{number}.gap_ha']").inner_text() == book.area(one.gap_ha)
            shade = "none" if one.gap_share is None else sum(round(one.gap_share * 100, 1) >= bound for bound in (50, 80, 95, 99))
            assert f"shade-{shade}" in page.locator(f"[data-shade=m{number}]").get_attribute("class")
        assert page.locator("td [data-cell='t.high_ha']").inner_text() == book.area(book.total(key).high_ha)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert (seen.errors, seen.requests) == ([], [])


def test_no_data_is_hatched_and_said_in_the_language_that_is_read(visit):
    seen = visit(render(unmapped(ready(), "1201")))
    page = seen.page
    name = page.locator(".place.value[data-cell='m1.label']")
    assert name.text_content() == "sin datos"
    page.click("[data-speak=en]")
    assert name.text_content() == "no data" and page.get_by_text("No data in the whole municipality for this map: San Marcos.").is_visible()
    fill = page.evaluate("getComputedStyle(document.querySelector('[data-shade=m1]')).fill")
    assert "#hatch" in fill and page.evaluate("getComputedStyle(document.querySelector('[data-shade=m2]')).fill") != fill
    assert (seen.errors, seen.requests) == ([], [])


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_names_are_whole_and_apart(visit, text, size):
    page = visit(text, size).page
    for panel in page.locator(".outline-map").all():
        frame, boxes = panel.bounding_box(), [name.bounding_box() for name in panel.locator(".place").all()]
        for box in boxes:
            assert frame["x"] <= box["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"]
        names = boxes[::2]  # each is followed by its figure
        assert all(
            a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"] or abs(a["y"] - b["y"]) >= 15 for a, b in itertools.combinations(names, 2)
        )


def test_wide_tables_slide_in_their_own_box_and_say_so(visit, text):
    phone, desktop = visit(text, "phone").page, visit(text).page
    for page, narrow in ((phone, True), (desktop, False)):
        boxes = page.locator(".scroll")
        assert boxes.count() == 2
        for i in range(2):
            assert boxes.nth(i).evaluate("(n) => n.scrollWidth > n.clientWidth") == narrow
            assert page.locator(".slide").nth(i).is_visible() == narrow


def order(key: HazardKey):
    return (["landslide", "flood", "erosion"].index(key.hazard), key.return_period or 0, key.scenario != "present")


def test_language_changes_without_reload(visit, text):
    page = visit(text).page
    page.click("[data-speak=en]")
    english = page.inner_text("body")
    assert "Rows set aside (1)" in english and "Filas apartadas" not in english
    assert page.locator("#view option").first.inner_text() == "Landslides · Present"
    fault = ready().set_aside[0].faults[0]
    assert locale.remedy(fault.message, "en") in english
