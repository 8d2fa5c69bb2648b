"""Libraries of matrices are limited to one thread and given back what they had."""

import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from gaitprint import blas
from gaitprint.blas import one_blas_thread


def threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def two() -> Iterator[None]:
    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpool_limits(2, "blas"):
        yield


def test_one_within_and_as_before_after_it(two: None) -> None:
    assert threads() == {2}
    with one_blas_thread():
        assert threads() == {1}
    assert threads() == {2}
    one_blas_thread()
    assert threads() == {1}


def test_libraries_are_looked_for_again_only_when_modules_were_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    real = blas.ThreadpoolController
    monkeypatch.setattr(blas, "ThreadpoolController", lambda: looked.append(1) or real())
    blas._libraries.cache_clear()
    for _ in range(3):
        with one_blas_thread():
            pass
    assert len(looked) == 1
    monkeypatch.setitem(sys.modules, "another_library", ModuleType("another_library"))
    with one_blas_thread():
        pass
    assert len(looked) == 2
