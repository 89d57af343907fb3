"""envgis.toml: what is understood, and every fault with the sentence that it gives."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pytest
import small_workspace
from hypothesis import example, given, settings
from hypothesis import strategies as st

from envgis import locale, workspace
from envgis.actions.record import COLUMNS
from envgis.checks import check
from envgis.faults import BadInput, Fault
from envgis.levels import HazardKey
from envgis.sources.workspace_file import read_workspace
from envgis.workspace import Workspace, map_slug, parse

SMALLEST = """
[workspace]
name = "San Marcos"
[municipalities]
path = "m.gpkg"
[[hazard]]
name = "landslide"
path = "l.tif"
kind = "levels"
"""

DESIGN = """
[workspace]
name = "San Marcos y Amatitlán"
language = "es"
[municipalities]
path = "layers/municipalities.gpkg"
code = "code"
name = "name"
select = ["1201", "0114"]
exclude = []
overlaps = "refuse"
[landuse]
path = "layers/landuse.tif"
legend = "layers/landuse.csv"
[[hazard]]
name = "landslide"
family = "landslide"
scenario = "present"
return_period = 100
measure = "susceptibility"
path = "layers/landslide.tif"
band = 1
kind = "index"
breakpoints = [0.3, 0.5, 1.2, 2.0]
closed = "right"
source = "x"
date = 2024
licence = "CC0-1.0"
public = false
[population]
path = "layers/population.tif"
[actions]
paths = ["actions/*"]
date = 2026-11-24
[actions.columns]
"Tipo de acción" = "action_type"
[actions.types]
"siembra de árboles" = "reforestation"
[sites]
paths = ["sites.xlsx"]
[outputs]
folder = "maps"
public_fields = ["action_type", "status", "date_start", "area_ha"]
"""


def faults(text: str) -> list[Fault]:
    with pytest.raises(BadInput) as stop:
        parse(text)
    for fault in stop.value.faults:
        for language in locale.LANGUAGES:
            told = locale.explain(fault, language)
            assert told.what and told.cause and told.remedy
    return list(stop.value.faults)


def with_line(line: str, table: str = "[[hazard]]") -> str:
    """The smallest workspace with a line more in a table."""
    return SMALLEST.replace(table, f"{table}\n{line}")


# What is understood


def test_the_smallest_workspace_and_its_defaults() -> None:
    found = parse(SMALLEST)
    assert found.workspace.language == "es"
    assert found.municipalities.code == "code" and found.municipalities.overlaps == "refuse"
    assert found.hazard[0].path == ["l.tif"] and found.hazard[0].family == "landslide"
    assert found.hazard[0].scenario == "present" and found.hazard[0].measure == "susceptibility"
    assert found.outputs.folder == "maps" and found.actions is None


def test_the_design_s_own_example() -> None:
    found = parse(DESIGN)
    assert found.municipalities.select == ["1201", "0114"]
    assert found.actions is not None and found.actions.date == dt.date(2026, 11, 24)
    assert found.actions.columns == {"Tipo de acción": "action_type"}
    assert found.hazard[0].date == "2024" and not found.hazard[0].public


def test_codes_stay_text() -> None:
    (fault,) = faults(with_line("select = [0114]", "[municipalities]"))
    assert fault.code == "toml-syntax"  # TOML itself refuses a leading zero
    (fault,) = faults(with_line("select = [1201]", "[municipalities]"))
    assert fault.code == "toml-wrong-value"


# What is refused, with its sentence


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        (with_line('selekt = ["1"]', "[municipalities]"), "toml-unknown-key-near", "[municipalities] selekt"),
        (with_line("zzz = 1"), "toml-unknown-key", "[[hazard]] 1, zzz"),
        (SMALLEST + "[landuze]\npath = 'x'\n", "toml-unknown-key-near", "landuze"),
        (SMALLEST.replace('name = "San Marcos"', ""), "toml-missing-key", "[workspace] name"),
        (SMALLEST.replace("[municipalities]\n", "[other]\n"), "toml-missing-key", "[municipalities]"),
        (SMALLEST.replace('"levels"', '"level"'), "toml-not-allowed", "[[hazard]] 1, kind"),
        (SMALLEST.replace('"San Marcos"', "5"), "toml-wrong-value", "[workspace] name"),
        (with_line('return_period = "100"'), "toml-wrong-value", "[[hazard]] 1, return_period"),
        (with_line("return_period = 0"), "toml-wrong-value", "[[hazard]] 1, return_period"),
        (with_line("return_period = inf"), "toml-wrong-value", "[[hazard]] 1, return_period"),
        (with_line("band = 0"), "toml-wrong-value", "[[hazard]] 1, band"),
        (with_line("band = 1.5"), "toml-wrong-value", "[[hazard]] 1, band"),
        (with_line("breakpoints = [1, 2, 3]"), "toml-wrong-value", "[[hazard]] 1, breakpoints"),
        (with_line("breakpoints = [1, 2, 3, nan]"), "toml-wrong-value", "[[hazard]] 1, breakpoints.4"),
        (with_line("breakpoints = [1, 2, 2, 3]"), "breakpoints-order", "[[hazard]] 1, breakpoints"),
        (with_line('codes = { "1" = 6 }'), "hazard-codes", "[[hazard]] 1, codes"),
        (with_line('codes = { "a" = 1 }'), "hazard-codes", "[[hazard]] 1, codes"),
        (SMALLEST.replace('"landslide"', '"Mi amenaza"'), "toml-wrong-value", "[[hazard]] 1, name"),
        (SMALLEST.replace('"landslide"', '"my_hazard"'), "hazard-title-missing", "[[hazard]] 1"),
        (SMALLEST.replace("[[hazard]]", "[hazard]"), "toml-hazard-single", "[[hazard]]"),
        (with_line('public = "no"'), "toml-wrong-value", "[[hazard]] 1, public"),
        # Boundaries are always drawn, population never: a key without effect is refused, not swallowed.
        (with_line("public = false", "[municipalities]"), "toml-unknown-key", "[municipalities] public"),
        (SMALLEST + '[population]\npath = "a"\npublic = false\n', "toml-unknown-key", "[population] public"),
        (with_line("path = []").replace('path = "l.tif"', ""), "toml-wrong-value", "[[hazard]] 1, path"),
        (with_line("path = 5").replace('path = "l.tif"', ""), "toml-wrong-value", "[[hazard]] 1, path"),
        (SMALLEST + '[actions]\npaths = ["a"]\ndate = "2026-11-24"\n', "toml-wrong-value", "[actions] date"),
        (SMALLEST + '[actions]\npaths = ["a"]\n', "toml-missing-key", "[actions] date"),
        (SMALLEST + '[landuse]\npath = "a"\nlegend = "b"\nscheme = "nlcd"\n', "landuse-two-legends", None),
        (SMALLEST + "[landuse]\n", "toml-missing-key", "[landuse] path"),
        (with_line("select = []", "[municipalities]"), "municipality-select-empty", None),
        (SMALLEST + "landuse = 5\n", "toml-unknown-key", "[[hazard]] 1, landuse"),
        ("landuse = 5\n" + SMALLEST, "toml-wrong-value", "[landuse]"),
        (SMALLEST + SMALLEST[SMALLEST.index("[[hazard]]") :], "hazard-twice", "[[hazard]] 2"),
    ],
)
def test_each_fault_names_its_key(text: str, code: str, key: str | None) -> None:
    found = [f for f in faults(text) if f.code == code]
    assert [f.values.get("key") for f in found] == [key]


@pytest.mark.parametrize(
    ("line", "spanish", "english"),
    [
        ('return_period = "100"', '«[[hazard]] 1, return_period» es "100", y debe ser un número, sin comillas.', "must be a number, without quotes"),
        ("return_period = -5", "debe ser un número mayor que 0.", "must be a number above 0."),
        ("band = true", "debe ser un número entero, sin comillas.", "must be a whole number, without quotes."),
        ("band = 0", "debe ser un número de 1 o más.", "must be a number of 1 or more."),
        ("breakpoints = [1.0, 2.0]", "debe ser una lista con al menos 4.", "must be a list of at least 4."),
        ("public = 1", "debe ser true o false, sin comillas.", "must be true or false, without quotes."),
        ("codes = 5", "debe ser una tabla con sus claves.", "must be a table with keys of its own."),
        ("source = 5", "debe ser un texto entre comillas.", "must be text in quotes."),
        ("date = 1.5", "debe ser un texto entre comillas.", "must be text in quotes."),
        ('scenario = ""', "debe ser un texto que no esté vacío.", "must be text that is not empty."),
    ],
)
def test_wrong_values_read_well(line: str, spanish: str, english: str) -> None:
    (fault,) = faults(with_line(line))
    assert locale.explain(fault, "es").what.endswith(spanish)
    assert english in locale.explain(fault, "en").what


def test_nearest_key_is_suggested_and_allowed_values_are_listed() -> None:
    (fault,) = faults(with_line('overlap = "refuse"', "[municipalities]"))
    assert locale.explain(fault, "es").what == "No se conoce la clave «[municipalities] overlap». ¿Quiso decir «overlaps»?"
    assert locale.explain(fault, "en").remedy == "Write “overlaps” instead of “overlap”."
    (fault,) = faults(with_line('language = "fr"', "[workspace]"))
    assert locale.explain(fault, "es").remedy == "Escriba uno de estos, entre comillas: es, en o both."


def test_all_faults_come_at_once() -> None:
    text = SMALLEST.replace('name = "San Marcos"', "nombre = 5").replace('"levels"', '"niveles"') + "[sites]\n"
    assert sorted(f.code for f in faults(text)) == ["toml-missing-key", "toml-missing-key", "toml-not-allowed", "toml-unknown-key-near"]


def test_syntax_names_the_line_and_what_stands_there() -> None:
    (fault,) = faults(SMALLEST.replace('path = "m.gpkg"', "path = capas\\m.gpkg"))
    assert (fault.code, fault.at.row, fault.found) == ("toml-syntax", 5, "path = capas\\m.gpkg")
    assert locale.explain(fault, "es").place == "envgis.toml, fila 5"
    (fault,) = faults('[workspace]\nname = "open')
    assert fault.code == "toml-syntax"


LONG = "Escenario de cambio climático con emisiones "


def two_maps(first: str, second: str) -> str:
    """The smallest workspace with one hazard in two scenarios."""
    more = SMALLEST[SMALLEST.index("[[hazard]]") :]
    return with_line(f'scenario = "{first}"') + more.replace('kind = "levels"', f'kind = "levels"\nscenario = "{second}"')


@pytest.mark.parametrize(
    ("first", "second", "slug"),
    [
        ("ssp 585", "ssp-585", "landslide_ssp-585"),
        ("2050 SSP5-8.5", "2050 ssp5-8.5", "landslide_2050-ssp5-8-5"),
        (LONG + "altas RCP 8.5", LONG + "altas RCP 4.5", "landslide_Escenario-de-cambio-clim-tico-con-emisiones-alta"),
    ],
)
def test_alike_scenarios_would_be_one_file(first: str, second: str, slug: str) -> None:
    (fault,) = faults(two_maps(first, second))
    assert (fault.code, fault.values["key"]) == ("hazard-same-file", "[[hazard]] 2")
    said = locale.explain(fault, "es").what
    assert f"«landslide · {second}» y «landslide · {first}»" in said and said.endswith(f"{slug}.")


def test_scenarios_that_differ_soon_enough_are_two_maps() -> None:
    """Found by hand: of long names only 24 letters counted, and two that differ after them were called the same."""
    for first, second in (
        ("ssp 245", "ssp 585"),
        ("Escenario muy largo de cambio climático RCP 4.5", "Escenario muy largo de cambio climático RCP 8.5"),
    ):
        one, two = parse(two_maps(first, second)).hazard
        assert len({map_slug(h.name, h.scenario, h.return_period).casefold() for h in (one, two)}) == 2


@given(st.text("aAbBñ -_.", min_size=1, max_size=6), st.text("aAbBñ -_.", min_size=1, max_size=6))
def test_maps_that_pass_have_files_of_their_own_on_any_disk(first: str, second: str) -> None:
    """Law: `HazardKey.slug` names files and a GeoPackage's columns, of which capitals tell none apart."""
    slugs = {HazardKey("landslide", scenario).slug.casefold() for scenario in (first, second)}
    try:
        passed = bool(parse(two_maps(first, second)))
    except BadInput:
        passed = False
    assert passed == (len(slugs) == 2)


