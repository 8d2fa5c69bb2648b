"""Which frames of a sequence one training clip takes: a window of consecutive frames, cyclic where too short."""

from typing import Literal

import numpy as np
from jaxtyping import Int, Int64

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
    return int(window_starts(np.array([length]), window, generator, rule)[0])


def window_starts(
    lengths: Int[np.ndarray, " N"], window: int, generator: np.random.Generator, rule: WindowRule = "opengait"
) -> Int64[np.ndarray, " N"]:
    """Draw the first frames of N windows at once; see `window_start`.

    Raises:
        DataError: no frames, or an empty window.
    """
    shortest = int(lengths.min()) if len(lengths) else 1
    if shortest < 1 or window < 1:
        raise DataError(f"a window needs at least one frame, found a sequence of {shortest} and a window of {window}")
    # the whole sequence is repeated, not just enough frames, and the start is drawn from what that leaves
    repeated = np.where(lengths >= window, lengths, 0 if rule == "authors" else -(-window // lengths) * lengths)
    starts: Int64[np.ndarray, " N"] = generator.integers(np.maximum(repeated - window, 0) + 1)
    return starts


def cyclic(start: int, window: int, length: int) -> Int[np.ndarray, " T"]:
    """Indices of a window's frames in a sequence that repeats: (start + k) mod L for k in 0 .. T-1."""
    return (start + np.arange(window)) % length


def window_indices(
    length: int, window: int, generator: np.random.Generator, rule: WindowRule = "opengait"
) -> Int[np.ndarray, " T"]:
    """Indices of the frames of one drawn window; see `window_start` and `cyclic`.

    Raises:
        DataError: no frames, or an empty window.
    """
    return cyclic(window_start(length, window, generator, rule), window, length)
