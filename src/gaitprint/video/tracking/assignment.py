"""Who is matched with what: the pairs whose gains are largest together."""

import numpy as np
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment


def assign(gains: Float[np.ndarray, "N M"]) -> list[tuple[int, int]]:
    """Pairs of a row and a column, each in one pair at most, with the largest sum of gains.

    Args:
        gains: what each pair is worth; a pair of 0 or less is never made, so leaving two alone can be better than
            pairing them badly.

    Returns:
        Pairs by row.
    """
    worth = np.maximum(gains, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if worth[r, c] > 0]
