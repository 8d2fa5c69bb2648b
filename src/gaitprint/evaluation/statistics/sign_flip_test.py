"""Is a difference more than chance? Signs of whole subjects are flipped, and many questions are corrected for.

Under the hypothesis that two methods are alike, exchanging their results for a subject changes nothing but the sign of
what that subject contributes to the difference (Fisher, The design of experiments, 1935, section 21). All trials of a
subject are exchanged together, so their dependence does no harm.
"""

import numpy as np
from jaxtyping import Float64

from gaitprint.config import require

ALL_UP_TO = 13
"""So many subjects have all their signs tried (8,192); with more, signs are drawn."""
FLIPS = 9999
"""Signs drawn, so that no p-value is below 1 / 10,000."""
CHUNK = 1000
"""Signs multiplied at once."""


def flip_test(
    contributions: Float64[np.ndarray, "S F"], generator: np.random.Generator, flips: int = FLIPS
) -> Float64[np.ndarray, " F"]:
    """Two-sided p-values of F differences, each the sum of what the subjects contribute.

    The share of signs, the given ones among them, whose sum is at least as far from 0 as what was found. The same
    signs serve all differences.

    Args:
        contributions: what each subject adds to each difference.
        generator: the source of chance; not used where all signs are tried.
        flips: signs that are drawn where there are too many to try all.
    """
    require(flips >= 1, f"sign flips are 1 or more, found {flips}")
    subjects = len(contributions)
    sums = np.abs(contributions.sum(axis=0))
    least = sums - 1e-9 * np.abs(contributions).sum(axis=0)  # equal sums, added up in another order
    all_of_them = subjects <= ALL_UP_TO
    count = 2**subjects if all_of_them else flips
    reached = np.zeros(len(sums), np.int64)
    for start in range(0, count, CHUNK):
        size = min(CHUNK, count - start)
        if all_of_them:
            # the binary digits of all numbers below 2^S are all signs, each once
            bits = (np.arange(start, start + size)[:, None] >> np.arange(subjects)) & 1
        else:
            bits = generator.integers(0, 2, (size, subjects))
        reached += (np.abs((2.0 * bits - 1.0) @ contributions) >= least).sum(axis=0)
    # drawn signs exclude the given ones, which are counted besides (Phipson, Smyth, Permutation p-values should never
    # be zero, 2010)
    return np.asarray(reached / count if all_of_them else (reached + 1) / (count + 1))


def holm(p: Float64[np.ndarray, " F"]) -> Float64[np.ndarray, " F"]:
    """p-values corrected for their number: the chance of a single false alarm among all stays below what they say.

    The smallest is multiplied by F, the next by F - 1, ..., and none is below a smaller one's (Holm, A simple
    sequentially rejective multiple test procedure, 1979).
    """
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(steps, 1.0)
    return corrected
