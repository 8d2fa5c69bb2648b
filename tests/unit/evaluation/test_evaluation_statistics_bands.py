import dataclasses
import json

import numpy as np
import pytest
from made_up_walks import measured, walks

from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.evaluation.statistics.bootstrap import draw_subjects
from gaitprint.evaluation.statistics.influence import table_figures
from gaitprint.evaluation.statistics.intervals import percent_band

EVERYTHING = dataclasses.replace(load_protocol("casia-b"), metrics=("mAP", "mINP"), unmatched="both")


@pytest.fixture(scope="module")
def result():
    embeddings = walks(seed=3)
    keep = [i for i, r in enumerate(embeddings.records) if r.subject != "002" or r.condition not in ("nm-01", "nm-02")]
    return measured(embeddings.select(keep), EVERYTHING)["NM"]


def test_every_figure_has_its_interval_from_the_same_draws(result):
    trials = result.trials
    every, matched = np.ones(len(trials), bool), trials.matched
    draws = draw_subjects(6, np.random.default_rng(0), 50)  # the first probe set's

    def alone(values, use):
        found = table_figures(100.0 * values, trials, use, result.counted, np.arange(6))
        return [percent_band(figures, draws).ends() for figures in (found.cells, found.rows, found.mean)]

    bands = result.bands
    first = alone((trials.rank == 1).astype(float), every)
    assert bands.table.ends() == pytest_pairs(first[0])
    assert bands.rows.ends() == pytest_pairs(first[1])
    for k in range(EVERYTHING.length):
        hits = ((trials.rank > 0) & (trials.rank <= k + 1)).astype(float)
        assert bands.cmc.ends()[k : k + 1] == pytest_pairs(alone(hits, every)[2])
    without = alone((trials.rank == 1).astype(float), matched)
    assert bands.rows_matched.ends() == pytest_pairs(without[1])
    assert bands.mean_matched.ends() == pytest_pairs(without[2])
    precision = alone(trials.average_precision, matched)
    assert bands.precision_rows.ends() == pytest_pairs(precision[1])
    assert bands.precision.ends() == pytest_pairs(precision[2])
    assert bands.penalty.ends() == pytest_pairs(alone(trials.inverse_penalty, matched)[2])


def pytest_pairs(ends):
    return [end if end is None else pytest.approx(end) for end in ends]


def test_bands_lie_around_the_figures_of_the_result(result):
    bands = result.bands
    for band, figures in (
        (bands.table, result.table[:, :, 0].ravel()),
        (bands.rows, result.rows),
        (bands.cmc, result.cmc),
        (bands.rows_matched, result.rows_matched),
        (bands.mean_matched, np.array([result.mean_matched])),
        (bands.precision_rows, result.precision_rows),
        (bands.precision, np.array([result.mean_average_precision])),
        (bands.penalty, np.array([result.mean_inverse_penalty])),
    ):
        np.testing.assert_allclose(band.value, figures)
        assert (band.low <= band.value + 1e-9).all()
        assert (band.value <= band.high + 1e-9).all()
    assert result.interval == bands.cmc.interval()


def test_bands_are_json(result):
    values = json.loads(json.dumps(result.to_dict(), allow_nan=False))["intervals"]
    assert np.array(values["matrix"]).shape == (3, 3, 2)
    assert np.array(values["per_row"]).shape == (3, 2)
    assert np.array(values["cmc"]).shape == (20, 2)
    assert values["cmc"][0] == [result.interval.low, result.interval.high]
    assert values["mINP"] == result.bands.penalty.ends()[0]


def test_what_a_protocol_does_not_ask_for_has_no_interval_either():
    found = measured(walks(), "casia-b")["NM"]
    assert found.bands.precision is None
    values = found.to_dict()["intervals"]
    assert (values["mAP"], values["mAP_per_row"], values["mINP"]) == (None, None, None)
    pooled = measured(walks(), "casia-b-cross-view")["NM"]
    assert pooled.to_dict()["intervals"]["matrix"] is None
    assert measured(walks(subjects=1))["NM"].to_dict()["intervals"] is None


def test_an_empty_cell_has_no_interval():
    embeddings = walks()
    keep = [i for i, r in enumerate(embeddings.records) if (r.condition[:2], r.view) not in {("nm", "180")}]
    found = measured(embeddings.select(keep))["BG"].to_dict()
    assert found["matrix"][0][2] is None
    assert found["intervals"]["matrix"][0][2] is None
    assert found["intervals"]["matrix"][0][1] is not None
