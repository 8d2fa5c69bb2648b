import re

import numpy as np
import pytest

from gaitprint.evaluation.identification.evaluate import evaluate
from gaitprint.evaluation.identification.logline import log_line, summary_text, table_text
from gaitprint.evaluation.protocol.protocol import load_protocol, with_lists
from gaitprint.types import Distances, Embeddings, PartLayout, SequenceRecord


def walk(subject, condition, view, place):
    return SequenceRecord(f"{subject}/{condition}/{view}", subject, condition, view), place


TABLE = [
    walk("001", "00", "000", 0.0),
    walk("001", "00", "090", 0.1),
    walk("002", "00", "000", 5.0),
    walk("002", "00", "090", 9.0),
    walk("003", "00", "000", 9.1),
    walk("001", "01", "000", 0.2),
    walk("001", "01", "090", 0.3),
    walk("002", "01", "000", 9.2),
    walk("002", "01", "090", 5.1),
]


def run(name, walks, lists=None, **said):
    records, places = zip(*walks, strict=True)
    vectors = np.array(places, np.float32)[:, None]
    embeddings = Embeddings(vectors, records, PartLayout(((1, 1),)), "made")
    return evaluate(
        embeddings,
        with_lists(load_protocol(name), lists or {}),
        Distances(lambda p, g: np.abs(p.vectors - g.vectors.T), **said),
        generator=np.random.default_rng(0),
        resamples=20,
    )


def test_the_line_people_paste_with_both_counting_rules():
    # probes at 000: 1 and 2 right, 3 has no gallery; at 090: 1 and 2 right
    assert log_line(run("oumvlp", TABLE)).splitlines() == [
        "NM@R1: [ 66.67  100.00 ]  mean: 83.33%",
        "NM@R1: [ 100.00  100.00 ]  mean: 100.00%  (unmatched left out)",
    ]


def test_an_empty_row_is_a_dash_and_explained():
    found = run("oumvlp", [w for w in TABLE if not (w[0].condition == "00" and w[0].view == "090")])
    assert log_line(found).startswith("NM@R1: [ 66.67  - ]  mean: 66.67%")
    assert "NM: no probe at view 090: its row is empty, the mean is over the others" in summary_text(found)


def test_precision_has_its_own_line():
    lines = log_line(run("oumvlp-cross-view", TABLE)).splitlines()
    assert [line.split(":")[0] for line in lines] == ["NM@R1", "NM@mAP"]


def test_a_pooled_line_is_one_figure():
    walks = [*TABLE[:2], *TABLE[5:7], walk("002", "02", "000", 4.0), walk("001", "02", "000", 0.0), TABLE[7]]
    assert log_line(run("grew", walks)) == "GREW@R1: 50.00%"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, "compared by a method without a name; transductive: not stated; "),
        ({"label": "euclid", "transductive": True}, "compared by euclid; transductive: yes; "),
        ({"label": "euclid", "transductive": False}, "compared by euclid; transductive: no; "),
    ],
)
def test_a_summary_says_how_it_was_compared(settings, line):
    text = summary_text(run("oumvlp", TABLE, **settings))
    assert line + "probes without a right gallery item count as wrong, and are left out below" in text
    ends = r"\(\d+\.\d\d\.\.\d+\.\d\d\)"
    assert re.search(rf"R1 83\.33%  R5 83\.33% {ends}  R20 83\.33% {ends}  95% interval of R1", text)
    assert re.search(r"95% interval of R1 \d+\.\d\d\.\.\d+\.\d\d% \(bootstrap over 3 subjects\)", text)
    assert "5 probes of 3 subjects, 4 gallery sequences" in text
    assert "1 of 5 comparisons without a right item (counted as wrong)" in text


def test_a_summary_of_draws_tells_their_spread():
    text = summary_text(run("hid-draws", TABLE))
    assert "spread over 12 draws" in text
    assert "mAP" in text


def test_a_summary_of_listed_probes_tells_who_was_left_out():
    lists = {"PROBE_SET": ["001-00-000", "002-00-000", "003-00-000"]}
    text = summary_text(run("gait3d", TABLE, lists))
    assert "1 of 3 comparisons without a right item (left out)" in text
    assert "mINP" in text


def test_a_table_with_its_diagonal_in_brackets():
    assert table_text(run("oumvlp", TABLE)["NM"]).splitlines() == [
        "probe      000      090     mean",
        "000    (66.67)    66.67    66.67",
        "090     100.00 (100.00)   100.00",
        "mean                       83.33",
    ]


def test_a_table_of_a_pooled_gallery():
    lines = table_text(run("oumvlp-cross-view", TABLE)["NM"]).splitlines()
    assert lines[0].split() == ["probe", "rank-1", "mean"]
    assert lines[1].split()[0] == "000"
