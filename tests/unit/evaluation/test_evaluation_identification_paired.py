import dataclasses
import json

import numpy as np
import pytest
from made_up_walks import measured, walks

from gaitprint.errors import ProtocolError
from gaitprint.evaluation.identification.paired import compare_evaluations, first_difference, mean_difference
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.evaluation.statistics.sign_flip_test import holm


def compared(before, after, **settings):
    return compare_evaluations(before, after, np.random.default_rng(0), **settings)


@pytest.fixture(scope="module")
def pair():
    return measured(walks(seed=1, noise=1.0)), measured(walks(seed=2, noise=0.5))


def test_lines_are_the_differences_of_the_figures(pair):
    before, after = pair
    lines = compared(*pair)
    assert [(x.kind, x.probe_set, x.name) for x in lines[:7]] == [
        ("all", "", ""),
        ("probe set", "NM", ""),
        ("view", "NM", "000"),
        ("view", "NM", "090"),
        ("view", "NM", "180"),
        ("condition", "NM", "nm-05"),
        ("condition", "NM", "nm-06"),
    ]
    assert len(lines) == 1 + 3 * 4 + 2, "a set of one condition has no line for it"
    means = [np.mean([r.mean for r in run.results]) for run in pair]
    assert (lines[0].before, lines[0].after) == pytest.approx(means)
    by_name = {(x.kind, x.probe_set, x.name): x for x in lines}
    for left, right in zip(before.results, after.results, strict=True):
        line = by_name["probe set", left.name, ""]
        assert (line.before, line.after, line.points) == pytest.approx((left.mean, right.mean, right.mean - left.mean))
        for i, view in enumerate(left.row_names):
            assert by_name["view", left.name, view].points == pytest.approx(right.rows[i] - left.rows[i])
    for line in lines:
        assert line.interval.low <= line.points <= line.interval.high
        assert line.interval.mean == line.points
        assert line.changed <= line.subjects == 6
    json.dumps([line.to_dict() for line in lines], allow_nan=False)


def test_the_first_line_keeps_its_p_and_the_others_are_corrected_together(pair):
    lines = compared(*pair)
    assert lines[0].corrected == lines[0].p
    np.testing.assert_allclose([x.corrected for x in lines[1:]], holm(np.array([x.p for x in lines[1:]])))


def test_back_and_forth_are_mirrored(pair):
    there, back = compared(*pair), compared(*reversed(pair))
    for one, other in zip(there, back, strict=True):
        assert (one.points, one.p, one.corrected) == pytest.approx((-other.points, other.p, other.corrected))
        ends = (-other.interval.high, -other.interval.low)
        assert (one.interval.low, one.interval.high) == pytest.approx(ends)


def test_a_run_against_itself_differs_nowhere(pair):
    for line in compared(pair[0], pair[0]):
        assert (line.points, line.p, line.corrected, line.changed, line.verdict) == (0.0, 1.0, 1.0, 0, "not shown")
        assert (line.interval.low, line.interval.high) == (0.0, 0.0)


def test_a_clear_gain_is_called_so_and_a_loss_a_loss():
    poor, good = measured(walks(subjects=12, noise=2.5)), measured(walks(subjects=12, noise=0.2))
    gain, loss = compared(poor, good)[0], compared(good, poor)[0]
    assert (gain.verdict, loss.verdict) == ("gain", "loss")
    assert gain.interval.low > 0 > loss.interval.high
    assert gain.p == pytest.approx(2.0**-11)


def test_any_figure_of_the_protocol_can_be_compared():
    rules = dataclasses.replace(load_protocol("hid-draws"), metrics=("mAP",))
    runs = [measured(walks(seed=s, noise=n), rules) for s, n in ((1, 1.0), (2, 0.5))]
    for figure, value in (("mAP", lambda r: r.mean_average_precision), ("rank-5", lambda r: r.cmc[4])):
        lines = compared(*runs, figure=figure)
        before, after = (value(run.results[0]) for run in runs)
        assert (lines[0].before, lines[0].after) == pytest.approx((before, after))
        assert {x.kind for x in lines} == {"all", "view", "condition"}, "one probe set is all"
    with pytest.raises(ProtocolError, match="has no figure 'mINP'"):
        compared(*runs, figure="mINP")


def without(embeddings, condition, subject="003"):
    keep = [i for i, r in enumerate(embeddings.records) if (r.subject, r.condition) != (subject, condition)]
    return embeddings.select(keep)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda e: without(e, "nm-05"),
            "the first that differs in NM is 003/nm-05/000 of subject 003 in cell 000 x 000",
        ),
        (
            lambda e: without(e, "nm-06", "005"),
            "005/nm-06/000 of subject 005 in cell 000 x 000 in the one, "
            "000/nm-05/000 of subject 000 in cell 000 x 090 in",
        ),
        (lambda e: without(e, "nm-01"), "000/nm-05/000 of subject 000 in cell 000 x 000 met another gallery"),
        (lambda e: e.select([i for i, r in enumerate(e.records) if r.view != "090"]), "NM has other views or draws"),
    ],
)
def test_other_probes_are_refused_and_the_first_is_named(pair, change, message):
    other = measured(change(walks(seed=2)))
    with pytest.raises(ProtocolError, match="did not meet the same probes: ") as caught:
        compared(pair[0], other)
    assert message in str(caught.value)
    assert str(caught.value).endswith("compare like with like")


def test_other_probe_sets_and_missing_ones_are_named(pair):
    fewer = dataclasses.replace(pair[1], results=pair[1].results[:2])
    assert first_difference(pair[0], fewer) == "one has the probe sets NM, BG, CL, the other NM, BG"
    assert first_difference(*pair) is None
    pooled = [measured(e, "casia-b-cross-view") for e in (walks(), without(walks(), "cl-01", "005"))]
    assert first_difference(*pooled) == "only the one has 005/cl-01/000 of subject 005 in cell 000 in CL"
    assert first_difference(*reversed(pooled)) == "only the other has 005/cl-01/000 of subject 005 in cell 000 in CL"


def test_the_mean_weighs_probe_sets_alike(pair):
    found = mean_difference(*pair)
    sets = [b.mean - a.mean for a, b in zip(pair[0].results, pair[1].results, strict=True)]
    assert found.value[0] == pytest.approx(np.mean(sets))
    assert found.contribution.sum() == pytest.approx(np.mean(sets))
    assert mean_difference(pair[0], None).value[0] == pytest.approx(np.mean([r.mean for r in pair[0].results]))


def test_one_subject_has_points_without_an_interval():
    line = compared(measured(walks(subjects=1)), measured(walks(subjects=1, seed=3)))[0]
    assert line.interval is None
    assert line.to_dict()["interval"] is None
    assert line.p == 1.0
