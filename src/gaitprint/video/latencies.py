"""How long things took, counted in a fixed number of bins: memory does not grow with what is measured."""

import math

import numpy as np

_FINEST, _STEP, _BINS = 1e-5, 1.1, 200
"""Seconds of the first bin's end, factor from bin to bin: up to half an hour, 10 % wide."""


class Latencies:
    """Durations of which the middle and the slow ones can be asked for at any time."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BINS, np.int64)
        self._total = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        place = 0 if seconds <= _FINEST else math.ceil(math.log(seconds / _FINEST, _STEP))
        self._counts[min(place, _BINS - 1)] += 1
        self._total += seconds

    def quantile(self, share: float) -> float:
        """The seconds within which this share of the durations lies, 10 % too long at most; NaN where there is none."""
        count = int(self._counts.sum())
        if not count:
            return math.nan
        place = int(np.searchsorted(np.cumsum(self._counts), math.ceil(share * count)))
        return float(_FINEST * _STEP**place)

    def to_dict(self) -> dict[str, float | None]:
        """Milliseconds: on the average, the middle, and what 95 and 99 of 100 stay below; None where there is none."""
        count = int(self._counts.sum())
        values = [self._total / count, *(self.quantile(q) for q in (0.5, 0.95, 0.99))] if count else [None] * 4
        names = ("mean_ms", "p50_ms", "p95_ms", "p99_ms")
        return {name: None if v is None else round(1000 * v, 3) for name, v in zip(names, values, strict=True)}
