"""All pairs of items at most so far apart, in blocks."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32, Int

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metric import Metric

Pairs = tuple[Int[np.ndarray, " M"], Int[np.ndarray, " M"]]


def pairs_within(x: Float32[np.ndarray, "N D"], metric: Metric, radius: float, work: ComputeBudget) -> Iterator[Pairs]:
    """Each pair (i, j), i < j, of distance `radius` or less, once; the radius itself counts."""
    items = len(x)
    rows = work.rows(24.0 * items, at_most=4096)
    for start in range(0, items, rows):
        block = metric.block(x[start : start + rows], x[start:])
        i, j = np.nonzero(block <= radius)
        later = i < j
        yield start + i[later], start + j[later]
        if rows < items:
            work.progress(min(start + rows, items), items, "pairs")
