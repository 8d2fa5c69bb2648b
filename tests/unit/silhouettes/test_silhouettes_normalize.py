import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import DataError, ShapeError
from gaitprint.silhouettes.normalize import normalize_sequence

GROUPS = ["raw_240x320", "raw_320x200", "raw_128x128", "raw_90x36"]
FORMS = {"og64": (64, "opengait"), "og128": (128, "opengait"), "gs64": (64, "gaitset")}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("form", FORMS)
def test_golden_frames_bit_for_bit(golden, group: str, form: str):
    arrays = golden("normalisation")
    size, rule = FORMS[form]
    result = normalize_sequence(arrays[f"{group}/frames"], size, rule)
    expected = arrays[f"{group}/{form}/kept"]
    assert result.kept.tolist() == expected.tolist()
    assert (result.frames == arrays[f"{group}/{form}/frames"][expected]).all()


def test_golden_sequence_drops_its_empty_frames(golden):
    arrays = golden("normalisation")
    result = normalize_sequence(list(arrays["sequence/frames"]))
    assert result.kept.sum() == 10
    assert (result.frames == arrays["sequence/og64"]).all()
    assert result.warnings == ()


def test_the_rules_differ_only_in_the_frame_on_the_left_border(golden):
    arrays = golden("normalisation")
    names = arrays["raw_240x320/names"]
    kept = {r: normalize_sequence(arrays["raw_240x320/frames"], 64, r).kept for r in ("opengait", "gaitset")}
    assert names[kept["opengait"] != kept["gaitset"]].tolist() == ["bar_on_left_border"]


def _weights(t: float) -> list[float]:
    """Bicubic kernel with a = -0.75 at distances 1+t, t, 1-t, 2-t."""
    a = -0.75

    def near(d: float) -> float:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1

    def far(d: float) -> float:
        return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a

    return [far(1 + t), near(t), near(1 - t), far(2 - t)]


def _resize_line(line: list[float], length: int) -> list[float]:
    scale = len(line) / length
    result = []
    for i in range(length):
        place = (i + 0.5) * scale - 0.5
        first = math.floor(place)
        total = 0.0
        for k, weight in enumerate(_weights(place - first)):
            total += weight * line[min(max(first - 1 + k, 0), len(line) - 1)]
        result.append(total)
    return result


def _slow(frame: np.ndarray, size: int, drop_left_edge: bool) -> np.ndarray | None:
    values = frame.astype(float).tolist()
    if sum(map(sum, values)) <= 10000:
        return None
    rows = [y for y, line in enumerate(values) if any(line)]
    values = values[rows[0] : rows[-1] + 1]
    width = int(size * len(values[0]) / len(values))
    if width == 0:
        return None
    wide = [_resize_line(line, width) for line in values]
    columns = [_resize_line([line[x] for line in wide], size) for x in range(width)]
    columns = [[min(max(round(v), 0), 255) for v in column] for column in columns]
    total = sum(map(sum, columns))
    running, centre = 0, -1
    for x, column in enumerate(columns):
        running += sum(column)
        if running > total / 2:
            centre = x
            break
    if centre < 0 or (centre == 0 and drop_left_edge):
        return None
    half = size // 2
    padded = [[0] * size] * half + columns + [[0] * size] * half
    return np.array(padded[centre : centre + size]).T


