"""Every augmentation against its slow self, and what its settings refuse."""

from math import ceil, cos, floor, radians, sin, sqrt

import cv2
import numpy as np
import pytest

from gaitprint.components import find_component
from gaitprint.errors import ConfigError
from gaitprint.silhouettes.augmentations.part_dilate import KERNELS
from gaitprint.silhouettes.augmenting import draw_rows

CLIP = cv2.GaussianBlur(
    (np.random.default_rng(0).random((64, 44, 3)) > 0.5).astype(np.float32), (5, 5), 0
).transpose(2, 0, 1)  # fmt: skip
STEP = 1 / 16
"""OpenCV may place a source pixel to 1/32 only, along each axis; neighbours of CLIP differ by less than 1."""


def make(name, **settings):
    return find_component("augmentation", name).make({"probability": 1.0, **settings})


def drawn(seed):
    """A generator past the draw that decides whether the clip is changed."""
    generator = np.random.default_rng(seed)
    generator.random()
    return generator


def warped_slowly(clip, source_of):
    """Each pixel from the four around its place in the source; beyond the clip is 0."""
    frames, height, width = clip.shape
    result = np.zeros(clip.shape)
    for y in range(height):
        for x in range(width):
            from_x, from_y = source_of(x, y)
            left, top = floor(from_x), floor(from_y)
            for i, weight_y in ((top, top + 1 - from_y), (top + 1, from_y - top)):
                for j, weight_x in ((left, left + 1 - from_x), (left + 1, from_x - left)):
                    if 0 <= i < height and 0 <= j < width:
                        for t in range(frames):
                            result[t, y, x] += weight_y * weight_x * clip[t, i, j]
    return result


@pytest.mark.parametrize("width", [44, 45])
def test_flipping_takes_columns_from_the_other_side(width):
    clip = np.random.default_rng(1).random((3, 8, width), dtype=np.float32)
    found = make("flip")(clip, np.random.default_rng(0))
    for x in range(width):
        assert np.array_equal(found[:, :, x], clip[:, :, width - 1 - x])


@pytest.mark.parametrize("size", [(64, 44), (32, 22), (128, 88), (20, 60)])
def test_what_is_erased_is_one_rectangle_of_the_asked_size(size):
    erase, (height, width) = make("erase"), size
    places = []
    for seed in range(200):
        found = erase(np.ones((2, height, width), np.float32), np.random.default_rng(seed))
        gone = [(y, x) for y in range(height) for x in range(width) if found[0, y, x] == 0]
        (top, left), (bottom, right) = min(gone), max(gone)
        rows, columns = bottom - top + 1, right - left + 1
        assert sorted(gone) == [(y, x) for y in range(top, bottom + 1) for x in range(left, right + 1)]
        assert np.array_equal(found[0], found[1])
        assert set(np.unique(found)) == {0, 1}
        places.append((top, left, rows, columns))
        if width <= height:  # else an upright rectangle may be cut to the frame's height
            # sides are rounded to half a pixel
            assert (rows - 0.5) * (columns - 0.5) <= 0.2 * height * width
            assert (rows + 0.5) * (columns + 0.5) >= 0.05 * height * width
            assert (rows + 0.5) / (columns - 0.5) >= 0.3
            assert (rows - 0.5) / (columns + 0.5) <= 1 / 0.3
    tops, lefts, rows, columns = map(np.array, zip(*places, strict=True))
    assert min(tops) == min(lefts) == 0
    assert max(tops + rows) == height
    assert max(lefts + columns) == width
    assert np.mean(rows > columns) > 0.7 or width > height


def test_erasing_follows_the_formula():
    for seed in range(20):
        generator = drawn(seed)
        area, ratio = generator.uniform(0.05, 0.2) * 64 * 44, generator.uniform(0.3, 1 / 0.3)
        rows, columns = round(sqrt(area * ratio)), round(sqrt(area / ratio))
        top, left = generator.integers(0, 64 - rows + 1), generator.integers(0, 44 - columns + 1)
        expected = CLIP.copy()
        for y in range(top, top + rows):
            for x in range(left, left + columns):
                expected[:, y, x] = 0
        assert np.array_equal(make("erase")(CLIP, np.random.default_rng(seed)), expected)


