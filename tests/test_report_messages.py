"""What is said of a row of a report: place, what, why, what to do, in Spanish and in English."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import messages
import pytest
import shapely
import small_workspace
import xlsxwriter
from messages import Words, assert_told, found_in, the

from envgis import locale, pipeline
from envgis.actions.record import FUNDING_SOURCES, STATUSES
from envgis.actions.words import fold, vocabulary
from envgis.sources import reports

Row = dict[str, str]
FREE = ("No hace falta hacer nada", "No action needed")


@dataclass(frozen=True)
class Case:
    """Rows that differ from a good one, and what is said of them."""

    code: str
    rows: tuple[Row, ...]
    es: Words
    en: Words
    place: str = "a.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_workspace.write(tmp_path / "w")


def line(*corners: tuple[float, float]) -> str:
    """Corners in metres from the workspace's north-west corner as a survey tool writes them."""
    return ";".join(f"{p.y:.7f} {p.x:.7f} 0 0" for p in messages.degrees(*map(shapely.Point, corners)))


def at(x: float, y: float) -> Row:
    (place,) = messages.degrees(shapely.Point(x, y))
    return {"latitud": f"{place.y:.7f}", "longitud": f"{place.x:.7f}"}


# A square of 400 m whose outline makes a loop of 2 m at one corner.
LOOPED = line((200, -200), (600, -200), (600, -600), (200, -600), (202, -598), (200, -598), (202, -600), (200, -500))
SIZED = {"cantidad": "3", "unidad": "ha"}
NOTED = [
    Case(
        "ring-is-a-line",
        ({"poligono": line((200, -200), (600, -200), (200, -200))},),
        ("dos esquinas, leído como línea. Filas (1): 2", "no se terminó", "Dibújelos otra vez"),
        ("two corners, read as a line. Rows (1): 2", "unfinished drawing", "Draw them again"),
    ),
    Case(
        "shape-repaired",
        ({"poligono": LOOPED},),
        ("se cruzaba, reparado", "no tiene un adentro claro", "QGIS"),
        ("crossed itself, repaired", "no clear inside", "QGIS"),
    ),
    Case(
        "accuracy-unreadable",
        ({"precision": "buena"},),
        ("no es un número", "Las filas se contaron", "Corrija la columna"),
        ("is no number", "The rows were counted", "Correct the column"),
    ),
    Case(
        "accuracy-zero",
        ({"precision": "0"}, {"precision": "5"}),
        ("Precisión 0", "no midió", "Revise esos puntos"),
        ("Accuracy 0", "did not measure", "Check these points"),
    ),
    Case(
        "accuracy-poor",
        ({"precision": "80"}, {"precision": "50"}),
        ("peor que 50 m. Filas (1): 2", "no cambian ningún nivel", "cielo abierto"),
        ("worse than 50 m. Rows (1): 2", "change no level", "open sky"),
    ),
    Case(
        "municipality-near",
        ({**at(2050, -1000)},),
        ("Fuera del municipio declarado", "en el municipio declarado", FREE[0]),
        ("Outside the declared municipality", "in the declared municipality", FREE[1]),
    ),
    Case(
        "unit-converted",
        ({"cantidad": "3", "unidad": "manzanas"}, SIZED),
        ("convertida a la unidad de envgis. Filas (1): 2", "1 manzana = 0.6987 ha", FREE[0]),
        ("converted to envgis's unit. Rows (1): 2", "1 manzana = 0.6987 ha", FREE[1]),
    ),
    Case(
        "unit-missing",
        (SIZED, {"cantidad": "3"}),
        ("sin unidad. Filas (1): 3", "no se suma", "columna de unidades"),
        ("without a unit. Rows (1): 3", "not added up", "column of units"),
    ),
    Case(
        "quantity-zero",
        (SIZED, {**SIZED, "cantidad": "0"}),
        ("Cantidad 0. Filas (1): 3", "quizá no se hizo", "la cantidad o el estado"),
        ("Quantity 0. Rows (1): 3", "may not have been done", "the quantity or the status"),
    ),
    Case(
        "density-odd",
        ({"area_ha": "2", "plantas": "150"}, {"area_ha": "2", "plantas": "200"}),
        ("por hectárea. Filas (1): 2", "puede estar equivocado", "las dos cifras"),
        ("per hectare. Rows (1): 2", "may be wrong", "both figures"),
    ),
    Case(
        "currency-missing",
        ({"costo": "100"}, {"costo": "100", "moneda": "GTQ"}),
        ("sin moneda. Filas (1): 2", "queda vacío", "GTQ o USD"),
        ("without a currency. Rows (1): 2", "stays empty", "GTQ or USD"),
    ),
    Case(
        "currency-no-rate",
        ({"costo": "100", "moneda": "USD"},),
        ("sin tipo de cambio", "Nada se convierte", "exchange_rate"),
        ("without an exchange rate", "Nothing is converted", "exchange_rate"),
    ),
    Case(
        "status-missing",
        ({"estado": ""}, {}),
        ("Sin estado. Filas (1): 2", "no cuentan como vigentes", "Complete la columna de estado"),
        ("No status. Rows (1): 2", "not count as in force", "Fill in the status"),
    ),
    Case(
        "review-unknown",
        ({"revision": "tal vez"},),
        ("Decisión del revisor desconocida", "no revisadas", "KoboToolbox"),
        ("decision not known", "as not reviewed", "KoboToolbox"),
    ),
    Case(
        "date-missing",
        ({"fecha": ""}, {}),
        ("sin fecha. Filas (1): 2", "no cuentan como vigentes", "Complete la fecha"),
        ("without a date. Rows (1): 2", "not count as in force", "Fill in the date"),
    ),
    Case(
        "date-day-first",
        ({"fecha": "03/04/2026"},),
        ("«fecha» el día se tomó primero", "muestra el orden", "2026-03-31"),
        ("“fecha” the day was taken to come first", "shows the order", "2026-03-31"),
    ),
    Case(
        "funding-unknown",
        ({"financiamiento": "lotería"},),
        ("contada como «otro»", "se contaron", "una de estas palabras: municipalidad, CODEDE"),
        ("counted as “other”", "were counted", "one of these words: municipality, development council"),
    ),
]
REFUSED = [
    Case(
        "date-undecided",
        ({"fecha": "25/03/2026"}, {"fecha": "03/25/2026"}, {"fecha": "04/05/2026"}),
        ("«04/05/2026» se puede leer de dos maneras", "«fecha» tiene fechas de las dos clases", "2026-03-31"),
        ("“04/05/2026” can be read two ways", "“fecha” holds dates of both kinds", "2026-03-31"),
        "a.csv, fila 4, columna «fecha»",
    ),
    Case(
        "status-unknown",
        ({"estado": "azul"},),
        ("«azul» no es un estado", "si la acción está vigente", "planificada, en proceso, terminada, verificada o detenida"),
        ("“azul” is no known status", "is in force", "planned, under way, done, verified or stopped"),
        "a.csv, fila 2, columna «estado»",
    ),
    Case(
        "unit-unknown",
        ({"cantidad": "3", "unidad": "brazadas"},),
        ("no se conoce", "no se supone", "manzana"),
        ("is not known", "No unit is assumed", "manzana"),
        "a.csv, fila 2, columna «unidad»",
    ),
    Case(
        "type-unknown",
        ({"tipo": "Limpieza de drenajes"},),
        ("Obras de drenaje (drainage_works), Dragado y limpieza de cauces (channel_dredging)", "no se adivina", '"Limpieza de drenajes" = "other"'),
        ("Drainage works (drainage_works)", "never guessed", "the code that stands in brackets"),
        "a.csv, fila 2, columna «tipo»",
    ),
]


