import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from gaitprint.errors import ShapeError
from gaitprint.report._drawing import DASHES, SERIES
from gaitprint.report.figures import training_figure
from gaitprint.report.html import render_report
from gaitprint.report.line_charts import key_style, line_chart, spoken_chart
from gaitprint.report.values import LineChart, Report

NOTHING = (np.zeros(0), np.zeros(0))


def line(values, start=1):
    return np.arange(start, start + len(values), dtype=float), np.array(values, float)


def texts(svg):
    return [e.text for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]


def drawn(svg):
    """Colour variable and dashes of every curve."""
    found = re.findall(r'<path d="[^"]*"[^>]*style="fill: none; ([^"]*var\(--series[^"]*)"', svg)
    colours = [re.search(r"--series-(\d)", style)[1] for style in found]
    return list(zip(colours, ["stroke-dasharray" in style for style in found], strict=True))


def test_a_run_without_the_figure_keeps_its_place_in_the_colours():
    chart = LineChart("Loss", {"a": line([3, 2, 1]), "b": NOTHING, "c": line([2, 2, 2])}, y_label="nats")
    svg = line_chart(chart)
    assert [colour for colour, _ in drawn(svg) if colour != "2"] == ["1", "3"]
    assert {"iteration", "nats"} <= set(texts(svg))
    assert spoken_chart(chart) == "Loss. a: from 3 to 1 at iteration 3; c: from 2 to 2 at iteration 3."


def test_the_key_shows_lines_as_they_are_drawn():
    styles = [key_style(i) for i in range(len(SERIES) * len(DASHES))]
    assert len(set(styles)) == len(styles)
    names = [f"run {i}" for i in range(9)]
    svg = line_chart(LineChart("Loss", {name: line([1, 2]) for name in names}))
    wanted = [(re.search(r"--series-(\d)", s)[1], "none" not in s) for s in styles[:9]]
    assert drawn(svg) == wanted


def test_powers_of_ten_are_plain_numbers():
    wide = line_chart(LineChart("Rate", {"a": line([1e-6, 1e-3, 0.0, np.nan])}, logarithmic=True))
    assert {"1e-06", "0.001"} <= set(texts(wide))
    narrow = line_chart(LineChart("Norm", {"a": line([3, 9, 20])}, logarithmic=True))
    assert {"5", "10", "20"} <= set(texts(narrow))
    assert not any("$" in t for t in texts(wide) + texts(narrow))


@pytest.mark.parametrize("values", [[], [0.0, -1.0], [np.nan]])
def test_nothing_to_draw_is_an_empty_chart(values):
    for logarithmic in (False, True):
        chart = LineChart("Rate", {"a": line(values)}, logarithmic=logarithmic)
        assert "iteration" in texts(line_chart(chart))
    if not np.isfinite(values).any():
        assert spoken_chart(chart) == "Rate. No values."


def test_single_and_few_values_are_marked():
    def marks(chart):
        return line_chart(chart).count("<use ")

    many = LineChart("x", {"a": line(range(5))})
    assert marks(LineChart("x", {"a": line(range(5))}, points=True)) == marks(many) + 5
    assert marks(LineChart("x", {"a": line([1.0])})) > marks(LineChart("x", {"a": NOTHING}))


def test_places_and_values_belong_together():
    with pytest.raises(ShapeError, match="'a' has 2 places and 3 values"):
        LineChart("Loss", {"a": (np.zeros(2), np.zeros(3))})


def test_the_page_names_every_run_once_above_the_charts():
    runs = {"<b>one": line([1, 2]), "two": line([2, 1])}
    page = render_report(Report("t", key=tuple(runs), curves=(LineChart("Loss", runs), LineChart("Norm", runs))))
    assert page.count("<li><svg") == 2
    assert (
        page.index("&lt;b&gt;one</li>") < page.index("two</li>") < page.index(">Loss</h2>") < page.index(">Norm</h2>")
    )
    assert page.count('<figure class="narrow">') == 2
    assert 'aria-label="Loss. &lt;b&gt;one: from 1 to 2 at iteration 2; two: from 2 to 1 at iteration 2."' in page
    assert 'class="key"' not in render_report(Report("t"))


def test_the_training_figure_marks_validation():
    rows = [{"iteration": i, "loss": 1.0, "active_share": 0.5} for i in range(1, 9)]
    assert "rank-1, held out" not in texts(training_figure(rows))
    rows[3]["validation_rank1"] = 50.0
    rows[7]["validation_rank1"] = 75.0
    svg = training_figure(rows)
    assert "rank-1, held out" in texts(svg)
    figure = re.search(r'<path d="M ([\d.]+) ([\d.]+)[^"]*L ([\d.]+) ([\d.]+)\s*"[^>]*--series-3', svg)
    share = re.search(r'<path d="M ([\d.]+) ([\d.]+)[^"]*"[^>]*--series-1[^>]*>\s*</g>', svg[svg.index("axes_2") :])
    assert float(figure[2]) == pytest.approx(float(share[2]), abs=0.01), "50 % lies where a share of a half does"
    assert float(figure[4]) < float(figure[2])
