"""Intervals of all figures of a probe selection, from one drawing of subjects and one matrix product."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool

from gaitprint.evaluation.protocol.metrics import rank_hits
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.protocol.trials import Trials
from gaitprint.evaluation.statistics.bootstrap import draw_subjects
from gaitprint.evaluation.statistics.influence import TableFigures, join_figures, table_figures
from gaitprint.evaluation.statistics.intervals import FULL, Band, percent_band


@dataclass(frozen=True, eq=False)
class Bands:
    """The intervals of a probe selection's figures; names as in `ProbeSetResult`."""

    table: Band
    """Rank-1 of every cell, row by row."""
    rows: Band
    cmc: Band
    """The first is the figure of the protocol."""
    rows_matched: Band
    mean_matched: Band
    precision_rows: Band | None
    """None where the protocol does not ask for mAP, or no probe is matched; so are the others below."""
    precision: Band | None
    penalty: Band | None

    def to_dict(self, columns: int) -> dict[str, Any]:
        """Both ends of each, plain values for JSON; None is a figure without an interval."""
        ends = self.table.ends()
        return {
            "matrix": None if columns == 1 else [ends[i : i + columns] for i in range(0, len(ends), columns)],
            "per_row": self.rows.ends(),
            "per_row_matched": self.rows_matched.ends(),
            "mean_matched": self.mean_matched.ends()[0],
            "cmc": self.cmc.ends(),
            "mAP_per_row": None if self.precision_rows is None else self.precision_rows.ends(),
            "mAP": None if self.precision is None else self.precision.ends()[0],
            "mINP": None if self.penalty is None else self.penalty.ends()[0],
        }


def all_bands(
    protocol: Protocol,
    trials: Trials,
    use: Bool[np.ndarray, " M"],
    counted: Bool[np.ndarray, "R C"],
    generator: np.random.Generator,
    resamples: int,
    level: float,
) -> Bands | None:
    """The intervals of all figures; None where the counted trials are of a single subject.

    Args:
        protocol: says which figures there are.
        trials: of the probe selection.
        use: trials that take part in rank-k.
        counted: cells that count in the means.
        generator: the source of chance.
        resamples: how often the subjects are drawn.
        level: of confidence.
    """
    subjects = np.unique(trials.subject[use & counted[trials.row, trials.column]])
    if len(subjects) < 2:
        return None
    # in cells that do not count too: the table shows their intervals as well
    known = np.unique(trials.subject[use])
    hits = FULL * rank_hits(trials.rank, protocol.length)
    first = table_figures(hits[:, 0], trials, use, counted, known)
    further = [table_figures(hits[:, k], trials, use, counted, known).mean for k in range(1, protocol.length)]
    matched = trials.matched & use

    def of_matched(values: np.ndarray, wanted: bool) -> TableFigures | None:
        return table_figures(values, trials, matched, counted, known) if wanted and matched.any() else None

    without = table_figures(hits[:, 0], trials, matched, counted, known)
    precision = of_matched(FULL * trials.average_precision, "mAP" in protocol.metrics)
    penalty = of_matched(FULL * trials.inverse_penalty, "mINP" in protocol.metrics)

    parts = [first.cells, first.rows, join_figures([first.mean, *further]), without.rows, without.mean]
    parts += [] if precision is None else [precision.rows, precision.mean]
    parts += [] if penalty is None else [penalty.mean]
    band = percent_band(join_figures(parts), draw_subjects(len(known), generator, resamples, level))
    ends = np.cumsum([0, *(len(p.value) for p in parts)]).tolist()
    # in the order of `parts` above: what was joined is cut apart again
    cut = iter([band.part(start, stop) for start, stop in pairwise(ends)])
    return Bands(
        table=next(cut),
        rows=next(cut),
        cmc=next(cut),
        rows_matched=next(cut),
        mean_matched=next(cut),
        precision_rows=None if precision is None else next(cut),
        precision=None if precision is None else next(cut),
        penalty=None if penalty is None else next(cut),
    )
