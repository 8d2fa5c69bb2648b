"""One row a comparison: a probe against one gallery, with the cell of the table it falls in.

Every mode makes such rows - a cell is (probe view, gallery view), (probe view, all), or (draw, all) - and every figure
and interval is a mean over them: first within a cell, then over the cells of a row, then over the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Bool, Float64, Int

from gaitprint.evaluation.protocol.metrics import ProbeRanks

Rows = TypeVar("Rows", bound=Any)


@dataclass(frozen=True)
class Trials:
    """M comparisons. `probe`, `right` and `wrong` are rows of the embeddings; -1 is none."""

    row: Int[np.ndarray, " M"]
    column: Int[np.ndarray, " M"]
    probe: Int[np.ndarray, " M"]
    subject: Int[np.ndarray, " M"]
    """A number for each probe's subject."""
    rank: Int[np.ndarray, " M"]
    """Place of the first right item, from 1; 0 is unmatched."""
    right: Int[np.ndarray, " M"]
    right_distance: Float64[np.ndarray, " M"]
    wrong: Int[np.ndarray, " M"]
    wrong_distance: Float64[np.ndarray, " M"]
    average_precision: Float64[np.ndarray, " M"]
    inverse_penalty: Float64[np.ndarray, " M"]
    chance: Float64[np.ndarray, " M"]

    def __len__(self) -> int:
        return len(self.rank)

    @property
    def matched(self) -> Bool[np.ndarray, " M"]:
        """Whether the probe's subject is in its gallery."""
        return self.rank > 0


def make_trials(
    ranks: ProbeRanks,
    probes: Int[np.ndarray, " Q"],
    gallery: Int[np.ndarray, " G"],
    subjects: Int[np.ndarray, " Q"],
    row: Int[np.ndarray, " Q"],
    column: int,
) -> Trials:
    """Trials of one gallery: `probes` and `gallery` are the rows of the embeddings that were ranked."""
    # -1, no item, indexes the last entry, which is -1 again
    lookup = np.append(gallery, -1)
    return Trials(
        row=row,
        column=np.full(len(probes), column),
        probe=probes,
        subject=subjects,
        rank=ranks.rank,
        right=lookup[ranks.right],
        right_distance=ranks.right_distance,
        wrong=lookup[ranks.wrong],
        wrong_distance=ranks.wrong_distance,
        average_precision=ranks.average_precision,
        inverse_penalty=ranks.inverse_penalty,
        chance=ranks.chance,
    )


def join_rows(parts: Sequence[Rows]) -> Rows:
    """Join trials, or searches: values of one kind whose fields are columns, one after the other."""
    kind = type(parts[0])
    joined: Rows = kind(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(kind)})
    return joined


def cell_means(
    values: Float64[np.ndarray, " M"], trials: Trials, use: Bool[np.ndarray, " M"], shape: tuple[int, int]
) -> Float64[np.ndarray, "R C"]:
    """The mean of the used values in each cell; NaN where a cell has none."""
    cells = (trials.row * shape[1] + trials.column)[use]
    count = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    total = np.bincount(cells, values[use], minlength=shape[0] * shape[1]).reshape(shape)
    means: Float64[np.ndarray, "R C"] = np.divide(total, count, out=np.full(shape, np.nan), where=count > 0)
    return means


def mean_of_rows(
    table: Float64[np.ndarray, "*B R C"], counted: Bool[np.ndarray, "R C"]
) -> tuple[Float64[np.ndarray, "*B R"], Float64[np.ndarray, "*B"]]:
    """The mean of each row over its counted, non-empty cells, and the mean of the non-empty rows.

    NaN where a row, or all rows, have no such cell; the caller says so in words.
    """
    rows = _mean_of_some(table, counted & ~np.isnan(table))
    return rows, _mean_of_some(rows, ~np.isnan(rows))


def _mean_of_some(values: Float64[np.ndarray, "*B R"], use: Bool[np.ndarray, "*B R"]) -> Float64[np.ndarray, "*B"]:
    count = use.sum(axis=-1)
    total = np.where(use, values, 0.0).sum(axis=-1)
    means: Float64[np.ndarray, "*B"] = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return means