def _blob(height: int, width: int, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    cy, cx = draw.uniform(0, height), draw.uniform(0, width)
    ry, rx = draw.uniform(4, height / 2), draw.uniform(4, width / 2)
    return np.where(((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1, 255, 0).astype(np.uint8)


@given(st.integers(20, 60), st.integers(20, 60), st.integers(0, 10**6), st.sampled_from([16, 32]))
def test_normalisation_equals_a_plain_bicubic_resize(height: int, width: int, seed: int, size: int):
    frame = _blob(height, width, seed)
    for rule in ("opengait", "gaitset"):
        expected = _slow(frame, size, rule == "opengait")
        if expected is None:
            with pytest.raises(DataError, match="none of 1 frames"):
                normalize_sequence([frame], size, rule)
            continue
        result = normalize_sequence([frame], size, rule).frames[0].astype(int)
        # A level of rounding can move the centre by a column; then the shifted frame must fit as well.
        best = min(int(np.abs(np.roll(result, s, axis=1) - expected)[:, 2:-2].max()) for s in (-1, 0, 1))
        assert best <= 1


def test_golden_frames_within_a_level_of_the_slow_version(golden):
    arrays = golden("normalisation")
    for frame in arrays["raw_90x36/frames"]:
        expected = _slow(frame, 64, drop_left_edge=True)
        found = normalize_sequence([frame]).frames[0].astype(int)
        assert expected is not None
        assert np.abs(found - expected).max() <= 1


def test_the_sum_of_10000_is_dropped_and_10001_kept():
    frame = np.zeros((40, 40), np.uint8)
    frame[5:25, 18:20] = 250
    assert frame.sum() == 10000
    with pytest.raises(DataError, match="1 empty or nearly so"):
        normalize_sequence([frame])
    frame[5, 18] = 251
    assert normalize_sequence([frame]).kept.tolist() == [True]


def test_frames_of_a_sequence_may_differ_in_size_and_order_is_kept():
    frames = [_blob(50, 40, 3), np.zeros((9, 9), np.uint8), _blob(80, 30, 4), np.zeros((0, 7), np.uint8)]
    result = normalize_sequence(frames, 32)
    assert result.kept.tolist() == [True, False, True, False]
    assert result.frames.shape == (2, 32, 32)
    assert (result.frames[1] == normalize_sequence([frames[2]], 32).frames[0]).all()


def test_few_frames_are_kept_with_a_warning_that_says_why():
    frames = [_blob(50, 40, 3)] * 4 + [np.zeros((50, 40), np.uint8)] * 2
    (warning,) = normalize_sequence(frames).warnings
    assert warning.startswith("only 4 valid frames of 6")
    assert "2 empty or nearly so" in warning
    assert normalize_sequence([_blob(50, 40, 3)] * 5).warnings == ()


def test_strided_and_mirrored_views_are_as_good_as_copies():
    frame = _blob(60, 50, 7)
    whole = np.zeros((120, 100), np.uint8)
    whole[::2, ::2] = frame
    for view in (whole[::2, ::2], frame[:, ::-1], frame[::-1]):
        expected = normalize_sequence([view.copy()])
        assert (normalize_sequence([view]).frames == expected.frames).all()


def test_why_nothing_is_left_is_counted():
    edge = np.zeros((240, 100), np.uint8)
    edge[:, :2] = 255
    flat = np.zeros((2, 2**21), np.uint8)
    flat[0, ::1000] = 255
    narrow = np.full((200, 1), 255, np.uint8)
    with pytest.raises(DataError) as caught:
        normalize_sequence([edge, flat, narrow, np.zeros((64, 64), np.uint8), edge])
    message = str(caught.value)
    for part in ("none of 5", "2 centred on the left", "2 of a body far too flat", "1 empty", "white on black"):
        assert part in message
    assert "\n" not in message


def test_a_body_that_the_resize_steps_over_is_dropped():
    # Downscaled 100 times without smoothing: single white pixels between the samples vanish.
    frame = np.zeros((6400, 6400), np.uint8)
    frame[0, 0] = frame[-1, -1] = 255
    frame[20::100, 20::100] = 255
    with pytest.raises(DataError, match="1 without a body once resized"):
        normalize_sequence([frame])


def test_masks_of_zero_and_one_are_recognised():
    with pytest.raises(DataError, match="brightest pixel is 1: body pixels should be 255, are these masks of 0 and 1"):
        normalize_sequence(np.ones((3, 90, 40), np.uint8))


@pytest.mark.parametrize("frame", [np.zeros((4, 4), np.float32), np.zeros((4, 4, 3), np.uint8)])
def test_other_frames_are_refused(frame: np.ndarray):
    with pytest.raises(ShapeError, match=r"uint8 \[H, W\], frame 1 is"):
        normalize_sequence([_blob(50, 40, 3), frame])


@pytest.mark.parametrize("size", [0, 63, 10**9])
def test_odd_and_boundless_sizes_are_refused(size: int):
    with pytest.raises(ShapeError, match=f"even size of 2 to 1024 pixels, found {size}"):
        normalize_sequence([_blob(50, 40, 3)], size)


def test_no_frames_are_refused():
    with pytest.raises(DataError, match="at least one frame, found none"):
        normalize_sequence([])
