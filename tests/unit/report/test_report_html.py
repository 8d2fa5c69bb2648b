import base64
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from gaitprint.errors import ShapeError
from gaitprint.report.html import render_report, write_report
from gaitprint.report.values import (
    Badge,
    CmcCurve,
    HeatMap,
    Percent,
    Report,
    Sheet,
    Strip,
    Table,
    TrainingCurve,
)

VOID = {"meta", "img", "br", "rect", "line"}


class Page(HTMLParser):
    """Elements with their attributes and text, and whether every element that was opened was closed."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(html)
        assert self.open == [], f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append({"tag": tag, "text": "", **dict(attrs)})
        if tag not in VOID:
            self.open.append((tag, self.elements[-1]))

    def handle_startendtag(self, tag, attrs):
        self.elements.append({"tag": tag, "text": "", **dict(attrs)})

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> without its start"
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for _, element in self.open:
            element["text"] += data

    def find(self, tag, **attributes):
        return [
            e
            for e in self.elements
            if e["tag"] == tag and all(e.get(k.rstrip("_").replace("_", "-")) == v for k, v in attributes.items())
        ]


def strip(role="probe", label="001/nm/090", seed=0):
    return Strip(role, label, np.random.default_rng(seed).integers(0, 256, (64, 128), dtype=np.uint8))


def whole():
    values = np.array([[10.0, 20.0, np.nan], [40.0, 50.0, 60.0], [70.0, 80.0, 90.0]])
    views = ("000", "090", "180")
    history = ({"iteration": 1, "loss": 0.5}, {"iteration": 9, "loss": 0.25})
    return Report(
        title="What each step brings",
        subtitle="a subtitle",
        facts=(("Data", "synthetic"), ("Subjects", "12")),
        findings=("It does not come out best.",),
        warnings=("Careful.", "Twice careful."),
        tables=(
            Table(
                "Ablation",
                ("Step", "Mean", "Distance", "Sees all probes"),
                (
                    ("gaitgl", Percent(64.1, 60.0, 68.2), "Euclid", Badge("inductive")),
                    ("+ re-ranking", Percent(78.4), "k-reciprocal", Badge("transductive", "caution")),
                    ("nothing", Percent(None), "Euclid", Badge("inductive")),
                ),
                "a note",
                1,
                {1: "highest"},
            ),
        ),
        heatmaps=(HeatMap("NM", views, views, values, excluded_diagonal=True),),
        curves=(CmcCurve("CMC", {"NM": np.array([50.0, 75.0])}), TrainingCurve("Training", history)),
        sheets=(
            Sheet("one", "why", (strip(), strip("chosen", seed=1)), "wrong"),
            Sheet("two", "", (strip(),), "right"),
            Sheet("three", "", (strip(),)),
        ),
        settings={"pipeline": {"transforms": [{"name": "x", "k": 9}], "scorer": {}}, "seed": 0, "views": ["a", "b"]},
    )


def test_the_page_is_one_file_that_loads_nothing():
    html = render_report(whole())
    page = Page(html)
    assert not page.find("script")
    assert not page.find("link")
    addresses = [e[k] for e in page.elements for k in ("src", "href", "xlink:href", "data", "action") if e.get(k)]
    assert addresses
    assert all(a.startswith(("data:image/png;base64,", "#")) for a in addresses)
    assert not re.search(r"url\((?!#)", html)
    assert "@import" not in html
    assert page.find("meta", name="viewport")
    assert "default-src 'none'" in page.find("meta", http_equiv="Content-Security-Policy")[0]["content"]


def test_tables_below_the_curves_and_folded_ones():
    table = Table("Below", ("Name", "Value"), (("a", Percent(50.0, 40.0, 60.0)),), "a note")
    folded = Table("Long", ("Name", "Value"), (("b", "c"),), folded=True)
    html = render_report(Report("t", tables=(folded,), curves=whole().curves, details=(table, folded)))
    assert html.index(">Long</summary>") < html.index(">CMC</h2>") < html.index(">Below</h2>")
    assert html.count(">Long</summary>") == html.count('<table class="data" role="table" aria-labelledby="table-1"') + 1
    assert len(re.findall(r'id="(table|detail)-\d"', html)) == 3
    page = Page(html)
    assert [e["text"].strip() for e in page.find("summary")] == ["Long", "Long"]


def test_cells_of_a_map_tell_their_intervals():
    values, ends = np.array([[50.0, 60.0]]), np.array([[np.nan, 55.0]])
    views = ("000", "090")
    with_ends = HeatMap("h", ("000",), views, values, low=ends, high=ends + 10)
    html = render_report(Report("t", heatmaps=(with_ends,)))
    assert 'title="000 against 090, 95 % interval 55.0 to 65.0"' in html
    assert 'title="000 against 000"' in html
    assert "point at a cell for its interval" in html
    assert "point at a cell" not in render_report(Report("t", heatmaps=(HeatMap("h", ("000",), views, values),)))


def test_text_from_outside_is_text():
    evil = "<script>alert(1)</script>\"'&"
    views = (evil, "b")
    report = Report(
        title=evil,
        subtitle=evil,
        facts=((evil, evil),),
        findings=(evil,),
        warnings=(evil,),
        tables=(Table(evil, (evil, evil, evil), ((evil, evil, Badge(evil)),), evil),),
        heatmaps=(HeatMap(evil, views, views, np.ones((2, 2))),),
        curves=(CmcCurve(evil, {evil: np.array([1.0])}),),
        sheets=(Sheet(evil, evil, (strip(evil, evil),), "right"),),
        settings={evil: evil},
    )
    page = Page(render_report(report))
    assert not page.find("script")
    assert page.find("h1")[0]["text"] == evil
    assert page.find("img")[0]["alt"] == f"{evil}: silhouettes of {evil}"
    assert any(e["text"].strip() == evil for e in page.find("text"))


def test_tables_say_their_headers_bars_badges_and_best_row():
    html = render_report(whole())
    page = Page(html)
    head = [e["text"] for e in page.find("th", role="columnheader")]
    assert head == ["Step", "Mean", "Distance", "Sees all probes"]
    assert all(e["scope"] == "col" for e in page.find("th", role="columnheader"))
    rows = page.find("th", role="rowheader")
    assert [(e["scope"], e["text"]) for e in rows] == [
        ("row", n) for n in ("gaitgl", "+ re-ranking highest", "nothing")
    ]
    best = page.find("tr", class_="best")
    assert len(best) == 1
    assert "+ re-ranking" in best[0]["text"]
    assert [e["text"] for e in page.find("span", class_="mark")] == ["highest"]
    assert [e["width"] for e in page.find("rect", class_="fill")] == ["64.10", "78.40"]
    assert page.find("div", class_="figure")[0]["text"].strip() == "64.160.0\N{EN DASH}68.2"
    assert [e["text"] for e in page.find("span", class_="none")] == ["empty"]
    assert [e["text"] for e in page.find("span", class_="badge caution")] == ["transductive"]
    assert [e["text"] for e in page.find("span", class_="badge plain")] == ["inductive", "inductive"]
    cells = page.find("td", role="cell")
    assert [e["data-column"] for e in cells] == head[1:] * 3


def test_heat_maps_leave_out_what_does_not_count():
    page = Page(render_report(whole()))
    assert [e["text"] for e in page.find("td", class_="excluded")] == ["—"] * 3
    assert [e["text"] for e in page.find("td", class_="empty")] == ["empty"]
    cells = [e["text"] for e in page.find("td", class_="value") if e.get("style")]
    assert cells == ["20.0", "40.0", "60.0", "70.0", "80.0"]
    rows = {"000": (20.0,), "090": (40.0, 60.0), "180": (70.0, 80.0)}
    columns = {"000": (40.0, 70.0), "090": (20.0, 80.0), "180": (60.0,)}
    means = [sum(v) / len(v) for v in rows.values()]
    shown = [float(e["text"]) for e in page.find("td", class_="mean value")]
    assert shown == pytest.approx([*means, sum(means) / 3], abs=0.05)
    foot = [float(e["text"]) for e in page.find("td", class_="value") if not e.get("style")]
    assert foot == pytest.approx([sum(v) / len(v) for v in columns.values()], abs=0.05)
    scopes = [e["scope"] for e in page.find("th") if "role" not in e]
    assert set(scopes) == {"row", "col"}


def test_all_heat_maps_share_one_scale():
    maps = tuple(
        HeatMap(n, ("a",), ("b",), np.array([[v]])) for n, v in (("low", 33.0), ("high", 58.0), ("also", 33.0))
    )
    page = Page(render_report(Report("t", heatmaps=maps)))
    styles = [e["style"] for e in page.find("td", class_="value") if "style" in e]
    assert styles[0] == styles[2] != styles[1]
    scale = page.find("p", class_="scale")[0]["text"]
    assert scale.startswith("30 %60 %")


@pytest.mark.parametrize(("value", "ends"), [(100.0, "90 %100 %"), (0.0, "0 %10 %"), (np.nan, "0 %100 %")])
def test_a_map_of_one_value_has_a_scale(value, ends):
    report = Report("t", heatmaps=(HeatMap("h", ("a",), ("b",), np.array([[value]])),))
    assert Page(render_report(report)).find("p", class_="scale")[0]["text"].startswith(ends)


def test_images_are_the_silhouettes_and_say_what_they_show():
    images = Page(render_report(whole())).find("img")
    assert [e["alt"] for e in images] == [
        "probe: silhouettes of 001/nm/090",
        "chosen: silhouettes of 001/nm/090",
        *["probe: silhouettes of 001/nm/090"] * 2,
    ]
    for element, sent in zip(images, (strip(), strip(seed=1), strip(), strip()), strict=True):
        data = base64.b64decode(element["src"].removeprefix("data:image/png;base64,"))
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(decoded, sent.image)
        assert (element["width"], element["height"]) == ("128", "64")


def test_right_and_wrong_are_words_not_only_colours():
    page = Page(render_report(whole()))
    assert [e["text"] for e in page.find("span", class_="verdict")] == ["✗ wrong", "✓ right"]
    assert len(page.find("article")) == 3


def test_curves_are_told_in_words():
    page = Page(render_report(whole()))
    labels = [e["aria-label"] for e in page.find("div", role="img")]
    assert labels == [
        "CMC. NM: 50.0 % at rank 1, 75.0 % at rank 2.",
        "Training. Loss from 0.5 to 0.25 at iteration 9.",
    ]


def test_settings_are_folded_and_flat():
    page = Page(render_report(whole()))
    assert page.find("summary")[0]["text"] == "Settings"
    lines = re.findall(r"\S+", page.find("table", class_="settings")[0]["text"].replace("a, b", "a,b"))
    assert lines == [
        "pipeline.transforms.0.namex", "pipeline.transforms.0.k9", "pipeline.scorer{}", "seed0", "viewsa,b",
    ]  # fmt: skip


def test_a_bare_report_shows_no_empty_boxes():
    page = Page(render_report(Report("only a title")))
    assert page.find("h1")[0]["text"] == "only a title"
    for tag in ("section", "details", "table", "figure", "article", "dl"):
        assert not page.find(tag)


def test_ids_are_unique_and_labels_point_somewhere():
    page = Page(render_report(whole()))
    ids = [e["id"] for e in page.elements if "id" in e]
    assert len(ids) == len(set(ids))
    assert {e["aria-labelledby"] for e in page.elements if "aria-labelledby" in e} <= set(ids)


def test_the_same_report_gives_the_same_file_and_a_failed_one_leaves_it(tmp_path):
    path = tmp_path / "new" / "report.html"
    write_report(path, whole())
    first = path.read_bytes()
    write_report(path, whole())
    assert path.read_bytes() == first
    with pytest.raises(ShapeError):
        write_report(path, Report("t", curves=(TrainingCurve("t", ()),)))
    assert path.read_bytes() == first
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


PAIRS = [
    ("ink", "page"), ("ink", "card"), ("muted", "page"), ("muted", "card"), ("muted", "best"), ("warn-ink", "warn"),
    ("caution-ink", "caution"), ("good-ink", "good"), ("plain-ink", "plain"), ("right", "card"), ("wrong", "card"),
    ("ink", "best"), ("card", "accent"),
]  # fmt: skip


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_words_are_readable(dark):
    style = render_report(Report("t")).split("<style>")[1]
    light, night = style.split("@media screen and (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", night.split("\n}\n")[0] if dark else light))

    def luminance(name):
        parts = [int(colours[name][i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a, b):
        high, low = sorted((luminance(a), luminance(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for a, b in PAIRS:
        assert contrast(a, b) >= 4.5, f"{a} on {b}"
    for i in range(1, 9):
        assert contrast(f"series-{i}", "card") >= 3, f"series {i}"
    assert contrast("bar", "track") >= 1.5
    assert contrast("whisker", "track") >= 4.5
