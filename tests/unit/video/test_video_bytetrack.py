"""People keep their numbers: behind pillars, past each other, out of the picture and back again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitprint.components import find_component
from gaitprint.errors import ConfigError
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.people import Detections, TrackUpdate

INFO = VideoInfo(640, 240, 25.0, None)
COLOURS = {1: (200, 40, 40), 2: (40, 60, 200), 3: (40, 160, 60)}
Placed = dict[int, tuple[float, float]]
"""Whom (by colour), and the column and the score of each."""


def film(session, times, placed, every: int = 1, top: float = 80) -> list[TrackUpdate]:
    """Boxes 30 x 80; who stands later in `placed` stands in front. A score of 0 hides somebody."""
    updates = []
    for index, seconds in enumerate(times):
        image = np.full((240, 640, 3), 120, np.uint8)
        boxes, scores = [], []
        for who, (column, score) in placed(seconds).items():
            if score:
                left = round(column)
                image[80:160, max(left, 0) : max(left + 30, 0)] = COLOURS[who]
                boxes.append([column, top, column + 30, top + 80])
                scores.append(score)
        found = Detections(np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32))
        updates.append(session.update(VideoFrame(image, index, seconds), None if index % every else found))
    return updates


def opened(**values):
    return find_component("tracker", "bytetrack").make(values).open(INFO)


def numbers(update: TrackUpdate) -> list[int]:
    return [p.track for p in update.people]


def place_of(update: TrackUpdate, track: int) -> float:
    return float(next(p.box[0] for p in update.people if p.track == track))


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("rate", [8, 25, 60])
def test_behind_a_pillar_at_any_rate(rate: int, every: int) -> None:
    times = np.arange(0, 5, 1 / rate)
    updates = film(opened(), times, lambda t: {1: (20 + 100 * t, 0 if 2.2 < t < 3.0 else 0.9)}, every)
    assert {n for u in updates for n in numbers(u)} == {1}
    hidden = [u for u, t in zip(updates, times, strict=True) if 2.5 < t < 2.9]
    assert hidden
    assert all(numbers(u) == [1] and not u.people[0].seen for u in hidden)
    assert place_of(hidden[-1], 1) == pytest.approx(20 + 100 * 2.9, abs=25)
    assert updates[-1].people[0].seen


def test_irregular_times_are_no_jumps() -> None:
    times = np.cumsum(np.random.default_rng(0).choice([0.01, 0.04, 0.3], 40))
    updates = film(opened(), times, lambda t: {1: (20 + 80 * t, 0.9)})
    assert {n for u in updates for n in numbers(u)} == {1}


def crossing(t: float) -> Placed:
    """Two walk towards each other; the second is in front and hides the first."""
    first, second = 60 + 90 * t, 510 - 90 * t
    return {1: (first, 0 if abs(first - second) < 20 else 0.9), 2: (second, 0.9)}


@pytest.mark.parametrize("every", [1, 3])
def test_two_pass_each_other(every: int) -> None:
    updates = film(opened(), np.arange(0, 4.8, 1 / 25), crossing, every)
    assert numbers(updates[-1]) == [1, 2]
    assert {n for u in updates for n in numbers(u)} == {1, 2}
    assert place_of(updates[-1], 1) > 400
    assert place_of(updates[-1], 2) < 200


def test_two_meet_and_turn_back() -> None:
    def placed(t: float) -> Placed:
        way = 90 * min(t, 4.6 - t)
        return {1: (60 + way, 0 if abs(t - 2.3) < 0.2 else 0.9), 2: (510 - way, 0.9)}

    updates = film(opened(), np.arange(0, 4.6, 1 / 25), placed)
    assert place_of(updates[-1], 1) < 200
    assert place_of(updates[-1], 2) > 400


def test_who_comes_back_in_time_and_looks_the_same_keeps_the_number() -> None:
    def placed(t: float) -> Placed:
        return {1: (20 + 60 * t, 0 if 2 < t < 5.5 else 0.9), 3: (500, 0.9)}

    updates = film(opened(), np.arange(0, 8, 0.04), placed)
    assert numbers(updates[-1]) == [1, 2]
    assert numbers(updates[110]) == [2]
    assert all(not u.ended for u in updates)


def test_somebody_else_at_the_place_is_somebody_else_and_the_first_one_ends() -> None:
    def placed(t: float) -> Placed:
        return {1: (20 + 60 * t, 0.9)} if t < 2 else {2: (20 + 60 * t, 0.9)} if t > 5 else {}

    updates = film(opened(), np.arange(0, 9, 0.04), placed)
    assert numbers(updates[-1]) == [2]
    assert [n for u in updates for n in u.ended] == [1]


def test_unsure_detections_keep_people_and_make_none() -> None:
    updates = film(opened(), np.arange(0, 4, 0.04), lambda t: {1: (20 + 60 * t, 0.9 if t < 1 else 0.2), 2: (400, 0.2)})
    assert {n for u in updates for n in numbers(u)} == {1}
    assert updates[-1].people[0].seen
    assert updates[-1].people[0].score == pytest.approx(0.2)


def test_a_flash_is_nobody_and_a_piece_of_somebody_is_not_another_one() -> None:
    flash = film(opened(), np.arange(0, 2, 0.04), lambda t: {1: (100, 0.9 if 0.5 < t < 0.6 else 0)})
    assert all(not u.people for u in flash)
    session = opened()
    for i in range(40):
        boxes = np.array([[100, 50, 140, 150], [105, 50, 135, 95]], np.float32)
        image = np.full((240, 640, 3), 120, np.uint8)
        update = session.update(VideoFrame(image, i, i / 25), Detections(boxes, np.array([0.9, 0.8], np.float32)))
    assert numbers(update) == [1]


def test_a_mask_says_where_somebody_is() -> None:
    session, plain = opened(), opened()
    for one in (session, plain):
        film(one, np.arange(0, 1, 0.04), lambda t: {1: (100, 0.9)})
    session.correct(1, np.array([106, 82, 134, 162], np.float32))
    session.correct(7, np.array([106, 82, 134, 162], np.float32))
    image = np.full((240, 640, 3), 120, np.uint8)
    moved, kept = (one.update(VideoFrame(image, 25, 1.0), None) for one in (session, plain))
    assert 0.5 < place_of(moved, 1) - place_of(kept, 1) < 6


def test_who_has_left_the_frame_is_reported_no_more() -> None:
    updates = film(opened(), np.arange(0, 3, 0.04), lambda t: {1: (560 + 60 * t, 0.9 if 560 + 60 * t < 640 else 0)})
    assert numbers(updates[30]) == [1]
    assert not updates[-1].people
    assert not updates[-1].ended


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_clutter_keeps_the_rules(seed: int) -> None:
    rng = np.random.default_rng(seed)
    session, given_out, over = opened(reentry=1.6), 0, set()
    image = np.full((240, 640, 3), 120, np.uint8)
    seconds = 0.0
    for index in range(60):
        seconds += float(rng.choice([0.0, 0.04, 0.2]))
        count = int(rng.integers(0, 6))
        starts = rng.integers(0, 60, (count, 2)) * 10
        boxes = np.hstack([starts, starts + rng.integers(2, 8, (count, 2)) * 10]).astype(np.float32)
        found = Detections(boxes, rng.random(count).astype(np.float32)) if rng.random() < 0.8 else None
        update = session.update(VideoFrame(image, index, seconds), found)
        seen = [p for p in update.people if p.seen]
        fresh = [n for n in numbers(update) if n > given_out]
        assert fresh == list(range(given_out + 1, given_out + 1 + len(fresh)))
        given_out += len(fresh)
        assert not over & {*numbers(update), *update.ended}
        over |= set(update.ended)
        assert found is None or len(seen) <= len(found)
        assert found is not None or not update.ended


@pytest.mark.parametrize(
    "values",
    [
        {"low": 0.5},
        {"overlap": 1.5},
        {"hits": 0},
        {"confirm": -1.0},
        {"reentry": 1.0},
        {"speed": 0.0},
    ],
)
def test_settings_that_mean_nothing_are_refused(values) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))):
        opened(**values)


def blobs(paths, seconds: float, seed: int) -> list[TrackUpdate]:
    """Two walkers whose boxes breathe with their steps and are one where they touch, as a foreground has them."""
    rng, session, updates = np.random.default_rng(seed), opened(), []
    for index, now in enumerate(np.arange(0, seconds, 0.04)):
        image = np.full((240, 640, 3), 120, np.uint8)
        found: list[list[float]] = []
        for who, (path, height) in paths.items():
            half = 0.15 * height * (1 + 0.35 * np.sin(11 * now + who))
            left, right = path(now) - half + rng.normal(), path(now) + half + rng.normal()
            image[int(160 - height) : 160, max(int(left), 0) : max(int(right), 0)] = COLOURS[who]
            found.append([left, 160 - height + rng.normal(), right, 160 + rng.normal()])
        found.sort()
        if found[1][0] < found[0][2]:
            found = [[found[0][0], min(b[1] for b in found), max(b[2] for b in found), max(b[3] for b in found)]]
        boxes = np.array(found, np.float32)
        frame = VideoFrame(image, index, float(now))
        updates.append(session.update(frame, Detections(boxes, np.full(len(boxes), 0.9, np.float32))))
    return updates


@pytest.mark.parametrize("seed", range(4))
def test_two_whose_boxes_merge_pass_each_other(seed: int) -> None:
    first, second, tall, small = np.random.default_rng(seed).uniform([40, 40, 60, 60], [90, 90, 100, 100])
    paths = {1: (lambda t: 60 + first * t, tall), 2: (lambda t: 560 - second * t, small)}
    updates = blobs(paths, 500 / (first + second) + 2, seed)
    left, right = sorted(updates[30].people, key=lambda p: p.box[0])
    assert numbers(updates[-1]) == [1, 2]
    assert place_of(updates[-1], left.track) > place_of(updates[-1], right.track)


@pytest.mark.parametrize("seed", range(4))
def test_two_whose_boxes_merge_turn_back(seed: int) -> None:
    tall, small = np.random.default_rng(seed).uniform(60, 100, 2)

    def way(t: float) -> float:
        return 70 * min(t, 6 - t)

    updates = blobs({1: (lambda t: 60 + way(t), tall), 2: (lambda t: 480 - way(t), small)}, 6, seed)
    left, right = sorted(updates[30].people, key=lambda p: p.box[0])
    assert numbers(updates[-1]) == [1, 2]
    assert place_of(updates[-1], left.track) < place_of(updates[-1], right.track)


@pytest.mark.parametrize("pace", [45.0, 80.0])
def test_whoever_goes_behind_a_pillar_bit_by_bit_keeps_the_pace(pace: float) -> None:
    """Their box is cut at the pillar's edges, so that its middle slows down before it is gone."""
    session, updates = opened(), []
    times = np.arange(0, 600 / pace, 0.04)
    for index, now in enumerate(times):
        left, right = 10 + pace * now, 10 + pace * now + 30
        image = np.full((240, 640, 3), 120, np.uint8)
        image[80:160, int(left) : int(right)] = COLOURS[1]
        image[:, 290:340] = 60
        pieces = [(max(a, left), min(b, right)) for a, b in ((0, 290), (340, 640))]
        boxes = np.array([[a, 80, b, 160] for a, b in pieces if b - a > 3], np.float32).reshape(-1, 4)
        found = Detections(boxes, np.full(len(boxes), 0.9, np.float32))
        updates.append(session.update(VideoFrame(image, index, float(now)), found))
    assert {n for u in updates for n in numbers(u)} == {1}
    behind = [u for u, t in zip(updates, times, strict=True) if 292 < 10 + pace * t < 308]
    assert behind
    assert all(abs(place_of(u, 1) - 300) < 30 for u in behind)
