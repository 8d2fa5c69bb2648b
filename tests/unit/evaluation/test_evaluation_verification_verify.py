"""Pairs and searches against plain loops, and against truths that are known."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from gaitprint.errors import ConfigError, ProtocolError
from gaitprint.evaluation.protocol.protocol import ProbeSelection, Protocol, Selection, load_protocol
from gaitprint.evaluation.protocol.selection import subject_numbers
from gaitprint.evaluation.verification import pairs as pairs_module
from gaitprint.evaluation.verification.open_set import choose_strangers, search_splits, thresholds_for
from gaitprint.evaluation.verification.pair_errors import count_pairs, pair_rates, survey, threshold_grid
from gaitprint.evaluation.verification.pair_source import PairSource
from gaitprint.evaluation.verification.pairs import compared_at_all, pair_sets
from gaitprint.evaluation.verification.scores import Counter
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.evaluation.verification.verify import verify
from gaitprint.retrieval.distances.exact import flat_euclidean
from gaitprint.types import Distances, Embeddings, PartLayout, SequenceRecord

POOLED = Protocol("p", "p", "", "pooled", {"P": ProbeSelection(conditions=("b",))}, Selection(conditions=("a",)))
FEW = VerifySettings(splits=3)
ASKED = dataclasses.replace(FEW, false_match=(0.1, 0.01), thresholds=(2.0,))


def people(subjects, walks=2, views=("0", "9"), noise=1.0, seed=0, width=4):
    """Subjects as points; the conditions a and b hold as many walks each."""
    generator = np.random.default_rng(seed)
    records, vectors = [], []
    for s in range(subjects):
        centre = generator.normal(size=width)
        for condition in ("a", "b"):
            for view in views:
                for walk in range(walks):
                    records.append(SequenceRecord(f"{s}/{condition}/{view}/{walk}", f"{s:04d}", condition, view))
                    vectors.append(centre + noise * generator.normal(size=width))
    layout = PartLayout(((1, width),))
    return Embeddings(np.array(vectors, np.float32), tuple(records), layout, "made up")


def euclid(probe, gallery):
    return flat_euclidean(probe.vectors, gallery.vectors)


def everything(data, protocol, distances=euclid):
    numbers = subject_numbers(data.records)
    sets = pair_sets(protocol, data.records)
    return sets, numbers, PairSource(data, protocol, numbers, distances, tuple(sets))


def slow_pairs(data, protocol):
    same, other = [], []
    matrix = euclid(data, data)
    for i, a in enumerate(data.records):
        for j, b in enumerate(data.records):
            if a.condition != "b" or b.condition != "a":
                continue
            if protocol.mode == "view-by-view" and a.view == b.view:
                continue
            (same if a.subject == b.subject else other).append(matrix[i, j])
    return np.array(same), np.array(other)


@pytest.mark.parametrize("mode", ["pooled", "view-by-view"])
def test_pairs_and_rates_against_loops(mode, monkeypatch):
    monkeypatch.setattr(pairs_module, "PAIRS", 50)
    protocol = dataclasses.replace(POOLED, mode=mode)
    data = people(7)
    sets, _, source = everything(data, protocol)
    scores = survey(sets, source)
    same, other = slow_pairs(data, protocol)
    rates = pair_rates(*scores[""])
    assert (rates.same_pairs, rates.other_pairs) == (len(same), len(other))
    for t, fmr, fnmr in zip(rates.thresholds, rates.false_match, rates.false_non_match, strict=True):
        assert fmr == pytest.approx(np.mean(other <= t))
        assert fnmr == pytest.approx(np.mean(same > t))
    folds = np.arange(7) % 3
    grid = threshold_grid(scores, points=10)
    counts = count_pairs(sets, source, grid, folds)[""]
    accepted = counts.same.sum(axis=0).cumsum()[:-1]
    np.testing.assert_array_equal(accepted, [(same <= t).sum() for t in grid])
    np.testing.assert_array_equal(counts.touching.sum(axis=0).cumsum()[:-1], [2 * (other <= t).sum() for t in grid])
    assert counts.other.sum(axis=2)[0].tolist() == [
        sum(2 * counts.same[0].sum() for s in range(1, 7) if folds[s] == f) for f in range(3)
    ]


def test_thresholds_for_stated_rates_against_loops():
    data = people(8, noise=0.7)
    sets, _, source = everything(data, POOLED)
    rates = pair_rates(*survey(sets, source)[""])
    _, other = slow_pairs(data, POOLED)
    for stated in (0.0, 0.01, 0.1, 0.5, 1.0):
        threshold = rates.threshold_for(stated)
        assert np.mean(other <= threshold) <= stated
        higher = rates.thresholds[rates.thresholds > threshold]
        assert not len(higher) or np.mean(other <= higher[0]) > stated


def test_the_equal_error_rate_of_two_normal_distributions_is_known():
    generator = np.random.default_rng(4)
    same, other = Counter(), Counter()
    same.add(generator.normal(10.0, 1.0, 200_000))
    other.add(generator.normal(12.0, 1.0, 400_000))
    threshold, rate = pair_rates(same.scores(), other.scores()).equal_error()
    assert rate == pytest.approx(ndtr(-1.0), abs=0.003)
    assert threshold == pytest.approx(11.0, abs=0.02)


@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(2, 40))
def test_rates_fall_and_rise_and_hang_only_on_the_order(seed, few, many):
    generator = np.random.default_rng(seed)
    same, other = generator.integers(0, 15, few) / 4.0, generator.integers(3, 19, many) / 4.0

    def rates_of(change):
        counters = Counter(), Counter()
        for counter, values in zip(counters, (same, other), strict=True):
            counter.add(change(values).astype(np.float32))
        return pair_rates(*(c.scores() for c in counters))

    plain, changed = rates_of(lambda d: d), rates_of(lambda d: np.exp(d) - 1.0)
    assert (np.diff(plain.false_match) >= 0).all()
    assert (np.diff(plain.false_non_match) <= 0).all()
    for t, fmr, fnmr in zip(plain.thresholds, plain.false_match, plain.false_non_match, strict=True):
        assert fmr + np.mean(other > t) == pytest.approx(1.0)
        assert fnmr + np.mean(same <= t) == pytest.approx(1.0)
    np.testing.assert_array_equal(plain.false_match, changed.false_match)
    np.testing.assert_array_equal(plain.false_non_match, changed.false_non_match)
    assert plain.equal_error()[1] == changed.equal_error()[1]
    assert 0.0 <= plain.equal_error()[1] <= 1.0


def test_apart_pairs_have_no_error():
    same, other = Counter(), Counter()
    same.add(np.array([0.0, 1.0], np.float32))
    other.add(np.array([2.0, 3.0], np.float32))
    assert pair_rates(same.scores(), other.scores()).equal_error()[1] == 0.0
    assert pair_rates(other.scores(), same.scores()).equal_error()[1] == 1.0
    with pytest.raises(ProtocolError, match="pairs of one subject and pairs of two, found 2 and 0"):
        pair_rates(same.scores(), Counter().scores())


def slow_searches(data, strangers):
    matrix, found = euclid(data, data), []
    for i, a in enumerate(data.records):
        if a.condition != "b":
            continue
        nearest = {}
        for j, b in enumerate(data.records):
            if b.condition == "a" and b.view != a.view and int(b.subject) not in strangers:
                nearest[b.subject] = min(nearest.get(b.subject, np.inf), matrix[i, j])
        own = nearest.get(a.subject, np.inf)
        ahead = sum(d < own or (d == own and s < a.subject) for s, d in nearest.items())
        found.append((int(a.subject), a.subject not in nearest, min(nearest.values()), own, ahead + 1))
    return found


@pytest.mark.parametrize("alone", [True, False])
def test_searches_against_loops(alone):
    protocol = dataclasses.replace(POOLED, mode="view-by-view")
    data = people(9)
    sets, numbers, source = everything(data, protocol)
    found, size = search_splits(sets, numbers, source, share=0.4, splits=3, seed=5, alone=alone)
    slow = []
    for split in range(3):
        chance = np.random.Generator(np.random.PCG64([5, split]))
        slow += slow_searches(data, set(choose_strangers(np.arange(9), 0.4, chance).tolist()))
    searches = found[""]
    got = zip(searches.subject, searches.stranger, searches.nearest, searches.own, searches.rank, strict=True)
    assert sorted((s, bool(x), n, o, int(r)) for s, x, n, o, r in got) == sorted(
        (s, x, n, o, 0 if x else r) for s, x, n, o, r in slow
    )
    assert (size.people, size.sequences) == (5.0, 20.0)


def test_a_method_that_sees_the_gallery_never_sees_a_stranger_in_it():
    seen = []

    def watched(probe, gallery):
        seen.append({r.subject for r in gallery.records})
        return euclid(probe, gallery)

    data = people(6)
    sets, numbers, _ = everything(data, POOLED)
    source = PairSource(data, POOLED, numbers, watched, tuple(sets))
    search_splits(sets, numbers, source, share=0.5, splits=4, seed=0)
    assert [len(s) for s in seen] == [3, 3, 3, 3]
    assert len({tuple(sorted(s)) for s in seen}) > 1


def test_thresholds_of_strangers_by_hand():
    strangers = np.arange(100, dtype=np.float32) + 10
    (found,) = thresholds_for(strangers, [0.05])
    assert (strangers <= found).mean() == 0.05
    assert 14.0 <= found < 15.0
    assert thresholds_for(strangers, [1.0]) == []


def test_all_of_it_on_many_people():
    data = people(120, walks=1, noise=0.6, width=6)
    protocol = dataclasses.replace(POOLED, mode="view-by-view", ranks=(1, 5))
    found = verify(
        data,
        protocol,
        Distances(euclid),
        dataclasses.replace(FEW, false_match=(0.1, 0.01), thresholds=(2.0,)),
        resamples=50,
    )
    assert [s.name for s in found.sets] == ["P"]
    whole = found.whole
    same, other = slow_pairs(data, protocol)
    assert (whole.same_pairs, whole.other_pairs) == (len(same), len(other))
    at = {p.stated: p for p in whole.misses}
    assert at[0.1].figure.value == pytest.approx(np.mean(same > at[0.1].threshold))
    assert at[0.1].figure.low < at[0.1].figure.value < at[0.1].figure.high
    assert "FNMR at FMR 1 %: telling a rate of 1 % from zero takes 300 subjects" in at[0.01].figure.reason
    assert at[0.01].figure.value == pytest.approx(np.mean(same > np.float32(at[0.01].to_dict()["threshold"])))
    (asked,) = [t for t in found.thresholds if "as asked" in t.why]
    assert asked.false_match.value == pytest.approx(np.mean(other <= np.float32(2.0)))
    assert asked.false_non_match.value == pytest.approx(np.mean(same > np.float32(2.0)))
    assert (whole.false_match[whole.det_carried] >= 3 / 120).all()
    assert 10 < whole.det_carried.sum() < len(whole.det_carried)
    for before, after in zip(found.thresholds, found.thresholds[1:], strict=False):
        assert before.threshold < after.threshold
    assert found.calibration is not None
    assert found.calibration.after.log_loss < found.calibration.before.log_loss
    assert found.calibration.after.log_loss < found.calibration.prior_loss
    again = verify(
        data,
        protocol,
        Distances(euclid),
        dataclasses.replace(FEW, false_match=(0.1, 0.01), thresholds=(2.0,)),
        resamples=50,
    )
    assert again.to_dict() == found.to_dict()


def test_distances_that_only_keep_the_order_change_no_rate():
    data = people(60, walks=1)
    plain = verify(data, POOLED, Distances(euclid), FEW, resamples=50).whole
    changed = verify(data, POOLED, Distances(lambda p, g: np.square(euclid(p, g))), FEW, resamples=50).whole
    assert changed.equal_error.figure.value == pytest.approx(plain.equal_error.figure.value, abs=2e-4)
    assert changed.misses[0].figure.value == pytest.approx(plain.misses[0].figure.value, abs=1e-3)
    assert [f for _, f in changed.ranks] == [f for _, f in plain.ranks]


def test_few_people_are_shown_every_figure_and_promised_none():
    data = people(20)
    found = verify(
        data,
        POOLED,
        Distances(euclid),
        dataclasses.replace(FEW, false_match=(0.1, 0.001), thresholds=(2.0,)),
        resamples=50,
    )
    same, other = slow_pairs(data, POOLED)
    for point in found.whole.misses:
        assert point.figure.value == pytest.approx(np.mean(same > np.float32(point.threshold)))
        assert point.reached == pytest.approx(np.mean(other <= np.float32(point.threshold)))
        assert point.reached <= point.stated
    figures = [p.figure for p in (found.whole.equal_error, *found.whole.misses, *found.whole.not_found)]
    figures += [f for _, f in found.whole.ranks]
    assert [k for k, _ in found.whole.ranks] == [1, 5], "among 10 people the first 20 are everybody"
    for row in found.thresholds:
        figures += [row.false_match, row.false_non_match, row.false_positive, row.false_negative]
    assert all(f.low <= f.value <= f.high and not f.carried and f.reason for f in figures)
    assert found.marked
    named = {word for row in found.thresholds for word in row.why.split(", ")}
    assert {"FMR 10 %", "FMR 0.1 %", "as asked", "equal error"} <= named
    assert len(found.whole.false_match) > 10
    assert not found.whole.det_carried.any()
    assert found.calibration is None
    assert found.calibration_missing.startswith("no calibration: 50 subjects would be needed")


def test_drawn_galleries_are_searched_one_a_split():
    found = verify(people(40, walks=3), load_protocol("hid-draws"), Distances(euclid), FEW, resamples=50)
    assert found.whole.known + found.whole.strangers == 3 * 40 * 9
    assert found.gallery.sequences == 20


def test_excluded_pairs_of_pooled_galleries():
    data = people(3, walks=1)
    protocol = dataclasses.replace(POOLED, exclude=("same-subject-and-view",))
    found = compared_at_all(protocol, data.records[:2], data.records[:5])
    assert found.tolist() == [[False, True, False, True, True], [True, False, True, False, True]]
    assert compared_at_all(POOLED, data.records[:2], data.records).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"prior": 1.0}, "prior probability"),
        ({"folds": 2}, "3 or more, found 2"),
        ({"splits": 0}, "splits are 1 or more"),
        ({"strangers": 1.0}, "share of strangers"),
        ({"false_match": (0.0,)}, "between 0 and 1"),
        ({"thresholds": (float("nan"),)}, "finite"),
    ],
)
def test_wrong_settings(values, message):
    with pytest.raises(ConfigError, match=message):
        VerifySettings(**values)


def test_strangers_need_somebody_to_stay():
    chance = np.random.default_rng(0)
    assert len(choose_strangers(np.arange(2), 0.99, chance)) == 1
    with pytest.raises(ProtocolError, match="two subjects or more"):
        choose_strangers(np.arange(1), 0.5, chance)
