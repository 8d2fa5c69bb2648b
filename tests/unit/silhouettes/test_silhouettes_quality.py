import dataclasses
import itertools
import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gaitprint.datasets import synthetic
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import ShapeError
from gaitprint.silhouettes import _body_faults, _gait_period
from gaitprint.silhouettes._body_faults import body_areas
from gaitprint.silhouettes.quality import FIELDS, JUMP_FLOOR, JUMP_RATIO, Quality, _changes, _jumps, measure


def scissors(length: int, period: float, phase: float = 0.0, width: int = 64) -> np.ndarray:
    """Somebody seen from the side: a head that looks ahead, a trunk and two legs like scissors."""
    frames = np.zeros((length, 64, width), np.uint8)
    middle = width // 2
    for t, frame in enumerate(frames):
        cv2.rectangle(frame, (middle - 3, 0), (middle + 5, 9), 255, -1)
        cv2.rectangle(frame, (middle - 5, 10), (middle + 4, 34), 255, -1)
        reach = 12 * math.cos(2 * math.pi * (t / period + phase))
        for side in (-1, 1):
            foot = (round((middle + side * reach) * 16), 62 * 16)
            cv2.line(frame, (middle * 16, 34 * 16), foot, 255, 9, cv2.LINE_AA, 4)
    return frames


def same(a: Quality, b: Quality) -> bool:
    return all(x == y or (math.isnan(x) and math.isnan(y)) for x, y in zip(values(a), values(b), strict=True))


def values(quality: Quality) -> tuple[float, ...]:
    return dataclasses.astuple(quality)


