"""The gate of every exact export: it answers as the network does, within 1e-4 of the largest value."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float32

from gaitprint.errors import ArtefactError

TOLERANCE = 1e-4
LENGTHS = (1, 2, 3, 4, 10, 23)
"""Frames: those too short for a stride of three, and of every remainder."""

Runner = Callable[[Float32[np.ndarray, "N T H W"]], Float32[np.ndarray, "N P D"]]


def largest_difference(exact: Runner, made: Runner, clips: Sequence[Float32[np.ndarray, "N T H W"]]) -> float:
    """The largest difference of part features over the clips, as a share of the largest value."""
    worst = 0.0
    for clip in clips:
        wanted, found = exact(clip), made(clip)
        if wanted.shape != found.shape or not np.isfinite(found).all():
            return float("inf")
        worst = max(worst, float(np.abs(found - wanted).max() / max(np.abs(wanted).max(), np.finfo(np.float32).tiny)))
    return worst


def check_equal(exact: Runner, made: Runner, clips: Sequence[Float32[np.ndarray, "N T H W"]], where: str) -> float:
    """The largest difference, where it is small enough.

    Args:
        where: what ran it, for the error.

    Raises:
        ArtefactError: it is not.
    """
    worst = largest_difference(exact, made, clips)
    if not worst <= TOLERANCE:
        raise ArtefactError(
            f"nothing is written: in {where} features differ from the network's by {worst:.1e} of the largest value, "
            f"{TOLERANCE:.0e} is allowed; try another version of {where}"
        )
    return worst
