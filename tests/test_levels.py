"""levels: published breakpoints, both closures, falling scales, stored types."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from envgis import levels
from envgis.grid import ArrayLayer, Grid, Window
from envgis.levels import NO_DATA, Breakpoints, Hazard, HazardKey, HazardMap

FLOOD = levels.published()["flood", "depth"]
EROSION = levels.published()["erosion", "soil_loss"]


def test_flood_depth_by_the_source():
    """H1-H6 of the Australian guide: right-closed, a dry cell is level 0, no data is never a level."""
    depth = np.array([0.0, 0.01, 0.3, 0.31, 0.5, 1.2, 1.21, 2.0, 2.01, np.nan])
    assert FLOOD.levels(depth).tolist() == [0, 1, 1, 2, 2, 3, 4, 4, 5, NO_DATA]


def test_a_negative_depth_is_rounding_or_no_depth_at_all():
    """Some tenths of a millimetre below 0 are dry; a sentinel under a wrong no-data tag is never level 0."""
    assert FLOOD.levels(np.array([-0.0004, -0.001, -0.5, -3.4e38])).tolist() == [0, NO_DATA, NO_DATA, NO_DATA]


def test_soil_loss_by_the_source():
    """NRCS classes: left-closed, and 0 is a value like any other."""
    assert EROSION.levels(np.array([0, 6.69, 6.7, 11.2, 22.4, 33.59, 33.6])).tolist() == [1, 1, 2, 3, 4, 4, 5]


def test_falling_scale():
    """A factor of safety: danger rises as the value falls, and a value on a bound takes the more dangerous level."""
    safety = Breakpoints((1.5, 1.25, 1.0, 0.5), "left")
    assert safety.levels(np.array([2.0, 1.5, 1.3, 1.25, 1.0, 0.51, 0.5, 0.1])).tolist() == [1, 2, 2, 3, 4, 4, 5, 5]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_stored_bound_equals_the_bound(dtype):
    """0.3 in float32 is a little more than 0.3; stored as float32 it is the bound all the same."""
    grid = Grid.from_bounds(32615, (0, 0, 2, 1), 1)
    layer = ArrayLayer(grid, np.array([[0.3, 0.3001]], dtype), np.nan)
    hazard = Hazard(HazardKey("flood", "present"), "flood", "hazard", "depth", FLOOD, {"es": "", "en": ""})
    assert HazardMap(hazard, grid, layer).levels(grid.window).tolist() == [[1, 2]]


def test_scale_comes_first_and_beyond_the_raster_is_no_data():
    grid = Grid.from_bounds(32615, (0, 0, 2, 1), 1)
    layer = ArrayLayer(grid, np.array([[30, 31]], "int16"), -1, scale=0.01)
    hazard = Hazard(HazardKey("flood", "present"), "flood", "hazard", "depth", FLOOD, {"es": "", "en": ""})
    wide = HazardMap(hazard, grid.extend((0, 0, 3, 1)), layer)
    assert wide.levels(wide.grid.window).tolist() == [[1, 2, NO_DATA]]
    assert wide.levels(Window(0, 1, 1, 2)).tolist() == [[2, NO_DATA]]


VALUES = arrays("float64", 30, elements=st.floats(0, 60, allow_nan=False))


@given(VALUES, st.sampled_from(["right", "left"]))
def test_levels_are_numpys_and_monotone(values, closed):
    """The compiled loop and NumPy agree; a larger value never has a lower level."""
    points = Breakpoints((0.3, 0.5, 1.2, 2.0), closed)
    got = points.levels(values)
    assert (got == np.searchsorted(points.bounds, values, side="left" if closed == "right" else "right") + 1).all()
    order = np.argsort(values, kind="stable")
    assert (np.diff(got[order].astype(int)) >= 0).all()


def test_each_published_row_has_a_source_and_rising_or_falling_bounds():
    for points in levels.published().values():
        assert points.source
        assert len({b > a for a, b in zip(points.bounds[:-1], points.bounds[1:], strict=True)}) == 1
