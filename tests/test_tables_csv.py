"""CSV and Parquet: every bit is kept, no text is a formula."""

import io
import math

import pandas as pd
import pyarrow.parquet as pq
import pytest
import sample
from hypothesis import given
from hypothesis import strategies as st

from envgis.publish import description, ledger_parquet, tables_csv

HEADS = "=+-@\t\r\n＝＋－＠"


def read(content: bytes, **options: object) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), encoding="utf-8-sig", **options)  # type: ignore[call-overload, no-any-return]


def test_by_hand() -> None:
    table = pd.DataFrame({"municipality_code": ["0114"], "municipality": ["Amatitlán"], "return_period": [None], "area_ha": [0.1 + 0.2]})
    assert tables_csv.render(table) == "\ufeffmunicipality_code,municipality,return_period,area_ha\n0114,Amatitlán,,0.30000000000000004\n".encode()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_keep_every_bit(numbers: list[float]) -> None:
    back = read(tables_csv.render(pd.DataFrame({"area_ha": numbers})), dtype=str)["area_ha"]
    assert [float(x) for x in back] == numbers


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1))
def test_a_text_comes_back_and_is_never_a_formula(text: str) -> None:
    back = read(tables_csv.render(pd.DataFrame({"name": [text], "n": [1]})), dtype=str, keep_default_na=False)["name"][0]
    assert back == (f"'{text}" if text[0] in HEADS else text)
    assert back[0] not in HEADS


@pytest.mark.parametrize("kind", ["object", "string", "category"])
def test_formulas_in_any_kind_of_text_column(kind: str) -> None:
    table = pd.DataFrame({"reason": pd.Series(["=cmd|' /C calc'!A0", None], dtype=kind)})
    assert tables_csv.render(table).decode("utf-8-sig").split("\n")[1:] == ["'=cmd|' /C calc'!A0", '""', ""]


def test_a_negative_longitude_stays_a_number() -> None:
    table = pd.DataFrame({"longitude": [-90.6], "count": pd.array([-1], dtype="Int64")})
    assert tables_csv.render(table).decode("utf-8-sig") == "longitude,count\n-90.6,-1\n"


SAID = "datos sintéticos de demostración, no para decisiones / synthetic demonstration data, not for decisions"


def test_synthetic_data_say_so_in_every_row_and_real_data_have_no_such_column() -> None:
    table = pd.DataFrame({"municipality_code": ["0114", "1201"], "area_ha": [1.5, None]})
    assert tables_csv.notice(synthetic=True) == SAID
    written = tables_csv.render(table, tables_csv.notice(synthetic=True)).decode("utf-8-sig")
    assert written == f'municipality_code,area_ha,notice\n0114,1.5,"{SAID}"\n1201,,"{SAID}"\n'
    assert tables_csv.render(table, tables_csv.notice(synthetic=False)) == tables_csv.render(table)
    assert list(table.columns) == ["municipality_code", "area_ha"]  # the caller's table is as it was


def test_a_table_without_rows_has_its_header_all_the_same() -> None:
    empty = pd.DataFrame({"site_id": pd.Series(dtype=object), "share": pd.Series(dtype=float)})
    assert tables_csv.render(empty).decode("utf-8-sig") == "site_id,share\n"
    assert tables_csv.render(empty, SAID).decode("utf-8-sig") == "site_id,share,notice\n"


def test_the_ledger_comes_back_as_it_was() -> None:
    ledger = sample.ledger()
    said = description.lines(sample.assessment(language="en"), "ledger.title")
    content = ledger_parquet.render(ledger, said)
    assert content == ledger_parquet.render(ledger.copy(), said)
    back = pq.read_table(io.BytesIO(content))
    assert back.column("area_mm2").to_pylist() == [10**16]
    assert back.column("return_period").to_pylist()[0] is None or math.isnan(back.column("return_period").to_pylist()[0])
    assert back.schema.names == list(ledger.columns)
    metadata = {name.decode(): text.decode() for name, text in back.schema.metadata.items()}
    assert metadata.pop("title").startswith("Ledger of areas")
    assert metadata == {
        "notice": "Synthetic demonstration data, not for decisions", "sources": "Land use: Sample · 2026 · CC0", "run": "0123abcd",
    }  # fmt: skip
