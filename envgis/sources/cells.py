"""What stored cells mean: the type and the no-data value in which they are handed on, and which of them have no data.

Floating types have NaN for no data (and infinity is none either); integers keep the value that they declare, or get a
wider type that has room for one; class codes are uint8 or uint16, and no data is a code that no class has.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

DType = np.dtype[np.generic]
_WIDER = {"bool": "int16", "int8": "int16", "uint8": "int16", "int16": "int32", "uint16": "int32", "int32": "int64", "uint32": "int64"}


def as_values(stored: DType, nodata: Sequence[float | int | None]) -> tuple[DType, float | int]:
    """Type and no-data value of cells that hold values.

    nodata : what each part of the layer declares, None for a part that declares nothing

    >>> as_values(np.dtype("uint8"), [255]), as_values(np.dtype("uint8"), [None])
    ((dtype('uint8'), 255), (dtype('int16'), -32768))
    """
    if stored.kind == "f":
        return stored, float("nan")
    if nodata and nodata[0] is not None and len(set(nodata)) == 1:
        return stored, nodata[0]
    wide: DType = np.dtype(_WIDER.get(stored.name, "float64"))
    return wide, float("nan") if wide.kind == "f" else int(np.iinfo(str(wide)).min)


def as_codes(stored: DType, nodata: Sequence[float | int | None], codes: Collection[int]) -> tuple[DType, int]:
    """Type and no-data value of cells that hold class codes.

    A code that is not listed may stand for no data: whoever looks codes up in a table finds none for it either.

    >>> as_codes(np.dtype("uint8"), [255], codes=[1, 2, 3]), as_codes(np.dtype("int32"), [None], codes=[1, 2, 3])
    ((dtype('uint8'), 255), (dtype('uint16'), 65535))
    """
    taken = set(codes)
    narrow = stored == np.uint8 and not taken.issuperset(range(256))
    dtype: DType = np.dtype(np.uint8 if narrow else np.uint16)
    top = 255 if narrow else 65_535
    declared = [int(v) for v in nodata if v is not None and 0 <= v <= top and v == int(v) and v not in taken]
    return dtype, declared[0] if declared else next(v for v in range(top, -1, -1) if v not in taken)


def fitting(nodata: float | int | None, stored: DType) -> float | int | None:
    """A declared no-data value in the cells' own type; None if no cell can have it (-9999 among bytes), or if it is NaN.

    >>> fitting(-9999.0, np.dtype("int16")), fitting(-9999.0, np.dtype("uint8"))
    (-9999, None)
    """
    if nodata is None or nodata != nodata:
        return None
    if stored.kind == "f":
        return float(nodata)
    bounds = np.iinfo(str(stored))
    return int(nodata) if nodata == int(nodata) and bounds.min <= nodata <= bounds.max else None


def absent(values: NDArray[Any], nodata: float | int | None, dtype: DType, fill: float | int, classes: bool) -> NDArray[np.bool_] | None:
    """Where cells as stored have no data; None where handing them on as ``dtype`` with ``fill`` says it already.

    >>> absent(np.array([1.0, np.inf, -9999.0]), -9999.0, np.dtype("float64"), np.nan, classes=False).tolist()
    [False, True, True]
    """
    found = None
    if values.dtype.kind == "f":
        found = ~np.isfinite(values)
    if nodata is not None and (dtype != values.dtype or nodata != fill):
        found = either(found, is_nodata(values, nodata))
    if classes and values.dtype not in (np.uint8, np.uint16):
        found = either(found, ~_is_code(values))
    return found


def handed_on(values: NDArray[np.generic], gone: NDArray[np.bool_] | None, dtype: DType, fill: float | int) -> NDArray[np.generic]:
    """Cells in another type, ``fill`` where they are gone. May change ``values``, and return it.

    >>> handed_on(np.array([3.0, np.nan]), np.array([False, True]), np.dtype("uint8"), 255).tolist()
    [3, 255]
    """
    if gone is None or not gone.any():
        return values.astype(dtype, copy=False)
    # Before the type changes: NaN or -9999 have no uint8.
    values[gone] = 0
    values = values.astype(dtype, copy=False)
    values[gone] = fill
    return values


def is_nodata(values: NDArray[Any], nodata: float | int) -> NDArray[np.bool_]:
    """Where values are the declared no-data value.

    A text such as -3.4e+38 in the file stands for the type's lowest number, whatever its last digits.

    >>> is_nodata(np.array([1.0, np.finfo("float32").min], np.float32), -3.4e38).tolist()
    [False, True]
    """
    if values.dtype == np.float32 and abs(nodata) > 3e38:
        return np.asarray((np.abs(values) > 3e38) & (np.signbit(values) == (nodata < 0)))
    return np.asarray(values == values.dtype.type(nodata))


def either(a: NDArray[np.bool_] | None, b: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where one of two masks holds; the first may be None for nowhere.

    >>> either(None, np.array([True, False])).tolist()
    [True, False]
    """
    return b if a is None else a | b


def _is_code(values: NDArray[Any]) -> NDArray[np.bool_]:
    whole = np.asarray((values >= 0) & (values <= 65_535))
    return whole & (values == np.floor(values)) if values.dtype.kind == "f" else whole
