"""Memory of batches comes back, and never while somebody still sees it."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from gaitprint.training._buffers import Buffers


def place(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def test_memory_is_used_again_once_its_array_is_gone():
    buffers = Buffers()
    first = buffers.take((2, 3))
    at = place(first)
    assert (first.shape, first.dtype) == ((2, 3), np.float32)
    assert place(buffers.take((2, 3))) != at
    del first
    assert at in {place(a) for a in [buffers.take((2, 3)) for _ in range(3)]}


def test_whoever_holds_a_view_or_a_tensor_holds_the_memory():
    buffers = Buffers()
    for hold in (lambda a: a[1:], lambda a: a.reshape(-1)[::2], lambda a: torch.from_numpy(a)[0], lambda a: a.T[None]):
        made = buffers.take((4, 5))
        made[:] = 7
        held = hold(made)
        del made
        for _ in range(5):
            buffers.take((4, 5))[:] = 0
        assert (np.asarray(held) == 7).all()
        del held
    assert len(buffers._free) <= 2


def test_another_size_gets_memory_of_its_own():
    buffers = Buffers()
    del (small := [buffers.take((2,))])[0]
    assert small == []
    assert buffers.take((300,)).shape == (300,)
    assert buffers.take((0, 3)).shape == (0, 3)


def test_it_travels_without_its_memory():
    buffers = Buffers()
    buffers.take((100_000,))
    assert len(pickle.dumps(buffers)) < 200
    assert pickle.loads(pickle.dumps(buffers)).take((2, 2)).shape == (2, 2)


def test_threads_never_share_an_array():
    buffers = Buffers()

    def work(number: int) -> bool:
        for _ in range(200):
            mine = buffers.take((50,))
            mine[:] = number
            if not (mine == number).all():
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
