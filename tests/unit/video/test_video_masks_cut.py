"""From what a network says to masks in the frame: crops and the way back, pieces, landmarks, people kept apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ArtefactError
from gaitprint.video.people import PersonMask
from gaitprint.video.segmentation.body_landmarks import read_landmarks
from gaitprint.video.segmentation.crops import Crop, soft_mask, square_around
from gaitprint.video.segmentation.keep_apart import find_strays, keep_apart
from gaitprint.video.segmentation.output_masks import read_mask
from gaitprint.video.segmentation.pieces import largest_piece, solid_box, tighten


def block(left: int, top: int, width: int, height: int, grey: int = 255) -> PersonMask:
    return PersonMask(int(left), int(top), np.full((height, width), grey, np.uint8))


@given(st.integers(-60, 90), st.integers(-60, 60), st.integers(2, 120))
def test_a_crop_and_its_mask_lie_where_they_came_from(left: int, top: int, side: int) -> None:
    image = np.zeros((50, 80, 3), np.uint8)
    image[10:30, 20:50] = 255
    crop = Crop(left, top, side, side)
    inner = crop.within(50, 80)
    if min(inner.width, inner.height) < 1:
        return
    # a network that answers the picture itself, at the size of the crop: nothing may move by even one pixel
    seen = crop.cut(image, (side, side))
    back = crop.put_back(seen[..., 0].astype(np.float32) / 255, 50, 80)
    assert (
        back.tolist() == image[inner.top : inner.top + inner.height, inner.left : inner.left + inner.width, 0].tolist()
    )


def test_a_mask_that_shrinks_has_the_share_of_each_pixel_as_grey() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[:, 24:] = 1
    assert Crop(0, 0, 4, 4).put_back(mask, 4, 4)[0].tolist() == [0, 128, 255, 255]


def test_squares_stand_around_their_point_and_stay_finite() -> None:
    assert square_around(50.0, 40.0, 20.0) == Crop(40, 30, 20, 20)
    assert square_around(1e30, -1e30, 1e30).width == 2**14


def test_logits_become_shares() -> None:
    logits = np.array([[-1e4, 0.0, 1.0, 1e4]], np.float32)
    assert soft_mask(logits)[0] == pytest.approx([0, 0.5, 1 / (1 + np.exp(-1)), 1])


def test_the_largest_piece_stays_with_its_grey_edge() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[2:18, 4:10] = 255
    mask[2:18, 10] = 40
    mask[8:12, 20:24] = 255
    mask[7, 20:24] = 40
    kept = largest_piece(mask)
    assert (kept[:, :11] == mask[:, :11]).all()
    assert not kept[:, 11:].any()
    assert largest_piece(kept).tolist() == kept.tolist()
    assert not largest_piece(np.zeros((5, 5), np.uint8)).any()


def test_a_thin_grey_ankle_holds_its_foot() -> None:
    mask = np.zeros((20, 10), np.uint8)
    mask[:12, 3:7] = 255
    mask[12:15, 4] = 90
    mask[15:18, 3:7] = 255
    assert largest_piece(mask).tolist() == mask.tolist()


def test_boxes_of_masks_and_tight_masks() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[5:9, 7:13] = 255
    box = solid_box(mask, 100, 50)
    assert box is not None
    assert box.tolist() == [107, 55, 113, 59]
    tight = tighten(PersonMask(100, 50, mask), mask, box)
    assert (tight.left, tight.top, tight.pixels.shape) == (106, 54, (6, 8))
    assert solid_box(np.full((3, 3), 100, np.uint8), 0, 0) is None


def test_of_two_masks_the_lower_feet_keep_what_both_claim() -> None:
    apart, lost = keep_apart([block(0, 0, 10, 20), block(5, 5, 10, 20), None], [20.0, 25.0, 0.0])
    assert apart[0] is not None
    assert apart[0].pixels[:5].all()
    assert not apart[0].pixels[5:, 5:].any()
    assert apart[1] is not None
    assert apart[1].pixels.all()
    assert apart[2] is None
    assert lost.tolist() == pytest.approx([75 / 200, 0, 0])


def test_soft_edges_share_a_pixel() -> None:
    apart, _ = keep_apart([block(0, 0, 4, 4), block(0, 0, 4, 4, 100)], [1.0, 2.0])
    assert apart[0] is not None
    assert (apart[0].pixels == 155).all()


@given(st.integers(0, 2**32 - 1))
def test_no_pixel_is_claimed_twice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    masks = [block(*rng.integers(0, 20, 2), *rng.integers(1, 20, 2)) for _ in range(4)]
    apart, lost = keep_apart(masks, rng.integers(0, 3, 4).astype(float).tolist())
    total = np.zeros((50, 50), int)
    for mask in apart:
        assert mask is not None
        rows, columns = mask.pixels.shape
        total[mask.top : mask.top + rows, mask.left : mask.left + columns] += mask.pixels
    assert total.max() <= 255
    assert ((lost >= 0) & (lost <= 1)).all()


def test_a_mask_on_the_neighbours_body_is_a_stray_and_only_that() -> None:
    mine, its = np.array([0, 0, 10, 30], np.float32), np.array([8, 0, 18, 30], np.float32)
    both_on_one = [block(8, 0, 10, 30), block(8, 0, 10, 29)]
    assert find_strays(both_on_one, [mine, its]).tolist() == [True, False]
    assert find_strays([block(0, 0, 10, 30), block(8, 0, 10, 30)], [mine, its]).tolist() == [False, False]
    assert find_strays([None, block(8, 0, 10, 30)], [mine, its]).tolist() == [False, False]
    # the same mask for the same box twice: one of them stays
    assert not find_strays(both_on_one[:1] * 2, [its, its]).all()


def test_landmarks_are_read_where_they_lie_in_the_frame() -> None:
    table = np.zeros((39, 5), np.float32)
    table[:, 3:] = 10
    table[33, :2], table[34, :2] = (128, 128), (128, 26)
    table[29, :2], table[30, :2] = (100, 230), (150, 235)
    table[30, 3] = -10
    body = read_landmarks(table.reshape(-1), Crop(100, 50, 128, 128), 256)
    assert body.centre.tolist() == [164, 114]
    assert body.height == pytest.approx(102)
    foot, visible = body.feet()
    assert foot.tolist() == [175, 167.5]
    assert visible == pytest.approx(2 / 3, abs=1e-3)
    assert body.inside(160, 400).tolist() == [i not in (29, 30) for i in range(39)]


def test_masks_of_all_forms_are_read() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(1, 3, 8, 9)).astype(np.float32)
    wanted = np.exp(logits[0, 2]) / np.exp(logits[0]).sum(axis=0)
    for values in (logits, logits.transpose(0, 2, 3, 1)):
        assert read_mask({"mask": values}, "logits", 2, "net") == pytest.approx(wanted, abs=1e-6)
    one = logits[:, :1]
    for values in (one, one.transpose(0, 2, 3, 1), one[:, 0]):
        assert read_mask({"mask": values}, "logits", 0, "net") == pytest.approx(soft_mask(one[0, 0]))
    shares = soft_mask(one[0, 0])[None, None]
    assert read_mask({"score": np.ones((1, 1)), "mask": shares}, "shares", 0, "net").tolist() == shares[0, 0].tolist()
    classes = logits.argmax(axis=1)
    assert read_mask({"mask": classes}, "shares", 1, "net").tolist() == (classes[0] == 1).tolist()


@pytest.mark.parametrize(
    ("outputs", "values", "person", "said"),
    [
        ({"a": np.zeros((1, 5), np.float32)}, "logits", 0, r"net answers a \[1, 5\]: expected a mask"),
        ({"a": np.full((1, 1, 4, 4), 3, np.float32)}, "shares", 0, "from 3 to 3.*logits"),
        ({"a": np.zeros((1, 2, 4, 4), np.float32)}, "logits", 5, r"2 classes.*person = 5"),
    ],
)
def test_other_masks_are_refused_in_one_line(outputs: dict, values: str, person: int, said: str) -> None:
    with pytest.raises(ArtefactError, match=said):
        read_mask(outputs, values, person, "net")
