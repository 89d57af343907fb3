"""Files of reports → accepted actions and rows set aside. Rows read = accepted + set aside, always."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from envgis.actions import amounts, catalogue, columns, counted, dates, duplicates, located, own_unit, said, shapes
from envgis.actions.columns import ROW_ID, SYSTEM_IDS, Columns
from envgis.actions.duplicates import Draft
from envgis.actions.places import Gazetteer
from envgis.actions.record import COLUMNS, Actions, SetAside, empty
from envgis.actions.reported import ReportFile
from envgis.actions.review import Review
from envgis.actions.words import or_missing
from envgis.faults import Fault, Place
from envgis.workspace import FILE, Reports

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

# A report of more than this is doubted: for types drawn as areas the bound of TerraMatch's size check; for those drawn
# as lines or points a strip 10 m wide and 10 km long.
LARGEST_HA = 1_000.0
LARGEST_NARROW_HA = 10.0


def take(files: Sequence[ReportFile], reports: Reports, municipalities: gpd.GeoDataFrame) -> Actions:
    """Read, place and check every row of ``files``.

    files : as `envgis.sources.reports.read_files` gives them
    reports : the workspace's ``[actions]``: the day, the user's words for ours
    municipalities : code, name, geometry (EPSG:4326), all of the layer, not only the selected ones
    returns : accepted rows in the order of the files, each row set aside with every reason, and notes. Errors among
        the notes (a file without a needed column, two columns for one field) stop the job; their files gave no row.

    >>> import datetime as dt, shapely
    >>> from pathlib import Path
    >>> rows = pd.DataFrame({"labor": ["Terrazas", "azul"], "estado": ["hecho"] * 2, "lat": ["14.96"] * 2, "lon": ["-91.79"] * 2})
    >>> file = ReportFile("a.csv", Path("a.csv"), "", rows, np.array([2, 3]))
    >>> towns = gpd.GeoDataFrame({"code": ["1201"], "name": ["San Marcos"]}, geometry=[shapely.box(-91.9, 14.9, -91.7, 15.1)], crs=4326)
    >>> found = take([file], Reports(paths=["a.csv"], date=dt.date(2026, 11, 24), columns={"labor": "action_type"}), towns)
    >>> found.table[["action_type", "municipality_code"]].values.tolist(), [(one.row, one.faults[0].code) for one in found.set_aside]
    ([['terraces', '1201']], [(3, 'type-unknown')])
    """
    notes = [
        *columns.check_own(reports.columns, files, "columns"),
        *_check_types(reports),
    ]
    usable, faults = _usable(files, reports)
    notes += faults
    gazetteer = Gazetteer(municipalities)
    drafts = [_draft(named, reports, gazetteer) for named in usable]
    duplicates.set_aside_repeats(drafts)
    duplicates.mark_alike(drafts)
    set_aside: list[SetAside] = []
    for draft in drafts:
        set_aside += draft.review.set_aside()
        notes += draft.review.notes()
    return Actions(_accepted(drafts), tuple(set_aside), tuple(notes))


def _check_types(reports: Reports) -> list[Fault]:
    known = list(catalogue.types().index)
    return [
        Fault(
            "mapping-type-unknown",
            Place(FILE),
            slug,
            {"section": "actions.types", "name": word, "near": difflib.get_close_matches(slug, known, n=3, cutoff=0.4) or known},
        )
        for word, slug in reports.types.items()
        if slug not in known
    ]


def _usable(files: Sequence[ReportFile], reports: Reports) -> tuple[list[Columns], list[Fault]]:
    """The files that say what and where, and what is wrong with the others.

    A sheet or layer beside a usable one of the same file (lists, instructions) is only told of.
    """
    usable, refused, faults = [], [], []
    for file in files:
        named, twice = columns.match(file, reports.columns, "columns")
        lacking = [
            code
            for code, there in (("report-no-action-type", named.has("action_type")), ("report-no-location", located.has_place(named)))
            if not there
        ]
        if lacking:
            refused.append((file, lacking))
        elif twice:
            faults += twice
        else:
            usable.append(named)
            faults += columns.unused(named, "columns")
    read = {named.file.path for named in usable}
    for file, lacking in refused:
        if file.path in read:
            faults.append(Fault("report-table-not-read", Place(file.name, layer=file.layer), severity="warning"))
        else:
            values = {"columns": columns.listed(file), "section": columns.SECTIONS["columns"]}
            faults += [Fault(code, Place(file.label), values=values) for code in lacking]
    return usable, faults


def _draft(named: Columns, reports: Reports, gazetteer: Gazetteer) -> Draft:
    """One file's rows, read and placed, with what speaks against each."""
    file = named.file
    review = Review(file)
    too_long = np.zeros(len(file.rows), bool)
    too_long[list(file.too_long)] = True
    review.refuse(too_long, "row-too-long")
    said.refuse_totals(named, review)

    action_type = said.action_types(named, reports.types, review)
    state, status = said.reviewed(named, said.statuses(named, review), review)
    place = located.locate(named, review)
    declared = counted.declare(named, place, gazetteer, review)
    where = counted.count_in(declared, place, gazetteer, review)
    sizes = amounts.sizes(named, review, amounts.units(reports.cuerda_varas))
    covered = _measure(sizes, place, review)
    _doubt_large(covered, action_type, where, named, gazetteer, review)
    own_unit.tell_uncounted(action_type, sizes, review)
    _expect_geometry(action_type, place, review)
    periods = said.periods(named, status, reports.date, review)

    codes = np.array([*gazetteer.codes, None], dtype=object)
    table = _frame(
        {
            "action_id": _ids(named, action_type, periods["date_start"], place),
            "source": [file.label] * len(file.rows),
            "source_row": file.row_numbers,
            "action_type": action_type,
            "status": status,
            **periods,
            "geometry_source": place.source,
            "accuracy_m": place.accuracy_m,
            "municipality_code": codes[where],
            "municipality_declared": codes[np.maximum(declared, -1)],
            **{name: or_missing(named.text(name)) for name in ("community", "notes")},
            **sizes,
            **amounts.participants(named, review),
            **amounts.money(named, review),
            "funding_source": said.funding(named, review),
            "review_state": state,
        },
        place,
    )
    return Draft(table, dates.moments(named.text("submitted_at")), review)