def test_erasing_everything_is_possible():
    assert not make("erase", area=[1, 1])(np.ones((2, 9, 9), np.float32), np.random.default_rng(1)).all()
    assert not make("erase", area=[1, 1], ratio=1.0)(np.ones((2, 9, 9), np.float32), np.random.default_rng(1)).any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_turning_is_about_the_middle_and_anticlockwise(seed):
    angle = radians(drawn(seed).uniform(-10, 10))

    def source(x, y):
        # rows grow downwards: anticlockwise to the eye is clockwise in (x, y), and this is the way back
        dx, dy = x - 21.5, y - 31.5
        return 21.5 + cos(angle) * dx - sin(angle) * dy, 31.5 + sin(angle) * dx + cos(angle) * dy

    found = make("rotate")(CLIP, np.random.default_rng(seed))
    assert np.abs(found - warped_slowly(CLIP, source)).max() < STEP
    assert np.abs(found - CLIP).max() > 4 * STEP


def test_turning_by_a_given_angle_is_seen():
    clip = np.zeros((1, 41, 41), np.float32)
    clip[0, 20, 30] = 1  # to the right of the middle
    turned = [make("rotate", degrees=90)(clip, np.random.default_rng(seed))[0] for seed in range(5)]
    for seed, picture in enumerate(turned):
        angle = radians(drawn(seed).uniform(-90, 90))
        y, x = np.unravel_index(picture.argmax(), picture.shape)
        assert abs(x - (20 + 10 * cos(angle))) < 1
        assert abs(y - (20 - 10 * sin(angle))) < 1  # above where the angle is positive


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_perspective_solves_for_the_map_of_four_corners(seed):
    insets = drawn(seed).uniform(0, 10 / 64, 4) * 64
    # the frame before its sides were cut: 64 wide, its edges half a pixel outside the first and last pixels' middles
    left, right, top, bottom = -10.5, 53.5, -0.5, 63.5
    results = [(left, top), (right, top), (right, bottom), (left, bottom)]
    sources = [(x + s * a, y) for (x, y), s, a in zip(results, (1, -1, -1, 1), insets, strict=True)]
    rows, values = [], []
    for (x, y), (u, v) in zip(results, sources, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    a, b, c, d, e, f, g, h = np.linalg.solve(rows, values)

    def source(x, y):
        return (a * x + b * y + c) / (g * x + h * y + 1), (d * x + e * y + f) / (g * x + h * y + 1)

    found = make("perspective")(CLIP, np.random.default_rng(seed))
    assert np.abs(found - warped_slowly(CLIP, source)).max() < STEP
    assert np.abs(found - CLIP).max() > 4 * STEP


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_affine_map_is_solved_from_three_corners(seed):
    before, after = drawn(seed).uniform(0, 10 / 64, (2, 3, 2)) * 64
    corners = [(-10.5, -0.5, 1, 1), (53.5, -0.5, -1, 1), (-10.5, 63.5, 1, -1)]
    sources = [(x + s * dx, y + t * dy) for (x, y, s, t), (dx, dy) in zip(corners, before, strict=True)]
    results = [(x + s * dx, y + t * dy, 1) for (x, y, s, t), (dx, dy) in zip(corners, after, strict=True)]
    back = np.linalg.solve(results, sources)
    found = make("affine")(CLIP, np.random.default_rng(seed))
    expected = warped_slowly(CLIP, lambda x, y: np.array([x, y, 1]) @ back)
    assert np.abs(found - expected).max() < STEP
    assert np.abs(found - CLIP).max() > 4 * STEP


def reached(shape, right, down, dx, dy):
    """Whether a kernel that reaches `right` columns and `down` rows holds the place (dx, dy)."""
    if shape == cv2.MORPH_RECT:
        return abs(dx) <= right and abs(dy) <= down
    if shape == cv2.MORPH_CROSS:
        return (dx == 0 and abs(dy) <= down) or (dy == 0 and abs(dx) <= right)
    return abs(dy) <= down and abs(dx) <= round(right * sqrt(1 - dy**2 / down**2))


@pytest.mark.parametrize(("height", "width", "pixels"), [(64, 44, (1, 2)), (32, 22, (1, 1)), (128, 88, (2, 4))])
def test_dilation_is_a_maximum_within_the_band(height, width, pixels):
    clip = np.random.default_rng(1).random((2, height, width), dtype=np.float32)
    kernels = set()
    for seed in range(12):
        generator = drawn(seed)
        shape, (right, down) = KERNELS[generator.integers(9)]
        kernels.add(shape)
        right, down = pixels[right - 1], pixels[down - 1]
        rows = draw_rows((9 / 64, 20 / 64), (39 / 64, 50 / 64), height, generator)
        found = make("part-dilate")(clip, np.random.default_rng(seed))
        expected = clip.copy()
        offsets = [
            (dx, dy)
            for dx in range(-right, right + 1)
            for dy in range(-down, down + 1)
            if reached(shape, right, down, dx, dy)
        ]
        band = clip[:, rows.start : rows.stop]
        # what lies outside is never the largest
        wide = np.pad(band, ((0, 0), (down, down), (right, right)), constant_values=-np.inf)
        around = [wide[:, down + dy : down + dy + band.shape[1], right + dx : right + dx + width] for dx, dy in offsets]
        expected[:, rows.start : rows.stop] = np.max(around, axis=0)
        assert np.array_equal(found, expected)
    assert len(kernels) == 3


def mirrored(i, first, last):
    """The row or column that stands for i beyond the ends: abc|cb is dcb|abc, the last not repeated."""
    return 2 * first - i if i < first else 2 * last - i if i > last else i


@pytest.mark.parametrize(("height", "width", "reach"), [(64, 44, 1), (32, 22, 1), (128, 88, 2)])
def test_blurring_is_a_weighted_sum_within_the_band_and_a_threshold(height, width, reach):
    clip = np.random.default_rng(2).random((2, height, width)).astype(np.float32) ** 3
    # a Gauss curve that halves after `reach` pixels: 1/4, 1/2, 1/4 for one
    weights = [0.5 ** ((d / reach) ** 2) for d in range(-reach, reach + 1)]
    weights = [w / sum(weights) for w in weights]
    for seed in range(4):
        rows = draw_rows((9 / 64, 20 / 64), (39 / 64, 50 / 64), height, drawn(seed))
        found = make("part-blur")(clip, np.random.default_rng(seed))
        untouched = [y for y in range(height) if not rows.start <= y < rows.stop]
        assert np.array_equal(found[:, untouched], clip[:, untouched])
        total = np.zeros((2, rows.stop - rows.start, width))
        for dy, weight_y in enumerate(weights, start=-reach):
            lines = [mirrored(y + dy, rows.start, rows.stop - 1) for y in range(rows.start, rows.stop)]
            for dx, weight_x in enumerate(weights, start=-reach):
                columns = [mirrored(x + dx, 0, width - 1) for x in range(width)]
                total += weight_y * weight_x * clip[:, lines][:, :, columns]
        sure = np.abs(total - 0.2) > 1e-6
        assert np.array_equal(found[:, rows.start : rows.stop][sure], (total > 0.2)[sure])


def test_bands_begin_and_end_at_every_row_of_their_ranges():
    rows = [draw_rows((9 / 64, 20 / 64), (39 / 64, 50 / 64), 64, np.random.default_rng(seed)) for seed in range(300)]
    assert {r.start for r in rows} == set(range(9, 21))
    assert {r.stop for r in rows} == set(range(39, 51))
    low = draw_rows((0.5, 0.5), (0.5, 0.5), 64, np.random.default_rng(0))
    assert (low.start, low.stop) == (32, 32)


@pytest.mark.parametrize("name", ["part-dilate", "part-blur"])
def test_an_empty_band_changes_nothing(name):
    augment = make(name, top=[0.5, 0.5], bottom=[0.5, 0.5])
    assert np.array_equal(augment(CLIP, np.random.default_rng(0)), CLIP)


@pytest.mark.parametrize("name", ["erase", "part-blur"])
def test_frame_by_frame_each_has_its_own_chance(name):
    clip = np.repeat(CLIP[:1], 60, axis=0)
    generator = np.random.default_rng(4)
    found = make(name, per_frame=True, probability=0.5)(clip, generator)
    frames = np.random.default_rng(4)
    alone = [make(name, probability=0.5)(frame[None], frames)[0] for frame in clip]
    assert np.array_equal(found, np.stack(alone))
    unchanged = [np.array_equal(frame, CLIP[0]) for frame in found]
    assert 0.3 < np.mean(unchanged) < 0.7
    assert len({frame.tobytes() for frame in found}) > 15


def test_sizes_of_the_field_at_64_by_44():
    """Defaults in pixels, as published for 64 rows: rows 9 to 20 and 39 to 50, kernels 3 and 5, corners by up to 10."""
    for name in ("part-dilate", "part-blur"):
        s = make(name).settings
        assert [64 * v for v in (*s.top, *s.bottom)] == [9, 20, 39, 50]
        assert 64 * s.reach == 1
    assert 64 * make("perspective").settings.inset == 64 * make("affine").settings.shift == 10
    assert make("rotate").settings.degrees == 10
    assert (make("erase").settings.area, make("erase").settings.ratio) == ((0.05, 0.2), 0.3)
    assert ceil(sqrt(0.2 * 64 * 44 / 0.3)) <= 44  # the largest fits without being cut


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("flip", {"probability": 1.5}, "an augmentation's probability is from 0 to 1, found 1.5"),
        *(
            (name, {"probability": -0.1}, "probability is from 0 to 1, found -0.1")
            for name in ("erase", "rotate", "perspective", "affine", "part-dilate", "part-blur")
        ),
        ("flip", {"probability": float("nan")}, "probability is from 0 to 1, found nan"),
        ("flip", {"probabilty": 0.5}, "has no setting 'probabilty': did you mean 'probability'"),
        ("flip", {"per_frame": True}, "has no setting 'per_frame'"),
        ("erase", {"area": [0.3, 0.2]}, r"erase's area is an ascending range from 0 to 1, found \[0.3, 0.2\]"),
        ("erase", {"area": [0.3, 1.2]}, "erase's area is an ascending range"),
        ("erase", {"area": [0.3]}, "is a list of 2 values"),
        ("erase", {"ratio": 0.0}, "erase's ratio is above 0 and at most 1, found 0.0"),
        ("erase", {"ratio": 3.0}, "erase's ratio is above 0 and at most 1, found 3.0"),
        ("rotate", {"degrees": -1}, "rotate's degrees are from 0 to 180, found -1.0"),
        ("perspective", {"inset": 0.5}, "perspective's inset is from 0 to 0.4, found 0.5"),
        ("affine", {"shift": 0.3}, "affine's shift is from 0 to 0.25, found 0.3"),
        ("part-dilate", {"top": [-0.1, 0.2]}, "part-dilate's top is an ascending range from 0 to 1"),
        ("part-dilate", {"bottom": [0.2, 0.8]}, "part-dilate's bottom is an ascending range from 0.3125 to 1"),
        ("part-dilate", {"reach": 0.0}, "part-dilate's reach is above 0 and at most 0.1, found 0.0"),
        ("part-blur", {"top": [0.7, 0.8]}, "part-blur's bottom is an ascending range from 0.8 to 1"),
        ("part-blur", {"bottom": [0.8, 1.1]}, "part-blur's bottom is an ascending range"),
        ("part-blur", {"reach": 0.2}, "part-blur's reach is above 0 and at most 0.1, found 0.2"),
        ("part-blur", {"threshold": 1.0}, "part-blur's threshold is from 0 to below 1, found 1.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(name, settings, message):
    with pytest.raises(ConfigError, match=message) as error:
        find_component("augmentation", name).make(settings)
    assert "\n" not in str(error.value)


SEGMENTER_FAULTS = ("outline", "coarse", "holes", "cut", "shift", "stain")


def body(frames=10, height=64, width=44):
    """An upright ellipse that fills the height."""
    clip = np.zeros((frames, height, width), np.float32)
    for frame in clip:
        cv2.ellipse(frame, (width // 2, height // 2), (width // 6, height // 2), 0.0, 0.0, 360.0, 1.0, -1)
    return clip


def segmenter(*faults, **settings):
    return make("segmenter", **{f: float(f in faults) for f in SEGMENTER_FAULTS}, **settings)


@pytest.mark.parametrize(
    ("fault", "fits"),
    [
        ("holes", lambda new, old: (new <= old).all() and new.sum() < old.sum()),
        ("stain", lambda new, old: (new >= old).all() and (new[:, :32] == old[:, :32]).all()),
        ("outline", lambda new, old: new.sum() != old.sum() and new[:, :, :5].max() == 0),
        ("coarse", lambda new, old: abs(new.sum() / old.sum() - 1) < 0.05 and ((new > 0) & (new < 1)).sum() > 0),
        # what is left fills the height again
        ("cut", lambda new, old: new[:, :2].any() and new[:, -2:].any()),
        ("shift", lambda new, old: np.array_equal(np.sort(new.sum(axis=1)), np.sort(old.sum(axis=1)))),
    ],
)
def test_a_segmenters_fault_does_what_it_is_called(fault, fits):
    old, changed = body(), 0
    for seed in range(40):
        new = segmenter(fault)(old, np.random.default_rng(seed))
        if not np.array_equal(new, old):
            changed += 1
            assert fits(new, old), seed
    assert changed > 25


def test_a_segmenters_fault_comes_and_goes_as_in_video():
    spans = []
    for seed in range(40):
        new = segmenter("holes")(body(), np.random.default_rng(seed))
        spans.append(int(sum(not np.array_equal(a, b) for a, b in zip(new, body(), strict=True))))
    assert min(spans) < 4
    assert max(spans) > 8


def test_a_degraded_clip_has_one_fault_at_least():
    rare = make("segmenter", **dict.fromkeys(SEGMENTER_FAULTS, 0.0) | {"outline": 1e-9})
    # an outline cut at the middle is the one that was there
    assert sum(not np.array_equal(rare(body(), np.random.default_rng(s)), body()) for s in range(20)) > 10


def test_a_segmenter_without_faults_is_refused():
    with pytest.raises(ConfigError, match="needs a fault whose probability is above 0"):
        segmenter()
    with pytest.raises(ConfigError, match="from 0 to 1"):
        make("segmenter", holes=1.5)


@pytest.mark.parametrize("feet", [0.0, 1.0])
def test_a_border_cuts_one_end_and_deeper_towards_it(feet):
    figure = np.zeros((64, 44), np.float32)
    # every row has its own width, so that the rows that are left are known
    for y in range(64):
        figure[y, 21 - y // 8 : 23 + y // 8] = 1
    clip, ends = np.repeat(figure[None], 12, axis=0), set()
    for seed in range(30):
        cut = make("border", probability=1.0, frames=[3, 3], deepest=[0.25, 0.25], feet=feet)
        new = cut(clip, np.random.default_rng(seed))
        changed = [t for t in range(12) if not np.array_equal(new[t], figure)]
        first = changed == [0, 1, 2]
        assert first or changed == [9, 10, 11]
        ends.add(first)
        depths = [16, 11, 5]
        for t, rows in zip(changed if first else changed[::-1], depths, strict=True):
            rest = figure[: 64 - rows] if feet else figure[rows:]
            # the widest row that is left is as wide as before, times what the rest grew by
            assert abs((new[t] > 0.5).sum(axis=1).max() - rest.sum(axis=1).max() * 64 / (64 - rows)) <= 2
            assert new[t, 0].any()
            assert new[t, -1].any()
    assert ends == {True, False}


def test_a_border_is_as_rare_as_asked_and_shorter_than_a_clip():
    rare = make("border", probability=0.3)
    share = np.mean([not np.array_equal(rare(body(), np.random.default_rng(s)), body()) for s in range(300)])
    assert 0.2 < share < 0.4
    short = body()[:2]
    assert make("border", probability=1.0, frames=[6, 6])(short, np.random.default_rng(0)).shape == short.shape


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"frames": [0, 3]}, "border's frames are two counts, at least 1 and in order"),
        ({"frames": [4, 3]}, "border's frames are two counts"),
        ({"deepest": [0.2, 0.6]}, "border's deepest is at most 0.5, found 0.6"),
        ({"deepest": [0.3, 0.2]}, "border's deepest is an ascending range"),
        ({"feet": 2.0}, "from 0 to 1, found 2"),
    ],
)
def test_borders_that_cannot_be_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        make("border", **settings)
