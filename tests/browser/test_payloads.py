"""Nothing that people typed runs: twenty payloads in every text field of a run, on both pages."""

from dataclasses import replace

import pandas as pd
import pytest
from small_assessment import ready

from envgis.actions.record import SetAside
from envgis.assessment import Credit
from envgis.faults import Fault, Message, Place
from envgis.landuse import LandUse
from envgis.levels import HazardKey, HazardMap
from envgis.publish.index_page import page as index
from envgis.publish.web_map import page as render

RUN = "window.hit=(window.hit||0)+1"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"\"><img src=x onerror='{RUN}'>",
    f"' onmouseover='{RUN}' autofocus onfocus='{RUN}",
    f"javascript:{RUN}//",
    f"${{{RUN}}}",
    f"`;{RUN};`",
    f"`${{{RUN}}}`",
    f"</textarea><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<details open ontoggle={RUN}>",
    "{{ ''.__class__.__mro__ }}{% for x in () %}",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"\\';{RUN};//\u2028{RUN}",
]


def poisoned(text):
    """A run with ``text`` in every field that a person can have typed."""
    run = ready()
    area = run.municipalities.copy()
    area["name"] = text
    tables = {name: table.copy() for name, table in run.tables.items()}
    for table in tables.values():
        for column in ("municipality", "name", "reason"):
            if column in table:
                table[column] = text
    table = run.actions.copy()
    typed = [c for c in table.columns if table[c].dtype == "string" and c not in ("municipality_code", "status", "action_type")]
    for column in typed:
        table[column] = text
    table.loc[table.index[::2], "action_type"] = text
    maps = {key: poisoned_map(one, text) for key, one in run.maps.items()}
    legend = pd.DataFrame({"code": ["1", "2", "3"], "name_es": [text] * 3, "name_en": [text + "."] * 3, "color": ["#336633"] * 3})
    fault = Fault("text-latin1", Place(text, layer=text, column=text), text, {"found": text}, "warning")
    sites = run.sites.copy()
    values = {"value": 0.5, "title": {"es": text, "en": text}, "scenario": text, "period": "", "screened": text}
    sites["reason"] = [Message("screen.avoid.high_share", values)] * len(sites)
    return replace(
        run,
        name=text,
        sites=sites,
        municipalities=area,
        tables=tables,
        actions=table,
        maps=maps,
        landuse=LandUse(legend, run.landuse.source),
        public_fields=("action_type", "status", *typed),
        set_aside=(SetAside(text, 3, (fault,)),),
        warnings=(fault,),
        assumptions=(fault.message,),
        credits=(Credit("landuse", {"es": text, "en": text + "."}, text, text, text),),
        record={"run_id": text},
    )


def poisoned_map(one, text):
    hazard = replace(one.hazard, title={"es": text, "en": text + "."}, source=text, date=text, licence=text)
    return HazardMap(hazard, one.grid, one.layer, one.codes)


@pytest.mark.parametrize("text", PAYLOADS, ids=range(len(PAYLOADS)))
def test_nothing_typed_runs(visit, text):
    run = poisoned(text)
    seen = visit(render(run, "1201"))
    page = seen.page
    page.wait_for_function("document.documentElement.dataset.shown")
    for language in ("en", "es"):
        page.click(f"[data-speak={language}]")
        for button in page.locator("button.row").all()[:4]:
            button.click()
        page.evaluate("envgis.page.map.fire('click', { latlng: envgis.page.map.getCenter() })")
        page.wait_for_timeout(30)
    page.mouse.move(300, 300)
    assert page.evaluate("window.hit") is None
    assert (seen.errors, seen.requests) == ([], [])
    assert page.locator("h1").inner_text().startswith(" ".join(text.split())[:12])
    assert page.locator("body img:not(#preview), iframe, body svg script, textarea").count() == 0

    entry = visit(index(run))
    entry.page.select_option("#view", "k1")
    entry.page.click("[data-speak=en]")
    assert entry.page.evaluate("window.hit") is None
    assert (entry.errors, entry.requests) == ([], [])
    assert entry.page.locator("body img, iframe, svg script, textarea").count() == 0


def test_a_scenario_of_the_users_own_runs_nothing(visit):
    text = PAYLOADS[5]
    run = ready()

    def renamed(table):
        table = table.copy()
        table["scenario"] = table["scenario"].replace("2050", text)
        return table

    tables = {name: renamed(table) if "scenario" in table else table for name, table in run.tables.items()}

    def move(key):
        return HazardKey(key.hazard, text if key.scenario == "2050" else key.scenario, key.return_period)

    maps = {}
    for key, one in run.maps.items():
        maps[move(key)] = HazardMap(replace(one.hazard, key=move(key)), one.grid, one.layer, one.codes)
    changed = replace(run, tables=tables, maps=maps, residuals={move(key): one for key, one in run.residuals.items()})
    seen = visit(render(changed, "1201"))
    seen.page.wait_for_function("document.documentElement.dataset.shown")
    seen.page.locator(".segments label >> visible=true").nth(1).click()
    seen.page.wait_for_function("envgis.page.key.scenario !== 'present'")
    assert seen.page.evaluate("window.hit") is None and (seen.errors, seen.requests) == ([], [])
