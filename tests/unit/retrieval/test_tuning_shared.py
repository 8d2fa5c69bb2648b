import numpy as np
import pytest

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.scorers.k_reciprocal import KReciprocalTuning
from gaitprint.retrieval.transforms.alpha_expansion import AlphaExpansionTuning
from gaitprint.retrieval.transforms.block_weights import BlockWeightsTuning
from gaitprint.retrieval.transforms.cluster_expansion import ClusterExpansionTuning
from gaitprint.retrieval.transforms.seeded_expansion import SeededExpansionTuning
from gaitprint.retrieval.tunable import DataShape
from gaitprint.tuning import grids
from gaitprint.tuning.shared import SharedSides
from gaitprint.tuning.simplicity import FAMILIES, PLAIN, family, resolved, simplicity
from gaitprint.tuning.steps import TunedSteps
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

ALL = TunedSteps.of()
TINY = TunedSteps.of(
    (),
    {
        "k-reciprocal": KReciprocalTuning(k1=(2, 30), k2=(1, 3), first_lambdas=(0.0, 0.3)),
        "cluster-expansion": ClusterExpansionTuning(members=(2,), thresholds=(0.4,), powers=(3.0,)),
        "alpha-expansion": AlphaExpansionTuning(powers=(3.0,)),
        "block-weights": BlockWeightsTuning(ratios=(0.5,)),
    },
)


def reranking(k1, k2, lambdas):
    return TunedSteps.of((), {"k-reciprocal": KReciprocalTuning(k1=k1, k2=k2, first_lambdas=lambdas)})


def expansions(sequences, steps=ALL, equal_numbers=False):
    return grids.expansions(DataShape(sequences, (1,), equal_numbers), steps)