@pytest.mark.parametrize("word", ["Present", "presente", "presnt", "actual", "Hoy", "current", "PRESENTE "])
def test_the_present_under_another_name_is_asked_about(word: str) -> None:
    """Found by hand: no rule found it, and every site was "not enough data" without a word."""
    (fault,) = faults(with_line(f'scenario = "{word}"'))
    assert fault.code == "scenario-near-present"
    assert locale.explain(fault, "es").what == f"[[hazard]] 1, scenario: «{word}». ¿Quiso decir «present»?"


@pytest.mark.parametrize("word", ["present", "2050", "present 2", "presente 2050", "ssp585", "futuro", "histórico"])
def test_other_scenarios_are_left_alone(word: str) -> None:
    assert parse(with_line(f'scenario = "{word}"')).hazard[0].scenario == word


def test_a_hazard_without_its_present_is_doubtful() -> None:
    flood = SMALLEST[SMALLEST.index("[[hazard]]") :].replace("landslide", "flood") + 'scenario = "2050"\n'
    assert workspace.doubts(parse(SMALLEST)) == [] == workspace.doubts(parse(two_maps("2050", "present")))
    for text, code, found in (
        (two_maps("2050", "2080"), "scenario-no-present", "2050, 2080"),
        (SMALLEST + flood, "scenario-hazard-no-present", "flood"),
    ):
        (fault,) = workspace.doubts(parse(text))
        assert (fault.code, fault.found, fault.severity) == (code, found, "warning")
        assert all(found in locale.explain(fault, language).what for language in locale.LANGUAGES)


