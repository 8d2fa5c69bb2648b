"""Equal lengths on a page are equal figures."""

import re

import numpy as np
import pytest

from gaitprint.errors import ShapeError
from gaitprint.report.body_figures import panel_figure
from gaitprint.report.figures import cmc_floor
from gaitprint.report.html import render_report
from gaitprint.report.line_charts import line_chart
from gaitprint.report.panels import Moments, TimeLine
from gaitprint.report.values import CmcCurve, LineChart, Percent, Report, Table


def test_every_bar_of_a_page_has_one_width_and_the_scale_is_stated_once():
    table = Table("Steps", ("Step", "Rank-1"), (("gaitgl", Percent(53.5)),))
    page = render_report(Report("t", tables=(table,), details=(table,)))
    widths = re.findall(r"\.bar \{[^}]*?width: ([^;]*);", page)
    assert widths
    assert not [w for w in widths if "%" in w], "a share of the column, and columns differ"
    assert page.count("one length in every table of this page") == 1
    assert "one length in every table" not in render_report(Report("t", tables=(Table("Words", ("a",), (("b",),)),)))


def test_curves_of_a_page_begin_at_one_height():
    high, low = CmcCurve("a", {"x": np.array([88.0, 99.0])}), CmcCurve("b", {"y": np.array([41.0, 70.0])})
    assert cmc_floor([high]) == 80
    assert cmc_floor([high, low]) == cmc_floor([low]) == 35
    page = render_report(Report("t", curves=(high, low)))
    ticks = [set(re.findall(r">(\d+)</text>", svg)) for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]
    assert ticks[0] - {"1", "2"} == ticks[1] - {"1", "2"}


def test_line_charts_to_be_compared_have_one_axis():
    x = np.arange(3.0)
    reach = (0.0, 1.0)
    within, between = ({"run": (x, x / 10)}, {"run": (x, 1.0 - x / 10)})
    ticks = [re.findall(r">([\d.]+)</text>", line_chart(LineChart("", s, reach=reach))) for s in (within, between)]
    assert ticks[0] == ticks[1]
    assert line_chart(LineChart("", within)) != line_chart(LineChart("", within, reach=reach))


def test_moments_to_be_compared_have_one_axis():
    def ticks(top, reach):
        line = TimeLine("", np.array([2.0, 5.0]), np.array([top, 1.0]), np.array([5.0, 5.0]))
        panel = Moments("", "", np.array([0, 64]), (), (line, line), reach)
        return re.findall(r">(\d+)</text>", panel_figure(panel))

    assert ticks(10.0, (0.0, 60.0)) == ticks(60.0, (0.0, 60.0)) != ticks(10.0, (0.0, 0.0))


def test_a_mark_of_no_row_is_refused():
    with pytest.raises(ShapeError, match="1 rows, found a mark of row 1"):
        Table("t", ("a",), (("1",),), marks={1: "highest"})
