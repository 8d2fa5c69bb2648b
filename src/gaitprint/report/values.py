"""What a report shows: plain values, checked once, that know nothing of retrieval, evaluation or HTML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8

from gaitprint.errors import ShapeError
from gaitprint.report.error_curves import DetCurve, Distributions, ReliabilityCurve
from gaitprint.report.panels import Panel


@dataclass(frozen=True)
class Percent:
    """A figure in percent with its 95% interval, drawn as a bar; `value` None is a figure that does not exist."""

    value: float | None
    low: float | None = None
    """Lower end of the 95% interval, percent."""
    high: float | None = None
    uncarried: str = ""
    """Why it promises nothing about other people: the figure is marked. Empty where it does."""

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise ShapeError(f"an interval has two ends, found {self.low} and {self.high}")
        for number in (self.value, self.low, self.high):
            if number is not None and not -1e-6 <= number <= 100 + 1e-6:
                raise ShapeError(f"a percentage lies in 0..100, found {number}: leave out what does not exist (None)")


@dataclass(frozen=True)
class Badge:
    """A short word in a coloured pill; the word alone must carry the meaning."""

    text: str
    tone: Literal["plain", "caution", "good"] = "plain"


Cell = str | Percent | Badge


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns; the first cell of a row is its header."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    highlight: int | None = None
    """The row to stand out, counted from 0."""
    marks: Mapping[int, str] = field(default_factory=dict)
    """Words beside the headers of some rows that say why they stand out, such as "highest"; rows counted from 0."""
    folded: bool = False
    """Whether the page shows the title alone until somebody asks for the rest."""

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ShapeError(f"table {self.title!r} has {len(self.columns)} columns, row {number} {len(row)} cells")
        if self.highlight is not None and not 0 <= self.highlight < len(self.rows):
            raise ShapeError(f"table {self.title!r} has {len(self.rows)} rows, found highlight {self.highlight}")
        if beyond := [number for number in self.marks if not 0 <= number < len(self.rows)]:
            raise ShapeError(f"table {self.title!r} has {len(self.rows)} rows, found a mark of row {beyond[0]}")


@dataclass(frozen=True)
class HeatMap:
    """A view by view table of percentages; NaN is a cell with nothing to count, shown as empty."""

    title: str
    row_labels: tuple[str, ...]
    column_labels: tuple[str, ...]
    values: Float[np.ndarray, "R C"]
    excluded_diagonal: bool = False
    """Whether cells of equal labels are left out by the protocol, and so of the means as well."""
    unit: str = "rank-1, %"
    row_axis: str = "probe view"
    column_axis: str = "gallery view"
    low: Float[np.ndarray, "R C"] | None = None
    """Ends of the values' 95% intervals, NaN where there is none."""
    high: Float[np.ndarray, "R C"] | None = None

    def __post_init__(self) -> None:
        expected = (len(self.row_labels), len(self.column_labels))
        for values in (self.values, self.low, self.high):
            if values is not None and values.shape != expected:
                raise ShapeError(f"heat map {self.title!r} has labels for {expected}, values {values.shape}")

    def shown(self) -> Float[np.ndarray, "R C"]:
        """The values with excluded cells as NaN."""
        values = np.array(self.values, np.float64)
        if self.excluded_diagonal:
            for r, row in enumerate(self.row_labels):
                for c, column in enumerate(self.column_labels):
                    if row == column:
                        values[r, c] = np.nan
        return values


@dataclass(frozen=True)
class CmcCurve:
    """Cumulative match characteristics: share in percent of probes right within the first k, k = 1, 2, ..."""

    title: str
    series: Mapping[str, Float[np.ndarray, " K"]]
    bands: Mapping[str, tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"]]] = field(default_factory=dict)
    """Lower and upper ends of the 95% intervals of some of the series, NaN where there is none."""

    def __post_init__(self) -> None:
        empty = [name for name, values in self.series.items() if len(values) == 0]
        if not self.series or empty:
            raise ShapeError(
                f"CMC curves {self.title!r} need a figure at rank 1 or more, found none: {empty or 'no series'}"
            )
        for name, ends in self.bands.items():
            if name not in self.series or any(len(end) != len(self.series[name]) for end in ends):
                raise ShapeError(f"CMC curves {self.title!r}: the band {name!r} belongs to no series of its length")


HistoryEntry = Mapping[str, float | int | None]
"""One line of a training log: iteration, loss, triplet, active_share, softmax, accuracy, learning_rate."""


@dataclass(frozen=True)
class TrainingCurve:
    """Loss, share of non-zero triplets and resets of the learning rate over iterations."""

    title: str
    history: tuple[HistoryEntry, ...]


@dataclass(frozen=True)
class LineChart:
    """One figure of several runs over the same axis; all charts of a page draw a run alike, and its key names it."""

    title: str
    series: Mapping[str, tuple[Float[np.ndarray, " _"], Float[np.ndarray, " _"]]]
    """Places and values of each run, in the order of the page's key; a run without the figure has empty arrays."""
    x_label: str = "iteration"
    y_label: str = ""
    logarithmic: bool = False
    """Equal factors are equal heights; what is not above 0 is left out."""
    points: bool = False
    """Few values: each is marked."""
    reach: tuple[float, float] | None = None
    """From where to where the axis of values goes at least: the same for all charts that are to be compared."""

    def __post_init__(self) -> None:
        for name, (x, y) in self.series.items():
            if x.shape != y.shape:
                raise ShapeError(f"chart {self.title!r}: {name!r} has {len(x)} places and {len(y)} values")


Curve = CmcCurve | TrainingCurve | LineChart | DetCurve | Distributions | ReliabilityCurve


@dataclass(frozen=True)
class Strip:
    """A row of silhouettes: one sequence."""

    role: str
    """For example "probe", "chosen", "right one"."""
    label: str
    """For example the record's key and the distance."""
    image: UInt8[np.ndarray, "H W *C"]
    """Grey, or red, green and blue."""


@dataclass(frozen=True)
class Sheet:
    """Strips that are looked at together: a probe, what was chosen, what would have been right."""

    title: str
    caption: str
    strips: tuple[Strip, ...]
    verdict: Literal["right", "wrong"] | None = None


@dataclass(frozen=True)
class Report:
    """One page."""

    title: str
    subtitle: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    """Labels and values: data, protocol, distance, transductive, number of subjects."""
    findings: tuple[str, ...] = ()
    """What came out, in sentences."""
    warnings: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()
    """Figures of silhouettes in strips, above all tables."""
    tables: tuple[Table, ...] = ()
    heatmaps: tuple[HeatMap, ...] = ()
    heatmaps_title: str = "View by view"
    key: tuple[str, ...] = ()
    """Names of the runs of all line charts, in their order; shown once, above the curves."""
    curves: tuple[Curve, ...] = ()
    details: tuple[Table, ...] = ()
    """Tables below the curves."""
    sheets: tuple[Sheet, ...] = ()
    sheets_title: str = "Matches to look at"
    settings: Mapping[str, object] = field(default_factory=dict)
