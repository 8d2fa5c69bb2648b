"""What windows say together, and how near is near enough, against slow versions on made-up vectors."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ArtefactError, ConfigError, DataError, ProtocolError
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings, PartLayout, SequenceRecord
from gaitprint.video.identity.acceptance import accept_by_gallery, accept_by_strangers, accept_within
from gaitprint.video.identity.evidence import EvidenceSettings, TrackEvidence, effective_windows, posterior
from gaitprint.video.identity.known_people import KnownPeople, mean_over_walks, nearest_walk

WIDTH = 8


def vectors(centres: np.ndarray, walks: int, seed: int, name: str, noise: float = 0.3) -> Embeddings:
    """So many walks of each of some people, around what is theirs."""
    generator = np.random.Generator(np.random.PCG64(seed))
    rows = np.repeat(centres, walks, axis=0)
    rows = rows + noise * generator.standard_normal(rows.shape)
    records = tuple(
        SequenceRecord(f"{name}{p:03}/{w}", f"{name}{p:03}", "", "") for p in range(len(centres)) for w in range(walks)
    )
    return Embeddings(rows.astype(np.float32), records, PartLayout(((2, WIDTH // 2),)), "made-up")


def centres(count: int, seed: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).standard_normal((count, WIDTH))


def known(count: int = 20, pipeline: object = None) -> KnownPeople:
    steps = Pipeline.from_settings(pipeline or {"scorer": {"name": "euclidean"}})
    return KnownPeople.of(vectors(centres(count, 1), 3, 2, "k"), steps)


@given(st.integers(1, 5), st.integers(1, 9), st.integers(0, 1000))
def test_people_of_walks(subjects: int, queries: int, seed: int) -> None:
    generator = np.random.Generator(np.random.PCG64(seed))
    rows = np.concatenate([np.arange(subjects), generator.integers(0, subjects, 4)])
    values = generator.random((queries, len(rows)))
    for s in range(subjects):
        own = values[:, rows == s]
        np.testing.assert_allclose(nearest_walk(values, rows, subjects)[:, s], own.min(axis=1))
        np.testing.assert_allclose(mean_over_walks(values, rows, subjects)[:, s], own.mean(axis=1))


def test_distances_are_means_over_frames() -> None:
    evidence = TrackEvidence(2)
    evidence.add(30, np.array([1.0, 2.0]))
    evidence.add(10, np.array([3.0, 2.0]))
    np.testing.assert_allclose(evidence.distances, [1.5, 2.0])
    assert evidence.to_dict() == {"windows": 2, "frames": 40}
    assert evidence.probabilities(EvidenceSettings(), 5.0) is None


@given(st.lists(st.floats(-6, 6), min_size=1, max_size=6), st.floats(0.01, 0.99))
def test_posterior_is_what_bayes_says(ratios: list[float], prior: float) -> None:
    shares = [math.exp(r) * prior / len(ratios) for r in ratios]
    wanted = [share / (sum(shares) + 1 - prior) for share in shares]
    np.testing.assert_allclose(posterior(np.array(ratios), prior), wanted, rtol=1e-9)


@given(st.floats(0.0, 1.0), st.integers(1, 40))
def test_confidence_grows_with_windows_that_agree(correlation: float, windows: int) -> None:
    settings = EvidenceSettings(correlation=correlation)
    evidence, before = TrackEvidence(3), 0.0
    for _ in range(windows):
        evidence.add(20, np.zeros(3), np.array([1.0, -1.0, -2.0]))
        given = evidence.probabilities(settings, 8.0)
        assert given is not None
        assert given[0] >= before - 1e-12
        before = given[0]
    assert effective_windows(1, correlation) == 1
    assert effective_windows(windows, correlation) <= (1 / correlation if correlation else windows) + 1e-9
    limited = evidence.probabilities(settings, 1.0)
    assert limited is not None
    assert limited[0] <= posterior(np.array([1.0, -1.0, -1.0]), 0.5)[0] + 1e-9


def test_a_window_that_says_otherwise_takes_confidence_away() -> None:
    evidence = TrackEvidence(2)
    evidence.add(20, np.zeros(2), np.array([2.0, -1.0]))
    first = evidence.probabilities(EvidenceSettings(), 9.0)
    evidence.add(20, np.zeros(2), np.array([-2.0, 1.0]))
    second = evidence.probabilities(EvidenceSettings(), 9.0)
    assert first is not None
    assert second is not None
    assert second[0] < first[0]


@pytest.mark.parametrize("fpir", [0.05, 0.2])
def test_strangers_are_named_as_seldom_as_stated(fpir: float) -> None:
    people = known(30)
    some, others = (vectors(centres(400, seed), 1, seed + 1, "s") for seed in (10, 20))
    acceptance = accept_by_strangers(people, some, fpir)
    named = people.distances(some).min(axis=1) <= acceptance.distance
    assert named.mean() <= fpir < (named.sum() + 1) / 400 + 1e-9
    # of other strangers as well, within four standard errors
    again = (people.distances(others).min(axis=1) <= acceptance.distance).mean()
    assert abs(again - fpir) < 4 * math.sqrt(2 * fpir * (1 - fpir) / 400)
    assert acceptance.strangers == acceptance.searches == 400
    assert not acceptance.reason


RERANKING = {"scorer": {"name": "k-reciprocal", "k1": 3, "k2": 2, "inductive": True}}


@pytest.mark.parametrize("pipeline", [None, RERANKING])
def test_each_of_the_known_is_a_stranger_to_the_others(pipeline: object) -> None:
    people = known(6, pipeline)
    nearest = []
    for row, record in enumerate(people.walks.records):
        others = [i for i, other in enumerate(people.walks.records) if other.subject != record.subject]
        without = people.pipeline.fit(people.walks.select(others))
        nearest.append(float(without.distances(people.walks.select([row])).min()))
    acceptance = accept_by_gallery(people, 0.2)
    allowed = int(0.2 * len(nearest) + 1e-9)
    assert sum(d <= acceptance.distance for d in nearest) == allowed
    assert acceptance.distance < sorted(nearest)[allowed] <= acceptance.distance * (1 + 1e-6)
    assert "6 of the known" in acceptance.text()
    assert acceptance.strangers == 6
    assert "takes 15 strangers; with 6" in acceptance.reason
    assert acceptance.text().count("*") == 1
    assert acceptance.to_dict()["carried"] is False


def test_what_cannot_be_a_threshold() -> None:
    people = known(3)
    assert accept_within(0.25).text() == "distance at most 0.25, as given"
    assert accept_within(0.25).to_dict()["carried"] is None
    for rate in (0.0, 1.0, math.nan):
        with pytest.raises(ConfigError, match="false-alarm rate"):
            accept_by_gallery(people, rate)
    with pytest.raises(ConfigError, match="is a number"):
        accept_within(math.inf)
    with pytest.raises(DataError, match="'k000' is in the gallery and among the strangers"):
        accept_by_strangers(people, people.walks)
    alone = KnownPeople.of(people.walks.select([0, 1, 2]), people.pipeline)
    with pytest.raises(ProtocolError, match="only 'k000' is known"):
        accept_by_gallery(alone)
    other = Embeddings(people.walks.vectors, people.walks.records, people.walks.layout, "another")
    with pytest.raises(ArtefactError, match="walks of strangers"):
        accept_by_strangers(people, other)
    nameless = Embeddings(
        people.walks.vectors[:1], (SequenceRecord("x", None, "", ""),), people.walks.layout, "made-up"
    )
    with pytest.raises(DataError, match="'x' has none"):
        KnownPeople.of(nameless, people.pipeline)
