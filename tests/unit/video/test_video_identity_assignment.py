"""Tracks and people, against going through every answer there is."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.video.identity.assignment import NOBODY, assign
from gaitprint.video.identity.presence import Presence


def drawn(seed: int, tracks: int, people: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, tracks, people]))


def slow(distances: np.ndarray, limit: float, groups: list[list[int]], weights: np.ndarray) -> tuple[int, ...]:
    """Every answer, the best of those that are allowed."""
    tracks, people = distances.shape
    best, chosen = -1.0, (NOBODY,) * tracks
    for answer in itertools.product(range(-1, people), repeat=tracks):
        named = [(t, s) for t, s in enumerate(answer) if s != NOBODY]
        if any(not distances[t, s] <= limit for t, s in named):
            continue
        if any(len(set(some)) < len(some) for g in groups if (some := [answer[t] for t in g if answer[t] != NOBODY])):
            continue
        worth = sum(weights[t] * (limit - distances[t, s]) for t, s in named)
        if worth > best:
            best, chosen = worth, answer
    return chosen


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 4))
def test_the_best_answer_of_all(seed: int, tracks: int, people: int) -> None:
    generator = drawn(seed, tracks, people)
    distances, weights = generator.random((tracks, people)), 1 + generator.random(tracks)
    distances[generator.random(distances.shape) < 0.1] = np.inf
    groups = [generator.permutation(tracks)[: generator.integers(1, tracks + 1)].tolist() for _ in range(3)]
    assert tuple(assign(distances, 0.7, groups, weights)) == slow(distances, 0.7, groups, weights)


@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(1, 6))
def test_together_is_never_one_person_and_order_does_not_matter(seed: int, tracks: int, people: int) -> None:
    generator = drawn(seed, tracks, people)
    distances = generator.random((tracks, people))
    groups = [generator.permutation(tracks)[:3].tolist() for _ in range(4)]
    answer = assign(distances, 0.8, groups)
    for group in groups:
        named = [int(answer[t]) for t in group if answer[t] != NOBODY]
        assert len(set(named)) == len(named)
    order = generator.permutation(tracks)
    place = np.argsort(order)
    moved = assign(distances[order], 0.8, [[int(place[t]) for t in group] for group in groups])
    np.testing.assert_array_equal(moved, answer[order])
    columns = generator.permutation(people)
    renamed = assign(distances[:, columns], 0.8, groups)
    np.testing.assert_array_equal(np.where(renamed == NOBODY, NOBODY, columns[renamed]), answer)


def test_alone_a_track_is_the_nearest_that_is_near_enough() -> None:
    distances = np.array([[0.4, 0.3], [0.9, 0.8], [0.5, 0.5]])
    np.testing.assert_array_equal(assign(distances, 0.5, []), [1, NOBODY, 0])


def test_exactly_at_the_limit_somebody_is_named() -> None:
    assert assign(np.array([[0.5]]), 0.5, []).tolist() == [0]
    assert assign(np.array([[0.5, 0.6], [0.55, 0.6]]), 0.5, [[0, 1]]).tolist() == [0, NOBODY]


def test_two_at_once_that_fit_one_person_share_out_better_than_each_alone() -> None:
    distances = np.array([[0.30, 0.32], [0.20, 0.90]])
    assert assign(distances, 0.5, [[0, 1]]).tolist() == [1, 0]
    assert assign(distances, 0.5, []).tolist() == [0, 0]


def test_nobody_known_and_no_track() -> None:
    assert assign(np.zeros((2, 0)), 1.0, [[0, 1]]).tolist() == [NOBODY, NOBODY]
    assert assign(np.zeros((0, 3)), 1.0, []).tolist() == []


@pytest.mark.parametrize("tracks", [60])
def test_a_long_video_of_many_people(tracks: int) -> None:
    generator = drawn(0, tracks, 200)
    distances = generator.random((tracks, 200))
    groups = [list(range(start, min(tracks, start + 4))) for start in range(tracks)]
    answer = assign(distances, 0.5, groups)
    assert (answer != NOBODY).all()
    assert all(len({int(answer[t]) for t in group}) == len(group) for group in groups)


def test_groups_are_kept_once_and_forgotten() -> None:
    presence = Presence()
    assert [presence.see(some) for some in ([1], [1, 2], [2, 1], [1], [1, 2], [2, 3], [])] == [
        False, True, False, False, False, True, False]  # fmt: skip
    assert set(presence.groups) == {frozenset({1, 2}), frozenset({2, 3})}
    assert presence.beside(2) == {1, 3}
    assert presence.beside(1) == {2}
    presence.forget(2)
    assert presence.groups == ()
    assert presence.beside(1) == set()
