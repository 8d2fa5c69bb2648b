from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.checks import appearance as _appearance
from gaitprint.checks.appearance import average_silhouette, mirrored, shifted
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import ShapeError
from gaitprint.layouts.miniature import figure
from gaitprint.types import SequenceRecord

VIEWS = ("000", "036", "090", "144")


@pytest.fixture(scope="module")
def people() -> tuple[list[SequenceRecord], np.ndarray]:
    """Twelve drawn walkers, four walks each, four views: records and averages uint8 [192, 32, 32]."""
    conditions = ("nm-01", "nm-02", "nm-03", "nm-04")
    drawn = list(walkers(SyntheticSettings(subjects=12, seed=3, frames=24, conditions=conditions, views=VIEWS)))
    return [record for record, _ in drawn], np.stack([average_silhouette(frames) for _, frames in drawn])


def record(number: int, view: str = "090", subject: str | None = "") -> SequenceRecord:
    return SequenceRecord(f"{number:03d}/x/{view}", f"{number:03d}" if subject == "" else subject, "x", view)


def flipped(averages: np.ndarray, rows: list[int], before: bool = False) -> np.ndarray:
    """Mirrored after normalisation; mirrored before it, the median column comes to lie a pixel, half a cell, aside."""
    result = averages.copy()
    mirror = result[rows][:, :, ::-1]
    result[rows] = (mirror // 2 + np.roll(mirror, 1, axis=2) // 2) if before else mirror
    return result


def keys(findings: list, word: str) -> list[str]:
    return [key for finding in findings if word in finding.what for key in finding.keys]


@pytest.mark.parametrize("shape", [(7, 64, 64), (5, 64, 44), (1, 64, 64), (3, 96, 66)])
def test_the_average_is_that_of_squares_over_time(shape: tuple[int, int, int]) -> None:
    length, height, width = shape
    side = height // 32
    frames = np.random.default_rng(length).integers(0, 256, shape, dtype=np.uint8)
    found = average_silhouette(frames)
    assert (found.dtype, found.shape) == (np.uint8, (32, width // side))
    for row in range(32):
        for column in range(width // side):
            values = frames[:, row * side : (row + 1) * side, column * side : (column + 1) * side]
            exact = Fraction(sum(int(v) for v in values.ravel()), values.size)
            assert abs(int(found[row, column]) - exact) <= Fraction(501, 1000)


def test_small_frames_are_not_reduced_and_large_ones_are_to_the_same_height() -> None:
    small = np.full((3, 20, 11), 7, np.uint8)
    assert np.array_equal(average_silhouette(small), small[0])
    assert average_silhouette(np.full((2, 128, 88), 9, np.uint8)).tolist() == [[9] * 22] * 32
    assert average_silhouette(np.full((2, 100, 3), 9, np.uint8)).shape == (32, 1)
    strided = np.arange(2 * 64 * 128, dtype=np.uint64).astype(np.uint8).reshape(2, 64, 128)[:, :, ::2]
    assert np.array_equal(average_silhouette(strided), average_silhouette(strided.copy()))


def test_an_average_needs_frames() -> None:
    with pytest.raises(ShapeError, match="at least one frame"):
        average_silhouette(np.zeros((0, 64, 64), np.uint8))


def test_bodies_in_their_place_are_not_shifted(people: tuple[list[SequenceRecord], np.ndarray]) -> None:
    assert list(shifted(*people)) == []
    boxes = [figure(number, frames=30, width=width) for width in (64, 44) for number in range(7)]
    for width in (32, 22):
        averages = np.stack([a for a in map(average_silhouette, boxes) if a.shape[1] == width])
        assert list(shifted([record(i) for i in range(len(averages))], averages)) == []


@pytest.mark.parametrize("width", [64, 44])
@pytest.mark.parametrize("pixels", [4, -4, 8, -8, 12, -12])
def test_bodies_beside_the_middle_are_named(pixels: int, width: int) -> None:
    boxes = [figure(number, frames=30, width=width) for number in range(6)]
    boxes[2] = np.roll(boxes[2], pixels, axis=2)
    boxes[4] = np.roll(boxes[4], pixels, axis=2)
    (finding,) = shifted([record(i) for i in range(6)], np.stack([average_silhouette(b) for b in boxes]))
    assert (finding.severity, finding.what) == ("warning", "sequences whose bodies stand beside the middle column: 2")
    assert finding.keys == ("002/x/090", "004/x/090")


@pytest.mark.parametrize("pixels", [4, -4, 8, -8, 12, -12])
def test_bodies_that_miss_the_first_or_last_row_are_named(
    pixels: int, people: tuple[list[SequenceRecord], np.ndarray]
) -> None:
    box = figure(3, frames=30)
    box = np.roll(box, pixels, axis=1)
    box[:, : pixels if pixels > 0 else None][:, pixels if pixels < 0 else 0 :] = 0
    averages = np.stack([average_silhouette(b) for b in (figure(2), box)])
    (finding,) = shifted([record(0), record(1)], averages)
    assert finding.what == "sequences whose bodies do not reach from the first to the last row: 1"
    assert finding.keys == ("001/x/090",)
    assert finding.line().startswith("warning: sequences whose bodies do not reach from the first to the last row: 1 (")


def test_a_picture_without_a_body_misses_the_rows_and_has_no_middle() -> None:
    found = list(shifted([record(0)], np.zeros((1, 32, 22), np.uint8)))
    assert [f.keys for f in found] == [("000/x/090",)]
    assert "rows" not in found[0].what
    assert "first to the last row" in found[0].what


def test_half_of_the_body_lies_left_of_the_middle() -> None:
    averages = np.random.default_rng(0).integers(0, 256, (20, 5, 9), dtype=np.uint8)
    averages[3, :, :4] = 0
    averages[4, :, 2:] = 0
    for found, picture in zip(_appearance._middle(averages), averages, strict=True):
        columns = picture.sum(axis=0).astype(float)
        left, place = 0.0, 0
        while left + columns[place] < columns.sum() / 2:
            left += columns[place]
            place += 1
        assert found == pytest.approx(place + (columns.sum() / 2 - left) / columns[place], abs=1e-5)


def test_walkers_as_drawn_are_not_mirrored(people: tuple[list[SequenceRecord], np.ndarray]) -> None:
    assert list(mirrored(*people)) == []


@pytest.mark.parametrize("before", [False, True])
def test_mirror_images_are_named(before: bool, people: tuple[list[SequenceRecord], np.ndarray]) -> None:
    records, averages = people
    wrong = [i for i, r in enumerate(records) if r.key in {"002/nm-01/144", "003/nm-02/090", "007/nm-04/036"}]
    (finding,) = mirrored(records, flipped(averages, wrong, before))
    assert finding.severity == "warning"
    assert finding.what == "sequences that look like the mirror image of the others of their view: 3"
    assert finding.keys == ("002/nm-01/144", "003/nm-02/090", "007/nm-04/036")


def test_a_mirrored_data_set_is_as_good_as_the_other(people: tuple[list[SequenceRecord], np.ndarray]) -> None:
    records, averages = people
    assert list(mirrored(records, averages[:, :, ::-1].copy())) == []
    wrong = flipped(averages, [6, 30])
    assert list(mirrored(records, wrong[:, :, ::-1].copy())) == list(mirrored(records, wrong))


@given(st.sampled_from([0.2, 0.3, 0.5, 0.7]), st.integers(0, 3))
def test_two_directions_are_no_mistake_of_single_sequences(share: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    usual = np.zeros((32, 32), np.uint8)
    usual[:, 12:20] = 200
    usual[10:14, 20:26] = 100
    averages = (usual + generator.integers(0, 50, (60, 32, 32))).astype(np.uint8)
    averages = flipped(averages, list(range(int(share * 60))))
    found = list(mirrored([record(i) for i in range(60)], averages))
    assert keys(found, "mirror image") == []
    assert [(f.severity, f.what, f.keys) for f in found] == (
        [] if share == 0.5 else [("note", "views in which people walk in both directions: 1", ("090",))]
    )


def test_mirrored_needs_many_sequences_of_several_subjects(people: tuple[list[SequenceRecord], np.ndarray]) -> None:
    records, averages = people
    view = [i for i, r in enumerate(records) if r.view == "090"]
    wrong = flipped(averages[view], [5])
    chosen = [records[i] for i in view]
    assert keys(list(mirrored(chosen[:20], wrong[:20])), "mirror image") == [chosen[5].key]
    assert list(mirrored(chosen[:19], wrong[:19])) == []
    four = [SequenceRecord(r.key, str(i % 4), r.condition, r.view) for i, r in enumerate(chosen)]
    assert list(mirrored(four, wrong)) == []
    nobody = [SequenceRecord(r.key, None, r.condition, r.view) for r in chosen]
    assert keys(list(mirrored(nobody, wrong)), "mirror image") == [chosen[5].key]


def test_a_symmetric_view_says_nothing_about_mirror_images() -> None:
    averages = np.random.default_rng(0).integers(0, 256, (40, 32, 32), dtype=np.uint8)
    averages[:, :, 16:] = averages[:, :, 15::-1]
    averages[7, :, :4] = 0
    assert list(mirrored([record(i) for i in range(40)], averages)) == []


def test_a_view_that_is_only_moved_aside_says_nothing_about_mirror_images() -> None:
    averages = np.repeat(np.full((32, 3), (0, 50, 200), np.uint8)[None], 40, axis=0)
    averages[7] = averages[7][:, ::-1]
    assert list(mirrored([record(i) for i in range(40)], averages)) == []


def test_a_view_too_large_for_one_copy_is_read_in_blocks(
    people: tuple[list[SequenceRecord], np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    records, averages = people
    monkeypatch.setattr(_appearance, "_BLOCK", 25)
    wrong = [i for i, r in enumerate(records) if r.key == "005/nm-02/090"]
    assert keys(list(mirrored(records, flipped(averages, wrong))), "mirror image") == ["005/nm-02/090"]


def test_weights_see_no_shift_and_tell_the_median_from_its_mirror_image() -> None:
    generator = np.random.default_rng(0)
    different = generator.normal(2, 1, (30, 8)).astype(np.float32)
    middle = np.median(different, axis=0)
    slope = generator.normal(size=8).astype(np.float32)
    weights = _appearance._discriminant(different, middle, slope)
    assert weights @ slope == pytest.approx(0, abs=1e-4)
    spread = np.cov(different.T) + np.var(different, axis=0, ddof=1).max() * np.eye(8)

    def separation(w: np.ndarray) -> float:
        return float((w @ middle) ** 2 / (w @ spread @ w))

    for _ in range(50):
        other = generator.normal(size=8)
        other -= (other @ slope) / (slope @ slope) * slope
        assert separation(other) <= separation(weights) * 1.0001


@pytest.mark.parametrize("rule", [shifted, mirrored])
def test_degenerate_sets_are_silent(rule) -> None:
    assert list(rule([], np.zeros((0, 32, 32), np.uint8))) == []
    assert list(rule([], np.zeros((0, 0, 0), np.uint8))) == []
    one = average_silhouette(figure(0))
    assert list(rule([record(0)], one[None])) == []
    alike = np.repeat(one[None], 40, axis=0)
    assert list(rule([record(i) for i in range(40)], alike)) == []
    assert list(rule([record(i, subject=None) for i in range(40)], alike)) == []
    narrow = np.repeat(average_silhouette(figure(0, width=44))[None], 40, axis=0)
    assert list(rule([record(i) for i in range(40)], narrow)) == []
    assert list(rule([record(i) for i in range(40)], np.full((40, 32, 1), 255, np.uint8))) == []


@pytest.mark.parametrize("rule", [shifted, mirrored])
def test_averages_need_their_records(rule) -> None:
    with pytest.raises(ShapeError, match="2 records came with 1 average silhouettes"):
        list(rule([record(0), record(1)], np.zeros((1, 32, 32), np.uint8)))