def way(aside: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Boxes of a walker at these places on the ground, in body heights, through a pinhole of 400 pixels."""
    height = 400 / ahead
    x = 320 + 400 * aside / ahead
    return np.round(np.stack([x - height / 6, 200 - height / 2, height / 3, height], axis=1)).astype(np.int32)


def test_fields_are_the_measurements_in_order():
    assert FIELDS == ("height", "truncated", "holes", "pieces", "merges", "jumps", "period", "turn")


def test_a_clean_walk_has_no_faults_and_its_own_period():
    found = measure(scissors(80, 26.0))
    assert (found.holes, found.pieces, found.merges, found.jumps) == (0, 0, 0, 0)
    assert found.period == pytest.approx(26.0, rel=0.02)
    assert found.turn == 0
    assert math.isnan(found.height)
    assert math.isnan(found.truncated)


def test_cadence_counts_two_steps_a_period():
    assert dataclasses.replace(measure(scissors(60, 25.0)), period=25.0).cadence(25.0) == 120.0


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 10])
def test_short_sequences_are_measured_but_have_no_period(length: int):
    found = measure(scissors(length, 26.0))
    assert math.isnan(found.period)
    assert math.isnan(found.turn)
    assert math.isnan(found.jumps) == (length < 8)
    assert found.holes == found.pieces == found.merges == 0


@pytest.mark.parametrize("shape", [(40, 64, 44), (40, 128, 128), (40, 128, 88), (20, 400, 600), (3, 2, 2), (1, 1, 1)])
def test_every_value_is_a_float_and_finite_or_nan(shape: tuple[int, ...]):
    frames = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    for found in (measure(frames), measure(np.zeros_like(frames)), measure(frames, np.zeros((len(frames), 4), int))):
        assert all(type(value) is float and not math.isinf(value) for value in values(found))


def test_an_empty_sequence_has_no_holes_to_speak_of():
    found = measure(np.zeros((30, 64, 64), np.uint8))
    assert math.isnan(found.holes)
    assert (found.pieces, found.merges, found.jumps) == (0, 0, 0)
    assert math.isnan(found.period)


@given(st.integers(22, 90), st.floats(12.0, 40.0), st.integers(0, 10**6))
def test_mirrored_frames_have_the_same_quality(length: int, period: float, seed: int):
    draw = np.random.default_rng(seed)
    frames = scissors(length, period)
    spoilt = draw.integers(length, size=4)
    frames[spoilt] = np.roll(frames[spoilt], int(draw.integers(-20, 20)), axis=2)
    frames[draw.integers(length, size=3), 20:24, 30:32] = 0
    mirrored = np.ascontiguousarray(frames[:, :, ::-1])
    steps = np.arange(length)
    boxes = way(0.1 * steps - 0.1 * np.maximum(steps - length // 2, 0), 4.0 + 0.02 * steps)
    flipped = boxes.copy()
    flipped[:, 0] = 640 - boxes[:, 0] - boxes[:, 2]
    assert same(measure(frames), measure(mirrored))
    assert values(measure(frames, boxes, (480, 640))) == pytest.approx(
        values(measure(mirrored, flipped, (480, 640))), abs=1e-9, nan_ok=True
    )


@given(st.integers(20, 32), st.integers(2, 4), st.floats(0, 1))
def test_a_repeated_sequence_keeps_its_period(period: int, times: int, phase: float):
    once = scissors(2 * period, period, phase)
    found = measure(np.tile(once, (times, 1, 1)))
    assert found.period == pytest.approx(period, rel=0.02)
    assert found.jumps == 0


def test_the_same_frames_have_the_same_quality_whatever_the_threads_and_strides():
    frames = scissors(150, 27.0)
    frames[::7, 20:26, 28:32] = 0
    frames[::5, 36:40] = 0
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        alone = measure(frames)
        cv2.setNumThreads(4)
        assert values(measure(frames)) == values(alone)
    finally:
        cv2.setNumThreads(before)
    assert values(measure(np.asfortranarray(frames))) == values(alone)


def _neighbours(y: int, x: int, corners: bool) -> list[tuple[int, int]]:
    near = [(-1, 0), (1, 0), (0, -1), (0, 1)]
    return [(y + dy, x + dx) for dy, dx in near + (list(itertools.product((-1, 1), repeat=2)) if corners else [])]


def _pieces(mask: np.ndarray, corners: bool) -> list[set[tuple[int, int]]]:
    left = set(zip(*np.nonzero(mask), strict=True))
    found = []
    while left:
        queue = [left.pop()]
        piece = set(queue)
        while queue:
            for place in _neighbours(*queue.pop(), corners):
                if place in left:
                    left.remove(place)
                    piece.add(place)
                    queue.append(place)
        found.append(piece)
    return found


def _slow_areas(frame: np.ndarray) -> tuple[int, int, int, int]:
    body = np.pad(frame > 127, 1)
    holes = [p for p in _pieces(~body, corners=False) if (0, 0) not in p]
    for place in itertools.chain(*holes):
        body[place] = True
    sizes = sorted((len(p) for p in _pieces(body, corners=True)), reverse=True)
    return int(body.sum()), sum(map(len, holes)), *[*sizes, 0, 0][:2]


@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 9)),
        elements=st.sampled_from([0, 127, 128, 255, 255]),
    )
)
def test_areas_equal_those_of_a_flood_by_hand(frames: np.ndarray):
    found = body_areas(frames)
    table = np.stack([found.filled, found.holes, found.largest, found.second], axis=1)
    assert table.tolist() == [list(_slow_areas(frame)) for frame in frames]


@pytest.mark.parametrize("labels", [2**16, 64])
def test_areas_of_many_frames_are_those_of_each(monkeypatch, labels: int):
    monkeypatch.setattr(_body_faults, "_LABELS", labels)
    frames = np.random.default_rng(1).integers(0, 256, (130, 64, 64)).astype(np.uint8)
    frames = np.stack([cv2.GaussianBlur(frame, (5, 5), 0) for frame in frames])
    together = body_areas(frames)
    monkeypatch.undo()
    for name in ("filled", "holes", "largest", "second"):
        alone = np.concatenate([getattr(body_areas(frame[None]), name) for frame in frames])
        assert getattr(together, name).tolist() == alone.tolist()
    assert (together.second > 0).any()
    assert (together.holes > 0).any()


@given(st.integers(0, 39), st.integers(1, 6), st.integers(1, 4))
def test_a_drawn_hole_is_counted_exactly(place: int, height: int, width: int):
    frames = scissors(40, 26.0)
    area = int((frames[place] > 127).sum())
    frames[place, 20 : 20 + height, 29 : 29 + width] = 0
    assert measure(frames).holes == pytest.approx(height * width / area / 40, rel=1e-12)


def test_what_is_open_to_the_background_is_no_hole_and_corners_close():
    frame = np.zeros((1, 8, 8), np.uint8)
    frame[0, 1:6, 1:6] = 255
    frame[0, 3, 3] = 0
    assert measure(frame).holes == 1 / 25
    frame[0, 3, 4:6] = 0
    assert measure(frame).holes == 0
    frame[0, 2, 2], frame[0, 3, 4:6] = 0, 255
    assert measure(frame).holes == 2 / 25


def test_pieces_count_frames_that_have_come_apart_and_not_those_with_specks():
    frames = scissors(40, 26.0)
    frames[:10, 36:39] = 0
    assert measure(frames).pieces == 10 / 40
    frames[20:30, 40, 2:12] = 255
    assert measure(frames).pieces == 10 / 40


def test_a_piece_of_a_twentieth_counts():
    frame = np.zeros((2, 30, 30), np.uint8)
    frame[:, :20, :5] = 255
    frame[0, 10, 10:15] = frame[1, 10, 10:14] = 255
    assert measure(frame).pieces == 1 / 2


@given(st.integers(3, 14), st.integers(12, 24))
def test_a_second_person_is_a_merge_or_a_piece(many: int, aside: int):
    frames = scissors(40, 26.0)
    other = scissors(40, 26.0, 0.1)
    frames[:many] = np.maximum(frames[:many], np.roll(other, aside, axis=2)[:many])
    found = measure(frames)
    assert max(found.merges, found.pieces) == many / 40


def test_a_lost_stretch_of_frames_is_a_jump():
    frames = scissors(70, 26.0)
    without = np.concatenate([frames[:33], frames[40:]])
    assert measure(without).jumps == pytest.approx(1 / 62)


def test_a_spoilt_frame_is_two_jumps():
    frames = scissors(60, 26.0)
    frames[30] = 0
    frames[30, :, 10:20] = 255
    assert measure(frames).jumps == pytest.approx(2 / 59)


@given(arrays(np.float64, st.integers(0, 30), elements=st.floats(0, 1)))
def test_jumps_equal_a_slow_comparison_with_what_is_around(changes: np.ndarray):
    found = _jumps(changes)
    if len(changes) < 7:
        assert math.isnan(found)
        return
    count = 0
    for i, change in enumerate(changes):
        places = [abs(i + k) for k in (-3, -2, -1, 1, 2, 3)]
        around = sorted(changes[p if p < len(changes) else 2 * (len(changes) - 1) - p] for p in places)
        usual = max(around[-2], float(np.median(changes)))
        count += change > max(JUMP_RATIO * usual, JUMP_FLOOR)
    assert found == pytest.approx(count / len(changes))


def test_changes_equal_slow_sums():
    frames = np.random.default_rng(3).integers(0, 256, (600, 5, 4)).astype(np.uint8)
    wide = frames.astype(float)
    slow = [abs(b - a).sum() / (a + b).sum() for a, b in itertools.pairwise(wide)]
    assert _changes(frames) == pytest.approx(np.array(slow))


def test_walkers_have_the_period_they_were_drawn_with(monkeypatch):
    drawn = []
    real = synthetic.stride_length
    monkeypatch.setattr(synthetic, "stride_length", lambda manner: drawn.append(real(manner)) or drawn[-1])
    settings = SyntheticSettings(4, frames=60, views=("000", "036", "054", "090", "126", "180"), conditions=("nm-01",))
    ratios = np.array([measure(frames).period / drawn[-1] for _, frames in walkers(settings)])
    assert len(drawn) == 4
    assert np.mean(abs(ratios - 1) < 0.05) >= 0.9


def test_frames_in_no_order_and_frames_that_stand_have_no_period():
    frames = scissors(80, 26.0)
    assert math.isnan(measure(frames[np.random.default_rng(0).permutation(80)]).period)
    assert math.isnan(measure(np.repeat(frames[:1], 80, axis=0)).period)


def test_less_than_one_stride_has_no_period():
    assert math.isnan(measure(scissors(22, 60.0)).period)


def test_of_a_long_sequence_the_middle_tells_the_period():
    frames = scissors(400, 25.0)
    frames[:70] = frames[-70:] = frames[0]
    assert measure(frames).period == pytest.approx(25.0, rel=0.01)


def _fitted(design: np.ndarray, signals: np.ndarray) -> float:
    coefficients, *_ = np.linalg.lstsq(design, signals, rcond=None)
    return float(((design @ coefficients) ** 2).sum())


def test_explained_energies_equal_those_of_a_plain_fit():
    length = 50
    signals = np.random.default_rng(5).normal(size=(length, 7))
    drift = _gait_period._drift(length)
    rest = _gait_period._without(drift, signals)
    periods = np.array([4.0, 7.5, 13.0, 26.0])
    lines = _gait_period._line_energies(rest @ rest.T, _gait_period._sines(drift, periods))
    both = _gait_period._explained(rest @ rest.T, drift, periods, 2)
    t = np.arange(length)
    for i, period in enumerate(periods):
        waves = [f(2 * np.pi * t * h / period) for h in (1, 2) for f in (np.cos, np.sin)]
        slow = np.stack([w - np.polyval(np.polyfit(t, w, drift.shape[1] - 1), t) for w in waves], axis=1)
        assert lines[i] == pytest.approx(_fitted(slow[:, :2], rest))
        assert both[i] == pytest.approx(_fitted(slow, rest), rel=0.01)


def test_heights_and_borders_come_from_the_boxes():
    frames = scissors(5, 26.0)
    boxes = np.array([[0, 9, 9, 50], [9, 0, 9, 60], [91, 9, 9, 70], [9, 20, 9, 80], [9, 9, 9, 90]])
    found = measure(frames, boxes, (100, 100))
    assert found.height == 70
    assert found.truncated == 4 / 5
    assert math.isnan(measure(frames, boxes).truncated)


def test_frames_cropped_beforehand_say_nothing_of_borders_or_the_way():
    frames = scissors(60, 26.0)
    boxes = np.tile(np.array([[20, 0, 24, 64]]), (60, 1))
    boxes[:30, 0] += 40 * np.arange(30)
    boxes[30:, 0] += 40 * np.arange(30, 0, -1)
    for size in (None, (64, 64)):
        found = measure(frames, boxes, size)
        assert found.height == 64
        assert math.isnan(found.truncated)
        assert found.turn == 0


@given(st.floats(-0.06, 0.06), st.floats(-0.06, 0.06), st.integers(20, 60))
def test_straight_ways_do_not_turn(aside: float, ahead: float, length: int):
    steps = np.arange(length)
    if math.hypot(aside, ahead) * length < 1.5:
        aside += math.copysign(0.08, aside)
    found = measure(scissors(length, 26.0), way(aside * steps, 8 + ahead * steps), (4000, 4000))
    assert found.turn == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize(("corner", "expected"), [("back", 1.0), ("right", 1 - math.sqrt(0.5))])
def test_turning_is_seen_in_the_way(corner: str, expected: float):
    there, still = np.linspace(0, 2, 30), np.zeros(30)
    aside = np.concatenate([there, there[::-1] if corner == "back" else still + 2])
    ahead = 4 + np.concatenate([still, still if corner == "back" else there])
    found = measure(scissors(60, 26.0), way(aside, ahead), (480, 640))
    assert found.turn == pytest.approx(expected, abs=0.1)


def test_boxes_at_the_border_do_not_bend_the_way():
    steps = np.arange(60)
    boxes = way(0.05 * steps, 4.0 + 0 * steps)
    boxes[:8, 1] = 0
    boxes[:8, 3] = 30
    assert measure(scissors(60, 26.0), boxes, (480, 640)).turn == pytest.approx(0, abs=0.02)
    assert measure(scissors(60, 26.0), boxes).turn > 0.1


def test_turning_round_is_seen_in_the_frames_where_boxes_stand_still():
    frames = scissors(80, 26.0)
    turned = np.concatenate([frames[:40], frames[40:, :, ::-1]])
    boxes = np.tile(np.array([[100, 100, 30, 90]]), (80, 1))
    assert measure(frames, boxes, (480, 640)).turn == 0
    assert measure(turned).turn > 0.9
    assert measure(turned, boxes, (480, 640)).turn == measure(turned).turn


def test_likeness_says_nothing_of_short_halves_or_of_bodies_that_look_nowhere():
    assert math.isnan(measure(scissors(40, 26.0)).turn)
    frames = scissors(80, 26.0)
    symmetric = np.maximum(frames, frames[:, :, ::-1])
    found = measure(symmetric)
    assert found.period > 0
    assert math.isnan(found.turn)


def test_wrong_arrays_are_refused():
    frames = scissors(5, 26.0)
    with pytest.raises(ShapeError, match="expected a box for each of 5 frames, found 4"):
        measure(frames, np.zeros((4, 4), int))
    with pytest.raises(ShapeError, match="at least one frame"):
        measure(frames[:0])
