import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gaitprint.evaluation.protocol import metrics
from gaitprint.evaluation.protocol.metrics import match_curve, rank_hits, rank_probes


def slow_rank(distances, probe_subjects, gallery_subjects, valid):
    """One probe after the other, one gallery item after the other."""
    rows = []
    for q in range(len(distances)):
        items = [(float(distances[q, g]), g) for g in range(len(gallery_subjects)) if valid[q, g]]
        items.sort()
        first, near, other, other_distance, found, precisions = 0, -1, -1, np.nan, 0, []
        near_distance = np.nan
        for place, (distance, g) in enumerate(items, start=1):
            if gallery_subjects[g] == probe_subjects[q]:
                found += 1
                precisions.append(found / place)
                if first == 0:
                    first, near, near_distance = place, g, distance
                last = place
            elif other < 0:
                other, other_distance = g, distance
        precision = sum(precisions) / found if found else np.nan
        penalty = found / last if found else np.nan
        chance = found / len(items) if found else 0.0
        rows.append((first, near, near_distance, other, other_distance, precision, penalty, chance))
    return [np.array(column) for column in zip(*rows, strict=True)]


FIELDS = (
    "rank",
    "right",
    "right_distance",
    "wrong",
    "wrong_distance",
    "average_precision",
    "inverse_penalty",
    "chance",
)


def check(distances, probes, gallery, valid):
    found = rank_probes(distances, probes, gallery, valid)
    expected = slow_rank(distances, probes, gallery, np.ones(distances.shape, bool) if valid is None else valid)
    for name, column in zip(FIELDS, expected, strict=True):
        np.testing.assert_allclose(getattr(found, name), column, rtol=1e-12, err_msg=name)


@st.composite
def cases(draw):
    q, g = draw(st.integers(1, 6)), draw(st.integers(1, 9))
    grid = hnp.arrays(np.int64, (q, g), elements=st.integers(0, 4))
    distances = draw(grid).astype(np.float32)
    probes = draw(hnp.arrays(np.int64, q, elements=st.integers(0, 3)))
    gallery = draw(hnp.arrays(np.int64, g, elements=st.integers(0, 3)))
    return distances, probes, gallery, draw(hnp.arrays(np.bool_, (q, g)))


@given(cases())
def test_ranks_with_many_ties_against_loops(case):
    distances, probes, gallery, valid = case
    check(distances, probes, gallery, valid)
    check(distances, probes, gallery, None)


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_blocks_change_nothing(monkeypatch, block):
    generator = np.random.default_rng(5)
    distances = generator.random((40, 25)).astype(np.float32)
    probes, gallery = generator.integers(0, 12, 40), generator.integers(0, 12, 25)
    monkeypatch.setattr(metrics, "BLOCK", block)
    check(distances, probes, gallery, generator.random((40, 25)) < 0.7)


def test_subjects_may_be_names():
    found = rank_probes(np.array([[0.2, 0.1]], np.float32), np.array(["ann"]), np.array(["ann", "bob"]))
    assert found.rank[0] == 2
    assert found.wrong[0] == 1


def test_equal_distances_rank_by_place():
    ties = np.zeros((2, 3), np.float32)
    found = rank_probes(ties, np.array([0, 2]), np.array([0, 1, 2]))
    assert found.rank.tolist() == [1, 3]


def test_precision_is_left_out_where_nobody_asked():
    found = rank_probes(np.zeros((1, 2), np.float32), np.array([0]), np.array([0, 1]), None, precision=False)
    assert np.isnan(found.average_precision).all()
    assert found.rank.tolist() == [1]


def test_an_empty_gallery_matches_nobody():
    found = rank_probes(np.zeros((2, 0), np.float32), np.array([0, 1]), np.zeros(0, np.int64))
    assert found.rank.tolist() == [0, 0]
    assert found.wrong.tolist() == [-1, -1]


@given(hnp.arrays(np.int64, st.integers(1, 20), elements=st.integers(0, 8)), st.integers(1, 10))
def test_match_curve_against_loops(rank, length):
    curve = match_curve(rank, length)
    for k in range(1, length + 1):
        assert curve[k - 1] == pytest.approx(sum(1 for r in rank if 1 <= r <= k) / len(rank))
    assert (np.diff(curve) >= 0).all()
    assert rank_hits(rank, length).shape == (len(rank), length)


def test_the_distances_are_not_changed():
    distances = np.arange(6, dtype=np.float32).reshape(2, 3)
    before = distances.copy()
    rank_probes(distances, np.array([0, 1]), np.array([0, 1, 1]), np.eye(2, 3, dtype=bool))
    np.testing.assert_array_equal(distances, before)
