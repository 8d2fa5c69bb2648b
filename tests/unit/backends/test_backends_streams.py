"""A walk in pieces against the whole clip, whatever the pieces; bounded memory; windows."""

import numpy as np
import pytest
import torch
from trained_networks import NETWORKS, clips, trained

from gaitprint.backends import StreamingSession
from gaitprint.components import find_component
from gaitprint.deploy.runner import PIECE, Runner
from gaitprint.deploy.stream import Stream
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.models.base import PartNetwork
from gaitprint.models.making import make_network

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
        check_equal(stream.embedding(), whole(run, clip))


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


def small(window: int = 0) -> Stream:
    settings = {"form": "casia-b", "channels": [1, 2, 2], "strips": 1, "height": 4}
    network = make_network("gaitgl", settings, None, torch.Generator().manual_seed(0))
    assert isinstance(network, PartNetwork)
    form = network.eval().deploy_form()
    assert form is not None
    return Stream(Runner(form, 1), window)


@pytest.mark.parametrize("thousands", [10, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("window", [0, 60])
def test_many_thousand_frames_take_no_more_memory_than_a_few(window: int, thousands: int) -> None:
    stream, clip, most = small(window), clips(1, 1000, 4, 4)[0], list[int]()
    for _ in range(thousands):
        stream.push(clip[:1])
        stream.push(clip[1:3])
        sizes = [stream.nbytes]
        for start in range(3, 1000, 96):
            stream.push(clip[start : start + 96])
            sizes.append(stream.nbytes)
        most.append(max(sizes))
    assert stream.frames == 1000 * thousands
    # what is held depends on where in its blocks of twelve frames the walk is, and on nothing else
    assert max(most[3:]) == max(most[:3])
    assert max(most) < 100 * clip[0].nbytes


@pytest.mark.parametrize("window", [1, 5, 12, 40, 1000])
def test_a_window_is_the_maximum_over_the_moments_in_it(window: int) -> None:
    run = runner("mask")
    clip = clips(1, 130, run.form.height, 6)[0]
    stream, rng, at = Stream(run, window), np.random.default_rng(window), 0
    while at < len(clip):
        piece = int(rng.integers(1, 30))
        stream.push(clip[at : at + piece])
        at = min(len(clip), at + piece)
        if at < 4:
            continue
        _, maps = run.feed(run.begun, clip[:at], 6, last=True)
        assert maps is not None
        seen = 3 * (at // 3)  # a moment is of three frames
        first = max(seen - window, 0) // stream.block * stream.block
        assert stream.start == first
        assert min(window, seen) <= seen - first < window + stream.block
        check_equal(stream.embedding(), run.features(maps[first // 3 :].max(axis=0), 6))
        settled = stream.settled()
        if settled is not None:  # all of its moments are whole blocks
            later = run.feed(run.begun, clip, 6, last=True)[1][: (seen // 3) // 4 * 4]
            blocks = [later[first // 3 : stop].max(axis=0) for stop in range(first // 3 + 4, len(later) + 1, 4)]
            assert any(np.array_equal(settled, run.features(block, 6)) for block in blocks)


@pytest.mark.parametrize(("window", "stride"), [(12, 12), (30, 6), (3, 3), (6, 15), (129, 3)])
def test_sliding_windows_are_maxima_over_the_whole_walks_moments(window: int, stride: int) -> None:
    run = runner("mask")
    clip = clips(1, 130, run.form.height, 6)[0]
    _, maps = run.feed(run.begun, clip, 6, last=True)
    assert maps is not None
    wanted = {
        start: run.features(maps[start // 3 : (start + window) // 3].max(axis=0), 6)
        for start in range(0, 130 - window + 1, stride)
    }
    for seed in range(3):
        stream, rng, at = Stream(run, window, stride), np.random.default_rng(seed), 0
        found: list[tuple[int, np.ndarray]] = []
        while at < len(clip):
            piece = int(rng.integers(1, [3, 30, 131][seed]))
            stream.push(clip[at : at + piece])
            at = min(len(clip), at + piece)
            found += stream.windows()
        found += stream.windows(ended=True)
        assert [start for start, _ in found] == list(wanted)
        for start, features in found:
            assert np.array_equal(features, wanted[start])
    stream = Stream(run, 3, 3)
    stream.push(clip[:3])
    ((start, features),) = stream.windows(ended=True)
    assert start == 0
    check_equal(features, whole(run, clip[:3]))


def test_a_long_clip_is_worked_on_in_pieces() -> None:
    run = runner("mask")
    clip = clips(1, 2 * PIECE + 5, run.form.height, 6)[0]
    _, maps = run.feed(run.begun, clip, 6, last=True)
    assert maps is not None
    check_equal(whole(run, clip), run.features(maps.max(axis=0), 6))


def test_what_no_stream_can_take_is_refused_and_harms_nothing() -> None:
    stream, clip = small(), clips(1, 20, 4, 4)[0]
    with pytest.raises(ShapeError, match="no frame yet"):
        stream.embedding()
    with pytest.raises(ShapeError, match="4 rows"):
        stream.push(np.zeros((2, 5, 4), np.float32))
    stream.push(clip)
    before = stream.embedding()
    for wrong in (np.zeros((1, 4, 6), np.float32), np.zeros((1, 8, 4), np.float32), np.zeros((1, 5, 4), np.float32)):
        with pytest.raises(ShapeError):
            stream.push(wrong)
    stream.push(clip[:0])
    assert np.array_equal(stream.embedding(), before)
    assert stream.frames == 20
    with pytest.raises(ConfigError, match="window is 0"):
        small(-1)


def test_a_session_opens_streams_side_by_side() -> None:
    form = trained("mask").deploy_form()
    assert form is not None
    session = find_component("backend", "winograd").make().open(form, 1)
    assert isinstance(session, StreamingSession)
    walks, streams = clips(2, 29, form.height, 6), [session.stream(), session.stream()]
    for t in range(29):
        for walk, stream in zip(walks, streams, strict=True):
            stream.push(walk[t : t + 1])
    for walk, stream in zip(walks, streams, strict=True):
        check_equal(stream.embedding(), session(walk[None])[0])