@pytest.mark.parametrize("case", [*NOTED, *REFUSED], ids=lambda case: case.code)
def test_what_is_said_of_rows(folder: Path, case: Case) -> None:
    messages.write_rows(folder / "a.csv", *case.rows)
    fault = the(found_in(folder), case.code)
    assert_told(fault, case.place, case.es, case.en)
    assert fault.severity == ("warning" if case in NOTED else "error")


@pytest.mark.parametrize("word", ["Estufas mejoradas", "Letrinas", "Cercas vivas", "Limpieza de drenajes", "Limpieza de río"])
def test_words_that_no_type_truly_means_are_set_aside_until_mapped(folder: Path, word: str) -> None:
    """A stove is no type at all; a living fence may be agroforestry or a barrier; a river is cleared of silt or of litter."""
    messages.write_rows(folder / "a.csv", {"tipo": word})
    assert the(found_in(folder), "type-unknown").found == word
    toml = small_workspace.TOML.replace("[sites]", f'[actions.types]\n"{word}" = "other"\n[sites]')  # as the remedy says
    (folder / "envgis.toml").write_text(toml, encoding="utf-8")
    assert not [fault for fault in found_in(folder) if fault.code == "type-unknown"]


@pytest.mark.parametrize(
    ("code", "field", "values"), [("status-unknown", "status", STATUSES), ("funding-unknown", "funding_source", FUNDING_SOURCES)]
)
def test_the_words_that_a_remedy_lists_are_understood(code: str, field: str, values: Sequence[str]) -> None:
    """Every one in both languages, and all that there are."""
    for language in locale.LANGUAGES:
        listed = locale.faults()[code]["remedy"][language].split(": ")[1].rstrip(".")
        known = {vocabulary(field)[fold(word)] for word in re.split(r", | o | or ", listed)}
        assert known == {*values} - {"other"}


