import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import cv2
import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ShapeError
from gaitprint.report.figures import (
    SERIES,
    _running_mean,
    cmc_figure,
    heat_colour,
    training_figure,
    write_training_figure,
)
from gaitprint.report.values import CmcCurve

HISTORY = [
    {"iteration": i, "loss": 1 / i, "triplet": 0.5 / i, "active_share": 1 / i, "softmax": 0.5 / i,
     "accuracy": 1 - 1 / i, "learning_rate": 1e-4 if i < 30 else 1e-5}
    for i in range(1, 50, 7)
]  # fmt: skip


def curve(names=("NM", "CL")):
    return CmcCurve("c", {name: np.linspace(40 + 5 * i, 90, 20) for i, name in enumerate(names)})


def texts(svg):
    return [e.text for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]


@pytest.mark.parametrize("svg", [cmc_figure(curve()), training_figure(HISTORY)], ids=["cmc", "training"])
def test_svg_stands_alone_and_follows_the_page(svg):
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("}svg")
    assert root.get("viewBox")
    assert root.get("width") is None
    assert "currentColor" in svg
    assert "var(--series-1, #0072b2)" in svg
    assert not re.search(r"href=\"(?!#)|@import|<style|<script|#1b1f24", svg)
    assert not re.search(r"fill: #ffffff", svg)


def test_every_series_is_in_the_legend_whatever_its_name():
    names = ["plain", "<b>&amp;", "_private", "$x_1$ costs $2$", *(f"row {i}" for i in range(8))]
    found = texts(cmc_figure(curve(names)))
    for name in names:
        assert name in [t.strip() for t in found]


def test_no_two_of_twelve_series_look_alike():
    svg = cmc_figure(curve([f"row {i}" for i in range(12)]))
    lines = re.findall(r'<path d="[^"]*"[^>]*style="fill: none; ([^"]*var\(--series[^"]*)"', svg)
    assert len(set(lines)) >= 12


def test_bands_are_drawn_where_somebody_errs():
    values, sure = np.array([60.0, 80.0, 100.0]), np.full(3, 100.0)
    low, high = np.array([50.0, 70.0, 30.0]), np.array([70.0, 90.0, 100.0])
    plain = cmc_figure(CmcCurve("c", {"a": values, "b": sure}))
    banded = cmc_figure(CmcCurve("c", {"a": values, "b": sure}, {"a": (low, high), "b": (sure - 70, sure)}))
    filled = re.compile(r"fill-opacity: 0.13")
    assert filled.findall(plain) == []
    assert len(filled.findall(banded)) == 1, "none where all are right"
    empty = np.full(3, np.nan)
    assert filled.findall(cmc_figure(CmcCurve("c", {"a": values}, {"a": (empty, empty)}))) == []


def test_ticks_start_at_rank_one():
    assert {"1", "5", "10", "15", "20"} <= set(texts(cmc_figure(curve())))
    assert {"1", "2", "3"} <= set(texts(cmc_figure(CmcCurve("c", {"a": np.array([50.0, 60.0, 70.0])}))))
    assert "1" in texts(cmc_figure(CmcCurve("c", {"a": np.array([50.0])})))


def test_training_shows_what_the_log_has():
    found = texts(training_figure(HISTORY))
    assert {"loss", "triplet loss", "softmax loss", "non-zero triplets", "accuracy"} <= set(found)
    assert found.count("learning rate 1e-05") == 1
    bare = [{"iteration": e["iteration"], "loss": e["loss"], "triplet": e["loss"], "softmax": None} for e in HISTORY]
    found = texts(training_figure(bare))
    assert "softmax loss" not in found
    assert "accuracy" not in found
    assert not any("learning rate" in t for t in found)
    assert training_figure(HISTORY[:1])


def test_a_history_is_needed():
    with pytest.raises(ShapeError, match="at least one line of history"):
        training_figure([])


def test_the_same_values_give_the_same_text_and_two_figures_share_no_id():
    assert cmc_figure(curve()) == cmc_figure(curve())
    ids = [re.findall(r'\bid="([^"]+)"', svg) for svg in (cmc_figure(curve()), training_figure(HISTORY))]
    assert len(ids[0]) == len(set(ids[0]))
    assert not set(ids[0]) & set(ids[1])
    for svg, own in zip((cmc_figure(curve()), training_figure(HISTORY)), ids, strict=True):
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)) <= {(i, "") for i in own} | {
            ("", i) for i in own
        }


def test_png_is_whole_and_white(tmp_path):
    path = tmp_path / "new" / "training.png"
    write_training_figure(path, HISTORY)
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image.shape[:2] == (800, 1160)
    assert (image[0, 0] == 255).all()
    assert image[..., :3].min() < 100
    assert [p.name for p in path.parent.iterdir()] == ["training.png"]
    with pytest.raises(ShapeError):
        write_training_figure(tmp_path / "none.png", [])
    assert not (tmp_path / "none.png").exists()


def test_nothing_global_is_touched():
    before = dict(mpl.rcParams)
    cmc_figure(curve())
    training_figure(HISTORY)
    assert dict(mpl.rcParams) == before
    code = "import sys, gaitprint.report.figures; print('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def contrast(a, b):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@given(value=st.floats(-10, 110), low=st.floats(0, 60), high=st.floats(61, 100))
def test_numbers_on_heat_colours_are_readable(value, low, high):
    background, ink = heat_colour(value, low, high)
    assert contrast(background, ink) >= 4.5


def test_heat_colours_rise_and_are_bounded():
    assert heat_colour(-5.0, 0.0, 100.0) == heat_colour(0.0, 0.0, 100.0)
    assert heat_colour(500.0, 0.0, 100.0) == heat_colour(100.0, 0.0, 100.0)
    assert heat_colour(7.0, 7.0, 7.0) == heat_colour(50.0, 0.0, 100.0)
    steps = [contrast(heat_colour(float(v), 0.0, 100.0)[0], "#000000") for v in range(0, 101, 10)]
    assert steps == sorted(steps)
    assert len(set(steps)) == 11


def test_series_are_visible_on_white():
    assert all(contrast(colour, "#ffffff") >= 3 for colour in SERIES)


def test_a_smooth_schedule_marks_no_reset():
    falling = [
        {"iteration": i, "loss": 1.0, "learning_rate": 1e-3 * (0.98**i if i < 390 else 0.1**i)} for i in range(1, 400)
    ]
    assert not any("learning rate" in t for t in texts(training_figure(falling)))


@pytest.mark.parametrize("window", [1, 3, 7, 50])
def test_the_running_mean_is_that_of_the_values_before(window: int):
    values = np.random.default_rng(0).normal(size=20)
    slow = [np.mean(values[max(0, i - window + 1) : i + 1]) for i in range(20)]
    np.testing.assert_allclose(_running_mean(values, window), slow, rtol=0, atol=1e-12)
