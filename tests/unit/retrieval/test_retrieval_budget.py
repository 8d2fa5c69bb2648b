"""What a comparison may use: cores in order, and arrays that lie in files where memory does not hold them."""

import os
import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from gaitprint.errors import DataError
from gaitprint.retrieval.budget import ComputeBudget


@pytest.mark.parametrize("threads", [1, 3])
def test_tasks_answer_in_their_order_with_one_blas_thread_each(threads):
    def one(task):
        blas = {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
        return task * task, blas, threading.current_thread()

    found = list(ComputeBudget(threads=threads).each(one, range(20)))
    assert [square for square, _, _ in found] == [n * n for n in range(20)]
    assert all(blas == {1} for _, blas, _ in found)
    assert len({thread for _, _, thread in found}) <= threads


def test_one_task_stays_where_it_is():
    assert list(ComputeBudget(threads=4).each(lambda _: threading.current_thread(), [0])) == [threading.main_thread()]


def test_what_a_task_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(ComputeBudget(threads=2).each(lambda n: 1 // n, [1, 0, 2]))


def test_an_array_larger_than_the_memory_lies_in_a_file_that_goes_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    work, rows = ComputeBudget(memory=64 << 20), 17 << 10
    small, large = work.array(16 << 10, 1024), work.array(rows, 1024)
    assert type(large) is np.ndarray
    assert large.shape == (rows, 1024)
    assert large.dtype == small.dtype == np.float32
    assert small.base is None
    assert large.base is not None, "it lies in a file"
    large[:] = np.arange(rows, dtype=np.float32)[:, None]
    assert large[-1, -1] == rows - 1
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_before_anything_is_lost(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DataError, match=r"0\.0664 GiB of vectors do not fit into .*No space left.*TMPDIR"):
        ComputeBudget(memory=64 << 20).array(17 << 10, 1024)
