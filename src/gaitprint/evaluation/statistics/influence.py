"""What each subject adds to a figure: all intervals and tests are products of this with draws of subjects.

A figure is a mean within cells, over the cells of a row, over the rows; so a trial has a weight, 1 / (rows x cells of
its row x trials of its cell). A subject's contribution is the weighted sum of its trials' values: contributions add up
to the figure. Its influence is the same of the values less the mean of their cells: what the figure gains, to first
order, when the subject is drawn once more (the infinitesimal jackknife; Efron, The jackknife, the bootstrap and other
resampling plans, 1982, chapter 6). Influences add up to 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int

from gaitprint.evaluation.protocol.trials import Trials, cell_means, mean_of_rows


@dataclass(frozen=True, eq=False)
class Figures:
    """F figures over the same S subjects, in one unit; NaN is a figure with nothing to count."""

    value: Float64[np.ndarray, " F"]
    contribution: Float64[np.ndarray, "S F"]
    influence: Float64[np.ndarray, "S F"]
    present: Bool[np.ndarray, "S F"]
    """Whether the subject has a trial in the figure."""

    @property
    def subjects(self) -> Int[np.ndarray, " F"]:
        """The number of subjects with a trial in each figure."""
        return np.asarray(self.present.sum(axis=0))


@dataclass(frozen=True, eq=False)
class TableFigures:
    """The figures of one table."""

    cells: Figures
    """Row by row, those that do not count too."""
    rows: Figures
    mean: Figures
    """One."""


def table_figures(
    values: Float64[np.ndarray, " M"],
    trials: Trials,
    use: Bool[np.ndarray, " M"],
    counted: Bool[np.ndarray, "R C"],
    subjects: Int[np.ndarray, " S"],
) -> TableFigures:
    """The figures of a table and what each subject adds to them.

    Args:
        values: one number a trial.
        trials: their cells and subjects.
        use: trials that take part.
        counted: cells that count in the means.
        subjects: codes of all subjects that are drawn, ascending; those of the used trials are among them.
    """
    shape = (len(subjects), *counted.shape)
    # a flat place for subject, row and column
    place = np.searchsorted(subjects, trials.subject) * counted.size + trials.row * shape[2] + trials.column
    number = np.bincount(place[use], minlength=len(subjects) * counted.size).reshape(shape)
    total = np.bincount(place[use], values[use], minlength=number.size).reshape(shape)
    means = cell_means(values, trials, use, counted.shape)
    rows, mean = mean_of_rows(means, counted)
    trials_of_cell = np.maximum(number.sum(axis=0), 1)
    added = total / trials_of_cell
    # less the mean of the cell: drawn once more, a subject adds trials to the numerator and the denominator
    moved = (total - number * np.nan_to_num(means)) / trials_of_cell

    filled = counted & ~np.isnan(means)
    # weights of cells in their row's mean; `share_of_row` those of rows in the mean of all
    share = filled / np.maximum(filled.sum(axis=1, keepdims=True), 1)
    share_of_row = ~np.isnan(rows) / max(int((~np.isnan(rows)).sum()), 1)
    present = number > 0
    cells = Figures(means.ravel(), *(a.reshape(len(subjects), -1) for a in (added, moved, present)))
    of_rows = Figures(
        rows, (added * share).sum(axis=2), (moved * share).sum(axis=2), np.asarray((present & filled).any(axis=2))
    )
    whole = Figures(
        np.array([float(mean)]),
        (of_rows.contribution @ share_of_row)[:, None],
        (of_rows.influence @ share_of_row)[:, None],
        np.asarray(of_rows.present.any(axis=1, keepdims=True)),
    )
    return TableFigures(cells, of_rows, whole)


def join_figures(parts: Sequence[Figures]) -> Figures:
    """Figures of the same subjects, side by side."""
    return Figures(
        np.concatenate([p.value for p in parts]),
        np.concatenate([p.contribution for p in parts], axis=1),
        np.concatenate([p.influence for p in parts], axis=1),
        np.concatenate([p.present for p in parts], axis=1),
    )


def mean_of_figures(figures: Figures) -> Figures:
    """The plain mean of all figures, as one figure."""
    return Figures(
        figures.value.mean(keepdims=True),
        figures.contribution.mean(axis=1, keepdims=True),
        figures.influence.mean(axis=1, keepdims=True),
        np.asarray(figures.present.any(axis=1, keepdims=True)),
    )
