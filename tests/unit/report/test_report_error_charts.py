import re

import numpy as np
import pytest

from gaitprint.errors import ShapeError
from gaitprint.report.error_charts import error_chart, spoken_error_chart
from gaitprint.report.error_curves import DetCurve, Distributions, ReliabilityCurve
from gaitprint.report.html import render_report
from gaitprint.report.values import Report

RATES = np.array([0.01, 0.05, 0.1, 0.3])
NONE = (np.zeros(0), np.zeros(0), np.zeros(0, bool))
DET = DetCurve("Trade-off", {"NM": (RATES, RATES[::-1], RATES >= 0.05), "_CL": NONE}, 0.05)
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


LINE = re.compile(r'<path d="([^"]*)" clip-path="[^"]*" style="(fill: none;[^"]*stroke: var\(--series-1[^"]*)"')


def test_the_det_plot_dashes_what_so_few_subjects_do_not_carry():
    lines = LINE.findall(error_chart(DET))
    dashed = [path for path, style in lines if "dasharray" in style]
    solid = [path for path, style in lines if "dasharray" not in style]
    assert len(re.findall(r"[ML]", dashed[0])) == 2  # from 1 % to the first rate that is carried
    assert len(re.findall(r"[ML]", solid[0])) == 4
    assert "dashed, hollow: too few subjects" in error_chart(DET)
    sure = DetCurve("x", {"NM": (RATES, RATES[::-1], RATES > 0)}, 0.01)
    assert "too few subjects" not in error_chart(sure)
    assert not [path for path, style in LINE.findall(error_chart(sure)) if "dasharray" in style and "M" in path]


def test_rates_that_no_error_was_seen_at_are_not_drawn():
    svg = error_chart(DetCurve("x", {"NM": (np.zeros(3), np.array([0.0, 0.5, 1.0]), np.zeros(3, bool))}, 0.15))
    assert "NM (no errors to draw)" in svg
    assert not LINE.findall(svg)


def test_the_det_axes_are_normal_quantiles():
    """Two normal distributions of equal width make a straight line."""
    from scipy.special import ndtr

    at = np.linspace(-1.0, 2.0, 7)
    curve = DetCurve("", {"a": (ndtr(at - 2.0), 1.0 - ndtr(at), at < 9)}, 0.001)
    path, _ = LINE.findall(error_chart(curve))[0]
    x, y = np.array(re.findall(r"[ML] ([\d.]+) ([\d.]+)", path), float).T
    np.testing.assert_allclose(np.diff(y) / np.diff(x), (y[-1] - y[0]) / (x[-1] - x[0]), rtol=1e-3)


def test_operating_points_are_marked_hollow_where_they_are_not_carried():
    def marks(*carried):
        points = {"NM": (np.array([0.1, 0.2]), np.array([0.2, 0.1]), np.array(carried))} if carried else {}
        return re.findall(r"<use [^>]*var\(--series-1[^>]*", error_chart(DetCurve("x", DET.series, 0.05, points)))

    assert len(marks(True, False)) == len(marks()) + 2
    beyond = {"NM": (np.array([0.0001, 0.9]), np.array([0.2, 0.9]), np.array([True, True]))}
    assert error_chart(DetCurve("x", DET.series, 0.05, beyond)) == error_chart(DetCurve("x", DET.series, 0.05))
    hollow = [sum("fill-opacity: 0" in use for use in marks(*some)) for some in ((), (True, True), (True, False))]
    assert hollow == [0, 0, 1]
    assert "_CL (no errors to draw)" in error_chart(DET)
    with pytest.raises(ShapeError, match="'NM' has rows of different lengths: 4, 2, 2"):
        DetCurve("x", {}, 0.1, {"NM": (RATES, HALF, HALF > 1)})


def test_what_figures_say_aloud():
    assert (
        spoken_error_chart(DET) == "Trade-off. NM: from 30 % missed at 1 % false matches to 1 % at 30 %, "
        "partly of too few subjects."
    )
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
    with pytest.raises(ShapeError, match="'a' has rows of different lengths: 4, 2, 4"):
        DetCurve("x", {"a": (RATES, HALF, RATES > 0)}, 0.1)
    with pytest.raises(ShapeError, match="needs the least rate shown, above 0, found 0"):
        DetCurve("x", {}, 0.0)
    with pytest.raises(ShapeError, match="'a' has 5 bars for 5 edges"):
        Distributions("x", np.arange(5.0), {"a": np.arange(5.0)}, {})
    with pytest.raises(ShapeError, match="five rows"):
        ReliabilityCurve("x", {"a": (HALF, HALF)})
