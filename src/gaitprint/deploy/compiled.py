"""Loops compiled for this machine's processor the first time that they run, and kept."""

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop over arrays; other threads run beside it.

    Sums may be taken in another order, as matrix products' are. What is compiled is kept beside the file or in the
    user's folder for caches; where neither can be written, it is compiled anew in every process.
    """
    options = {"fastmath": True, "nogil": True, "error_model": "numpy"}
    try:
        result: Callable[..., Any] = njit(cache=True, **options)(function)
    except RuntimeError:  # no place to keep it
        result = njit(**options)(function)
    return result
