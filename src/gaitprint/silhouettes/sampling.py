"""Which frames of a sequence one training clip takes: a window of consecutive frames, cyclic where too short."""

from typing import Literal

import numpy as np
from jaxtyping import Int

from gaitprint.errors import DataError

WindowRule = Literal["opengait", "authors"]
"""How a sequence shorter than the window starts.

``opengait``: the frames are repeated ceil(T/L) times and the start is drawn among the windows that fit, so that the
start is random only where L does not divide T. ``authors``: always at frame 0.
"""


def window_start(length: int, window: int, generator: np.random.Generator, rule: WindowRule = "opengait") -> int:
    """Draw the first frame of a window of `window` frames from a sequence of `length` frames, 0-based.

    Uniform over 0 .. L-T where the sequence is long enough; see `WindowRule` where it is not.

    Raises:
        DataError: no frames, or an empty window.
    """
    if length < 1 or window < 1:
        raise DataError(f"a window needs at least one frame, found a sequence of {length} and a window of {window}")
    if length >= window:
        return int(generator.integers(length - window + 1))
    if rule == "authors":
        return 0
    repeats = -(-window // length)
    return int(generator.integers(repeats * length - window + 1))


def window_indices(
    length: int, window: int, generator: np.random.Generator, rule: WindowRule = "opengait"
) -> Int[np.ndarray, "T"]:
    """Indices of the frames of one drawn window: (start + k) mod L for k in 0 .. T-1.

    Raises:
        DataError: no frames, or an empty window.
    """
    return (window_start(length, window, generator, rule) + np.arange(window)) % length
