"""A workspace without reports of actions: the whole job, and what then must not be said."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pyogrio
import pytest
import small_workspace

from envgis import locale, pipeline
from envgis.cli import summary


def test_without_reports_of_actions_nothing_says_that_nothing_was_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No ``[actions]``: what is dangerous is known, what was done is not. 0.0 ha with an action would be a silent zero."""
    toml = small_workspace.TOML.partition("[actions]")[0]
    out = tmp_path / "out"
    run = pipeline.run(small_workspace.write(tmp_path / "w", toml), out=out)
    table = run.tables["adaptation"]
    assert table["high_area_ha"].round().tolist() == [200, 0] and table["mapped_area_ha"].notna().all()
    blank = [name for name in table if name.startswith(("high_a", "gap_")) and name != "high_area_ha"]
    assert len(blank) == 8 and table[blank].isna().all(axis=None)
    assert next(message.code for message in run.assumptions) == "assume.unrecorded"
    near = pipeline.screen(tmp_path / "w" / "s.csv", tmp_path / "w").tables["sites"]["actions_within_1km"]
    assert len(near) == 2 and near.isna().all()
    for language in locale.LANGUAGES:
        summary.tell(run, language)
        printed = capsys.readouterr().out
        assert locale.phrase("unrecorded", language) in printed
        assert locale.phrase("run.gap", language) not in printed and locale.phrase("run.addressed", language) not in printed
    pages = [html.unescape(page.read_text("utf-8")) for page in sorted(out.rglob("*.html"))]
    assert len(pages) == 3
    for page in pages:
        shown = re.sub(r"<script.*?</script>|<style.*?</style>|<details.*?</details>", "", page, flags=re.DOTALL)
        assert locale.phrase("unrecorded", "es") in shown
        for key in ("web.covered", "web.gap_name", "web.row_gap_share", "web.in_force_count", "web.table_gap"):
            assert locale.phrase(key, "es") not in shown, key
    # The map of municipalities is coloured by what is dangerous: half of the west is not "nothing high".
    cells = json.loads(re.search(r'id="cells">(.*?)</script>', (out / "index.html").read_text("utf-8"), re.DOTALL)[1])["k0"]
    assert cells["shade"] == {"m0": "3", "m1": "partly"} and cells["text"]["m0.label"] == "50.0%"
    layers = set(pyogrio.list_layers(out / "envgis.gpkg")[:, 0])
    assert "municipalities" in layers and "gap_areas" not in layers
