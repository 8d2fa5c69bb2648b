"""A figure with its interval: plain numbers, so that the command line need not load what computes them."""

from dataclasses import dataclass

RESAMPLES = 1000
"""Draws of subjects for an interval, where nobody says how many."""
LEVEL = 0.95
"""Of confidence, likewise."""


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
