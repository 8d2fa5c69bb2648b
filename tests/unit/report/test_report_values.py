import numpy as np
import pytest

from gaitprint.errors import ShapeError
from gaitprint.report.values import CmcCurve, HeatMap, Percent, Table


def test_a_percentage_is_one():
    assert Percent(50.0, 40.0, 60.0).low == 40.0
    assert Percent(None).value is None
    with pytest.raises(ShapeError, match=r"0\.\.100, found nan"):
        Percent(float("nan"))
    with pytest.raises(ShapeError, match=r"found 101"):
        Percent(50.0, 40.0, 101.0)
    with pytest.raises(ShapeError, match=r"two ends, found 1\.0 and None"):
        Percent(50.0, low=1.0)


def test_tables_are_rectangular():
    with pytest.raises(ShapeError, match="'t' has 2 columns, row 1 1 cells"):
        Table("t", ("a", "b"), (("1", "2"), ("3",)))
    with pytest.raises(ShapeError, match="1 rows, found highlight 1"):
        Table("t", ("a",), (("1",),), highlight=1)


def test_heat_maps_need_a_label_for_every_row_and_column():
    with pytest.raises(ShapeError, match=r"labels for \(2, 1\), values \(2, 2\)"):
        HeatMap("h", ("a", "b"), ("a",), np.zeros((2, 2)))


def test_shown_leaves_out_equal_labels_wherever_they_stand():
    values = np.arange(6.0).reshape(2, 3)
    heatmap = HeatMap("h", ("018", "036"), ("036", "054", "018"), values, excluded_diagonal=True)
    expected = [[0.0, 1.0, np.nan], [np.nan, 4.0, 5.0]]
    np.testing.assert_array_equal(heatmap.shown(), expected)
    np.testing.assert_array_equal(heatmap.values, np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(HeatMap("h", ("1", "2"), ("1", "2", "3"), values).shown(), values)


def test_curves_need_something_to_draw():
    with pytest.raises(ShapeError, match="no series"):
        CmcCurve("c", {})
    with pytest.raises(ShapeError, match=r"\['b'\]"):
        CmcCurve("c", {"a": np.ones(3), "b": np.zeros(0)})
    with pytest.raises(ShapeError, match="the band 'b' belongs to no series of its length"):
        CmcCurve("c", {"a": np.ones(3)}, {"b": (np.ones(3), np.ones(3))})