@pytest.mark.parametrize("name", ["x" * 300, "ñ" * 101, "a/" * 3000])
def test_an_output_folder_no_disk_has_room_for(name: str) -> None:
    """Found by a crash of check and run."""
    (fault,) = faults(SMALLEST + f'[outputs]\nfolder = "{name}"\n')
    assert fault.code == "outputs-folder-long" and fault.values["length"] == len(name.encode())
    assert parse(SMALLEST + f'[outputs]\nfolder = "{"x" * 200}"\n').outputs.folder


def test_only_fields_of_the_record_that_maps_name_may_be_public() -> None:
    """Found by hand: a field that no map knows was passed over in silence."""
    found = faults(SMALLEST + '[outputs]\npublic_fields = ["phone", "area_ha", "Area_ha", "geometry"]\n')
    assert [(f.code, f.found) for f in found] == [("outputs-public-field", name) for name in ("phone", "Area_ha", "geometry")]
    assert "action_type, status, date_start" in locale.explain(found[0], "es").remedy
    assert set(workspace.public_fields()) <= set(COLUMNS)
    assert not {"source", "source_row", "flags"} & set(workspace.public_fields())


def test_the_check_tells_what_is_doubtful(tmp_path: Path) -> None:
    folder = small_workspace.write(tmp_path / "w", small_workspace.TOML.replace("[[hazard]]", '[[hazard]]\nscenario = "2050"'))
    found = check(folder)
    assert {f.code for f in found.faults} == {"scenario-no-present", "layers-no-source"} and found.runnable


