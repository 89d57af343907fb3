"""Project sites: the same files, columns and place rules as reports, but a site may lie outside every municipality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from envgis.actions import columns, counted, located
from envgis.actions.places import NOWHERE, Gazetteer
from envgis.actions.record import SetAside
from envgis.actions.reported import ReportFile
from envgis.actions.review import Review
from envgis.actions.words import or_missing
from envgis.faults import Fault, Place, stop_if_any


def check_sites(files: Sequence[ReportFile], own: Mapping[str, str]) -> list[Fault]:
    """What is wrong with whole files of sites or with the user's column names (``own``), errors and warnings.

    >>> from pathlib import Path
    >>> file = ReportFile("sitios.csv", Path("sitios.csv"), "", pd.DataFrame({"nombre": ["Escuela"], "lat": ["14.96"]}), np.array([2]))
    >>> [fault.code for fault in check_sites([file], {})]
    ['report-no-location']
    """
    faults = columns.check_own(own, files, "site_columns")
    for file in files:
        named, twice = columns.match(file, own, "site_columns")
        faults += twice
        if not located.has_place(named):
            values = {"columns": columns.listed(file), "section": columns.SECTIONS["site_columns"]}
            faults.append(Fault("report-no-location", Place(file.label), values=values))
        else:
            faults += columns.unused(named, "site_columns")
    return faults


def take_sites(
    files: Sequence[ReportFile], own: Mapping[str, str], municipalities: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, tuple[SetAside, ...], tuple[Fault, ...]]:
    """Read and place every site of ``files``.

    files : as `envgis.sources.reports.read_files` gives them
    own : the user's column names → ours (``[sites.columns]``)
    municipalities : code, name, geometry (EPSG:4326)
    returns : the sites (site_id, no two alike; name; municipality_code, NA outside all municipalities; source;
        source_row; geometry in EPSG:4326), the rows without a place that could be read, and what is only told

    Raises BadInput with every fault of `check_sites` if one of them is an error.

    >>> import shapely
    >>> from pathlib import Path
    >>> rows = pd.DataFrame({"id": ["S1", "S2"], "nombre": ["Escuela", "Puesto"], "lat": ["14.96", ""], "lon": ["-91.79", ""]})
    >>> towns = gpd.GeoDataFrame({"code": ["1201"], "name": ["San Marcos"]}, geometry=[shapely.box(-91.9, 14.9, -91.7, 15.1)], crs=4326)
    >>> sites, aside, notes = take_sites([ReportFile("s.csv", Path("s.csv"), "", rows, np.array([2, 3]))], {}, towns)
    >>> sites[["site_id", "name", "municipality_code"]].values.tolist(), [one.row for one in aside]
    ([['S1', 'Escuela', '1201']], [3])
    """
    notes = check_sites(files, own)
    stop_if_any(notes)
    gazetteer = Gazetteer(municipalities)
    tables: list[gpd.GeoDataFrame] = [_none()]
    set_aside: list[SetAside] = []
    for file in files:
        review = Review(file)
        tables.append(_sites(columns.match(file, own, "site_columns")[0], gazetteer, review))
        set_aside += review.set_aside()
        notes += review.notes()
        notes += _misplaced(tables[-1], columns.match(file, own, "site_columns")[0], gazetteer)
    sites = gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), geometry="geometry", crs=4326)
    distinct = _distinct(sites["site_id"])
    for i in np.flatnonzero(distinct != sites["site_id"]).tolist():
        at = Place(str(sites["source"].iloc[i]), row=int(sites["source_row"].iloc[i]))
        notes.append(Fault("site-id-repeated", at, str(sites["site_id"].iloc[i]), {"name": distinct.iloc[i]}, "warning"))
    sites["site_id"] = distinct
    return sites, tuple(set_aside), tuple(notes)


def _sites(named: columns.Columns, gazetteer: Gazetteer, review: Review) -> gpd.GeoDataFrame:
    """One file's sites that have a place."""
    place = located.locate(named, review)
    where = counted.lie_in(place, gazetteer, review)
    rows = named.file.row_numbers
    ids = named.text("site_id")
    codes = np.array([*gazetteer.codes, None], dtype=object)
    table = gpd.GeoDataFrame(
        {
            "site_id": ids.mask(ids == "", pd.Series([f"#{row}" for row in rows], dtype="string")),
            "name": or_missing(named.text("name")),
            "municipality_code": pd.Series(codes[where], dtype="string"),
            "source": pd.Series([named.file.label] * len(rows), dtype="string"),
            "source_row": pd.Series(rows, dtype="Int64"),
        },
        geometry=gpd.GeoSeries(place.shape, crs=4326),
        crs=4326,
    )
    return gpd.GeoDataFrame(table[~review.refused & place.possible])


# What keeps a report from being counted is only told of a site, in words that say so.
_TOLD = {"municipality-differs": "site-municipality-differs", "municipality-far": "site-municipality-far"}


def _misplaced(sites: gpd.GeoDataFrame, named: columns.Columns, gazetteer: Gazetteer) -> list[Fault]:
    """Sites that do not lie in the municipality that their row declares, by the rule for reports.

    They stay where their coordinates are: in a planner's list these weigh more than the label.
    """
    review = Review(named.file)
    place = located.locate(named, Review(named.file))
    declared = counted.declare(named, place, gazetteer, review)
    # A row that declares nothing may lie anywhere.
    counted.count_in(np.where(declared == NOWHERE, counted.UNKNOWN, declared), place, gazetteer, review)
    site_ids = dict(zip(sites["source_row"], sites["site_id"], strict=True))
    doubts = [(site_ids[one.row], fault) for one in review.set_aside() if one.row in site_ids for fault in one.faults]
    return [
        replace(fault, code=_TOLD.get(fault.code, fault.code), values={**fault.values, "site": site}, severity="warning") for site, fault in doubts
    ]


def _distinct(site_ids: pd.Series) -> pd.Series:
    """Identifiers that no two sites share: the second "S-1" becomes "S-1 (2)"."""
    given, used = set(site_ids), set[str]()
    ids = []
    for site_id in site_ids:
        name, number = site_id, 2
        while name in used or (name != site_id and name in given):
            name, number = f"{site_id} ({number})", number + 1
        used.add(name)
        ids.append(name)
    return pd.Series(ids, index=site_ids.index, dtype="string")


def _none() -> gpd.GeoDataFrame:
    text = pd.Series([], dtype="string")
    data = {"site_id": text, "name": text, "municipality_code": text, "source": text, "source_row": pd.Series([], dtype="Int64")}
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([], crs=4326), crs=4326)
