"""Laws of the ledger on small random lands: what may be said or drawn in another way changes no figure."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from lands import BOUNDS, LEGEND, TYPES, Land, actions, blobs, lands
from pandas.testing import assert_frame_equal

from envgis import ledger
from envgis.grid import ArrayLayer, Grid
from envgis.population import People

TOTALS = ["municipality", "level", "landuse"]
RESIDUAL = ["municipality", "level", "level_best", "level_central", "level_worst", "landuse"]
SEED = st.integers(0, 2**32 - 1)


def sums(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return rows.groupby(by)[ledger.VALUES].sum()


def difference(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    return a.subtract(b, fill_value=0).abs()


def border_slack(grid: Grid) -> float:
    """Footprints are cut at municipal borders to a thousandth of a cell, no nearer (mm² in all cells)."""
    return float(grid.areas.array(grid.window).sum()) / 1000


# What adds up


@settings(max_examples=30)
@given(lands())
def test_municipalities_and_outside_are_all_cells_of_each_level_and_class(land: Land) -> None:
    """Counted by NumPy, cell by cell; and so are the people on them."""
    rows, grid = land.ledger(), land.grid
    level = np.where(
        np.isnan(values := land.values.read(grid.window)),
        255,
        1 + np.searchsorted(BOUNDS.bounds, values, "left" if BOUNDS.closed == "right" else "right"),
    )
    people = People(land.people, grid)
    cells = pd.DataFrame({
        "level": level.ravel(), "landuse": np.array([*LEGEND, "no_data"])[land.use.ravel()],
        "area_mm2": grid.areas.array(grid.window).ravel(), "people_micro": people.read(grid.window).ravel(),
    })  # fmt: skip
    beyond = people.total - int(cells["people_micro"].sum())
    cells.loc[len(cells)] = (255, "no_data", 0, beyond)
    assert difference(sums(rows, ["level", "landuse"]), sums(cells, ["level", "landuse"])).eq(0).all(axis=None)
    assert (rows[ledger.VALUES] >= 0).all(axis=None)


# The same said in another way


@settings(max_examples=30)
@given(lands(), st.data())
def test_merging_classes_then_adding_is_adding_then_merging(land: Land, data: st.DataObject) -> None:
    """Any classes, also into no data, with people and actions on them."""
    names = np.array([*LEGEND, "no_data"])
    to = np.array([*data.draw(st.tuples(*[st.integers(0, len(LEGEND))] * len(LEGEND))), len(LEGEND)])
    merged = replace(land, use=to[land.use].astype(np.uint8)).ledger()
    by_hand = land.ledger()
    by_hand["landuse"] = by_hand["landuse"].map(dict(zip(names, names[to], strict=True)))
    assert_frame_equal(ledger.add([by_hand]), ledger.add([merged]), check_dtype=False)


@settings(max_examples=30)
@given(lands(), st.data())
def test_the_order_of_municipalities_passes_on_at_most_the_rounding_of_shared_cells(land: Land, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(land.towns))))
    one, two = land.ledger(), replace(land, towns=land.towns.iloc[order]).ledger()
    assert difference(sums(one, TOTALS), sums(two, TOTALS)).le(land.use.size).all(axis=None)
    assert_frame_equal(sums(one, TOTALS[1:]), sums(two, TOTALS[1:]))


@settings(max_examples=40)
@given(lands())
def test_cells_cut_in_four_say_the_same(land: Land) -> None:
    """Within 2 mm² a cell and 2e-5 of the area."""
    g = land.grid
    finer = Grid(g.crs, g.x, g.y, g.dx / 2, g.dy / 2, 2 * g.rows, 2 * g.columns)
    four = np.ones((2, 2), np.uint8)
    again = replace(land, grid=finer, use=np.kron(land.use, four), values=ArrayLayer(finer, np.kron(land.values.read(g.window), four), np.nan))
    one, two = (found[found["municipality"] != ledger.OUTSIDE] for found in (land.ledger(), again.ledger()))
    for by, slack in ((TOTALS, 0), (["face", *RESIDUAL], border_slack(g))):
        a, b = (sums(t, by)["area_mm2"] for t in (one, two))
        change = a.subtract(b, fill_value=0).abs()
        assert (change <= slack + 2 * finer.rows * finer.columns + 2e-5 * a.reindex(change.index, fill_value=0)).all()


# Actions that change nothing


@settings(max_examples=40)
@given(lands(), SEED)
def test_an_action_outside_all_municipalities_changes_nothing(land: Land, seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = actions(land.grid, blobs(rng, land.grid, 4), list(rng.choice(TYPES, 4)), "z")
    drawn = drawn.set_geometry(drawn.geometry.difference(shapely.union_all(land.towns.to_crs(4326)).buffer(1e-6)))
    assert_frame_equal(land.with_actions(drawn[~drawn.geometry.is_empty]).ledger(), land.ledger())


@settings(max_examples=40)
@given(lands(), SEED)
def test_an_action_given_twice_changes_nothing(land: Land, seed: int) -> None:
    """The same id, or another: the same shape and type, whatever corner it is drawn from and which way round."""
    rng = np.random.default_rng(seed)
    again = land.actions.sample(frac=0.7, random_state=seed)
    again = again.set_geometry(gpd.GeoSeries([drawn_anew(rng, shape) for shape in again.geometry], again.index, crs=4326))
    before, later = (again.assign(action_id=first + again["action_id"]) for first in ("0", "z"))
    alone = land.ledger()
    assert_frame_equal(land.with_actions(again).ledger(), alone)
    assert_frame_equal(land.with_actions(later, again).ledger(), alone)
    # A face is named by the first of those that are the same.
    assert_frame_equal(sums(land.with_actions(before).ledger(), RESIDUAL), sums(alone, RESIDUAL))


def drawn_anew(rng: np.random.Generator, shape: shapely.Polygon) -> shapely.Polygon:
    corners = np.roll(shapely.get_coordinates(shape)[:-1], rng.integers(9), axis=0)
    return shapely.Polygon(corners[:: rng.choice([1, -1])])
