"""population: people spread evenly within their cell, none lost, in any CRS."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from envgis import population
from envgis.grid import ArrayLayer, Grid
from envgis.population import MICRO, People


def layer(values, cell, crs=32615, west=500_000.0, north=1_650_000.0, fill=np.nan):
    values = np.asarray(values, "float64")
    return ArrayLayer(Grid(CRS.from_user_input(crs), west, north, cell, cell, *values.shape), values, fill)


def test_by_hand():
    """Seven millionths over four parts: the first three take what does not divide."""
    people = People(layer([[7e-6]], 20), Grid(CRS(32615), 500_000, 1_650_000, 10, 10, 2, 2))
    assert people.parts == (2, 2)
    assert people.read(people.grid.window).tolist() == [[2, 2], [2, 1]]


def test_coarser_and_finer():
    fine = Grid(CRS(32615), 500_000, 1_650_000, 10, 10, 4, 4)
    assert (People(layer([[16.0]], 40), fine).read(fine.window) == MICRO).all()
    coarse = Grid(CRS(32615), 500_000, 1_650_000, 40, 40, 1, 1)
    assert People(layer(np.ones((4, 4)), 10), coarse).read(coarse.window).tolist() == [[16 * MICRO]]


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.integers(0, 2**32 - 1), st.sampled_from([4326, 32616, "ESRI:103598"]))
def test_nobody_is_lost_in_any_crs(rows_at_once, seed, crs):
    """All people of a layer well inside a grid of another CRS are on it, however it is cut into blocks."""
    values = np.random.default_rng(seed).uniform(0, 50, (5, 7))
    source = layer(values, 100)
    target = Grid.from_bounds(crs, source_bounds(source.grid, crs), 0.0007 if crs == 4326 else 73)
    people = People(source, target)
    parts = [people.read(w) for w in target.blocks(rows_at_once * target.columns)]
    assert (np.vstack(parts) == people.read(target.window)).all()
    assert int(np.vstack(parts).sum()) == people.total == int(np.floor(values * MICRO + 0.5).astype(int).sum())


def source_bounds(grid, crs):
    """Bounds in another CRS with room around them."""
    from pyproj import Transformer

    west, south, east, north = Transformer.from_crs(grid.crs, crs, always_xy=True).transform_bounds(*grid.bounds)
    x, y = (east - west) / 5, (north - south) / 5
    return west - x, south - y, east + x, north + y


def test_no_data_and_negative_numbers_carry_nobody():
    source = layer([[np.nan, -3.0, 2.0]], 10)
    assert population.micro(source, source.grid.window).tolist() == [[0, 0, 2 * MICRO]]


def test_where_there_are_data():
    source = layer([[np.nan, 0.0]], 10)
    seen = population.presence(source, source.grid)
    assert seen.levels(source.grid.window).tolist() == [[255, 0]]


@pytest.mark.parametrize(("crs", "cell", "height"), [(32615, 100.0, 100.0), (4326, 1 / 1200, 92.2)])
def test_a_cells_size_on_the_ground(crs, cell, height):
    grid = Grid(CRS.from_user_input(crs), -90.5 if crs == 4326 else 500_000, 15 if crs == 4326 else 1_650_000, cell, cell, 2, 2)
    at = (-90.5, 15.0) if crs == 4326 else (-93.0, 14.9)
    assert population.cell_size_m(grid, at)[0] == pytest.approx(height, rel=2e-3)
