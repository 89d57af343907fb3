"""The examples of the documentation run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import small_workspace

import envgis
from envgis import workspace
from envgis.actions.intake import take
from envgis.actions.sites import check_sites
from envgis.faults import Place
from envgis.locale import LANGUAGES
from envgis.misfits import model_in
from envgis.sources.hazard_maps import rules_of, unaddressed

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_library_s_page_runs_in_one_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = BLOCK.findall((ROOT / "docs" / "library.md").read_text(encoding="utf-8"))
    assert len(blocks) == 4
    session: dict[str, object] = {"workspace": small_workspace.write(tmp_path / "workspace")}
    monkeypatch.chdir(tmp_path)
    for number, block in enumerate(blocks, start=1):
        exec(compile(block, f"docs/library.md, block {number}", "exec"), session)
    assert "S1" in capsys.readouterr().out
    assert "<html" in (tmp_path / "map.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_room_that_the_page_names_is_at_hand() -> None:
    for room in ("ledger", "levels", "planning", "publish", "sources", "tables", "zones"):
        assert getattr(envgis, room).__name__ == f"envgis.{room}"


# The reference pages


@pytest.fixture(scope="module")
def settings_page():
    """The script that writes the reference of envgis.toml."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import settings_page
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    return settings_page


def test_the_reference_pages_are_not_stale() -> None:
    said = subprocess.run(
        [sys.executable, "scripts/make_reference.py", "--check"], capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_every_key_of_the_workspace_has_its_sentence_and_no_sentence_is_left_over(settings_page) -> None:
    whole = workspace.Workspace.model_json_schema()
    wanted = {*whole["properties"], *(key.sentence for key in settings_page.every_key(whole))}
    assert set(settings_page.SENTENCES) == wanted
    assert [name for name, entry in settings_page.SENTENCES.items() if set(entry) != set(LANGUAGES) or not all(entry.values())] == []


def test_the_schema_has_every_key_of_the_models(settings_page) -> None:
    """The page follows the JSON schema; a key that is left out of it would be missing without a word."""
    models = {table: model_in(field.annotation) for table, field in workspace.Workspace.model_fields.items()}
    keys = [(key.table, key.name) for key in settings_page.every_key(workspace.Workspace.model_json_schema())]
    assert sorted(keys) == sorted((table, name) for table, model in models.items() if model for name in model.model_fields)


@pytest.mark.parametrize(
    ("schema", "english"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 12}, "whole number, 1 to 12"),
        ({"type": "integer", "minimum": 1}, "whole number, 1 or more"),
        ({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}, "number above 0"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 10_000}, "number above 0, up to 10,000"),
        ({"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}, "list of 4 numbers"),
        ({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}, "text or list of texts"),
        ({"type": "string", "enum": ["es", "en"]}, "one of `es`, `en`"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "table: text = whole number"),
    ],
)
def test_a_kind_of_value_in_words(settings_page, schema: dict[str, object], english: str) -> None:
    assert settings_page.kind(schema, "en") == english


@pytest.mark.parametrize("name", ["settings.md", "ajustes.md"])
def test_the_page_s_example_is_a_workspace_without_a_fault(name: str) -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```$", (ROOT / "docs" / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    table = workspace.parse(text)
    assert len(table.hazard) == 2 and table.actions and table.actions.columns and table.actions.types and table.sites
    towns = gpd.GeoDataFrame({"code": ["1201"], "name": ["San Marcos"]}, geometry=[shapely.box(-91.9, 14.9, -91.7, 15.1)], crs=4326)
    faults = [*workspace.doubts(table), *unaddressed(table.hazard), *take([], table.actions, towns).notes, *check_sites([], table.sites.columns)]
    assert faults + [fault for hazard in table.hazard for fault in rules_of(hazard, Place("envgis.toml"))[1]] == []
