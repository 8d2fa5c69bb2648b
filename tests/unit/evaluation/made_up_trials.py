"""Trials out of nothing, and the mean of a table in plain loops."""

import numpy as np

from gaitprint.evaluation.protocol.trials import Trials


def trials_of(row, column, subject, rank=None):
    n = len(row)
    rank = np.ones(n, np.int64) if rank is None else np.asarray(rank)
    nan = np.full(n, np.nan)
    return Trials(
        row=np.asarray(row),
        column=np.asarray(column),
        probe=np.arange(n),
        subject=np.asarray(subject),
        rank=rank,
        right=np.where(rank > 0, 0, -1),
        right_distance=nan,
        wrong=np.zeros(n, np.int64),
        wrong_distance=nan,
        average_precision=nan,
        inverse_penalty=nan,
        chance=np.zeros(n),
    )


def slow_table_mean(values, trials, use, counted, weight):
    """`weight` by subject."""
    rows = []
    for r in range(counted.shape[0]):
        cells = []
        for c in range(counted.shape[1]):
            total = count = 0.0
            for i in range(len(values)):
                if use[i] and trials.row[i] == r and trials.column[i] == c:
                    total += weight[trials.subject[i]] * values[i]
                    count += weight[trials.subject[i]]
            if counted[r, c] and count:
                cells.append(total / count)
        if cells:
            rows.append(sum(cells) / len(cells))
    return sum(rows) / len(rows)
