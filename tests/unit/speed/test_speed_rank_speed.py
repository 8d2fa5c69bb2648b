"""Which sequences of a store are measured."""

import numpy as np
import pytest

from gaitprint.errors import DataError
from gaitprint.speed.rank_speed import Sample, sampled
from gaitprint.store import MemorySequences
from gaitprint.types import SequenceRecord


def walks(*subjects):
    records = tuple(SequenceRecord(f"{i}", subject, "nm", "090") for i, subject in enumerate(subjects))
    return MemorySequences(records, tuple(np.zeros((2, 4, 4), np.uint8) for _ in records))


def generator():
    return np.random.Generator(np.random.PCG64(0))


@pytest.mark.parametrize(("most", "people"), [(1, 2), (4, 2), (6, 3), (7, 3), (8, 4), (100, 4)])
def test_whole_subjects_are_drawn_as_long_as_they_fit(most, people):
    found = sampled(walks(*"aabbccdd", None), most, generator())
    subjects = [r.subject for r in found.records]
    assert len(set(subjects)) == people
    assert len(subjects) == 2 * people


def test_one_person_is_no_sample():
    with pytest.raises(DataError, match="two subjects or more, found 1"):
        sampled(walks("a", "a", None), 10, generator())


def test_a_sample_says_of_how_many():
    assert Sample("casia-b", False, 20, 30, 5, 5).describe() == "5 subjects, 20 of 30 sequences"
