"""Loops compiled for this machine's processor the first time that they run, and kept."""

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop over arrays; other threads run beside it.

    Sums may be taken in another order, as matrix products' are. What is compiled is kept beside the file or in the
    user's folder for caches; where neither can be written, it is compiled anew in every process.
    """
    return _compile(function, fastmath=True)


def compiled_as_written(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `compiled`, but with every sum in the order in which it is written: the same bits on every processor."""
    return _compile(function, fastmath=False)


def _compile(function: Callable[..., Any], fastmath: bool) -> Callable[..., Any]:
    options = {"fastmath": fastmath, "nogil": True, "error_model": "numpy"}
    try:
        result: Callable[..., Any] = njit(cache=True, **options)(function)
    except RuntimeError:  # no place to keep it
        result = njit(**options)(function)
    return result
