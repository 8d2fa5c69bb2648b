import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import DataError, ShapeError
from gaitprint.report.contact_sheets import contact_sheet, encode_png, evenly_spaced


def numbered(length: int, height: int = 64, width: int = 44) -> np.ndarray:
    """Frames whose pixels all say the frame's number plus 100."""
    return np.repeat(np.arange(100, 100 + length, dtype=np.uint8), height * width).reshape(length, height, width)


def cells(sheet: np.ndarray, row: int, height: int, width: int, columns: int) -> list[int]:
    """The middle pixel of each cell of a row, cells being laid out from the right end with gaps of two pixels."""
    y = 2 + row * (height + 2) + height // 2
    return [int(sheet[y, sheet.shape[1] - (columns - j) * (width + 2) + width // 2]) for j in range(columns)]


def test_rows_show_the_first_the_last_and_frames_between():
    sheet = contact_sheet([("001/nm-01/090", numbered(30)), ("002", numbered(10))], columns=4)
    assert cells(sheet, 0, 64, 44, 4) == [100, 110, 119, 129]
    assert cells(sheet, 1, 64, 44, 4) == [100, 103, 106, 109]


def test_a_short_sequence_leaves_cells_empty():
    sheet = contact_sheet([("x", numbered(2))], columns=4)
    assert cells(sheet, 0, 64, 44, 4) == [100, 101, 40, 40]


def test_scale_enlarges_frames_alone():
    small, large = (contact_sheet([("x", numbered(3))], columns=3, scale=s) for s in (1, 2))
    assert cells(large, 0, 128, 88, 3) == [100, 101, 102]
    assert large.shape[1] - small.shape[1] == 3 * 44
    assert large.shape[0] - small.shape[0] == 64


def test_the_label_is_written_left_of_its_row():
    frames = np.zeros((3, 64, 44), np.uint8)
    named, unnamed = contact_sheet([("walker 1", frames), ("walker 2", frames)]), contact_sheet([("", frames)] * 2)
    margin = named.shape[1] - 8 * 46
    assert (named[:66, :margin] > 100).any()
    assert (named[66:, :margin] > 100).any()
    assert not np.array_equal(named[:66, :margin], named[66:132, :margin])
    assert not (unnamed > 100).any()


def test_sequences_of_different_sizes_share_a_sheet_and_other_alphabets_do_not_fail():
    sheet = contact_sheet([("Ж", numbered(2, 8, 8)), ("b", numbered(2, 64, 64))], columns=2)
    assert sheet.shape[0] == 2 * 66 + 2
    assert sheet[2, sheet.shape[1] - 2 * 66] == 100


def test_a_sheet_of_nothing_or_of_something_else_is_refused():
    with pytest.raises(DataError, match="at least one sequence"):
        contact_sheet([])
    with pytest.raises(ShapeError, match="found 0 and 1"):
        contact_sheet([("x", numbered(2))], columns=0)
    with pytest.raises(ShapeError, match=r"broken: silhouettes need at least one frame"):
        contact_sheet([("broken", np.zeros((0, 64, 64), np.uint8))])


@given(st.integers(1, 200), st.integers(1, 40))
def test_evenly_spaced_indices_rise_from_first_to_last(length, count):
    indices = evenly_spaced(length, count)
    assert len(indices) == min(length, count)
    assert indices[0] == 0
    assert count == 1 or indices[-1] == length - 1
    gaps = np.diff(indices)
    assert (gaps >= 1).all()
    assert not len(gaps) or gaps.max() - gaps.min() <= 1


def test_png_gives_the_picture_back_in_grey_and_in_colour():
    grey = np.random.default_rng(0).integers(0, 256, (5, 7), np.uint8)
    colour = np.zeros((4, 4, 3), np.uint8)
    colour[..., 0] = 200
    back = cv2.imdecode(np.frombuffer(encode_png(grey), np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(back, grey)
    back = cv2.imdecode(np.frombuffer(encode_png(colour), np.uint8), cv2.IMREAD_COLOR)
    assert (back[..., 2] == 200).all(), "red first becomes red"
    assert encode_png(grey).startswith(b"\x89PNG")


@pytest.mark.parametrize("wrong", [np.zeros((2, 2, 4), np.uint8), np.zeros(3, np.uint8), np.zeros((0, 3), np.uint8)])
def test_png_of_no_picture_is_refused(wrong):
    with pytest.raises(ShapeError, match=r"a picture is uint8 \[H, W\]"):
        encode_png(wrong)
