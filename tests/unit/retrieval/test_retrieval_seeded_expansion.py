from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from gaitprint.components import find_component
from gaitprint.errors import ConfigError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metrics import metric_named
from gaitprint.retrieval.expansion.balanced_assignment import assign_balanced, shares
from gaitprint.retrieval.reranking.k_reciprocal import k_reciprocal
from gaitprint.retrieval.transforms.seeded_expansion import seeds_of
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

LAYOUT = PartLayout(((2, 4),))


def walks(seed: int, subjects: int = 5, each: int = 6, noise: float = 0.8) -> tuple[np.ndarray, list[str]]:
    """Vectors of subjects, each with `each` sequences in a row, and whose they are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(subjects, LAYOUT.width))
    x = np.repeat(centres, each, axis=0) + noise * rng.normal(size=(subjects * each, LAYOUT.width))
    return x.astype(np.float32), [f"s{i}" for i in range(subjects) for _ in range(each)]


def sides(x: np.ndarray, names: list[str | None], each: int = 6) -> tuple[Embeddings, Embeddings]:
    """The first sequence of each subject is gallery; probes' records tell nothing."""
    records = [SequenceRecord(f"k{i}", name, "nm", "090") for i, name in enumerate(names)]
    first = np.arange(len(x)) % each == 0
    both = Embeddings(x, tuple(records), LAYOUT, "weights")
    probe, gallery = both.select(~first), both.select(first)
    return replace(probe, records=tuple(replace(r, subject=None) for r in probe.records)), gallery


def expand(probe: Embeddings, gallery: Embeddings, work: ComputeBudget | None = None, **settings) -> np.ndarray:
    step = find_component("transform", "seeded-expansion").make(settings)
    found = step.fit(gallery, work or ComputeBudget(threads=1)).transform(probe)
    return np.concatenate([side.vectors for side in found])


def slowly(probe, gallery, k1, k2, lambda_, temperature, max_probes_ratio, step, rounds) -> np.ndarray:
    """The same, one number at a time."""
    x = np.concatenate([probe.vectors, gallery.vectors]).astype(float)
    names = [r.subject for r in gallery.records]
    people = list(dict.fromkeys(names))
    moved, probes = x, len(probe)
    for _ in range(rounds):
        now = moved.astype(np.float32)
        reranked = k_reciprocal(metric_named("part_mean", LAYOUT).block(now, now), probes, k1, k2, lambda_)
        p = np.zeros((probes, len(people)))
        for i in range(probes):
            for s, person in enumerate(people):
                p[i, s] = np.exp(-min(reranked[i, j] for j, n in enumerate(names) if n == person) / temperature)
            p[i] /= p[i].sum()
        if max_probes_ratio:
            p = assign_balanced(p, max(max_probes_ratio * probes / len(people), 1))
        belongs = np.vstack([p, [[float(n == person) for person in people] for n in names]])
        means = [
            sum(b[s] * v for b, v in zip(belongs, x, strict=True)) / belongs[:, s].sum() for s in range(len(people))
        ]
        moved = np.array([(1 - step) * v + step * (b @ np.array(means)) for v, b in zip(x, belongs, strict=True)])
    return moved


@pytest.mark.parametrize("max_probes_ratio", [0.0, 1.0, 1.3])
@pytest.mark.parametrize("names", ["one each", "two of one subject", "unknown"])
def test_against_plain_loops(max_probes_ratio, names):
    x, known = walks(0)
    probe, gallery = sides(x, known)
    if names == "two of one subject":
        gallery = replace(
            gallery, records=tuple(replace(r, subject="s0") for r in gallery.records[:2]) + gallery.records[2:]
        )
    if names == "unknown":
        probe, gallery = (
            replace(s, records=tuple(replace(r, subject=None) for r in s.records)) for s in (probe, gallery)
        )
    settings = {"k1": 4, "k2": 2, "lambda_": 0.3, "temperature": 0.05, "step": 0.4, "rounds": 2}
    settings |= {"max_probes_ratio": max_probes_ratio}
    found = expand(probe, gallery, **settings)
    if names == "unknown":  # each gallery sequence is then a subject of its own
        records = tuple(replace(r, subject=r.key) for r in gallery.records)
        gallery = replace(gallery, records=records)
    np.testing.assert_allclose(found, slowly(probe, gallery, **settings), rtol=1e-4, atol=1e-5)


def test_right_clusters_become_their_means():
    x, known = walks(1, noise=0.01)
    probe, gallery = sides(x, known)
    found = expand(probe, gallery, step=1.0, rounds=1, k1=5, k2=5)
    means = x.reshape(5, 6, -1).mean(axis=1, dtype=float)
    np.testing.assert_allclose(found, np.concatenate([np.repeat(means, 5, axis=0), means]), atol=1e-4)


