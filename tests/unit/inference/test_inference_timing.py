"""Calls in turn, and what they take of memory."""

import numpy as np
import pytest

from gaitprint.inference import machine
from gaitprint.inference.machine import PeakMemory
from gaitprint.inference.timing import made_up_clip, take_turns


def test_calls_are_timed_in_turn() -> None:
    now, order, done = [0.0], [], []

    def call(name: str, seconds: float) -> None:
        order.append(name)
        now[0] += seconds

    calls = {"fast": lambda: call("fast", 1), "slow": lambda: call("slow", 3), "none": lambda: call("none", 0)}
    taken = take_turns(calls, 2, lambda: now[0], done.append)
    assert order == ["fast", "slow", "none"] * 2
    assert done == [1, 2, 3, 4, 5, 6]
    assert (taken["fast"], taken["slow"]) == ([1, 1], [3, 3])
    assert min(taken["none"]) > 0


def test_a_made_up_clip_is_the_same_at_every_call() -> None:
    clip = made_up_clip(5, (4, 6))
    assert (clip.shape, clip.dtype, set(np.unique(clip))) == ((1, 5, 4, 6), np.float32, {0.0, 1.0})
    np.testing.assert_array_equal(clip, made_up_clip(5, (4, 6)))


def test_a_call_is_made_once_and_its_peak_is_seen() -> None:
    made = []

    def call() -> None:
        made.append(np.ones(200_000_000, np.uint8)[0])

    peak = PeakMemory().of(call)
    assert made == [1]
    if peak is not None:
        assert peak > 100_000_000  # far more than any allocator keeps for later


def test_where_the_system_is_silent_nothing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(machine, "_RESET", tmp_path / "none" / "clear_refs")
    made: list[int] = []
    assert PeakMemory().of(lambda: made.append(1)) is None
    assert made == [1]
