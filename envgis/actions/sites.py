"""Project sites: the same files, columns and place rules as reports, but a site may lie outside every municipality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from envgis.actions import columns, counted, located
from envgis.actions.places import Gazetteer
from envgis.actions.record import SetAside
from envgis.actions.reported import ReportFile
from envgis.actions.review import Review
from envgis.actions.words import or_missing
from envgis.faults import Fault, Place, stop_if_any


def take_sites(
    files: Sequence[ReportFile], own: Mapping[str, str], municipalities: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, tuple[SetAside, ...], tuple[Fault, ...]]:
    """Read and place every site of ``files``.

    files : as `envgis.sources.reports.read_files` gives them
    own : the user's column names → ours (``[sites.columns]``)
    municipalities : code, name, geometry (EPSG:4326)
    returns : the sites (site_id, name, municipality_code, source, source_row, geometry in EPSG:4326; the code is NA
        outside all municipalities), the rows without a place that could be read, and notes

    Raises BadInput with every fault if a file has no column for the place, or two columns for one field.
    """
    faults = columns.check_own(own, files, "site_columns", "sites.columns")
    usable = []
    for file in files:
        named, twice = columns.match(file, own, "site_columns")
        faults += twice
        if located.has_place(named):
            usable.append(named)
        else:
            faults.append(Fault("report-no-location", Place(file.label), values={"columns": columns.listed(file)}))
    stop_if_any(faults)
    gazetteer = Gazetteer(municipalities)
    tables: list[gpd.GeoDataFrame] = []
    set_aside: list[SetAside] = []
    for named in usable:
        review = Review(named.file)
        tables.append(_sites(named, gazetteer, review))
        set_aside += review.set_aside()
        faults += review.notes()
    if not tables:
        return _none(), tuple(set_aside), tuple(faults)
    sites = gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), geometry="geometry", crs=4326)
    sites["site_id"], repeated = _distinct(sites)
    return sites, tuple(set_aside), (*faults, *repeated)


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


def _distinct(sites: gpd.GeoDataFrame) -> tuple[pd.Series, list[Fault]]:
    """Identifiers that no two sites share, and a note for each that was changed."""
    ids: list[str] = []
    notes = []
    taken = set(sites["site_id"])
    for site_id, source, row in zip(sites["site_id"], sites["source"], sites["source_row"], strict=True):
        name, number = str(site_id), 2
        while name in ids or (name != site_id and name in taken):
            name, number = f"{site_id} ({number})", number + 1
        if name != site_id:
            notes.append(Fault("site-id-repeated", Place(source, row=int(row)), str(site_id), {"name": name}, severity="warning"))
        ids.append(name)
    return pd.Series(ids, index=sites.index, dtype="string"), notes


def _none() -> gpd.GeoDataFrame:
    text = pd.Series([], dtype="string")
    data = {"site_id": text, "name": text, "municipality_code": text, "source": text, "source_row": pd.Series([], dtype="Int64")}
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([], crs=4326), crs=4326)
