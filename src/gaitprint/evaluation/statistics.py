"""Intervals by resampling subjects: sequences of one subject stand or fall together, subjects are independent.

Only probes' subjects are drawn anew; the gallery stays as it is.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from gaitprint.config import require
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.trials import Trials, mean_of_rows

CHUNK = 100
"""Resamples computed together."""


@dataclass(frozen=True)
class Interval:
    """A figure and where it may lie, in the unit of the figure."""

    mean: float
    low: float
    high: float
    level: float
    """Of confidence, for example 0.95."""
    subjects: int
    """Resampled units."""


def bootstrap_interval(
    values: Float64[np.ndarray, "M"],
    trials: Trials,
    use: Bool[np.ndarray, "M"],
    counted: Bool[np.ndarray, "R C"],
    generator: np.random.Generator,
    resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Percentile interval of the table mean of `values` (within cells, over cells, over rows).

    Args:
        values: one number a trial.
        trials: their cells and subjects.
        use: trials that take part.
        counted: cells that take part.
        generator: the source of chance.
        resamples: how many galleries of subjects are drawn.
        level: of confidence.

    Raises:
        ProtocolError: fewer than two subjects: nothing can be said about others.
    """
    require(resamples >= 1, f"bootstrap resamples are 1 or more, found {resamples}")
    require(0 < level < 1, f"a confidence level lies between 0 and 1, found {level}")
    cell = trials.row * counted.shape[1] + trials.column
    use = use & counted.ravel()[cell]
    known, subject = np.unique(trials.subject[use], return_inverse=True)
    if len(known) < 2:
        raise ProtocolError(f"an interval over subjects needs at least two of them, found {len(known)}")
    cells, place = np.unique(cell[use], return_inverse=True)
    pair = subject * len(cells) + place
    size = len(known) * len(cells)
    total = np.bincount(pair, values[use], minlength=size).reshape(len(known), len(cells))
    count = np.bincount(pair, minlength=size).reshape(len(known), len(cells)).astype(np.float64)

    def table_mean(weights: Float64[np.ndarray, "B S"]) -> Float64[np.ndarray, "B"]:
        table = np.full((len(weights), counted.size), np.nan)
        shares = weights @ count
        means = np.divide(weights @ total, shares, out=np.full(shares.shape, np.nan), where=shares > 0)
        table[:, cells] = means
        return mean_of_rows(table.reshape(-1, *counted.shape), counted)[1]

    chances = np.full(len(known), 1.0 / len(known))
    drawn = []
    for start in range(0, resamples, CHUNK):
        weights = generator.multinomial(len(known), chances, size=min(CHUNK, resamples - start))
        drawn.append(table_mean(weights.astype(np.float64)))
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(np.concatenate(drawn), [tail, 1.0 - tail])
    mean = table_mean(np.ones((1, len(known))))[0]
    return Interval(float(mean), float(low), float(high), level, len(known))