def _frame(data: dict[str, object], place: located.Located) -> gpd.GeoDataFrame:
    typed = {name: _typed(data.get(name), kind, len(place.shape)) for name, kind in COLUMNS.items()}
    return gpd.GeoDataFrame(typed, geometry=gpd.GeoSeries(place.shape, crs=4326), crs=4326)


def _typed(values: Any, kind: Any, count: int) -> pd.Series:
    if values is None:
        return pd.Series([None] * count, dtype=kind)
    series: pd.Series = pd.Series(values).reset_index(drop=True)
    if kind == "Int64":
        # A count that cannot be one speaks against its row, which then never gets here.
        return series.where(series.isna() | ((series % 1) == 0)).astype("Float64").astype(kind)
    return series.astype(kind)


def _ids(named: Columns, action_type: pd.Series, start: pd.Series, place: located.Located) -> pd.Series:
    """The report's own id, else the steadiest key of its survey tool, else one made for the row.

    It is made of the file and the row; where people number their rows, of that number and of what, when and where: the
    same action in two files is one report then, and two actions that only have one number stay two. (The number itself
    is not shown: it may be somebody's identity card.)
    """
    ids = named.text("action_id")
    for name in SYSTEM_IDS:
        ids = ids.mask(ids == "", named.text(name).str.removeprefix("uuid:"))
    row = [f"{named.file.sha256}:{named.file.label}:{number}" for number in named.file.row_numbers]
    told = zip(named.text(ROW_ID), action_type, start, shapely.to_wkb(place.shape, hex=True), row, strict=True)
    bases = [f"{number}:{what}:{when}:{where}" if number else row for number, what, when, where, row in told]
    made = [hashlib.sha256(base.encode()).hexdigest()[:12] for base in bases]
    # A face of the ledger is a list of ids with bars between them.
    return ids.mask(ids == "", pd.Series(made, dtype="string")).str.replace("|", "/", regex=False)


def _measure(sizes: dict[str, object], place: located.Located, review: Review) -> Floats:
    """Areas and lengths of what was drawn, where none is declared; a declared area that is far from it is noted.

    Returns the larger of both areas [ha], NaN where there is none.
    """
    declared = np.asarray(sizes["area_ha"], float)
    drawn = shapes.area_ha(place.shape)
    with np.errstate(invalid="ignore"):
        review.note(np.abs(declared - drawn) > 0.25 * drawn, "area-differs")
    sizes["area_ha"] = np.where(np.isnan(declared), drawn, declared)
    length = np.asarray(sizes["length_m"], float)
    sizes["length_m"] = np.where(np.isnan(length), shapes.length_m(place.shape), length)
    larger: Floats = np.fmax(declared, drawn)
    return larger


def _doubt_large(area_ha: Floats, action_type: pd.Series, where: Whole, named: Columns, gazetteer: Gazetteer, review: Review) -> None:
    """Refuse what would be larger than its whole municipality; note what is larger than its type plausibly is."""
    counted = np.unique(where[(where >= 0) & np.isfinite(area_ha)])
    whole_ha = np.full(len(gazetteer.codes) + 1, np.nan)
    whole_ha[counted] = shapes.area_ha(gazetteer.shapes[counted])
    beyond = area_ha > whole_ha[where]
    column = next((header for name in ("area_ha", "area", "quantity") if (header := named.header(name))), None)
    names = [gazetteer.label(i) if i >= 0 else "" for i in where.tolist()]
    review.refuse(beyond, "area-beyond-municipality", column, area_ha=area_ha, name=names, whole_ha=whole_ha[where])
    usual = action_type.map(catalogue.types()["geometry"]).fillna("any")
    areal = usual.str.contains("polygon|any").to_numpy(bool)
    review.note(area_ha > np.where(areal, LARGEST_HA, LARGEST_NARROW_HA), "area-large", largest=LARGEST_HA, narrow=LARGEST_NARROW_HA)


def _expect_geometry(action_type: pd.Series, place: located.Located, review: Review) -> None:
    """Note a type that was drawn in another way than it usually is."""
    expected = action_type.map(catalogue.types()["geometry"]).fillna("any")
    kinds = shapes.kinds(place.shape)
    odd = [kind != "" and usual != "any" and kind not in usual.split() for kind, usual in zip(kinds, expected, strict=True)]
    # A point stands for any shape: most reports have nothing else.
    review.note(np.array(odd, bool) & (kinds != "point"), "geometry-unusual")


def _accepted(drafts: Sequence[Draft]) -> gpd.GeoDataFrame:
    tables = []
    for draft in drafts:
        table = draft.table.assign(flags=draft.review.flags())
        tables.append(table[~draft.review.refused])
    if not tables:
        return empty().table
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), geometry="geometry", crs=4326)
