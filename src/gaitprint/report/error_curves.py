"""What figures of one-to-one comparison are drawn from: plain values, checked once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float

from gaitprint.errors import ShapeError

Rates = tuple[Float[np.ndarray, " _"], Float[np.ndarray, " _"], Bool[np.ndarray, " _"]]
"""False match rates, false non-match rates, and whether the subjects carry both."""


@dataclass(frozen=True)
class DetCurve:
    """Detection error trade-off: two error rates against each other, shares 0..1, on normal quantile axes."""

    title: str
    series: Mapping[str, Rates]
    """Of each selection."""
    least: float
    """Rates below cannot be told from zero by so many subjects."""
    points: Mapping[str, Rates] = field(default_factory=dict)
    """Rates at the operating points of some of the series, to be marked."""

    def __post_init__(self) -> None:
        if not 0 < self.least <= 1:
            raise ShapeError(f"DET plot {self.title!r} needs the least rate shown, above 0, found {self.least}")
        for name, rates in (*self.series.items(), *self.points.items()):
            if len({r.shape for r in rates}) != 1:
                found = ", ".join(str(len(r)) for r in rates)
                raise ShapeError(f"DET plot {self.title!r}: {name!r} has rows of different lengths: {found}")


@dataclass(frozen=True)
class Distributions:
    """How often each distance occurs, by kind of pair."""

    title: str
    edges: Float[np.ndarray, " E"]
    """Of the bars, ascending."""
    series: Mapping[str, Float[np.ndarray, " B"]]
    """Share in percent of each kind's pairs in each bar, one fewer than edges."""
    marks: Mapping[str, float]
    """Named distances to be marked, such as thresholds."""

    def __post_init__(self) -> None:
        for name, values in self.series.items():
            if len(values) != len(self.edges) - 1:
                raise ShapeError(
                    f"distributions {self.title!r}: {name!r} has {len(values)} bars for {len(self.edges)} edges"
                )


@dataclass(frozen=True)
class ReliabilityCurve:
    """Observed share of pairs of one person by stated probability, with intervals; all 0..1."""

    title: str
    series: Mapping[str, tuple[Float[np.ndarray, " _"], ...]]
    """Of each method: stated, observed, lower and upper end, share of pairs."""

    def __post_init__(self) -> None:
        for name, values in self.series.items():
            if len(values) != 5 or len({len(v) for v in values}) != 1:
                raise ShapeError(f"reliability {self.title!r}: {name!r} needs five rows of numbers of one length")
