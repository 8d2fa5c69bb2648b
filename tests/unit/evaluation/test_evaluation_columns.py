"""Figures as columns: each is the number that the result holds, and none is lost."""

import numpy as np
import pytest
from made_up_walks import measured, walks

from gaitprint.evaluation.identification.breakdown import break_down
from gaitprint.evaluation.identification.columns import FIGURES, figure_columns, outcome_columns
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.evaluation.verification.columns import RATES, rate_columns
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.evaluation.verification.verify import verify
from gaitprint.retrieval.pipeline import Pipeline


def rows(columns):
    assert len({len(c) for c in columns.values()}) == 1
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def test_every_figure_is_a_row():
    evaluation = measured(walks())
    breakdowns = break_down(evaluation, np.random.default_rng(0), resamples=50)
    columns = figure_columns(evaluation, breakdowns)
    assert tuple(columns) == FIGURES
    found = {(r["probe_set"], r["group"], r["name"], r["figure"]): r for r in rows(columns)}
    for result in evaluation.results:
        row = found[result.name, "all", "", "rank-1"]
        assert row["percent"] == pytest.approx(result.mean)
        assert (row["low_percent"], row["high_percent"]) == pytest.approx((result.interval.low, result.interval.high))
        assert (row["probes"], row["subjects"]) == (result.counts.probes, result.counts.subjects)
    for b in breakdowns:
        for figure, band in b.figures.items():
            for i, name in enumerate(b.names):
                assert found[b.probe_set, b.kind, name, figure]["percent"] == pytest.approx(float(band.value[i]))
    whole = sum(len(evaluation.protocol.ranks) for _ in evaluation.results)
    assert len(found) == whole + sum(len(b.names) * len(b.figures) for b in breakdowns)


def test_what_cannot_be_given_is_none_and_no_nan():
    one = measured(walks(subjects=1))
    columns = figure_columns(one, break_down(one, np.random.default_rng(0), resamples=50))
    assert set(columns["low_percent"]) == {None}
    assert all(v is None or v == v for column in columns.values() for v in column)


def test_every_outcome_is_a_row():
    evaluation = measured(walks())
    found = rows(outcome_columns(evaluation))
    expected = [(r.name, o) for r in evaluation.results for o in evaluation.outcomes(r.name)]
    assert [(row["probe_set"], row["probe"]) for row in found] == [(name, o.probe) for name, o in expected]
    assert [row["right"] for row in found] == [o.right for _, o in expected]


def test_every_error_rate_is_a_row():
    data, steps = walks(subjects=40, noise=1.5), Pipeline.from_settings({})
    settings = VerifySettings(splits=2)
    verification = verify(data, load_protocol("casia-b"), steps.as_distances(), settings, resamples=40)
    found = rows(rate_columns(verification))
    assert tuple(found[0]) == RATES
    for s in verification.sets:
        own = [r for r in found if r["probe_set"] == s.name]
        assert len(own) == 1 + len(s.misses) + len(s.not_found) + len(s.ranks)
        rate = s.equal_error.figure
        (row,) = [r for r in own if r["figure"] == "EER"]
        assert row["percent"] == (None if rate.value is None else pytest.approx(100 * rate.value))
        assert row["subjects"] == rate.subjects
        assert [r["stated_percent"] for r in own if r["figure"] == "FNMR at FMR"] == pytest.approx(
            [100 * p.stated for p in s.misses]
        )
