"""What was done stays done, whatever is cut off or damaged, and nothing of another embedding is taken for it."""

import json
import resource

import numpy as np
import pytest

from gaitprint.errors import ArtefactError, DataError
from gaitprint.inference.bulk.journal import EmbedJournal, InMemory, UnitVectors, begun_with, journal_of

FACTS = {"models": ["m"], "backends": ["torch"], "data": "d", "plan": "p", "device": "cpu", "threads": 1}
SHAPES = [(2, 3), (1, 3), (4, 5)]
VECTORS = [np.random.default_rng(n).normal(size=shape).astype(np.float32) for n, shape in enumerate(SHAPES)]
ORDER = (2, 0, 1)
"""In which units were ready."""


@pytest.fixture
def path(tmp_path):
    return journal_of(tmp_path / "e.safetensors")


def journal(path, **facts):
    return EmbedJournal(path, {**FACTS, **facts}, SHAPES)


def fill(kept):
    for number in ORDER:
        kept.add(number, VECTORS[number])


def same(kept, numbers=ORDER):
    return all(kept.take(n).tobytes() == VECTORS[n].tobytes() for n in numbers)


def test_what_was_kept_is_there_again(path):
    assert path.name == "e.safetensors.partial"
    first = journal(path)
    fill(first)
    first.add(0, VECTORS[0] + 1)
    assert len(first) == 3, "a unit is kept once"
    assert same(first)
    first.close()
    again = journal(path)
    assert all(n in again for n in ORDER)
    assert [begun_with(path, fact) for fact in ("backends", "what")] == [["torch"], None]
    assert 3 not in again
    assert same(again)
    again.remove()
    again.close()
    assert not path.exists()
    assert begun_with(path, "backends") is None


def test_in_memory_is_the_same_without_a_file():
    kept = InMemory()
    fill(kept)
    assert isinstance(kept, UnitVectors)
    assert same(kept)
    assert 2 not in kept


def test_cut_anywhere_it_goes_on_and_ends_with_the_same_bytes(path):
    whole = journal(path)
    fill(whole)
    whole.close()
    content = path.read_bytes()
    counts = set()
    for size in range(len(content)):
        path.write_bytes(content[:size])
        again = journal(path)
        counts.add(len(again))
        assert same(again, ORDER[: len(again)])
        fill(again)
        assert path.read_bytes() == content, size
        again.close()
    assert counts == {0, 1, 2}


def test_a_damaged_entry_and_what_follows_are_done_again(path):
    whole = journal(path)
    fill(whole)
    whole.close()
    content = bytearray(path.read_bytes())
    begin = content.index(b"\n") + 1
    for place in range(begin, len(content), 7):
        damaged = content.copy()
        damaged[place] ^= 0x11
        path.write_bytes(damaged)
        again = journal(path)
        assert len(again) < 3
        assert same(again, ORDER[: len(again)])
        again.close()


def test_one_without_a_unit_is_not_left_behind(path):
    journal(path).close()
    assert not path.exists()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"models": ["x"]}, "other models"),
        ({"backends": ["x"]}, "another --backend"),
        ({"data": "x"}, "another store, or other sequences of it"),
        ({"plan": "x"}, "other --flip or --windows"),
        ({"memory": 5, "plan": "x"}, "another --memory or --mode"),
        ({"device": "cuda"}, "another kind of device"),
        ({"threads": 2}, "another number of --threads"),
    ],
)
def test_that_of_another_embedding_is_refused_and_stays(path, facts, words):
    first = journal(path)
    fill(first)
    first.close()
    content = path.read_bytes()
    with pytest.raises(ArtefactError, match=f"was begun with {words}: go on as it was begun, or remove it") as error:
        journal(path, **facts)
    assert "\n" not in str(error.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"mine\n", b"{}\n", b"[1]\n", b"\0" * 99, json.dumps({"format": 1}).encode()])
def test_another_file_is_refused_and_stays(path, content):
    path.write_bytes(content)
    with pytest.raises(ArtefactError, match="is there and is no journal of an embedding: remove it, or choose another"):
        journal(path)
    assert path.read_bytes() == content


def test_a_later_version_is_said(path):
    begun = journal(path)
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 9'))
    with pytest.raises(ArtefactError, match="was begun with another version"):
        journal(path)
    begun.close()


def test_a_full_disk_is_one_line_and_leaves_no_half(path):
    kept = journal(path)
    kept.add(0, VECTORS[0])
    size = path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 110, before[1]))
    try:
        with pytest.raises(
            DataError, match=r"cannot write .*partial: File too large; .*run again, it goes on"
        ) as error:
            kept.add(2, VECTORS[2])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(error.value)
    assert path.stat().st_size == size
    kept.close()
    again = journal(path)
    assert len(again) == 1
    again.close()