def test_a_row_with_a_comma_too_many(folder: Path) -> None:
    messages.write_rows(folder / "a.csv", {}, {})
    with (folder / "a.csv").open("a", encoding="utf-8") as file:
        file.write(",".join(messages.GOOD.values()) + ",de más\n")
    es = ("más celdas que el encabezado", "sin comillas", "exporte como XLSX")
    en = ("more cells than the header", "without quotes", "export as XLSX")
    assert_told(the(found_in(folder), "row-too-long"), "a.csv, fila 4", es, en)


def test_coordinates_in_metres_of_the_eastern_zone(folder: Path) -> None:
    east = gpd.GeoSeries([shapely.Point(-88.60, 15.70)], crs=4326)
    table = gpd.GeoDataFrame({"code": ["1801"], "name": ["Puerto Barrios"]}, geometry=east.buffer(0.2), crs=4326)
    (folder / "m.gpkg").unlink()
    table.to_file(folder / "m.gpkg")
    metres = east.to_crs(32616)[0]
    messages.write_rows(folder / "a.csv", {"latitud": f"{metres.y:.1f}", "longitud": f"{metres.x:.1f}", "municipio": "1801"})
    es = ("UTM 16N, en metros", "usted decide", "Si es así, escriba 15.7")
    en = ("UTM 16N, in metres", "you decide", "If so, write 15.7")
    fault = the(found_in(folder), "coordinates-utm16")
    assert "Puerto Barrios" in str(fault.values["name"]) and f"{fault.values['lon']}".startswith("-88.6")
    assert_told(fault, "a.csv, fila 2", es, en)


def test_several_points_in_one_row(folder: Path) -> None:
    points = messages.degrees(shapely.MultiPoint([(300, -300), (500, -500)]))
    row = {name: [cell] for name, cell in messages.GOOD.items() if name not in ("latitud", "longitud")}
    gpd.GeoDataFrame(row, geometry=points, crs=4326).to_file(folder / "a.geojson")
    (folder / "envgis.toml").write_text(small_workspace.TOML.replace("a.csv", "a.geojson"), encoding="utf-8")
    es = ("mezcla varias clases o varios puntos", "un punto, una línea o un polígono", "una fila por figura")
    en = ("mixes several kinds, or several points", "a point, a line or a polygon", "one row for each shape")
    fault = the(found_in(folder), "shape-mixed")
    assert fault.at.file == "a.geojson"
    assert_told(fault, f"a.geojson, fila {fault.at.row}", es, en)


# Files


def as_xlsx(path: Path, sheets: dict[str, list[list[str]]]) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)


