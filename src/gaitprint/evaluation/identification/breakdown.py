"""A protocol's figures view by view and condition by condition of the probes, each with its interval."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gaitprint.evaluation.identification.groups import KINDS, Group, Kind, figure_names, figure_values, groups_of, used
from gaitprint.evaluation.identification.result import Evaluation, ProbeSetResult
from gaitprint.evaluation.statistics.bootstrap import draw_subjects
from gaitprint.evaluation.statistics.influence import Figures, join_figures, table_figures
from gaitprint.evaluation.statistics.interval import LEVEL, RESAMPLES
from gaitprint.evaluation.statistics.intervals import Band, percent_band


@dataclass(frozen=True, eq=False)
class Breakdown:
    """The figures of one probe selection for each view, or each condition, of its probes.

    Each is the protocol's own figure (means within cells, over cells, over rows) of those probes alone.
    """

    probe_set: str
    kind: Kind
    names: tuple[str, ...]
    """Of the views or conditions."""
    probes: tuple[int, ...]
    """Distinct probe sequences of each."""
    figures: dict[str, Band]
    """By the figure's name: rank-1, ..., mAP."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what cannot be given is None."""
        figures = {
            name: {"values": [None if math.isnan(v) else float(v) for v in band.value], "intervals": band.ends()}
            for name, band in self.figures.items()
        }
        subjects = [int(n) for n in next(iter(self.figures.values())).subjects]
        return {"names": list(self.names), "probes": list(self.probes), "subjects": subjects, **figures}


def break_down(
    evaluation: Evaluation, generator: np.random.Generator, resamples: int = RESAMPLES, level: float = LEVEL
) -> tuple[Breakdown, ...]:
    """Figures by view, then by condition, of every probe selection; one drawing of subjects serves all.

    Args:
        evaluation: from `evaluate`.
        generator: the source of chance.
        resamples: how often the subjects are drawn.
        level: of confidence.
    """
    known = subjects_of(evaluation)
    names = figure_names(evaluation.protocol)
    tables = [(r, k, groups_of(evaluation, r, k)) for r in evaluation.results for k in KINDS]
    # one matrix for all groups: subjects are drawn once, so lines of the table can be compared with each other
    figures = join_figures(
        [_figure(evaluation, result, group, n, known) for result, _, gs in tables for n in names for group in gs]
    )
    band = percent_band(figures, draw_subjects(len(known), generator, resamples, level)) if len(known) > 1 else None
    if band is None:
        none = np.full(len(figures.value), np.nan)
        band = Band(figures.value, none, none, level, figures.subjects)
    breakdowns, start = [], 0
    for result, kind, groups in tables:
        bands = {}
        for name in names:
            bands[name] = band.part(start, start + len(groups))
            start += len(groups)
        breakdowns.append(
            Breakdown(result.name, kind, tuple(g.name for g in groups), tuple(g.probes for g in groups), bands)
        )
    return tuple(breakdowns)


def subjects_of(evaluation: Evaluation) -> np.ndarray:
    """Codes of all subjects with a trial that takes part, ascending."""
    return np.unique(
        np.concatenate([r.trials.subject[used(evaluation.protocol, r.trials)] for r in evaluation.results])
    )


def _figure(evaluation: Evaluation, result: ProbeSetResult, group: Group, name: str, known: np.ndarray) -> Figures:
    values, have = figure_values(name, evaluation.protocol, result.trials)
    use = have & group.trials & used(evaluation.protocol, result.trials)
    return table_figures(values, result.trials, use, result.counted, known).mean
