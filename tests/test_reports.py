"""Files of reports: whatever make they are of, every cell is text and every row has the number a person sees."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from envgis.actions.reported import ReportFile
from envgis.faults import Fault
from envgis.locale import LANGUAGES, explain
from envgis.sources import delimited, sheets
from envgis.sources.reports import read_file, read_files

HEADER, ROWS = ["código", "acción", "notas"], [["0114", "Barrera viva", "año"], ["NA", "Terrazas", ""]]


def read(folder: Path, content: bytes, name: str = "reportes.csv") -> tuple[list[ReportFile], list[Fault]]:
    path = folder / name
    path.write_bytes(content)
    return read_file(path, name)


def written(separator: str = ",", rows: list[list[str]] | None = None) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows([HEADER, *(ROWS if rows is None else rows)])
    return out.getvalue()


def only(found: tuple[list[ReportFile], list[Fault]]) -> ReportFile:
    tables, faults = found
    assert [fault.code for fault in faults if fault.severity == "error"] == []
    (table,) = tables
    return table


def codes(found: tuple[list[ReportFile], list[Fault]]) -> list[str]:
    for fault in found[1]:
        for language in LANGUAGES:
            assert all(vars(explain(fault, language)).values())
    return [fault.code for fault in found[1]]


# Delimited text


@pytest.mark.parametrize("separator", delimited.SEPARATORS)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac_roman"])
def test_any_make_of_text_reads_alike(tmp_path: Path, separator: str, ending: str, encoding: str):
    table = only(read(tmp_path, written(separator).replace("\n", ending).encode(encoding)))
    assert list(table.rows.columns) == HEADER
    assert table.rows.values.tolist() == ROWS
    assert table.row_numbers.tolist() == [2, 3]
    assert table.rows.dtypes.astype(str).unique().tolist() == ["string"]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff", exclude_categories=["Cs"]), max_size=8).filter(
    lambda cell: cell == cell.strip() and not delimited._DOUBLE.search(cell)
)


@given(st.lists(st.tuples(CELLS.filter(bool), CELLS, CELLS), min_size=1, max_size=5), st.sampled_from(delimited.SEPARATORS))
def test_a_file_says_what_was_written(rows: list[tuple[str, ...]], separator: str):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([HEADER, *rows])
    assert delimited.parse(f"sep={separator}\n{out.getvalue()}".encode()).records == [HEADER, *map(list, rows)]


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a;b;c\n14,5;-90,6;x\n14,6;-90,7;y\n", ";"),
        ("a,b,c\n1,2,x; y; z\n1,2,w; v\n", ","),
        ("Reporte anual\n\na;b;c\n1,5;2;3\n4;5;6\n", ";"),
        ('"a|b","c"\n"1|2","3"\n', ","),
    ],
)
def test_the_separator_is_the_most_constant(text: str, separator: str):
    assert delimited.find_separator(text) == separator


def test_a_declared_separator_has_no_row_number(tmp_path: Path):
    table = only(read(tmp_path, ("sep=|\r\n" + written("|")).encode()))
    assert table.row_numbers.tolist() == [2, 3]


def test_titles_above_the_header_are_told(tmp_path: Path):
    found = read(tmp_path, ("Informe de acciones;;\n;;\n" + written(";")).encode())
    assert only(found).row_numbers.tolist() == [4, 5]
    assert codes(found) == ["report-title-rows"]


def test_cells_with_line_ends_and_empty_rows_keep_the_numbers(tmp_path: Path):
    table = only(read(tmp_path, b'a,b,c\n1,"two\nlines",x\n\n,,\n4,5,6\n'))
    assert table.row_numbers.tolist() == [2, 5]
    assert table.rows["b"].tolist() == ["two\nlines", "5"]


def test_rows_that_are_too_long_are_kept_and_marked(tmp_path: Path):
    table = only(read(tmp_path, b"a,b,c\n1,2,3\n1,2,3,4\n1,2\n1,2,3,\n"))
    assert table.too_long == (1,)
    assert table.rows["c"].tolist() == ["3", "3", "", "3"]


def test_columns_without_a_name_or_with_one_name(tmp_path: Path):
    table = only(read(tmp_path, b"a,,b,b,\n1,2,3,4,\n"))
    assert list(table.rows.columns) == ["a", "#2", "b", "b (2)"]


def test_a_row_of_tags_is_no_report(tmp_path: Path):
    assert only(read(tmp_path, b"a,b,c\n#activity,#geo+lat,\nx,1,2\n")).row_numbers.tolist() == [3]


def test_letters_encoded_twice_are_repaired_and_told(tmp_path: Path):
    found = read(tmp_path, written(rows=[["1", "AmatitlÃ¡n", "Ã‰xito, Ã\x81rbol, año"]]).encode())
    assert only(found).rows.iloc[0].tolist() == ["1", "Amatitlán", "Éxito, Árbol, año"]
    assert codes(found) == ["report-double-encoded"]


def test_an_encoding_of_old_is_named(tmp_path: Path):
    found = read(tmp_path, written().encode("cp850"))
    assert found[1][0].found == "cp850"
    assert only(found).rows.values.tolist() == ROWS


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "report-empty"),
        (b"  \n \n", "report-empty"),
        (b"a,b,c\n", "report-no-rows"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "report-is-html"),
        (b"\x00\x01\x02\x03" * 50, "report-not-a-table"),
        (b"II*\x00\x08\x00\x00\x00" + b"a,b\n" * 9, "report-rowless"),
        (b"%PDF-1.7\n1 0 obj\n", "report-rowless"),
        (b"one column\nonly this\n", "report-not-a-table"),
        (b'a,b,c\n1,2,3\n1,"never closed,3\n', "report-quotes"),
        (b"PK\x03\x04 not a workbook", "report-unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "report-unreadable"),
        (b'{"type": "FeatureCollection", "features": []', "geojson-syntax"),
    ],
)
def test_files_that_are_no_reports(tmp_path: Path, content: bytes, code: str):
    tables, faults = read(tmp_path, content)
    assert tables == []
    assert codes((tables, faults)) == [code]


def test_unclosed_quotes_name_their_line(tmp_path: Path):
    _, (fault,) = read(tmp_path, b'a,b,c\n1,2,3\n1,"never closed,3\n4,5,6\n')
    assert "3" in explain(fault, "es").what


# Workbooks


def workbook(folder: Path, fill: object) -> Path:
    path = folder / "libro.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        fill(book)  # type: ignore[operator]
    return path


def test_cells_of_a_workbook_are_text_that_can_be_read_back(tmp_path: Path):
    def fill(book: xlsxwriter.Workbook) -> None:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet = book.add_worksheet("Reportes")
        sheet.write_row(0, 0, ["código", "texto", "fecha", "área", "sí"])
        sheet.write_number(1, 0, 114)
        sheet.write_string(1, 1, "0114")
        sheet.write_datetime(1, 2, dt.date(2026, 3, 4), day)
        sheet.write_number(1, 3, 0.1)
        sheet.write_boolean(1, 4, True)
        sheet.write_string(3, 1, "1.200")
        book.add_worksheet("vacía")

    table = only(read_file(workbook(tmp_path, fill), "libro.xlsx"))
    assert table.rows.iloc[0].tolist() == ["114", "0114", "2026-03-04", "0.1", "true"]
    assert table.row_numbers.tolist() == [2, 4]
    assert (table.layer, table.label) == (None, "libro.xlsx")
    assert {name: marks.tolist() for name, marks in (table.typed or {}).items()} == {"código": [True, False], "área": [True, False]}


def test_every_sheet_with_rows_is_a_table(tmp_path: Path):
    def fill(book: xlsxwriter.Workbook) -> None:
        for name in ("San Marcos", "Amatitlán", "Portada"):
            book.add_worksheet(name).write_row(0, 0, ["a", "b"])
        for name in ("San Marcos", "Amatitlán"):
            book.get_worksheet_by_name(name).write_row(1, 0, [name, 1])

    tables, faults = read_file(workbook(tmp_path, fill), "libro.xlsx")
    assert [table.label for table in tables] == ["libro.xlsx · San Marcos", "libro.xlsx · Amatitlán"]
    assert faults == []


def test_one_stray_cell_does_not_fill_the_memory(tmp_path: Path):
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_string(1_048_575, 16_383, "x")

    assert codes(read_file(workbook(tmp_path, fill), "libro.xlsx")) == ["report-workbook-unsafe"]


def test_styled_empty_cells_down_to_the_last_row_are_nothing(tmp_path: Path):
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_row(1, 0, ["1", "2"])
        sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))

    assert only(read_file(workbook(tmp_path, fill), "libro.xlsx")).rows.values.tolist() == [["1", "2"]]


def test_a_workbook_that_unpacks_without_measure(tmp_path: Path):
    path = workbook(tmp_path, lambda book: book.add_worksheet().write_row(0, 0, ["a", "b"]))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b" " * 60_000_000)
    assert codes(read_file(path, "libro.xlsx")) == ["report-workbook-unsafe"]


_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="A">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
)


def ods(folder: Path, rows: str) -> Path:
    path = folder / "hoja.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')
        archive.writestr("content.xml", _ODS.format(rows=rows))
    return path


def ods_row(*cells: str, repeated: str = "") -> str:
    filled = "".join(f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells)
    empty = '<table:table-cell table:number-columns-repeated="16000"/>'
    return f"<table:table-row{repeated}>{filled}{empty}</table:table-row>"


def test_an_ods_reads_like_any_other(tmp_path: Path):
    rows = ods_row("a", "b") + ods_row("0114", "x") + ods_row(repeated=' table:number-rows-repeated="1048000"')
    assert only(read_file(ods(tmp_path, rows), "hoja.ods")).rows.values.tolist() == [["0114", "x"]]


def test_an_ods_row_that_stands_for_a_million(tmp_path: Path):
    rows = ods_row("a", "b") + ods_row(*"0123456789", repeated=' table:number-rows-repeated="1048000"')
    assert codes(read_file(ods(tmp_path, rows), "hoja.ods")) == ["report-workbook-unsafe"]


def test_a_binary_workbook_is_refused_in_words():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.bin", b"x")
    with pytest.raises(sheets.UnsafeWorkbook, match="XLSB"):
        sheets.read_sheets(out.getvalue())


def test_a_mistake_of_ours_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path, lambda book: book.add_worksheet().write(0, 0, "x"))

    def wrong(*_: object) -> None:
        raise ValueError("ours")

    monkeypatch.setattr(sheets._Span, "add", wrong)
    with pytest.raises(ValueError, match="ours"):
        sheets.read_sheets(path.read_bytes())


# Vector layers


def test_layers_of_a_geopackage(tmp_path: Path):
    points = gpd.GeoDataFrame({"tipo": ["Vivero"], "n": [3]}, geometry=[shapely.Point(-91.8, 14.95)], crs=4326).to_crs(32615)
    areas = gpd.GeoDataFrame({"tipo": ["Terrazas", None], "n": [2.5, None]}, geometry=[shapely.box(-91.8, 14.9, -91.7, 15), None], crs=4326)
    path = tmp_path / "acciones.gpkg"
    points.to_file(path, layer="puntos", driver="GPKG")
    areas.to_file(path, layer="áreas", driver="GPKG")
    tables, faults = read_file(path, "acciones.gpkg")
    assert [table.label for table in tables] == ["acciones.gpkg · puntos", "acciones.gpkg · áreas"]
    assert [fault for fault in faults if fault.severity == "error"] == []
    puntos, dibujadas = tables
    assert puntos.geometry is not None
    assert puntos.geometry.crs == 4326
    assert puntos.geometry.iloc[0].distance(shapely.Point(-91.8, 14.95)) < 1e-9
    assert dibujadas.rows.values.tolist() == [["Terrazas", "2.5"], ["", ""]]
    assert dibujadas.row_numbers.tolist() == [1, 2]
    assert (puntos.typed or {})["n"].tolist() == [True]


def test_geojson(tmp_path: Path):
    path = tmp_path / "acciones.geojson"
    gpd.GeoDataFrame({"tipo": ["Vivero"], "código": ["0114"]}, geometry=[shapely.Point(-91.8, 14.95)], crs=4326).to_file(path, driver="GeoJSON")
    table = only(read_file(path, "acciones.geojson"))
    assert table.rows.iloc[0].tolist() == ["Vivero", "0114"]


# Which files


def test_patterns_find_reports_and_leave_what_lies_beside(tmp_path: Path):
    folder = tmp_path / "actions"
    folder.mkdir()
    for name in ("b.csv", "a.csv"):
        (folder / name).write_text(written(), encoding="utf-8")
    for name in ("README.md", "~$a.xlsx", "foto.jpg", ".hidden.csv"):
        (folder / name).write_text("x", encoding="utf-8")
    tables, faults = read_files(["actions/*", "actions/a.csv"], tmp_path, allow_outside=False)
    assert [table.name for table in tables] == ["actions/a.csv", "actions/b.csv"]
    assert faults == []


def test_files_that_are_missing_or_outside(tmp_path: Path):
    (tmp_path / "fuera.csv").write_text(written(), encoding="utf-8")
    inside = tmp_path / "ws"
    inside.mkdir()
    found = read_files(["nada.csv", "*.xlsx", "../fuera.csv"], inside, allow_outside=False)
    assert codes(found) == ["report-no-file", "report-no-file", "report-outside-workspace"]
    assert [table.name for table in read_files(["../fuera.csv"], inside, allow_outside=True)[0]] == ["../fuera.csv"]
