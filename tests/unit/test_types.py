import dataclasses

import numpy as np
import pytest

from gaitprint.errors import ShapeError, did_you_mean
from gaitprint.types import Embeddings, PartLayout, SequenceRecord, Silhouettes, check_frames

RECORDS = tuple(SequenceRecord(f"k{i}", None, "nm", "090") for i in range(3))
LAYOUT = PartLayout(((2, 3), (1, 2)))


def _embeddings(**changes) -> Embeddings:
    values = {
        "vectors": np.arange(24, dtype=np.float32).reshape(3, 8),
        "records": RECORDS,
        "layout": LAYOUT,
        "source": "s",
    }
    return Embeddings(**(values | changes))


def test_records_need_a_key_and_never_change():
    with pytest.raises(ShapeError, match="needs a key such as"):
        SequenceRecord("", None, "", "")
    with pytest.raises(ShapeError, match="walk: the subject is None where nobody is known"):
        SequenceRecord("walk", "", "", "")  # all unknown would be one person
    with pytest.raises(dataclasses.FrozenInstanceError):
        RECORDS[0].key = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("frames", "match"),
    [
        (np.zeros((2, 3), np.uint8), r"uint8 \[T, H, W\], found uint8 \[2, 3\]"),
        (np.zeros((1, 2, 3), np.float32), r"found float32 \[1, 2, 3\]"),
        (np.zeros((0, 2, 3), np.uint8), r"at least one frame and one pixel, found \[0, 2, 3\]"),
        (np.zeros((2, 0, 3), np.uint8), r"at least one frame and one pixel"),
    ],
)
def test_frames_are_checked(frames: np.ndarray, match: str):
    with pytest.raises(ShapeError, match=match) as caught:
        check_frames(frames, "walk 7")
    assert str(caught.value).startswith("walk 7: ")


def test_silhouettes_are_checked_when_made():
    assert len(Silhouettes(np.zeros((1, 2, 3), np.uint8), RECORDS[0]).frames) == 1
    with pytest.raises(ShapeError, match="k0: silhouettes need at least one frame"):
        Silhouettes(np.zeros((0, 2, 3), np.uint8), RECORDS[0])


def test_layouts_count_their_parts():
    assert LAYOUT.width == 8
    assert LAYOUT.parts == 3
    for blocks in ((), ((0, 3),), ((2, 3), (1, 0))):
        with pytest.raises(ShapeError, match=r"blocks of \(parts, channels\) >= 1"):
            PartLayout(blocks)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"records": RECORDS[:2]}, "3 vectors came with 2 records"),
        ({"layout": PartLayout(((1, 7),))}, "the part layout holds 7 floats, the vectors 8"),
    ],
)
def test_embeddings_that_do_not_fit_are_refused(changes: dict, match: str):
    with pytest.raises(ShapeError, match=match):
        _embeddings(**changes)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_embeddings_are_finite_and_the_bad_one_is_named(bad: float):
    vectors = np.zeros((3, 8), np.float32)
    vectors[1, 4] = bad
    with pytest.raises(ShapeError, match="that of 'k1' is not: check the weights"):
        _embeddings(vectors=vectors)


@pytest.mark.parametrize(("rows", "keys"), [([2, 0], "k2 k0"), ([1, 1], "k1 k1"), ([], ""), ([-1], "k2")])
def test_rows_are_selected_in_order(rows: list[int], keys: str):
    chosen = _embeddings(settings={"a": 1}).select(rows)
    assert " ".join(r.key for r in chosen.records) == keys
    assert (chosen.vectors == _embeddings().vectors[np.array(rows, int)]).all()
    assert len(chosen) == len(rows)
    assert (chosen.source, chosen.layout, chosen.settings) == ("s", LAYOUT, {"a": 1})


def test_a_mask_selects_where_it_holds():
    assert [r.key for r in _embeddings().select(np.array([False, True, True])).records] == ["k1", "k2"]
    assert len(_embeddings().select(np.array([False, False, False]))) == 0


def test_did_you_mean():
    assert did_you_mean("gaitgk", ["gaitgl", "tiny"]) == "did you mean 'gaitgl'?"
    assert did_you_mean("xyz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("xyz", []) == "known: none"


def test_a_number_is_no_misspelling_of_another():
    tested = [f"{i:03d}" for i in range(21, 41)]
    assert did_you_mean("001", tested) == "known: " + ", ".join(tested)
    assert did_you_mean("98", ["090", "098"]) == "did you mean '098'?"
    assert did_you_mean("1", [f"{i:03d}" for i in range(100, 200)]) == "there are 100, 100 to 199"