def compound_file(stream: str, content: bytes) -> bytes:
    """A compound file (OLE) with one stream of 4 KB, as Office keeps an XLS, and an XLSX that has a password."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = (name + "\0").encode("utf-16-le")
        return text.ljust(64, b"\0") + struct.pack("<HBB3I16s4x16xIQ", len(text), kind, 1, free, free, child, b"", start, size)

    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x9I", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[free] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, end, *range(3, 10), end, *[free] * 118)
    folder = entry("Root Entry", 5, 1, end, 0) + entry(stream, 2, free, 2, 4096)
    return header + table + folder.ljust(512, b"\0") + content.ljust(4096, b"\0")


# Of an XLS: BOF, then FILEPASS.
LOCKED = {"xlsx": ("EncryptedPackage", b""), "xls": ("Workbook", b"\x09\x08\x10\x00" + bytes(16) + b"\x2f\x00\x36\x00" + bytes(54))}


@pytest.mark.parametrize("kind", LOCKED)
def test_a_workbook_with_a_password(folder: Path, kind: str) -> None:
    (folder / "a.xlsx").write_bytes(compound_file(*LOCKED[kind]))
    (folder / "envgis.toml").write_text(small_workspace.TOML.replace("a.csv", "a.xlsx"), encoding="utf-8")
    es = ("tiene contraseña", "no se puede leer", "Quítele la contraseña en Excel")
    en = ("has a password", "cannot be read", "Remove the password in Excel")
    assert_told(the(found_in(folder), "report-password"), "a.xlsx", es, en)


def test_a_sheet_that_holds_no_reports(folder: Path) -> None:
    as_xlsx(folder / "a.xlsx", {"Reportes": [list(messages.GOOD), list(messages.GOOD.values())], "Listas": [["color", "clave"], ["verde", "1"]]})
    (folder / "envgis.toml").write_text(small_workspace.TOML.replace("a.csv", "a.xlsx"), encoding="utf-8")
    es = ("no dice qué acción ni dónde", "Otra hoja o capa", "los mismos nombres de columna")
    en = ("neither what nor where", "Another sheet or layer", "the same names")
    fault = the(found_in(folder), "report-table-not-read")
    assert fault.severity == "warning" and fault.at.layer == "Listas"
    assert_told(fault, "a.xlsx, capa «Listas»", es, en)


def test_a_table_too_large_to_be_one_of_reports(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "LARGEST_BYTES", 1_000_000)
    (folder / "a.csv").write_bytes(b"a,b\n" * 500_000)
    es = ("mide 2 MB; el límite es 1 MB", "quizá sea otro archivo", "divídalo por año")
    en = ("has 2 MB; the limit is 1 MB", "may be another file", "split it by year")
    assert_told(the(found_in(folder), "report-too-large"), "a.csv", es, en)


EFFECTS = [
    (
        "effects-columns-missing",
        "action_type,hazard\nterraces,erosion\n",
        "e.csv",
        ("le faltan columnas: acts_on", "tres factores y fuente", "separadas por comas"),
        ("lacks columns: acts_on", "three factors and a source", "separated by commas"),
    ),
    (
        "effects-factor-above-one",
        "action_type,hazard,acts_on,f_low,f_central,f_high,source,verified\nterraces,erosion,soil_loss,0.5,0.9,1.2,x,no\n",
        "e.csv, fila 2",
        ("pasa de 1 y se toma como 1: 0.5 / 0.9 / 1.2", "nunca suben el nivel", "si el factor es correcto"),
        ("above 1 and is taken as 1: 0.5 / 0.9 / 1.2", "never raise a level", "whether the factor is right"),
    ),
]


@pytest.mark.parametrize(("code", "table", "place", "es", "en"), EFFECTS)
def test_a_table_of_effects(folder: Path, code: str, table: str, place: str, es: Words, en: Words) -> None:
    (folder / "e.csv").write_text(table, encoding="utf-8")
    toml = small_workspace.TOML.replace("[sites]", 'effects = "e.csv"\n[sites]')
    (folder / "envgis.toml").write_text(toml, encoding="utf-8")
    assert_told(the(found_in(folder), code), place, es, en)


def test_actions_done_without_a_day(folder: Path) -> None:
    messages.write_rows(folder / "a.csv", {"fecha": ""}, {"fecha": ""}, {})
    fault = the(pipeline.assess(folder).warnings, "action-undated")
    assert fault.severity == "warning"
    es = ("sin ninguna fecha: 2", "no cuentan como vigentes", "la fecha en que terminaron")
    en = ("without any date: 2", "not counted as in force", "the date on which they ended")
    assert_told(fault, "", es, en)
