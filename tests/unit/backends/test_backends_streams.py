"""A walk in pieces against the whole clip, whatever the pieces; bounded memory; windows."""

import numpy as np
import pytest
from trained_networks import NETWORKS, clips, trained

from gaitprint.deploy.runner import Runner
from gaitprint.deploy.stream import Stream

TOLERANCE = 1e-6
"""Of the largest value."""


def runner(name: str, threads: int = 1) -> Runner:
    form = trained(name).deploy_form()
    assert form is not None
    return Runner(form, threads)


def whole(run: Runner, clip: np.ndarray) -> np.ndarray:
    return run.clip(run.form.lengthened(clip[None])[0])


def check_equal(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE * np.abs(expected).max())


def check_pieces(run: Runner, rng: np.random.Generator, lengths: int) -> None:
    """Random lengths, cut at random, asked now and then on the way."""
    for _ in range(lengths):
        frames = int(rng.integers(1, rng.choice([5, 20, 60, 150])))
        clip = clips(1, frames, run.form.height, 6)[0]
        stream, at, longest = Stream(run), 0, int(rng.choice([1, 4, 30, 200]))
        while at < frames:
            piece = int(rng.integers(1, longest + 1))
            stream.push(clip[at : at + piece])
            at = min(frames, at + piece)
            if rng.random() < 0.05:
                check_equal(stream.embedding(), whole(run, clip[:at]))
        assert stream.frames == frames
        check_equal(stream.finish(), whole(run, clip))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_walk_in_pieces_is_the_whole_clip(name: str) -> None:
    check_pieces(runner(name), np.random.default_rng(0), 12)


@pytest.mark.slow  # as many as the measure says
@pytest.mark.parametrize("name", NETWORKS)
def test_two_hundred_walks_in_pieces_are_whole_clips(name: str) -> None:
    check_pieces(runner(name, threads=2), np.random.default_rng(1), 200)


@pytest.mark.parametrize("name", ["competition", "two-stems"])
def test_every_answer_on_the_way_is_that_of_the_clip_so_far(name: str) -> None:
    run = runner(name)
    clip, stream = clips(1, 31, run.form.height, 6)[0], Stream(run)
    for frames in range(1, len(clip) + 1):
        stream.push(clip[frames - 1 : frames])
        expected = whole(run, clip[:frames])
        check_equal(stream.embedding(), expected)
        check_equal(stream.embedding(), expected)