def test_absurd_numbers_and_nesting() -> None:
    assert [f.code for f in faults("a = " + "9" * 5000)] == ["toml-too-much"]
    assert [f.code for f in faults("a = " + "[" * 100_000)] in (["toml-too-much"], ["toml-syntax"])


# Laws

_KEYS = st.sampled_from([*Workspace.model_fields, *workspace.Hazard.model_fields, *workspace.Municipalities.model_fields, "zzz"])
_TIMES = (st.dates(), st.datetimes(), st.times())
_SCALARS = st.one_of(st.text(max_size=5), st.integers(), st.floats(), st.booleans(), *_TIMES, st.sampled_from(["levels", "present", "es"]))


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(c if c.isalnum() else f"\\U{ord(c):08X}" for c in value) + '"'
        case float():
            return "nan" if math.isnan(value) else f"{'-' if value < 0 else ''}inf" if math.isinf(value) else repr(value)
        case dict():
            return "{" + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)


@settings(max_examples=300, deadline=None)
@given(st.text())
@example("[workspace]\nname = 1979-05-27T07:32:00Z")
@example("[[hazard]]\n[[hazard]]")
@example("hazard = [1, 2]")
@example("a." * 2000 + "b = 1")
def test_any_text_is_a_workspace_or_bad_input(text: str) -> None:
    assert _parses_or_explains(text)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(_KEYS, st.recursive(_SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(_KEYS, v, max_size=3), max_leaves=8)))
