"""Bodies in strips: the right pixels in the right colours, every figure said in words, and pictures that are whole."""

import re

import cv2
import numpy as np
import pytest

from gaitprint.errors import ShapeError
from gaitprint.report.body_figures import body_columns, panel_figure, tinted, write_bodies
from gaitprint.report.html import render_report
from gaitprint.report.panels import BodyBands, Meeting, Moments, TimeLine, ratio_text, spoken_panel
from gaitprint.report.values import Report

EDGES = np.array([0, 16, 32, 48, 64])
NAMES = ("head", "chest", "chest", "feet")
BODY = np.zeros((64, 44), np.uint8)
BODY[:, 15:30] = 255


def bands(values=(0.5, -0.5, 0.0, 1.2), bodies=2, **kwargs):
    values = np.array(values)
    told = tuple((f"walk <{i}>", BODY) for i in range(bodies))
    return BodyBands("Where", "a note", told, EDGES, NAMES, values, np.clip(values, -1, 1), "how much", **kwargs)


def moments(count=3):
    meetings = tuple(Meeting((BODY, BODY), (2, 5), np.array([-1, 0, 0, 0.5]), f"{i} %") for i in range(count))
    line = TimeLine("the probe", np.array([2.0, 5.0]), np.array([60.0, 40.0]), np.array([50.0, 50.0]))
    return Moments("When", "a note", EDGES, meetings, (line, line))


def test_bodies_have_the_colours_of_their_strips():
    picture = tinted(BODY, EDGES, np.array([-1.0, 0.0, 0.0, 1.0])).astype(int)
    orange, pale, blue = picture[0, 20], picture[20, 20], picture[63, 20]
    assert orange[0] > orange[2] + 100
    assert blue[2] > blue[0] + 100
    assert np.ptp(pale) < 5
    assert (picture[:, 0] == picture[0, 0]).all(), "behind the body all strips look alike"
    assert (picture[16:48, 20] == pale).all()
    assert np.array_equal(
        tinted(BODY, EDGES, np.array([-9.0, 0, 0, 9.0])), tinted(BODY, EDGES, np.array([-1.0, 0, 0, 1]))
    )


def test_grey_is_a_blend():
    grey = np.full((64, 2), 128, np.uint8)
    white, black = (tinted(np.full((64, 2), v, np.uint8), EDGES, np.zeros(4)).astype(float) for v in (255, 0))
    assert np.abs(tinted(grey, EDGES, np.zeros(4)) - (white + black) / 2).max() < 2


def test_columns_hold_all_bodies():
    moved = np.roll(BODY, 4, axis=1)
    assert body_columns([BODY, moved]) == slice(13, 36)
    faint = np.full_like(BODY, 3)
    assert body_columns([np.maximum(BODY, faint)]) == slice(13, 32)
    assert body_columns([0 * BODY]) == slice(0, 44)


@pytest.mark.parametrize("bodies", [1, 2, 3])
def test_bands_are_drawn_with_a_bar_each(bodies):
    ends = {"ends": ("left end", "right end"), "low": np.full(4, -0.7), "high": np.full(4, 1.3)}
    svg = panel_figure(bands(bodies=bodies, ratios=True, reach=1.0, **ends))
    assert svg.count("<image") == bodies
    for text in ("left end", "right end", "head", "chest", "feet", "how much", "1/10", "walk &lt;0&gt;"):
        assert text in svg
    assert svg.count(">chest<") == 1, "neighbours that share a name have it once"
    assert not re.search(r'href="(?!data:|#)', svg)


def test_moments_are_drawn_with_their_letters():
    svg = panel_figure(moments())
    assert svg.count("<image") == 6
    for text in ("A: 0 %", "C: 2 %", "frame 2", "frame 5", "frame of the probe"):
        assert text in svg
    assert panel_figure(moments(0)).count("<image") == 0


def test_figures_are_said_in_words():
    assert spoken_panel(moments(2)) == "When. 0 %: frame 2 against frame 5; 1 %: frame 2 against frame 5."
    said = spoken_panel(bands(ratios=True))
    assert said.startswith("Where. how much: rows 17 to 32 (chest) 1/3.2; rows 33 to 48 (chest) 1; ")
    assert "rows 49 to 64 (feet) 16" in said
    assert "(head) 0.5" in spoken_panel(bands())


def test_ratios_read_as_people_say_them():
    said = [ratio_text(v) for v in (0.0, 0.004, -0.004, 0.5, -0.5, 1.0, -2.0, 0.998)]
    assert said == ["1", "1", "1", "3.2", "1/3.2", "10", "1/100", "10"]


def test_a_page_shows_them_above_the_tables():
    page = render_report(Report("t", panels=(bands(), moments())))
    assert page.count("<figcaption") == 2
    assert page.index(">Where</h2>") < page.index(">When</h2>")
    assert 'aria-label="Where. how much:' in page
    assert "panel-1" not in render_report(Report("t"))


def test_the_picture_is_whole_and_holds_the_bodies_only(tmp_path):
    for count in (1, 3):
        path = tmp_path / f"{count}.png"
        write_bodies(path, (*[bands(bodies=count)] * count, moments()))
        image = cv2.imread(str(path))
        assert image.shape[1] == round(count * 4.7 * 150)
        assert image.std() > 10


def test_a_value_for_each_strip():
    with pytest.raises(ShapeError, match=r"'Where' needs a body and one value a strip, found \[3, 4\] strips"):
        bands(values=(1.0, 2.0, 3.0))
    with pytest.raises(ShapeError, match="needs a body"):
        bands(bodies=0)
