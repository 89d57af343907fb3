"""The ledger as Parquet: every row behind every figure, for whoever wants to add up otherwise."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pandas as pd


def render(ledger: pd.DataFrame, said: Mapping[str, str]) -> bytes:
    """The ledger's rows as they are, whole mm² and millionths of a person; the same bytes for the same rows.

    said : what the file says of itself, as the schema's metadata (see `envgis.publish.description`)
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Without pandas' own description, which would change with its version and say nothing more.
    table = pa.Table.from_pandas(ledger, preserve_index=False).replace_schema_metadata(dict(said))
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()
