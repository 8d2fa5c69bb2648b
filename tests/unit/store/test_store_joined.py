"""Several sets as one, against their parts looked up by hand."""

import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest
from effort import calls
from hypothesis import given
from hypothesis import strategies as st
from store_examples import SIZE, frames, record, write

from gaitprint.errors import ConfigError, DataError
from gaitprint.store import ConcatSequences, MemorySequences, SequenceSet, Subset
from gaitprint.types import Frames, SequenceRecord

NAMES = st.text(st.characters(exclude_characters="/", exclude_categories=("Cs",)), min_size=1, max_size=6)
WORDS = st.text("ab/", min_size=1, max_size=3)
"""With slashes where they might be confused with those behind the names of sets."""
ROWS = st.lists(
    st.tuples(WORDS, st.one_of(st.none(), WORDS), WORDS, WORDS, st.integers(1, 5)),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row[0],
)
"""Key, subject, condition, view and length of the sequences of a set."""
PARTS = st.dictionaries(NAMES, st.tuples(ROWS, st.sampled_from([True, True, False])), min_size=1, max_size=4)


def built(drawn: dict[str, tuple[list[tuple[str, str | None, str, str, int]], bool]]) -> dict[str, SequenceSet]:
    """Sets of what was drawn; some are empty."""
    parts: dict[str, SequenceSet] = {}
    for salt, (name, (rows, kept)) in enumerate(drawn.items()):
        draw = np.random.default_rng(salt)
        arrays = tuple(draw.integers(0, 256, (row[4], *SIZE)).astype(np.uint8) for row in rows)
        records = tuple(SequenceRecord(*row[:4]) for row in rows)
        parts[name] = Subset(MemorySequences(records, arrays), lambda r, kept=kept: kept)
    return parts


@given(PARTS, st.integers(-6, 6), st.one_of(st.none(), st.integers(-6, 6)))
def test_it_is_its_parts_one_after_another(drawn, start, stop):
    parts = built(drawn)
    joined = ConcatSequences(parts)
    assert isinstance(joined, SequenceSet)
    expected = [(name, part, i) for name, part in parts.items() for i in range(len(part.records))]
    assert len(joined.records) == len(joined.lengths) == len(expected)
    assert joined.size == SIZE
    for place, (name, part, i) in enumerate(expected):
        inner, outer = part.records[i], joined.records[place]
        assert outer.key == name + "/" + inner.key
        assert outer.subject == (None if inner.subject is None else name + "/" + inner.subject)
        assert (outer.condition, outer.view) == (inner.condition, inner.view)
        assert joined.lengths[place] == part.lengths[i]
        np.testing.assert_array_equal(joined.frames(place, start, stop), part.frames(i, start, stop))
        np.testing.assert_array_equal(joined.frames(place), part.frames(i))
        np.testing.assert_array_equal(joined.frames(place - len(expected)), part.frames(i))
    for place in (len(expected), -len(expected) - 1):
        with pytest.raises(IndexError):
            joined.frames(place)


@given(PARTS)
def test_keys_are_unique_and_nobody_is_in_two_sets(drawn):
    parts = built(drawn)
    joined = ConcatSequences(parts)
    keys = [r.key for r in joined.records]
    assert len(set(keys)) == len(keys)
    apart = [{r.subject for r in part.records if r.subject is not None} for part in parts.values()]
    together = {r.subject for r in joined.records if r.subject is not None}
    assert len(together) == sum(map(len, apart))


def _memory(salt: int = 0, **changes: str | None) -> MemorySequences:
    records = (record(0, **changes), record(1), record(3, subject=None))
    return MemorySequences(records, tuple(frames(i, salt=salt) for i in (0, 1, 3)))


