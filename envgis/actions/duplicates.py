"""Reports that stand twice: certain ones (the same id) are set aside, a whole file of them as one; possible ones are marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from envgis.actions import shapes
from envgis.actions.review import Review
from envgis.faults import Fault, Message, Place

Mask = NDArray[np.bool_]

NEAR_M = 20.0
_METRES_PER_DEGREE = 111_320.0
# From this share of equal rows on, files with the same ids are exports of one form. Fewer, and they may only count alike:
# 1, 2, 3, …
_EQUAL = 0.9


@dataclass(frozen=True)
class Draft:
    """A file's rows as far as they could be read, beside what speaks against them.

    table : the action record's columns and geometry
    submitted : when each report was sent in (NaT where not known)
    """

    table: gpd.GeoDataFrame
    submitted: pd.Series
    review: Review


def set_aside_repeats(drafts: Sequence[Draft]) -> None:
    """Of all rows with one id only the newest stays: by its time of submission, else the last one.

    A file whose every report is in another one goes as a whole, with that as its only reason.

    >>> from envgis.actions.record import frame
    >>> from envgis.actions.reported import ReportFile
    >>> from pathlib import Path
    >>> review = Review(ReportFile("a.csv", Path("a.csv"), "", pd.DataFrame({"id": ["7", "7"]}), np.array([2, 3])))
    >>> sent = pd.Series(pd.to_datetime(["2026-06-02", "2026-06-01"])).astype("datetime64[s]")
    >>> set_aside_repeats([Draft(frame({"action_id": ["7", "7"]}, [None, None]), sent, review)])
    >>> review.refused.tolist()  # the older one
    [False, True]
    """
    copies = _copies(drafts)
    for draft, (other, different) in copies:
        also = Message("actions.copy-differs", {"rows": ", ".join(map(str, different))}) if different else None
        values = {"count": len(draft.table), "other": other.review.file.label, "also": also}
        draft.review.refuse_all(Fault("report-file-repeated", Place(draft.review.file.label), values=values))
    copied = {id(draft) for draft, _ in copies}
    _set_aside_older([draft for draft in drafts if id(draft) not in copied])


def _copies(drafts: Sequence[Draft]) -> list[tuple[Draft, tuple[Draft, list[int]]]]:
    """The drafts whose every report is in another draft: that one, and the rows that do not say the same there.

    Of two with the same reports the later one stays, of others the larger.
    """
    ids = [frozenset(draft.table["action_id"]) for draft in drafts]
    found = []
    for k, draft in enumerate(drafts):
        larger = [j for j in range(len(drafts)) if j != k and ids[k] and ids[k] <= ids[j] and (len(ids[k]), k) < (len(ids[j]), j)]
        if larger:
            # The largest is no copy itself: whatever held it would hold this one too.
            other = drafts[max(larger, key=lambda j: (len(ids[j]), j))]
            if np.mean(_unlike(draft, other, [])) <= 1 - _EQUAL:
                rows = draft.review.file.row_numbers[_unlike(draft, other, ["status", "date_start", "date_end"])]
                found.append((draft, (other, rows.tolist())))
    return found


def _unlike(draft: Draft, other: Draft, more: list[str]) -> Mask:
    """The rows that no row of the other is like: the same id, kind of action and place, and the same in ``more`` columns."""
    known = set(_told(other, more))
    return np.array([row not in known for row in _told(draft, more)], bool)


def _told(draft: Draft, more: list[str]) -> list[tuple[object, ...]]:
    places = shapely.to_wkb(np.asarray(draft.table.geometry.array, dtype=object))
    columns = [draft.table[name].astype("string").fillna("") for name in ("action_id", "action_type", *more)]
    return list(zip(places, *columns, strict=True))


def _set_aside_older(drafts: Sequence[Draft]) -> None:
    if not drafts:
        return
    everything = pd.concat(
        [pd.DataFrame({"id": d.table["action_id"], "when": d.submitted, "file": k, "row": d.review.file.row_numbers}) for k, d in enumerate(drafts)],
        ignore_index=True,
    )
    everything["when"] = everything["when"].fillna(pd.Timestamp.min.as_unit("s"))
    ordered = everything.sort_values(["when", "file", "row"], kind="stable")
    newest = ordered.drop_duplicates("id", keep="last").set_index("id")
    kept = newest.loc[everything["id"]]
    repeated = (kept["file"].to_numpy() != everything["file"].to_numpy()) | (kept["row"].to_numpy() != everything["row"].to_numpy())
    labels = [d.review.file.label for d in drafts]
    for k, draft in enumerate(drafts):
        mine = (everything["file"] == k).to_numpy()
        other_file = [labels[f] for f in kept["file"].to_numpy()[mine]]
        draft.review.refuse(
            repeated[mine], "report-repeated", found=draft.table["action_id"], other_file=other_file, other_row=kept["row"].to_numpy()[mine]
        )


def mark_alike(drafts: Sequence[Draft]) -> None:
    """Mark reports on one identical point, and those of one type and day within 20 m of each other. None is dropped.

    >>> from envgis.actions.record import frame
    >>> from envgis.actions.reported import ReportFile
    >>> from pathlib import Path
    >>> review = Review(ReportFile("a.csv", Path("a.csv"), "", pd.DataFrame({"id": ["7", "7"]}), np.array([2, 3])))
    >>> table = frame({"action_type": ["terraces"] * 2, "date_start": ["2026-06-01"] * 2}, shapely.points([-91.79, -91.7901], 14.96))
    >>> mark_alike([Draft(table, table["date_start"], review)])
    >>> review.flags().to_list(), review.refused.any()  # 10.8 m apart
    (['report-alike', 'report-alike'], np.False_)
    """
    taken = [~d.review.refused for d in drafts]
    tables = [d.table[keep] for d, keep in zip(drafts, taken, strict=True)]
    if not sum(map(len, tables)):
        return
    lon, lat = shapes.stand(np.concatenate([np.asarray(t.geometry.array, dtype=object) for t in tables]))
    key = pd.concat([t["action_type"].astype(str) + "|" + t["date_start"].astype(str) for t in tables])
    known = pd.concat([t["date_start"].notna() for t in tables]).to_numpy(bool)
    same_place = pd.DataFrame({"lon": lon, "lat": lat}).duplicated(keep=False).to_numpy()
    alike = _alike(lon, lat, pd.factorize(key)[0]) & known
    start = 0
    for draft, keep in zip(drafts, taken, strict=True):
        end = start + int(keep.sum())
        for marks, code in ((same_place, "coordinates-shared"), (alike, "report-alike")):
            rows = np.zeros(len(keep), bool)
            rows[keep] = marks[start:end]
            draft.review.note(rows, code, metres=NEAR_M)
        start = end


def _alike(lon: NDArray[np.float64], lat: NDArray[np.float64], key: NDArray[np.intp]) -> Mask:
    """Whether another place with the same key lies within `NEAR_M`.

    Identical places are one before pairs are sought (a crowd on one point would have millions), and each key has its
    own stretch of the axis, so that a pair never crosses keys.
    """
    places = pd.DataFrame({"lon": lon, "lat": lat, "key": key})
    alike = places.duplicated(keep=False).to_numpy().copy()
    single = places.drop_duplicates()
    metres = _METRES_PER_DEGREE
    x = single["lon"] * np.cos(np.radians(single["lat"])) * metres + single["key"] * 1e8
    points = np.asarray(shapely.points(x, single["lat"] * metres))
    a, b = shapely.STRtree(points).query(points, predicate="dwithin", distance=NEAR_M)
    near = single.iloc[np.unique(a[a != b])]
    marked = pd.MultiIndex.from_frame(places).isin(pd.MultiIndex.from_frame(near))
    return alike | marked
