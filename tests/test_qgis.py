"""QGIS styles: what QGIS looks for stands where it looks."""

from xml.etree import ElementTree

from envgis.publish import qgis
from envgis.publish.qgis import Symbol


def root(style: str) -> ElementTree.Element:
    return ElementTree.fromstring(style.partition("\n")[2])


def test_a_note_stands_where_qgis_reads_it() -> None:
    """As QGIS 3.28 writes one: ``<userNotes value="…">`` under the root, and the style says that it has notes. HTML in it."""
    found = root(qgis.style("<pipe/>", 'no para "decisiones" & <b>'))
    note = found.find("userNotes")
    assert note is not None and note.get("value") == "no para &quot;decisiones&quot; &amp; &lt;b&gt;"
    assert (found.get("styleCategories") or "").split("|") == ["Symbology", "Notes"]
    assert found.find("pipe") is not None


def test_without_a_note_a_style_takes_none_away() -> None:
    """A category named without its element would do nothing either, but who reads the file would look for it."""
    found = root(qgis.single(Symbol("fill", "#AB2B36")))
    assert found.find("userNotes") is None and found.get("styleCategories") == "Symbology"
    assert found.find("renderer-v2/symbols/symbol/layer") is not None