def test_share_zero_moves_nothing():
    x, known = walks(2)
    probe, gallery = sides(x, known)
    np.testing.assert_array_equal(expand(probe, gallery, step=0.0), np.concatenate([probe.vectors, gallery.vectors]))


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1.0, 1.2]))
def test_the_probes_labels_are_never_read(seed, max_probes_ratio):
    x, known = walks(seed)
    probe, gallery = sides(x, known)
    blank = expand(probe, gallery, max_probes_ratio=max_probes_ratio)
    names = np.random.default_rng(seed).permutation(np.repeat([r.subject for r in gallery.records], 5))
    told = tuple(replace(r, subject=str(n)) for r, n in zip(probe.records, names, strict=True))
    assert expand(replace(probe, records=told), gallery, max_probes_ratio=max_probes_ratio).tobytes() == blank.tobytes()


def test_the_gallerys_labels_are():
    x, known = walks(3)
    probe, gallery = sides(x, known)
    merged = replace(gallery, records=tuple(replace(r, subject="s0") for r in gallery.records))
    assert not np.allclose(expand(probe, merged), expand(probe, gallery))
    assert seeds_of((*gallery.records, gallery.records[1])).tolist() == [0, 1, 2, 3, 4, 1]


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1.0, 1.2]))
def test_permuting_items_permutes_the_answer(seed, max_probes_ratio):
    x, known = walks(seed)
    probe, gallery = sides(x, known)
    whole = expand(probe, gallery, max_probes_ratio=max_probes_ratio)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(probe)), rng.permutation(len(gallery))
    found = expand(probe.select(rows), gallery.select(columns), max_probes_ratio=max_probes_ratio)
    np.testing.assert_allclose(found, whole[np.concatenate([rows, len(probe) + columns])], rtol=1e-3, atol=1e-4)


def test_the_same_bytes_again_whatever_the_memory():
    x, known = walks(4, subjects=300)
    probe, gallery = sides(x, known)
    whole = expand(probe, gallery, max_probes_ratio=1.0)
    assert expand(probe, gallery, max_probes_ratio=1.0).tobytes() == whole.tobytes()
    little = ComputeBudget(memory=64 << 20, threads=1)
    np.testing.assert_array_equal(expand(probe, gallery, little, max_probes_ratio=1.0), whole)


def test_what_does_not_fit_the_memory_is_refused():
    x, known = walks(5, subjects=800, each=6)
    with pytest.raises(
        ConfigError, match=r"4,000 probes by 800 subjects, 0.1 GiB, and 0.1 GiB are allowed: allow more"
    ):
        expand(*sides(x, known), ComputeBudget(memory=64 << 20, threads=1))


def test_settings_out_of_range_are_refused():
    make = find_component("transform", "seeded-expansion").make
    for settings, message in (
        ({"max_probes_ratio": 0.5}, "max_probes_ratio is 0 .no limit. or at least 1 .*, found 0.5"),
        ({"temperature": 0.0}, "temperature is at least 0.005, found 0.0"),
        ({"step": 1.5}, "step is between 0 and 1, found 1.5"),
        ({"rounds": 0}, "rounds is at least 1, found 0"),
        ({"lambda_": 2.0}, "lambda_ is a share between 0 and 1"),
        ({"k1": 0}, "k1 counts neighbours"),
        ({"k2": 0}, "k2 counts neighbours"),
    ):
        with pytest.raises(ConfigError, match=message):
            make(settings)


def test_shares_fall_with_distance():
    found = shares(np.array([[0.0, 0.1], [0.7, 0.7]]), 0.1)
    np.testing.assert_allclose(found, [[1 / (1 + np.exp(-1)), 1 / (1 + np.e)], [0.5, 0.5]])


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 1.1, 1.5]))
def test_limited_shares_are_the_nearest_that_fit(seed, max_probes_ratio):
    """Against a general solver of the same problem."""
    rng = np.random.default_rng(seed)
    given_shares = shares(rng.uniform(size=(6, 3)), 0.3)
    room = max_probes_ratio * 2
    found = assign_balanced(given_shares, room)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert found.sum(axis=0).max() <= room * 1.001
    assert (found > 0).all()

    def entropy(p: np.ndarray) -> float:
        p = np.maximum(p, 1e-12)
        return float((p * np.log(p / given_shares.ravel())).sum())

    best = minimize(
        entropy,
        np.full(18, 1 / 3),
        method="SLSQP",
        bounds=[(1e-9, 1)] * 18,
        constraints=[
            {"type": "eq", "fun": lambda p: p.reshape(6, 3).sum(axis=1) - 1},
            {"type": "ineq", "fun": lambda p: room - p.reshape(6, 3).sum(axis=0)},
        ],
        options={"ftol": 1e-12, "maxiter": 500},
    )
    # where rows just fill all columns the general solver may stop early: it then has more to go than we have
    assert entropy(found.ravel()) <= best.fun + 2e-3


def test_room_for_all_changes_nothing_and_equal_room_is_filled():
    given_shares = shares(np.random.default_rng(0).uniform(size=(40, 4)), 0.05)
    np.testing.assert_allclose(assign_balanced(given_shares, 40.0), given_shares, rtol=1e-12)
    np.testing.assert_allclose(assign_balanced(given_shares, 10.0).sum(axis=0), 10, rtol=1e-3)
