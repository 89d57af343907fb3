"""The examples of the documentation run as they stand."""

import re
from pathlib import Path

import pytest
import small_workspace

import envgis

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
