"""Intervals by resampling subjects: sequences of one subject stand or fall together, subjects are independent.

Only probes' subjects are drawn anew; the gallery stays as it is. One drawing serves all figures: the shift of a figure
is the sum of the influences of the subjects drawn, so all figures together are one matrix product. Shifts are widened
by sqrt(n / (n - 1)) t / z, n subjects, for their spread is that around the sample's own mean and is itself estimated.
Percentages are shifted on the scale of log odds, which keeps them in 0..100 and gives rare errors the longer way;
differences as they are. Why so, and how well it covers: docs/decisions/intervals.md.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from scipy.special import expit, logit, ndtri, stdtrit

from gaitprint.evaluation.statistics.bootstrap import Resamples
from gaitprint.evaluation.statistics.influence import Figures
from gaitprint.evaluation.statistics.interval import Interval

FULL = 100.0
"""Per cent: the figures' unit."""


@dataclass(frozen=True, eq=False)
class Band:
    """Figures and where they may lie, in per cent or in points; ends are NaN where no interval can be given."""

    value: Float64[np.ndarray, " F"]
    low: Float64[np.ndarray, " F"]
    high: Float64[np.ndarray, " F"]
    level: float
    """Of confidence."""
    subjects: Int[np.ndarray, " F"]
    """Resampled units of each figure."""

    def __len__(self) -> int:
        return len(self.value)

    def interval(self, place: int = 0) -> Interval | None:
        """One figure's; None where there is none."""
        low, high = float(self.low[place]), float(self.high[place])
        if np.isnan(low):
            return None
        return Interval(float(self.value[place]), low, high, self.level, int(self.subjects[place]))

    def part(self, start: int, stop: int) -> "Band":
        """Take the figures from `start` to below `stop`."""
        places = slice(start, stop)
        return Band(self.value[places], self.low[places], self.high[places], self.level, self.subjects[places])

    def ends(self) -> list[list[float] | None]:
        """Plain values for JSON."""
        return [
            None if np.isnan(low) else [float(low), float(high)] for low, high in zip(self.low, self.high, strict=True)
        ]


def percent_band(figures: Figures, draws: Resamples) -> Band:
    """Intervals of percentages, within 0..100.

    Where all is right (or all wrong) nothing varies, and one end is what the number of subjects can rule out: if the
    mean is m, the chance that n subjects are all faultless is at most m^n (Markov), so m below tail^(1/n) is excluded.
    """
    share = figures.value / FULL
    inside = (share > 0) & (share < 1)
    slope = np.where(inside, share * (1.0 - share), 1.0)
    moves = shifts(figures, draws) / FULL
    # to first order a shift of the share by d shifts its log odds by d / (p (1 - p))
    ends = expit(logit(np.where(inside, share, 0.5)) + moves / slope)
    tail = (1.0 - draws.level) / 2.0
    ruled_out = tail ** (1.0 / np.maximum(figures.subjects, 1))
    low = np.where(inside, ends[0], np.where(share >= 1, ruled_out, 0.0))
    high = np.where(inside, ends[1], np.where(share >= 1, 1.0, 1.0 - ruled_out))
    return _band(figures, FULL * low, FULL * high, draws)


def difference_band(figures: Figures, draws: Resamples) -> Band:
    """Intervals of differences of percentages, in points."""
    low, high = figures.value + shifts(figures, draws)
    return _band(figures, low, high, draws)


def shifts(figures: Figures, draws: Resamples) -> Float64[np.ndarray, "2 F"]:
    """Both quantiles of how far figures move when subjects are drawn anew, widened for the few that there are."""
    tail = (1.0 - draws.level) / 2.0
    moved = np.quantile(draws.weights @ figures.influence, [tail, 1.0 - tail], axis=0)
    return np.asarray(moved * widening(figures.subjects, draws.level))


def widening(subjects: Int[np.ndarray, " F"], level: float) -> Float64[np.ndarray, " F"]:
    """sqrt(n / (n - 1)) t / z: what a spread estimated from n subjects falls short of; 1 where n is below 2."""
    counts = np.maximum(subjects, 2)
    tail = (1.0 - level) / 2.0
    # both quantiles are of the lower tail and negative: their quotient is above 1
    factor = np.sqrt(counts / (counts - 1.0)) * stdtrit(counts - 1, tail) / ndtri(tail)
    return np.asarray(np.where(subjects < 2, 1.0, factor))


def _band(figures: Figures, low: Float64[np.ndarray, " F"], high: Float64[np.ndarray, " F"], draws: Resamples) -> Band:
    none = np.isnan(figures.value) | (figures.subjects < 2)
    low, high = (np.where(none, np.nan, end) for end in (low, high))
    return Band(figures.value, low, high, draws.level, figures.subjects)