def test_the_fingerprint_is_of_names_sets_and_their_order():
    one, other = _memory(), _memory(salt=1)
    prints = [
        ConcatSequences({"a": one, "b": other}).fingerprint,
        ConcatSequences({"b": other, "a": one}).fingerprint,
        ConcatSequences({"a": other, "b": one}).fingerprint,
        ConcatSequences({"a": one, "c": other}).fingerprint,
        ConcatSequences({"a": one}).fingerprint,
        ConcatSequences({"a": one, "b": _memory(salt=2)}).fingerprint,
        ConcatSequences({"a": one, "b": _memory(salt=1, subject="x")}).fingerprint,
        one.fingerprint,
    ]
    assert len(set(prints)) == len(prints)
    assert ConcatSequences({"a": _memory(), "b": _memory(salt=1)}).fingerprint == prints[0]


def test_sets_of_sets_and_parts_of_them():
    inner = ConcatSequences({"a": _memory(), "b": _memory(salt=1)})
    outer = ConcatSequences({"x": inner, "y": _memory(salt=2)})
    subset = Subset(outer, lambda r: r.subject in {"x/b/000", "y/001"})
    assert [r.key.split("/")[:2] for r in subset.records] == [["x", "b"], ["y", "001"]]
    np.testing.assert_array_equal(subset.frames(0, 1), frames(0, salt=1)[1:])
    np.testing.assert_array_equal(subset.frames(1), frames(1, salt=2))


def _in_another_process(joined: ConcatSequences) -> tuple[str, tuple[SequenceRecord, ...], Frames]:
    return joined.fingerprint, joined.records, joined.frames(5, 1, 3)


def test_stores_joined_travel_to_another_process(tmp_path: Path):
    joined = ConcatSequences({"disk": write(tmp_path / "s"), "memory": _memory()})
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        fingerprint, records, some = pool.apply(_in_another_process, (joined,))
    assert (fingerprint, records) == (joined.fingerprint, joined.records)
    assert records[5].key == "memory/001/nm-01/é1"
    np.testing.assert_array_equal(some, joined.frames(5, 1, 3))


class Many:
    """A large set as a store is one: it travels as a few words."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.records = tuple(SequenceRecord(f"{i:06d}", f"{i // 10:05d}", "nm-01", "090") for i in range(count))
        self.lengths = (30,) * count
        self.size = SIZE
        self.fingerprint = str(count)

    def __reduce__(self) -> tuple[type["Many"], tuple[int]]:
        return Many, (self.count,)

    def frames(self, index: int, start: int = 0, stop: int | None = None) -> Frames:
        return np.full((1, *SIZE), index % 251, np.uint8)


def test_a_hundred_thousand_sequences_are_cheap():
    """Nothing is made for each of them before it is asked for, and nothing of it travels."""
    joined = ConcatSequences({"a": Many(60_000), "b": Many(40_000)})
    assert "records" not in vars(joined)
    joined.frames(0)  # what is made once is made
    assert calls(lambda: joined.frames(99_999)) < 1000
    assert "records" not in vars(joined)
    assert joined.records[99_999] == SequenceRecord("b/039999", "b/03999", "nm-01", "090")
    assert joined.records is joined.records
    # one text a subject and not one a sequence
    assert joined.records[99_999].subject is joined.records[99_990].subject
    assert len(pickle.dumps(joined)) < 1000
    assert joined.frames(99_999)[0, 0, 0] == 39_999 % 251


def test_frames_of_all_sets_share_a_size():
    odd = MemorySequences((record(0),), (frames(0, (64, 44)),))
    message = (
        r"^joined sets share one frame size, found 4 x 3 in 'a' and 64 x 44 in 'c': prepare one of them again in the "
        r"size of the other$"
    )
    with pytest.raises(DataError, match=message):
        ConcatSequences({"a": _memory(), "b": _memory(), "c": odd})
    with pytest.raises(DataError, match="joined sets are one or more, found none: name a store"):
        ConcatSequences({})


@pytest.mark.parametrize("name", ["", "a/b", "/"])
def test_names_that_could_be_confused_are_refused(name):
    with pytest.raises(ConfigError, match=f"the name of a joined set is a word without '/', found '{name}'"):
        ConcatSequences({"a": _memory(), name: _memory()})
