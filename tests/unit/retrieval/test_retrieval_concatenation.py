"""Probes and gallery in one array: the same rows always, and no copy where none is needed."""

import numpy as np
import pytest

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.concatenation import joined


def rows(count: int) -> np.ndarray:
    return np.arange(count * 3, dtype=np.float32).reshape(count, 3)


def test_neighbours_in_memory_are_not_copied():
    whole = rows(7)
    union = joined(whole[:3], whole[3:], ComputeBudget())
    np.testing.assert_array_equal(union, whole)
    assert np.shares_memory(union, whole)
    assert not union.flags.writeable


@pytest.mark.parametrize(
    ("cut", "why"),
    [
        (lambda x: (x[:3].copy(), x[3:].copy()), "two owners"),
        (lambda x: (x[3:], x[:3]), "the other way round"),
        (lambda x: (x[:2], x[3:]), "a gap"),
        (lambda x: (x[:4:2], x[4:]), "every other row"),
        (lambda x: (x[:3, :2], x[3:, :2]), "part of the width"),
    ],
)
def test_all_others_are(cut, why):
    probes, gallery = cut(rows(7))
    union = joined(probes, gallery, ComputeBudget())
    np.testing.assert_array_equal(union, np.concatenate([probes, gallery]), err_msg=why)
    assert not np.shares_memory(union, probes)


def test_what_memory_does_not_hold_lies_in_a_file():
    probes, gallery = np.ones((9 << 10, 1024), np.float32), np.zeros((9 << 10, 1024), np.float32)
    union = joined(probes, gallery, ComputeBudget(memory=64 << 20))
    assert union.base is not None
    assert union.sum(dtype=np.float64) == probes.size
