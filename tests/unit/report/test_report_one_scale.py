"""Equal lengths on a page are equal figures."""

import re

import numpy as np
import pytest

from gaitprint.errors import ShapeError
from gaitprint.report.figures import cmc_floor
from gaitprint.report.html import render_report
from gaitprint.report.values import CmcCurve, Percent, Report, Table


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


def test_a_mark_of_no_row_is_refused():
    with pytest.raises(ShapeError, match="1 rows, found a mark of row 1"):
        Table("t", ("a",), (("1",),), marks={1: "highest"})