def sides(probes=27, gallery=9, networks=2):
    x = np.random.default_rng(0).normal(size=(probes + gallery, 12)).astype(np.float32)
    x[3] = x[5]  # duplicates
    made = []
    for name, rows in (("p", slice(0, probes)), ("g", slice(probes, None))):
        records = tuple(SequenceRecord(f"{name}{i}", f"{i % 4}", "nm", "090") for i in range(len(x[rows])))
        made.append(Embeddings(x[rows], records, PartLayout(((2, 6 // networks),) * networks), "weights", {}))
    return made


def tables():
    """Some of everything that tuning tries, in an order in which little can be shared."""
    found = [PLAIN, *grids.distances(DataShape(4, (1, 1)), TINY)]
    found += grids.rerankings(PLAIN, TINY)
    reranked = found[-1]
    found += grids.other_bases(resolved(reranked), TINY)
    expanded = [grids.expanded(s, e) for e in expansions(4, TINY) for s in (PLAIN, reranked)]
    found += expanded + [v for t in expanded[:4] for v in grids.variations(resolved(t), TINY)]
    return [found[i] for i in np.random.default_rng(1).permutation(len(found))]


def whole(found, probes):
    return found if isinstance(found, np.ndarray) else found.rows(0, probes)


@pytest.mark.parametrize("memory", [1 << 30, 64 << 20])
def test_shared_distances_are_the_pipelines_own(memory, monkeypatch):
    probe, gallery = sides()
    shared = SharedSides(probe, gallery, ComputeBudget(memory=memory, threads=1))
    if memory == 64 << 20:
        monkeypatch.setattr(shared, "_fits", False)
    for table in tables():
        pipeline = Pipeline.from_settings(table)
        found = whole(shared.comparison(pipeline), len(probe))
        np.testing.assert_allclose(found, pipeline.distances(probe, gallery), rtol=2e-5, atol=2e-6, err_msg=str(table))


def test_what_is_shared_is_not_made_again(monkeypatch):
    probe, gallery = sides()
    shared = SharedSides(probe, gallery, ComputeBudget(threads=1))
    made = []
    from gaitprint.retrieval.joint import listed

    real = listed.Reranked
    monkeypatch.setattr(listed, "Reranked", lambda *a: made.append(a[2:4]) or real(*a))
    for table in grids.rerankings(PLAIN, reranking((2, 3), (1, 2), (0.0, 0.2, 0.4))):
        shared.comparison(Pipeline.from_settings(table))
    assert made == [(2, 1), (2, 2), (3, 1), (3, 2)]


def test_families_and_their_order():
    plain = resolved(PLAIN)
    distance = resolved({"transforms": ["unit-length"], "scorer": "euclidean"})
    reranked = resolved({"scorer": {"name": "k-reciprocal"}})
    expanded = resolved({"transforms": ["alpha-expansion"]})
    both = resolved({"transforms": ["unit-length", "cluster-expansion"], "scorer": "k-reciprocal"})
    every = [plain, distance, reranked, expanded, both]
    assert [family(t) for t in every] == list(FAMILIES)
    assert simplicity(plain) < simplicity(distance) < simplicity(expanded) < simplicity(both)
    assert simplicity(distance) < simplicity(reranked) < simplicity(both)


@pytest.mark.parametrize(
    ("simple", "rich"),
    [
        ({"k1": 9, "lambda_": 0.5}, {"k1": 3, "lambda_": 0.3}),
        ({"k1": 9, "k2": 1}, {"k1": 3, "k2": 2}),
        ({"k1": 3}, {"k1": 4}),
        ({"base": "euclidean_squared", "k1": 9}, {"base": "part_mean", "k1": 3}),
    ],
)
def test_re_rankings_nearer_to_the_plain_distance_are_simpler(simple, rich):
    a, b = (resolved({"scorer": {"name": "k-reciprocal", **settings}}) for settings in (simple, rich))
    assert simplicity(a) < simplicity(b)


@pytest.mark.parametrize(
    ("simple", "rich"),
    [
        ({"k": 9}, {"k": 2, "rounds": 2}),
        ({"k": 9}, {"k": 2, "alpha": 3.0}),
        ({"k": 2}, {"k": 3, "include_self": True}),
        ({"k": 2, "include_self": True}, {"k": 2}),
        ({"k": 50}, {"clustering": "dbscan"}),
    ],
)
def test_expansions_that_mix_less_are_simpler(simple, rich):
    a, b = (resolved({"transforms": [{"name": "cluster-expansion", **settings}]}) for settings in (simple, rich))
    assert simplicity(a) < simplicity(b)


def test_clusters_from_the_gallery_come_last_and_those_with_equal_numbers_after_them():
    listed = {"name": "cluster-expansion", "k": 50, "rounds": 2, "alpha": 3.0}
    grown = {"name": "seeded-expansion", "k2": 3}
    steps = [listed, grown, {**grown, "k2": 4}, {**grown, "max_probes_ratio": 1.0}, {**grown, "rounds": 3}]
    keys = [simplicity(resolved({"transforms": [step]})) for step in steps]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(steps)


def test_equal_numbers_are_supposed_only_where_they_are_known():
    def supposed(steps=ALL, equal_numbers=False):
        tried = expansions(10, steps, equal_numbers)
        return {e["max_probes_ratio"] for e in tried if e["name"] == "seeded-expansion"}

    assert supposed() == {0.0}
    assert supposed(equal_numbers=True) == {0.0, 1.0}
    assert supposed(TunedSteps.of((), {"seeded-expansion": SeededExpansionTuning(k2=())})) == set()
    start = resolved({"transforms": [{"name": "seeded-expansion", "max_probes_ratio": 1.0}]})
    varied = [resolved(t)["transforms"] for t in grids.variations(start, ALL)]
    steps = [next(s for s in t if s["name"] == "seeded-expansion") for t in varied]
    assert {s["max_probes_ratio"] for s in steps} == {1.0}
    assert {s["step"] for s in steps} == {0.5, 0.3}


def test_equal_weights_are_simpler_than_unequal_ones():
    keys = [
        simplicity(resolved({"transforms": [{"name": "block-weights", "weights": w}]}))
        for w in ([1.0, 1.0], [1.0, 0.5], [0.25, 1.0], [1.0, 0.0])
    ]
    assert keys == sorted(keys)
    assert len(set(keys)) == 4


def test_every_pipeline_of_the_grids_can_be_made_and_is_tried_once():
    every = [resolved(t) for t in tables()]
    assert {family(t) for t in every} == set(FAMILIES)
    weights = [
        s["weights"] for t in grids.distances(DataShape(4, (2, 1)), ALL) for s in t["transforms"] if "weights" in s
    ]
    assert weights[:3] == [[1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.25, 0.25, 1.0]]
    assert not [t for t in grids.rerankings(PLAIN, reranking((2,), (1, 3, 4), (0.3,))) if t["scorer"]["k2"] > 3]
    assert {e.get("k") for e in expansions(10)} >= {2, 3, 5, 9, 10}
    assert max(e.get("k", 0) for e in expansions(2)) == 2
