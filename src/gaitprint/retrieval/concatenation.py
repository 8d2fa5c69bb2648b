"""Probes and gallery in one array, without a copy where they lie side by side already."""

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.budget import ComputeBudget


def joined(
    probes: Float32[np.ndarray, "Q D"], gallery: Float32[np.ndarray, "G D"], work: ComputeBudget
) -> Float32[np.ndarray, "N D"]:
    """Probes, then the gallery. Read it only: it may be the very memory of the two, as a transform before left them."""
    count = len(probes) + len(gallery)
    if _side_by_side(probes, gallery):
        # both arrays are parts of one: the second half of this view is the gallery's own memory
        return np.lib.stride_tricks.as_strided(probes, (count, probes.shape[1]), writeable=False)
    union = work.array(count, probes.shape[1])
    union[: len(probes)] = probes
    union[len(probes) :] = gallery
    return union


def _side_by_side(a: Float32[np.ndarray, "Q D"], b: Float32[np.ndarray, "G D"]) -> bool:
    """Whether b begins where a ends, in memory that both hold alive."""
    one_owner = a.base is not None and a.base is b.base
    solid = a.flags.c_contiguous and b.flags.c_contiguous
    return one_owner and solid and len(a) > 0 and a.ctypes.data + a.nbytes == b.ctypes.data
