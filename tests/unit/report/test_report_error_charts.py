import re

import numpy as np
import pytest

from gaitprint.errors import ShapeError
from gaitprint.report.error_charts import error_chart, spoken_error_chart
from gaitprint.report.error_curves import DetCurve, Distributions, ReliabilityCurve
from gaitprint.report.html import render_report
from gaitprint.report.values import Report

RATES = np.array([0.01, 0.05, 0.1, 0.3])
DET = DetCurve("Trade-off", {"NM": (RATES, RATES[::-1]), "_CL": (np.zeros(0), np.zeros(0))}, 0.05)
BARS = Distributions(
    "Distances", np.arange(5.0), {"one person": np.arange(4.0), "two": np.arange(4.0)[::-1]}, {"equal error": 2.5}
)
HALF = np.array([0.2, 0.8])
TRUE = ReliabilityCurve("Reliability", {"logistic": (HALF, HALF, HALF - 0.1, HALF + 0.1, HALF)})


@pytest.mark.parametrize("curve", [DET, BARS, TRUE])
def test_figures_follow_the_page_and_are_the_same_again(curve):
    svg = error_chart(curve)
    assert svg.startswith("<svg")
    assert "currentColor" in svg
    assert "var(--series-1" in svg
    assert svg == error_chart(curve)


def test_the_det_plot_ends_where_rates_cannot_be_told_from_zero():
    svg = error_chart(DET)
    shown = re.findall(r">([\d.]+)</text>", svg)
    assert "5" in shown
    assert "1" not in shown
    drawn = re.findall(r'<path d="([^"]*)"[^>]*style="fill: none; stroke: var\(--series-1', svg)
    assert len(re.findall(r"[ML]", drawn[0])) == 2  # 1% and its partner are left out on either side


def test_the_det_axes_are_normal_quantiles():
    """Two normal distributions of equal width make a straight line."""
    from scipy.special import ndtr

    at = np.linspace(-1.0, 2.0, 7)
    curve = DetCurve("", {"a": (ndtr(at - 2.0), 1.0 - ndtr(at))}, 0.001)
    path = re.findall(r'<path d="([^"]*)"[^>]*style="fill: none; stroke: var\(--series-1', error_chart(curve))[0]
    x, y = np.array(re.findall(r"[ML] ([\d.]+) ([\d.]+)", path), float).T
    np.testing.assert_allclose(np.diff(y) / np.diff(x), (y[-1] - y[0]) / (x[-1] - x[0]), rtol=1e-3)


def test_operating_points_are_marked_and_an_empty_plot_says_why():
    marks = {"NM": (np.array([0.1, 0.2]), np.array([0.2, 0.1]))}
    before, after = (error_chart(DetCurve("x", DET.series, 0.05, some)) for some in ({}, marks))
    marked = re.compile(r"<use [^>]*var\(--series-1")
    assert len(marked.findall(after)) == len(marked.findall(before)) + 2
    assert "CL (too few err)" in after
    with pytest.raises(ShapeError, match="'NM' has 4 and 2 rates"):
        DetCurve("x", {}, 0.1, {"NM": (RATES, HALF)})
    nobody = DetCurve("x", {"NM": (np.zeros(0), np.zeros(0))}, 0.5, nothing="too few people err")
    assert "too few people err" in error_chart(nobody)
    assert spoken_error_chart(nobody) == "x. too few people err."
    assert "too few people err" not in error_chart(DetCurve("x", DET.series, 0.05, nothing="too few people err"))


def test_what_figures_say_aloud():
    assert spoken_error_chart(DET) == "Trade-off. NM: from 30 % missed at 1 % false matches to 1 % at 30 %."
    assert "one person: most often near 3.5; two: most often near 0.5" in spoken_error_chart(BARS)
    assert "logistic: 20 % observed where 20 % is stated" in spoken_error_chart(TRUE)
    assert spoken_error_chart(ReliabilityCurve("Empty", {})) == "Empty. No values."


def test_a_page_holds_them():
    page = render_report(Report("Verification", curves=(DET, BARS, TRUE)))
    for title in ("Trade-off", "Distances", "Reliability"):
        assert f">{title}</h2>" in page
    assert page.count("<svg") == 3
    assert page.count('<figure class="narrow">') == 3


def test_damaged_values():
    with pytest.raises(ShapeError, match="'a' has 4 and 2 rates"):
        DetCurve("x", {"a": (RATES, HALF)}, 0.1)
    with pytest.raises(ShapeError, match="ends at a rate above 0, found 0"):
        DetCurve("x", {}, 0.0)
    with pytest.raises(ShapeError, match="'a' has 5 bars for 5 edges"):
        Distributions("x", np.arange(5.0), {"a": np.arange(5.0)}, {})
    with pytest.raises(ShapeError, match="five rows"):
        ReliabilityCurve("x", {"a": (HALF, HALF)})
