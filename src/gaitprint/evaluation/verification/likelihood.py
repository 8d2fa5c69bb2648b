"""How usual a distance is between walks of one person, and how usual between walks of two: a calibrated ratio.

For a strip of the body and for the whole: logistic regression of "one person" on the logarithm of the distance, both
kinds of pair with the same weight in all and every person with the same weight in each. Its log-odds are then the log
of the likelihood ratio. Uncertainty: people are drawn anew (bootstrap), for their pairs stand or fall together. A ratio
is never given beyond the number of people it was learnt from: what less than one in so many people does, they cannot
show (compare Vergeer et al., "Numerical likelihood ratios outputted by LR systems are often based on extrapolation",
Science & Justice 2016).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int

from gaitprint.config import require
from gaitprint.evaluation.statistics.interval import LEVEL

STEPS = 12
"""Of Newton's method; the change is below 1e-6 long before."""
RIDGE = 0.1
"""Over the number of people: pulls the slope towards 0, where a strip parts both kinds of pair without an error."""


@dataclass(frozen=True, eq=False)
class Likelihood:
    """A line for each of S columns: log10 of the ratio = intercept + slope x log10 of the distance."""

    intercept: Float64[np.ndarray, "B S"]
    """Row 0 is learnt from all people, every other one from people drawn anew."""
    slope: Float64[np.ndarray, "B S"]
    least: float
    """Smaller distances count as this one: none was seen."""
    people: int
    """From so many."""
    same_pairs: int
    other_pairs: int

    @property
    def bound(self) -> float:
        """The largest log10 of a ratio that is given, to either side."""
        return float(np.log10(self.people))

    def at(self, distances: Float64[np.ndarray, " S"], level: float = LEVEL) -> Float64[np.ndarray, "S 3"]:
        """log10 of the ratio of each column, and both ends of its interval: above 0 speaks for one person."""
        logs = np.log10(np.maximum(distances, self.least))
        lines = np.clip(self.intercept + self.slope * logs, -self.bound, self.bound)
        tail = (1.0 - level) / 2.0
        ends = np.quantile(lines, [tail, 1.0 - tail], axis=0)
        return np.stack([lines[0], np.minimum(ends[0], lines[0]), np.maximum(ends[1], lines[0])], axis=1)


def learn_likelihood(
    distances: Float64[np.ndarray, "M S"],
    same: Bool[np.ndarray, " M"],
    people: Int[np.ndarray, "M 2"],
    generator: np.random.Generator,
    resamples: int = 100,
) -> Likelihood:
    """Learn the ratio from pairs of known people.

    Args:
        distances: of each pair, a column a strip; not negative.
        same: whether the pair is of one person.
        people: both persons' numbers, from 0 without gaps.
        generator: draws people.
        resamples: how often.

    Raises:
        ConfigError: one of the two kinds of pair is missing.
    """
    require(bool(same.any() and not same.all()), "a likelihood ratio needs pairs of one person and of two")
    positive = distances[distances > 0]
    least = float(positive.min()) if positive.size else 1.0
    logs = np.log10(np.maximum(distances, least))
    count = int(people.max()) + 1
    # row 0: everybody once
    drawn = [np.ones(count)]
    drawn += [generator.multinomial(count, np.full(count, 1.0 / count)).astype(np.float64) for _ in range(resamples)]
    lines = [_line(logs, same, people, weights) for weights in drawn]
    seen = len(np.unique(people[same]))
    intercept, slope = (np.array([line[i] for line in lines]) for i in range(2))
    return Likelihood(intercept, slope, least, seen, int(same.sum()), int((~same).sum()))


def _line(
    logs: Float64[np.ndarray, "M S"],
    same: Bool[np.ndarray, " M"],
    people: Int[np.ndarray, "M 2"],
    drawn: Float64[np.ndarray, " N"],
) -> tuple[Float64[np.ndarray, " S"], Float64[np.ndarray, " S"]]:
    """Intercept and slope of each column, by Newton's method on all columns at once."""
    weight = _weights(same, people, drawn)
    keep = weight > 0
    if not (keep & same).any() or not (keep & ~same).any():
        return np.zeros(logs.shape[1]), np.zeros(logs.shape[1])
    w, x = weight[keep, None], logs[keep]
    y = same[keep, None].astype(np.float64)
    centre = (w * x).sum(axis=0)
    spread = np.sqrt((w * np.square(x - centre)).sum(axis=0))
    z = (x - centre) / np.where(spread > 0, spread, 1.0)
    ridge = RIDGE / len(drawn)
    a, b = np.zeros(z.shape[1]), np.zeros(z.shape[1])
    for _ in range(STEPS):
        # beyond 30 the probability is 0 or 1 to the last digit, and `exp` of more overflows
        p = 1.0 / (1.0 + np.exp(-np.clip(a + b * z, -30, 30)))
        slack, curve = w * (y - p), w * p * (1 - p)
        ga, gb = slack.sum(axis=0), (slack * z).sum(axis=0) - ridge * b
        haa = curve.sum(axis=0) + 1e-9
        hab, hbb = (curve * z).sum(axis=0), (curve * z * z).sum(axis=0) + ridge
        determinant = haa * hbb - hab * hab
        a = a + (hbb * ga - hab * gb) / determinant
        b = b + (haa * gb - hab * ga) / determinant
    # a strip in which one person's walks lie farther apart says nothing, not the contrary
    telling = (b < 0) & (spread > 0)
    slope = np.where(telling, b / np.where(spread > 0, spread, 1.0), 0.0)
    intercept = np.where(telling, a - slope * centre, 0.0)
    # log10 of the ratio; the distance's logarithm is to base 10 already
    return intercept / np.log(10), slope / np.log(10)


def _weights(
    same: Bool[np.ndarray, " M"], people: Int[np.ndarray, "M 2"], drawn: Float64[np.ndarray, " N"]
) -> Float64[np.ndarray, " M"]:
    """Half for all pairs of one person, the same for each person; half for all pairs of two."""
    pairs = np.bincount(people[same, 0], minlength=len(drawn))
    # a pair of two people drawn i and j times occurs i x j times
    weight = np.where(same, drawn[people[:, 0]], drawn[people[:, 0]] * drawn[people[:, 1]])
    weight[same] /= pairs[people[same, 0]]
    for kind in (same, ~same):
        total = weight[kind].sum()
        if total > 0:
            weight[kind] *= 0.5 / total
    return np.asarray(weight, np.float64)
