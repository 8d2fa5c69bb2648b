import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import DataError
from gaitprint.silhouettes.sampling import window_indices, window_start

GOLDEN_NAME = {"opengait": "og_fixed_ordered", "authors": "author"}


def _slow_starts(length: int, window: int, rule: str) -> list[int]:
    """Every start, by building the repeated list and trying each window."""
    if length < window and rule == "authors":
        return [0]
    frames = list(range(length))
    while len(frames) < window:
        frames += list(range(length))
    return [s for s in range(len(frames)) if s + window <= len(frames)]


@pytest.mark.parametrize("rule", ["opengait", "authors"])
@pytest.mark.parametrize("window", [30, 64])
def test_the_support_is_the_golden_one(golden, rule: str, window: int):
    arrays = golden("frame_selection")
    for length, chance in zip(
        arrays["lengths"].tolist(), arrays[f"{GOLDEN_NAME[rule]}/T{window}/first_index_probability"], strict=True
    ):
        expected = {int(i) for i in np.flatnonzero(chance)}
        starts = _slow_starts(length, window, rule)
        assert {s % length for s in starts} == expected
        drawn = np.array([window_start(length, window, np.random.default_rng(i), rule) for i in range(30)])
        assert set((drawn % length).tolist()) <= expected
        if rule == "opengait":
            assert len(starts) == arrays[f"og_fixed_ordered/T{window}/n_start_positions"][length - 1]


@pytest.mark.parametrize("rule", ["opengait", "authors"])
def test_golden_draws_have_the_form_of_ours(golden, rule: str):
    draws = golden("frame_selection")[f"{GOLDEN_NAME[rule]}/T30/draws"]
    for length in (1, 7, 29, 30, 31, 100):
        ours = {tuple(window_indices(length, 30, np.random.default_rng(i), rule).tolist()) for i in range(800)}
        assert {tuple(d.tolist()) for d in draws[length - 1]} <= ours


@pytest.mark.parametrize(("length", "window"), [(7, 30), (41, 30), (30, 30), (20, 30)])
def test_frequencies_follow_the_exact_chances(golden, length: int, window: int):
    expected = golden("frame_selection")[f"og_fixed_ordered/T{window}/first_index_probability"][length - 1, :length]
    generator = np.random.default_rng(5)
    count = 6000
    drawn = np.bincount([window_indices(length, window, generator)[0] for _ in range(count)], minlength=length)
    deviation = 5 * np.sqrt(count * expected * (1 - expected)) + 1e-9
    assert (np.abs(drawn - count * expected) <= deviation).all()


@given(st.integers(1, 80), st.integers(1, 80), st.sampled_from(["opengait", "authors"]), st.integers(0, 99))
def test_windows_are_consecutive_cyclic_and_repeatable(length: int, window: int, rule: str, seed: int):
    indices = window_indices(length, window, np.random.default_rng(seed), rule)
    again = window_indices(length, window, np.random.default_rng(seed), rule)
    assert indices.tolist() == again.tolist()
    assert len(indices) == window
    assert [(int(indices[0]) + k) % length for k in range(window)] == indices.tolist()
    assert int(indices[0]) in {s % length for s in _slow_starts(length, window, rule)}
    if length >= window:
        assert indices[-1] - indices[0] == window - 1


@pytest.mark.parametrize(("length", "window"), [(0, 30), (5, 0)])
def test_nothing_to_draw_from_is_refused(length: int, window: int):
    with pytest.raises(DataError, match=f"a sequence of {length} and a window of {window}"):
        window_indices(length, window, np.random.default_rng(0))