def test_any_toml_is_a_workspace_or_bad_input(table: dict[str, object]) -> None:
    assert _parses_or_explains("\n".join(f"{key} = {_toml(value)}" for key, value in table.items()))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(DESIGN.strip().splitlines()), _SCALARS | st.lists(_SCALARS, max_size=3))
def test_any_value_in_any_line_is_a_workspace_or_bad_input(line: str, value: object) -> None:
    key, sign, _ = line.partition(" = ")
    assert _parses_or_explains(DESIGN.replace(line, f"{key} = {_toml(value)}" if sign else ""))


def _parses_or_explains(text: str) -> bool:
    """Whether a text is a workspace, or every fault of it can be said in both languages."""
    try:
        return isinstance(parse(text), Workspace)
    except BadInput as stop:
        return bool(stop.faults) and all(locale.explain(fault, language).what for fault in stop.faults for language in locale.LANGUAGES)


# Paths


def test_paths_stay_inside(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "secret.gpkg").touch()
    folder = tmp_path / "w"
    for outside in ("../secret.gpkg", str(tmp_path / "secret.gpkg"), "a/../../secret.gpkg", "a\0b", "x" * 5000 + "/../../../y"):
        path, found = workspace.locate(folder, outside, False, "[municipalities] path")
        assert path is None
        assert [f.code for f in found] in (["path-outside"], ["path-missing"])
    path, found = workspace.locate(folder, "../secret.gpkg", True, "[municipalities] path")
    assert path == (tmp_path / "secret.gpkg").resolve() and not found


def test_a_link_does_not_lead_outside(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "secret.gpkg").touch()
    (tmp_path / "w" / "inside.gpkg").symlink_to(tmp_path / "secret.gpkg")
    assert workspace.resolve(tmp_path / "w", "inside.gpkg", False) is None
    (tmp_path / "w" / "round").symlink_to(tmp_path / "w" / "round")
    assert workspace.locate(tmp_path / "w", "round/x", False, "k")[1]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "capas").mkdir()
    for name in ("capas", "", "."):
        assert [f.code for f in workspace.locate(tmp_path, name, False, "k")[1]] == ["path-missing"]


# The file itself


def test_reading_the_file(tmp_path: Path) -> None:
    def code() -> list[str]:
        with pytest.raises(BadInput) as stop:
            read_workspace(tmp_path)
        return [f.code for f in stop.value.faults]

    assert code() == ["workspace-missing"]
    (tmp_path / "envgis.toml").write_bytes(SMALLEST.replace("San Marcos", "Amatitlán").encode("cp1252"))
    assert code() == ["workspace-encoding"]
    (tmp_path / "envgis.toml").write_bytes(SMALLEST.encode("utf-16"))
    assert code() == ["workspace-encoding"]
    (tmp_path / "envgis.toml").write_bytes(b"\xef\xbb\xbf" + SMALLEST.encode())
    assert read_workspace(tmp_path).workspace.name == "San Marcos"
    for name in ("none", "x" * 300):
        with pytest.raises(BadInput) as stop:
            read_workspace(tmp_path / name)
        assert [f.code for f in stop.value.faults] == ["workspace-no-folder"]


def test_the_file_in_the_place_of_its_folder(tmp_path: Path) -> None:
    """Found by hand: it was said that there is no such folder."""
    (tmp_path / "envgis.toml").write_text(SMALLEST, encoding="utf-8")
    with pytest.raises(BadInput) as stop:
        read_workspace(tmp_path / "envgis.toml")
    (fault,) = stop.value.faults
    assert fault.code == "workspace-is-file"
    assert locale.explain(fault, "es").remedy == f'Escriba en su lugar "{tmp_path}", que es la carpeta.'
